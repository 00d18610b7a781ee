package wait

import (
	"time"

	"github.com/aws/aws-sdk-go-v2/service/codedeploy/types"
)

// Event is something that happened to a deployment or to the wait for it. The set is closed:
// [StatusChanged], [CountsChanged], [TargetChanged], [LifecycleChanged], [TrafficShifted],
// [Ready], [RollbackStarted], [RollbackEnded], [Notice], [Retrying], [Resumed] and [Heartbeat],
// each passed by value.
type Event interface {
	// Head says which deployment the event is about, and when it was seen.
	Head() Header

	event()
}

// Header is what all events have.
type Header struct {
	DeploymentID string    // the deployment concerned; the rollback's own where Rollback is set
	Time         time.Time // when it was seen, by this machine's clock
	Rollback     bool      // the deployment concerned is the automatic rollback of the one waited for
}

// Head returns h itself; every event embeds its Header.
func (h Header) Head() Header { return h }

func (Header) event() {}

// StatusChanged tells a new status of the deployment. The first status seen is a change from "".
type StatusChanged struct {
	Header
	From, To types.DeploymentStatus
	Info     *types.DeploymentInfo // the deployment as it was answered; not to be changed
}

// CountsChanged tells that targets went from one status to another.
type CountsChanged struct {
	Header
	Counts Counts
}

// TargetChanged tells a new status of one target. The first status seen is a change from "".
type TargetChanged struct {
	Header
	Target   TargetRef
	From, To types.TargetStatus
}

// LifecycleChanged tells a new status of a lifecycle event on one target. Pending is not told.
type LifecycleChanged struct {
	Header
	Target TargetRef
	Event  LifecycleEvent
}

// TrafficShifted tells what part of production traffic the new version receives: an ECS service's
// replacement task set, or a Lambda function's target version.
type TrafficShifted struct {
	Header
	Target  TargetRef
	Percent float64 // 0 to 100
}

// Ready tells that a blue/green deployment waits for somebody to reroute the traffic
// (ContinueDeployment with READY_WAIT).
type Ready struct {
	Header
	Action   types.DeploymentReadyAction // what happens at the deadline: CONTINUE_DEPLOYMENT or STOP_DEPLOYMENT; empty when not told
	Deadline time.Time                   // by this machine's clock; zero when there is none or it is not told
	Left     time.Duration               // until Deadline; zero where Deadline is
}

// RollbackStarted tells that the deployment's end started an automatic rollback, which is followed
// next.
type RollbackStarted struct {
	Header
	RollbackID string // the rollback's deployment ID
	Message    string // CodeDeploy's own message; may be empty
}

// RollbackEnded tells how the automatic rollback ended.
type RollbackEnded struct {
	Header
	Outcome Rollback
}

// NoticeKind says what a [Notice] is about.
type NoticeKind string

const (
	// NoticeTargetsDenied: the caller may not look at targets; the wait goes on without.
	NoticeTargetsDenied NoticeKind = "targets-denied"
	// NoticeUnknownStatus: the deployment has a status that this program does not know; the wait
	// goes on.
	NoticeUnknownStatus NoticeKind = "unknown-status"
	// NoticeTermination: a blue/green deployment has rerouted the traffic, and waits before it
	// terminates the original targets (ContinueDeployment with TERMINATION_WAIT ends that).
	NoticeTermination NoticeKind = "termination-wait"
	// NoticeUnknownTarget: a target is of a type that this program does not know; it is left out.
	NoticeUnknownTarget NoticeKind = "unknown-target"
)

// Notice tells something worth knowing about the wait, once.
type Notice struct {
	Header
	Kind    NoticeKind
	Message string // a sentence without a full stop, like "access to targets is denied: …"
	Err     error  // the service's answer behind it; may be nil
}

// RetryReason says why a call has to be made again.
type RetryReason string

const (
	// RetryThrottled: the service asks for fewer calls.
	RetryThrottled RetryReason = "throttled"
	// RetryServer: the service failed.
	RetryServer RetryReason = "server error"
	// RetryNetwork: there was no answer, or none that can be read.
	RetryNetwork RetryReason = "network"
	// RetryCredentials: the credentials have expired and are being refreshed, or cannot be had.
	RetryCredentials RetryReason = "credentials"
	// RetryDenied: access was denied; the third time running ends the wait.
	RetryDenied RetryReason = "access denied"
	// RetryRefused: the service refused the request for a reason unknown here; before there was any
	// answer, the third time running ends the wait.
	RetryRefused RetryReason = "refused"
	// RetryMissing: the deployment was not found though it exists; the third time running ends the
	// wait.
	RetryMissing RetryReason = "not found"
)

// Retrying tells that the deployment's status could not be read and will be asked again. Of many
// failures running it tells the 1st, 2nd, 4th, 8th and so on.
type Retrying struct {
	Header
	Reason  RetryReason
	Attempt int           // failures running, this one included
	Pause   time.Duration // until the next attempt
	Err     error
}

// Resumed tells that the status could be read again after failures that [Retrying] told.
type Resumed struct {
	Header
	Attempts int           // failures there had been
	Silence  time.Duration // since the last answer, or since the wait began
}

// Heartbeat tells that the wait goes on while nothing happens.
type Heartbeat struct {
	Header
	Status types.DeploymentStatus // last status seen; empty when none was
	Counts Counts
	Age    time.Duration // of the deployment, by the service's clock; zero while unknown
	Waited time.Duration // since the wait began
	Left   time.Duration // in status Ready: until the deadline; otherwise zero
}
