package report

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/codedeploy/types"

	"github.com/cdx-deploy/cdx/internal/awsjson"
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

// About is what the caller knows of a deployment beside what the service tells.
type About struct {
	Console string // the region whose console is linked; empty leaves the link out
	Again   string // the command that deploys the same again; empty: made of what the service tells
	Flags   string // what makes any command reach the same account, like " --region eu-west-1"; may be empty
}

// Diagnosis explains a deployment that did not wholly succeed: why, where, what
// to do, and the end of the log. It is empty for one that did, or that goes on.
func Diagnosis(o *wait.Outcome, style term.Style, about About) string {
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
	e := explanation{style: style, outcome: o, about: about}
	e.deployment(d)
	for _, group := range d.Groups {
		e.group(group)
	}
	e.rest(d)
	if e.text.Len() == 0 {
		return ""
	}
	return e.title(d) + e.text.String()
}

// healthConstraints is the kind of cause that only says that targets failed.
const healthConstraints diagnose.Kind = "health-constraints"

// explanation is a diagnosis as it is written.
type explanation struct {
	text    strings.Builder
	style   term.Style
	outcome *wait.Outcome
	about   About
}

// field writes "name: text", indented, the further lines of text under the first.
func (e *explanation) field(name, text string) {
	if text = strings.TrimSpace(term.Clean(text)); text != "" {
		indent := strings.Repeat(" ", len(name)+4)
		fmt.Fprintf(&e.text, "  %s: %s\n", name, strings.ReplaceAll(text, "\n", "\n"+indent))
	}
}

func (e *explanation) title(d *diagnose.Diagnosis) string {
	title := fmt.Sprintf("why deployment %s ended %s:", d.DeploymentID, d.Status)
	if e.outcome.Partial() {
		title = fmt.Sprintf("deployment %s ended %s, but not on all targets:", d.DeploymentID, d.Status)
	}
	return e.style.Bold(title) + "\n"
}

func (e *explanation) deployment(d *diagnose.Diagnosis) {
	e.field("code", string(d.Code))
	e.field("message", d.Message)
	if hasOwnCause(d) {
		e.cause(*d.Cause)
	}
	if r := e.outcome.Rollback; r != nil && r.ID == "" { // of one that was started, events tell
		e.field("rollback", RollbackSentence(r))
	}
}

// hasOwnCause reports whether the deployment's cause says more than that targets failed, where it is said of
// these why.
func hasOwnCause(d *diagnose.Diagnosis) bool {
	return d.Cause != nil && (len(d.Groups) == 0 || d.Cause.Kind != healthConstraints)
}

func (e *explanation) cause(cause diagnose.Cause) {
	e.field("cause", cause.Text)
	e.field("to do", cause.Fix)
	if cause.Retry != nil {
		e.field("retry", Retry(Followed{e.outcome, e.about}, *cause.Retry))
	}
}

// Retry is the command that deploys the same revision again.
func Retry(f Followed, retry diagnose.Retry) string {
	text := f.About.Again
	if text == "" {
		text = again(f.Outcome.Info)
	}
	return withFlag(text, retry.Flag, retry.Value) + f.About.Flags
}

// withFlag adds a flag to a command, in place of the same one with another value. The
// value, if any, is one word that needs no quotes.
func withFlag(command, name, value string) string {
	if name == "" {
		return command
	}
	flag := " --" + name
	if before, after, found := strings.Cut(command, flag+" "); found && value != "" {
		_, after, _ = strings.Cut(after+" ", " ")
		command = strings.TrimSuffix(before+" "+after, " ")
	}
	if value != "" {
		return command + flag + " " + value
	}
	if strings.Contains(command+" ", flag+" ") {
		return command
	}
	return command + flag
}

// again is the command that deploys a deployment's revision again, as it was deployed.
func again(info *types.DeploymentInfo) string {
	return againOf(info) + created(info)
}

// created are the settings that a deployment was created with, as flags.
func created(info *types.DeploymentInfo) string {
	flags := ""
	if name := aws.ToString(info.DeploymentConfigName); name != "" {
		flags += " --deployment-config-name " + revision.ShellQuote(name)
	}
	if behaviour := info.FileExistsBehavior; behaviour != "" && behaviour != types.FileExistsBehaviorDisallow {
		flags += " --file-exists-behavior " + revision.ShellQuote(string(behaviour))
	}
	if info.IgnoreApplicationStopFailures {
		flags += " --ignore-application-stop-failures"
	}
	if info.UpdateOutdatedInstancesOnly {
		flags += " --update-outdated-instances-only"
	}
	if info.TargetInstances != nil {
		targets, _ := json.Marshal(awsjson.Value{Of: info.TargetInstances}) // text, lists and maps always have a JSON form
		flags += " --target-instances " + revision.ShellQuote(string(targets))
	}
	return flags
}

// againOf is the command that deploys a deployment's revision.
func againOf(info *types.DeploymentInfo) string {
	text := fmt.Sprintf("cdx deploy --wait -a %s -g %s", revision.ShellQuote(aws.ToString(info.ApplicationName)), revision.ShellQuote(aws.ToString(info.DeploymentGroupName)))
	switch rev := info.Revision; {
	case rev == nil:
		return text
	case rev.S3Location != nil:
		return text + " --revision " + revision.ShellQuote(revision.URL(rev))
	case rev.GitHubLocation != nil:
		return text + " --github-location " + revision.Shorthand(rev)
	default:
		return text + " DIR"
	}
}

func (e *explanation) group(g diagnose.Group) {
	fmt.Fprintf(&e.text, "%s\n", e.style.Red(groupTitle(g)))
	e.field("message", g.Message)
	for i, cause := range g.Causes {
		if i == 0 || cause.Kind != diagnose.KindScriptFailed { // which says no more than the one before
			e.cause(cause)
		}
	}
	if tail := strings.TrimRight(term.Clean(g.LogTail), "\n"); tail != "" {
		fmt.Fprintf(&e.text, "  log of %s:\n", term.Line(g.LogTarget))
		for line := range strings.Lines(tail) {
			fmt.Fprintf(&e.text, "    | %s\n", strings.TrimRight(line, "\n"))
		}
	}
}

// Brief is why a deployment failed, in a few lines: where its targets failed, and what
// to do about the first cause.
func Brief(o *wait.Outcome) string {
	d := diagnose.Explain(o)
	var lines []string
	for _, g := range d.Groups[:min(len(d.Groups), maxBriefGroups)] {
		lines = append(lines, groupTitle(g), oneLine(g.Message))
		if len(g.Causes) > 0 {
			lines = append(lines, oneLine(g.Causes[0].Text+": "+g.Causes[0].Fix))
		}
	}
	if len(lines) == 0 {
		lines = append(lines, oneLine(d.Message))
	}
	return strings.Join(slices.DeleteFunc(lines, func(line string) bool { return line == "" }), "\n")
}

// maxBriefGroups bounds how many kinds of failure a brief explanation names.
const maxBriefGroups = 3

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

func (e *explanation) rest(d *diagnose.Diagnosis) {
	if d.TargetsDenied {
		e.field("note", "the targets could not be looked at: the permissions codedeploy:ListDeploymentTargets and codedeploy:BatchGetDeploymentTargets are missing")
	}
	if d.Undescribed > 0 && !d.TargetsDenied {
		e.field("note", fmt.Sprintf("nothing more is known of %d failed targets", d.Undescribed))
	}
	e.field("time", timings(d.Timings))
	if console := e.about.Console; console != "" {
		e.field("console", ConsoleLink(console, d.DeploymentID))
	}
}

// timings is like "BeforeInstall 2s, Install 1s to 3s".
func timings(all []diagnose.Timing) string {
	var parts []string
	for _, t := range all {
		parts = append(parts, t.Event+" "+span(t))
	}
	return strings.Join(parts, ", ")
}

// span is how long a lifecycle event took, such as "1s to 3s".
func span(t diagnose.Timing) string {
	took := Seconds(t.Longest)
	if shortest := Seconds(t.Shortest); shortest != took {
		return shortest + " to " + took
	}
	return took
}
