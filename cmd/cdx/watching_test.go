package main

import (
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/codedeploy/types"

	"github.com/cdx-deploy/cdx/internal/term"
	"github.com/cdx-deploy/cdx/pkg/wait"
)

func TestSpinnerLineSaysHowDeploymentsStand(t *testing.T) {
	streams, _, _, _ := term.Test()
	p := newProgram(streams, nil)
	w := p.watch()
	w.add("d-1")
	w.add("d-2")
	defer w.stop()
	about := func(id string) wait.Header { return wait.Header{DeploymentID: id} }
	undoing := wait.Header{DeploymentID: "d-3", Rollback: true}
	for _, step := range []struct {
		event wait.Event
		over  string
		want  string
	}{
		{wait.Heartbeat{Header: about("d-1")}, "", "d-1; d-2 (1m1s)"},
		{wait.StatusChanged{Header: about("d-1"), To: types.DeploymentStatusInProgress}, "", "d-1 InProgress; d-2 (1m1s)"},
		{wait.CountsChanged{Header: about("d-1"), Counts: wait.Counts{Succeeded: 3, Failed: 1, Pending: 6}}, "", "d-1 InProgress: 3 of 10 targets succeeded, 1 failed, 6 pending; d-2 (1m1s)"},
		{wait.RollbackStarted{Header: about("d-1"), RollbackID: "d-3"}, "", "d-2 (1m1s)"},
		{wait.StatusChanged{Header: undoing, To: types.DeploymentStatusCreated}, "", "d-2; rollback d-3 Created (1m1s)"},
		{wait.RollbackEnded{Header: undoing}, "d-1", "d-2 (1m1s)"},
		{wait.Heartbeat{Header: about("d-2")}, "d-2", ""},
	} {
		w.note(step.event)
		if step.over != "" {
			w.over(step.over)
		}
		if got := w.text(61500 * time.Millisecond); got != step.want {
			t.Errorf("after %T: %q, want %q", step.event, got, step.want)
		}
	}
}
