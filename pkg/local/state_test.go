package local_test

import (
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/codedeploy"
	"github.com/aws/aws-sdk-go-v2/service/codedeploy/types"

	"github.com/cdx-deploy/cdx/pkg/local"
	"github.com/cdx-deploy/cdx/pkg/local/objects"
)

// TestKeep ends a service and starts another one in the same folder: it knows what the first one knew, and
// a deployment that had no end is Stopped.
func TestKeep(t *testing.T) {
	t.Parallel()
	first := listen(t, local.Options{Keep: true})
	revision := first.upload(t, "one.zip", goodHook)
	done := first.create(t, revision)
	want := first.await(t, done, hasEnded)
	_, wantEvents := first.events(t, done)
	must := func(_ any, err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	must(first.codedeploy.CreateDeploymentConfig(t.Context(), &codedeploy.CreateDeploymentConfigInput{
		DeploymentConfigName: aws.String("mine"), MinimumHealthyHosts: &types.MinimumHealthyHosts{Type: types.MinimumHealthyHostsTypeHostCount, Value: 1},
	}))
	must(first.codedeploy.RegisterOnPremisesInstance(t.Context(), &codedeploy.RegisterOnPremisesInstanceInput{
		InstanceName: aws.String("i"), IamUserArn: aws.String("arn:aws:iam::123456789012:user/u"),
	}))
	arn := "arn:aws:codedeploy:us-east-1:123456789012:application:app"
	must(first.codedeploy.TagResource(t.Context(), &codedeploy.TagResourceInput{ResourceArn: &arn, Tags: []types.Tag{{Key: aws.String("k"), Value: aws.String("v")}}}))
	if _, err := local.New(local.Options{Keep: true, Dir: first.dir}); !errors.As(err, new(*objects.LockedError)) {
		t.Errorf("a second service at the same time: %v", err)
	}
	if err := first.service.Close(); err != nil {
		t.Fatal(err)
	}

	second := listen(t, local.Options{Keep: true, Dir: first.dir})
	got := second.get(t, done)
	if !reflect.DeepEqual(got, want) {
		t.Errorf("the deployment is\n%+v, was\n%+v", got, want)
	}
	if _, events := second.events(t, done); !reflect.DeepEqual(events, wantEvents) {
		t.Errorf("the events are %+v, were %+v", events, wantEvents)
	}
	must(second.codedeploy.GetDeploymentConfig(t.Context(), &codedeploy.GetDeploymentConfigInput{DeploymentConfigName: aws.String("mine")}))
	must(second.codedeploy.GetOnPremisesInstance(t.Context(), &codedeploy.GetOnPremisesInstanceInput{InstanceName: aws.String("i")}))
	tags, err := second.codedeploy.ListTagsForResource(t.Context(), &codedeploy.ListTagsForResourceInput{ResourceArn: &arn})
	if err != nil || len(tags.Tags) != 1 {
		t.Errorf("tags %+v, %v", tags, err)
	}
	if group := second.group(t); aws.ToString(group.LastSuccessfulDeployment.DeploymentId) != done {
		t.Errorf("the group's last deployment is %+v", group.LastSuccessfulDeployment)
	}
	// The bundle is there still; but it came with another key, so that its hooks are left out.
	again := second.await(t, second.create(t, revision), hasEnded)
	if _, events := second.events(t, *again.DeploymentId); again.Status != types.DeploymentStatusSucceeded || !hasSkipped(events) {
		t.Errorf("%s: %+v", again.Status, events)
	}
}

func hasSkipped(events []types.LifecycleEvent) bool {
	for _, e := range events {
		if e.Status == types.LifecycleEventStatusSkipped {
			return true
		}
	}
	return false
}

// TestKeepWithoutClose looks at what a crash leaves: the state is on disk soon after a change.
func TestKeepWithoutClose(t *testing.T) {
	t.Parallel()
	p := listen(t, local.Options{Keep: true, Seed: &local.Seed{Applications: []local.SeedApplication{{Name: "slow", Groups: []local.SeedGroup{{
		Name: "g", Deployments: []local.Timeline{{Steps: []local.TimelineStep{{After: time.Hour, Status: "Failed"}}}},
	}}}}}})
	id := p.create(t, p.upload(t, "one.zip", goodHook), func(in *codedeploy.CreateDeploymentInput) {
		in.ApplicationName, in.DeploymentGroupName = aws.String("slow"), aws.String("g")
	})
	crashed := t.TempDir()
	deadline := time.Now().Add(20 * time.Second)
	for found := false; !found; found = contains(filepath.Join(crashed, "codedeploy.json"), id) {
		if time.Now().After(deadline) {
			t.Fatal("the state is not saved")
		}
		<-time.After(50 * time.Millisecond)
		if err := os.RemoveAll(crashed); err != nil {
			t.Fatal(err)
		}
		_ = os.CopyFS(crashed, os.DirFS(p.dir)) // files come and go meanwhile
	}
	second := listen(t, local.Options{Keep: true, Dir: crashed})
	if info := second.get(t, id); info.Status != types.DeploymentStatusStopped || info.ErrorInformation == nil {
		t.Errorf("%s, %+v", info.Status, info.ErrorInformation)
	}
}

func contains(name, text string) bool {
	data, err := os.ReadFile(name)
	return err == nil && strings.Contains(string(data), text)
}

// TestKeepDamaged refuses a state that cannot be read instead of beginning anew.
func TestKeepDamaged(t *testing.T) {
	for _, text := range []string{"{", `{"Deployments":[{}]}`, `{"Applications":[{"Info":[]}]}`} {
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, "codedeploy.json"), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := local.New(local.Options{Keep: true, Dir: dir}); err == nil {
			t.Errorf("%s is taken", text)
		}
	}
}
