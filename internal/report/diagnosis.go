package report

import (
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/codedeploy/types"

	"github.com/cdx-deploy/cdx/internal/term"
	"github.com/cdx-deploy/cdx/pkg/revision"
	"github.com/cdx-deploy/cdx/pkg/wait"
	"github.com/cdx-deploy/cdx/pkg/wait/diagnose"
)

// Ending renders how a deployment stands at the end of the wait, as one line.
func Ending(o *wait.Outcome) string {
	text := "deployment " + o.ID
	if o.Status() == "" {
		return text + ": no status seen"
	}
	text += " " + string(o.Status())
	if d := o.Duration(); d > 0 {
		text += " after " + Seconds(d)
	}
	return oneLine(text + countsOf(o.Counts))
}

func countsOf(c wait.Counts) string {
	if c.Total() == 0 {
		return ""
	}
	return ": " + Counts(c)
}

// maxTargetNames bounds how many targets of a group are named.
const maxTargetNames = 10

// Diagnosis explains a deployment that did not wholly succeed: why, where, what
// to do, and the end of the log. It is empty for one that did, or that goes on.
// Console is the region whose console is linked; empty leaves the link out.
func Diagnosis(o *wait.Outcome, style term.Style, console string) string {
	switch o.Status() {
	case types.DeploymentStatusFailed, types.DeploymentStatusStopped:
	case types.DeploymentStatusSucceeded:
		if !o.Partial() {
			return ""
		}
	default:
		return ""
	}
	d := diagnose.Explain(o)
	e := explanation{style: style, outcome: o}
	e.deployment(d)
	for _, group := range d.Groups {
		e.group(group)
	}
	e.rest(d, console)
	return e.text.String()
}

// explanation is a diagnosis as it is written.
type explanation struct {
	text    strings.Builder
	style   term.Style
	outcome *wait.Outcome
}

// field writes "name: text", indented, the further lines of text under the first.
func (e *explanation) field(name, text string) {
	if text = strings.TrimSpace(term.Clean(text)); text != "" {
		indent := strings.Repeat(" ", len(name)+4)
		fmt.Fprintf(&e.text, "  %s: %s\n", name, strings.ReplaceAll(text, "\n", "\n"+indent))
	}
}

func (e *explanation) deployment(d *diagnose.Diagnosis) {
	title := fmt.Sprintf("why deployment %s ended %s:", d.DeploymentID, d.Status)
	if e.outcome.Partial() {
		title = fmt.Sprintf("deployment %s ended %s, but not on all targets:", d.DeploymentID, d.Status)
	}
	fmt.Fprintf(&e.text, "%s\n", e.style.Bold(title))
	e.field("code", string(d.Code))
	e.field("message", d.Message)
	if d.Cause != nil {
		e.cause(*d.Cause)
	}
}

func (e *explanation) cause(cause diagnose.Cause) {
	e.field("cause", cause.Text)
	e.field("to do", cause.Fix)
	if cause.Retry != nil {
		e.field("retry", e.retry(*cause.Retry))
	}
}

// retry is the command that deploys the same revision again.
func (e *explanation) retry(retry diagnose.Retry) string {
	info := e.outcome.Info
	var b strings.Builder
	fmt.Fprintf(&b, "cdx deploy -a %s -g %s", aws.ToString(info.ApplicationName), aws.ToString(info.DeploymentGroupName))
	switch {
	case info.Revision == nil:
	case info.Revision.S3Location != nil:
		fmt.Fprintf(&b, " --revision '%s'", revision.URL(info.Revision))
	case info.Revision.GitHubLocation != nil:
		b.WriteString(" --github-location " + revision.Shorthand(info.Revision))
	}
	if retry.Flag != "" {
		b.WriteString(" --" + retry.Flag)
	}
	if retry.Value != "" {
		b.WriteString(" " + retry.Value)
	}
	return b.String()
}

func (e *explanation) group(g diagnose.Group) {
	fmt.Fprintf(&e.text, "%s\n", e.style.Red(groupTitle(g)))
	e.field("message", g.Message)
	for _, cause := range g.Causes {
		e.cause(cause)
	}
	if tail := strings.TrimRight(term.Clean(g.LogTail), "\n"); tail != "" {
		fmt.Fprintf(&e.text, "  log of %s:\n", term.Line(g.LogTarget))
		for line := range strings.Lines(tail) {
			fmt.Fprintf(&e.text, "    | %s\n", strings.TrimRight(line, "\n"))
		}
	}
}

// groupTitle is like "2 targets failed at AfterInstall in scripts/a.sh
// (ScriptFailed): i-1, i-2".
func groupTitle(g diagnose.Group) string {
	title := fmt.Sprintf("%d targets failed", len(g.Targets))
	if len(g.Targets) == 1 {
		title = "1 target failed"
	}
	if g.Event != "" {
		title += " at " + g.Event
	}
	if g.Script != "" {
		title += " in " + g.Script
	}
	if g.Code != "" {
		title += fmt.Sprintf(" (%s)", g.Code)
	}
	var names []string
	for _, ref := range g.Targets[:min(len(g.Targets), maxTargetNames)] {
		names = append(names, target(ref))
	}
	if more := len(g.Targets) - len(names); more > 0 {
		names = append(names, fmt.Sprintf("and %d more", more))
	}
	return term.Line(title + ": " + strings.Join(names, ", "))
}

func (e *explanation) rest(d *diagnose.Diagnosis, console string) {
	if d.TargetsDenied {
		e.field("note", "the targets could not be looked at: the permissions codedeploy:ListDeploymentTargets and codedeploy:BatchGetDeploymentTargets are missing")
	}
	if d.Undescribed > 0 && !d.TargetsDenied {
		e.field("note", fmt.Sprintf("nothing more is known of %d failed targets", d.Undescribed))
	}
	e.field("time", timings(d.Timings))
	if console != "" {
		e.field("console", fmt.Sprintf("https://%s.console.aws.amazon.com/codesuite/codedeploy/deployments/%s?region=%s", console, d.DeploymentID, console))
	}
}

// timings is like "BeforeInstall 2s, Install 1s to 3s".
func timings(all []diagnose.Timing) string {
	var parts []string
	for _, t := range all {
		took := Seconds(t.Longest)
		if shortest := Seconds(t.Shortest); shortest != took {
			took = shortest + " to " + took
		}
		parts = append(parts, t.Event+" "+took)
	}
	return strings.Join(parts, ", ")
}
