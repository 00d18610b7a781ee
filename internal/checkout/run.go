package checkout

import (
	"bytes"
	"context"
	"os"
	"os/exec"
	"strings"
	"sync"
	"time"
)

// gitBudget is how long git may run in all: a checkout on a slow disk must not
// hold a deployment up for facts that can be given otherwise.
const gitBudget = 5 * time.Second

// gitGrace is how long children of a git that was ended may keep its output open.
const gitGrace = 250 * time.Millisecond

// gitOptions keep git from writing to the repository and from running what its
// configuration names: a monitor of the file system, hooks, a bare repository
// that was put into the tree.
// Source: git documentation, git-config.
var gitOptions = []string{
	"--no-pager",
	"--no-optional-locks",
	"-c", "core.fsmonitor=false",
	"-c", "core.hooksPath=" + os.DevNull,
	"-c", "safe.bareRepository=explicit",
}

// gitVariables forbid git to fetch objects that a partial clone lacks, which
// would run the transport that the configuration names, and to ask for passwords.
// Source: git documentation, git, Environment Variables.
var gitVariables = []string{
	"GIT_NO_LAZY_FETCH=1",
	"GIT_ALLOW_PROTOCOL=none",
	"GIT_TERMINAL_PROMPT=0",
}

// newAsker returns an asker for the git program in a directory. Its calls take
// turns and share the budget.
func newAsker(ctx context.Context, dir string, budget time.Duration) asker {
	var mu sync.Mutex
	left := budget
	return func(args ...string) (string, bool) {
		mu.Lock()
		defer mu.Unlock()
		if left <= 0 {
			return "", false
		}
		began := time.Now()
		text, ok := runGit(ctx, dir, left, args)
		left -= time.Since(began)
		return text, ok
	}
}

func runGit(ctx context.Context, dir string, limit time.Duration, args []string) (string, bool) {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	cmd := exec.CommandContext(ctx, "git", append(append([]string{}, gitOptions...), args...)...)
	cmd.Dir = dir
	cmd.Env = append(ownEnviron(os.Environ()), gitVariables...)
	cmd.WaitDelay = gitGrace
	var out bytes.Buffer
	cmd.Stdout = &out
	if cmd.Run() != nil {
		return "", false
	}
	return out.String(), true
}

// keptVariables are those of git's variables that say how git itself works for
// this user. All others would tell about another repository: a hook's environment
// names its repository, index and objects.
var keptVariables = []string{
	"GIT_EXEC_PATH=", "GIT_CEILING_DIRECTORIES=", "GIT_DISCOVERY_ACROSS_FILESYSTEM=",
	"GIT_CONFIG_GLOBAL=", "GIT_CONFIG_SYSTEM=", "GIT_CONFIG_NOSYSTEM=",
	"GIT_CONFIG_COUNT=", "GIT_CONFIG_KEY_", "GIT_CONFIG_VALUE_",
}

// ownEnviron is an environment without what misleads git about the repository.
func ownEnviron(environ []string) []string {
	var own []string
	for _, pair := range environ {
		if !strings.HasPrefix(strings.ToUpper(pair), "GIT_") || kept(pair) {
			own = append(own, pair)
		}
	}
	return own
}

func kept(pair string) bool {
	for _, prefix := range keptVariables {
		if strings.HasPrefix(pair, prefix) {
			return true
		}
	}
	return false
}
