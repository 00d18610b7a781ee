package local

import (
	"context"
	"errors"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/codedeploy"
	"github.com/aws/aws-sdk-go-v2/service/codedeploy/types"
)

// outcome is how a deployment ended.
type outcome struct {
	status types.DeploymentStatus
	err    *types.ErrorInformation // nil when it Succeeded
	// rollback is the event that an automatic rollback may answer; empty for none.
	rollback types.AutoRollbackEvent
	// forced says that a rollback was asked for, whatever the configuration, and byStranger that nobody
	// vouches for that request.
	forced, byStranger bool
}

// carryOut takes a deployment from Created to its end. It takes the lock itself.
func (a *api) carryOut(ctx context.Context, d *deployment) {
	defer d.cancel(nil)
	a.setStatus(d, types.DeploymentStatusQueued)
	defer a.onChange()
	a.finish(d, a.attempt(ctx, d))
}

// attempt does what the deployment is for. A panic there ends the deployment and not the service. It takes
// the lock itself.
func (a *api) attempt(ctx context.Context, d *deployment) (end outcome) {
	defer func() {
		if cause := recover(); cause != nil {
			message := fmt.Sprintf("the local service made a mistake: %v", cause)
			end = outcome{
				status: types.DeploymentStatusFailed,
				err:    &types.ErrorInformation{Code: types.ErrorCodeInternalError, Message: &message},
			}
		}
	}()
	if timeline := a.timelineOf(d); timeline != nil {
		return a.follow(ctx, d, timeline)
	}
	if d.info.ComputePlatform == types.ComputePlatformServer && !d.blueGreen() {
		return a.runInPlace(ctx, d)
	}
	return a.simulate(ctx, d)
}

// setStatus changes the status. It takes the lock itself.
func (a *api) setStatus(d *deployment, status types.DeploymentStatus) {
	a.mu.Lock()
	defer a.mu.Unlock()
	d.info.Status = status
}

// start makes the deployment InProgress with its targets. It takes the lock itself.
func (a *api) start(d *deployment, targets ...*target) {
	a.mu.Lock()
	defer a.mu.Unlock()
	d.info.Status, d.info.StartTime, d.targets = types.DeploymentStatusInProgress, now(), targets
}

// failed is an outcome that a configuration may roll back.
func failed(code types.ErrorCode, message string) outcome {
	return outcome{
		status: types.DeploymentStatusFailed, rollback: types.AutoRollbackEventDeploymentFailure,
		err: &types.ErrorInformation{Code: code, Message: &message},
	}
}

// tooManyFailed is CodeDeploy's own text for a deployment whose targets failed.
const tooManyFailed = "The overall deployment failed because too many individual instances failed deployment, too few healthy " +
	"instances are available for deployment, or some instances in your deployment group are experiencing problems."

// interrupted is the outcome of a deployment whose context has ended.
func interrupted(ctx context.Context) outcome {
	cause := context.Cause(ctx)
	end := outcome{status: types.DeploymentStatusStopped}
	switch {
	case errors.Is(cause, errClosed):
		end.err = &types.ErrorInformation{Code: types.ErrorCodeInternalError, Message: aws.String(errClosed.Error())}
	case errors.Is(cause, errReadyWaitElapsed):
		end.err = &types.ErrorInformation{Code: types.ErrorCodeTimeout, Message: aws.String(errReadyWaitElapsed.Error())}
	default:
		end.err = &types.ErrorInformation{Code: types.ErrorCodeManualStop, Message: aws.String("The deployment was stopped on request.")}
		end.byStranger = errors.Is(cause, errStoppedStranger)
		end.forced = end.byStranger || errors.Is(cause, errStoppedRollback)
	}
	return end
}

// finish gives the deployment its final status, frees its group, and begins the automatic rollback if there
// is to be one: all at once, so that nobody sees the one without the other. It takes the lock itself.
func (a *api) finish(d *deployment, end outcome) {
	a.mu.Lock()
	defer a.mu.Unlock()
	d.endTargets()
	d.info.Status, d.info.ErrorInformation, d.info.CompleteTime = end.status, end.err, now()
	d.group.active = nil
	d.group.info.LastAttemptedDeployment = d.summary()
	if end.status == types.DeploymentStatusSucceeded {
		d.group.last = d
		d.group.info.LastSuccessfulDeployment = d.summary()
		d.group.info.TargetRevision = d.info.Revision
		return
	}
	switch {
	case end.forced:
		a.rollBack(d, d.vouchedFor && !end.byStranger)
	case end.rollback != "" && d.rollsBackOn(end.rollback):
		a.rollBack(d, d.vouchedFor && d.rollbackVouchedFor)
	}
}

// endTargets ends the targets that have no end of their own: one whose lifecycle event is cut off has
// Failed, and the others are Skipped.
func (d *deployment) endTargets() {
	for _, t := range d.targets {
		switch {
		case t.hasEnded():
		case t.isInEvent():
			t.end(types.TargetStatusFailed)
		default:
			t.end(types.TargetStatusSkipped)
		}
	}
}

// rollsBackOn reports whether the deployment's configuration rolls back automatically on an event.
func (d *deployment) rollsBackOn(event types.AutoRollbackEvent) bool {
	config := d.info.AutoRollbackConfiguration
	if config == nil || !config.Enabled || d.info.Creator == types.DeploymentCreatorCodeDeployRollback {
		return false
	}
	for _, configured := range config.Events {
		if configured == event {
			return true
		}
	}
	return false
}

// rollBack deploys the group's last successful revision again, as a deployment of CodeDeploy's own. Its
// hooks may run when the rollback is vouched for.
func (a *api) rollBack(d *deployment, vouchedFor bool) {
	if d.group.last == nil {
		d.info.RollbackInfo = &types.RollbackInfo{
			RollbackMessage: aws.String("The deployment group has no successful deployment to roll back to."),
		}
		return
	}
	back := newDeployment(d.app, d.group, &codedeploy.CreateDeploymentInput{
		ApplicationName: d.info.ApplicationName, DeploymentGroupName: d.info.DeploymentGroupName,
		Revision: d.group.last.info.Revision, FileExistsBehavior: d.info.FileExistsBehavior,
		IgnoreApplicationStopFailures: d.info.IgnoreApplicationStopFailures,
	})
	back.vouchedFor = vouchedFor
	back.info.Creator = types.DeploymentCreatorCodeDeployRollback
	back.info.RollbackInfo = &types.RollbackInfo{
		RollbackTriggeringDeploymentId: d.info.DeploymentId,
		RollbackMessage:                aws.String("Deployment " + *d.info.DeploymentId + " is rolled back to the last successful revision."),
	}
	if a.begin(back) != nil {
		return // the service has ended
	}
	d.info.RollbackInfo = &types.RollbackInfo{
		RollbackDeploymentId: back.info.DeploymentId,
		RollbackMessage:      back.info.RollbackInfo.RollbackMessage,
	}
}
