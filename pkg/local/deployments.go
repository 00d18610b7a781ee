package local

import (
	"context"
	"crypto/rand"
	"errors"
	"math/big"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/codedeploy"
	"github.com/aws/aws-sdk-go-v2/service/codedeploy/types"
)

// deployment is one deployment. Its fields are guarded by the api's lock.
type deployment struct {
	info       types.DeploymentInfo
	app        *application
	group      *group
	targets    []*target // nil until it has started
	vouchedFor bool      // its hooks may run
	// rollbackVouchedFor says that the hooks of its automatic rollback may run, if its own may.
	rollbackVouchedFor bool
	cancel             context.CancelCauseFunc
	proceed            chan struct{} // closed by ContinueDeployment
	encoded            []byte        // how it is kept, of one that is final; nil: to be encoded
}

// The causes that end a deployment's context.
var (
	errClosed           = errors.New("the local service has ended")
	errStopped          = errors.New("stopped on request")
	errStoppedRollback  = errors.New("stopped on request, with a rollback")
	errStoppedStranger  = errors.New("stopped on request, with a rollback that nobody vouches for")
	errReadyWaitElapsed = errors.New("nobody continued the deployment in time")
)

// final reports whether a status never changes again.
func final(status types.DeploymentStatus) bool {
	return status == types.DeploymentStatusSucceeded || status == types.DeploymentStatusFailed || status == types.DeploymentStatusStopped
}

func (a *api) createDeployment(ctx context.Context, in *codedeploy.CreateDeploymentInput) (*codedeploy.CreateDeploymentOutput, error) {
	app, g, err := a.findGroup(in.ApplicationName, in.DeploymentGroupName)
	if err != nil {
		return nil, err
	}
	if err := checkRevision(app.info.ComputePlatform, in.Revision); err != nil {
		return nil, err
	}
	if err := a.checkDeployment(app, in); err != nil {
		return nil, err
	}
	if g.active != nil {
		return nil, exception("DeploymentLimitExceededException", "The Deployment Group '%s' already has an active Deployment '%s'",
			*in.DeploymentGroupName, *g.active.info.DeploymentId)
	}
	d := newDeployment(app, g, in)
	d.vouchedFor = callerOf(ctx).vouchedFor
	d.rollbackVouchedFor = in.AutoRollbackConfiguration != nil || g.rollbackVouchedFor
	if err := a.begin(d); err != nil {
		return nil, err
	}
	return &codedeploy.CreateDeploymentOutput{DeploymentId: d.info.DeploymentId}, nil
}

// checkDeployment refuses what AWS refuses of a deployment's settings.
func (a *api) checkDeployment(app *application, in *codedeploy.CreateDeploymentInput) error {
	if err := checkDescription(in.Description); err != nil {
		return err
	}
	server := app.info.ComputePlatform == types.ComputePlatformServer
	if err := a.checkConfigName(in.DeploymentConfigName, app.info.ComputePlatform); err != nil {
		return err
	}
	switch {
	case !known(in.FileExistsBehavior, in.FileExistsBehavior.Values()):
		return exception("InvalidFileExistsBehaviorException", "The file exists behavior %q is not valid", in.FileExistsBehavior)
	case in.FileExistsBehavior != "" && !server:
		return exception("InvalidFileExistsBehaviorException", "For Lambda, ECS and Kubernetes deployment, fileExistsBehavior can not be specified")
	case in.UpdateOutdatedInstancesOnly && !server:
		return exception("InvalidUpdateOutdatedInstancesOnlyValueException", "updateOutdatedInstancesOnly can be specified for the compute platform Server only")
	case in.IgnoreApplicationStopFailures && !server:
		return exception("InvalidIgnoreApplicationStopFailuresValueException", "ignoreApplicationStopFailures can be specified for the compute platform Server only")
	case in.TargetInstances != nil && !server:
		return exception("InvalidTargetInstancesException", "Target instances can be specified for the compute platform Server only")
	}
	if err := checkRollback(in.AutoRollbackConfiguration, "InvalidAutoRollbackConfigException"); err != nil {
		return err
	}
	return checkAlarms(in.OverrideAlarmConfiguration)
}

// newDeployment makes a deployment, which has not begun, from what is asked for and the group's settings.
func newDeployment(app *application, g *group, in *codedeploy.CreateDeploymentInput) *deployment {
	d := &deployment{app: app, group: g, proceed: make(chan struct{})}
	d.info = types.DeploymentInfo{
		DeploymentId: aws.String(newDeploymentID()), ApplicationName: in.ApplicationName, DeploymentGroupName: in.DeploymentGroupName,
		ComputePlatform: app.info.ComputePlatform, CreateTime: now(), Creator: types.DeploymentCreatorUser,
		Status: types.DeploymentStatusCreated, Revision: in.Revision, Description: in.Description,
		DeploymentConfigName: g.info.DeploymentConfigName, DeploymentStyle: g.info.DeploymentStyle,
		BlueGreenDeploymentConfiguration: g.info.BlueGreenDeploymentConfiguration, LoadBalancerInfo: g.info.LoadBalancerInfo,
		AutoRollbackConfiguration: g.info.AutoRollbackConfiguration, OverrideAlarmConfiguration: in.OverrideAlarmConfiguration,
		FileExistsBehavior: in.FileExistsBehavior, IgnoreApplicationStopFailures: in.IgnoreApplicationStopFailures,
		TargetInstances: in.TargetInstances, UpdateOutdatedInstancesOnly: in.UpdateOutdatedInstancesOnly,
		RollbackInfo: &types.RollbackInfo{},
	}
	if app.info.ComputePlatform == types.ComputePlatformServer && in.FileExistsBehavior == "" {
		d.info.FileExistsBehavior = types.FileExistsBehaviorDisallow
	}
	take(&d.info.DeploymentConfigName, in.DeploymentConfigName)
	take(&d.info.AutoRollbackConfiguration, in.AutoRollbackConfiguration)
	if g.last != nil {
		d.info.PreviousRevision = g.last.info.Revision
	}
	return d
}

// newDeploymentID is of CodeDeploy's shape: d- and nine capital letters and digits.
func newDeploymentID() string {
	const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
	id := []byte("d-123456789")
	for i := 2; i < len(id); i++ {
		n, _ := rand.Int(rand.Reader, big.NewInt(int64(len(alphabet)))) // never fails
		id[i] = alphabet[n.Int64()]
	}
	return string(id)
}

// begin makes d the group's active deployment and carries it out in a goroutine, unless the service has
// ended.
func (a *api) begin(d *deployment) error {
	if a.closed {
		return errClosed
	}
	a.deployments[*d.info.DeploymentId] = d
	a.sequence = append(a.sequence, d)
	d.app.use(d.info.Revision)
	d.group.active = d
	d.group.info.LastAttemptedDeployment = d.summary()
	var ctx context.Context
	ctx, d.cancel = context.WithCancelCause(a.ctx)
	a.running.Go(func() { a.carryOut(ctx, d) })
	return nil
}

// summary is the deployment as its group shows it.
func (d *deployment) summary() *types.LastDeploymentInfo {
	return &types.LastDeploymentInfo{
		DeploymentId: d.info.DeploymentId, Status: d.info.Status, CreateTime: d.info.CreateTime, EndTime: d.info.CompleteTime,
	}
}

func (a *api) getDeployment(_ context.Context, in *codedeploy.GetDeploymentInput) (*codedeploy.GetDeploymentOutput, error) {
	d, err := a.findDeployment(in.DeploymentId)
	if err != nil {
		return nil, err
	}
	info := d.view()
	return &codedeploy.GetDeploymentOutput{DeploymentInfo: &info}, nil
}

// view is the deployment as the API shows it, with its targets counted now.
func (d *deployment) view() types.DeploymentInfo {
	info := d.info
	info.DeploymentOverview = d.overview()
	return info
}

// batchGetDeployments leaves out the deployments that are not there, as AWS does.
func (a *api) batchGetDeployments(_ context.Context, in *codedeploy.BatchGetDeploymentsInput) (*codedeploy.BatchGetDeploymentsOutput, error) {
	if len(in.DeploymentIds) == 0 {
		return nil, exception("DeploymentIdRequiredException", "Deployment IDs must be specified")
	}
	if err := checkBatch(len(in.DeploymentIds), 25); err != nil {
		return nil, err
	}
	out := &codedeploy.BatchGetDeploymentsOutput{DeploymentsInfo: []types.DeploymentInfo{}}
	for _, id := range in.DeploymentIds {
		d, err := a.findDeployment(&id)
		if err != nil && !hasCode(err, "DeploymentDoesNotExistException") {
			return nil, err
		}
		if d != nil {
			out.DeploymentsInfo = append(out.DeploymentsInfo, d.view())
		}
	}
	return out, nil
}

// listDeployments has the newest first.
func (a *api) listDeployments(_ context.Context, in *codedeploy.ListDeploymentsInput) (*codedeploy.ListDeploymentsOutput, error) {
	if err := a.checkDeploymentFilter(in); err != nil {
		return nil, err
	}
	var ids []string
	for _, d := range slices.Backward(a.sequence) {
		if d.listed(in) {
			ids = append(ids, *d.info.DeploymentId)
		}
	}
	listed, next, err := page(ids, in.NextToken)
	if err != nil {
		return nil, err
	}
	return &codedeploy.ListDeploymentsOutput{Deployments: listed, NextToken: next}, nil
}

// checkDeploymentFilter checks the filters of a list: it is of a deployment group, or of everything.
// Source: AWS CodeDeploy API Reference, ListDeployments, applicationName.
func (a *api) checkDeploymentFilter(in *codedeploy.ListDeploymentsInput) error {
	if in.ApplicationName != nil || in.DeploymentGroupName != nil {
		if _, _, err := a.findGroup(in.ApplicationName, in.DeploymentGroupName); err != nil {
			return err
		}
	}
	for _, status := range in.IncludeOnlyStatuses {
		if status == "" || !known(status, status.Values()) {
			return exception("InvalidDeploymentStatusException", "The deployment status %q is not valid", status)
		}
	}
	if r := in.CreateTimeRange; r != nil && r.Start != nil && r.End != nil && r.End.Before(*r.Start) {
		return exception("InvalidTimeRangeException", "The end of the time range is before its start")
	}
	return nil
}

// listed reports whether d passes the filters of a list.
func (d *deployment) listed(in *codedeploy.ListDeploymentsInput) bool {
	if in.ApplicationName != nil && *in.ApplicationName != *d.info.ApplicationName ||
		in.DeploymentGroupName != nil && *in.DeploymentGroupName != *d.info.DeploymentGroupName {
		return false
	}
	if len(in.IncludeOnlyStatuses) > 0 && !slices.Contains(in.IncludeOnlyStatuses, d.info.Status) {
		return false
	}
	r := in.CreateTimeRange
	return r == nil || (r.Start == nil || !d.info.CreateTime.Before(*r.Start)) && (r.End == nil || !d.info.CreateTime.After(*r.End))
}

func (a *api) stopDeployment(ctx context.Context, in *codedeploy.StopDeploymentInput) (*codedeploy.StopDeploymentOutput, error) {
	d, err := a.findUnfinished(in.DeploymentId)
	if err != nil {
		return nil, err
	}
	cause := errStopped
	if d.rollsBackOn(types.AutoRollbackEventDeploymentStopOnRequest) {
		cause = errStoppedRollback
	}
	if in.AutoRollbackEnabled != nil {
		cause = errStopped
		if *in.AutoRollbackEnabled {
			cause = errStoppedRollback
		}
	}
	if errors.Is(cause, errStoppedRollback) && !callerOf(ctx).vouchedFor {
		cause = errStoppedStranger
	}
	d.cancel(cause)
	return &codedeploy.StopDeploymentOutput{Status: types.StopStatusPending, StatusMessage: aws.String("Stopping deployment " + *in.DeploymentId)}, nil
}

// findUnfinished finds a deployment that can still be acted on.
func (a *api) findUnfinished(id *string) (*deployment, error) {
	d, err := a.findDeployment(id)
	if err != nil {
		return nil, err
	}
	if final(d.info.Status) {
		return nil, exception("DeploymentAlreadyCompletedException", "The deployment %s is already completed with the status %s", *id, d.info.Status)
	}
	return d, nil
}

func (a *api) continueDeployment(_ context.Context, in *codedeploy.ContinueDeploymentInput) (*codedeploy.ContinueDeploymentOutput, error) {
	d, err := a.findUnfinished(in.DeploymentId)
	if err != nil {
		return nil, err
	}
	if !known(in.DeploymentWaitType, in.DeploymentWaitType.Values()) {
		return nil, exception("InvalidDeploymentWaitTypeException", "The deployment wait type %q is not valid", in.DeploymentWaitType)
	}
	if !d.blueGreen() {
		return nil, exception("UnsupportedActionForDeploymentTypeException", "The deployment %s is not a blue/green deployment", *in.DeploymentId)
	}
	if d.info.Status != types.DeploymentStatusReady || in.DeploymentWaitType == types.DeploymentWaitTypeTerminationWait {
		return nil, exception("DeploymentIsNotInReadyStateException", "The deployment %s does not have a status of Ready and can't continue yet", *in.DeploymentId)
	}
	close(d.proceed) // a deployment is Ready once
	d.info.Status = types.DeploymentStatusInProgress
	return &codedeploy.ContinueDeploymentOutput{}, nil
}

// blueGreen reports whether the deployment shifts traffic from one set of targets to another.
func (d *deployment) blueGreen() bool {
	return d.info.ComputePlatform == types.ComputePlatformEcs ||
		d.info.DeploymentStyle != nil && d.info.DeploymentStyle.DeploymentType == types.DeploymentTypeBlueGreen
}

// skipWaitTimeForInstanceTermination has nothing to skip: nothing is terminated here.
func (a *api) skipWaitTimeForInstanceTermination(_ context.Context, in *codedeploy.SkipWaitTimeForInstanceTerminationInput) (*codedeploy.SkipWaitTimeForInstanceTerminationOutput, error) {
	d, err := a.findUnfinished(in.DeploymentId)
	if err != nil {
		return nil, err
	}
	if !d.blueGreen() {
		return nil, exception("UnsupportedActionForDeploymentTypeException", "The deployment %s is not a blue/green deployment", *in.DeploymentId)
	}
	return &codedeploy.SkipWaitTimeForInstanceTerminationOutput{}, nil
}

// putLifecycleEventHookExecutionStatus never knows the execution: no function is called here.
func (a *api) putLifecycleEventHookExecutionStatus(_ context.Context, in *codedeploy.PutLifecycleEventHookExecutionStatusInput) (*codedeploy.PutLifecycleEventHookExecutionStatusOutput, error) {
	d, err := a.findDeployment(in.DeploymentId)
	if err != nil {
		return nil, err
	}
	switch {
	case d.info.ComputePlatform == types.ComputePlatformServer:
		return nil, exception("UnsupportedActionForDeploymentTypeException", "The deployment %s has no hooks that are functions", *in.DeploymentId)
	case in.Status != types.LifecycleEventStatusSucceeded && in.Status != types.LifecycleEventStatusFailed:
		return nil, exception("InvalidLifecycleEventHookExecutionStatusException", "The status must be Succeeded or Failed, not %q", in.Status)
	}
	return nil, exception("InvalidLifecycleEventHookExecutionIdException", "No hook execution found for ID: %s", aws.ToString(in.LifecycleEventHookExecutionId))
}
