package wait_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/cdx-deploy/cdx/pkg/wait"
)

const autoRollback = `"autoRollbackConfiguration": {"enabled": true, "events": ["DEPLOYMENT_FAILURE"]}`

// rolledBack answers for d-1, which fails and is rolled back by d-2, and for d-2 by undo.
func rolledBack(undo script) script {
	calls := 0
	return func(n int, in request) reply {
		if in.DeploymentID == "d-2" {
			calls++
			return undo(calls-1, in)
		}
		return deployment("Failed", `"rollbackInfo": {"rollbackDeploymentId": "d-2", "rollbackMessage": "rolling back"}`)
	}
}

func TestRollbackIsFollowedToItsEnd(t *testing.T) {
	w := newWire(t, map[string]script{"GetDeployment": rolledBack(inTurn(
		refuse("DeploymentDoesNotExistException"),
		deployment("InProgress", `"creator": "codeDeployRollback"`),
		deployment("Succeeded", `"rollbackInfo": {"rollbackDeploymentId": "d-2", "rollbackTriggeringDeploymentId": "d-1"}`,
			`"revision": {"revisionType": "S3", "s3Location": {"bucket": "b", "key": "good.zip"}}`),
	))})
	outcome, lines, err := w.follow(wait.Options{})
	expectLines(t, lines,
		"d-1:  -> Failed",
		"d-1: rollback d-2: rolling back",
		"d-2 (rollback): retrying: not found (1)",
		"d-2 (rollback): resumed after 1",
		"d-2 (rollback):  -> InProgress",
		"d-2 (rollback): InProgress -> Succeeded",
		"d-2 (rollback): ended Succeeded",
	)
	undone := outcome.Rollback
	if kindOf(err) != "failed" || undone == nil || undone.Err != nil || undone.Status != "Succeeded" || *undone.Revision.S3Location.Key != "good.zip" {
		t.Errorf("For = %v, rollback %+v", err, undone)
	}
	if outcome.Calls.Deployment != 4 || undone.Outcome.ID != "d-2" {
		t.Errorf("calls %+v, rollback's outcome %+v", outcome.Calls, undone.Outcome)
	}
}

func TestRollbackThatGoesWrong(t *testing.T) {
	for name, tt := range map[string]struct {
		undo script
		want string
	}{
		"fails too":  {inTurn(deployment("Failed", `"rollbackInfo": {"rollbackDeploymentId": "d-2"}`)), "failed"},
		"is stopped": {inTurn(deployment("Stopped")), "stopped"},
		"is denied":  {inTurn(refuse("AccessDeniedException")), "lost"},
		"never ends": {inTurn(deployment("InProgress")), "timeout"},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWire(t, map[string]script{"GetDeployment": rolledBack(tt.undo)})
			outcome, _, err := w.follow(wait.Options{Timeout: 100 * time.Millisecond})
			if kindOf(err) != "failed" || !strings.Contains(err.Error(), "d-1") {
				t.Errorf("For = %v, want d-1's FailedError", err)
			}
			if got := kindOf(outcome.Rollback.Err); got != tt.want || outcome.Rollback.Revision != nil {
				t.Errorf("rollback ended with %v, want %s and no revision", outcome.Rollback.Err, tt.want)
			}
		})
	}
}

func TestRollbackInterrupted(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	w := newWire(t, map[string]script{"GetDeployment": rolledBack(func(n int, _ request) reply {
		if n == 2 {
			cancel()
		}
		return deployment("InProgress")
	})})
	_, err := wait.For(ctx, w.client(nil), "d-1", wait.Options{Interval: time.Millisecond})
	var failed *wait.FailedError
	if !errors.Is(err, context.Canceled) || !errors.As(err, &failed) || !strings.Contains(err.Error(), "d-2") {
		t.Errorf("For = %v, want both the cancellation and d-1's failure", err)
	}
}

func TestRollbackNotedLate(t *testing.T) {
	w := newWire(t, map[string]script{"GetDeployment": func(n int, in request) reply {
		switch {
		case in.DeploymentID == "d-2":
			return deployment("Succeeded")
		case n < 2:
			return deployment("Failed", autoRollback)
		}
		return deployment("Failed", autoRollback, `"rollbackInfo": {"rollbackDeploymentId": "d-2"}`)
	}})
	if outcome, _, _ := w.follow(wait.Options{}); outcome.Rollback == nil || outcome.Rollback.Status != "Succeeded" {
		t.Errorf("rollback %+v, want it followed though it was noted late", outcome.Rollback)
	}
}

func TestNoRollbackToFollow(t *testing.T) {
	for name, tt := range map[string]struct {
		last  reply
		polls int
		want  *wait.Rollback
	}{
		"not configured":      {deployment("Failed"), 1, nil},
		"never noted":         {deployment("Failed", autoRollback), 5, nil},
		"stopped by a person": {deployment("Stopped", autoRollback), 1, nil},
		"itself a rollback":   {deployment("Failed", `"rollbackInfo": {"rollbackDeploymentId": "d-1"}`), 1, nil},
		"cannot be": {deployment("Failed", autoRollback, `"rollbackInfo": {"rollbackMessage": "no last successful revision"}`), 1,
			&wait.Rollback{Message: "no last successful revision"}},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWire(t, map[string]script{"GetDeployment": inTurn(tt.last)})
			outcome, _, err := w.follow(wait.Options{})
			if err == nil || w.count("GetDeployment") != tt.polls {
				t.Errorf("For = %v after %d polls, want an error after %d", err, w.count("GetDeployment"), tt.polls)
			}
			if (tt.want == nil) != (outcome.Rollback == nil) || tt.want != nil && *tt.want != *outcome.Rollback {
				t.Errorf("rollback %+v, want %+v", outcome.Rollback, tt.want)
			}
		})
	}
}
