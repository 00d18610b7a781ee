package wait

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/codedeploy/types"
)

// rollbackLooks is how often a failed deployment that ought to be rolled back is asked again for
// the rollback, which the service may note a moment later than the failure.
const rollbackLooks = 4

// conclude says how the final deployment ended, after following its rollback if there is one.
func (f *follower) conclude(ctx context.Context) error {
	err := f.verdict()
	if err == nil || f.rollback || f.info.Status == types.DeploymentStatusSucceeded {
		return err
	}
	f.awaitRollback(ctx)
	undone := f.info.RollbackInfo
	if undone == nil || aws.ToString(undone.RollbackDeploymentId) == f.id {
		return err
	}
	id, message := aws.ToString(undone.RollbackDeploymentId), aws.ToString(undone.RollbackMessage)
	if id == "" && message == "" {
		return err
	}
	f.undone = &Rollback{ID: id, Message: message}
	if id == "" {
		return err
	}
	f.tell(RollbackStarted{Header: f.header(), RollbackID: id, Message: message})
	f.followRollback(ctx)
	if ctx.Err() != nil && !final(f.undone.Status) {
		return fmt.Errorf("%w; its rollback: %w", err, f.undone.Err)
	}
	return err
}

// verdict says how the deployment ended, as an error unless it Succeeded.
func (f *follower) verdict() error {
	code, reason := cause(f.info)
	counts := f.targets.counts()
	switch {
	case f.info.Status == types.DeploymentStatusStopped:
		return &StoppedError{ID: f.id, Code: code, Reason: reason}
	case f.info.Status == types.DeploymentStatusFailed, f.opts.Strict && counts.Failed > 0:
		return &FailedError{
			ID: f.id, Status: f.info.Status, Code: code, Reason: reason,
			FailedTargets: counts.Failed, Targets: counts.Total(),
		}
	}
	return nil
}

// cause is why the deployment ended, as far as the service says it.
func cause(info *types.DeploymentInfo) (types.ErrorCode, string) {
	if e := info.ErrorInformation; e != nil {
		return e.Code, aws.ToString(e.Message)
	}
	return "", strings.Join(info.DeploymentStatusMessages, "; ")
}

// awaitRollback asks again, for a few seconds, while a rollback is due and not yet noted.
func (f *follower) awaitRollback(ctx context.Context) {
	pause := f.opts.Interval
	if pause == 0 {
		pause = shortestPause
	}
	for range rollbackLooks {
		if !rollbackDue(f.info) || f.overdue() || f.sleep(ctx, f.untilDeadline(pause)) != nil {
			return
		}
		last := f.info
		if _, err := f.look(ctx); err != nil {
			return
		}
		if !final(f.info.Status) {
			f.info = last
		}
	}
}

// rollbackDue reports whether the deployment is configured to be rolled back after such an end,
// and the service has said nothing of it yet.
func rollbackDue(info *types.DeploymentInfo) bool {
	if r := info.RollbackInfo; r != nil && (aws.ToString(r.RollbackDeploymentId) != "" || aws.ToString(r.RollbackMessage) != "") {
		return false
	}
	auto := info.AutoRollbackConfiguration
	if auto == nil || !auto.Enabled {
		return false
	}
	due := types.AutoRollbackEventDeploymentFailure
	if info.Status == types.DeploymentStatusStopped {
		due = types.AutoRollbackEventDeploymentStopOnRequest
	}
	return slices.Contains(auto.Events, due) || slices.Contains(auto.Events, types.AutoRollbackEventDeploymentStopOnAlarm)
}

// followRollback follows the rollback to its end.
func (f *follower) followRollback(ctx context.Context) {
	opts := f.opts
	opts.Until, opts.Strict, opts.Fresh = UntilFinal, false, true
	opts.Rate, opts.Timeout = f.rate, 0
	f.rate.leave() // the rollback's follower takes this one's place
	defer f.rate.join()
	sub := newFollower(f.api, f.undone.ID, opts)
	defer sub.rate.leave()
	sub.rollback, sub.deadline, sub.opts.Timeout = true, f.deadline, f.opts.Timeout
	f.undone.Err = sub.run(ctx)
	f.undone.Outcome = sub.outcome()
	f.undone.Status = sub.status()
	if f.undone.Status == types.DeploymentStatusSucceeded {
		f.undone.Revision = sub.info.Revision
	}
	f.calls.Deployment += sub.calls.Deployment
	f.calls.Targets += sub.calls.Targets
	f.tell(RollbackEnded{Header: sub.header(), Outcome: *f.undone})
}
