package report

import (
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/codedeploy/types"
)

func style(s *types.DeploymentStyle) string {
	if s == nil {
		return ""
	}
	text := string(s.DeploymentType)
	switch s.DeploymentType {
	case types.DeploymentTypeInPlace:
		text = "in place"
	case types.DeploymentTypeBlueGreen:
		text = "blue/green"
	}
	switch s.DeploymentOption {
	case types.DeploymentOptionWithTrafficControl:
		text += ", traffic is routed by a load balancer"
	case types.DeploymentOptionWithoutTrafficControl:
		text += ", traffic is not routed"
	}
	return text
}

// ec2Tags tells which tags select EC2 instances.
func ec2Tags(g *types.DeploymentGroupInfo) string {
	var sets [][]types.TagFilter
	if set := g.Ec2TagSet; set != nil {
		for _, filters := range set.Ec2TagSetList {
			sets = append(sets, tagFilters(filters))
		}
	}
	return selection(sets, tagFilters(g.Ec2TagFilters))
}

// onPremisesTags tells which tags select on-premises instances.
func onPremisesTags(g *types.DeploymentGroupInfo) string {
	var sets [][]types.TagFilter
	if set := g.OnPremisesTagSet; set != nil {
		sets = set.OnPremisesTagSetList
	}
	return selection(sets, g.OnPremisesInstanceTagFilters)
}

// tagFilters are filters of EC2 tags as those of on-premises instances, which say the same.
func tagFilters(ec2 []types.EC2TagFilter) (filters []types.TagFilter) {
	for _, f := range ec2 {
		filters = append(filters, types.TagFilter{Key: f.Key, Type: types.TagFilterType(f.Type), Value: f.Value})
	}
	return filters
}

// selection tells which tags select instances: those of a tag set, else single filters.
func selection(sets [][]types.TagFilter, filters []types.TagFilter) string {
	if len(sets) == 0 {
		sets = [][]types.TagFilter{filters}
	}
	texts := make([][]string, len(sets))
	for i, set := range sets {
		for _, f := range set {
			texts[i] = append(texts[i], filter(f))
		}
	}
	return allOf(texts)
}

// filter writes a tag as key=value, with a star for any.
func filter(f types.TagFilter) string {
	k, v := aws.ToString(f.Key), aws.ToString(f.Value)
	switch f.Type {
	case types.TagFilterTypeKeyOnly:
		v = "*"
	case types.TagFilterTypeValueOnly:
		k = "*"
	}
	return k + "=" + v
}

// anyOf joins texts of which one has to hold.
func anyOf(texts []string) string { return strings.Join(texts, " or ") }

// allOf joins lists of texts: one of each has to hold.
func allOf(sets [][]string) string {
	var texts []string
	for _, set := range sets {
		text := anyOf(set)
		if len(sets) > 1 && len(set) > 1 {
			text = "(" + text + ")"
		}
		texts = append(texts, text)
	}
	return strings.Join(texts, " and ")
}

func scalingNames(g *types.DeploymentGroupInfo) (names []string) {
	for _, group := range g.AutoScalingGroups {
		names = append(names, aws.ToString(group.Name))
	}
	return names
}

func scaling(g *types.DeploymentGroupInfo) string {
	text := strings.Join(scalingNames(g), ", ")
	if g.TerminationHookEnabled && text != "" {
		text += ", deployed to on termination too"
	}
	return text
}

func services(g *types.DeploymentGroupInfo) (texts []string) {
	for _, service := range g.EcsServices {
		texts = append(texts, aws.ToString(service.ClusterName)+"/"+aws.ToString(service.ServiceName))
	}
	return texts
}

func loadBalancers(lb *types.LoadBalancerInfo) (texts []string) {
	if lb == nil {
		return nil
	}
	for _, classic := range lb.ElbInfoList {
		texts = append(texts, "Classic Load Balancer "+aws.ToString(classic.Name))
	}
	for _, group := range lb.TargetGroupInfoList {
		texts = append(texts, "target group "+aws.ToString(group.Name))
	}
	for _, pair := range lb.TargetGroupPairInfoList {
		var names []string
		for _, group := range pair.TargetGroups {
			names = append(names, aws.ToString(group.Name))
		}
		texts = append(texts, "target groups "+strings.Join(names, " and "))
		texts = append(texts, listeners("production", pair.ProdTrafficRoute)...)
		texts = append(texts, listeners("test", pair.TestTrafficRoute)...)
	}
	return texts
}

func listeners(traffic string, route *types.TrafficRoute) (texts []string) {
	if route == nil {
		return nil
	}
	for _, arn := range route.ListenerArns {
		texts = append(texts, traffic+" traffic by "+arn)
	}
	return texts
}

// blueGreen tells how a blue/green deployment goes; an in-place group has settings for it
// too, which do not matter.
func blueGreen(b *types.BlueGreenDeploymentConfiguration, s *types.DeploymentStyle) (texts []string) {
	if b == nil || s != nil && s.DeploymentType == types.DeploymentTypeInPlace {
		return nil
	}
	if green := b.GreenFleetProvisioningOption; green != nil {
		switch green.Action {
		case types.GreenFleetProvisioningActionCopyAutoScalingGroup:
			texts = append(texts, "replacements come with a copy of the Auto Scaling group")
		case types.GreenFleetProvisioningActionDiscoverExisting:
			texts = append(texts, "replacements are there already")
		}
	}
	if ready := b.DeploymentReadyOption; ready != nil {
		switch ready.ActionOnTimeout {
		case types.DeploymentReadyActionContinueDeployment:
			texts = append(texts, "traffic is rerouted at once")
		case types.DeploymentReadyActionStopDeployment:
			texts = append(texts, fmt.Sprintf("traffic is rerouted when somebody says so within %s, else the deployment is stopped", minutes(ready.WaitTimeInMinutes)))
		}
	}
	if blue := b.TerminateBlueInstancesOnDeploymentSuccess; blue != nil {
		switch blue.Action {
		case types.InstanceActionKeepAlive:
			texts = append(texts, "the originals are kept")
		case types.InstanceActionTerminate:
			texts = append(texts, "the originals are terminated "+minutes(blue.TerminationWaitTimeInMinutes)+" later")
		}
	}
	return texts
}

func minutes(n int32) string { return Counted(int(n), "minute") }

func triggers(configs []types.TriggerConfig) (texts []string) {
	for _, t := range configs {
		var events []string
		for _, event := range t.TriggerEvents {
			events = append(events, string(event))
		}
		texts = append(texts, fmt.Sprintf("%s: %s to %s", aws.ToString(t.TriggerName), strings.Join(events, ", "), aws.ToString(t.TriggerTargetArn)))
	}
	return texts
}

func alarms(a *types.AlarmConfiguration) string {
	if a == nil || len(a.Alarms) == 0 {
		return ""
	}
	var names []string
	for _, alarm := range a.Alarms {
		names = append(names, aws.ToString(alarm.Name))
	}
	text := strings.Join(names, ", ")
	switch {
	case !a.Enabled:
		text += " (switched off)"
	case a.IgnorePollAlarmFailure:
		text += " (going on when they cannot be read)"
	}
	return text
}

func rollback(r *types.AutoRollbackConfiguration) string {
	if r == nil || len(r.Events) == 0 {
		return ""
	}
	var events []string
	for _, event := range r.Events {
		switch event {
		case types.AutoRollbackEventDeploymentFailure:
			events = append(events, "a deployment fails")
		case types.AutoRollbackEventDeploymentStopOnAlarm:
			events = append(events, "an alarm stops it")
		case types.AutoRollbackEventDeploymentStopOnRequest:
			events = append(events, "somebody stops it")
		default:
			events = append(events, string(event))
		}
	}
	text := "when " + anyOf(events)
	if !r.Enabled {
		text += " (switched off)"
	}
	return text
}

// outdated tells what becomes of instances launched in the middle of a deployment.
func outdated(g *types.DeploymentGroupInfo) string {
	switch g.OutdatedInstancesStrategy {
	case types.OutdatedInstancesStrategyIgnore:
		return "left as they are"
	case types.OutdatedInstancesStrategyUpdate:
		return "updated"
	}
	return ""
}
