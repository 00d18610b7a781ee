package main

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
	"github.com/spf13/cobra"

	"github.com/cdx-deploy/cdx/internal/policy"
	"github.com/cdx-deploy/cdx/internal/settings"
	"github.com/cdx-deploy/cdx/internal/term"
	"github.com/cdx-deploy/cdx/pkg/revision"
)

// The scripts are also the test of the policies that cdx policy prints: every request
// that cdx sends must be allowed by the policy of that very run, and every action of a
// policy must be needed by some request. A run writes its policy into a file before it
// begins, and names the file with each request, in the place where the SDK names the
// environment it runs in.

const (
	policiesVariable = "POLICIES" // the folder of the files
	runVariable      = "AWS_EXECUTION_ENV"
	ownAccount       = "000000000000" // of the embedded service
)

// recordedRun is one run of cdx, as it stands in a file.
type recordedRun struct {
	Args   []string
	Uses   []policy.Use
	Needs  []policy.Needs
	Policy policy.Document
}

// recordedMain is the program, which leaves a note of what its policy is.
func recordedMain() {
	if dir := os.Getenv(policiesVariable); dir != "" {
		if id, ok := record(dir, os.Args[1:]); ok {
			os.Setenv(runVariable, id)
		}
	}
	main()
}

func record(dir string, args []string) (id string, ok bool) {
	run := recordedRun{Args: args}
	quiet := &term.Streams{In: strings.NewReader(""), Out: io.Discard, Err: io.Discard}
	p := newProgram(quiet, os.Environ())
	c, rest, err := newRootCmd(p, args...).Find(args)
	if err != nil || c.ParseFlags(rest) != nil {
		return "", false
	}
	c.SetContext(context.Background())
	sets, err := p.configSets(c)
	if err != nil {
		return "", false
	}
	for _, set := range sets {
		if needs, ok := runNeeds(c, set); ok {
			run.Needs = append(run.Needs, needs)
			run.Uses = needs.Uses
		}
	}
	if run.Needs == nil {
		return "", false
	}
	run.Policy = policy.For(run.Needs...)
	data, err := json.Marshal(run)
	if err != nil {
		return "", false
	}
	f, err := os.CreateTemp(dir, "run-")
	if err != nil {
		return "", false
	}
	defer f.Close()
	_, err = f.Write(data)
	return filepath.Base(f.Name()), err == nil
}

func runNeeds(c *cobra.Command, set *settings.Set) (policy.Needs, bool) {
	if !c.HasParent() {
		return policy.Needs{}, false
	}
	uses := usesOf(c, set)
	if uses == nil {
		return policy.Needs{}, false
	}
	at := policy.Place{Region: cmp.Or(set.String("region"), os.Getenv("AWS_REGION"), os.Getenv("AWS_DEFAULT_REGION")), Account: ownAccount}
	if strings.HasPrefix(set.String("s3-location"), "bucket=") {
		return withRevision(needsWithoutBucket(c, at, uses, set), set), true
	}
	needs, err := needsOf(set, at, uses)
	if c.Parent().Name() == "apps" && c.Flags().NArg() > 0 || c.Name() == "apply" {
		needs.Application = "" // arguments, or the file, name others
	}
	needs.ServiceRole = inOwnAccount(needs.ServiceRole)
	return withRevision(needs, set), err == nil
}

// inOwnAccount is a role as if it were the account's own, as a role that is passed has to be.
func inOwnAccount(role string) string {
	if _, name, given := strings.Cut(role, ":role/"); given {
		return "arn:aws:iam::" + ownAccount + ":role/" + name
	}
	return role
}

func needsWithoutBucket(c *cobra.Command, at policy.Place, uses []policy.Use, set *settings.Set) policy.Needs {
	return policy.Needs{Place: at, Uses: uses, Application: set.String("application-name"), Groups: distinct(set.Strings("deployment-group-name"))}
}

// withRevision is for runs that deploy what is there already.
func withRevision(n policy.Needs, set *settings.Set) policy.Needs {
	rev, err := revision.ParseURL(set.String("revision"))
	if err != nil {
		rev, err = revision.ParseS3Location(set.String("s3-location"))
	}
	switch {
	case err == nil:
		n.Bucket, n.KeyPrefix, n.WholeKey = *rev.S3Location.Bucket, *rev.S3Location.Key, true
	case n.Bucket == "" && slices.ContainsFunc(n.Uses, func(use policy.Use) bool {
		return slices.Contains([]policy.Use{policy.Rollback, policy.Diff, policy.Revisions}, use)
	}):
		n.Bucket = "bucket" // of the revision to go back to, that runs or that is shown, which nothing names
	}
	return n
}

// usesOf are the uses that a run makes.
func usesOf(c *cobra.Command, set *settings.Set) []policy.Use {
	var uses []policy.Use
	if family := policy.Use(c.Parent().Name()); slices.Contains(policy.Uses(), family) {
		return []policy.Use{family}
	}
	switch c.Name() {
	case "prune":
		return []policy.Use{policy.Prune}
	case "init":
		return []policy.Use{policy.Create}
	case "push":
		return []policy.Use{policy.Push}
	case "deploy":
		uses = []policy.Use{policy.Deploy}
		if set.String("revision")+set.String("github-location") == "" && !set.Bool("github") && !strings.HasPrefix(set.String("s3-location"), "bucket=") {
			uses = append(uses, policy.Push)
		}
	case "create-deployment":
		uses = []policy.Use{policy.Deploy}
	case "rollback":
		uses = []policy.Use{policy.Rollback}
	case "wait", "get-deployment":
		return []policy.Use{policy.Wait}
	case "status", "list", "list-deployments":
		return []policy.Use{policy.List}
	case "diff":
		return []policy.Use{policy.Diff}
	case "doctor":
		return []policy.Use{policy.Doctor}
	case "stop", "stop-deployment":
		uses = []policy.Use{policy.Stop}
	case "continue", "continue-deployment":
		uses = []policy.Use{policy.Continue}
	default:
		return nil
	}
	if set.Bool("wait") || set.String("if-active") == "wait" {
		uses = append(uses, policy.Wait)
	}
	return uses
}

// recorder watches the requests of all scripts.
type recorder struct {
	mu      sync.Mutex
	scripts int
	failed  []string
	used    map[policy.Use]map[string]bool // actions by the use that alone accounts for them
}

// setUp prepares one script.
func (r *recorder) setUp(env *testscript.Env, service http.Handler, next http.Handler) (http.Handler, error) {
	dir := filepath.Join(env.WorkDir, ".policies")
	if err := os.Mkdir(dir, 0o700); err != nil {
		return nil, err
	}
	r.mu.Lock()
	r.scripts++
	r.mu.Unlock()
	env.Vars = append(env.Vars, policiesVariable+"="+dir)
	watch := func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, request *http.Request) {
			id := runOf(request)
			if id == "" && (isIAM(request) || strings.HasPrefix(request.URL.Path, "/2015-03-31/")) {
				id = newestRun(dir) // sent by hand, without the SDK's user agent
			}
			if id != "" {
				r.judge(filepath.Join(dir, id), request, service)
			}
			next.ServeHTTP(w, request)
		})
	}
	env.Values[watchKey{}] = watch
	return watch(next), nil
}

// watchKey is where a script keeps what watches the requests to another service.
type watchKey struct{}

// runOf is the file that a request names.
func runOf(request *http.Request) string {
	_, after, _ := strings.Cut(request.UserAgent(), "exec-env/")
	id, _, _ := strings.Cut(after, " ")
	return id
}

// newestRun is the file that was written last.
func newestRun(dir string) string {
	var newest os.FileInfo
	files, _ := os.ReadDir(dir)
	for _, file := range files {
		if info, err := file.Info(); err == nil && (newest == nil || info.ModTime().After(newest.ModTime())) {
			newest = info
		}
	}
	if newest == nil {
		return ""
	}
	return newest.Name()
}

// judge finds out whether a request is allowed by its run's policy.
func (r *recorder) judge(file string, request *http.Request, service http.Handler) {
	data, err := os.ReadFile(file)
	var run recordedRun
	if err != nil || json.Unmarshal(data, &run) != nil {
		r.fail("no policy of a run that sent " + operationOf(request))
		return
	}
	for _, need := range needed(request, service) {
		r.note(run, need.action)
		if !permits(run.Policy, need) {
			r.fail(fmt.Sprintf("cdx %s: %s on %s is not in the policy", strings.Join(run.Args, " "), need.action, need.resource))
		}
	}
}

func (r *recorder) fail(text string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.failed = append(r.failed, text)
}

// note takes down which use needed an action, where only one of the run's does.
func (r *recorder) note(run recordedRun, action string) {
	var granting []policy.Use
	for _, use := range run.Uses {
		n := run.Needs[0]
		n.Uses = []policy.Use{use}
		if slices.ContainsFunc(n.Permissions(), func(p policy.Permission) bool { return p.Action == action }) {
			granting = append(granting, use)
		}
	}
	if len(granting) != 1 {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.used == nil {
		r.used = make(map[policy.Use]map[string]bool)
	}
	if r.used[granting[0]] == nil {
		r.used[granting[0]] = make(map[string]bool)
	}
	r.used[granting[0]][action] = true
}

// check reports what the scripts have shown. That nothing is allowed in vain can be
// told only when all of them have run.
func (r *recorder) check(t *testing.T, all int) {
	slices.Sort(r.failed)
	for _, text := range slices.Compact(r.failed) {
		t.Error(text)
	}
	if r.scripts != all {
		return
	}
	for _, use := range policy.Uses() {
		n := policy.Needs{Uses: []policy.Use{use}, Bucket: "b", KMSKey: "k", Tagging: true, ACL: true, Alarms: true, Stops: true, Function: "f"}
		for _, p := range n.Permissions() {
			if !r.used[use][p.Action] {
				t.Errorf("the policy for %s allows %s, which no script needs", use, p.Action)
			}
		}
	}
}
