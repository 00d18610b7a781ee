//go:build unix

package main

import (
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/cdx-deploy/cdx/pkg/local"
)

// TestFollowingOnATerminal deploys at a terminal, interrupts, and follows again with the
// command that was shown, first to another Ctrl-C and then to the end.
func TestFollowingOnATerminal(t *testing.T) {
	t.Parallel()
	service, err := local.New(local.Options{Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(service.Handler())
	t.Cleanup(func() {
		server.CloseClientConnections()
		server.Close()
		if err := service.Close(); err != nil {
			t.Error(err)
		}
	})
	if err := service.Ensure("app", "group", "bucket"); err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	for name, text := range map[string]string{
		"appspec.yml": "version: 0.0\nos: linux\nhooks:\n  BeforeInstall:\n    - location: slow.sh\n",
		"slow.sh":     "#!/bin/sh\nsleep 3\n",
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	environ := []string{
		"TERM=xterm", "NO_COLOR=1", "AWS_ENDPOINT_URL=" + server.URL, "AWS_REGION=" + service.Region(), "AWS_EC2_METADATA_DISABLED=true", "CDX_POLL_INTERVAL=20ms",
		"AWS_ACCESS_KEY_ID=" + service.Credentials().AccessKeyID, "AWS_SECRET_ACCESS_KEY=" + service.Credentials().SecretAccessKey,
	}
	shown, code := onTerminalOf(t, 200, environ, "InProgress: 0 of 1", "\x03", "deploy", "--wait", "-a", "app", "-g", "group", "--bucket", "bucket", dir)
	again := regexp.MustCompile(`to follow it again: cdx (wait d-[A-Z0-9]+)`).FindStringSubmatch(shown)
	if code != exitInterrupted || again == nil || !strings.Contains(shown, "cdx: interrupted") {
		t.Fatalf("exit code %d, want %d; the screen showed:\n%q", code, exitInterrupted, shown)
	}
	args := strings.Fields(again[1])
	shown, code = onTerminalOf(t, 200, environ, "InProgress: 0 of 1", "\x03", args...)
	if code != exitInterrupted || !strings.Contains(shown, again[0]) {
		t.Errorf("exit code %d, want %d; the screen showed:\n%q", code, exitInterrupted, shown)
	}
	shown, code = onTerminalOf(t, 200, environ, "", "", args...)
	if code != exitDone || !strings.Contains(shown, "Succeeded after") || strings.Contains(shown, "goroutine ") {
		t.Errorf("exit code %d, want %d; the screen showed:\n%q", code, exitDone, shown)
	}
}
