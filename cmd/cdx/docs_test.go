//go:build unix

package main

import (
	"archive/zip"
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/codedeploy"
	"github.com/spf13/cobra"

	"github.com/cdx-deploy/cdx/internal/awsapi/slim"
	"github.com/cdx-deploy/cdx/internal/term"
	"github.com/cdx-deploy/cdx/pkg/local"
)

// notRun are the programs whose commands the documentation shows and no test runs.
var notRun = map[string]string{
	"apk":              "needs a released package and root",
	"apt-get":          "needs a released package and root",
	"brew":             "needs a released cask",
	"cosign":           "needs a release",
	"curl":             "needs a release",
	"dnf":              "needs a released package and root",
	"docker":           "needs a released image",
	"dpkg":             "needs a released package and root",
	"gh":               "needs a release",
	"git":              "is not ours",
	"go":               ".ci/run runs these",
	"openssl":          "is not ours; the digest has a test of its own",
	"pre-commit":       "is not part of the tests",
	"rpm":              "needs a released package and root",
	"scoop":            "needs a released manifest",
	"tar":              "needs a release",
	"travis":           "is not ours",
	"sudo":             "needs root",
	"codedeploy-local": "is what the page comes from",
}

// notRunLines are lines that are shown and cannot be run as they stand.
var notRunLines = map[string]string{
	"cdx local serve --yes > local.env &":      "never ends; testdata/script/serve.txtar runs it",
	"cdx local serve --yes > local.env":        "never ends; testdata/script/serve.txtar runs it",
	"{ printf 'cdx-manifest 1\\nzip\\n'":       "goes on over several lines; a test of pkg/bundle has the same",
	". ./local.env":                            "is what cdx local serve has written",
	"cdx continue --termination d-ABCDEF123":   "the local service terminates nothing",
	"cdx deploy --local --yes --isolate build": "needs root and namespaces; testdata/script/isolate.txtar runs it",
}

// generatedPages are checked by the tests that write them.
var generatedPages = []string{"commands.md", "rules.md", "agents.md", "troubleshooting.md"}

// documents are the pages that people read first to last.
func documents(t *testing.T) []string {
	t.Helper()
	pages, err := filepath.Glob(filepath.Join("..", "..", "docs", "*.md"))
	if err != nil {
		t.Fatal(err)
	}
	pages = append(pages, filepath.Join("..", "..", "README.md"))
	return slices.DeleteFunc(pages, func(page string) bool { return slices.Contains(generatedPages, filepath.Base(page)) })
}

// block is one fenced block of a page.
type block struct {
	fixture string // named by a comment <!-- test: NAME --> before it; see oneByOne too
	lines   []string
	at      int // line of the page
}

// isFile reports a block that shows a whole script. It is a file of the repository,
// which is tested there.
func (b block) isFile() bool { return len(b.lines) > 0 && strings.HasPrefix(b.lines[0], "#!") }

// oneByOne marks a block whose lines are alternatives: each begins afresh.
const oneByOne = ", one by one"

// parts are the block itself or, where its lines are alternatives, each of them.
func (b block) parts() []block {
	fixture, alternatives := strings.CutSuffix(b.fixture, oneByOne)
	if !alternatives {
		return []block{b}
	}
	var parts []block
	for _, line := range joined(b.lines) {
		parts = append(parts, block{fixture: fixture, lines: []string{line}, at: b.at})
	}
	return parts
}

// shellBlocks are the blocks that show commands: those in sh, and what follows "$ " in
// console.
func shellBlocks(text string) []block {
	var blocks []block
	fixture, language := "", ""
	var now *block
	for i, line := range strings.Split(text, "\n") {
		fence, isFence := strings.CutPrefix(strings.TrimSpace(line), "```")
		switch {
		case isFence && now == nil && language == "":
			language = fence + "."
			if fence == "console" || fence == "sh" || fence == "bash" {
				now = &block{fixture: fixture, at: i + 1}
			}
		case isFence:
			if now != nil && !now.isFile() {
				blocks = append(blocks, *now)
			}
			now, language, fixture = nil, "", ""
		case now != nil && language == "console.":
			if command, ok := strings.CutPrefix(line, "$ "); ok {
				now.lines = append(now.lines, command)
			}
		case now != nil:
			now.lines = append(now.lines, line)
		case strings.HasPrefix(line, "<!-- test: "):
			fixture = strings.TrimSuffix(strings.TrimPrefix(line, "<!-- test: "), " -->")
		}
	}
	return blocks
}

// TestDocumentedCommands runs every command of the documentation in a directory made
// for it, against a service that has what the pages speak of.
func TestDocumentedCommands(t *testing.T) {
	t.Parallel()
	for _, page := range documents(t) {
		t.Run(filepath.Base(page), func(t *testing.T) {
			t.Parallel()
			text, err := os.ReadFile(page)
			if err != nil {
				t.Fatal(err)
			}
			for _, b := range shellBlocks(string(text)) {
				for _, part := range b.parts() {
					newReader(t, part.fixture).runs(t, part)
				}
			}
		})
	}
}

// reader is somebody who types what a page shows.
type reader struct {
	dir     string
	environ []string
	client  *slim.Client
	bundle  string // what cdx push has printed for my-app
}

// shownSeed is what the pages take for granted.
const shownSeed = `
buckets: [my-bucket]
applications:
  - name: my-app
    deploymentGroups:
      - {name: production}
      - {name: staging}
      - {name: staging-instances}
      - {name: blue}
      - {name: green}
      - name: running
        deployments: [{targets: [i-1], steps: [{status: InProgress}, {after: 1h, status: Succeeded}]}]
      - name: ready
        blueGreen: true
        deployments: [{targets: [i-1], steps: [{status: InProgress}, {status: Ready}, {after: 1h, status: Succeeded}]}]
  - name: web
    computePlatform: ECS
    deploymentGroups: [{name: production}]
  - name: api
    computePlatform: Lambda
    deploymentGroups: [{name: production}]
`

func newReader(t *testing.T, fixture string) *reader {
	t.Helper()
	seed, err := local.ParseSeed([]byte(shownSeed))
	if err != nil {
		t.Fatal(err)
	}
	home := t.TempDir()
	service, err := local.New(local.Options{Dir: filepath.Join(home, "service"), Seed: seed})
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(withFunctions(service.Handler()))
	t.Cleanup(func() {
		server.CloseClientConnections()
		server.Close()
		if err := service.Close(); err != nil {
			t.Error(err)
		}
	})
	iam := httptest.NewServer(&iamService{users: make(map[string]*iamUser)})
	t.Cleanup(iam.Close)
	credentials := service.Credentials()
	r := &reader{dir: filepath.Join(home, "work"), client: localClients(service, server.URL).codeDeploy}
	r.environ = []string{
		"PATH=" + filepath.Join(r.dir, ".bin") + string(os.PathListSeparator) + os.Getenv("PATH"), "HOME=" + home,
		"AWS_ENDPOINT_URL=" + server.URL, "AWS_ENDPOINT_URL_IAM=" + iam.URL, "AWS_ACCESS_KEY_ID=" + credentials.AccessKeyID, "AWS_SECRET_ACCESS_KEY=" + credentials.SecretAccessKey,
		"AWS_REGION=" + service.Region(), "AWS_EC2_METADATA_DISABLED=true", "CDX_POLL_INTERVAL=20ms",
		"CDX_YES=true", // somebody at a terminal who answers so
		"TASK_DEFINITION_ARN=arn:aws:ecs:eu-central-1:123456789012:task-definition/web:7",
		"GIT_CONFIG_GLOBAL=/dev/null", "GIT_CONFIG_SYSTEM=/dev/null", "GORACE=" + os.Getenv("GORACE"),
	}
	r.writeFixture(t, fixture)
	return r
}

// writeFixture writes the files that the pages speak of.
func (r *reader) writeFixture(t *testing.T, fixture string) {
	t.Helper()
	source := filepath.Join("testdata", "docs", cmp.Or(fixture, "server"))
	if err := os.CopyFS(r.dir, os.DirFS(source)); err != nil {
		t.Fatal(err)
	}
	shared := filepath.Join("testdata", "docs", "every")
	if err := os.CopyFS(r.dir, os.DirFS(shared)); err != nil {
		t.Fatal(err)
	}
	// A stand-in for the AWS CLI, for pipelines that begin with it.
	awsCLI := "#!/bin/sh\nprintf '{\"deploymentId\": \"%s\"}\\n' \"$SHOWN_DEPLOYMENT\"\n"
	if err := os.MkdirAll(filepath.Join(r.dir, ".bin"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(r.dir, ".bin", "aws"), []byte(awsCLI), 0o755); err != nil {
		t.Fatal(err)
	}
	r.writeBundle(t, "my-app-41.zip")
	r.commit(t)
}

// commit makes the directory a checkout of the branch main.
func (r *reader) commit(t *testing.T) {
	t.Helper()
	if _, err := exec.LookPath("git"); err != nil {
		t.Skip("no git here")
	}
	for _, args := range [][]string{
		{"init", "-q", "-b", "main"}, {"add", "-A"}, {"-c", "user.name=A Reader", "-c", "user.email=reader@example.com", "commit", "-q", "-m", "my-app"},
	} {
		command := exec.Command("git", args...)
		command.Dir, command.Env = r.dir, r.environ
		if out, err := command.CombinedOutput(); err != nil {
			t.Fatalf("git %v: %v\n%s", args, err, out)
		}
	}
}

// writeBundle writes an older bundle of my-app.
func (r *reader) writeBundle(t *testing.T, name string) {
	t.Helper()
	f, err := os.Create(filepath.Join(r.dir, name))
	if err != nil {
		t.Fatal(err)
	}
	w := zip.NewWriter(f)
	if err := w.AddFS(os.DirFS(filepath.Join(r.dir, "my-app"))); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(w.Close(), f.Close()); err != nil {
		t.Fatal(err)
	}
}

// expected is the exit code that a comment behind a command names.
var expected = regexp.MustCompile(`#.*\bexits? (?:with )?(\d+)`)

// runs runs the commands of a block in one shell.
func (r *reader) runs(t *testing.T, b block) {
	t.Helper()
	var script strings.Builder
	script.WriteString("check() { [ $1 -eq $2 ] || { echo \"exit code $1, want $2, of: $3\" >&2; exit 99; }; }\n")
	for _, line := range joined(b.lines) {
		if line == "" || strings.HasPrefix(line, "#") || r.leavesOut(line) {
			continue
		}
		want := "0"
		if match := expected.FindStringSubmatch(line); match != nil {
			want = match[1]
		}
		fmt.Fprintf(&script, "%s\ncheck $? %s '%s'\n", r.concrete(t, line), want, strings.ReplaceAll(line, "'", `'\''`))
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	command := exec.CommandContext(ctx, "sh", "-c", script.String())
	command.Dir, command.Env = r.dir, r.environ
	if out, err := command.CombinedOutput(); err != nil {
		t.Errorf("the block at line %d: %v\n%s", b.at, err, out)
	}
}

// joined puts lines together that end in a backslash.
func joined(lines []string) []string {
	var all []string
	rest := ""
	for _, line := range lines {
		if part, ok := strings.CutSuffix(strings.TrimRight(line, " "), `\`); ok {
			rest += part + " "
			continue
		}
		all = append(all, strings.TrimSpace(rest+line))
		rest = ""
	}
	return all
}

// leavesOut reports the lines that are listed as not run.
func (r *reader) leavesOut(line string) bool {
	line, _, _ = strings.Cut(line, " #")
	line = strings.TrimSpace(line)
	if notRunLines[line] != "" {
		return true
	}
	for part := range strings.FieldsFuncSeq(line, func(r rune) bool { return r == '|' || r == ';' || r == '&' }) {
		if words := strings.Fields(part); len(words) > 0 && notRun[words[0]] != "" {
			return true
		}
	}
	return false
}

// concrete puts in what a page can only name.
func (r *reader) concrete(t *testing.T, line string) string {
	t.Helper()
	if strings.Contains(line, "d-ABCDEF123") || strings.HasPrefix(line, "aws ") {
		group := "production"
		switch {
		case strings.Contains(line, "cdx stop"):
			group = "running"
		case strings.Contains(line, "cdx continue"):
			group = "ready"
		}
		id := r.deployed(t, group)
		line = "SHOWN_DEPLOYMENT=" + id + "; export SHOWN_DEPLOYMENT; " + strings.ReplaceAll(line, "d-ABCDEF123", id)
	}
	if strings.Contains(line, "cdx rollback") {
		r.deployed(t, "production")
		r.change(t)
		r.deployed(t, "production")
	}
	if strings.Contains(line, "cdx diff") && strings.Contains(line, "-g production") {
		r.deployed(t, "production")
	}
	if strings.Contains(line, "s3://my-bucket/…") {
		line = strings.ReplaceAll(line, "s3://my-bucket/…", r.pushed(t))
	}
	return line
}

// deployed creates a deployment and, where it can, waits for its end.
func (r *reader) deployed(t *testing.T, group string) string {
	t.Helper()
	url := r.pushed(t)
	args := []string{"deploy", "-a", "my-app", "-g", group, "--revision", url}
	if group == "production" {
		args = append(args, "--wait")
	}
	id := r.cdx(t, args...)
	if group != "ready" {
		return id
	}
	for deadline := time.Now().Add(20 * time.Second); time.Now().Before(deadline); time.Sleep(20 * time.Millisecond) {
		got, err := r.client.GetDeployment(t.Context(), &codedeploy.GetDeploymentInput{DeploymentId: aws.String(id)})
		if err != nil {
			t.Fatal(err)
		}
		if got.DeploymentInfo.Status == "Ready" {
			return id
		}
	}
	t.Fatal("the deployment never got Ready")
	return ""
}

// pushed is what cdx push prints for the directory my-app.
func (r *reader) pushed(t *testing.T) string {
	t.Helper()
	if r.bundle == "" {
		r.bundle = r.cdx(t, "push", "-a", "my-app", "--bucket", "my-bucket", filepath.Join(r.dir, "my-app"))
	}
	return r.bundle
}

// change makes another revision of my-app.
func (r *reader) change(t *testing.T) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(r.dir, "my-app", "index.html"), []byte("<h1>Changed</h1>\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	r.bundle = ""
}

func (r *reader) cdx(t *testing.T, args ...string) string {
	t.Helper()
	self, err := exec.LookPath("cdx")
	if err != nil {
		t.Fatal(err)
	}
	command := exec.Command(self, args...)
	command.Env, command.Dir = r.environ, filepath.Dir(r.dir)
	var complaints bytes.Buffer
	command.Stderr = &complaints
	out, err := command.Output()
	if err != nil {
		t.Fatalf("cdx %v: %v\n%s", args, err, complaints.String())
	}
	return strings.TrimSpace(string(out))
}

var (
	codeSpan = regexp.MustCompile("`([^`\n]+)`")
	cdxCall  = regexp.MustCompile(`(?:^|[\s(|;&"'/])cdx ([a-z][^|;&)#"]*)`)
)

// TestMentionedCommands looks at every mention of a command, in tables, sentences and
// files of other languages too: the command and its flags exist.
func TestMentionedCommands(t *testing.T) {
	t.Parallel()
	streams, _, _, _ := term.Test()
	root := newRootCmd(newProgram(streams, nil))
	root.InitDefaultHelpCmd()
	for _, page := range documents(t) {
		text, err := os.ReadFile(page)
		if err != nil {
			t.Fatal(err)
		}
		fenced := false
		for i, line := range strings.Split(string(text), "\n") {
			if strings.HasPrefix(strings.TrimSpace(line), "```") {
				fenced = !fenced
				continue
			}
			var pieces []string
			if fenced {
				pieces = []string{line}
			}
			for _, span := range codeSpan.FindAllStringSubmatch(line, -1) {
				pieces = append(pieces, span[1])
			}
			for _, piece := range pieces {
				for _, call := range cdxCall.FindAllStringSubmatch(piece, -1) {
					if complaint := unknownIn(root, strings.Fields(call[1])); complaint != "" {
						t.Errorf("%s:%d: cdx %s: %s", filepath.Base(page), i+1, call[1], complaint)
					}
				}
			}
		}
	}
}

// unknownIn says what of a command line does not exist.
func unknownIn(root *cobra.Command, words []string) string {
	c, _, err := root.Find(words)
	if err != nil || c == root {
		return "no such command"
	}
	c.InitDefaultHelpFlag()
	_ = c.InheritedFlags() // makes the flags of every command known
	for _, word := range words {
		name, isFlag := strings.CutPrefix(word, "--")
		name, _, _ = strings.Cut(strings.TrimRight(name, ".,:]…"), "=")
		if isFlag && name != "" && !strings.Contains(name, "…") && c.Flags().Lookup(name) == nil {
			return "no flag --" + name
		}
	}
	return ""
}
