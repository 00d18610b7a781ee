package local_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/codedeploy"
	"github.com/aws/aws-sdk-go-v2/service/codedeploy/types"

	"github.com/cdx-deploy/cdx/pkg/local"
)

// stranger is a program on this machine that does not have the service's access key.
func (p *peer) stranger() *peer {
	return connect(p.service, p.dir, p.service.URL(), aws.Credentials{AccessKeyID: "AKIASTRANGER", SecretAccessKey: "whatever"})
}

// marking is a hook script that adds a word to a file.
func marking(word, name string) string { return "#!/bin/sh\necho " + word + " >> '" + name + "'\n" }

// marks are the words in a file that hook scripts have left.
func marks(t *testing.T, name string) string {
	t.Helper()
	words, err := os.ReadFile(name)
	if err != nil && !os.IsNotExist(err) {
		t.Fatal(err)
	}
	return strings.Join(strings.Fields(string(words)), " ")
}

// messages are what lifecycle events say.
func messages(events []types.LifecycleEvent) (text string) {
	for _, e := range events {
		if e.Diagnostics != nil {
			text += *e.LifecycleEventName + ": " + *e.Diagnostics.Message + "\n" + *e.Diagnostics.LogTail + "\n"
		}
	}
	return text
}

// stopSpec is appSpec with its script in ApplicationStop, which the next deployment runs.
var stopSpec = strings.Replace(appSpec, "BeforeInstall", "ApplicationStop", 1)

func TestStrangersRevisionIsNotStopped(t *testing.T) {
	p := listen(t, local.Options{})
	s := p.stranger()
	name := filepath.Join(t.TempDir(), "marks")
	s.await(t, s.create(t, s.uploadAppSpec(t, "theirs.zip", marking("stranger", name), stopSpec)), hasEnded)
	id := p.create(t, p.uploadAppSpec(t, "mine.zip", marking("mine", name), stopSpec))
	p.await(t, id, hasEnded)
	if text, events := p.events(t, id); !strings.HasPrefix(text, "ApplicationStop=Skipped DownloadBundle=Succeeded") ||
		!strings.Contains(*events[0].Diagnostics.Message, "may not run any") {
		t.Error(text)
	}
	p.await(t, p.create(t, p.upload(t, "next.zip", goodHook)), hasEnded)
	if got := marks(t, name); got != "mine" {
		t.Errorf("hooks that ran: %s", got)
	}
}

// stopWithRollback stops a deployment and asks for a rollback.
func (p *peer) stopWithRollback(t *testing.T, id string) {
	t.Helper()
	in := &codedeploy.StopDeploymentInput{DeploymentId: &id, AutoRollbackEnabled: aws.Bool(true)}
	if _, err := p.codedeploy.StopDeployment(t.Context(), in); err != nil {
		t.Fatal(err)
	}
}

// rollBackOnFailure turns the group's automatic rollback on.
func (p *peer) rollBackOnFailure(t *testing.T) {
	t.Helper()
	in := &codedeploy.UpdateDeploymentGroupInput{
		ApplicationName: app, CurrentDeploymentGroupName: group,
		AutoRollbackConfiguration: &types.AutoRollbackConfiguration{
			Enabled: true, Events: []types.AutoRollbackEvent{types.AutoRollbackEventDeploymentFailure},
		},
	}
	if _, err := p.codedeploy.UpdateDeploymentGroup(t.Context(), in); err != nil {
		t.Fatal(err)
	}
}

// TestRollbacksOfStrangers deploys a revision, then a second one that ends in a rollback to the first, whose
// hook runs again only if whoever wanted the rollback is vouched for.
func TestRollbacksOfStrangers(t *testing.T) {
	for _, test := range []struct {
		name, second string
		before       func(t *testing.T, p *peer) // the second deployment
		during       func(t *testing.T, p *peer, id string)
		want         string
	}{
		{"stopped by a stranger", slowHook, nil, func(t *testing.T, p *peer, id string) { p.stranger().stopWithRollback(t, id) }, "one"},
		{"stopped by me", slowHook, nil, func(t *testing.T, p *peer, id string) { p.stopWithRollback(t, id) }, "one one"},
		{"configured by a stranger", badHook, func(t *testing.T, p *peer) { p.stranger().rollBackOnFailure(t) }, nil, "one"},
		{"configured by me", badHook, func(t *testing.T, p *peer) { p.rollBackOnFailure(t) }, nil, "one one"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			p := listen(t, local.Options{})
			name := filepath.Join(t.TempDir(), "marks")
			p.await(t, p.create(t, p.upload(t, "one.zip", marking("one", name))), hasEnded)
			if test.before != nil {
				test.before(t, p)
			}
			id := p.create(t, p.upload(t, "two.zip", test.second))
			if test.during != nil {
				test.during(t, p, id)
			}
			info := p.await(t, id, hasEnded)
			if info.RollbackInfo.RollbackDeploymentId == nil {
				t.Fatalf("no rollback: %+v", info.RollbackInfo)
			}
			back := p.await(t, *info.RollbackInfo.RollbackDeploymentId, hasEnded)
			if got := marks(t, name); got != test.want || back.Status != types.DeploymentStatusSucceeded {
				_, events := p.events(t, *back.DeploymentId)
				t.Errorf("rolled back: %s, hooks that ran: %s, want %s; %s", back.Status, got, test.want, messages(events))
			}
		})
	}
}
