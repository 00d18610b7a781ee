package main

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strconv"
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
	c, rest, err := newRootCmd(p).Find(args)
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
	uses := usesOf(c, set)
	if uses == nil {
		return policy.Needs{}, false
	}
	at := policy.Place{Region: cmp.Or(set.String("region"), os.Getenv("AWS_REGION"), os.Getenv("AWS_DEFAULT_REGION")), Account: ownAccount}
	if strings.HasPrefix(set.String("s3-location"), "bucket=") {
		return withRevision(needsWithoutBucket(c, at, uses, set), set), true
	}
	needs, err := needsOf(set, at, uses)
	return withRevision(needs, set), err == nil
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
	case n.Bucket == "" && slices.Contains(n.Uses, policy.Rollback):
		n.Bucket = "bucket" // of the revision to go back to, which nothing names
	}
	return n
}

// usesOf are the uses that a run makes.
func usesOf(c *cobra.Command, set *settings.Set) []policy.Use {
	var uses []policy.Use
	if c.HasParent() && c.Parent().HasParent() {
		return nil // it belongs to a family such as cdx apps, which the policy is not about
	}
	switch c.Name() {
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
	return http.HandlerFunc(func(w http.ResponseWriter, request *http.Request) {
		id := runOf(request)
		if id == "" && strings.HasPrefix(request.URL.Path, "/2015-03-31/") {
			id = newestRun(dir) // sent by hand, without the SDK's user agent
		}
		if id != "" {
			r.judge(filepath.Join(dir, id), request, service)
		}
		next.ServeHTTP(w, request)
	}), nil
}

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

// need is one action that a request needs, on one resource.
type need struct {
	action, resource string
	region           string
	alias            string // of a KMS key
}

// needed is what AWS demands for a request.
// Sources: CodeDeploy user guide, "CodeDeploy permissions reference"; Amazon S3 user
// guide, "Required permissions for Amazon S3 API operations"; AWS Lambda developer
// guide, "Lambda resources and conditions".
func needed(request *http.Request, service http.Handler) []need {
	region := signedRegion(request)
	switch {
	case isCodeDeploy(request):
		return codeDeployNeeds(request, region, service)
	case strings.HasPrefix(request.URL.Path, "/2015-03-31/functions/"):
		name, _, _ := strings.Cut(strings.TrimPrefix(request.URL.Path, "/2015-03-31/functions/"), "/")
		return []need{{"lambda:GetAlias", "arn:aws:lambda:" + region + ":" + ownAccount + ":function:" + name, region, ""}}
	case isSTS(request):
		return nil // who am I needs no permission
	default:
		return s3Needs(request, region)
	}
}

// signedRegion is the region that a request is signed for.
func signedRegion(request *http.Request) string {
	if scope := strings.Split(request.Header.Get("Authorization"), "/"); len(scope) > 2 {
		return scope[2]
	}
	return ""
}

func codeDeployNeeds(request *http.Request, region string, service http.Handler) []need {
	body, err := io.ReadAll(request.Body)
	request.Body = io.NopCloser(bytes.NewReader(body))
	if err != nil {
		return nil // it was given up on the way
	}
	var in struct {
		ApplicationName, DeploymentGroupName, DeploymentConfigName, DeploymentID string
		DeploymentIDs                                                            []string
		OverrideAlarmConfiguration                                               any
	}
	_ = json.Unmarshal(body, &in)
	arn := func(resource string) string {
		return "arn:aws:codedeploy:" + region + ":" + ownAccount + ":" + resource
	}
	operation := operationOf(request)
	action := "codedeploy:" + operation
	group := arn("deploymentgroup:" + in.ApplicationName + "/" + in.DeploymentGroupName)
	application := arn("application:" + in.ApplicationName)
	switch operation {
	case "GetApplication", "GetApplicationRevision", "RegisterApplicationRevision", "ListDeploymentGroups":
		return []need{{action, application, region, ""}}
	case "GetDeploymentGroup", "ListDeployments":
		return []need{{action, group, region, ""}}
	case "GetDeploymentConfig":
		return []need{{action, arn("deploymentconfig:" + in.DeploymentConfigName), region, ""}}
	case "CreateDeployment":
		all := []need{
			{action, group, region, ""}, {"codedeploy:GetApplicationRevision", application, region, ""},
			{"codedeploy:GetDeploymentConfig", arn("deploymentconfig:" + cmp.Or(in.DeploymentConfigName, "CodeDeployDefault.OneAtATime")), region, ""},
		}
		if in.OverrideAlarmConfiguration != nil {
			all = append(all, need{"codedeploy:UpdateDeploymentGroup", group, region, ""})
		}
		return all
	case "GetDeployment", "BatchGetDeployments":
		var all []need
		for _, id := range append(in.DeploymentIDs, in.DeploymentID) {
			if group := groupOf(service, id); group != "" {
				all = append(all, need{action, arn("deploymentgroup:" + group), region, ""})
			}
		}
		return all
	default:
		return []need{{action, "*", region, ""}}
	}
}

// groupOf is the group of a deployment, APPLICATION/GROUP; empty for one that does not
// exist.
func groupOf(service http.Handler, id string) string {
	if id == "" {
		return ""
	}
	request := httptest.NewRequest(http.MethodPost, "http://127.0.0.1/", strings.NewReader(`{"deploymentId":`+strconv.Quote(id)+`}`))
	request.Header.Set("X-Amz-Target", "CodeDeploy_20141006.GetDeployment")
	request.Header.Set("Content-Type", "application/x-amz-json-1.1")
	answer := httptest.NewRecorder()
	service.ServeHTTP(answer, request)
	var out struct {
		DeploymentInfo struct{ ApplicationName, DeploymentGroupName string }
	}
	if answer.Code != http.StatusOK || json.Unmarshal(answer.Body.Bytes(), &out) != nil {
		return ""
	}
	return out.DeploymentInfo.ApplicationName + "/" + out.DeploymentInfo.DeploymentGroupName
}

func s3Needs(request *http.Request, region string) []need {
	bucket, key, _ := strings.Cut(strings.TrimPrefix(request.URL.Path, "/"), "/")
	on := "arn:aws:s3:::" + bucket
	if action, ok := map[string]string{
		"HeadBucket": "ListBucket", "GetBucketVersioning": "GetBucketVersioning",
		"GetBucketEncryption": "GetEncryptionConfiguration", "GetPublicAccessBlock": "GetBucketPublicAccessBlock",
	}[operationOf(request)]; ok {
		return []need{{"s3:" + action, on, region, ""}}
	}
	on += "/" + key
	query := request.URL.Query()
	switch operationOf(request) {
	case "HeadObject":
		if query.Has("versionId") {
			return []need{{"s3:GetObjectVersion", on, region, ""}}
		}
		return []need{{"s3:GetObject", on, region, ""}}
	case "AbortMultipartUpload":
		return []need{{"s3:AbortMultipartUpload", on, region, ""}}
	case "PutObject", "CreateMultipartUpload":
		return append([]need{{"s3:PutObject", on, region, ""}}, propertyNeeds(request, on, region)...)
	case "UploadPart", "CompleteMultipartUpload":
		return []need{{"s3:PutObject", on, region, ""}}
	default:
		return []need{{"s3:" + operationOf(request), on, region, ""}}
	}
}

// propertyNeeds is what the properties of a new object demand.
func propertyNeeds(request *http.Request, on, region string) []need {
	var all []need
	if request.Header.Get("X-Amz-Tagging") != "" {
		all = append(all, need{"s3:PutObjectTagging", on, region, ""})
	}
	if request.Header.Get("X-Amz-Acl") != "" {
		all = append(all, need{"s3:PutObjectAcl", on, region, ""})
	}
	if id := request.Header.Get("X-Amz-Server-Side-Encryption-Aws-Kms-Key-Id"); id != "" {
		key := need{"kms:GenerateDataKey", "arn:aws:kms:" + region + ":" + ownAccount + ":key/" + id, region, ""}
		if strings.HasPrefix(id, "alias/") {
			key.resource, key.alias = "arn:aws:kms:"+region+":"+ownAccount+":key/1234", id
		}
		decrypt := key
		decrypt.action = "kms:Decrypt"
		all = append(all, key, decrypt)
	}
	return all
}

// permits evaluates a policy as IAM does, as far as ours go.
func permits(doc policy.Document, n need) bool {
	return slices.ContainsFunc(doc.Statement, func(s policy.Statement) bool {
		return s.Effect == "Allow" && matchesOne(s.Action, n.action) && matchesOne(s.Resource, n.resource) && holds(s.Condition, n)
	})
}

func holds(condition map[string]policy.Condition, n need) bool {
	values := map[string]string{"aws:RequestedRegion": n.region, "kms:ResourceAliases": n.alias}
	for _, keys := range condition {
		for name, allowed := range keys {
			if !slices.Contains(allowed, values[name]) {
				return false
			}
		}
	}
	return true
}

func matchesOne(patterns []string, text string) bool {
	return slices.ContainsFunc(patterns, func(pattern string) bool { return matches(pattern, text) })
}

// matches compares with a pattern of IAM: * is any text, ? any character, ${*} itself.
func matches(pattern, text string) bool {
	for _, literal := range []string{"*", "?", "$"} {
		pattern = strings.ReplaceAll(pattern, "${"+literal+"}", url.QueryEscape(literal))
		text = strings.ReplaceAll(text, literal, url.QueryEscape(literal))
	}
	if text == url.QueryEscape("*") {
		return pattern == "*"
	}
	return glob(pattern, text)
}

func glob(pattern, text string) bool {
	switch {
	case pattern == "":
		return text == ""
	case pattern[0] == '*':
		return glob(pattern[1:], text) || text != "" && glob(pattern, text[1:])
	case text == "":
		return false
	default:
		return (pattern[0] == '?' || pattern[0] == text[0]) && glob(pattern[1:], text[1:])
	}
}

func TestMatches(t *testing.T) {
	for _, test := range []struct {
		pattern, text string
		want          bool
	}{
		{"*", "*", true},
		{"arn:aws:s3:::b/*", "*", false},
		{"arn:aws:s3:::b/app/*", "arn:aws:s3:::b/app/x/y.zip", true},
		{"arn:aws:s3:::b/app/*", "arn:aws:s3:::b/other/x.zip", false},
		{"arn:aws:s3:::b/a${*}b", "arn:aws:s3:::b/a*b", true},
		{"arn:aws:s3:::b/a${*}b", "arn:aws:s3:::b/axb", false},
		{"a?c", "abc", true},
		{"a?c", "ac", false},
	} {
		if got := matches(test.pattern, test.text); got != test.want {
			t.Errorf("matches(%q, %q) = %v", test.pattern, test.text, got)
		}
	}
}
