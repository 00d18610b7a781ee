package local

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/codedeploy/types"

	"github.com/cdx-deploy/cdx/pkg/local/agent"
)

// timelineOf takes the timeline for a deployment; nil when it is to be carried out. It takes the lock
// itself.
func (a *api) timelineOf(d *deployment) *Timeline {
	a.mu.Lock()
	defer a.mu.Unlock()
	switch left := d.group.timelines; len(left) {
	case 0:
		return nil
	case 1:
		return &left[0]
	default:
		d.group.timelines = left[1:]
		return &left[0]
	}
}

// follow lets happen what a timeline says. It takes the lock itself.
func (a *api) follow(ctx context.Context, d *deployment, timeline *Timeline) outcome {
	a.start(d, a.timelineTargets(d, timeline)...)
	for i := range timeline.Steps {
		step := &timeline.Steps[i]
		if !pause(ctx, step.After) {
			return interrupted(ctx)
		}
		status := a.happen(d, step)
		switch {
		case status == types.DeploymentStatusSucceeded:
			a.succeedRest(d)
			return step.outcome()
		case final(status):
			return step.outcome()
		case status == types.DeploymentStatusReady && !awaitContinue(ctx, d):
			return interrupted(ctx)
		}
	}
	a.succeedRest(d)
	return outcome{status: types.DeploymentStatusSucceeded}
}

// succeedRest ends the targets of a deployment that Succeeded and of whose end nothing was said. It takes
// the lock itself.
func (a *api) succeedRest(d *deployment) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, t := range d.targets {
		if !t.hasEnded() {
			t.succeed()
		}
	}
}

// pause returns false when ctx ends before.
func pause(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
		return true
	}
}

// awaitContinue waits for ContinueDeployment; false when ctx ends before.
func awaitContinue(ctx context.Context, d *deployment) bool {
	select {
	case <-ctx.Done():
		return false
	case <-d.proceed:
		return true
	}
}

// timelineTargets makes the targets, with the events of the deployment's platform.
func (a *api) timelineTargets(d *deployment, timeline *Timeline) (targets []*target) {
	kind, resource := types.DeploymentTargetTypeInstanceTarget, "instance"
	switch d.info.ComputePlatform {
	case types.ComputePlatformEcs:
		kind, resource = types.DeploymentTargetTypeEcsTarget, "service"
	case types.ComputePlatformLambda:
		kind, resource = types.DeploymentTargetTypeLambdaTarget, "function"
	}
	events := timelineEvents(d.info.ComputePlatform, d.blueGreen(), d.info.LoadBalancerInfo != nil)
	for _, id := range timeline.ids() {
		targets = append(targets, newTarget(kind, id, a.arn(resource, id), events))
	}
	return targets
}

// timelineEvents are the lifecycle events that the targets of a timeline have.
func timelineEvents(platform types.ComputePlatform, blueGreen, loadBalancer bool) []string {
	switch {
	case platform == types.ComputePlatformEcs:
		return ecsEvents()
	case platform == types.ComputePlatformLambda:
		return lambdaEvents()
	case blueGreen:
		return greenEvents()
	}
	return agent.Events(loadBalancer)
}

// happen makes one step true and returns the deployment's status. It takes the lock itself.
func (a *api) happen(d *deployment, step *TimelineStep) types.DeploymentStatus {
	a.mu.Lock()
	defer a.mu.Unlock()
	if step.Target == "" {
		status := types.DeploymentStatus(step.Status)
		if !final(status) { // the end is told with all that belongs to it
			d.info.Status = status
		}
		return status
	}
	for _, t := range d.targets {
		if step.Target == t.id || step.Target == "*" {
			t.happen(step, d.info.IgnoreApplicationStopFailures)
		}
	}
	return d.info.Status
}

// happen makes one step about the target true. An event that fails fails the target, but for those that
// ignoreStop is about.
// Source: AWS CodeDeploy API Reference, CreateDeployment, ignoreApplicationStopFailures.
func (t *target) happen(step *TimelineStep, ignoreStop bool) {
	if step.Event != "" {
		t.status = types.TargetStatusInProgress
		t.traffic = cmp.Or(step.Traffic, t.traffic)
		t.setEvent(t.eventOf(step))
		isStop := slices.Contains([]string{"ApplicationStop", "BeforeBlockTraffic", "AfterBlockTraffic"}, step.Event)
		if step.Status == string(types.LifecycleEventStatusFailed) && !(isStop && ignoreStop) {
			t.end(types.TargetStatusFailed)
		}
		return
	}
	switch status := types.TargetStatus(step.Status); status {
	case types.TargetStatusSucceeded:
		t.succeed()
	case types.TargetStatusFailed, types.TargetStatusSkipped:
		t.end(status)
	default:
		t.status, t.updated = status, now()
	}
}

// succeed ends a target whose events have all Succeeded, but for those that a timeline says else of.
func (t *target) succeed() {
	for i := range t.events {
		e := &t.events[i]
		if e.Status == types.LifecycleEventStatusPending || e.Status == types.LifecycleEventStatusInProgress {
			e.Status, e.EndTime = types.LifecycleEventStatusSucceeded, now()
			if e.StartTime == nil {
				e.StartTime = e.EndTime
			}
		}
	}
	t.traffic = 100
	t.end(types.TargetStatusSucceeded)
}

// eventOf is a lifecycle event after a step.
func (t *target) eventOf(step *TimelineStep) types.LifecycleEvent {
	event := types.LifecycleEvent{LifecycleEventName: &step.Event, Status: types.LifecycleEventStatus(step.Status)}
	for _, before := range t.events {
		if *before.LifecycleEventName == step.Event {
			event.StartTime = before.StartTime
		}
	}
	if event.StartTime == nil && event.Status != types.LifecycleEventStatusPending && event.Status != types.LifecycleEventStatusSkipped {
		event.StartTime = now()
	}
	switch event.Status {
	case types.LifecycleEventStatusSucceeded, types.LifecycleEventStatusFailed, types.LifecycleEventStatusUnknown:
		event.EndTime = now()
	}
	if step.ErrorCode != "" || step.Message != "" || step.LogTail != "" {
		event.Diagnostics = &types.Diagnostics{
			ErrorCode: types.LifecycleErrorCode(step.ErrorCode), ScriptName: aws.String(step.Script),
			Message: aws.String(step.Message), LogTail: aws.String(step.LogTail),
		}
	}
	return event
}

// outcome is the end that a step is.
func (step *TimelineStep) outcome() outcome {
	end := outcome{status: types.DeploymentStatus(step.Status)}
	if end.status == types.DeploymentStatusSucceeded {
		return end
	}
	end.err = &types.ErrorInformation{Code: types.ErrorCode(step.ErrorCode), Message: &step.Message}
	if end.status == types.DeploymentStatusFailed {
		end.rollback = types.AutoRollbackEventDeploymentFailure
		if step.ErrorCode == "" {
			end.err = &types.ErrorInformation{Code: types.ErrorCodeHealthConstraints, Message: aws.String(tooManyFailed)}
		}
	}
	return end
}
