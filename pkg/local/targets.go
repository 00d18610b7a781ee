package local

import (
	"context"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/codedeploy"
	"github.com/aws/aws-sdk-go-v2/service/codedeploy/types"
)

// target is one target of a deployment. Its fields are guarded by the api's lock.
type target struct {
	id      string
	arn     string
	kind    types.DeploymentTargetType
	label   types.TargetLabel // Blue or Green; empty in place
	status  types.TargetStatus
	updated *time.Time
	events  []types.LifecycleEvent
	lambda  *types.LambdaFunctionInfo // of a Lambda target; nil: not known
	traffic float64                   // percentage that the new version receives
}

// newTarget makes a target all of whose lifecycle events are to come.
func newTarget(kind types.DeploymentTargetType, id, arn string, events []string) *target {
	t := &target{id: id, arn: arn, kind: kind, status: types.TargetStatusPending, updated: now()}
	for _, name := range events {
		t.events = append(t.events, types.LifecycleEvent{LifecycleEventName: aws.String(name), Status: types.LifecycleEventStatusPending})
	}
	return t
}

// setEvent replaces the lifecycle event of the same name.
func (t *target) setEvent(event types.LifecycleEvent) {
	i := slices.IndexFunc(t.events, func(e types.LifecycleEvent) bool { return *e.LifecycleEventName == *event.LifecycleEventName })
	if i < 0 {
		return
	}
	t.events[i] = event
	t.updated = now()
	if *event.LifecycleEventName == allowTraffic && event.Status == types.LifecycleEventStatusSucceeded {
		t.traffic = 100
	}
}

// end gives the target its last status. What had not begun is Skipped, and what was on the way Failed.
func (t *target) end(status types.TargetStatus) {
	t.status, t.updated = status, now()
	for i := range t.events {
		switch t.events[i].Status {
		case types.LifecycleEventStatusPending:
			t.events[i].Status = types.LifecycleEventStatusSkipped
		case types.LifecycleEventStatusInProgress:
			t.events[i].Status, t.events[i].EndTime = types.LifecycleEventStatusFailed, t.updated
		}
	}
}

// hasEnded reports whether the target has its last status.
func (t *target) hasEnded() bool {
	return t.status == types.TargetStatusSucceeded || t.status == types.TargetStatusFailed || t.status == types.TargetStatusSkipped
}

// isInEvent reports whether a lifecycle event is under way.
func (t *target) isInEvent() bool {
	return slices.ContainsFunc(t.events, func(e types.LifecycleEvent) bool { return e.Status == types.LifecycleEventStatusInProgress })
}

// view is the target as the API shows it.
func (t *target) view(deploymentID *string) types.DeploymentTarget {
	view := types.DeploymentTarget{DeploymentTargetType: t.kind}
	switch t.kind {
	case types.DeploymentTargetTypeEcsTarget:
		view.EcsTarget = &types.ECSTarget{
			DeploymentId: deploymentID, LastUpdatedAt: t.updated, LifecycleEvents: t.events, Status: t.status,
			TargetArn: &t.arn, TargetId: &t.id, TaskSetsInfo: t.taskSets(),
		}
	case types.DeploymentTargetTypeLambdaTarget:
		view.LambdaTarget = &types.LambdaTarget{
			DeploymentId: deploymentID, LastUpdatedAt: t.updated, LifecycleEvents: t.events, Status: t.status,
			TargetArn: &t.arn, TargetId: &t.id, LambdaFunctionInfo: t.function(),
		}
	default:
		view.InstanceTarget = &types.InstanceTarget{
			DeploymentId: deploymentID, LastUpdatedAt: t.updated, LifecycleEvents: t.events, Status: t.status,
			TargetArn: &t.arn, TargetId: &t.id, InstanceLabel: t.label,
		}
	}
	return view
}

// taskSets are the two versions of an ECS service, with their part of the traffic.
func (t *target) taskSets() []types.ECSTaskSet {
	return []types.ECSTaskSet{
		{TaskSetLabel: types.TargetLabelBlue, Status: aws.String("PRIMARY"), TrafficWeight: 100 - t.traffic},
		{TaskSetLabel: types.TargetLabelGreen, Status: aws.String("ACTIVE"), TrafficWeight: t.traffic},
	}
}

// function is a Lambda function with the part of the traffic that its new version receives.
func (t *target) function() *types.LambdaFunctionInfo {
	function := types.LambdaFunctionInfo{FunctionName: &t.id}
	if t.lambda != nil {
		function = *t.lambda
	}
	function.TargetVersionWeight = t.traffic
	return &function
}

// overview counts the targets; nil before there are any, as in AWS's answers.
func (d *deployment) overview() *types.DeploymentOverview {
	if d.targets == nil {
		return nil
	}
	counts := &types.DeploymentOverview{}
	for _, t := range d.targets {
		switch t.status {
		case types.TargetStatusPending:
			counts.Pending++
		case types.TargetStatusInProgress:
			counts.InProgress++
		case types.TargetStatusSucceeded:
			counts.Succeeded++
		case types.TargetStatusFailed:
			counts.Failed++
		case types.TargetStatusSkipped:
			counts.Skipped++
		case types.TargetStatusReady:
			counts.Ready++
		}
	}
	return counts
}

// findStarted finds a deployment whose targets are known.
func (a *api) findStarted(id *string) (*deployment, error) {
	d, err := a.findDeployment(id)
	if err != nil {
		return nil, err
	}
	if d.targets == nil && !final(d.info.Status) {
		return nil, exception("DeploymentNotStartedException", "The deployment %s has not started yet", *id)
	}
	return d, nil
}

// findTarget finds a target by its ID.
func (d *deployment) findTarget(id *string) (*target, error) {
	if aws.ToString(id) == "" {
		return nil, exception("DeploymentTargetIdRequiredException", "Target ID must be specified")
	}
	for _, t := range d.targets {
		if t.id == *id {
			return t, nil
		}
	}
	return nil, exception("DeploymentTargetDoesNotExistException", "The deployment %s has no target with the ID %s", *d.info.DeploymentId, *id)
}

func (a *api) listDeploymentTargets(_ context.Context, in *codedeploy.ListDeploymentTargetsInput) (*codedeploy.ListDeploymentTargetsOutput, error) {
	d, err := a.findStarted(in.DeploymentId)
	if err != nil {
		return nil, err
	}
	if err := checkTargetFilters(in.TargetFilters); err != nil {
		return nil, err
	}
	var ids []string
	for _, t := range d.targets {
		if t.passes(in.TargetFilters) {
			ids = append(ids, t.id)
		}
	}
	listed, next, err := page(ids, in.NextToken)
	if err != nil {
		return nil, err
	}
	return &codedeploy.ListDeploymentTargetsOutput{TargetIds: listed, NextToken: next}, nil
}

// checkTargetFilters refuses filters that are not in the API's model.
func checkTargetFilters(filters map[string][]string) error {
	for name, values := range filters {
		for _, value := range values {
			switch types.TargetFilterName(name) {
			case types.TargetFilterNameTargetStatus:
				if value == "" || !known(types.TargetStatus(value), types.TargetStatus("").Values()) {
					return exception("InvalidInstanceStatusException", "The target status %q is not valid", value)
				}
			case types.TargetFilterNameServerInstanceLabel:
				if value == "" || !known(types.TargetLabel(value), types.TargetLabel("").Values()) {
					return exception("InvalidInstanceTypeException", "The instance label %q is not valid", value)
				}
			default:
				return exception("InvalidTargetFilterNameException", "The target filter %q is not valid", name)
			}
		}
	}
	return nil
}

// passes reports whether the target has one of the values of every filter.
func (t *target) passes(filters map[string][]string) bool {
	for name, values := range filters {
		have := string(t.status)
		if types.TargetFilterName(name) == types.TargetFilterNameServerInstanceLabel {
			have = string(t.label)
		}
		if !slices.Contains(values, have) {
			return false
		}
	}
	return true
}

// maxTargets is how many targets one request may ask for.
// Source: AWS CodeDeploy API Reference, BatchGetDeploymentTargets.
const maxTargets = 25

func (a *api) batchGetDeploymentTargets(_ context.Context, in *codedeploy.BatchGetDeploymentTargetsInput) (*codedeploy.BatchGetDeploymentTargetsOutput, error) {
	d, err := a.findStarted(in.DeploymentId)
	if err != nil {
		return nil, err
	}
	switch n := len(in.TargetIds); {
	case n == 0:
		return nil, exception("DeploymentTargetIdRequiredException", "Target IDs must be specified")
	case n > maxTargets:
		return nil, exception("DeploymentTargetListSizeExceededException", "The maximum number of targets is %d", maxTargets)
	}
	out := &codedeploy.BatchGetDeploymentTargetsOutput{DeploymentTargets: []types.DeploymentTarget{}}
	for _, id := range in.TargetIds {
		t, err := d.findTarget(&id)
		if err != nil {
			return nil, err
		}
		out.DeploymentTargets = append(out.DeploymentTargets, t.view(d.info.DeploymentId))
	}
	return out, nil
}

func (a *api) getDeploymentTarget(_ context.Context, in *codedeploy.GetDeploymentTargetInput) (*codedeploy.GetDeploymentTargetOutput, error) {
	d, err := a.findStarted(in.DeploymentId)
	if err != nil {
		return nil, err
	}
	t, err := d.findTarget(in.TargetId)
	if err != nil {
		return nil, err
	}
	view := t.view(d.info.DeploymentId)
	return &codedeploy.GetDeploymentTargetOutput{DeploymentTarget: &view}, nil
}
