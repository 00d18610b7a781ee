//go:build unix

package agent

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/codedeploy/types"

	"github.com/cdx-deploy/cdx/pkg/appspec"
)

// runOne deploys a revision whose only script is the given one and returns its event.
func runOne(t *testing.T, agent appspec.Agent, tree files, entry string) Event {
	t.Helper()
	h := newHost(t)
	h.opts.Agent = agent
	result := h.deploy(t, revision("hooks:\n  ApplicationStart:\n    - "+entry+"\n", tree))
	return eventOf(t, result, "ApplicationStart")
}

func TestHookFailures(t *testing.T) {
	const failed = types.LifecycleErrorCodeScriptFailed
	at := "Script at specified location: s.sh "
	for name, test := range map[string]struct {
		tree  files
		entry string
		code  types.LifecycleErrorCode
		v1    string // what the message contains
		v2    string // empty: the same
	}{
		"exit code":                {files{"s.sh": "0755 #!/bin/sh\nexit 7\n"}, "location: s.sh", failed, at + "failed with exit code 7", ""},
		"exit code, runas":         {files{"s.sh": "0755 #!/bin/sh\nexit 7\n"}, "{location: s.sh, runas: app}", failed, at + "run as user app failed with exit code 7", ""},
		"missing":                  {files{"x": ""}, "location: s.sh", types.LifecycleErrorCodeScriptMissing, "Script does not exist at specified location: ", ""},
		"wrong case":               {files{"S.sh": "0755 #!/bin/sh\n"}, "location: s.sh", types.LifecycleErrorCodeScriptMissing, "deployment-archive/s.sh", ""},
		"arguments":                {files{"s.sh": "0755 #!/bin/sh\n"}, "location: s.sh now", types.LifecycleErrorCodeScriptMissing, "deployment-archive/s.sh now", ""},
		"wrong interpreter":        {files{"s.sh": "0755 #!/no/such/shell\n"}, "location: s.sh", failed, at + "failed with error Errno::ENOENT with message No such file or directory - ", at + "failed with error No such file or directory (os error 2)"},
		"wrong interpreter, runas": {files{"s.sh": "0755 #!/no/such/shell\n"}, "{location: s.sh, runas: app}", failed, at + "run as user app failed with exit code 127", ""},
		"line ends of Windows":     {files{"s.sh": "0755 #!/bin/sh\r\necho x\r\n"}, "location: s.sh", failed, "failed with error Errno::ENOENT with message No such file or directory - ", "(os error 2)"},
		"a folder":                 {files{"s.sh/": "", "x": ""}, "location: s.sh", failed, "failed with error Errno::EACCES with message Permission denied - ", "failed with error Permission denied (os error 13)"},
		"a signal":                 {files{"s.sh": "0755 #!/bin/sh\nkill -9 $$\n"}, "location: s.sh", failed, at + "failed with exit code ", at + "failed with exit code 1"},
	} {
		for agent, want := range map[appspec.Agent]string{appspec.AgentV1: test.v1, appspec.AgentV2: pick(test.v2, test.v1)} {
			t.Run(name+", "+string(agent), func(t *testing.T) {
				t.Parallel()
				event := runOne(t, agent, test.tree, test.entry)
				if event.Status != types.LifecycleEventStatusFailed || event.ErrorCode != test.code || event.Script == "" {
					t.Errorf("event = %+v", event)
				}
				contains(t, "message", event.Message, want)
				contains(t, "log tail", event.LogTail, "LifecycleEvent - ApplicationStart\n")
			})
		}
	}
}

func TestScriptsThatRunOutOfTime(t *testing.T) {
	for name, test := range map[string]struct {
		script string
		v2     bool
		code   types.LifecycleErrorCode
		want   string
	}{
		"timeout":               {"sleep 30", false, types.LifecycleErrorCodeScriptTimedOut, "Script at specified location: s.sh failed to complete in 0 seconds"},
		"deaf to signals":       {"trap '' TERM; while :; do sleep 1; done", false, types.LifecycleErrorCodeScriptTimedOut, "failed to complete"},
		"output left open":      {"sleep 1 &", false, types.LifecycleErrorCodeUnknownError, "Script at specified location: s.sh failed to close STDOUT"},
		"output left open, v2":  {"sleep 1 &", true, types.LifecycleErrorCodeUnknownError, "failed to close STDOUT"},
		"errors left open":      {"sleep 1 >/dev/null &", false, types.LifecycleErrorCodeUnknownError, "failed to close STDERR"},
		"errors left open, v2":  {"sleep 1 >/dev/null &", true, types.LifecycleErrorCodeUnknownError, "failed to close STDOUT"},
		"what it said is there": {"echo said; sleep 30", false, types.LifecycleErrorCodeScriptTimedOut, "failed to complete"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			files{"s.sh": "0755 #!/bin/sh\n" + test.script + "\n"}.write(t, dir)
			var log bytes.Buffer
			h := &hook{
				event: "ApplicationStart", scripts: []appspec.Script{{Location: "s.sh", Timeout: 300 * time.Millisecond}},
				archive: dir, dir: dir, env: baseEnvironment(nil), killAfter: 50 * time.Millisecond, v2: test.v2, log: newScriptLog(&log),
			}
			err := h.run(t.Context())
			var failure *scriptError
			if !errors.As(err, &failure) || failure.code != test.code {
				t.Fatalf("run = %#v", err)
			}
			contains(t, "message", failure.message, test.want)
			if strings.Contains(test.script, "echo") {
				contains(t, "log", log.String(), "[stdout]said\n")
			}
		})
	}
}

func TestBlankExitCodeOfASignal(t *testing.T) {
	event := runOne(t, appspec.AgentV1, files{"s.sh": "0755 #!/bin/sh\nkill -15 $$\n"}, "location: s.sh")
	if event.Message != "Script at specified location: s.sh failed with exit code " {
		t.Errorf("message = %q", event.Message)
	}
}

func TestHooksThatWork(t *testing.T) {
	for name, test := range map[string]struct {
		tree  files
		entry string
		want  string // in the log tail
	}{
		"not executable":                    {files{"s.sh": "0644 #!/bin/sh\necho ran\n"}, "location: s.sh", "[stdout]ran\n"},
		"no interpreter named":              {files{"s.sh": "0755 echo ran\n"}, "location: s.sh", "[stdout]ran\n"},
		"a leading slash":                   {files{"s.sh": "0755 echo ran\n"}, "location: /s.sh", "Script - /s.sh\n[stdout]ran\n"},
		"no line feed at the end":           {files{"s.sh": "0755 printf 'no end'\n"}, "location: s.sh", "[stdout]no end"},
		"binary output":                     {files{"s.sh": `0755 printf 'a\377\000b\n'` + "\n"}, "location: s.sh", "[stdout]a\uFFFD\x00b\n"},
		"nothing to read":                   {files{"s.sh": "0755 cat; echo end\n"}, "location: s.sh", "[stdout]end\n"},
		"a link to it":                      {files{"s.sh": "-> real.sh", "real.sh": "0644 echo ran\n"}, "location: s.sh", "[stdout]ran\n"},
		"in the background, outputs closed": {files{"s.sh": "0755 sleep 1 >/dev/null 2>&1 &\necho ran\n"}, "{location: s.sh, timeout: 20}", "[stdout]ran\n"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			event := runOne(t, appspec.AgentV1, test.tree, test.entry)
			if event.Status != types.LifecycleEventStatusSucceeded {
				t.Errorf("event = %+v", event)
			}
			contains(t, "log tail", event.LogTail, test.want)
		})
	}
}

func TestScriptsOfOneEventRunInOrderUntilOneFails(t *testing.T) {
	event := runOne(t, "", files{"a": "0755 echo a\n", "b": "0755 exit 2\n", "c": "0755 echo c\n"}, "location: a\n    - location: b\n    - location: c")
	contains(t, "log tail", event.LogTail, "Script - a\n[stdout]a\nScript - b\n")
	if event.Script != "b" || strings.Contains(event.LogTail, "Script - c") {
		t.Errorf("event = %+v", event)
	}
}

func TestTimeoutEndsTheWholeGroup(t *testing.T) {
	h := newHost(t)
	h.deploy(t, revision("hooks:\n  ApplicationStart:\n    - {location: s.sh, timeout: 1}\n", files{
		"s.sh": "0755 #!/bin/sh\ntrap '' TERM\n(trap '' TERM; while :; do sleep 1; done) &\necho $! >$CDX_LOCAL_ROOT/pid\nwhile :; do sleep 1; done\n"}))
	if e := h.events[len(h.events)-2]; e.Message != "Script at specified location: s.sh failed to complete in 1 seconds" {
		t.Errorf("event = %+v", e)
	}
	pid, err := strconv.Atoi(strings.TrimSpace(h.read(t, "/pid")))
	must(t, err)
	for range 200 {
		if err = syscall.Kill(pid, 0); err != nil || isZombie(pid) {
			return
		}
		<-time.After(10 * time.Millisecond)
	}
	t.Errorf("process %d that ignores the signal is still there", pid)
}

// isZombie reports whether a process has ended and only its parent has not noticed.
func isZombie(pid int) bool {
	data, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	return err == nil && strings.Contains(string(data), ") Z ")
}

func TestBackgroundProcessOutlivesItsScript(t *testing.T) {
	h := newHost(t)
	h.deploy(t, revision("hooks:\n  ApplicationStart:\n    - location: s.sh\n", files{
		"s.sh": "0755 #!/bin/sh\n(sleep 0.3; touch $CDX_LOCAL_ROOT/late) >/dev/null 2>&1 &\n"}))
	for range 500 {
		if h.has("/late") {
			return
		}
		<-time.After(10 * time.Millisecond)
	}
	t.Error("the process that the script left running was ended")
}

func TestMuchOutput(t *testing.T) {
	for name, script := range map[string]string{
		"lines":       "0755 #!/bin/sh\nyes 0123456789 | head -c 2097152\n",
		"one line":    "0755 #!/bin/sh\nhead -c 10485760 /dev/zero | tr '\\0' x\n",
		"both":        "0755 #!/bin/sh\n(head -c 5242880 /dev/zero | tr '\\0' e) >&2 & head -c 5242880 /dev/zero | tr '\\0' o; wait\n",
		"end matters": "0755 #!/bin/sh\nhead -c 1048576 /dev/zero | tr '\\0' x; echo; echo last\n",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newHost(t)
			d := h.deployment(t, revision("hooks:\n  ApplicationStart:\n    - location: s.sh\n", files{"s.sh": script}))
			event := eventOf(t, h.run(t, d), "ApplicationStart")
			if event.Status != types.LifecycleEventStatusSucceeded {
				t.Fatalf("event = %+v", event)
			}
			if n := len([]rune(event.LogTail)); n == 0 || n >= tailSize {
				t.Errorf("log tail has %d characters", n)
			}
			if name == "end matters" {
				contains(t, "log tail", event.LogTail, "[stdout]last\n")
			}
			info, err := os.Stat(filepath.Join(h.opts.Dir, "deployment-root", GroupID("shop", "web"), d.ID, "logs", "scripts.log"))
			must(t, err)
			if info.Size() < 1<<20 {
				t.Errorf("scripts.log has %d bytes", info.Size())
			}
		})
	}
}

func TestScriptThatCannotBeMadeExecutable(t *testing.T) {
	// Its file is outside of the revision, which is not touched.
	outside := filepath.Join(t.TempDir(), "outside.sh")
	must(t, os.WriteFile(outside, []byte("echo ran\n"), 0o644))
	for agent, want := range map[appspec.Agent]string{"": "Unable to set script at specified location: s.sh as executable", appspec.AgentV2: "as executable: "} {
		event := runOne(t, agent, files{"s.sh": "-> " + outside}, "location: s.sh")
		if event.ErrorCode != types.LifecycleErrorCodeScriptNotExecutable {
			t.Errorf("event = %+v", event)
		}
		contains(t, "message", event.Message, want)
	}
	info, err := os.Stat(outside)
	must(t, err)
	if info.Mode().Perm() != 0o644 {
		t.Errorf("mode of a file outside of the revision is %v", info.Mode())
	}
}

func TestArgv(t *testing.T) {
	archive := "/my dir/archive"
	for _, test := range []struct {
		script  appspec.Script
		v2      bool
		windows bool
		want    []string
	}{
		{appspec.Script{Location: "a.sh"}, false, false, []string{archive + "/a.sh"}},
		{appspec.Script{Location: "a.sh", RunAs: "bob"}, false, false, []string{"/bin/sh", "-c", "'/my dir/archive'/a.sh"}},
		{appspec.Script{Location: "a b.sh"}, false, false, []string{archive + "/a", "b.sh"}},
		{appspec.Script{Location: "a b.sh"}, true, false, []string{archive + "/a b.sh"}},
		{appspec.Script{Location: "a;b.sh"}, false, false, []string{"/bin/sh", "-c", "'/my dir/archive'/a;b.sh"}},
		{appspec.Script{Location: "a;b.sh"}, true, false, []string{archive + "/a;b.sh"}},
		{appspec.Script{Location: `s\a.ps1`}, false, true, []string{"powershell.exe", "-ExecutionPolicy", "Bypass", "-File", archive + "/s/a.ps1"}},
		{appspec.Script{Location: `s\a.bat`}, false, true, []string{archive + "/s/a.bat"}},
	} {
		h := &hook{archive: archive, v2: test.v2, style: style{windows: test.windows}}
		equalLines(t, test.script.Location, h.argv(test.script, h.path(test.script.Location)), test.want...)
	}
}

// TestScriptsOutsideOfTheRevision has scripts in folders whose names begin like the revision's, below one
// whose name means something to a shell.
func TestScriptsOutsideOfTheRevision(t *testing.T) {
	h := &hook{archive: "/a $(b)/archive"}
	for _, test := range []struct {
		location, runAs string
		want            []string
	}{
		{"x.sh", "", []string{"/a $(b)/archive/x.sh"}},
		{"x.sh", "root", []string{shell, "-c", "'/a $(b)/archive'/x.sh"}},
		{"../x.sh", "root", []string{shell, "-c", "'/a $(b)/archive'/../x.sh"}},
		{"../archive2/x.sh", "root", []string{shell, "-c", "'/a $(b)/archive'/../archive2/x.sh"}},
		{"../x.sh", "", []string{"/a $(b)/x.sh"}},
	} {
		script := appspec.Script{Location: test.location, RunAs: test.runAs}
		if got := h.argv(script, h.path(test.location)); !slices.Equal(got, test.want) {
			t.Errorf("%s: %q", test.location, got)
		}
	}
}
