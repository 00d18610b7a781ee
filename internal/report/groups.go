package report

import (
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/codedeploy/types"

	"github.com/cdx-deploy/cdx/pkg/revision"
)

// Groups renders deployment groups as a table.
func Groups(infos []types.DeploymentGroupInfo, s Screen) string {
	rows := [][]string{{"GROUP", "TARGETS", "CONFIG", "LAST SUCCESS", "LAST DEPLOYMENT"}}
	for i := range infos {
		g := &infos[i]
		success := ""
		if g.LastSuccessfulDeployment != nil {
			success = s.moment(g.LastSuccessfulDeployment.CreateTime)
		}
		rows = append(rows, []string{
			cell(aws.ToString(g.DeploymentGroupName)), cell(strings.Join(targetsOf(g), "; ")), cell(aws.ToString(g.DeploymentConfigName)),
			cell(success), cell(lastAttempt(g, s)),
		})
	}
	return s.table(rows, 1)
}

// targetsOf tells in a few words what a deployment group deploys to.
func targetsOf(g *types.DeploymentGroupInfo) []string {
	var targets []string
	if len(g.AutoScalingGroups) > 0 {
		targets = append(targets, "Auto Scaling "+strings.Join(scalingNames(g), ", "))
	}
	for _, tags := range []struct{ of, text string }{{"EC2", ec2Tags(g)}, {"on-premises", onPremisesTags(g)}} {
		if tags.text != "" {
			targets = append(targets, tags.of+" "+tags.text)
		}
	}
	return append(targets, services(g)...)
}

// Group renders a deployment group with all that is set.
func Group(g *types.DeploymentGroupInfo, s Screen) string {
	f := newFacts()
	f.add("group", aws.ToString(g.DeploymentGroupName))
	f.add("application", aws.ToString(g.ApplicationName))
	f.add("platform", string(g.ComputePlatform))
	f.add("config", aws.ToString(g.DeploymentConfigName))
	f.add("style", style(g.DeploymentStyle))
	f.add("EC2 tags", ec2Tags(g))
	f.add("on-premises tags", onPremisesTags(g))
	f.add("Auto Scaling", scaling(g))
	f.each("ECS service", services(g))
	f.each("load balancer", loadBalancers(g.LoadBalancerInfo))
	f.each("blue/green", blueGreen(g.BlueGreenDeploymentConfiguration, g.DeploymentStyle))
	f.each("trigger", triggers(g.TriggerConfigurations))
	f.add("alarms", alarms(g.AlarmConfiguration))
	f.add("rollback", rollback(g.AutoRollbackConfiguration))
	f.add("outdated instances", outdated(g))
	f.add("role", aws.ToString(g.ServiceRoleArn))
	f.add("id", aws.ToString(g.DeploymentGroupId))
	f.add("last success", deploymentOf(g.LastSuccessfulDeployment, s))
	f.add("last deployment", lastAttempt(g, s))
	if g.TargetRevision != nil {
		f.add("revision", revision.Describe(g.TargetRevision))
	}
	return f.String()
}

// lastAttempt tells of the last deployment to a group; empty for none.
func lastAttempt(g *types.DeploymentGroupInfo, s Screen) string {
	return deploymentOf(g.LastAttemptedDeployment, s)
}

func deploymentOf(last *types.LastDeploymentInfo, s Screen) string {
	if last == nil || aws.ToString(last.DeploymentId) == "" {
		return ""
	}
	text := *last.DeploymentId
	if last.Status != "" {
		text += " " + string(last.Status)
	}
	return text + after(", ", s.moment(last.CreateTime))
}
