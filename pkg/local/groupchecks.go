package local

import (
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/codedeploy/types"
)

// The numbers that settings may have at most.
// Source: AWS CodeDeploy User Guide, "Quotas"; CodeDeploy API Reference, LoadBalancerInfo,
// BlueInstanceTerminationOption and TagSetListLimitExceededException.
const (
	maxAlarms          = 50
	maxLoadBalancers   = 10
	maxScalingGroups   = 10
	maxTagGroups       = 3
	maxTerminationWait = 2880 // minutes
	maxTriggers        = 10
)

// checkSettings refuses what AWS refuses of a group's settings.
func (a *api) checkSettings(g *group, in *groupSettings) error {
	if err := a.checkConfigName(in.DeploymentConfigName, g.info.ComputePlatform); err != nil {
		return err
	}
	for _, check := range []func(*groupSettings) error{checkRole, g.checkStyle, g.checkServices, checkSelection, checkScaling, checkTriggers} {
		if err := check(in); err != nil {
			return err
		}
	}
	if err := checkBlueGreen(in.BlueGreenDeploymentConfiguration); err != nil {
		return err
	}
	if err := checkLoadBalancer(in.LoadBalancerInfo); err != nil {
		return err
	}
	if err := checkRollback(in.AutoRollbackConfiguration, "InvalidAutoRollbackConfigException"); err != nil {
		return err
	}
	return checkAlarms(in.AlarmConfiguration)
}

// checkConfigName checks that a deployment configuration, where one is named, is there and for the platform.
func (a *api) checkConfigName(name *string, platform types.ComputePlatform) error {
	if name == nil {
		return nil
	}
	if *name == "" {
		return exception("InvalidDeploymentConfigNameException", "The deployment configuration name is empty")
	}
	config, err := a.findConfig(name)
	if err != nil {
		return err
	}
	if config.ComputePlatform != platform {
		return exception("InvalidDeploymentConfigNameException", "The deployment configuration %s is not for the compute platform %s", *name, platform)
	}
	return nil
}

func checkRole(in *groupSettings) error {
	if in.ServiceRoleArn != nil && !strings.HasPrefix(*in.ServiceRoleArn, "arn:") {
		return exception("InvalidRoleException", "The service role ARN %q is not valid", *in.ServiceRoleArn)
	}
	return nil
}

func (g *group) checkStyle(in *groupSettings) error {
	if !known(in.OutdatedInstancesStrategy, in.OutdatedInstancesStrategy.Values()) {
		return exception("InvalidInputException", "The outdated instances strategy %q is not valid", in.OutdatedInstancesStrategy)
	}
	style := in.DeploymentStyle
	if style == nil {
		return nil
	}
	inPlace := style.DeploymentType == types.DeploymentTypeInPlace
	if !known(style.DeploymentType, style.DeploymentType.Values()) || !known(style.DeploymentOption, style.DeploymentOption.Values()) ||
		inPlace && g.info.ComputePlatform != types.ComputePlatformServer {
		return exception("InvalidDeploymentStyleException", "The deployment style is not valid for the compute platform %s", g.info.ComputePlatform)
	}
	return nil
}

func (g *group) checkServices(in *groupSettings) error {
	services := g.info.EcsServices
	takeList(&services, in.EcsServices)
	if g.info.ComputePlatform == types.ComputePlatformEcs && len(services) != 1 {
		return exception("InvalidECSServiceException", "An ECS deployment group needs one cluster and service")
	}
	return nil
}

// checkSelection checks what selects the instances of the group.
func checkSelection(in *groupSettings) error {
	if in.Ec2TagFilters != nil && in.Ec2TagSet != nil {
		return exception("InvalidEC2TagCombinationException", "ec2TagFilters and ec2TagSet cannot be specified together")
	}
	if in.OnPremisesInstanceTagFilters != nil && in.OnPremisesTagSet != nil {
		return exception("InvalidOnPremisesTagCombinationException", "onPremisesInstanceTagFilters and onPremisesTagSet cannot be specified together")
	}
	ec2, onPremises := [][]types.EC2TagFilter{in.Ec2TagFilters}, [][]types.TagFilter{in.OnPremisesInstanceTagFilters}
	if in.Ec2TagSet != nil {
		ec2 = in.Ec2TagSet.Ec2TagSetList
	}
	if in.OnPremisesTagSet != nil {
		onPremises = in.OnPremisesTagSet.OnPremisesTagSetList
	}
	if len(ec2) > maxTagGroups || len(onPremises) > maxTagGroups {
		return exception("TagSetListLimitExceededException", "The maximum number of tag groups is %d", maxTagGroups)
	}
	for _, filter := range slices.Concat(ec2...) {
		if !known(filter.Type, filter.Type.Values()) {
			return exception("InvalidEC2TagException", "The type %q of a tag filter is not valid", filter.Type)
		}
	}
	for _, filter := range slices.Concat(onPremises...) {
		if !known(filter.Type, filter.Type.Values()) {
			return exception("InvalidTagException", "The type %q of a tag filter is not valid", filter.Type)
		}
	}
	return nil
}

func checkScaling(in *groupSettings) error {
	if len(in.AutoScalingGroups) > maxScalingGroups || slices.Contains(in.AutoScalingGroups, "") {
		return exception("InvalidAutoScalingGroupException", "The names of up to %d Auto Scaling groups can be specified", maxScalingGroups)
	}
	return nil
}

func checkTriggers(in *groupSettings) error {
	if len(in.TriggerConfigurations) > maxTriggers {
		return exception("TriggerTargetsLimitExceededException", "The maximum number of triggers is %d", maxTriggers)
	}
	for _, trigger := range in.TriggerConfigurations {
		whole := aws.ToString(trigger.TriggerName) != "" && strings.HasPrefix(aws.ToString(trigger.TriggerTargetArn), "arn:") && len(trigger.TriggerEvents) > 0
		for _, event := range trigger.TriggerEvents {
			whole = whole && isOne(event)
		}
		if !whole {
			return exception("InvalidTriggerConfigException", "The trigger %q needs a name, the ARN of a topic, and events", aws.ToString(trigger.TriggerName))
		}
	}
	return nil
}

func checkBlueGreen(config *types.BlueGreenDeploymentConfiguration) error {
	if config == nil {
		return nil
	}
	valid := true
	if ready := config.DeploymentReadyOption; ready != nil {
		valid = known(ready.ActionOnTimeout, ready.ActionOnTimeout.Values()) && ready.WaitTimeInMinutes >= 0
	}
	if green := config.GreenFleetProvisioningOption; green != nil {
		valid = valid && known(green.Action, green.Action.Values())
	}
	if blue := config.TerminateBlueInstancesOnDeploymentSuccess; blue != nil {
		valid = valid && known(blue.Action, blue.Action.Values()) &&
			blue.TerminationWaitTimeInMinutes >= 0 && blue.TerminationWaitTimeInMinutes <= maxTerminationWait
	}
	if !valid {
		return exception("InvalidBlueGreenDeploymentConfigurationException", "The blue/green deployment configuration is not valid")
	}
	return nil
}

func checkLoadBalancer(info *types.LoadBalancerInfo) error {
	if info == nil {
		return nil
	}
	invalid := len(info.ElbInfoList) > maxLoadBalancers || len(info.TargetGroupInfoList) > maxLoadBalancers || unnamed(info.TargetGroupInfoList)
	for _, classic := range info.ElbInfoList {
		invalid = invalid || aws.ToString(classic.Name) == ""
	}
	if invalid {
		return exception("InvalidLoadBalancerInfoException", "Up to %d load balancers or target groups with a name can be specified", maxLoadBalancers)
	}
	for _, pair := range info.TargetGroupPairInfoList {
		if len(info.TargetGroupPairInfoList) > 1 || len(pair.TargetGroups) != 2 || unnamed(pair.TargetGroups) ||
			pair.ProdTrafficRoute == nil || len(pair.ProdTrafficRoute.ListenerArns) == 0 {
			return exception("InvalidTargetGroupPairException", "One pair of target groups with a listener for production traffic can be specified")
		}
	}
	return nil
}

func unnamed(groups []types.TargetGroupInfo) bool {
	return slices.ContainsFunc(groups, func(g types.TargetGroupInfo) bool { return aws.ToString(g.Name) == "" })
}

// checkRollback refuses an automatic rollback without events, or with unknown ones.
func checkRollback(config *types.AutoRollbackConfiguration, code string) error {
	if config == nil {
		return nil
	}
	if config.Enabled && len(config.Events) == 0 {
		return exception(code, "The automatic rollback configuration is enabled but names no events")
	}
	for _, event := range config.Events {
		if event == "" || !known(event, event.Values()) {
			return exception(code, "Unknown automatic rollback event: %s", event)
		}
	}
	return nil
}

func checkAlarms(config *types.AlarmConfiguration) error {
	switch {
	case config == nil:
		return nil
	case len(config.Alarms) > maxAlarms:
		return exception("AlarmsLimitExceededException", "The maximum number of alarms is %d", maxAlarms)
	case config.Enabled && len(config.Alarms) == 0:
		return exception("InvalidAlarmConfigException", "The alarm configuration is enabled but names no alarms")
	}
	return nil
}
