package main

import (
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/codedeploy/types"

	"github.com/cdx-deploy/cdx/internal/awsapi"
	"github.com/cdx-deploy/cdx/internal/settings"
	"github.com/cdx-deploy/cdx/internal/term"
	"github.com/cdx-deploy/cdx/pkg/appspec"
	"github.com/cdx-deploy/cdx/pkg/appspec/fill"
	"github.com/cdx-deploy/cdx/pkg/bundle"
	"github.com/cdx-deploy/cdx/pkg/deploy"
	"github.com/cdx-deploy/cdx/pkg/diff"
	"github.com/cdx-deploy/cdx/pkg/local/agent"
	"github.com/cdx-deploy/cdx/pkg/push"
	"github.com/cdx-deploy/cdx/pkg/revision"
	"github.com/cdx-deploy/cdx/pkg/wait"
)

// Every error of the libraries has a next step, each its own.
func TestNextStep(t *testing.T) {
	anywhere := revision.FromS3("b", "k", "zip", "", "").S3Location
	tests := []struct {
		err  error
		want string // part of it
	}{
		{&settings.FileError{Path: "cdx.yml", Line: 3}, "change line 3 of cdx.yml"},
		{&settings.FileError{Path: "cdx.yml"}, "change cdx.yml;"},
		{&settings.ValueError{Origin: "CDX_TIMEOUT", Err: errors.New("no")}, "unset CDX_TIMEOUT"},
		{&settings.EnvironmentError{Known: []string{"a", "b"}}, "--env a, or --env b"},
		{&settings.EnvironmentError{}, "leave --env out"},
		{&push.KeyError{Available: []string{"APPLICATION"}}, "that have a value"},
		{&push.KeyError{Variable: "NOTHING"}, "that there are"},
		{&push.KeyError{}, "another key"},
		{&bundle.EmptyError{}, "cdx push --list"},
		{&bundle.UnreadableError{}, "--exclude"},
		{&bundle.ChangedError{}, "try again when nothing writes"},
		{&bundle.AppSpecLeftOutError{LeftOut: bundle.LeftOut{Path: "appspec.yml"}}, "--exclude '!appspec.yml'"},
		{&bundle.LinkError{}, "--symlinks preserve"},
		{&bundle.NameError{}, "rename the files"},
		{&push.ExistsError{}, "under another key"},
		{&push.ChecksumError{}, "--force"},
		{&push.RegionError{Region: "eu-west-1", Err: errors.New("no")}, "--region eu-west-1"},
		{&deploy.PlatformError{Platform: types.ComputePlatformEcs, Wanted: []types.ComputePlatform{types.ComputePlatformServer}}, "an application for Server"},
		{&deploy.ActiveError{ID: "d-1"}, "cdx wait d-1"},
		{&deploy.DescriptionError{}, "shorten --description"},
		{&wait.TimeoutError{ID: "d-1"}, "cdx wait d-1"},
		{&wait.LostError{ID: "d-1", Err: errors.New("no")}, "cdx wait d-1"},
		{&agent.LimitError{What: agent.UnpackedBytes}, "--max-unpacked"},
		{&agent.LimitError{What: "entries in the bundle"}, "unzip -l"},
		{&diff.ReplacedError{Location: anywhere}, "without eTag"},
		{&diff.GoneError{Location: anywhere}, "another revision"},
		{&diff.LimitError{}, "diff -r"},
		{&diff.BrokenError{Location: anywhere, Err: errors.New("no")}, "bundleType="},
		{&fill.Error{}, "on a line of its own"},
		{&appspec.RefusedError{}, "cdx validate --explain"},
		{&appSpecError{message: "no"}, "cdx validate --explain"},
		{&fs.PathError{Op: "open", Path: "x", Err: fs.ErrNotExist}, "there is no x"},
		{&fs.PathError{Op: "open", Path: "x", Err: fs.ErrPermission}, "ls -ld x"},
		{&fs.PathError{Op: "read", Path: "x", Err: errors.New("broken")}, "the disk it is on: x"},
		{errors.New("anything else"), "--debug"},
	}
	seen := make(map[string]string)
	for _, test := range tests {
		name := fmt.Sprintf("%T", test.err)
		got := nextStep(fmt.Errorf("push: %w", test.err))
		if !strings.Contains(got, test.want) {
			t.Errorf("%s: %q, want %q in it", name, got, test.want)
		}
		if other, ok := seen[got]; ok && other != name && !strings.Contains(got, "cdx wait") && !strings.Contains(got, "--explain") {
			t.Errorf("%s has the same next step as %s", name, other)
		}
		seen[got] = name
	}
}

// What is to be typed reaches the account in which a request failed.
func TestNextStepReachesTheAccount(t *testing.T) {
	c := &clients{flags: " --region eu-west-1"}
	for _, err := range []error{
		&wait.LostError{ID: "d-1", Err: errors.New("no")}, &wait.TimeoutError{ID: "d-1"}, &deploy.ActiveError{ID: "d-1"},
	} {
		if got, want := nextStep(c.explaining(err, awsapi.Context{})), "cdx wait d-1 --region eu-west-1"; !strings.Contains(got, want) {
			t.Errorf("%T: %q, want %q in it", err, got, want)
		}
	}
}

func TestHintToFollowIsOneForEachAccount(t *testing.T) {
	streams, _, _, errOut := term.Test()
	p := newProgram(streams, nil)
	here, there := &clients{flags: " --region eu-west-1"}, &clients{flags: " --region us-east-1"}
	p.hintFollow([]*running{{id: "d-1", clients: here}, {id: "d-2", clients: there}, {id: "d-3", clients: here}})
	want := "cdx: hint: to follow: cdx wait d-1 d-3 --region eu-west-1\ncdx: hint: to follow: cdx wait d-2 --region us-east-1\n"
	if got := errOut.String(); got != want {
		t.Errorf("%q, want %q", got, want)
	}
}
