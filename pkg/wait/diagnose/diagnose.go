// Package diagnose explains how a deployment ended, from what was seen of it: failed targets that
// failed alike as one group, with a known cause and the next thing to do. It makes no calls and
// prints nothing.
package diagnose

import (
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/codedeploy/types"

	"github.com/cdx-deploy/cdx/pkg/wait"
)

// Diagnosis explains one deployment. Messages and log tails are foreign text, exactly as the
// service tells them: make them safe before printing.
type Diagnosis struct {
	DeploymentID string
	Status       types.DeploymentStatus
	Code         types.ErrorCode // empty when CodeDeploy names no cause
	Message      string          // CodeDeploy's own; may be empty

	// Cause explains Code, or a success in which targets failed; nil when there is nothing to explain.
	Cause *Cause

	// Groups are the failed targets, those that failed alike together, the largest group first.
	Groups []Group

	// Timings tell how long each lifecycle event took, in the order in which they began.
	Timings []Timing

	Failed, Targets int64 // number of targets that failed, and of all
	Undescribed     int64 // number of failed targets that are in no group, as nothing is known of them
	TargetsDenied   bool  // the caller may not look at targets: that is why groups are missing
}

// Cause is a known cause of a failure.
type Cause struct {
	Kind Kind
	Text string // what happened and why, a clause without a full stop
	Fix  string // the next thing to do, a clause without a full stop

	// Retry says how the same revision may be deployed again with a chance; nil when it would fail
	// again until Fix is done.
	Retry *Retry
}

// newCause makes a cause of a row of a table, with a retry of its own.
func newCause(kind Kind, text, fix string, retry *Retry) Cause {
	if retry != nil {
		own := *retry
		retry = &own
	}
	return Cause{Kind: kind, Text: text, Fix: fix, Retry: retry}
}

// Retry is how to deploy the same revision again.
type Retry struct {
	Flag  string // setting by its AWS CLI name, like "ignore-application-stop-failures"; empty: none is needed
	Value string // of the setting; empty for a switch
}

// Group is failed targets that failed alike: at the same lifecycle event, in the same script, with
// the same error.
type Group struct {
	Event   string // lifecycle event that failed; empty when none began
	Script  string // as the AppSpec file names it; empty when no script failed
	Code    types.LifecycleErrorCode
	Message string // of the first target
	Targets []wait.TargetRef

	LogTail   string // the longest of the group; empty when no target tells one
	LogTarget string // ID of the target that LogTail is from

	// Causes are what is known to cause this, the one to act on first. Empty: only the log can tell.
	Causes []Cause
}

// Explain explains a deployment's outcome. It explains only this deployment: the outcome of its
// rollback can be explained in turn.
func Explain(o *wait.Outcome) *Diagnosis {
	d := &Diagnosis{
		DeploymentID: o.ID, Status: o.Status(), Failed: o.Counts.Failed, Targets: o.Counts.Total(),
		Undescribed: o.Undescribed, TargetsDenied: o.TargetsDenied,
		Groups: groups(o), Timings: timings(o.Targets),
	}
	if o.Info == nil {
		return d
	}
	if e := o.Info.ErrorInformation; e != nil {
		d.Code, d.Message = e.Code, aws.ToString(e.Message)
	}
	d.Cause = causeOf(o)
	return d
}

// causeOf explains the end of the deployment as a whole.
func causeOf(o *wait.Outcome) *Cause {
	if o.Partial() {
		return &Cause{
			Kind: KindPartialSuccess,
			Text: "the deployment configuration " + aws.ToString(o.Info.DeploymentConfigName) + " lets a deployment succeed although targets fail",
			Fix:  "see the failed targets; a configuration with a minimum of healthy hosts would have failed",
		}
	}
	if e := o.Info.ErrorInformation; e != nil {
		return causeOfCode(e.Code)
	}
	return nil
}
