package wait

import (
	"fmt"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/codedeploy/types"
)

// FailedError reports a deployment that ended Failed or, under [Options.Strict], one that
// Succeeded although targets failed.
type FailedError struct {
	ID            string                 // deployment ID, like "d-ABCDEF123"
	Status        types.DeploymentStatus // Failed, or Succeeded under Options.Strict
	Code          types.ErrorCode        // empty when CodeDeploy names no cause
	Reason        string                 // CodeDeploy's own message; may be empty
	FailedTargets int64                  // targets that failed, as far as known
	Targets       int64                  // targets in all; zero when unknown
}

func (e *FailedError) Error() string {
	if e.Status == types.DeploymentStatusSucceeded {
		return fmt.Sprintf("deployment %s ended Succeeded, but %d of its %d targets failed", e.ID, e.FailedTargets, e.Targets)
	}
	return ended(e.ID, e.Status, e.Code, e.Reason)
}

// StoppedError reports a deployment that ended Stopped: by a person, an alarm or the end of a
// wait for traffic rerouting.
type StoppedError struct {
	ID     string          // deployment ID
	Code   types.ErrorCode // such as MANUAL_STOP; empty when CodeDeploy names no cause
	Reason string          // CodeDeploy's own message; may be empty
}

func (e *StoppedError) Error() string {
	return ended(e.ID, types.DeploymentStatusStopped, e.Code, e.Reason)
}

// TimeoutError reports that [Options.Timeout] was over before the deployment was. The
// deployment goes on.
type TimeoutError struct {
	ID      string                 // deployment ID
	Status  types.DeploymentStatus // last status seen; empty when none was
	Timeout time.Duration          // the limit that was over
}

func (e *TimeoutError) Error() string {
	if e.Status == "" {
		return fmt.Sprintf("deployment %s: timed out after %v without an answer about its status", e.ID, e.Timeout)
	}
	return fmt.Sprintf("deployment %s is still %s after %v: timed out", e.ID, e.Status, e.Timeout)
}

// LostError reports that the deployment cannot be followed, or no longer: access was denied three
// times running, the credentials have expired and cannot be refreshed, a deployment that existed is
// not found any more, or the first three answers were refusals. The deployment goes on.
type LostError struct {
	ID     string                 // deployment ID
	Status types.DeploymentStatus // last status seen; empty when none was
	Err    error                  // the last refusal
}

func (e *LostError) Error() string {
	last := "no status seen"
	if e.Status != "" {
		last = "last seen " + string(e.Status)
	}
	return fmt.Sprintf("deployment %s can no longer be followed (%s): %v", e.ID, last, e.Err)
}

// Unwrap returns the refusal that ended the wait.
func (e *LostError) Unwrap() error { return e.Err }

// NotFoundError reports that there is no deployment of this ID in the account and region asked,
// or that the ID is malformed. Nothing was ever seen of it.
type NotFoundError struct {
	ID  string // as asked for
	Err error  // the service's answer: DeploymentDoesNotExistException or InvalidDeploymentIdException
}

func (e *NotFoundError) Error() string {
	return fmt.Sprintf("no deployment %q: %v", e.ID, e.Err)
}

// Unwrap returns the service's answer.
func (e *NotFoundError) Unwrap() error { return e.Err }

// interruption is the end of a context that tells why.
type interruption struct{ err, cause error }

func (e *interruption) Error() string { return e.cause.Error() }

func (e *interruption) Unwrap() []error { return []error{e.err, e.cause} }

// ended says how a deployment ended, and why as far as CodeDeploy says it.
func ended(id string, status types.DeploymentStatus, code types.ErrorCode, reason string) string {
	text := fmt.Sprintf("deployment %s ended %s", id, status)
	for _, part := range []string{string(code), strings.TrimSpace(reason)} {
		if part != "" {
			text += ": " + part
		}
	}
	return text
}
