package local_test

import (
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/codedeploy"
	"github.com/aws/aws-sdk-go-v2/service/codedeploy/types"

	"github.com/cdx-deploy/cdx/pkg/local"
)

// The hook scripts of the tests.
const (
	goodHook = "#!/bin/sh\necho from the hook\n"
	badHook  = "#!/bin/sh\necho no good >&2\nexit 3\n"
	slowHook = "#!/bin/sh\nsleep 60\n"
)

func TestDeploymentSucceeds(t *testing.T) {
	p := listen(t, local.Options{})
	revision := p.upload(t, "one.zip", goodHook)
	id := p.create(t, revision, func(in *codedeploy.CreateDeploymentInput) { in.Description = aws.String("token") })
	info := p.await(t, id, hasEnded)
	text, events := p.events(t, id)
	if info.Status != types.DeploymentStatusSucceeded || info.DeploymentOverview.Succeeded != 1 || *info.Description != "token" ||
		info.StartTime == nil || info.CompleteTime == nil || info.ErrorInformation != nil || info.Creator != types.DeploymentCreatorUser ||
		info.PreviousRevision != nil {
		t.Errorf("%+v", info)
	}
	if want := "ApplicationStop=Succeeded DownloadBundle=Succeeded BeforeInstall=Succeeded Install=Succeeded " +
		"AfterInstall=Succeeded ApplicationStart=Succeeded ValidateService=Succeeded"; text != want {
		t.Errorf("events %s", text)
	}
	if hook := events[2]; hook.StartTime == nil || hook.EndTime == nil || hook.Diagnostics.ErrorCode != types.LifecycleErrorCodeSuccess ||
		!strings.Contains(*hook.Diagnostics.LogTail, "from the hook") {
		t.Errorf("hook %+v", hook.Diagnostics)
	}
	installed, err := os.ReadFile(filepath.Join(p.dir, "root/srv/www/index.html"))
	if err != nil || string(installed) != "one.zip" {
		t.Errorf("installed %q, %v", installed, err)
	}
	g := p.group(t)
	if *g.LastSuccessfulDeployment.DeploymentId != id || *g.LastAttemptedDeployment.DeploymentId != id ||
		g.LastSuccessfulDeployment.EndTime == nil || *g.TargetRevision.S3Location.Key != "one.zip" {
		t.Errorf("group %+v", g)
	}
	second := p.await(t, p.create(t, p.upload(t, "two.zip", goodHook)), hasEnded)
	if second.PreviousRevision == nil || *second.PreviousRevision.S3Location.Key != "one.zip" {
		t.Errorf("previous revision %+v", second.PreviousRevision)
	}
}

// group is GetDeploymentGroup of app and group.
func (p *peer) group(t *testing.T) *types.DeploymentGroupInfo {
	t.Helper()
	return p.groupOf(t, "app", "group")
}

func TestDeploymentFails(t *testing.T) {
	p := listen(t, local.Options{})
	revision := p.upload(t, "bad.zip", badHook)
	other := func(change func(*types.S3Location)) *types.RevisionLocation {
		s3 := *revision.S3Location
		change(&s3)
		return &types.RevisionLocation{RevisionType: types.RevisionLocationTypeS3, S3Location: &s3}
	}
	github := &types.RevisionLocation{RevisionType: types.RevisionLocationTypeGitHub, GitHubLocation: &types.GitHubLocation{
		Repository: aws.String("o/r"), CommitId: aws.String(strings.Repeat("a", 40)),
	}}
	for _, test := range []struct {
		name, event string
		code        types.LifecycleErrorCode
		message     string
		revision    *types.RevisionLocation
	}{
		{"script", "BeforeInstall", types.LifecycleErrorCodeScriptFailed, "exit code 3", revision},
		{"etag", "DownloadBundle", types.LifecycleErrorCodeUnknownError, "Expected deployment artifact bundle etag 00 but was actually",
			other(func(s3 *types.S3Location) { s3.ETag = aws.String("00") })},
		{"key", "DownloadBundle", types.LifecycleErrorCodeUnknownError, "The specified key does not exist.",
			other(func(s3 *types.S3Location) { s3.Key = aws.String("none") })},
		{"bucket", "DownloadBundle", types.LifecycleErrorCodeUnknownError, "The specified bucket does not exist",
			other(func(s3 *types.S3Location) { s3.Bucket = aws.String("none") })},
		{"version", "DownloadBundle", types.LifecycleErrorCodeUnknownError, "The specified version does not exist.",
			other(func(s3 *types.S3Location) { s3.Version = aws.String("none") })},
		{"github", "DownloadBundle", types.LifecycleErrorCodeUnknownError, "GitHub", github},
	} {
		t.Run(test.name, func(t *testing.T) {
			id := p.create(t, test.revision)
			info := p.await(t, id, hasEnded)
			if info.Status != types.DeploymentStatusFailed || info.ErrorInformation.Code != types.ErrorCodeHealthConstraints ||
				info.DeploymentOverview.Failed != 1 || info.RollbackInfo.RollbackDeploymentId != nil {
				t.Errorf("%+v", info)
			}
			_, events := p.events(t, id)
			failedAt := -1
			for i, e := range events {
				switch {
				case e.Status == types.LifecycleEventStatusFailed:
					failedAt = i
				case failedAt >= 0 && (e.Status != types.LifecycleEventStatusSkipped || e.StartTime != nil):
					t.Errorf("%s after the failure: %s", *e.LifecycleEventName, e.Status)
				}
			}
			if failedAt < 0 || *events[failedAt].LifecycleEventName != test.event || events[failedAt].Diagnostics.ErrorCode != test.code ||
				!strings.Contains(*events[failedAt].Diagnostics.Message, test.message) {
				t.Errorf("failed at %d: %+v", failedAt, events[max(failedAt, 0)].Diagnostics)
			}
			if g := p.group(t); g.LastSuccessfulDeployment != nil || *g.LastAttemptedDeployment.DeploymentId != id ||
				g.LastAttemptedDeployment.Status != types.DeploymentStatusFailed {
				t.Errorf("group %+v", g)
			}
		})
	}
}

func TestEventsShowAsTheyHappen(t *testing.T) {
	p := listen(t, local.Options{})
	id := p.create(t, p.upload(t, "slow.zip", slowHook))
	p.await(t, id, func(info *types.DeploymentInfo) bool {
		if info.Status != types.DeploymentStatusInProgress {
			return false
		}
		text, _ := p.events(t, id)
		return strings.Contains(text, "DownloadBundle=Succeeded BeforeInstall=InProgress Install=Pending")
	})
	_, err := p.codedeploy.CreateDeployment(t.Context(), &codedeploy.CreateDeploymentInput{
		ApplicationName: aws.String("app"), DeploymentGroupName: aws.String("group"), Revision: p.upload(t, "b.zip", goodHook),
	})
	if code(err) != "DeploymentLimitExceededException" ||
		!strings.Contains(err.Error(), "The Deployment Group 'group' already has an active Deployment '"+id+"'") {
		t.Errorf("second deployment: %v", err)
	}
	stopped, err := p.codedeploy.StopDeployment(t.Context(), &codedeploy.StopDeploymentInput{DeploymentId: &id})
	if err != nil || stopped.Status != types.StopStatusPending {
		t.Fatalf("%+v, %v", stopped, err)
	}
	info := p.await(t, id, hasEnded)
	if info.Status != types.DeploymentStatusStopped || info.ErrorInformation.Code != types.ErrorCodeManualStop {
		t.Errorf("%+v", info)
	}
	if _, err = p.codedeploy.StopDeployment(t.Context(), &codedeploy.StopDeploymentInput{DeploymentId: &id}); code(err) != "DeploymentAlreadyCompletedException" {
		t.Error(err)
	}
}

func TestDeploymentsToOneMachineTakeTurns(t *testing.T) {
	p := listen(t, local.Options{})
	for _, name := range []string{"second", "third"} {
		if err := p.service.Ensure("app", name, ""); err != nil {
			t.Fatal(err)
		}
	}
	first := p.create(t, p.upload(t, "slow.zip", slowHook))
	p.await(t, first, func(info *types.DeploymentInfo) bool {
		return info.DeploymentOverview != nil && info.DeploymentOverview.InProgress == 1
	})
	good := p.upload(t, "good.zip", goodHook)
	second := p.create(t, good, func(in *codedeploy.CreateDeploymentInput) { in.DeploymentGroupName = aws.String("second") })
	third := p.create(t, good, func(in *codedeploy.CreateDeploymentInput) { in.DeploymentGroupName = aws.String("third") })
	p.await(t, third, func(info *types.DeploymentInfo) bool {
		return info.DeploymentOverview != nil && info.DeploymentOverview.Pending == 1
	})
	for _, id := range []string{third, first} {
		must[*codedeploy.StopDeploymentOutput](t)(p.codedeploy.StopDeployment(t.Context(), &codedeploy.StopDeploymentInput{DeploymentId: &id}))
		if info := p.await(t, id, hasEnded); info.Status != types.DeploymentStatusStopped {
			t.Errorf("%s: %+v", id, info)
		}
	}
	if info := p.await(t, second, hasEnded); info.Status != types.DeploymentStatusSucceeded {
		t.Errorf("%+v", info)
	}
}

func TestCloseEndsDeployments(t *testing.T) {
	p := listen(t, local.Options{})
	id := p.create(t, p.upload(t, "slow.zip", slowHook))
	p.await(t, id, func(info *types.DeploymentInfo) bool { return info.Status == types.DeploymentStatusInProgress })
	began := time.Now()
	if err := p.service.Close(); err != nil {
		t.Error(err)
	}
	if took := time.Since(began); took > 15*time.Second {
		t.Errorf("closing took %s", took)
	}
	if _, err := p.codedeploy.GetDeployment(t.Context(), &codedeploy.GetDeploymentInput{DeploymentId: &id}); err == nil {
		t.Error("still listening")
	}
	if left, err := filepath.Glob(filepath.Join(p.dir, "objects-*")); err != nil || len(left) > 0 {
		t.Errorf("objects left: %v, %v", left, err)
	}
}

func TestRollback(t *testing.T) {
	on := func(events ...types.AutoRollbackEvent) func(*codedeploy.CreateDeploymentInput) {
		return func(in *codedeploy.CreateDeploymentInput) {
			in.AutoRollbackConfiguration = &types.AutoRollbackConfiguration{Enabled: true, Events: events}
		}
	}
	p := listen(t, local.Options{})
	bad, slow := p.upload(t, "bad.zip", badHook), p.upload(t, "slow.zip", slowHook)

	nothing := p.await(t, p.create(t, bad, on(types.AutoRollbackEventDeploymentFailure)), hasEnded)
	if nothing.RollbackInfo.RollbackDeploymentId != nil || aws.ToString(nothing.RollbackInfo.RollbackMessage) == "" {
		t.Errorf("nothing to roll back to: %+v", nothing.RollbackInfo)
	}
	good := p.await(t, p.create(t, p.upload(t, "good.zip", goodHook)), hasEnded)

	failed := p.await(t, p.create(t, bad, on(types.AutoRollbackEventDeploymentFailure)), hasEnded)
	back := p.checkRollback(t, failed, good)
	if back.Status != types.DeploymentStatusSucceeded || *p.group(t).LastSuccessfulDeployment.DeploymentId != *back.DeploymentId {
		t.Errorf("rollback %+v", back)
	}

	other := p.await(t, p.create(t, bad, on(types.AutoRollbackEventDeploymentStopOnRequest)), hasEnded)
	if other.RollbackInfo.RollbackDeploymentId != nil {
		t.Errorf("rolled back on another event: %+v", other.RollbackInfo)
	}
	stop := func(id string, rollback *bool) *types.DeploymentInfo {
		_, err := p.codedeploy.StopDeployment(t.Context(), &codedeploy.StopDeploymentInput{DeploymentId: &id, AutoRollbackEnabled: rollback})
		if err != nil {
			t.Error(err)
		}
		return p.await(t, id, hasEnded)
	}
	p.checkRollback(t, stop(p.create(t, slow), aws.Bool(true)), good)
	p.checkRollback(t, stop(p.create(t, slow, on(types.AutoRollbackEventDeploymentStopOnRequest)), nil), good)
	kept := stop(p.create(t, slow, on(types.AutoRollbackEventDeploymentStopOnRequest)), aws.Bool(false))
	if kept.Status != types.DeploymentStatusStopped || kept.RollbackInfo.RollbackDeploymentId != nil {
		t.Errorf("rolled back against the request: %+v", kept)
	}
}

// checkRollback checks the rollback that d began against the deployment whose revision it is to restore,
// and returns it at its end.
func (p *peer) checkRollback(t *testing.T, d, good *types.DeploymentInfo) *types.DeploymentInfo {
	t.Helper()
	if d.RollbackInfo.RollbackDeploymentId == nil {
		t.Fatalf("no rollback: %s %+v", d.Status, d.RollbackInfo)
	}
	back := p.await(t, *d.RollbackInfo.RollbackDeploymentId, hasEnded)
	if back.Creator != types.DeploymentCreatorCodeDeployRollback || *back.RollbackInfo.RollbackTriggeringDeploymentId != *d.DeploymentId ||
		*back.Revision.S3Location.Key != *good.Revision.S3Location.Key {
		t.Errorf("rollback %+v", back)
	}
	return back
}

func TestDeploymentsToManyGroups(t *testing.T) {
	p := listen(t, local.Options{})
	var wg sync.WaitGroup
	for i := range 4 {
		name := "group" + string(rune('a'+i))
		revision := p.uploadAppSpec(t, name+".zip", goodHook, strings.Replace(appSpec, "/srv/www", "/srv/"+name, 1))
		if err := p.service.Ensure("app", name, ""); err != nil {
			t.Fatal(err)
		}
		wg.Go(func() {
			for range 2 {
				out, err := p.codedeploy.CreateDeployment(t.Context(), &codedeploy.CreateDeploymentInput{
					ApplicationName: aws.String("app"), DeploymentGroupName: &name, Revision: revision,
				})
				if err != nil {
					t.Error(err)
					return
				}
				if info := p.await(t, *out.DeploymentId, hasEnded); info.Status != types.DeploymentStatusSucceeded {
					text, events := p.events(t, *out.DeploymentId)
					for _, e := range events {
						if e.Diagnostics != nil {
							text += "\n" + *e.Diagnostics.Message
						}
					}
					t.Errorf("%s: %s %s", name, info.Status, text)
				}
			}
		})
	}
	wg.Wait()
}

func TestHooksNeedTheKeyOfThisRun(t *testing.T) {
	mine := func(p *peer) *peer { return p }
	stranger := func(p *peer) *peer {
		return connect(p.service, p.dir, p.service.URL(), aws.Credentials{AccessKeyID: "AKIASTRANGER", SecretAccessKey: "x"})
	}
	for _, test := range []struct {
		name            string
		opts            local.Options
		uploads, create func(*peer) *peer
		want            types.LifecycleEventStatus
	}{
		{"both with the key", local.Options{}, mine, mine, types.LifecycleEventStatusSucceeded},
		{"created by a stranger", local.Options{}, mine, stranger, types.LifecycleEventStatusSkipped},
		{"uploaded by a stranger", local.Options{}, stranger, mine, types.LifecycleEventStatusSkipped},
		{"left out", local.Options{SkipHooks: true}, mine, mine, types.LifecycleEventStatusSkipped},
	} {
		t.Run(test.name, func(t *testing.T) {
			p := listen(t, test.opts)
			mark := filepath.Join(t.TempDir(), "ran")
			revision := test.uploads(p).upload(t, "one.zip", "#!/bin/sh\ntouch "+mark+"\n")
			id := test.create(p).create(t, revision)
			if info := p.await(t, id, hasEnded); info.Status != types.DeploymentStatusSucceeded {
				t.Errorf("%+v", info)
			}
			_, events := p.events(t, id)
			_, err := os.Stat(mark)
			if events[2].Status != test.want || (err == nil) != (test.want == types.LifecycleEventStatusSucceeded) {
				t.Errorf("%+v, %v", events[2], err)
			}
		})
	}
}
