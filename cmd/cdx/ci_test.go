package main

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/codedeploy/types"
	"github.com/spf13/pflag"

	"github.com/cdx-deploy/cdx/internal/ci"
	"github.com/cdx-deploy/cdx/internal/settings"
	"github.com/cdx-deploy/cdx/internal/term"
)

// resolved are the settings that the arguments give.
func resolved(t *testing.T, args ...string) *settings.Set {
	t.Helper()
	flags := pflag.NewFlagSet("", pflag.ContinueOnError)
	settings.AddFlags(flags, "ci", "quiet", "dotenv", "report", "timeout", "poll-interval")
	if err := flags.Parse(args); err != nil {
		t.Fatal(err)
	}
	sets, err := settings.Resolve(settings.Source{Flags: flags, LookupEnv: func(string) (string, bool) { return "", false }})
	if err != nil {
		t.Fatal(err)
	}
	return sets[0]
}

func TestGravestStatus(t *testing.T) {
	for _, c := range []struct{ statuses, want string }{
		{"", ""}, {"Succeeded", "Succeeded"}, {"Succeeded Failed Stopped", "Failed"}, {"Stopped InProgress", "Stopped"}, {"Succeeded Ready", "Ready"},
	} {
		if got := gravest(strings.Fields(c.statuses)); got != c.want {
			t.Errorf("of %q: %q, want %q", c.statuses, got, c.want)
		}
	}
	if got := gravest([]string{"Failed", ""}); got != "" {
		t.Errorf("with one that has none yet: %q", got)
	}
}

func TestOutputsOfSeveralDeployments(t *testing.T) {
	object := &types.RevisionLocation{RevisionType: types.RevisionLocationTypeS3, S3Location: &types.S3Location{Bucket: aws.String("b"), Key: aws.String("k.zip"), BundleType: types.BundleTypeZip}}
	commit := &types.RevisionLocation{RevisionType: types.RevisionLocationTypeGitHub, GitHubLocation: &types.GitHubLocation{Repository: aws.String("o/n"), CommitId: aws.String("c")}}
	text := &types.RevisionLocation{RevisionType: types.RevisionLocationTypeAppSpecContent, AppSpecContent: &types.AppSpecContent{Content: aws.String("version: 0.0")}}
	o := newOutput(new(strings.Builder), "text")
	o.revision(object)
	for i, rev := range []*types.RevisionLocation{object, commit, text} {
		o.deployment(types.DeploymentInfo{DeploymentId: aws.String("d-" + string(rune('1'+i))), Revision: rev, Status: types.DeploymentStatusSucceeded}, nil)
	}
	want := []ci.Output{{Name: "deployment-id", Value: "d-1,d-2,d-3"}, {Name: "revision", Value: "s3://b/k.zip,github.com/o/n@c"}, {Name: "status", Value: "Succeeded"}}
	if got := o.outputs(); !slices.Equal(got, want) {
		t.Errorf("outputs = %v, want %v", got, want)
	}
}

func TestFoldIsOpenedAgainWhileOthersGoOn(t *testing.T) {
	for _, c := range []struct{ args, want string }{
		{"--ci=github", "created d-1\n::group::following d-1\nd-1 goes on\n::endgroup::\ncreated d-2\n" +
			"::group::following d-1, d-2\nd-1 goes on\nd-2 goes on\n::endgroup::\nended d-1\n::group::following 1 more\nd-2 goes on\n::endgroup::\nended d-2\n"},
		{"--ci=none", "created d-1\nd-1 goes on\ncreated d-2\nd-1 goes on\nd-2 goes on\nended d-1\nd-2 goes on\nended d-2\n"},
	} {
		streams, _, _, errOut := term.Test()
		p := newProgram(streams, nil)
		set := resolved(t, c.args)
		p.useCI(set)
		f := p.fold()
		say := func(text string) func() { return func() { p.progress.Event(text) } }
		f.outside(say("created d-1"))
		f.add(&running{id: "d-1", set: set})
		f.inside(say("d-1 goes on"))
		f.outside(say("created d-2"))
		f.add(&running{id: "d-2", set: set})
		f.inside(say("d-1 goes on"))
		f.inside(say("d-2 goes on"))
		f.end(say("ended d-1"))
		f.inside(say("d-2 goes on"))
		f.end(say("ended d-2"))
		if got := errOut.String(); got != c.want {
			t.Errorf("%s: %q, want %q", c.args, got, c.want)
		}
	}
}

func TestValuesAreHandedOverOnce(t *testing.T) {
	file := filepath.Join(t.TempDir(), "output")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	streams, _, _, _ := term.Test()
	p := newProgram(streams, []string{"GITHUB_ACTIONS=true", "GITHUB_OUTPUT=" + file})
	p.useCI(resolved(t))
	p.job.hands = true
	info := types.DeploymentInfo{DeploymentId: aws.String("d-1")}
	p.out.deployment(info, nil)
	ctx, cancel := context.WithCancel(t.Context())
	cancel() // a job that is cancelled has steps that want the values
	for range 2 {
		p.hand(ctx)
	}
	info.Status = types.DeploymentStatusStopped
	p.out.deployment(info, nil)
	p.hand(ctx)
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if strings.Count(string(data), "deployment-id<<") != 1 || strings.Count(string(data), "status<<") != 1 {
		t.Errorf("the file holds %s", data)
	}
}

func TestValuesThatCannotBeHandedOverAreToldOnce(t *testing.T) {
	file := filepath.Join(t.TempDir(), "output")
	streams, _, _, errOut := term.Test()
	p := newProgram(streams, []string{"GITHUB_ACTIONS=true", "GITHUB_OUTPUT=" + file})
	p.useCI(resolved(t))
	p.job.hands = true
	info := types.DeploymentInfo{DeploymentId: aws.String("d-1")}
	p.out.deployment(info, nil)
	p.hand(t.Context())
	info.Status = types.DeploymentStatusSucceeded
	p.out.deployment(info, nil)
	p.hand(t.Context())
	if got := strings.Count(errOut.String(), "::warning "); got != 1 {
		t.Errorf("%d warnings: %s", got, errOut)
	}
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	p.hand(t.Context())
	data, err := os.ReadFile(file)
	if err != nil || strings.Count(string(data), "deployment-id<<") != 1 || strings.Count(string(data), "status<<") != 1 {
		t.Errorf("%v: the file that came to be holds %s", err, data)
	}
}

func TestDotenvIsWrittenWhole(t *testing.T) {
	file := filepath.Join(t.TempDir(), "deploy.env")
	streams, _, _, errOut := term.Test()
	p := newProgram(streams, nil)
	set := resolved(t, "--dotenv="+file)
	p.useCI(set)
	p.job.hands = true
	if err := p.useFiles(set); err != nil {
		t.Fatal(err)
	}
	p.out.deployment(types.DeploymentInfo{DeploymentId: aws.String("d-1")}, nil)
	p.hand(t.Context())
	p.out.deployment(types.DeploymentInfo{DeploymentId: aws.String("d-1"), Status: types.DeploymentStatusFailed}, nil)
	p.hand(t.Context())
	data, err := os.ReadFile(file)
	if want := "CODEDEPLOY_DEPLOYMENT_ID=d-1\nCODEDEPLOY_STATUS=Failed\n"; err != nil || string(data) != want {
		t.Errorf("%v: the file holds %q, want %q", err, data, want)
	}
	if err := os.RemoveAll(filepath.Dir(file)); err != nil {
		t.Fatal(err)
	}
	p.out.deployment(types.DeploymentInfo{DeploymentId: aws.String("d-2")}, nil)
	p.hand(t.Context())
	if !strings.Contains(errOut.String(), "cdx: warning: --dotenv: ") {
		t.Errorf("no warning in %q", errOut)
	}
}
