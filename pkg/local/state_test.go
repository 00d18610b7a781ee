package local_test

import (
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"slices"
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
	_, events := second.events(t, *again.DeploymentId)
	if i := slices.IndexFunc(events, wasSkipped); again.Status != types.DeploymentStatusSucceeded || i < 0 ||
		*events[i].Diagnostics.Message != "1 script is not run: the bundle was not uploaded with the access key of this run; push it again" {
		t.Errorf("%s: %+v", again.Status, events)
	}
}

// TestKeepNewNames renames what a deployment that was saved belongs to.
func TestKeepNewNames(t *testing.T) {
	t.Parallel()
	first := listen(t, local.Options{Keep: true})
	id := first.create(t, zipAt("none"))
	first.await(t, id, hasEnded)
	must[*codedeploy.UpdateDeploymentGroupOutput](t)(first.codedeploy.UpdateDeploymentGroup(t.Context(), &codedeploy.UpdateDeploymentGroupInput{
		ApplicationName: app, CurrentDeploymentGroupName: group, NewDeploymentGroupName: aws.String("group2"),
	}))
	must[*codedeploy.UpdateApplicationOutput](t)(first.codedeploy.UpdateApplication(t.Context(), &codedeploy.UpdateApplicationInput{
		ApplicationName: app, NewApplicationName: aws.String("app2"),
	}))
	if err := first.service.Close(); err != nil {
		t.Fatal(err)
	}
	if info := listen(t, local.Options{Keep: true, Dir: first.dir}).get(t, id); *info.ApplicationName != "app2" || *info.DeploymentGroupName != "group2" {
		t.Errorf("%s, %s", *info.ApplicationName, *info.DeploymentGroupName)
	}
}

// TestOneServiceInAFolder starts a second service in a folder: whatever the two keep, they would install to
// the same root and write the same history.
func TestOneServiceInAFolder(t *testing.T) {
	t.Parallel()
	for _, keep := range []bool{false, true} {
		first := listen(t, local.Options{Keep: keep})
		for _, other := range []bool{false, true} {
			var inUse *local.InUseError
			if _, err := local.New(local.Options{Keep: other, Dir: first.dir}); !errors.As(err, &inUse) || inUse.Dir != first.dir || inUse.Process != os.Getpid() {
				t.Errorf("a second service at the same time: %v", err)
			}
		}
		if err := first.service.Close(); err != nil {
			t.Fatal(err)
		}
		listen(t, local.Options{Keep: !keep, Dir: first.dir}) // and closed again
	}
}

// TestLeftOverNote has the note of a process that crashed, which means nothing.
func TestLeftOverNote(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for _, name := range []string{"lock", "process"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte("1\n"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	p := listen(t, local.Options{Dir: dir})
	if err := os.WriteFile(filepath.Join(dir, "process"), []byte("no number"), 0o600); err != nil {
		t.Fatal(err)
	}
	var inUse *local.InUseError
	if _, err := local.New(local.Options{Dir: p.dir}); !errors.As(err, &inUse) || inUse.Process != 0 || inUse.Error() != "another local deployment is running in "+dir {
		t.Errorf("a process that is not known: %v", err)
	}
}

func wasSkipped(e types.LifecycleEvent) bool { return e.Status == types.LifecycleEventStatusSkipped }

// TestKeepWithoutClose looks at what a crash leaves: what was answered is on disk.
func TestKeepWithoutClose(t *testing.T) {
	t.Parallel()
	p := listen(t, local.Options{Keep: true, Seed: &local.Seed{Applications: []local.SeedApplication{{Name: "slow", Groups: []local.SeedGroup{{
		Name: "g", Deployments: []local.Timeline{{Steps: []local.TimelineStep{{After: time.Hour, Status: "Failed"}}}},
	}}}}}})
	id := p.create(t, p.upload(t, "one.zip", goodHook), func(in *codedeploy.CreateDeploymentInput) {
		in.ApplicationName, in.DeploymentGroupName = aws.String("slow"), aws.String("g")
	})
	crashed := t.TempDir()
	if err := os.CopyFS(crashed, os.DirFS(p.dir)); err != nil {
		t.Fatal(err)
	}
	if status := attempted(t, p); status != types.DeploymentStatusInProgress {
		t.Errorf("the group's last deployment is %s", status)
	}
	second := listen(t, local.Options{Keep: true, Dir: crashed})
	if info := second.get(t, id); info.Status != types.DeploymentStatusStopped || info.ErrorInformation == nil {
		t.Errorf("%s, %+v", info.Status, info.ErrorInformation)
	}
	if status := attempted(t, second); status != types.DeploymentStatusStopped {
		t.Errorf("the group's last deployment was %s", status)
	}
}

// attempted is the status of the last deployment of the slow application, as its group has it.
func attempted(t *testing.T, p *peer) types.DeploymentStatus {
	t.Helper()
	out, err := p.codedeploy.GetDeploymentGroup(t.Context(), &codedeploy.GetDeploymentGroupInput{ApplicationName: aws.String("slow"), DeploymentGroupName: aws.String("g")})
	if err != nil {
		t.Fatal(err)
	}
	return out.DeploymentGroupInfo.LastAttemptedDeployment.Status
}

// TestSaveFails has a folder in the place of the new state: whoever runs the service is told, once, and at the
// end again.
func TestSaveFails(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if err := os.MkdirAll(filepath.Join(dir, "codedeploy.json.new", "full"), 0o755); err != nil {
		t.Fatal(err)
	}
	told := make(chan error, 100)
	s, err := local.New(local.Options{Keep: true, Dir: dir, OnSave: func(err error) { told <- err }})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Listen(t.Context(), ""); err != nil {
		t.Fatal(err)
	}
	p := connect(s, dir, s.URL(), s.Credentials())
	if _, err := p.codedeploy.CreateApplication(t.Context(), &codedeploy.CreateApplicationInput{ApplicationName: app}); err != nil {
		t.Fatal(err) // it was done, if not kept
	}
	if err := <-told; !strings.Contains(err.Error(), "codedeploy.json.new") {
		t.Error(err)
	}
	if err := s.Close(); err == nil || !strings.Contains(err.Error(), "codedeploy.json.new") || len(told) > 0 {
		t.Errorf("%v, told %d times more", err, len(told))
	}
}

// TestKeepDamaged refuses a state that cannot be read instead of beginning anew.
func TestKeepDamaged(t *testing.T) {
	for _, text := range []string{"", "{", `{"Deployments":[{}]}`, `{"Applications":[{"Info":[]}]}`, `{"Buckets":{}}`, `{"Deployments":[{"Shape":1}]}`} {
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, "codedeploy.json"), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		_, err := local.New(local.Options{Keep: true, Dir: dir})
		if damaged := (*objects.DamagedError)(nil); !errors.As(err, &damaged) || damaged.File != filepath.Join(dir, "codedeploy.json") {
			t.Errorf("%s: %v", text, err)
		}
	}
}
