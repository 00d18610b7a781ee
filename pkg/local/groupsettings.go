package local

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/codedeploy"
	"github.com/aws/aws-sdk-go-v2/service/codedeploy/types"
)

// groupSettings are the settings that creating and updating a group have in common.
type groupSettings codedeploy.UpdateDeploymentGroupInput

func settingsOfCreate(in *codedeploy.CreateDeploymentGroupInput) *groupSettings {
	return &groupSettings{
		AlarmConfiguration: in.AlarmConfiguration, AutoRollbackConfiguration: in.AutoRollbackConfiguration,
		AutoScalingGroups: in.AutoScalingGroups, BlueGreenDeploymentConfiguration: in.BlueGreenDeploymentConfiguration,
		DeploymentConfigName: in.DeploymentConfigName, DeploymentStyle: in.DeploymentStyle,
		Ec2TagFilters: in.Ec2TagFilters, Ec2TagSet: in.Ec2TagSet, EcsServices: in.EcsServices,
		LoadBalancerInfo: in.LoadBalancerInfo, OnPremisesInstanceTagFilters: in.OnPremisesInstanceTagFilters,
		OnPremisesTagSet: in.OnPremisesTagSet, OutdatedInstancesStrategy: in.OutdatedInstancesStrategy,
		ServiceRoleArn: in.ServiceRoleArn, TerminationHookEnabled: in.TerminationHookEnabled,
		TriggerConfigurations: in.TriggerConfigurations,
	}
}

// apply checks settings and takes over those that are given.
func (a *api) apply(ctx context.Context, g *group, in *groupSettings) error {
	if err := a.checkSettings(g, in); err != nil {
		return err
	}
	info := &g.info
	if in.AutoRollbackConfiguration != nil {
		g.rollbackVouchedFor = callerOf(ctx).vouchedFor
	}
	take(&info.AlarmConfiguration, in.AlarmConfiguration)
	take(&info.AutoRollbackConfiguration, in.AutoRollbackConfiguration)
	take(&info.BlueGreenDeploymentConfiguration, in.BlueGreenDeploymentConfiguration)
	take(&info.DeploymentConfigName, in.DeploymentConfigName)
	take(&info.DeploymentStyle, in.DeploymentStyle)
	take(&info.Ec2TagSet, in.Ec2TagSet)
	take(&info.LoadBalancerInfo, in.LoadBalancerInfo)
	take(&info.OnPremisesTagSet, in.OnPremisesTagSet)
	take(&info.ServiceRoleArn, in.ServiceRoleArn)
	takeList(&info.Ec2TagFilters, in.Ec2TagFilters)
	takeList(&info.EcsServices, in.EcsServices)
	takeList(&info.OnPremisesInstanceTagFilters, in.OnPremisesInstanceTagFilters)
	takeList(&info.TriggerConfigurations, in.TriggerConfigurations)
	if in.OutdatedInstancesStrategy != "" {
		info.OutdatedInstancesStrategy = in.OutdatedInstancesStrategy
	}
	if in.TerminationHookEnabled != nil {
		info.TerminationHookEnabled = *in.TerminationHookEnabled
	}
	g.takeScaling(in.AutoScalingGroups)
	g.keepOneSelection(in)
	return nil
}

// takeScaling takes over the Auto Scaling groups, unless names is nil, and names the lifecycle hooks that
// CodeDeploy installs in each of them.
func (g *group) takeScaling(names []string) {
	if names != nil {
		g.info.AutoScalingGroups = []types.AutoScalingGroup{}
	}
	for _, name := range names {
		g.info.AutoScalingGroups = append(g.info.AutoScalingGroups, types.AutoScalingGroup{Name: &name})
	}
	for i := range g.info.AutoScalingGroups {
		to := &g.info.AutoScalingGroups[i]
		suffix := *g.info.DeploymentGroupName + "-" + uuidOf(*g.info.DeploymentGroupId+*to.Name)
		to.Hook, to.TerminationHook = aws.String("CodeDeploy-managed-automatic-launch-deployment-hook-"+suffix), nil
		if g.info.TerminationHookEnabled {
			to.TerminationHook = aws.String("CodeDeploy-managed-automatic-termination-deployment-hook-" + suffix)
		}
	}
}

// keepOneSelection lets tag filters take the place of a tag set, and the other way round: a group has one
// of the two.
func (g *group) keepOneSelection(in *groupSettings) {
	switch {
	case in.Ec2TagSet != nil:
		g.info.Ec2TagFilters = []types.EC2TagFilter{}
	case len(in.Ec2TagFilters) > 0:
		g.info.Ec2TagSet = nil
	}
	switch {
	case in.OnPremisesTagSet != nil:
		g.info.OnPremisesInstanceTagFilters = []types.TagFilter{}
	case len(in.OnPremisesInstanceTagFilters) > 0:
		g.info.OnPremisesTagSet = nil
	}
}

func take[T any](to **T, from *T) {
	if from != nil {
		*to = from
	}
}

func takeList[T any](to *[]T, from []T) {
	if from != nil {
		*to = from
	}
}
