package report

import (
	"fmt"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/codedeploy/types"

	"github.com/cdx-deploy/cdx/internal/term"
	"github.com/cdx-deploy/cdx/pkg/deploy"
	"github.com/cdx-deploy/cdx/pkg/revision"
	"github.com/cdx-deploy/cdx/pkg/wait"
)

// Status renders a deployment as one look has shown it, at the time now: a line for
// each fact, and for each target what it is doing.
func Status(o *wait.Outcome, now time.Time) string {
	info := o.Info
	var b strings.Builder
	w := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	fact := func(name, text string) {
		if text != "" {
			fmt.Fprintf(w, "%s\t%s\n", name, oneLine(text))
		}
	}
	fact("deployment", o.ID)
	fact("status", string(info.Status)+took(info, now)+countsOf(o.Counts))
	fact("application", aws.ToString(info.ApplicationName))
	fact("group", aws.ToString(info.DeploymentGroupName))
	fact("config", aws.ToString(info.DeploymentConfigName))
	fact("revision", revision.Describe(info.Revision))
	fact("created", moment(info.CreateTime)+by(info.Creator))
	fact("description", deploy.UserDescription(aws.ToString(info.Description)))
	fact("rollback", rollbackOf(info.RollbackInfo))
	for _, t := range o.Targets {
		fact("target", target(t.TargetRef)+": "+progress(t))
	}
	_ = w.Flush() // a strings.Builder takes everything
	return b.String()
}

// took says how long a deployment took, or for how long it has been going on.
func took(info *types.DeploymentInfo, now time.Time) string {
	switch {
	case info.CreateTime == nil:
		return ""
	case info.CompleteTime != nil:
		return " after " + Seconds(info.CompleteTime.Sub(*info.CreateTime))
	default:
		return " for " + Seconds(max(0, now.Sub(*info.CreateTime)))
	}
}

// progress is what a target is doing, or what it did last.
func progress(t wait.Target) string {
	text := string(t.Status)
	for _, e := range t.Lifecycle {
		switch e.Status {
		case types.LifecycleEventStatusInProgress, types.LifecycleEventStatusFailed:
			text += ", " + lifecycle(e)
		}
	}
	if t.TrafficPercent != nil {
		text += fmt.Sprintf(", %g %% of the traffic", *t.TrafficPercent)
	}
	return text
}

func rollbackOf(r *types.RollbackInfo) string {
	switch {
	case r == nil:
		return ""
	case r.RollbackTriggeringDeploymentId != nil:
		return "of deployment " + *r.RollbackTriggeringDeploymentId
	case r.RollbackDeploymentId != nil:
		return "by deployment " + *r.RollbackDeploymentId
	default:
		return aws.ToString(r.RollbackMessage)
	}
}

func by(creator types.DeploymentCreator) string {
	if creator == "" {
		return ""
	}
	return " by " + string(creator)
}

// moment renders a time to the second, in UTC; empty for none.
func moment(t *time.Time) string {
	if t == nil {
		return ""
	}
	return t.UTC().Format(time.RFC3339)
}

// History renders deployments as a table, at the time now.
func History(deployments []types.DeploymentInfo, now time.Time, s Screen) string {
	rows := [][]string{{"DEPLOYMENT", "STATUS", "CREATED", "TOOK", "BY", "REVISION"}}
	for i := range deployments {
		d := &deployments[i]
		rows = append(rows, []string{cell(aws.ToString(d.DeploymentId)), cell(string(d.Status)), cell(s.moment(d.CreateTime)),
			cell(length(d, now)), cell(string(d.Creator)), cell(revision.Describe(d.Revision))})
	}
	return s.table(rows, 1)
}

// length is how long a deployment took, with a plus while it goes on.
func length(d *types.DeploymentInfo, now time.Time) string {
	switch {
	case d.CreateTime == nil:
		return ""
	case d.CompleteTime != nil:
		return Seconds(d.CompleteTime.Sub(*d.CreateTime))
	default:
		return Seconds(max(0, now.Sub(*d.CreateTime))) + "+"
	}
}

// cell is text that is safe in a table, and never empty.
func cell(text string) string {
	if text = oneLine(text); text == "" {
		return "-"
	}
	return term.Clean(text)
}
