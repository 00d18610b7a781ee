//go:build unix

package main

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/creack/pty"
)

// onTerminal runs cdx on a terminal, types keys once the screen shows what is awaited, and
// returns all that the screen has shown.
func onTerminal(t *testing.T, await, keys string, args ...string) (shown string, code int) {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	command := exec.Command(self, args...)
	command.Args[0] = "cdx"
	command.Dir = t.TempDir()
	command.Env = []string{"PATH=" + os.Getenv("PATH"), "HOME=" + command.Dir, "TERM=xterm"}
	screen, err := pty.StartWithSize(command, &pty.Winsize{Rows: 24, Cols: 80})
	if err != nil {
		t.Skip("no pseudo-terminals here: ", err)
	}
	defer screen.Close()
	watchdog := time.AfterFunc(20*time.Second, func() { _ = command.Process.Kill() })
	defer watchdog.Stop()
	var all bytes.Buffer
	chunk := make([]byte, 4096)
	for {
		n, err := screen.Read(chunk)
		all.Write(chunk[:n])
		if await != "" && strings.Contains(all.String(), await) {
			await = ""
			if _, err := screen.WriteString(keys); err != nil {
				t.Error(err)
			}
		}
		if err != nil { // the program has ended and closed the terminal
			break
		}
	}
	var exit *exec.ExitError
	if err := command.Wait(); err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	return all.String(), command.ProcessState.ExitCode()
}

// TestOnATerminal deploys for real at a terminal: the spinner's line shows how the
// deployment stands, and Ctrl-C ends it with an explanation.
func TestOnATerminal(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for name, text := range map[string]string{
		"appspec.yml": "version: 0.0\nos: linux\nhooks:\n  BeforeInstall:\n    - location: slow.sh\n",
		"slow.sh":     "#!/bin/sh\nsleep 1\n",
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	for _, test := range []struct {
		name, await, keys string
		code              int
		want              []string
	}{
		{"to its end", "Run them?", "y\r", 0, []string{"hooks that run on this machine", "InProgress: 0 of 1 target succeeded, 1 in progress (", "\r\x1b[K", "Succeeded after"}},
		{"Ctrl-C", "BeforeInstall InProgress", "\x03", 130, []string{"cdx: interrupted", "the local service ends, and deployment d-"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			args := []string{"deploy", "--local", "--color", "off", dir}
			if test.code != 0 {
				args = append(args, "--yes", "--verbose")
			}
			shown, code := onTerminal(t, test.await, test.keys, args...)
			if code != test.code {
				t.Errorf("exit code %d, want %d", code, test.code)
			}
			for _, want := range test.want {
				if !strings.Contains(shown, want) {
					t.Errorf("%q was not shown", want)
				}
			}
			if strings.Contains(shown, "goroutine ") || t.Failed() {
				t.Errorf("the screen showed:\n%q", shown)
			}
		})
	}
}
