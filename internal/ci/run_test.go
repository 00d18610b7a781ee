package ci_test

import (
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/cdx-deploy/cdx/internal/ci"
)

// agent puts a program of that name and text alone on the PATH.
func agent(t *testing.T, text string) (dir string) {
	t.Helper()
	if runtime.GOOS == "windows" {
		t.Skip("the program is a shell script")
	}
	dir = t.TempDir()
	if text != "" {
		if err := os.WriteFile(filepath.Join(dir, "buildkite-agent"), []byte("#!/bin/sh\n"+text), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	t.Setenv("PATH", dir+string(os.PathListSeparator)+os.Getenv("PATH"))
	return dir
}

func TestBuildkiteAgentIsRun(t *testing.T) {
	dir := agent(t, `{ echo "$@"; cat; echo; } >> "$(dirname "$0")/log"`)
	s := ci.New("buildkite", ci.Environment{LookupEnv: os.LookupEnv})
	if _, err := s.Outputs(t.Context(), []ci.Output{{Name: "status", Value: "Failed"}}); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Summary(t.Context(), ci.Summary{Key: "d-1", Markdown: "### it"}); err != nil {
		t.Fatal(err)
	}
	log, err := os.ReadFile(filepath.Join(dir, "log"))
	if err != nil {
		t.Fatal(err)
	}
	want := "meta-data set codedeploy-status\nFailed\nannotate --style success --context cdx-d-1\n### it\n"
	if string(log) != want {
		t.Errorf("the agent was given %q, want %q", log, want)
	}
}

func TestBuildkiteAgentSaysWhyItFails(t *testing.T) {
	agent(t, "echo first; echo 'no \033[31maccess' >&2; exit 1")
	s := ci.New("buildkite", ci.Environment{LookupEnv: os.LookupEnv})
	_, err := s.Outputs(t.Context(), []ci.Output{{Name: "status", Value: "Failed"}})
	if err == nil || !strings.HasPrefix(err.Error(), "buildkite-agent meta-data: ") || !strings.HasSuffix(err.Error(), "no access") {
		t.Errorf("the error is %v", err)
	}
}

func TestBuildkiteAgentFailsSilently(t *testing.T) {
	agent(t, "exit 3")
	s := ci.New("buildkite", ci.Environment{LookupEnv: os.LookupEnv})
	_, err := s.Outputs(t.Context(), []ci.Output{{Name: "status", Value: "Failed"}})
	if want := "buildkite-agent meta-data: exit status 3"; err == nil || err.Error() != want {
		t.Errorf("the error is %v, want %s", err, want)
	}
}

func TestWithoutBuildkiteAgentNothingIsSaid(t *testing.T) {
	agent(t, "")
	t.Setenv("PATH", t.TempDir())
	s := ci.New("buildkite", ci.Environment{LookupEnv: os.LookupEnv})
	if _, err := s.Outputs(t.Context(), []ci.Output{{Name: "status", Value: "Failed"}}); err != nil {
		t.Error(err)
	}
}
