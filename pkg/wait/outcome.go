package wait

import (
	"time"

	"github.com/aws/aws-sdk-go-v2/service/codedeploy/types"
)

// Outcome is what was seen of a deployment.
type Outcome struct {
	ID string // deployment ID

	// Info is the deployment as the service last described it; nil when it never answered. Not to
	// be changed.
	Info *types.DeploymentInfo

	// Counts tells how many targets there are in each status.
	Counts Counts

	// Targets are the targets whose details were read, in order of their IDs: up to 100 targets
	// all of them, above that the failed ones.
	Targets []Target

	// Undescribed is the number of failed targets that are missing in Targets, because there are
	// too many or their details could not be read.
	Undescribed int64

	// TargetsDenied says that the caller may not look at targets.
	TargetsDenied bool

	// Rollback is the automatic rollback that the deployment's end started; nil when there was none.
	Rollback *Rollback

	// Waited is how long the wait took, by this machine's clock.
	Waited time.Duration

	// Calls tells how many calls the wait made, rollback included.
	Calls Calls
}

// Status returns the last status seen; empty when none was.
func (o *Outcome) Status() types.DeploymentStatus {
	if o.Info == nil {
		return ""
	}
	return o.Info.Status
}

// Partial reports whether the deployment Succeeded although targets failed, as its deployment
// configuration may allow. With CodeDeployDefault.AllAtOnce one target that succeeds is enough.
// Source: CodeDeploy User Guide, "Working with deployment configurations".
func (o *Outcome) Partial() bool {
	return o.Status() == types.DeploymentStatusSucceeded && o.Counts.Failed > 0
}

// Duration is how long the deployment took by the service's clock, from its creation to its
// completion; zero when it is not complete.
func (o *Outcome) Duration() time.Duration {
	if o.Info == nil {
		return 0
	}
	return between(o.Info.CreateTime, o.Info.CompleteTime)
}

// Counts tells how many targets there are in each status.
type Counts struct {
	Pending, InProgress, Ready, Succeeded, Failed, Skipped int64
}

// Total is the number of targets.
func (c Counts) Total() int64 {
	return c.Pending + c.InProgress + c.Ready + c.Succeeded + c.Failed + c.Skipped
}

// Calls tells how many calls were made to the service.
type Calls struct {
	Deployment int // GetDeployment
	Targets    int // ListDeploymentTargets and BatchGetDeploymentTargets
}

// Rollback is what became of an automatic rollback.
type Rollback struct {
	ID      string                 // its deployment ID; empty when it could not be started
	Message string                 // CodeDeploy's own message about it; may be empty
	Status  types.DeploymentStatus // last status seen; empty when none was

	// Revision is the revision that the targets run now; nil unless the rollback Succeeded.
	Revision *types.RevisionLocation

	// Outcome is what was seen of it; nil when it was not followed.
	Outcome *Outcome

	// Err is nil when the rollback Succeeded, and otherwise what [For] would return for it.
	Err error
}

// TargetRef names a target.
type TargetRef struct {
	ID    string                     // instance ID, "cluster:service", Lambda function or stack ID
	Type  types.DeploymentTargetType // InstanceTarget, ECSTarget, LambdaTarget or CloudFormationTarget
	Label types.TargetLabel          // Blue or Green for instances of a blue/green deployment; else empty
}

// Target is one target of a deployment, whatever its type.
type Target struct {
	TargetRef
	ARN       string // empty for CloudFormation targets
	Status    types.TargetStatus
	UpdatedAt time.Time // by the service's clock; zero when not told
	Lifecycle []LifecycleEvent

	// TrafficPercent is the part of production traffic that the new version receives, 0 to 100;
	// nil for instances.
	TrafficPercent *float64

	// Detail is the service's own description. Not to be changed.
	Detail types.DeploymentTarget
}

// LifecycleEvent is one lifecycle event on a target.
type LifecycleEvent struct {
	Name       string // such as BeforeInstall
	Status     types.LifecycleEventStatus
	Start, End time.Time     // by the service's clock; zero when not told
	Duration   time.Duration // from Start to End; zero unless both are told

	// The rest is what the agent says of a script; zero when it says nothing.

	Code    types.LifecycleErrorCode // such as ScriptFailed
	Script  string                   // as the AppSpec file names it
	Message string
	LogTail string // the end of the log, at most 4 KB (the agent sends 2,048 characters)
}

// Failed returns the lifecycle event that failed last, or nil. A failure before it was ignored:
// after any other there is nothing but skipped events.
func (t *Target) Failed() *LifecycleEvent {
	for i := len(t.Lifecycle) - 1; i >= 0; i-- {
		if t.Lifecycle[i].Status == types.LifecycleEventStatusFailed {
			return &t.Lifecycle[i]
		}
	}
	return nil
}

// between returns the time from start to end, or zero when one is missing or the clocks of the
// service's machines disagree so much that it would be negative.
func between(start, end *time.Time) time.Duration {
	if start == nil || end == nil || end.Before(*start) {
		return 0
	}
	return end.Sub(*start)
}
