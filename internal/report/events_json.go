package report

import (
	"time"

	"github.com/aws/aws-sdk-go-v2/service/codedeploy/types"

	"github.com/cdx-deploy/cdx/internal/awsjson"
	"github.com/cdx-deploy/cdx/pkg/wait"
)

// EventJSON gives an event the form of a line of --output jsonl: an object with
// "event", "deploymentId", "time", and what the event tells. schema/output.json
// describes it.
func EventJSON(e wait.Event) map[string]any {
	about := e.Head()
	object := map[string]any{
		"event":        eventName(e),
		"deploymentId": about.DeploymentID,
		"time":         about.Time.UTC().Format(time.RFC3339),
	}
	if about.Rollback {
		object["rollback"] = true
	}
	describe(object, e)
	if ref := targetOf(e); ref.Label != "" {
		object["targetLabel"] = ref.Label
	}
	return object
}

// targetOf is the target that an event is about; zero for one about the deployment.
func targetOf(e wait.Event) wait.TargetRef {
	switch e := e.(type) {
	case wait.TargetChanged:
		return e.Target
	case wait.LifecycleChanged:
		return e.Target
	default:
		return wait.TargetRef{}
	}
}

func eventName(e wait.Event) string {
	switch e.(type) {
	case wait.StatusChanged:
		return "status"
	case wait.CountsChanged:
		return "counts"
	case wait.TargetChanged:
		return "target"
	case wait.LifecycleChanged:
		return "lifecycle"
	case wait.TrafficShifted:
		return "traffic"
	case wait.Ready:
		return "ready"
	case wait.RollbackStarted:
		return "rollback-started"
	case wait.RollbackEnded:
		return "rollback-ended"
	case wait.Notice:
		return "notice"
	case wait.Retrying:
		return "retrying"
	case wait.Resumed:
		return "resumed"
	case wait.Heartbeat:
		return "heartbeat"
	default:
		return "unknown"
	}
}

func describe(object map[string]any, e wait.Event) {
	switch e := e.(type) {
	case wait.StatusChanged:
		object["status"] = e.To
	case wait.CountsChanged:
		object["deploymentOverview"] = overview(e.Counts)
	case wait.TargetChanged:
		object["targetId"], object["status"] = e.Target.ID, e.To
	case wait.LifecycleChanged:
		object["targetId"], object["lifecycleEvent"] = e.Target.ID, lifecycleJSON(e.Event)
	case wait.TrafficShifted:
		object["targetId"], object["trafficWeight"] = e.Target.ID, e.Percent
	case wait.Ready:
		object["secondsLeft"] = int64(e.Left.Seconds())
	case wait.RollbackStarted:
		object["rollbackDeploymentId"] = e.RollbackID
	case wait.RollbackEnded:
		object["rollbackDeploymentId"], object["status"] = e.Outcome.ID, e.Outcome.Status
		if e.Outcome.Message != "" {
			object["message"] = e.Outcome.Message
		}
	case wait.Notice:
		object["notice"], object["message"] = e.Kind, e.Message
	case wait.Retrying:
		object["reason"], object["attempt"] = e.Reason, e.Attempt
	case wait.Heartbeat:
		object["status"], object["deploymentOverview"] = e.Status, overview(e.Counts)
	}
}

func overview(c wait.Counts) any {
	return awsjson.Value{Of: types.DeploymentOverview{
		Pending: c.Pending, InProgress: c.InProgress, Ready: c.Ready,
		Succeeded: c.Succeeded, Failed: c.Failed, Skipped: c.Skipped,
	}}
}

// lifecycleJSON is the event in AWS's shape.
func lifecycleJSON(e wait.LifecycleEvent) any {
	shape := types.LifecycleEvent{LifecycleEventName: &e.Name, Status: e.Status}
	if !e.Start.IsZero() {
		shape.StartTime = &e.Start
	}
	if !e.End.IsZero() {
		shape.EndTime = &e.End
	}
	if e.Code != "" || e.Script != "" || e.Message != "" || e.LogTail != "" {
		shape.Diagnostics = &types.Diagnostics{ErrorCode: e.Code, ScriptName: &e.Script, Message: &e.Message, LogTail: &e.LogTail}
	}
	return awsjson.Value{Of: shape}
}
