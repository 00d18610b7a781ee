package report

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/codedeploy/types"

	"github.com/cdx-deploy/cdx/internal/term"
	"github.com/cdx-deploy/cdx/pkg/revision"
	"github.com/cdx-deploy/cdx/pkg/wait"
	"github.com/cdx-deploy/cdx/pkg/wait/diagnose"
)

// Followed is a deployment that was looked at or followed, and what else is known of it.
type Followed struct {
	Outcome *wait.Outcome // its Info is not nil
	About   About
}

// maxSummaryTargets bounds how many targets a summary lists: failed ones first.
const maxSummaryTargets = 100

// Summary renders deployments as a page of Markdown, for people: the facts, the
// targets, the timeline, and why it failed.
func Summary(all []Followed, now time.Time) string {
	var s summary
	for _, f := range all {
		s.deployment(f, now)
		s.targets(f.Outcome)
		s.timeline(f.Outcome)
		s.why(f)
	}
	return s.text.String()
}

// ShortSummary is [Summary] without targets, timeline and logs.
func ShortSummary(all []Followed, now time.Time) string {
	var s summary
	for _, f := range all {
		s.deployment(f, now)
	}
	return s.text.String()
}

// summary is Markdown as it is written.
type summary struct{ text strings.Builder }

func (s *summary) deployment(f Followed, now time.Time) {
	o, info := f.Outcome, f.Outcome.Info
	fmt.Fprintf(&s.text, "### %s %s to %s: %s\n\n", mark(o), text(aws.ToString(info.ApplicationName)), text(aws.ToString(info.DeploymentGroupName)), text(string(info.Status)))
	s.text.WriteString("| | |\n|---|---|\n")
	id := text(o.ID)
	if f.About.Console != "" {
		id = fmt.Sprintf("[%s](%s)", id, ConsoleLink(f.About.Console, o.ID))
	}
	s.row("Deployment", id)
	s.row("Status", text(string(info.Status)+took(info, now)+countsOf(o.Counts)))
	s.row("Revision", text(revision.Describe(info.Revision)))
	if config := aws.ToString(info.DeploymentConfigName); config != "" {
		s.row("Configuration", text(config))
	}
	if info.CreateTime != nil {
		s.row("Created", text(moment(info.CreateTime)+by(info.Creator)))
	}
	if r := o.Rollback; r != nil {
		s.row("Rollback", text(RollbackSentence(r)))
	}
	s.text.WriteString("\n")
}

// mark shows at a glance how a deployment stands; the words beside it say the same.
func mark(o *wait.Outcome) string {
	switch {
	case o.Partial():
		return "⚠️"
	case o.Status() == types.DeploymentStatusSucceeded:
		return "✅"
	case o.Status() == types.DeploymentStatusFailed:
		return "❌"
	case o.Status() == types.DeploymentStatusStopped:
		return "⏹️"
	default:
		return "⏳"
	}
}

// row writes a row of a table, of cells that are Markdown already.
func (s *summary) row(cells ...string) {
	fmt.Fprintf(&s.text, "| %s |\n", strings.Join(cells, " | "))
}

// text is foreign text as one line of Markdown.
func text(foreign string) string { return term.Markdown(oneLine(foreign)) }

func (s *summary) targets(o *wait.Outcome) {
	if len(o.Targets) == 0 {
		return
	}
	targets := make([]*wait.Target, len(o.Targets))
	for i := range o.Targets {
		targets[i] = &o.Targets[i]
	}
	slices.SortStableFunc(targets, func(a, b *wait.Target) int { return cmp.Compare(gravity(a.Status), gravity(b.Status)) })
	s.text.WriteString("| Target | Status | Took | Last lifecycle event |\n|---|---|---|---|\n")
	for _, t := range targets[:min(len(targets), maxSummaryTargets)] {
		length := ""
		if d := targetDuration(t); d > 0 {
			length = Seconds(d)
		}
		s.row(text(target(t.TargetRef)), text(string(t.Status)), length, text(lastEvent(t)))
	}
	s.text.WriteString("\n")
	if more := len(targets) - maxSummaryTargets; more > 0 {
		fmt.Fprintf(&s.text, "… and %d more targets.\n\n", more)
	}
}

// gravity orders the statuses of targets: what asks for attention comes first.
func gravity(status types.TargetStatus) int {
	order := []types.TargetStatus{types.TargetStatusFailed, types.TargetStatusUnknown, types.TargetStatusInProgress, types.TargetStatusReady, types.TargetStatusPending, types.TargetStatusSkipped}
	if i := slices.Index(order, status); i >= 0 {
		return i
	}
	return len(order)
}

// targetDuration is how long a target's lifecycle events took from the first start to
// the last end; zero while nothing has ended.
func targetDuration(t *wait.Target) time.Duration {
	var first, last time.Time
	for _, e := range t.Lifecycle {
		if !e.Start.IsZero() && (first.IsZero() || e.Start.Before(first)) {
			first = e.Start
		}
		if e.End.After(last) {
			last = e.End
		}
	}
	if first.IsZero() || last.Before(first) {
		return 0
	}
	return last.Sub(first)
}

// lastEvent is the lifecycle event that a target failed at, or else the last that has
// begun.
func lastEvent(t *wait.Target) string {
	last := ""
	for _, e := range t.Lifecycle {
		switch e.Status {
		case types.LifecycleEventStatusFailed:
			return lifecycle(e)
		case types.LifecycleEventStatusSucceeded, types.LifecycleEventStatusInProgress:
			last = e.Name + " " + string(e.Status)
		}
	}
	return last
}

// timeline lists the lifecycle events in the order in which they began.
func (s *summary) timeline(o *wait.Outcome) {
	timings := diagnose.Explain(o).Timings
	if len(timings) == 0 {
		return
	}
	s.text.WriteString("| Lifecycle event | Began | Took | Targets |\n|---|---|---|---|\n")
	for _, t := range timings {
		s.row(text(t.Event), began(o, t.Event), span(t), fmt.Sprint(t.Targets))
	}
	s.text.WriteString("\n")
}

// began is when a lifecycle event first began, counted from the deployment's creation.
func began(o *wait.Outcome, event string) string {
	var first time.Time
	for _, t := range o.Targets {
		for _, e := range t.Lifecycle {
			if e.Name == event && !e.Start.IsZero() && (first.IsZero() || e.Start.Before(first)) {
				first = e.Start
			}
		}
	}
	if first.IsZero() || o.Info.CreateTime == nil {
		return ""
	}
	return "+" + Seconds(max(0, first.Sub(*o.Info.CreateTime)))
}

// maxSummaryGroups bounds how many groups of failures a summary explains.
const maxSummaryGroups = 20

func (s *summary) why(f Followed) {
	if Diagnosis(f.Outcome, term.Style{}, f.About) == "" {
		return
	}
	d := diagnose.Explain(f.Outcome)
	if d.Code == "" && d.Message == "" && d.Cause == nil && len(d.Groups) == 0 {
		return
	}
	s.text.WriteString("#### Why\n\n")
	s.item("Code", string(d.Code))
	s.item("Message", d.Message)
	if hasOwnCause(d) {
		s.cause(f, *d.Cause)
	}
	for _, g := range d.Groups[:min(len(d.Groups), maxSummaryGroups)] {
		s.group(f, g)
	}
	if more := len(d.Groups) - maxSummaryGroups; more > 0 {
		fmt.Fprintf(&s.text, "… and %d more kinds of failure.\n", more)
	}
	s.text.WriteString("\n")
}

// item writes "name: text" as an item of a list, or nothing.
func (s *summary) item(name, foreign string) {
	if foreign = strings.TrimSpace(foreign); foreign != "" {
		fmt.Fprintf(&s.text, "- %s: %s\n", name, text(foreign))
	}
}

func (s *summary) cause(f Followed, cause diagnose.Cause) {
	s.item("Cause", cause.Text)
	s.item("To do", cause.Fix)
	if cause.Retry != nil {
		s.text.WriteString("\n" + term.MarkdownBlock(Retry(f, *cause.Retry)) + "\n")
	}
}

func (s *summary) group(f Followed, g diagnose.Group) {
	fmt.Fprintf(&s.text, "\n**%s**\n\n", text(groupTitle(g)))
	s.item("Message", g.Message)
	for i, cause := range g.Causes {
		if i == 0 || cause.Kind != diagnose.KindScriptFailed { // which says no more than the one before
			s.cause(f, cause)
		}
	}
	if tail := strings.TrimSpace(g.LogTail); tail != "" {
		fmt.Fprintf(&s.text, "\nLog of %s:\n\n%s", text(g.LogTarget), term.MarkdownBlock(tail))
	}
}
