package report

import (
	"fmt"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/codedeploy/types"

	"github.com/cdx-deploy/cdx/internal/awsapi"
	"github.com/cdx-deploy/cdx/internal/term"
	"github.com/cdx-deploy/cdx/pkg/revision"
	"github.com/cdx-deploy/cdx/pkg/wait"
)

// Weight says how much an event line matters.
type Weight int

// The weights, from what only --verbose shows to what --quiet shows too.
const (
	Detail Weight = iota
	Normal
	Warning
)

// Event renders what happened to a deployment as one line without a line break.
// Where several deployments are followed at once, the line of a target says which
// one it is about.
func Event(e wait.Event, several bool) (line string, weight Weight) {
	subject := "deployment " + e.Head().DeploymentID
	if e.Head().Rollback {
		subject = "rollback " + e.Head().DeploymentID
	}
	line, weight = event(subject, e)
	if several && !strings.HasPrefix(line, subject) {
		line = e.Head().DeploymentID + " " + line
	}
	return oneLine(line), weight
}

func event(subject string, e wait.Event) (string, Weight) {
	switch e := e.(type) {
	case wait.StatusChanged:
		return subject + ": " + string(e.To), statusWeight(e)
	case wait.CountsChanged:
		return subject + ": " + Counts(e.Counts), countsWeight(e.Counts)
	case wait.TargetChanged:
		return target(e.Target) + ": " + string(e.To), Detail
	case wait.LifecycleChanged:
		return target(e.Target) + ": " + lifecycle(e.Event), lifecycleWeight(e.Event)
	case wait.TrafficShifted:
		return fmt.Sprintf("%s: %g %% of the traffic goes to the new version", target(e.Target), e.Percent), Normal
	case wait.Ready:
		return subject + ": " + ready(e), Warning
	case wait.RollbackStarted:
		return fmt.Sprintf("%s: automatic rollback %s started", subject, e.RollbackID), Warning
	case wait.RollbackEnded:
		return RollbackSentence(&e.Outcome), Warning
	default:
		return aboutWaiting(subject, e)
	}
}

// aboutWaiting renders the events that concern the wait and not the deployment.
func aboutWaiting(subject string, e wait.Event) (string, Weight) {
	switch e := e.(type) {
	case wait.Notice:
		if e.Kind == wait.NoticeTermination {
			return subject + ": " + e.Message + "; to do that now: cdx continue --termination " + revision.ShellQuote(e.DeploymentID), Normal
		}
		return subject + ": " + e.Message, Warning
	case wait.Retrying:
		weight := Warning
		if e.Attempt == 1 {
			weight = Detail
		}
		return fmt.Sprintf("%s: no status (%s), asking again in %s: %s", subject, e.Reason, Seconds(e.Pause), awsapi.Explain(e.Err, awsapi.Context{}).Summary), weight
	case wait.Resumed:
		weight := Normal
		if e.Attempts == 1 { // which was no more than a detail
			weight = Detail
		}
		return fmt.Sprintf("%s: answers again after %s", subject, Seconds(e.Silence)), weight
	case wait.Heartbeat:
		return fmt.Sprintf("%s: still %s after %s%s", subject, orUnknown(string(e.Status)), Seconds(max(e.Age, e.Waited)), countsIfAny(e.Counts)), Normal
	default:
		return subject + ": something happened that this version of cdx does not know", Detail
	}
}

func orUnknown(status string) string {
	if status == "" {
		return "without a status"
	}
	return status
}

func countsIfAny(c wait.Counts) string {
	if c.Total() == 0 {
		return ""
	}
	return ", " + Counts(c)
}

func target(ref wait.TargetRef) string {
	if ref.Label != "" {
		return fmt.Sprintf("%s (%s)", ref.ID, strings.ToLower(string(ref.Label)))
	}
	return ref.ID
}

func lifecycle(e wait.LifecycleEvent) string {
	text := e.Name + " " + string(e.Status)
	if e.Duration > 0 {
		text += fmt.Sprintf(" (%s)", Seconds(e.Duration))
	}
	if e.Status == types.LifecycleEventStatusSucceeded { // whose message is that it has
		return text
	}
	for _, part := range []string{e.Script, e.Message} {
		if part != "" {
			text += ": " + part
		}
	}
	return text
}

func lifecycleWeight(e wait.LifecycleEvent) Weight {
	switch e.Status {
	case types.LifecycleEventStatusSucceeded, types.LifecycleEventStatusFailed:
		return Normal
	case types.LifecycleEventStatusSkipped:
		if e.Message != "" { // somebody has left it out, and not an event that failed before
			return Normal
		}
	}
	return Detail
}

// statusWeight spares the reader a final status, which [Ending] says.
func statusWeight(e wait.StatusChanged) Weight {
	switch e.To {
	case types.DeploymentStatusSucceeded, types.DeploymentStatusFailed, types.DeploymentStatusStopped:
		if !e.Rollback {
			return Detail
		}
	}
	return Normal
}

// countsWeight spares the reader the counting of one target.
func countsWeight(c wait.Counts) Weight {
	if c.Total() == 1 {
		return Detail
	}
	return Normal
}

func ready(e wait.Ready) string {
	text := "Ready: it waits for somebody to reroute the traffic"
	if e.Left > 0 {
		then := "stops"
		if e.Action == types.DeploymentReadyActionContinueDeployment {
			then = "continues by itself"
		}
		text += fmt.Sprintf(" and %s in %s", then, Seconds(e.Left))
	}
	return text + "; to continue: cdx continue " + revision.ShellQuote(e.DeploymentID)
}

// RollbackSentence says what became of an automatic rollback.
func RollbackSentence(r *wait.Rollback) string {
	switch {
	case r.ID == "":
		return "the automatic rollback could not be started: " + r.Message
	case r.Status == types.DeploymentStatusSucceeded:
		return fmt.Sprintf("rollback %s Succeeded: the targets run %s", r.ID, revision.Describe(r.Revision))
	case r.Err != nil:
		return fmt.Sprintf("rollback %s did not succeed: %v", r.ID, r.Err)
	default:
		return fmt.Sprintf("rollback %s is %s", r.ID, r.Status)
	}
}

// Counts renders how many targets are in each status, such as
// "3 of 10 targets succeeded, 1 failed, 6 pending".
func Counts(c wait.Counts) string {
	text := fmt.Sprintf("%d of %d targets succeeded", c.Succeeded, c.Total())
	if c.Total() == 1 {
		text = fmt.Sprintf("%d of 1 target succeeded", c.Succeeded)
	}
	for _, part := range []struct {
		count int64
		name  string
	}{{c.Failed, "failed"}, {c.Skipped, "skipped"}, {c.Ready, "ready"}, {c.InProgress, "in progress"}, {c.Pending, "pending"}} {
		if part.count > 0 {
			text += fmt.Sprintf(", %d %s", part.count, part.name)
		}
	}
	return text
}

// Seconds renders a duration to the second, or to the millisecond below one.
func Seconds(d time.Duration) string {
	if d < time.Second {
		return d.Round(time.Millisecond).String()
	}
	return d.Round(time.Second).String()
}

// oneLine makes foreign text safe and keeps it on one line.
func oneLine(text string) string { return strings.Join(strings.Fields(term.Line(text)), " ") }
