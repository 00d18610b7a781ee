//go:build unix

package agent

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/codedeploy/types"

	"github.com/cdx-deploy/cdx/pkg/appspec"
)

// planOf plans a revision for a host.
func planOf(t testing.TB, revision, root files, spec *appspec.Spec, opts PlanOptions) *Plan {
	t.Helper()
	dir := t.TempDir()
	revision.write(t, filepath.Join(dir, "revision"))
	must(t, os.MkdirAll(filepath.Join(dir, "revision"), 0o755))
	if root != nil {
		root.write(t, filepath.Join(dir, "root"))
	}
	opened, err := os.OpenRoot(filepath.Join(dir, "revision"))
	must(t, err)
	defer func() { must(t, opened.Close()) }()
	opts.Root = filepath.Join(dir, "root")
	opts.RevisionName = "/archive"
	plan, err := NewPlan(t.Context(), opened.FS(), spec, opts)
	must(t, err)
	return plan
}

// mapping is a files section with one entry.
func mapping(source, destination string) string {
	return "files:\n  - source: " + source + "\n    destination: " + destination + "\n"
}

func TestPlanOfFilesSection(t *testing.T) {
	revision := files{"site/index.html": "1", "site/css/a.css": "2", "run.sh": "0755 3", "link": "-> run.sh", "dirs": "-> site", "empty/": ""}
	for name, test := range map[string]struct {
		spec string
		root files
		want []string
	}{
		"a folder's contents go into the destination": {spec: mapping("site", "/srv/www"), want: []string{
			"drwxr-xr-x /srv", "drwxr-xr-x /srv/www", "drwxr-xr-x /srv/www/css", "-rw-r--r-- /srv/www/css/a.css <- site/css/a.css", "-rw-r--r-- /srv/www/index.html <- site/index.html"}},
		"a leading slash means nothing": {spec: mapping("/site/css/", "/a/"), want: []string{"drwxr-xr-x /a", "-rw-r--r-- /a/a.css <- site/css/a.css"}},
		"a file goes into the destination, which is a folder": {spec: mapping("run.sh", "/usr/bin/tool"), want: []string{
			"drwxr-xr-x /usr", "drwxr-xr-x /usr/bin", "drwxr-xr-x /usr/bin/tool", "-rwxr-xr-x /usr/bin/tool/run.sh <- run.sh"}},
		"an empty destination is the root for a file": {spec: mapping("run.sh", "''"), want: []string{"-rwxr-xr-x /run.sh <- run.sh"}},
		"a link to a file stays a link":               {spec: mapping("link", "/a"), want: []string{"drwxr-xr-x /a", "link /a/link -> run.sh"}},
		"a link to a folder is copied as a folder": {spec: mapping("dirs", "/a"), want: []string{
			"drwxr-xr-x /a", "drwxr-xr-x /a/css", "-rw-r--r-- /a/css/a.css <- dirs/css/a.css", "-rw-r--r-- /a/index.html <- dirs/index.html"}},
		"empty folders are made":     {spec: mapping("empty", "/a/b"), want: []string{"drwxr-xr-x /a", "drwxr-xr-x /a/b"}},
		"no variables, no expansion": {spec: mapping("empty", "/$HOME"), want: []string{"drwxr-xr-x /$HOME"}},
		"a relative destination counts from the agent's folder": {spec: mapping("run.sh", "tools"), want: []string{
			"drwxr-xr-x /opt", "drwxr-xr-x /opt/codedeploy-agent", "drwxr-xr-x /opt/codedeploy-agent/tools", "-rwxr-xr-x /opt/codedeploy-agent/tools/run.sh <- run.sh"}},
		"folders that are there are not made": {spec: mapping("site/css", "/srv/www"), root: files{"srv/www/old": "x"}, want: []string{"-rw-r--r-- /srv/www/a.css <- site/css/a.css"}},
		"through a link on the host":          {spec: mapping("run.sh", "/srv/current"), root: files{"srv/v1/": "", "srv/current": "-> /srv/v1"}, want: []string{"-rwxr-xr-x /srv/current/run.sh <- run.sh"}},
		"RETAIN leaves what is there": {spec: "file_exists_behavior: RETAIN\n" + mapping("site", "/w"), root: files{"w/index.html": "old"}, want: []string{
			"drwxr-xr-x /w/css", "-rw-r--r-- /w/css/a.css <- site/css/a.css"}},
		"two mappings share folders": {spec: mapping("run.sh", "/a/b") + "  - source: site/css\n    destination: /a/b\n", want: []string{
			"drwxr-xr-x /a", "drwxr-xr-x /a/b", "-rwxr-xr-x /a/b/run.sh <- run.sh", "-rw-r--r-- /a/b/a.css <- site/css/a.css"}},
		"no files section": {spec: "hooks:\n", want: nil},
	} {
		t.Run(name, func(t *testing.T) {
			plan := planOf(t, revision, test.root, specOf(t, test.spec), PlanOptions{})
			equalLines(t, "steps", stepLines(plan), test.want...)
			equalLines(t, "conflicts", messages(plan))
		})
	}
}

func TestPlanConflicts(t *testing.T) {
	revision := files{"a": "1", "d/a": "2", "d/sub/x": "3", "l": "-> a", "abs": "-> /etc"}
	two := func(a, b string) string { return mapping(a, "/w") + "  - source: " + b + "\n    destination: /w\n" }
	for name, test := range map[string]struct {
		spec  string
		root  files
		after int
		v1    string
		v2    string // empty: the same
	}{
		"two sources for one destination":    {two("a", "d"), nil, 0, "The deployment failed because the application specification file specifies two source files named /archive/d/a and /archive/a for the same destination (/w/a). Remove one of the source file paths from the AppSpec file, and then try again.", ""},
		"a file where a folder is planned":   {mapping("d", "/w/a") + "  - source: a\n    destination: /w\n", nil, 0, "The deployment failed because the application specification file calls for installing the file /archive/a, but a file with that name already exists at the location (/w/a). Update your AppSpec file or directory structure, and then try again.", ""},
		"a folder where a file is planned":   {mapping("a", "/w") + "  - source: d\n    destination: /w/a\n", nil, 0, "The deployment failed because the application specification file includes an mkdir command more than once for the same destination path (/w/a) from (/archive/a). Update the files section of the AppSpec file, and then try again.", ""},
		"a file exists":                      {mapping("a", "/w/"), files{"w/a": "old"}, 0, "The deployment failed because a specified file already exists at this location: /w/a", ""},
		"a folder exists where a file goes":  {mapping("a", "/w"), files{"w/a/": ""}, 0, "The deployment failed because a specified file already exists at this location: /w/a", ""},
		"a missing source":                   {mapping("nothing", "/w"), nil, 1, "No such file or directory @ rb_sysopen - /archive/nothing", "IO error: No such file or directory (os error 2)"},
		"a pattern is no source":             {mapping("'*.html'", "/w"), nil, 1, "No such file or directory @ rb_sysopen - /archive/*.html", "IO error: No such file or directory (os error 2)"},
		"a file with a slash at its end":     {mapping("a/", "/w"), nil, 1, "Not a directory @ rb_sysopen - /archive/a/", "IO error: Not a directory (os error 20)"},
		"a source that leaves the revision":  {mapping("../x", "/w"), nil, 0, "source ../x leads out of the revision, and only files of the revision are installed here", ""},
		"a folder goes where a file is":      {mapping("d", "/w/f"), files{"w/f": "x"}, 0, "File exists @ dir_s_mkdir - /w/f", "IO error: File exists (os error 17)"},
		"below a file":                       {mapping("d", "/f/x"), files{"f": "x"}, 0, "Not a directory @ dir_s_mkdir - /f/x", "IO error: Not a directory (os error 20)"},
		"a folder for the empty destination": {mapping("d", "''"), nil, 0, "File exists @ dir_s_mkdir - /opt/codedeploy-agent", "IO error: File exists (os error 17)"},
		"a name that is too long":            {mapping("a", "/w/"+strings.Repeat("x", 300)), nil, 1, "File name too long @ dir_s_mkdir - /w/" + strings.Repeat("x", 300), "IO error: File name too long (os error 36)"},
		"overwriting with a link":            {"file_exists_behavior: OVERWRITE\n" + mapping("l", "/w"), files{"w/l": "x"}, 0, "File exists @ rb_file_s_symlink - (a, /w/l)", "IO error: File exists (os error 17)"},
		"a link where a dangling link is":    {mapping("l", "/w"), files{"w/l": "-> none"}, 0, "File exists @ rb_file_s_symlink - (a, /w/l)", "IO error: File exists (os error 17)"},
		"a missing parent's parent":          {mapping("d", "/x/gone/../y"), files{"x/": ""}, 1, "File exists @ dir_s_mkdir - /x", "IO error: File exists (os error 17)"},
	} {
		t.Run(name, func(t *testing.T) {
			want := map[appspec.Agent]string{appspec.AgentV1: test.v1, appspec.AgentV2: pick(test.v2, test.v1)}
			for agent, message := range want {
				plan := planOf(t, revision, test.root, specOf(t, test.spec), PlanOptions{Agent: agent})
				failure := plan.failure()
				if failure == nil || failure.Message != message || failure.AfterSteps != test.after {
					t.Errorf("%s: failure = %+v, want %q after %d", agent, failure, message, test.after)
				}
				if len(plan.Installed()) != test.after {
					t.Errorf("%s: installed %v, want %d", agent, plan.Installed(), test.after)
				}
			}
		})
	}
}

// TestPlanOfWhatMayNotBeLookedAt: nobody knows whether the agent, which is root, would find something there.
func TestPlanOfWhatMayNotBeLookedAt(t *testing.T) {
	if os.Geteuid() == 0 {
		t.Skip("root may look at everything")
	}
	root, revision := tempDir(t), tempDir(t)
	files{"closed/": ""}.write(t, root)
	files{"a": "1"}.write(t, revision)
	must(t, os.Chmod(filepath.Join(root, "closed"), 0))
	_, err := NewPlan(t.Context(), os.DirFS(revision), specOf(t, mapping("a", "/closed/x")), PlanOptions{Root: root})
	if !errors.Is(err, fs.ErrPermission) {
		t.Errorf("NewPlan = %v, want a permission error", err)
	}
}

func TestPlanWhereAgentsDiffer(t *testing.T) {
	revision := files{"a": "1", "d/x": "2"}
	t.Run("home", func(t *testing.T) {
		spec := specOf(t, mapping("a", "~/bin"))
		v1 := planOf(t, revision, nil, spec, PlanOptions{})
		equalLines(t, "v1", messages(v1), "File exists @ dir_s_mkdir - /root")
		v2 := planOf(t, revision, nil, spec, PlanOptions{Agent: appspec.AgentV2})
		equalLines(t, "v2", stepLines(v2), "drwxr-xr-x /root", "drwxr-xr-x /root/bin", "-rw-r--r-- /root/bin/a <- a")
	})
	t.Run("overwriting a folder", func(t *testing.T) {
		spec := specOf(t, "file_exists_behavior: OVERWRITE\n"+mapping("a", "/w"))
		v1 := planOf(t, revision, files{"w/a/a": "x"}, spec, PlanOptions{})
		equalLines(t, "v1", stepLines(v1), "-rw-r--r-- /w/a/a <- a")
		if !v1.Steps[0].Replaces {
			t.Error("the file in the folder is not said to be replaced")
		}
		v2 := planOf(t, revision, files{"w/a/": ""}, spec, PlanOptions{Agent: appspec.AgentV2})
		equalLines(t, "v2", messages(v2), "IO error: Is a directory (os error 21)")
	})
	t.Run("a name that is no UTF-8", func(t *testing.T) {
		odd := files{"n/\xff": "1"}
		spec := specOf(t, mapping("n", "/w"))
		equalLines(t, "v1", messages(planOf(t, odd, nil, spec, PlanOptions{})), "source sequence is illegal/malformed utf-8")
		equalLines(t, "v2", messages(planOf(t, odd, nil, spec, PlanOptions{Agent: appspec.AgentV2})))
	})
}

func TestPlanFileExistsBehavior(t *testing.T) {
	revision, root := files{"a": "1"}, files{"w/a": "old"}
	for _, test := range []struct {
		deployment types.FileExistsBehavior
		spec       string
		conflicts  int
		steps      int
	}{
		{"", "", 1, 0},
		{types.FileExistsBehaviorDisallow, "", 1, 0},
		{types.FileExistsBehaviorOverwrite, "", 0, 1},
		{types.FileExistsBehaviorRetain, "", 0, 0},
		{types.FileExistsBehaviorRetain, "file_exists_behavior: OVERWRITE\n", 0, 1},
		{types.FileExistsBehaviorOverwrite, "file_exists_behavior: DISALLOW\n", 1, 0},
		{"SOMETIMES", "", 1, 0},
	} {
		plan := planOf(t, revision, root, specOf(t, test.spec+mapping("a", "/w")), PlanOptions{FileExistsBehavior: test.deployment})
		if len(plan.Conflicts) != test.conflicts || len(plan.Steps) != test.steps {
			t.Errorf("deployment %q, AppSpec %q: %d conflicts, %d steps", test.deployment, test.spec, len(plan.Conflicts), len(plan.Steps))
		}
		if test.steps == 1 && !plan.Steps[0].Replaces {
			t.Error("the step is not said to replace a file")
		}
	}
}

func TestPlanRemoval(t *testing.T) {
	root := files{"w/old": "1", "w/kept/mine": "2", "w/kept/theirs": "3", "w/link": "-> old", "w/dangling": "-> none", "w/empty/": "", "w/deep/er/x": "4"}
	installed := []string{"/w", "/w/old", "/w/kept", "/w/kept/theirs", "/w/link", "/w/dangling", "/w/empty", "/w/gone", "/w/deep", "/w/deep/er", "/w/deep/er/x", "semanage\x00/w/old", "", "/"}
	spec := specOf(t, mapping("old", "/w"))
	plan := planOf(t, files{"old": "new"}, root, spec, PlanOptions{Installed: installed})
	equalLines(t, "remove", plan.Remove, "/w/deep/er/x", "/w/deep/er", "/w/deep", "/w/empty", "/w/dangling", "/w/link", "/w/kept/theirs", "/w/old")
	equalLines(t, "steps", stepLines(plan), "-rw-r--r-- /w/old <- old")
	if plan.Steps[0].Replaces {
		t.Error("a removed file is said to be replaced")
	}
	v2 := planOf(t, files{"old": "new"}, root, spec, PlanOptions{Installed: installed, Agent: appspec.AgentV2})
	contains(t, "v2 removes", strings.Join(v2.Remove, " "), "/w/link")
	if strings.Contains(strings.Join(v2.Remove, " "), "/w/dangling") {
		t.Error("agent v2 leaves links that lead nowhere")
	}
}

func TestPlanMakesRemovedFoldersAgain(t *testing.T) {
	plan := planOf(t, files{"d/x": "1"}, files{"srv/app/x": "0"}, specOf(t, mapping("d", "/srv/app")),
		PlanOptions{Installed: []string{"/srv", "/srv/app", "/srv/app/x"}})
	equalLines(t, "remove", plan.Remove, "/srv/app/x", "/srv/app", "/srv")
	equalLines(t, "steps", stepLines(plan), "drwxr-xr-x /srv", "drwxr-xr-x /srv/app", "-rw-r--r-- /srv/app/x <- d/x")
}

func TestPlanOfLinksThatGoInCircles(t *testing.T) {
	plan := planOf(t, files{"d/self": "-> .", "d/x": "1"}, nil, specOf(t, mapping("d", "/w")), PlanOptions{})
	if n := len(plan.Steps); n != 2*maxLinks+3 {
		t.Errorf("%d steps for one loop", n)
	}
	dir := t.TempDir()
	files{"a": "-> .", "b": "-> .", "x": "1"}.write(t, dir)
	root, err := os.OpenRoot(dir)
	must(t, err)
	defer func() { must(t, root.Close()) }()
	_, err = NewPlan(t.Context(), root.FS(), specOf(t, mapping("/", "/w")), PlanOptions{MaxEntries: 1000})
	var limit *LimitError
	if !errors.As(err, &limit) {
		t.Errorf("NewPlan = %v, want a LimitError", err)
	}
}

func TestPlanKeepsLinksThatLeaveTheRevision(t *testing.T) {
	plan := planOf(t, files{"d/etc": "-> /etc", "d/up": "-> ../../..", "d/in": "-> x", "d/x": "1"}, nil, specOf(t, mapping("d", "/w")), PlanOptions{})
	equalLines(t, "steps", stepLines(plan), "drwxr-xr-x /w", "link /w/etc -> /etc", "link /w/in -> x", "link /w/up -> ../../..", "-rw-r--r-- /w/x <- d/x")
	if len(plan.Notices) != 2 || plan.Notices[0].Kind != NoticeLink || plan.Notices[0].Where != "d/etc" {
		t.Errorf("notices = %v", plan.Notices)
	}
}

func TestPlanEvents(t *testing.T) {
	revision := files{"start.sh": "x"}
	spec := specOf(t, "hooks:\n  ApplicationStart:\n    - location: start.sh\n      timeout: 60\n      runas: app\n    - location: /gone.sh\n  ApplicationStop:\n    - location: new-stop.sh\n  Install:\n    - location: never.sh\n")
	last := specOf(t, "hooks:\n  ApplicationStop:\n    - location: old-stop.sh\n")
	plan := planOf(t, revision, nil, spec, PlanOptions{LastSuccessful: last, LoadBalancer: true})
	var lines []string
	for _, e := range plan.Events {
		line := e.Name
		if e.Previous {
			line += " (previous)"
		}
		for _, s := range e.Scripts {
			line += " " + s.Location + " " + s.RunAs + " " + s.Timeout.String()
			if s.Missing {
				line += " missing"
			}
		}
		lines = append(lines, line)
	}
	equalLines(t, "events", lines, "BeforeBlockTraffic (previous)", "BlockTraffic", "AfterBlockTraffic (previous)",
		"ApplicationStop (previous) old-stop.sh  1h0m0s", "DownloadBundle", "BeforeInstall", "Install", "AfterInstall",
		"ApplicationStart start.sh app 1m0s /gone.sh  1h0m0s missing", "ValidateService", "BeforeAllowTraffic", "AllowTraffic", "AfterAllowTraffic")
	if len(plan.Notices) != 1 || plan.Notices[0] != (Notice{NoticeRunAs, "start.sh", "runs as the present user, not as app"}) {
		t.Errorf("notices = %v", plan.Notices)
	}
}

func TestPlanWindows(t *testing.T) {
	spec := &appspec.Spec{OS: "windows", Files: []appspec.FileMapping{{Source: `\site`, Destination: `c:\inetpub\wwwroot`}}}
	plan := planOf(t, files{"site/index.html": "1"}, nil, spec, PlanOptions{Agent: appspec.AgentV2})
	equalLines(t, "steps", stepLines(plan), "drwxr-xr-x /C", "drwxr-xr-x /C/inetpub", "drwxr-xr-x /C/inetpub/wwwroot", "-rw-r--r-- /C/inetpub/wwwroot/index.html <- site/index.html")
}

func TestPlanStopsWithTheContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := NewPlan(ctx, os.DirFS(t.TempDir()), specOf(t, mapping("/", "/w")), PlanOptions{})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("NewPlan = %v, want context.Canceled", err)
	}
}
