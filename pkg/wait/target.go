package wait

import (
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/codedeploy/types"
)

// target makes one kind of value of the service's four kinds of targets. It reports false for a
// kind that this program does not know.
func target(d types.DeploymentTarget) (Target, bool) {
	t := Target{Detail: d}
	switch {
	case d.InstanceTarget != nil:
		i := d.InstanceTarget
		t.TargetRef = targetRef(i.TargetId, types.DeploymentTargetTypeInstanceTarget, i.InstanceLabel)
		t.ARN, t.Status, t.UpdatedAt, t.Lifecycle = aws.ToString(i.TargetArn), i.Status, aws.ToTime(i.LastUpdatedAt), lifecycle(i.LifecycleEvents)
	case d.EcsTarget != nil:
		e := d.EcsTarget
		t.TargetRef = targetRef(e.TargetId, types.DeploymentTargetTypeEcsTarget, "")
		t.ARN, t.Status, t.UpdatedAt, t.Lifecycle = aws.ToString(e.TargetArn), e.Status, aws.ToTime(e.LastUpdatedAt), lifecycle(e.LifecycleEvents)
		t.TrafficPercent = greenTraffic(e.TaskSetsInfo)
	case d.LambdaTarget != nil:
		l := d.LambdaTarget
		t.TargetRef = targetRef(l.TargetId, types.DeploymentTargetTypeLambdaTarget, "")
		t.ARN, t.Status, t.UpdatedAt, t.Lifecycle = aws.ToString(l.TargetArn), l.Status, aws.ToTime(l.LastUpdatedAt), lifecycle(l.LifecycleEvents)
		if l.LambdaFunctionInfo != nil {
			t.TrafficPercent = aws.Float64(l.LambdaFunctionInfo.TargetVersionWeight)
		}
	case d.CloudFormationTarget != nil:
		c := d.CloudFormationTarget
		t.TargetRef = targetRef(c.TargetId, types.DeploymentTargetTypeCloudformationTarget, "")
		t.Status, t.UpdatedAt, t.Lifecycle = c.Status, aws.ToTime(c.LastUpdatedAt), lifecycle(c.LifecycleEvents)
		t.TrafficPercent = aws.Float64(c.TargetVersionWeight)
	}
	return t, t.ID != ""
}

// targetRef names a target of the given type.
func targetRef(id *string, kind types.DeploymentTargetType, label types.TargetLabel) TargetRef {
	return TargetRef{ID: aws.ToString(id), Type: kind, Label: label}
}

// greenTraffic is the traffic of an ECS service's replacement task set, nil before there is one.
func greenTraffic(sets []types.ECSTaskSet) *float64 {
	for _, set := range sets {
		if set.TaskSetLabel == types.TargetLabelGreen {
			return aws.Float64(set.TrafficWeight)
		}
	}
	return nil
}

func lifecycle(events []types.LifecycleEvent) []LifecycleEvent {
	out := make([]LifecycleEvent, len(events))
	for i, e := range events {
		out[i] = LifecycleEvent{
			Name: aws.ToString(e.LifecycleEventName), Status: e.Status,
			Start: aws.ToTime(e.StartTime), End: aws.ToTime(e.EndTime), Duration: between(e.StartTime, e.EndTime),
		}
		if d := e.Diagnostics; d != nil {
			out[i].Code, out[i].Script = d.ErrorCode, aws.ToString(d.ScriptName)
			out[i].Message, out[i].LogTail = aws.ToString(d.Message), aws.ToString(d.LogTail)
		}
	}
	return out
}

// over reports whether nothing more will happen on the target.
func (t *Target) over() bool {
	switch t.Status {
	case types.TargetStatusSucceeded, types.TargetStatusFailed, types.TargetStatusSkipped:
		return true
	}
	return false
}

// changed is the latest time stamp on the target, by the service's clock.
func (t *Target) changed() time.Time {
	last := t.UpdatedAt
	for _, e := range t.Lifecycle {
		for _, moment := range []time.Time{e.Start, e.End} {
			if moment.After(last) {
				last = moment
			}
		}
	}
	return last
}

// tellTarget tells what is new of a target, compared with what was known of it before.
func (f *follower) tellTarget(before, now *Target) {
	if now.Status != before.Status {
		f.tell(TargetChanged{Header: f.header(), Target: now.TargetRef, From: before.Status, To: now.Status})
	}
	for _, e := range now.Lifecycle {
		if e.Status != types.LifecycleEventStatusPending && e.Status != before.statusOf(e.Name) {
			f.tell(LifecycleChanged{Header: f.header(), Target: now.TargetRef, Event: e})
		}
	}
	if was, is := aws.ToFloat64(before.TrafficPercent), aws.ToFloat64(now.TrafficPercent); was != is {
		f.tell(TrafficShifted{Header: f.header(), Target: now.TargetRef, Percent: is})
	}
}

// statusOf returns the status of the target's lifecycle event of that name; empty when it has none.
func (t *Target) statusOf(event string) types.LifecycleEventStatus {
	for _, e := range t.Lifecycle {
		if e.Name == event {
			return e.Status
		}
	}
	return ""
}
