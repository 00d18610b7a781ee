// Package checkout knows what a CI system or git says about the directory cdx
// works in: branch, commit, tag, build number and what goes with them.
//
// A fact comes from the CI system's variables, else from the git program. Git runs
// only when a fact is asked for that needs it, for 5 s in total at most, without
// running anything the repository's own configuration names. Where there is no
// git, no repository or no answer, a fact has no value; that is never an error.
package checkout

import (
	"context"
	"io/fs"
	"strings"
	"time"
)

// Facts are what is known about a checkout. The zero value knows nothing. Its
// methods may be called from several goroutines.
type Facts struct {
	ci         ciFacts
	repository *repository // nil in the zero value
}

// Read returns the facts about the directory dir. The environment is looked up
// now, git is asked later; ctx ends that too.
func Read(ctx context.Context, dir string, lookupEnv func(string) (string, bool)) Facts {
	env := environment(lookupEnv)
	return Facts{ci: readCI(env), repository: newRepository(newAsker(ctx, dir, gitBudget))}
}

// git is the repository, also that of the zero value.
func (f Facts) git() *repository {
	if f.repository == nil {
		return newRepository(func(...string) (string, bool) { return "", false })
	}
	return f.repository
}

// Provider is the CI system cdx runs under; empty outside of any.
func (f Facts) Provider() Provider { return f.ci.provider }

// Branch is the branch that is checked out or built, like "release/1.2"; of a
// pull request the one it comes from. It has no value on a detached HEAD outside
// of CI and in builds of tags.
func (f Facts) Branch() string {
	if f.ci.branch != "" || f.ci.provider != "" && f.ci.tag != "" {
		return f.ci.branch
	}
	return f.git().branch()
}

// EnvironmentBranch is the branch by which an environment may be chosen: Branch,
// but empty in a pull request's build, whose branch its author names.
func (f Facts) EnvironmentBranch() string {
	if f.ci.pullRequest {
		return ""
	}
	return f.Branch()
}

// Commit is the commit's full hash in hex.
func (f Facts) Commit() string {
	if f.ci.commit != "" {
		return f.ci.commit
	}
	return f.git().head().commit
}

// Tag is the tag that is built or that the commit carries, like "v1.2.0".
func (f Facts) Tag() string {
	if f.ci.tag != "" {
		return f.ci.tag
	}
	return f.git().tag()
}

// BuildNum is the CI system's number of this build. Git has none.
func (f Facts) BuildNum() string { return f.ci.buildNum }

// Repository is the repository's owner and name, like "owner/name": the CI
// system's, or that of a remote "origin" at GitHub.
func (f Facts) Repository() string {
	if f.ci.repository != "" {
		return f.ci.repository
	}
	return f.git().gitHubName()
}

// CommitTime is when the checked-out commit was made; zero when unknown.
func (f Facts) CommitTime() time.Time { return f.git().head().time }

// Clean reports that the whole checkout is as the commit has it, untracked files
// included and ignored ones aside. Changes inside of submodules are not looked at.
func (f Facts) Clean() bool { return f.git().clean() }

// Tracks reports whether git tracks anything at or below a path, which is
// slash-separated and counts from the directory given to [Read].
func (f Facts) Tracks(path string) bool {
	for tracked := range f.git().modes() {
		if tracked == path || strings.HasPrefix(tracked, path+"/") {
			return true
		}
	}
	return false
}

// TrackedMode returns the mode that git records for a file, whose slash-separated
// path counts from the directory given to [Read]; a file that git does not track
// keeps its own mode. It is for Windows, where files have no execute bit.
func (f Facts) TrackedMode(path string, mode fs.FileMode) fs.FileMode {
	if !mode.IsRegular() {
		return mode
	}
	if recorded, tracked := f.git().modes()[path]; tracked {
		return recorded
	}
	return mode
}
