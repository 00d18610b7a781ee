package doctor

import (
	"context"
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/codedeploy"
	"github.com/aws/aws-sdk-go-v2/service/codedeploy/types"

	"github.com/cdx-deploy/cdx/pkg/deploy"
	"github.com/cdx-deploy/cdx/pkg/wait"
)

// targets tells what a group deploys to. How many instances match now is not to be
// learned from CodeDeploy.
func (d *doctor) targets(group string, info *types.DeploymentGroupInfo) Finding {
	check := "targets of " + group
	by := selection(info)
	switch {
	case by == "" && (info.ComputePlatform == types.ComputePlatformServer || info.ComputePlatform == ""):
		return Finding{check, Warning, "the group names neither tags nor Auto Scaling groups: a deployment finds no instances, unless --target-instances names some", "name them: aws deploy update-deployment-group --ec2-tag-filters … or --auto-scaling-groups …"}
	case by == "":
		return Finding{check, Passed, "the AppSpec file names them", ""}
	case info.ComputePlatform == types.ComputePlatformEcs:
		return Finding{check, Passed, by, ""}
	default:
		return Finding{check, NotChecked, by + "; how many match now, only a deployment tells", ""}
	}
}

// selection says by what a group finds its targets; empty: by nothing.
func selection(info *types.DeploymentGroupInfo) string {
	var parts []string
	add := func(what string, key, value *string) {
		parts = append(parts, what+" "+aws.ToString(key)+"="+aws.ToString(value))
	}
	for _, filter := range info.Ec2TagFilters {
		add("tag", filter.Key, filter.Value)
	}
	if info.Ec2TagSet != nil {
		for _, list := range info.Ec2TagSet.Ec2TagSetList {
			for _, filter := range list {
				add("tag", filter.Key, filter.Value)
			}
		}
	}
	for _, filter := range info.OnPremisesInstanceTagFilters {
		add("on-premises tag", filter.Key, filter.Value)
	}
	if info.OnPremisesTagSet != nil {
		for _, list := range info.OnPremisesTagSet.OnPremisesTagSetList {
			for _, filter := range list {
				add("on-premises tag", filter.Key, filter.Value)
			}
		}
	}
	for _, scaling := range info.AutoScalingGroups {
		parts = append(parts, "Auto Scaling group "+aws.ToString(scaling.Name))
	}
	for _, service := range info.EcsServices {
		parts = append(parts, "service "+aws.ToString(service.ClusterName)+"/"+aws.ToString(service.ServiceName))
	}
	return strings.Join(parts, ", ")
}

// lastDeployment looks what became of the group's last deployment, and whether the
// agents of its targets answered.
func (d *doctor) lastDeployment(ctx context.Context, group string, info *types.DeploymentGroupInfo) Findings {
	check, agents := "last deployment to "+group, "agents of "+group
	if info.LastAttemptedDeployment == nil {
		return Findings{
			{check, NotChecked, "nothing was deployed to it yet", ""},
			{agents, NotChecked, "only a deployment tells whether they answer", "on an instance: sudo service codedeploy-agent status"},
		}
	}
	for _, err := range deploy.History(ctx, d.CodeDeploy, d.Application, group) {
		if err != nil {
			break // the observer has noted it
		}
		break // one page was read, which tells whether it may be
	}
	id := aws.ToString(info.LastAttemptedDeployment.DeploymentId)
	outcome, err := wait.Look(ctx, d.CodeDeploy, id)
	if err != nil {
		finding := d.refused(check, "codedeploy:GetDeployment", err)
		if finding.State == Failed { // a deployment that is forgotten prevents nothing
			finding.State = NotChecked
		}
		return Findings{finding}
	}
	if rev := outcome.Info.Revision; rev != nil {
		_, _ = d.CodeDeploy.GetApplicationRevision(ctx, &codedeploy.GetApplicationRevisionInput{ApplicationName: &d.Application, Revision: rev}) // the observer notes the answer
	}
	return Findings{d.ending(check, outcome), d.agents(agents, info, outcome)}
}

// ending tells how the last deployment ended, and its targets.
func (d *doctor) ending(check string, outcome *wait.Outcome) Finding {
	text := fmt.Sprintf("%s %s", outcome.ID, outcome.Status())
	if created := outcome.Info.CreateTime; created != nil {
		text += created.UTC().Format(", 2006-01-02 15:04 MST")
	}
	counts := outcome.Counts
	if counts.Total() > 0 {
		text += fmt.Sprintf(": %d of %d targets succeeded, %d failed", counts.Succeeded, counts.Total(), counts.Failed)
	}
	if outcome.Status() == types.DeploymentStatusFailed {
		return Finding{check, Warning, text, "see why: cdx status " + outcome.ID}
	}
	return Finding{check, Passed, text, ""}
}

// agents tells whether the agents of the last deployment's targets answered: one that
// ran or failed a lifecycle event did.
func (d *doctor) agents(check string, info *types.DeploymentGroupInfo, outcome *wait.Outcome) Finding {
	if info.ComputePlatform == types.ComputePlatformEcs || info.ComputePlatform == types.ComputePlatformLambda {
		return Finding{check, Passed, "this platform has none", ""}
	}
	answered, silent := 0, []string(nil)
	for _, target := range outcome.Targets {
		switch {
		case worked(target):
			answered++
		case target.Status == types.TargetStatusFailed, target.Status == types.TargetStatusUnknown:
			silent = append(silent, target.ID)
		}
	}
	switch {
	case len(silent) > 0:
		return Finding{check, Warning, fmt.Sprintf("no answer in the last deployment from %s", shortList(silent)), "on the instance: sudo service codedeploy-agent restart, then look at /var/log/aws/codedeploy-agent/codedeploy-agent.log"}
	case answered > 0:
		return Finding{check, Passed, fmt.Sprintf("%d answered in the last deployment; whether they do now, only a deployment tells", answered), ""}
	default:
		return Finding{check, NotChecked, "the last deployment does not tell whether they answer", "on an instance: sudo service codedeploy-agent status"}
	}
}

// worked reports that an agent ran at least one lifecycle event.
func worked(target wait.Target) bool {
	for _, event := range target.Lifecycle {
		if event.Status == types.LifecycleEventStatusSucceeded || event.Status == types.LifecycleEventStatusInProgress || event.Status == types.LifecycleEventStatusFailed && !event.Start.IsZero() {
			return true
		}
	}
	return false
}

// maxNamed bounds how many names a message lists.
const maxNamed = 5

func shortList(names []string) string {
	if len(names) > maxNamed {
		return fmt.Sprintf("%s and %d more", strings.Join(names[:maxNamed], ", "), len(names)-maxNamed)
	}
	return strings.Join(names, ", ")
}
