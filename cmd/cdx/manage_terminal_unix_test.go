//go:build unix

package main

import (
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/cdx-deploy/cdx/internal/term"
	"github.com/cdx-deploy/cdx/pkg/local"
)

// terminalOf serves a service through a handler, and returns the environment of a terminal at it.
func terminalOf(t *testing.T, service *local.Service, handler http.Handler) []string {
	t.Helper()
	server := httptest.NewServer(handler)
	t.Cleanup(func() {
		server.CloseClientConnections()
		server.Close()
		if err := service.Close(); err != nil {
			t.Error(err)
		}
	})
	return []string{
		"TERM=xterm", "NO_COLOR=1", "AWS_ENDPOINT_URL=" + server.URL, "AWS_REGION=" + service.Region(), "AWS_EC2_METADATA_DISABLED=true",
		"AWS_ACCESS_KEY_ID=" + service.Credentials().AccessKeyID, "AWS_SECRET_ACCESS_KEY=" + service.Credentials().SecretAccessKey,
	}
}

// webGroup writes a deployment group as a file.
func webGroup(t *testing.T) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "web.yml")
	if err := os.WriteFile(file, []byte("applicationName: app\ndeploymentGroupName: web\nserviceRoleArn: arn:aws:iam::123456789012:role/r\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

// TestConsentOnATerminal answers the questions of commands that delete and change, and
// looks at how a terminal gets times and tables.
func TestConsentOnATerminal(t *testing.T) {
	t.Parallel()
	service, err := local.New(local.Options{Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	faults := &faults{next: service.Handler()}
	environ := terminalOf(t, service, faults)
	if err := service.Ensure("app", "group", "bucket"); err != nil {
		t.Fatal(err)
	}
	file := webGroup(t)
	tree := t.TempDir()
	if err := os.WriteFile(filepath.Join(tree, "appspec.yml"), []byte("version: 0.0\nos: linux\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	pruning := []string{"prune", "-a", "app", "--bucket", "bucket", "--min-age", "0", "--delete"}
	for _, test := range []struct {
		name, await, keys string
		args              []string
		code              int
		want              []string
		operation         string
		sent              int
	}{
		{"apply, no", "Apply this? [y/N]", "n\r", []string{"groups", "apply", file}, exitUsage, []string{"deployment group web of app is to be created:", "nothing was changed"}, "CreateDeploymentGroup", 0},
		{"apply, yes", "Apply this? [y/N]", "y\r", []string{"groups", "apply", file}, exitDone, []string{"deployment group web of app created"}, "CreateDeploymentGroup", 1},
		{"apply again", "", "", []string{"groups", "apply", file}, exitDone, []string{"nothing to do"}, "UpdateDeploymentGroup", 0},
		{"delete a group, enter", "Delete this deployment group of app? [y/N]", "\r", []string{"groups", "delete", "web", "-a", "app"}, exitUsage, []string{"to be deleted: deployment group web", "nothing was deleted"}, "DeleteDeploymentGroup", 0},
		{"show", "", "", []string{"apps", "show", "app"}, exitDone, []string{"created      just now", "group        web"}, "DeleteApplication", 0},
		{"push", "", "", []string{"push", "-a", "app", "--bucket", "bucket", tree}, exitDone, nil, "PutObject", 1},
		{"prune, no", "of bucket bucket for good? [y/N]", "n\r", pruning, exitUsage, []string{"NOT NEEDED", "Delete 1 object, ", "nothing was deleted"}, "DELETE", 0},
		{"prune, interrupted", "of bucket bucket for good? [y/N]", "\x03", pruning, exitInterrupted, []string{"nothing was deleted\r\ncdx: interrupted"}, "DELETE", 0},
		{"prune, yes", "of bucket bucket for good? [y/N]", "y\r", pruning, exitDone, []string{" deleted"}, "DELETE", 1},
		{"register", "", "", []string{"on-premises", "register", "web-1", "--iam-user-arn", "arn:aws:iam::1:user/web-1"}, exitDone, nil, "RegisterOnPremisesInstance", 1},
		{"deregister, no", "Deregister web-1? [y/N]", "n\r", []string{"on-premises", "deregister", "web-1"}, exitUsage, []string{"to be done: deregister web-1", "nothing was deregistered"}, "DeregisterOnPremisesInstance", 0},
		{"deregister, yes", "Deregister web-1? [y/N]", "y\r", []string{"on-premises", "deregister", "web-1"}, exitDone, []string{"done: deregister web-1"}, "DeregisterOnPremisesInstance", 1},
		{"delete an application, interrupted", "Delete this application? [y/N]", "\x03", []string{"apps", "delete", "app"}, exitInterrupted, []string{"nothing was deleted", "interrupted"}, "DeleteApplication", 0},
		{"delete an application, yes", "Delete this application? [y/N]", "yes\r", []string{"apps", "delete", "app"}, exitDone, []string{"and with it:", "deployment group web", "application app deleted"}, "DeleteApplication", 1},
	} {
		shown, code := onTerminalOf(t, 70, environ, test.await, test.keys, test.args...)
		if code != test.code || test.sent != faults.count(test.operation) {
			t.Errorf("%s: exit code %d, %d requests %s; the screen showed:\n%q", test.name, code, faults.count(test.operation), test.operation, shown)
		}
		for _, text := range test.want {
			if !strings.Contains(shown, text) {
				t.Errorf("%s: no %q; the screen showed:\n%q", test.name, text, shown)
			}
		}
	}
	shown, _ := onTerminalOf(t, 70, environ, "", "", "configs", "list")
	for line := range strings.Lines(shown) {
		if width := term.Width(strings.TrimRight(line, "\r\n")); width > 70 {
			t.Errorf("%d columns on a terminal of 70: %s", width, line)
		}
	}
}

// TestChangedAtTheQuestion creates the group that is to be created while the question
// stands, which is seen before anything is sent.
func TestChangedAtTheQuestion(t *testing.T) {
	t.Parallel()
	service, err := local.New(local.Options{Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	if err := service.Ensure("app", "other", ""); err != nil {
		t.Fatal(err)
	}
	var looks, creations atomic.Int32
	environ := terminalOf(t, service, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch _, operation, _ := strings.Cut(r.Header.Get("X-Amz-Target"), "."); operation {
		case "GetDeploymentGroup":
			if looks.Add(1) == 2 {
				if err := service.Ensure("app", "web", ""); err != nil {
					t.Error(err)
				}
			}
		case "CreateDeploymentGroup", "UpdateDeploymentGroup":
			creations.Add(1)
		}
		service.Handler().ServeHTTP(w, r)
	}))
	file := webGroup(t)
	shown, code := onTerminalOf(t, 70, environ, "Apply this? [y/N]", "y\r", "groups", "apply", file)
	if code != exitRefused || creations.Load() != 0 || !strings.Contains(shown, "web is no longer as it was shown") || !strings.Contains(shown, "run it again") {
		t.Errorf("exit code %d, %d changes sent; the screen showed:\n%q", code, creations.Load(), shown)
	}
}
