//go:build unix

package agent

import (
	"slices"
	"strings"
	"testing"

	"github.com/cdx-deploy/cdx/pkg/appspec"
)

// permissionsOf is an AppSpec that installs a tree at /w with the given permissions.
func permissionsOf(entries ...string) string {
	return mapping("/", "/w") + "permissions:\n  - " + strings.Join(entries, "\n  - ") + "\n"
}

func TestPermissions(t *testing.T) {
	revision := files{"a": "1", "run.sh": "2", "d/b": "3", "d/e/c.sh": "4", "l": "-> a", "out": "-> /elsewhere"}
	for name, test := range map[string]struct {
		entries []string
		v1      []string // steps that differ from what they are without permissions
		v2      []string // nil: the same
	}{
		"all files": {[]string{"{object: /w, mode: 600, type: [file], except: [l, out]}"},
			[]string{"-rw------- /w/a <- a", "-rw------- /w/d/b <- d/b", "-rw------- /w/d/e/c.sh <- d/e/c.sh", "-rw------- /w/run.sh <- run.sh"}, nil},
		"folders, but not the object itself": {[]string{"{object: /w/, mode: 700, type: [directory]}"}, []string{"drwx------ /w/d", "drwx------ /w/d/e"}, nil},
		"direct children only":               {[]string{"{object: /w, pattern: '*.sh', mode: 755}"}, []string{"-rwxr-xr-x /w/run.sh <- run.sh"}, nil},
		"a path with a slash":                {[]string{"{object: /w, pattern: d/e/c.sh, mode: 755}"}, nil, []string{"-rwxr-xr-x /w/d/e/c.sh <- d/e/c.sh"}},
		"except of everything": {[]string{"{object: /w, except: ['**'], type: [file], mode: 600}"},
			[]string{"-rw------- /w/d/b <- d/b", "-rw------- /w/d/e/c.sh <- d/e/c.sh"}, []string{}},
		"the file itself":             {[]string{"{object: /w/a, mode: 4755, owner: root}"}, []string{"urwxr-xr-x /w/a <- a root:"}, nil},
		"a file, but for folders":     {[]string{"{object: /w/a, mode: 755, type: [directory]}"}, nil, nil},
		"what is not installed":       {[]string{"{object: /elsewhere, mode: 755}", "{object: /w/none, mode: 755}"}, nil, nil},
		"the object is expanded":      {[]string{"{object: /w/./d/../d, pattern: b, mode: 600}"}, []string{"-rw------- /w/d/b <- d/b"}, []string{}},
		"behind a link is its target": {[]string{"{object: /w/l, mode: 600}"}, []string{"-rw------- /w/a <- a"}, nil},
		"owners only":                 {[]string{"{object: /w, pattern: a, group: data}"}, []string{"-rw-r--r-- /w/a <- a :data"}, nil},
	} {
		for agent, want := range map[appspec.Agent][]string{appspec.AgentV1: test.v1, appspec.AgentV2: test.v2} {
			t.Run(name+", "+string(agent), func(t *testing.T) {
				if agent == appspec.AgentV2 && want == nil {
					want = test.v1
				}
				opts := PlanOptions{Agent: agent}
				before := stepLines(planOf(t, revision, nil, specOf(t, mapping("/", "/w")), opts))
				plan := planOf(t, revision, nil, specOf(t, permissionsOf(test.entries...)), opts)
				changed := slices.DeleteFunc(stepLines(plan), func(line string) bool { return slices.Contains(before, line) })
				equalLines(t, "changed steps", changed, want...)
				equalLines(t, "conflicts", messages(plan))
			})
		}
	}
}

func TestPermissionsThatFail(t *testing.T) {
	revision := files{"a": "1", "d/b": "2", "dangling": "-> none"}
	for name, test := range map[string]struct {
		entries []string
		v1      string
		v2      string // "-": no conflict
	}{
		"the same path twice":  {[]string{"{object: /w, pattern: a}", "{object: /w/a}"}, "The deployment failed because the permissions setting for (/w/a) is specified more than once in the application specification file. Update the files section of the AppSpec file, and then try again.", ""},
		"nested objects":       {[]string{"{object: /w}", "{object: /w/d}"}, "The deployment failed because the permissions setting for (/w/d/b) is specified more than once in the application specification file. Update the files section of the AppSpec file, and then try again.", ""},
		"pattern for a file":   {[]string{"{object: /w/a, pattern: '*'}"}, "The deployment failed because the application specification file includes an object (/w/a) with an invalid pattern (*), such as a pattern for a file applied to a directory. Correct the permissions section of the AppSpec file, and then try again.", ""},
		"except for a file":    {[]string{"{object: /w/a, except: [x, y]}"}, `The deployment failed because the except parameter for a pattern in the permissions section (["x", "y"]) for the object named /w/a contains an invalid format. Update the AppSpec file, and then try again.`, ""},
		"default ACL, a file":  {[]string{"{object: /w/a, acls: ['d:u:bob:rw']}"}, "The deployment failed because the -d parameter has been specified to apply an acl setting to a file. This parameter is supported for directories only. Update the AppSpec file, and then try again.", ""},
		"default ACL, matched": {[]string{"{object: /w, pattern: a, acls: ['default:user:bob:rw']}"}, "The deployment failed because the -d parameter has been specified to apply an acl setting to a file. This parameter is supported for directories only. Update the AppSpec file, and then try again.", ""},
		"context, no range":    {[]string{"{object: /w/a, context: {type: t}}"}, "undefined method `get_range' for nil:NilClass", "-"},
		"mode of a dangling":   {[]string{"{object: /w/dangling, mode: 644}"}, "No such file or directory @ apply2files - /w/dangling", "IO error: No such file or directory (os error 2)"},
	} {
		for agent, want := range map[appspec.Agent]string{appspec.AgentV1: test.v1, appspec.AgentV2: pick(test.v2, test.v1)} {
			t.Run(name+", "+string(agent), func(t *testing.T) {
				plan := planOf(t, revision, nil, specOf(t, permissionsOf(test.entries...)), PlanOptions{Agent: agent})
				if want == "-" {
					equalLines(t, "conflicts", messages(plan))
					return
				}
				equalLines(t, "conflicts", messages(plan), want)
			})
		}
	}
}

func TestModeBehindALinkThatIsThereAlready(t *testing.T) {
	plan := planOf(t, files{"l": "-> /etc/app.conf"}, files{"etc/app.conf": "x"}, specOf(t, permissionsOf("{object: /w/l, mode: 600}")), PlanOptions{})
	equalLines(t, "conflicts", messages(plan))
	if n := plan.Notices; len(n) != 2 || n[1].Kind != NoticeLink || n[1].Where != "/w/l" {
		t.Errorf("notices = %v", n)
	}
}
