package ci_test

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/cdx-deploy/cdx/internal/ci"
)

var update = flag.Bool("update", false, "rewrite golden files")

// systems are the names of the CI systems that there is something to tell.
var systems = []string{"github", "gitlab", "circleci", "buildkite", "azure", "teamcity"}

// job is a CI system's job as a test sees it.
type job struct {
	ci.System
	dir string
	ran strings.Builder // what the system's programs were given
}

// files are those that the CI systems make for a job.
var files = map[string]string{"GITHUB_OUTPUT": "output", "GITHUB_STEP_SUMMARY": "summary", "BASH_ENV": "bash_env", "AGENT_TEMPDIRECTORY": "."}

// newJob is a job whose delimiters are made of random; nil for real ones.
func newJob(t testing.TB, system string, random io.Reader) *job {
	t.Helper()
	j := &job{dir: t.TempDir()}
	for _, name := range []string{"output", "summary"} {
		if err := os.WriteFile(filepath.Join(j.dir, name), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	j.System = ci.New(system, ci.Environment{
		LookupEnv: func(name string) (string, bool) {
			file, ok := files[name]
			return filepath.Join(j.dir, file), ok
		},
		Now:    func() time.Time { return time.Unix(1700000000, 0) },
		Random: random,
		Run: func(_ context.Context, input, program string, args ...string) error {
			fmt.Fprintf(&j.ran, "$ %s %s\n%s\n", program, strings.Join(args, " "), input)
			return nil
		},
	})
	return j
}

// always is randomness that is always the same.
func always() io.Reader { return bytes.NewReader(bytes.Repeat([]byte{0xab}, 1<<12)) }

// everything is all that the job can be told, with text where others decide, and then
// what its files hold.
func (j *job) everything(t testing.TB, text string) string {
	t.Helper()
	var b strings.Builder
	b.WriteString(j.Fold("following " + text))
	b.WriteString(j.Unfold())
	for _, level := range []ci.Level{ci.Error, ci.Warning, ci.Notice} {
		b.WriteString(j.Annotation(ci.Annotation{Level: level, Title: "cdx", Text: "it failed: " + text + "\nhint: " + text}))
	}
	b.WriteString(j.Annotation(ci.Annotation{Level: ci.Error, File: "a/" + text, Line: 3, Column: 4, Title: text, Text: text}))
	commands, err := j.Outputs(t.Context(), []ci.Output{{Name: "deployment-id", Value: "d-1"}, {Name: "revision", Value: "s3://b/" + text}})
	if err != nil {
		t.Fatal(err)
	}
	b.WriteString(commands)
	commands, err = j.Summary(t.Context(), ci.Summary{Key: "d-1", Markdown: "### it\n", Short: "short\n", Failed: true})
	if err != nil {
		t.Fatal(err)
	}
	b.WriteString(commands)
	return b.String()
}

// held is what the job's files hold.
func (j *job) held(t testing.TB) string {
	t.Helper()
	var b strings.Builder
	paths, err := filepath.Glob(filepath.Join(j.dir, "*"))
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range paths {
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if len(data) > 0 {
			name := filepath.Base(path)
			if strings.HasPrefix(name, "cdx-") {
				name = "cdx-1.md"
			}
			fmt.Fprintf(&b, "== %s\n%s", name, data)
		}
	}
	return b.String()
}

func TestSystems(t *testing.T) {
	for _, system := range systems {
		t.Run(system, func(t *testing.T) {
			j := newJob(t, system, always())
			if j.Name() != system {
				t.Errorf("Name = %q", j.Name())
			}
			text := "50 % of [it]; it's|a, b: 漢😀\n::error::x ##vso[task.x]y ##teamcity[z '1']"
			log := j.everything(t, text)
			log = strings.ReplaceAll(log, j.dir, "TEMP")
			if at := strings.Index(log, "TEMP/cdx-"); at >= 0 {
				end := at + strings.Index(log[at:], ".md")
				log = log[:at] + "TEMP/cdx-1" + log[end:]
			}
			golden(t, system+".golden", fmt.Sprintf("%s%s%s", strings.ReplaceAll(strings.ReplaceAll(log, "\x1b", "ESC"), "\r", "CR"), j.ran.String(), j.held(t)))
		})
	}
}

func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s differs; run with -update and look at the difference.\ngot:\n%s\nwant:\n%s", path, got, want)
	}
}

func TestNoSystemSaysNothing(t *testing.T) {
	for _, system := range []string{"none", "jenkins", "", "travis"} {
		j := newJob(t, system, always())
		if j.Name() != "none" {
			t.Errorf("%q has the name %q", system, j.Name())
		}
		if got := j.everything(t, "x") + j.held(t) + j.ran.String(); got != "" {
			t.Errorf("%q says %q", system, got)
		}
	}
}

func TestWithoutItsVariablesASystemHasNoFiles(t *testing.T) {
	for _, system := range []string{"github", "circleci", "azure"} {
		s := ci.New(system, ci.Environment{LookupEnv: func(string) (string, bool) { return "", false }})
		if _, err := s.Outputs(t.Context(), []ci.Output{{Name: "status", Value: "Failed"}}); err != nil {
			t.Errorf("%s: %v", system, err)
		}
		if commands, err := s.Summary(t.Context(), ci.Summary{Markdown: "x"}); err != nil || commands != "" {
			t.Errorf("%s: %q, %v", system, commands, err)
		}
	}
}

func TestFilesThatCannotBeWritten(t *testing.T) {
	for _, system := range []string{"github", "circleci", "azure"} {
		s := ci.New(system, ci.Environment{LookupEnv: func(string) (string, bool) { return filepath.Join(t.TempDir(), "no", "such"), true }})
		if _, err := s.Outputs(t.Context(), []ci.Output{{Name: "status", Value: "Failed"}}); err == nil && system != "azure" {
			t.Errorf("%s: no error for outputs", system)
		}
		if _, err := s.Summary(t.Context(), ci.Summary{Markdown: "x"}); err == nil && system != "circleci" {
			t.Errorf("%s: no error for the summary", system)
		}
	}
}

func TestOutputsBeginOnALineOfTheirOwn(t *testing.T) {
	j := newJob(t, "github", always())
	path := filepath.Join(j.dir, "output")
	if err := os.WriteFile(path, []byte("before=1"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := j.Outputs(t.Context(), []ci.Output{{Name: "status", Value: "Failed"}}); err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(string(data), "before=1\nstatus<<cdx_abab") {
		t.Errorf("the file holds %q", data)
	}
}

func TestDelimitersDiffer(t *testing.T) {
	j := newJob(t, "github", always())
	real := ci.New("github", ci.Environment{LookupEnv: func(name string) (string, bool) { return filepath.Join(j.dir, "output"), true }})
	for range 2 {
		if _, err := real.Outputs(t.Context(), []ci.Output{{Name: "status", Value: "Failed"}}); err != nil {
			t.Fatal(err)
		}
	}
	data, _ := os.ReadFile(filepath.Join(j.dir, "output"))
	lines := strings.Split(string(data), "\n")
	if lines[0] == lines[3] {
		t.Errorf("the delimiter is the same twice: %s", data)
	}
}

func TestNoDelimiterIsNoOutput(t *testing.T) {
	dir := t.TempDir()
	s := ci.New("github", ci.Environment{LookupEnv: func(string) (string, bool) { return dir, true }, Random: strings.NewReader("")})
	if _, err := s.Outputs(t.Context(), []ci.Output{{Name: "status", Value: "Failed"}}); err == nil {
		t.Error("no error without random bytes")
	}
}

func TestSummaryFits(t *testing.T) {
	for _, c := range []struct {
		before int
		want   string // how the file ends; empty: an error
	}{{0, "long"}, {1<<20 - 100, "short"}, {1 << 20, ""}} {
		j := newJob(t, "github", always())
		path := filepath.Join(j.dir, "summary")
		if err := os.WriteFile(path, bytes.Repeat([]byte("."), c.before), 0o600); err != nil {
			t.Fatal(err)
		}
		_, err := j.Summary(t.Context(), ci.Summary{Markdown: strings.Repeat("-", 200) + "long", Short: "short"})
		data, readErr := os.ReadFile(path)
		if readErr != nil {
			t.Fatal(readErr)
		}
		switch {
		case c.want == "" && (err == nil || len(data) != c.before):
			t.Errorf("after %d bytes: %v, and %d bytes", c.before, err, len(data))
		case c.want != "" && (err != nil || !strings.HasSuffix(string(data), c.want)):
			t.Errorf("after %d bytes: %v, it ends in %q", c.before, err, data[max(0, len(data)-10):])
		case len(data) > 1<<20:
			t.Errorf("%d bytes", len(data))
		}
	}
}

func TestBuildkiteAgentFails(t *testing.T) {
	s := ci.New("buildkite", ci.Environment{LookupEnv: os.LookupEnv, Run: func(context.Context, string, string, ...string) error { return errors.New("no access") }})
	if _, err := s.Outputs(t.Context(), []ci.Output{{Name: "status", Value: "Failed"}}); err == nil {
		t.Error("no error for outputs")
	}
	if _, err := s.Summary(t.Context(), ci.Summary{Markdown: "x"}); err == nil {
		t.Error("no error for the summary")
	}
}

func TestVariable(t *testing.T) {
	if got := ci.Variable("deployment-id"); got != "CODEDEPLOY_DEPLOYMENT_ID" {
		t.Errorf("Variable = %s", got)
	}
}
