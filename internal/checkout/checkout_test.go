package checkout

import (
	"context"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"
)

// repo is a git repository made for a test.
type repo struct {
	t   *testing.T
	dir string
}

// newRepo makes a repository with one commit on branch main, of 2021-03-04.
func newRepo(t *testing.T) *repo {
	t.Helper()
	if _, err := exec.LookPath("git"); err != nil {
		t.Skip("needs the git program")
	}
	home := t.TempDir()
	for name, value := range map[string]string{
		"HOME": home, "XDG_CONFIG_HOME": home, "GIT_CONFIG_NOSYSTEM": "1", "GIT_CONFIG_GLOBAL": filepath.Join(home, "gitconfig"),
	} {
		t.Setenv(name, value)
	}
	r := &repo{t: t, dir: filepath.Join(t.TempDir(), "work")}
	if err := os.Mkdir(r.dir, 0o755); err != nil {
		t.Fatal(err)
	}
	r.git("init", "-q")
	r.git("symbolic-ref", "HEAD", "refs/heads/main")
	r.write("app.txt", "hello\n")
	r.write("bin/run.sh", "#!/bin/sh\n")
	r.git("add", ".")
	r.git("update-index", "--chmod=+x", "bin/run.sh")
	r.commit("first")
	r.git("checkout", "-q", "--", ".") // the files as the index has them
	return r
}

func (r *repo) git(args ...string) string {
	r.t.Helper()
	cmd := exec.Command("git", append([]string{"-c", "user.name=n", "-c", "user.email=n@example.com", "-c", "core.autocrlf=false"}, args...)...)
	cmd.Dir = r.dir
	cmd.Env = append(os.Environ(), "GIT_AUTHOR_DATE=2021-03-04T05:06:07Z", "GIT_COMMITTER_DATE=2021-03-04T05:06:07Z")
	out, err := cmd.CombinedOutput()
	if err != nil {
		r.t.Fatalf("git %s: %v\n%s", strings.Join(args, " "), err, out)
	}
	return strings.TrimSpace(string(out))
}

func (r *repo) commit(message string) { r.git("commit", "-q", "--allow-empty", "-m", message) }

func (r *repo) write(name, text string) {
	r.t.Helper()
	path := filepath.Join(r.dir, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		r.t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		r.t.Fatal(err)
	}
}

func (r *repo) read(env map[string]string) Facts {
	return Read(r.t.Context(), r.dir, lookup(env))
}

func TestGitFacts(t *testing.T) {
	r := newRepo(t)
	r.git("remote", "add", "origin", "git@github.com:acme/shop.git")
	r.git("checkout", "-q", "-b", "release/1.2")
	r.git("tag", "release/1.2") // makes the branch's short name ambiguous
	facts := r.read(nil)
	if got := facts.Branch(); got != "release/1.2" {
		t.Errorf("Branch = %q", got)
	}
	if got := facts.EnvironmentBranch(); got != "release/1.2" {
		t.Errorf("EnvironmentBranch = %q", got)
	}
	if got, want := facts.Commit(), r.git("rev-parse", "HEAD"); got != want {
		t.Errorf("Commit = %q, want %q", got, want)
	}
	if got, want := facts.CommitTime(), time.Date(2021, 3, 4, 5, 6, 7, 0, time.UTC); !got.Equal(want) {
		t.Errorf("CommitTime = %s, want %s", got, want)
	}
	if got := facts.Tag(); got != "release/1.2" {
		t.Errorf("Tag = %q", got)
	}
	if got := facts.Repository(); got != "acme/shop" {
		t.Errorf("Repository = %q", got)
	}
	if facts.Provider() != "" || facts.BuildNum() != "" {
		t.Errorf("CI facts without CI: %q, %q", facts.Provider(), facts.BuildNum())
	}
	if !facts.Clean() {
		t.Error("Clean = false in a fresh checkout")
	}
}

func TestHighestOfSeveralTags(t *testing.T) {
	r := newRepo(t)
	for _, tag := range []string{"v1.9.0", "v1.10.0", "v1.2.0"} {
		r.git("tag", tag)
	}
	if got := r.read(nil).Tag(); got != "v1.10.0" {
		t.Errorf("Tag = %q, want the highest version", got)
	}
	r.commit("second")
	if got := r.read(nil).Tag(); got != "" {
		t.Errorf("Tag = %q on an untagged commit", got)
	}
}

func TestDetachedHead(t *testing.T) {
	r := newRepo(t)
	r.git("checkout", "-q", "--detach")
	commit := r.git("rev-parse", "HEAD")
	if facts := r.read(nil); facts.Branch() != "" || facts.Commit() != commit {
		t.Errorf("outside of CI: branch %q, commit %q; want none and %q", facts.Branch(), facts.Commit(), commit)
	}
	ci := r.read(map[string]string{"CIRCLECI": "true", "CIRCLE_BRANCH": "development"})
	if ci.EnvironmentBranch() != "development" || ci.Commit() != commit || ci.Provider() != CircleCI {
		t.Errorf("under CI: branch %q, commit %q", ci.EnvironmentBranch(), ci.Commit())
	}
}

func TestCIBeatsGit(t *testing.T) {
	r := newRepo(t)
	r.git("tag", "local")
	facts := r.read(map[string]string{
		"TRAVIS": "true", "TRAVIS_BRANCH": "deploy", "TRAVIS_COMMIT": sha, "TRAVIS_REPO_SLUG": "acme/shop", "TRAVIS_BUILD_NUMBER": "5",
	})
	if facts.Branch() != "deploy" || facts.Commit() != sha || facts.Repository() != "acme/shop" || facts.BuildNum() != "5" {
		t.Errorf("branch %q, commit %q, repository %q, build %q", facts.Branch(), facts.Commit(), facts.Repository(), facts.BuildNum())
	}
	if facts.Tag() != "local" {
		t.Errorf("Tag = %q: what CI does not tell comes from git", facts.Tag())
	}
}

func TestPullRequestChoosesNoEnvironment(t *testing.T) {
	r := newRepo(t)
	facts := r.read(map[string]string{"GITHUB_ACTIONS": "true", "GITHUB_HEAD_REF": "main"})
	if facts.Branch() != "main" || facts.EnvironmentBranch() != "" {
		t.Errorf("pull request: branch %q, environment branch %q", facts.Branch(), facts.EnvironmentBranch())
	}
}

func TestTagBuildHasNoBranch(t *testing.T) {
	r := newRepo(t) // on main, which is not what is built
	facts := r.read(map[string]string{"GITHUB_ACTIONS": "true", "GITHUB_REF_TYPE": "tag", "GITHUB_REF_NAME": "v1"})
	if facts.Branch() != "" || facts.Tag() != "v1" {
		t.Errorf("branch %q, tag %q", facts.Branch(), facts.Tag())
	}
}

func TestClean(t *testing.T) {
	tests := map[string]struct {
		change func(*repo)
		clean  bool
	}{
		"nothing changed":   {func(*repo) {}, true},
		"a file changed":    {func(r *repo) { r.write("app.txt", "other\n") }, false},
		"a file touched":    {func(r *repo) { r.write("app.txt", "hello\n") }, true},
		"a file is staged":  {func(r *repo) { r.write("new", ""); r.git("add", "new") }, false},
		"a file is new":     {func(r *repo) { r.write("new", "") }, false},
		"a file is ignored": {func(r *repo) { r.write(".git/info/exclude", "*.o\n"); r.write("a.o", "") }, true},
		"a file is gone":    {func(r *repo) { os.Remove(filepath.Join(r.dir, "app.txt")) }, false},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			r := newRepo(t)
			test.change(r)
			if got := r.read(nil).Clean(); got != test.clean {
				t.Errorf("Clean = %v, want %v", got, test.clean)
			}
		})
	}
}

func TestWithoutRepository(t *testing.T) {
	t.Setenv("GIT_CEILING_DIRECTORIES", os.TempDir())
	plain := t.TempDir()
	for name, facts := range map[string]Facts{
		"no repository": Read(t.Context(), plain, lookup(nil)),
		"no directory":  Read(t.Context(), filepath.Join(plain, "missing"), lookup(nil)),
		"zero value":    {},
	} {
		t.Run(name, func(t *testing.T) { wantNothing(t, facts) })
	}
}

func wantNothing(t *testing.T, facts Facts) {
	t.Helper()
	if got := facts.Branch() + facts.Commit() + facts.Tag() + facts.Repository() + facts.BuildNum() + string(facts.Provider()); got != "" {
		t.Errorf("facts out of nothing: %q", got)
	}
	if facts.Clean() || !facts.CommitTime().IsZero() {
		t.Errorf("clean %v, time %s", facts.Clean(), facts.CommitTime())
	}
	if got := facts.TrackedMode("app.txt", 0o600); got != 0o600 {
		t.Errorf("TrackedMode = %v, want the file's own", got)
	}
}

func TestWithoutGit(t *testing.T) {
	r := newRepo(t)
	t.Setenv("PATH", t.TempDir())
	wantNothing(t, r.read(nil))
}

func TestEmptyRepository(t *testing.T) {
	r := newRepo(t)
	r.git("checkout", "-q", "--orphan", "fresh")
	facts := r.read(nil)
	if facts.Branch() != "fresh" || facts.Commit() != "" || facts.Clean() {
		t.Errorf("branch %q, commit %q, clean %v; want only the branch", facts.Branch(), facts.Commit(), facts.Clean())
	}
}

func TestTrackedModes(t *testing.T) {
	r := newRepo(t)
	r.write("new.sh", "")
	facts := Read(t.Context(), r.dir, lookup(nil))
	tests := []struct {
		path       string
		mode, want fs.FileMode
	}{
		{"bin/run.sh", 0o666, 0o755},
		{"app.txt", 0o777, 0o644},
		{"new.sh", 0o666, 0o666},
		{"bin", fs.ModeDir | 0o777, fs.ModeDir | 0o777},
	}
	for _, test := range tests {
		if got := facts.TrackedMode(test.path, test.mode); got != test.want {
			t.Errorf("TrackedMode(%q, %v) = %v, want %v", test.path, test.mode, got, test.want)
		}
	}
	inside := Read(t.Context(), filepath.Join(r.dir, "bin"), lookup(nil))
	if got := inside.TrackedMode("run.sh", 0o666); got != 0o755 {
		t.Errorf("TrackedMode from the subdirectory = %v: paths count from the directory", got)
	}
}

func TestHookEnvironmentDoesNotMislead(t *testing.T) {
	hooked := newRepo(t)
	hooked.git("checkout", "-q", "-b", "hooked")
	r := newRepo(t)
	for name, value := range map[string]string{
		"GIT_DIR": filepath.Join(hooked.dir, ".git"), "GIT_WORK_TREE": hooked.dir, "GIT_INDEX_FILE": filepath.Join(hooked.dir, ".git", "index"),
		"GIT_PREFIX": "bin/", "GIT_OBJECT_DIRECTORY": "/nowhere", "GIT_NAMESPACE": "n", "GIT_CONFIG_PARAMETERS": "'core.bare'='true'",
	} {
		t.Setenv(name, value)
	}
	facts := Read(t.Context(), r.dir, lookup(nil))
	if facts.Branch() != "main" || facts.Commit() == "" || !facts.Clean() || facts.TrackedMode("bin/run.sh", 0) != 0o755 {
		t.Errorf("branch %q, commit %q, clean %v", facts.Branch(), facts.Commit(), facts.Clean())
	}
}

// TestHostileConfigurationRunsNothing sets every program that a repository's own
// configuration can name and that a question of ours could reach.
func TestHostileConfigurationRunsNothing(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("needs a shell")
	}
	r := newRepo(t)
	mark := filepath.Join(t.TempDir(), "ran")
	trap := filepath.Join(t.TempDir(), "trap")
	if err := os.WriteFile(trap, []byte("#!/bin/sh\ntouch '"+mark+"'\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"post-index-change", "reference-transaction", "post-checkout", "fsmonitor-watchman"} {
		r.write(".git/hooks/"+name, "#!/bin/sh\ntouch '"+mark+"'\n")
		if err := os.Chmod(filepath.Join(r.dir, ".git/hooks", name), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	r.git("config", "remote.origin.url", "ssh://example.invalid/x")
	r.git("config", "remote.origin.promisor", "true")
	r.git("config", "extensions.partialClone", "origin")
	r.write(".git/info/attributes", "* filter=evil diff=evil\n")
	r.write("app.txt", "hellO\n") // of the same size, so that its content must be compared
	included := filepath.Join(r.dir, ".git", "more")
	for key, value := range map[string]string{
		"core.fsmonitor": trap, "core.pager": trap, "core.editor": trap, "core.sshCommand": trap, "core.askPass": trap, "core.gitProxy": trap,
		"pager.status": trap, "diff.external": trap, "diff.evil.command": trap, "diff.evil.textconv": trap, "gpg.program": trap, "log.showSignature": "true",
		"filter.evil.clean": trap, "filter.evil.process": trap, "filter.evil.smudge": trap, "filter.evil.required": "true",
		"credential.helper": trap, "alias.status": "!" + trap, "include.path": included, "status.submoduleSummary": "true",
	} {
		r.git("config", "--file", ".git/config", key, value)
	}
	if err := os.WriteFile(included, []byte("[filter \"more\"]\n\tclean = "+trap+"\n"), 0o644); err != nil {
		t.Fatal(err)
	}

	facts := r.read(nil)
	if facts.Branch() != "main" || facts.Commit() == "" || facts.Tag() != "" || facts.Repository() != "" {
		t.Errorf("branch %q, commit %q", facts.Branch(), facts.Commit())
	}
	if facts.Clean() {
		t.Error("Clean = true with a changed file")
	}
	facts.TrackedMode("app.txt", 0)
	if _, err := os.Stat(mark); err == nil {
		t.Error("a program of the repository's configuration was run")
	}
}

func TestFiltersThatCannotBeTakenAway(t *testing.T) {
	for name, key := range map[string]string{"equals sign": "filter.a=b.clean", "extension of git-lfs": "lfs.extension.x.clean"} {
		t.Run(name, func(t *testing.T) {
			r := newRepo(t)
			r.git("config", key, "false")
			if r.read(nil).Clean() {
				t.Error("Clean = true, though git cannot be asked safely")
			}
		})
	}
}

func TestUsersOwnFiltersAreKept(t *testing.T) {
	r := newRepo(t)
	r.git("config", "--global", "filter.upper.clean", "tr a-z A-Z")
	r.write(".git/info/attributes", "app.txt filter=upper\n")
	r.git("add", "--renormalize", "app.txt")
	r.commit("upper")
	r.write("app.txt", "hello\n") // as the filter makes it, what was committed
	if !r.read(nil).Clean() {
		t.Error("Clean = false: the user's own filter was not applied")
	}
}

// slowGit puts a program in git's place that never answers.
func slowGit(t *testing.T) {
	t.Helper()
	if runtime.GOOS == "windows" {
		t.Skip("needs a shell")
	}
	bin := t.TempDir()
	if err := os.WriteFile(filepath.Join(bin, "git"), []byte("#!/bin/sh\nsleep 60\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", bin+string(os.PathListSeparator)+os.Getenv("PATH"))
}

func TestBudgetIsForAllCallsTogether(t *testing.T) {
	slowGit(t)
	ask := newAsker(t.Context(), t.TempDir(), 100*time.Millisecond)
	began := time.Now()
	for range 10 {
		if text, ok := ask("status"); ok || text != "" {
			t.Fatalf("ask = %q, %v", text, ok)
		}
	}
	if took := time.Since(began); took > 3*time.Second {
		t.Errorf("ten questions took %s", took)
	}
}

func TestContextEndsGit(t *testing.T) {
	slowGit(t)
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	began := time.Now()
	if facts := Read(ctx, t.TempDir(), lookup(nil)); facts.Branch() != "" {
		t.Error("a branch out of nothing")
	}
	if took := time.Since(began); took > 2*time.Second {
		t.Errorf("Branch took %s", took)
	}
}

func TestFactsAreAskedForOnceAndOnlyWhenWanted(t *testing.T) {
	var mu sync.Mutex
	calls := make(map[string]int)
	facts := Facts{repository: newRepository(func(args ...string) (string, bool) {
		mu.Lock()
		defer mu.Unlock()
		calls[args[0]]++
		return "refs/heads/main", true
	})}
	if len(calls) != 0 {
		t.Errorf("git was asked before anybody wanted to know: %v", calls)
	}
	var group sync.WaitGroup
	for range 8 {
		group.Go(func() { facts.Branch() })
	}
	group.Wait()
	if calls["symbolic-ref"] != 1 || len(calls) != 1 {
		t.Errorf("calls = %v, want one symbolic-ref", calls)
	}
}
