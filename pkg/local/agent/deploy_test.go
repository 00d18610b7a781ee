//go:build unix

package agent

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/codedeploy/types"

	"github.com/cdx-deploy/cdx/pkg/appspec"
)

// revision is a tree with an AppSpec file for linux.
func revision(spec string, tree files) files {
	all := files{"appspec.yml": "version: 0.0\nos: linux\n" + spec}
	for name, content := range tree {
		all[name] = content
	}
	return all
}

// hookOf is a hooks section in which each event runs scripts/EVENT.sh.
func hookOf(events ...string) string {
	var b strings.Builder
	b.WriteString("hooks:\n")
	for _, event := range events {
		fmt.Fprintf(&b, "  %s:\n    - location: scripts/%s.sh\n      timeout: 20\n", event, event)
	}
	return b.String()
}

func TestDeploySimpleRevision(t *testing.T) {
	h := newHost(t)
	result := h.deploy(t, revision(mapping("site", "/var/www")+hookOf("AfterInstall"), files{
		"site/index.html": "hello", "scripts/AfterInstall.sh": "0755 #!/bin/sh\necho ready; cat $CDX_LOCAL_ROOT/var/www/index.html >&2\n",
	}))
	if result.Status != types.TargetStatusSucceeded {
		t.Errorf("status = %s, events %+v", result.Status, result.Events)
	}
	equalLines(t, "events", statuses(result), "ApplicationStop Succeeded", "DownloadBundle Succeeded", "BeforeInstall Succeeded", "Install Succeeded", "AfterInstall Succeeded", "ApplicationStart Succeeded", "ValidateService Succeeded")
	if got := h.read(t, "/var/www/index.html"); got != "hello" {
		t.Errorf("installed %q", got)
	}
	after := eventOf(t, result, "AfterInstall")
	if after.Message != "Succeeded" || after.ErrorCode != types.LifecycleErrorCodeSuccess || after.Start.IsZero() || after.End.Before(after.Start) {
		t.Errorf("event = %+v", after)
	}
	for _, line := range []string{"LifecycleEvent - AfterInstall\nScript - scripts/AfterInstall.sh\n", "[stdout]ready\n", "[stderr]hello"} {
		contains(t, "log tail", after.LogTail, line)
	}
	var seen []string
	for _, e := range h.events {
		seen = append(seen, e.Name+" "+string(e.Status))
	}
	equalLines(t, "reported", seen[:4], "ApplicationStop InProgress", "ApplicationStop Succeeded", "DownloadBundle InProgress", "DownloadBundle Succeeded")
}

func TestDeployKeepsTheRealLayout(t *testing.T) {
	h := newHost(t)
	d := h.deployment(t, revision(mapping("a", "/w")+hookOf("BeforeInstall"), files{"a": "1", "scripts/BeforeInstall.sh": "0755 #!/bin/sh\necho one\n"}))
	result := h.run(t, d)
	id := GroupID("shop", "web")
	base := filepath.Join(h.opts.Dir, "deployment-root")
	log, err := os.ReadFile(filepath.Join(base, id, d.ID, "logs", "scripts.log"))
	must(t, err)
	contains(t, "scripts.log", string(log), time.Now().Format("2006-01-02 "))
	contains(t, "scripts.log", string(log), " [stdout]one\n")
	for _, name := range []string{id + "/" + d.ID + "/deployment-archive/appspec.yml", "deployment-instructions/" + id + "-cleanup", "deployment-instructions/" + id + "_last_successful_install", "deployment-instructions/" + id + "_most_recent_install"} {
		if _, err := os.Stat(filepath.Join(base, name)); err != nil {
			t.Error(err)
		}
	}
	history, err := ReadHistory(h.opts.Dir, id)
	must(t, err)
	equalLines(t, "history", history.Installed, result.Plan.Installed()...)
	if history.LastSuccessful != d.ID || history.Revision != filepath.Join(base, id, d.ID, "deployment-archive") {
		t.Errorf("history = %+v", history)
	}
}

func TestDeployTellsScriptsTheirEnvironment(t *testing.T) {
	script := files{"scripts/BeforeInstall.sh": "0755 #!/bin/sh\nenv | sort; pwd; cat\n"}
	h := newHost(t)
	d := h.deployment(t, revision(hookOf("BeforeInstall"), script))
	d.Revision.S3Location.Version = aws.String("v7")
	tail := eventOf(t, h.run(t, d), "BeforeInstall").LogTail
	for _, want := range []string{
		"LIFECYCLE_EVENT=BeforeInstall", "DEPLOYMENT_ID=" + d.ID, "APPLICATION_NAME=shop", "DEPLOYMENT_GROUP_NAME=web", "DEPLOYMENT_GROUP_ID=" + GroupID("shop", "web"),
		"BUNDLE_BUCKET=bundles", "BUNDLE_KEY=shop/1.zip", "BUNDLE_VERSION=v7", "BUNDLE_ETAG=etag-1", "CDX_LOCAL_ROOT=" + h.opts.Root, "LANG=C", "PATH=", "[stdout]" + h.opts.Dir + "\n",
	} {
		contains(t, "environment", tail, "[stdout]"+strings.TrimPrefix(want, "[stdout]"))
	}
	if strings.Contains(tail, "SECRET") || strings.Contains(tail, "BUNDLE_COMMIT") {
		t.Errorf("environment has what it must not: %s", tail)
	}
	h.opts.Environ = nil
	d = h.deployment(t, revision(hookOf("BeforeInstall"), script))
	d.Revision = &types.RevisionLocation{RevisionType: types.RevisionLocationTypeGitHub, GitHubLocation: &types.GitHubLocation{CommitId: aws.String("abc"), Repository: aws.String("o/r")}}
	fetch := h.opts.Fetch
	h.opts.Fetch = func(ctx context.Context, l *types.RevisionLocation, w io.Writer) (Fetched, error) {
		f, err := fetch(ctx, l, w)
		f.BundleType = types.BundleTypeZip
		return f, err
	}
	tail = eventOf(t, h.run(t, d), "BeforeInstall").LogTail
	contains(t, "environment", tail, "[stdout]BUNDLE_COMMIT=abc\n")
	contains(t, "environment", tail, "[stdout]PATH="+defaultPath+"\n")
}

func TestSecondDeploymentReplacesTheFirst(t *testing.T) {
	h := newHost(t)
	first := revision(mapping("site", "/w")+hookOf("ApplicationStop", "ApplicationStart"), files{
		"site/old": "1", "site/both": "1", "site/d/x": "1", "scripts/ApplicationStop.sh": "0755 #!/bin/sh\necho stop first\n", "scripts/ApplicationStart.sh": "0755 #!/bin/sh\n"})
	result := h.deploy(t, first)
	if tail := eventOf(t, result, "ApplicationStop").LogTail; tail != "" {
		t.Errorf("the first deployment ran %q before there was anything to stop", tail)
	}
	files{"w/theirs": "t"}.write(t, h.opts.Root)
	second := revision(mapping("site", "/w")+hookOf("ApplicationStop"), files{
		"site/new": "2", "site/both": "2", "scripts/ApplicationStop.sh": "0755 #!/bin/sh\necho stop second\n"})
	result = h.deploy(t, second)
	contains(t, "log tail", eventOf(t, result, "ApplicationStop").LogTail, "[stdout]stop first\n")
	equalLines(t, "tree", treeLines(readTree(t, h.opts.Root)), "/w drwxr-xr-x folder", "/w/both -rw-r--r-- 2", "/w/new -rw-r--r-- 2", "/w/theirs -rw-r--r-- t")
}

func TestFailedDeploymentStopsAtItsEvent(t *testing.T) {
	h := newHost(t)
	result := h.deploy(t, revision(mapping("a", "/w")+hookOf("AfterInstall"), files{"a": "1", "scripts/AfterInstall.sh": "0755 #!/bin/sh\necho no >&2\nexit 3\n"}))
	if result.Status != types.TargetStatusFailed {
		t.Errorf("status = %s", result.Status)
	}
	equalLines(t, "events", statuses(result)[3:], "Install Succeeded", "AfterInstall Failed", "ApplicationStart Skipped", "ValidateService Skipped")
	failed := eventOf(t, result, "AfterInstall")
	if failed.Script != "scripts/AfterInstall.sh" || failed.ErrorCode != types.LifecycleErrorCodeScriptFailed || failed.Message != "Script at specified location: scripts/AfterInstall.sh failed with exit code 3" {
		t.Errorf("event = %+v", failed)
	}
	if skipped := eventOf(t, result, "ValidateService"); !skipped.Start.IsZero() || !skipped.End.IsZero() || skipped.Message != "" {
		t.Errorf("skipped event = %+v", skipped)
	}
	history, err := ReadHistory(h.opts.Dir, GroupID("shop", "web"))
	must(t, err)
	if history.LastSuccessful == "" {
		t.Error("for the agent a revision counts as successful once it is installed")
	}
}

func TestPreviousRevisionsScripts(t *testing.T) {
	bad := revision(hookOf("ApplicationStop"), files{"scripts/ApplicationStop.sh": "0755 #!/bin/sh\nexit 1\n"})
	good := revision("", files{"a": "1"})
	t.Run("fail the deployment", func(t *testing.T) {
		h := newHost(t)
		h.deploy(t, bad)
		result := h.deploy(t, good)
		equalLines(t, "events", statuses(result)[:2], "ApplicationStop Failed", "DownloadBundle Skipped")
	})
	t.Run("unless told to ignore it", func(t *testing.T) {
		h := newHost(t)
		h.deploy(t, bad)
		d := h.deployment(t, good)
		d.IgnoreApplicationStopFailures = true
		result := h.run(t, d)
		equalLines(t, "events", statuses(result)[:2], "ApplicationStop Failed", "DownloadBundle Succeeded")
		if result.Status != types.TargetStatusSucceeded {
			t.Errorf("status = %s", result.Status)
		}
	})
	t.Run("with a load balancer", func(t *testing.T) {
		h := newHost(t)
		events := []string{"BeforeBlockTraffic", "AfterBlockTraffic", "ApplicationStop", "BeforeAllowTraffic", "AfterAllowTraffic"}
		tree := files{}
		for _, event := range events {
			tree["scripts/"+event+".sh"] = "0755 #!/bin/sh\necho $LIFECYCLE_EVENT\n"
		}
		d := h.deployment(t, revision(hookOf(events...), tree))
		d.LoadBalancer = true
		h.run(t, d)
		d = h.deployment(t, revision(hookOf("BeforeAllowTraffic"), files{"scripts/BeforeAllowTraffic.sh": "0755 echo new\n"}))
		d.LoadBalancer = true
		result := h.run(t, d)
		if len(result.Events) != 13 || result.Status != types.TargetStatusSucceeded {
			t.Errorf("%s: %v", result.Status, statuses(result))
		}
		contains(t, "log tail", eventOf(t, result, "AfterBlockTraffic").LogTail, "[stdout]AfterBlockTraffic\n")
		contains(t, "log tail", eventOf(t, result, "BeforeAllowTraffic").LogTail, "[stdout]new\n")
	})
}

func TestHooksRunOnlyWhenAllowed(t *testing.T) {
	h := newHost(t)
	h.opts.RunHooks = false
	result := h.deploy(t, revision(mapping("a", "/w")+hookOf("BeforeInstall"), files{"a": "1", "scripts/BeforeInstall.sh": "0755 #!/bin/sh\ntouch $CDX_LOCAL_ROOT/ran\n"}))
	skipped := eventOf(t, result, "BeforeInstall")
	if skipped.Status != types.LifecycleEventStatusSkipped || skipped.Message != "1 script is not run: running hooks is not allowed" {
		t.Errorf("event = %+v", skipped)
	}
	if result.Status != types.TargetStatusSucceeded || h.has("/ran") || !h.has("/w/a") {
		t.Errorf("status %s, ran %v", result.Status, h.has("/ran"))
	}
}

func TestDownloadFailures(t *testing.T) {
	for name, test := range map[string]struct {
		change func(*host, *Deployment)
		want   string
	}{
		"the fetcher's error":  {func(h *host, _ *Deployment) { h.opts.Fetch = failingFetch }, "no such key"},
		"another eTag":         {func(_ *host, d *Deployment) { d.Revision.S3Location.ETag = aws.String("other") }, `Expected deployment artifact bundle etag other but was actually "etag-1"`},
		"a bundle too large":   {func(h *host, _ *Deployment) { h.opts.MaxUnpacked = 10 }, "more than 10 bytes unpacked"},
		"the wrong kind of it": {func(_ *host, d *Deployment) { d.Revision.S3Location.BundleType = types.BundleTypeTar }, "Error extracting tar archive: 2"},
	} {
		t.Run(name, func(t *testing.T) {
			h := newHost(t)
			d := h.deployment(t, revision("", files{"a": "1"}))
			test.change(h, &d)
			result := h.run(t, d)
			equalLines(t, "events", statuses(result)[1:3], "DownloadBundle Failed", "BeforeInstall Skipped")
			failed := eventOf(t, result, "DownloadBundle")
			contains(t, "message", failed.Message, test.want)
			if failed.ErrorCode != types.LifecycleErrorCodeUnknownError {
				t.Errorf("error code = %s", failed.ErrorCode)
			}
		})
	}
}

func failingFetch(context.Context, *types.RevisionLocation, io.Writer) (Fetched, error) {
	return Fetched{}, errors.New("no such key")
}

func TestAppSpecFileFailsTheFirstEventThatReadsIt(t *testing.T) {
	for name, test := range map[string]struct {
		tree  files
		agent appspec.Agent
		event string // that fails; empty: none
		want  string
	}{
		"missing":                   {files{"a": "1"}, "", "BeforeInstall", `did not find an AppSpec file within the unpacked revision directory at revision-relative path "appspec.yml"`},
		"misnamed":                  {files{"appspec.yaml": "version: 0.0\nos: linux\n", "a": "1"}, "", "BeforeInstall", "did not find an AppSpec file"},
		"misnamed, but v2 takes it": {files{"appspec.yaml": "version: 0.0\nos: linux\n", "a": "1"}, appspec.AgentV2, "", ""},
		"missing, v2":               {files{"a": "1"}, appspec.AgentV2, "BeforeInstall", "did not find an AppSpec file"},
		"a link that leads out":     {files{"appspec.yml": "-> /etc/passwd", "a": "1"}, "", "BeforeInstall", "escapes"},
		"no operating system":       {files{"appspec.yml": "version: 0.0\n", "a": "1"}, "", "BeforeInstall", "unsupported operating system ()"},
		"for Windows":               {files{"appspec.yml": "version: 0.0\nos: windows\n", "a": "1"}, "", "BeforeInstall", `unsupported operating system (windows). Specify either "linux" or "windows"`},
		"for Windows, v2 looks not": {files{"appspec.yml": "version: 0.0\nos: windows\n", "a": "1"}, appspec.AgentV2, "", ""},
		"not well-formed":           {files{"appspec.yml": "version: 0.0\nos: linux\nhooks: [", "a": "1"}, "", "BeforeInstall", ""},
	} {
		t.Run(name, func(t *testing.T) {
			h := newHost(t)
			h.opts.Agent = test.agent
			result := h.deploy(t, test.tree)
			if test.event == "" {
				if result.Status != types.TargetStatusSucceeded {
					t.Errorf("events = %+v", result.Events)
				}
				return
			}
			failed := eventOf(t, result, test.event)
			if failed.Status != types.LifecycleEventStatusFailed || failed.ErrorCode != types.LifecycleErrorCodeUnknownError || failed.Script != "" {
				t.Errorf("event = %+v", failed)
			}
			contains(t, "message", failed.Message, test.want)
		})
	}
}

func TestInstallFailuresLeaveWhatTheAgentLeaves(t *testing.T) {
	h := newHost(t)
	h.deploy(t, revision(mapping("a", "/w"), files{"a": "1"}))
	files{"w/b": "theirs"}.write(t, h.opts.Root)
	result := h.deploy(t, revision(mapping("b", "/w"), files{"b": "2"}))
	contains(t, "message", eventOf(t, result, "Install").Message, "The deployment failed because a specified file already exists at this location: /w/b")
	equalLines(t, "tree", treeLines(readTree(t, h.opts.Root)), "/w drwxr-xr-x folder", "/w/b -rw-r--r-- theirs")
	history, err := ReadHistory(h.opts.Dir, GroupID("shop", "web"))
	must(t, err)
	if len(history.Installed) != 0 || history.LastSuccessful != "d-000000001" {
		t.Errorf("history = %+v", history)
	}
	result = h.deploy(t, revision(mapping("c", "/w")+"  - source: missing\n    destination: /x/y\n", files{"c": "3"}))
	contains(t, "message", eventOf(t, result, "Install").Message, "No such file or directory @ rb_sysopen - ")
	equalLines(t, "tree", treeLines(readTree(t, h.opts.Root)), "/w drwxr-xr-x folder", "/w/b -rw-r--r-- theirs", "/w/c -rw-r--r-- 3", "/x drwxr-xr-x folder", "/x/y drwxr-xr-x folder")
	h.deploy(t, revision("", files{"c": "3"}))
	equalLines(t, "tree", treeLines(readTree(t, h.opts.Root)), "/w drwxr-xr-x folder", "/w/b -rw-r--r-- theirs")
}

func TestFiveRevisionsAreKept(t *testing.T) {
	h := newHost(t)
	h.deploy(t, revision("", files{"a/": "", "sealed/x": "1"}))
	id := GroupID("shop", "web")
	for i := range 7 {
		name := filepath.Join(h.opts.Dir, "deployment-root", id, fmt.Sprintf("d-%09d", i+1))
		must(t, os.Chtimes(name, time.Time{}, time.Unix(int64(1000+i), 0)))
		tree := revision("", files{"a": "1"})
		if i > 3 {
			tree = files{"a": "no AppSpec file, so this one is not successful"}
		}
		h.deploy(t, tree)
	}
	entries, err := os.ReadDir(filepath.Join(h.opts.Dir, "deployment-root", id))
	must(t, err)
	var kept []string
	for _, e := range entries {
		kept = append(kept, e.Name())
	}
	equalLines(t, "kept", kept, "d-000000004", "d-000000005", "d-000000006", "d-000000007", "d-000000008")
}

func TestLastSuccessfulRevisionIsNeverPruned(t *testing.T) {
	h := newHost(t)
	h.deploy(t, revision("", files{"a": "1"}))
	for range 6 {
		h.deploy(t, files{"a": "no AppSpec file"})
	}
	history, err := ReadHistory(h.opts.Dir, GroupID("shop", "web"))
	must(t, err)
	if _, err := os.Stat(history.Revision); err != nil || history.LastSuccessful != "d-000000001" {
		t.Errorf("history = %+v, %v", history, err)
	}
}

func TestDeployRefusesWhatItCannotKeepApart(t *testing.T) {
	h := newHost(t)
	good := h.deployment(t, revision("", files{"a": "1"}))
	h.run(t, good)
	for name, change := range map[string]func(*Deployment, *Options){
		"an ID that was used":  func(*Deployment, *Options) {},
		"an ID that is a path": func(d *Deployment, _ *Options) { d.ID = "../x" },
		"no ID":                func(d *Deployment, _ *Options) { d.ID = "" },
		"a group of dots":      func(d *Deployment, _ *Options) { d.ID, d.DeploymentGroupID = "d-2", ".." },
		"a group of the agent": func(d *Deployment, _ *Options) { d.ID, d.DeploymentGroupID = "d-2", "deployment-instructions" },
		"no folder":            func(d *Deployment, o *Options) { d.ID, o.Dir = "d-2", "" },
		"a root that is a file": func(d *Deployment, o *Options) {
			d.ID, o.Root = "d-2", filepath.Join(h.opts.Dir, "deployment-root", "deployment-instructions", GroupID("shop", "web")+".lock")
		},
	} {
		t.Run(name, func(t *testing.T) {
			d, opts := good, h.opts
			change(&d, &opts)
			if result, err := Deploy(t.Context(), d, opts); err == nil {
				t.Errorf("Deploy = %+v", result)
			}
		})
	}
}

func TestOneDeploymentPerGroupAtATime(t *testing.T) {
	h := newHost(t)
	d := h.deployment(t, revision("", files{"a": "1"}))
	fetch := h.opts.Fetch
	second := d
	second.ID = "d-second"
	h.opts.Fetch = func(ctx context.Context, l *types.RevisionLocation, w io.Writer) (Fetched, error) {
		var busy *BusyError
		if _, err := Deploy(ctx, second, h.opts); !errors.As(err, &busy) {
			t.Errorf("second deployment: %v, want a BusyError", err)
		}
		return fetch(ctx, l, w)
	}
	h.run(t, d)
	h.opts.Fetch = fetch
	if result := h.run(t, second); result.Status != types.TargetStatusSucceeded {
		t.Errorf("after the first ended: %+v", result.Events)
	}
}

func TestCancelledDeploymentStopsItsScript(t *testing.T) {
	h := newHost(t)
	ctx, cancel := context.WithCancelCause(t.Context())
	defer cancel(nil)
	d := h.deployment(t, revision(hookOf("BeforeInstall", "AfterInstall"), files{
		"scripts/BeforeInstall.sh": "0755 #!/bin/sh\ntouch $CDX_LOCAL_ROOT/started\nsleep 30 & wait\n", "scripts/AfterInstall.sh": "0755 #!/bin/sh\n"}))
	reason := errors.New("the user pressed a key")
	h.opts.OnEvent = func(e Event) {
		if e.Name == "BeforeInstall" && e.Status == types.LifecycleEventStatusInProgress {
			go func() {
				for !h.has("/started") {
					<-time.After(time.Millisecond)
				}
				cancel(reason)
			}()
		}
	}
	start := time.Now()
	result, err := Deploy(ctx, d, h.opts)
	if !errors.Is(err, reason) || result == nil {
		t.Fatalf("Deploy = %v, %v", result, err)
	}
	if time.Since(start) > 10*time.Second {
		t.Errorf("took %v", time.Since(start))
	}
	equalLines(t, "events", statuses(result)[2:5], "BeforeInstall Failed", "Install Skipped", "AfterInstall Skipped")
	contains(t, "message", eventOf(t, result, "BeforeInstall").Message, "was stopped: the user pressed a key")
}

func TestCancelledBeforeAnything(t *testing.T) {
	h := newHost(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	result, err := Deploy(ctx, h.deployment(t, revision("", files{"a": "1"})), h.opts)
	if !errors.Is(err, context.Canceled) || result.Events[0].Status != types.LifecycleEventStatusSkipped {
		t.Errorf("Deploy = %+v, %v", result, err)
	}
}

func TestWhatIsNotAppliedIsReported(t *testing.T) {
	h := newHost(t)
	var kinds []string
	h.opts.OnNotice = func(n Notice) { kinds = append(kinds, string(n.Kind)+" "+n.Where) }
	result := h.deploy(t, revision(mapping("d", "/w")+`permissions:
  - object: /w
    owner: www
    group: data
    mode: 640
    type: [file]
    acls: ["u:bob:rw"]
hooks:
  BeforeInstall:
    - location: scripts/BeforeInstall.sh
      runas: nobody
`, files{"d/x": "1", "scripts/BeforeInstall.sh": "0755 #!/bin/sh\n"}))
	equalLines(t, "notices", kinds, "runas scripts/BeforeInstall.sh", "owner /w", "acl /w")
	if len(result.Notices) != 3 || result.Notices[1].Message != "not set: owner www, group data" {
		t.Errorf("notices = %+v", result.Notices)
	}
}

func TestHistoryOfNothing(t *testing.T) {
	history, err := ReadHistory(t.TempDir(), "g")
	must(t, err)
	if len(history.Installed) != 0 || history.LastSuccessful != "" || history.Revision != "" {
		t.Errorf("history = %+v", history)
	}
	if _, err := ReadHistory(t.TempDir(), "a/b"); err == nil {
		t.Error("a group that is a path has a history")
	}
}

func TestHistorySkipsALineThatIsCutOff(t *testing.T) {
	dir := t.TempDir()
	files{"deployment-root/deployment-instructions/g-cleanup": "/a\n/a/b\n/a/c"}.write(t, dir)
	history, err := ReadHistory(dir, "g")
	must(t, err)
	equalLines(t, "installed", history.Installed, "/a", "/a/b")
}

func TestBrokenPointerIsAnError(t *testing.T) {
	dir := t.TempDir()
	files{"deployment-root/deployment-instructions/g_last_successful_install": "../../x\n"}.write(t, dir)
	if _, err := ReadHistory(dir, "g"); err == nil {
		t.Error("a pointer that leads out of the group is taken")
	}
}
