package agent

import (
	"errors"
	"fmt"
	"net"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/codedeploy/types"
)

// helperName makes the test program the isolation's helper.
const helperName = "isolation-helper"

func TestMain(m *testing.M) {
	if len(os.Args) > 1 && os.Args[1] == helperName {
		signal.Notify(make(chan os.Signal, 1), syscall.SIGTERM)
		code, err := IsolationHelper(os.Args[2:])
		var signalled *SignalledError
		if errors.As(err, &signalled) {
			signal.Reset()
			_ = syscall.Kill(os.Getpid(), signalled.Signal)
		}
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
		}
		os.Exit(code)
	}
	os.Exit(m.Run())
}

// isolatedHost is a host whose hooks are isolated; the test is skipped where that cannot be.
func isolatedHost(t *testing.T, offline bool) *host {
	t.Helper()
	self, err := os.Executable()
	must(t, err)
	isolation := &Isolation{Helper: []string{self, helperName}, Offline: offline}
	err = CheckIsolation(*isolation, t.TempDir())
	var refused *IsolationError
	if errors.As(err, &refused) {
		t.Skip(err)
	}
	must(t, err)
	h := newHost(t)
	h.opts.Isolation = isolation
	return h
}

const isolatedSpec = `version: 0.0
os: linux
files:
  - source: app
    destination: /srv/app
hooks:
  BeforeInstall:
    - location: before.sh
      timeout: 20
  ApplicationStart:
    - location: start.sh
      timeout: 20
  ValidateService:
    - location: check.sh
      timeout: 20
`

// TestIsolatedHooks runs hooks that change the machine: the machine is as before, later hooks see the
// changes, what they started lives until the end, and the changes are listed.
func TestIsolatedHooks(t *testing.T) {
	h := isolatedHost(t, false)
	outside := t.TempDir() // on a file system of the machine, outside of the deployment's folders
	files{"changed": "before", "removed": "before", "kept": "before", "again/old": "before", "again/same": "before", "mode/": ""}.write(t, outside)
	hostNames, err := os.Readlink("/proc/self/ns/uts")
	must(t, err)
	tree := files{
		"appspec.yml": isolatedSpec, "app": "content",
		"before.sh": "0755 #!/bin/sh -e\ncd " + outside + `
echo after > changed
rm removed
mkdir folder
echo new > folder/added
rm -r again
mkdir again
echo after > again/same
chmod 700 mode
echo secret > /root/in-root
test ! -e /run/lock
echo generated >> "$CDX_LOCAL_ROOT/by-hook"
test $$ -lt 1000 && test -d /proc/$$
test "$(readlink /proc/self/ns/uts)" != "` + hostNames + `"
test ! -w /proc/sys/vm/swappiness && test ! -w /sys && test ! -w /sys/fs/cgroup
test -z "$(ls deployment-root/*/*/isolation)"
`,
		"start.sh": "0755 #!/bin/sh -e\ngrep -q after " + outside + "/changed\ntest -f $CDX_LOCAL_ROOT/srv/app/app\nsleep 60 >/dev/null 2>&1 &\necho $! > " + outside + "/pid\n",
		"check.sh": "0755 #!/bin/sh -e\nkill -0 $(cat " + outside + "/pid)\necho all is well\n",
	}
	began := time.Now()
	result := h.run(t, h.deployment(t, tree))
	if result.Status != types.TargetStatusSucceeded {
		t.Fatalf("%+v", result.Events)
	}
	if time.Since(began) > 30*time.Second {
		t.Error("a process in the background held the deployment up")
	}
	if tail := eventOf(t, result, "ValidateService").LogTail; !strings.Contains(tail, "all is well") {
		t.Errorf("log tail %q", tail)
	}
	equalLines(t, "outside", treeLines(readTree(t, outside)), "/again drwxr-xr-x folder", "/again/old -rw-r--r-- before", "/again/same -rw-r--r-- before",
		"/changed -rw-r--r-- before", "/kept -rw-r--r-- before", "/mode drwxr-xr-x folder", "/removed -rw-r--r-- before")
	if data, err := os.ReadFile(h.path("/by-hook")); err != nil || string(data) != "generated\n" {
		t.Errorf("the local root: %q, %v", data, err)
	}
	if _, err := os.Lstat("/root/in-root"); err == nil {
		t.Error("/root was written to")
	}
	want := []Change{
		{outside + "/again/old", ChangeRemoved}, {outside + "/again/same", ChangeChanged}, {outside + "/mode", ChangeChanged},
		{outside + "/changed", ChangeChanged}, {outside + "/folder", ChangeAdded}, {outside + "/folder/added", ChangeAdded},
		{outside + "/pid", ChangeAdded}, {outside + "/removed", ChangeRemoved}, {"/root/in-root", ChangeAdded},
	}
	for _, change := range want {
		if !slices.Contains(result.Changes, change) {
			t.Errorf("%+v is not in %+v", change, result.Changes)
		}
	}
	if len(result.Changes) != len(want) {
		t.Errorf("changes %+v, want %+v", result.Changes, want)
	}
	if left, err := filepath.Glob(filepath.Join(h.opts.Dir, deploymentRoot, "*", "*", "isolation")); err != nil || left != nil {
		t.Errorf("left behind: %v, %v", left, err)
	}
}

// TestIsolatedFailures fails hooks in every way: what the agent says is what it says without isolation.
func TestIsolatedFailures(t *testing.T) {
	h := isolatedHost(t, false)
	for name, test := range map[string]struct {
		script, message string
		code            types.LifecycleErrorCode
	}{
		"exit code":   {"0755 #!/bin/sh\nexit 7\n", "failed with exit code 7", types.LifecycleErrorCodeScriptFailed},
		"signal":      {"0755 #!/bin/sh\nkill -KILL $$\n", "failed with exit code ", types.LifecycleErrorCodeScriptFailed},
		"interpreter": {"0755 #!/no/such/interpreter\n", "No such file or directory", types.LifecycleErrorCodeScriptFailed},
		"timeout":     {"0755 #!/bin/sh\nsleep 60\n", "failed to complete in 1 seconds", types.LifecycleErrorCodeScriptTimedOut},
	} {
		tree := files{"appspec.yml": "version: 0.0\nos: linux\nhooks:\n  BeforeInstall:\n    - location: s.sh\n      timeout: 1\n", "s.sh": test.script}
		event := eventOf(t, h.run(t, h.deployment(t, tree)), "BeforeInstall")
		if event.ErrorCode != test.code || !strings.Contains(event.Message, test.message) {
			t.Errorf("%s: %s %q", name, event.ErrorCode, event.Message)
		}
	}
	tree := files{"appspec.yml": "version: 0.0\nos: linux\nhooks:\n  BeforeInstall:\n    - location: s\n", "s": "0755 echo no interpreter\n"}
	if event := eventOf(t, h.run(t, h.deployment(t, tree)), "BeforeInstall"); !strings.Contains(event.LogTail, "no interpreter") {
		t.Errorf("a script without an interpreter: %+v", event)
	}
}

// TestIsolatedOffline reaches a listener of the machine, and does not without the network.
func TestIsolatedOffline(t *testing.T) {
	listener, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	must(t, err)
	defer func() { must(t, listener.Close()) }()
	port := listener.Addr().(*net.TCPAddr).Port
	for _, offline := range []bool{false, true} {
		h := isolatedHost(t, offline)
		tree := files{
			"appspec.yml": "version: 0.0\nos: linux\nhooks:\n  BeforeInstall:\n    - location: s.sh\n      timeout: 20\n",
			"s.sh":        fmt.Sprintf("0755 #!/bin/bash\n(exec 3<>/dev/tcp/127.0.0.1/%d) && echo connected || echo alone\ncat /proc/net/dev\n", port),
		}
		tail := eventOf(t, h.run(t, h.deployment(t, tree)), "BeforeInstall").LogTail
		if strings.Contains(tail, "connected") == offline || !strings.Contains(tail, "lo:") || strings.Contains(tail, "eth0:") && offline {
			t.Errorf("offline %v: %s", offline, tail)
		}
	}
}

// TestIsolationRefused asks for what cannot be had.
func TestIsolationRefused(t *testing.T) {
	err := CheckIsolation(Isolation{Helper: []string{filepath.Join(t.TempDir(), "none")}}, t.TempDir())
	var refused *IsolationError
	if !errors.As(err, &refused) || refused.Reason == "" {
		t.Errorf("without a helper: %v", err)
	}
	if code, err := IsolationHelper([]string{"other"}); code == 0 || err == nil {
		t.Errorf("an unknown task: %d, %v", code, err)
	}
	h := newHost(t)
	h.opts.Isolation = &Isolation{Helper: []string{filepath.Join(t.TempDir(), "none")}}
	if _, err := Deploy(t.Context(), h.deployment(t, files{"appspec.yml": isolatedSpec}), h.opts); !errors.As(err, &refused) {
		t.Errorf("deploy: %v", err)
	}
	h.opts.Root = "/"
	if _, err := Deploy(t.Context(), h.deployment(t, files{"appspec.yml": isolatedSpec}), h.opts); !errors.As(err, &refused) || !strings.Contains(refused.Reason, "root folder") {
		t.Errorf("deploy to this machine's root: %v", err)
	}
}

func TestParseMount(t *testing.T) {
	m, err := parseMount(`36 35 98:0 /mnt1 /mnt/a\040b ro,noatime master:1 - ext3 /dev/root rw,errors=continue`)
	if want := (mountPoint{"/mnt/a b", "ext3", true}); err != nil || m != want {
		t.Errorf("%+v, %v, want %+v", m, err, want)
	}
	for _, line := range []string{"", "36 35 98:0 / /", "36 35 98:0 / / rw - "} {
		if _, err := parseMount(line); err == nil {
			t.Errorf("%q is taken for a mount", line)
		}
	}
}
