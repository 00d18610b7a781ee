package checkout

import (
	"io/fs"
	"strconv"
	"strings"
	"sync"
	"time"
)

// repository is what git says about a directory. Each question is put to git at
// most once, when the first wants the answer.
type repository struct {
	branch     func() string
	head       func() head
	tag        func() string
	gitHubName func() string
	clean      func() bool
	modes      func() map[string]fs.FileMode
}

// head is the commit that is checked out; zero without one.
type head struct {
	commit string
	time   time.Time
}

// asker runs git with arguments and returns what it prints, or false when there
// is no git or it fails.
type asker func(args ...string) (string, bool)

func newRepository(ask asker) *repository {
	r := &repository{
		branch:     sync.OnceValue(func() string { return askBranch(ask) }),
		head:       sync.OnceValue(func() head { return askHead(ask) }),
		tag:        sync.OnceValue(func() string { return askTag(ask) }),
		gitHubName: sync.OnceValue(func() string { return askGitHubName(ask) }),
		modes:      sync.OnceValue(func() map[string]fs.FileMode { return askModes(ask) }),
	}
	r.clean = sync.OnceValue(func() bool { return r.head() != head{} && askClean(ask) })
	return r
}

// askBranch wants the full name: the short one changes when a tag has it too.
func askBranch(ask asker) string {
	ref, _ := ask("symbolic-ref", "--quiet", "HEAD")
	branch, ok := strings.CutPrefix(strings.TrimSpace(ref), "refs/heads/")
	if !ok {
		return ""
	}
	return branch
}

func askHead(ask asker) head {
	text, _ := ask("rev-list", "--max-count=1", "--timestamp", "HEAD", "--")
	stamp, commit, _ := strings.Cut(strings.TrimSpace(text), " ")
	seconds, err := strconv.ParseInt(stamp, 10, 64)
	if err != nil || !fullHash().MatchString(commit) {
		return head{}
	}
	return head{commit: commit, time: time.Unix(seconds, 0).UTC()}
}

// askTag takes the newest of several tags on the commit, the highest version of
// equally new ones.
func askTag(ask asker) string {
	name, _ := ask("for-each-ref", "--points-at=HEAD", "--count=1", "--sort=-version:refname", "--sort=-creatordate",
		"--format=%(refname:strip=2)", "refs/tags")
	return strings.TrimSpace(name)
}

func askGitHubName(ask asker) string {
	address, _ := ask("config", "--get", "remote.origin.url")
	return gitHubName(address)
}

// askClean compares the checkout with its commit. To compare files git may run
// filters, so those that the repository's own configuration names are taken away.
func askClean(ask asker) bool {
	without, ok := withoutOwnFilters(ask)
	if !ok {
		return false
	}
	changes, ok := ask(append(without, "status", "--porcelain", "-z", "--untracked-files=normal", "--ignore-submodules=dirty")...)
	return ok && changes == ""
}

// ownPrograms matches the keys under which a configuration names programs that
// comparing files runs: filters, and extensions of git-lfs, which is one.
const ownPrograms = `^(filter\..*\.(clean|process)|lfs\.extension\..*)$`

// withoutOwnFilters returns the arguments that take away the filters which the
// repository's own configuration names; those of the user and the system, such
// as git-lfs, stay. It returns false when they cannot be taken away.
// Source: git documentation, gitattributes, filter, and git-config, --show-scope.
func withoutOwnFilters(ask asker) (args []string, ok bool) {
	text, _ := ask("config", "--null", "--name-only", "--show-scope", "--get-regexp", ownPrograms)
	fields := strings.Split(strings.TrimSuffix(text, "\x00"), "\x00")
	for i := 0; i+1 < len(fields); i += 2 {
		scope, key := fields[i], fields[i+1]
		if scope != "local" && scope != "worktree" {
			continue
		}
		if !strings.HasPrefix(key, "filter.") || strings.Contains(key, "=") {
			return nil, false
		}
		driver := key[:strings.LastIndexByte(key, '.')]
		args = append(args, "-c", key+"=", "-c", driver+".required=false")
	}
	return args, true
}

// askModes reads the index: "100755 HASH 0<tab>PATH" for each file, the paths
// counted from the directory.
func askModes(ask asker) map[string]fs.FileMode {
	text, _ := ask("ls-files", "--stage", "-z", "--", ".")
	modes := make(map[string]fs.FileMode)
	for _, entry := range strings.Split(text, "\x00") {
		facts, path, _ := strings.Cut(entry, "\t")
		switch mode, _, _ := strings.Cut(facts, " "); mode {
		case "100755":
			modes[path] = 0o755
		case "100644":
			modes[path] = 0o644
		}
	}
	return modes
}
