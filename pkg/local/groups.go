package local

import (
	"context"
	"maps"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/codedeploy"
	"github.com/aws/aws-sdk-go-v2/service/codedeploy/types"
	"github.com/aws/smithy-go"

	"github.com/cdx-deploy/cdx/pkg/local/agent"
)

func (a *api) createDeploymentGroup(ctx context.Context, in *codedeploy.CreateDeploymentGroupInput) (*codedeploy.CreateDeploymentGroupOutput, error) {
	app, err := a.findApplication(in.ApplicationName)
	if err != nil {
		return nil, err
	}
	name, err := requireGroupName(in.DeploymentGroupName)
	if err != nil {
		return nil, err
	}
	if app.groups[name] != nil {
		return nil, groupExists(name)
	}
	if aws.ToString(in.ServiceRoleArn) == "" {
		return nil, exception(&types.RoleRequiredException{}, "Role ARN must be specified")
	}
	if err := checkTags(in.Tags); err != nil {
		return nil, err
	}
	g := &group{info: types.DeploymentGroupInfo{
		ApplicationName: in.ApplicationName, ComputePlatform: app.info.ComputePlatform, DeploymentGroupName: &name,
		DeploymentGroupId:    aws.String(agent.GroupID(*in.ApplicationName, name)),
		DeploymentConfigName: aws.String(defaultConfig(app.info.ComputePlatform)),
		DeploymentStyle: &types.DeploymentStyle{
			DeploymentOption: types.DeploymentOptionWithoutTrafficControl, DeploymentType: types.DeploymentTypeInPlace,
		},
	}}
	if err := a.apply(ctx, g, settingsOfCreate(in)); err != nil {
		return nil, err
	}
	app.groups[name] = g
	a.setTags(a.groupARN(*in.ApplicationName, name), in.Tags)
	return &codedeploy.CreateDeploymentGroupOutput{DeploymentGroupId: g.info.DeploymentGroupId}, nil
}

func groupExists(name string) error {
	return exception(&types.DeploymentGroupAlreadyExistsException{}, "Deployment group already exists: %s", name)
}

// defaultConfig is the configuration of a group that names none.
// Source: AWS CodeDeploy API Reference, CreateDeploymentGroup, deploymentConfigName.
func defaultConfig(platform types.ComputePlatform) string {
	switch platform {
	case types.ComputePlatformLambda:
		return "CodeDeployDefault.LambdaAllAtOnce"
	case types.ComputePlatformEcs:
		return "CodeDeployDefault.ECSAllAtOnce"
	}
	return "CodeDeployDefault.OneAtATime"
}

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
	if in.AutoScalingGroups != nil {
		info.AutoScalingGroups = nil
		for _, name := range in.AutoScalingGroups {
			info.AutoScalingGroups = append(info.AutoScalingGroups, types.AutoScalingGroup{Name: &name})
		}
	}
	return nil
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

// checkSettings refuses what AWS refuses of the settings that matter here.
func (a *api) checkSettings(g *group, in *groupSettings) error {
	if in.DeploymentConfigName != nil {
		config, err := a.findConfig(in.DeploymentConfigName)
		if err != nil {
			return err
		}
		if config.ComputePlatform != g.info.ComputePlatform {
			return exception(&types.InvalidDeploymentConfigNameException{}, "The deployment configuration %s is not for the compute platform %s",
				*in.DeploymentConfigName, g.info.ComputePlatform)
		}
	}
	if style := in.DeploymentStyle; style != nil && (!known(style.DeploymentType, style.DeploymentType.Values()) ||
		!known(style.DeploymentOption, style.DeploymentOption.Values()) ||
		g.info.ComputePlatform != types.ComputePlatformServer && style.DeploymentType == types.DeploymentTypeInPlace) {
		return exception(&types.InvalidDeploymentStyleException{}, "The deployment style is not valid for the compute platform %s", g.info.ComputePlatform)
	}
	if in.Ec2TagFilters != nil && in.Ec2TagSet != nil {
		return exception(&types.InvalidEC2TagCombinationException{}, "ec2TagFilters and ec2TagSet cannot be specified together")
	}
	if in.OnPremisesInstanceTagFilters != nil && in.OnPremisesTagSet != nil {
		return exception(&types.InvalidOnPremisesTagCombinationException{}, "onPremisesInstanceTagFilters and onPremisesTagSet cannot be specified together")
	}
	services := g.info.EcsServices
	takeList(&services, in.EcsServices)
	if g.info.ComputePlatform == types.ComputePlatformEcs && len(services) != 1 {
		return exception(&types.InvalidECSServiceException{}, "An ECS deployment group needs one cluster and service")
	}
	if err := checkRollback(in.AutoRollbackConfiguration, &types.InvalidAutoRollbackConfigException{}); err != nil {
		return err
	}
	return checkAlarms(in.AlarmConfiguration)
}

// checkRollback refuses an automatic rollback without events, or with unknown ones.
func checkRollback(config *types.AutoRollbackConfiguration, kind smithy.APIError) error {
	if config == nil {
		return nil
	}
	if config.Enabled && len(config.Events) == 0 {
		return exception(kind, "The automatic rollback configuration is enabled but names no events")
	}
	for _, event := range config.Events {
		if event == "" || !known(event, event.Values()) {
			return exception(kind, "Unknown automatic rollback event: %s", event)
		}
	}
	return nil
}

// maxAlarms is how many alarms a group or a deployment may have.
// Source: AWS CodeDeploy User Guide, "Quotas".
const maxAlarms = 50

func checkAlarms(config *types.AlarmConfiguration) error {
	switch {
	case config == nil:
		return nil
	case len(config.Alarms) > maxAlarms:
		return exception(&types.AlarmsLimitExceededException{}, "The maximum number of alarms is %d", maxAlarms)
	case config.Enabled && len(config.Alarms) == 0:
		return exception(&types.InvalidAlarmConfigException{}, "The alarm configuration is enabled but names no alarms")
	}
	return nil
}

func (a *api) getDeploymentGroup(_ context.Context, in *codedeploy.GetDeploymentGroupInput) (*codedeploy.GetDeploymentGroupOutput, error) {
	_, g, err := a.findGroup(in.ApplicationName, in.DeploymentGroupName)
	if err != nil {
		return nil, err
	}
	return &codedeploy.GetDeploymentGroupOutput{DeploymentGroupInfo: &g.info}, nil
}

// batchGetDeploymentGroups names the groups that are not there in its error message, as AWS does.
func (a *api) batchGetDeploymentGroups(_ context.Context, in *codedeploy.BatchGetDeploymentGroupsInput) (*codedeploy.BatchGetDeploymentGroupsOutput, error) {
	app, err := a.findApplication(in.ApplicationName)
	if err != nil {
		return nil, err
	}
	if len(in.DeploymentGroupNames) == 0 {
		return nil, exception(&types.DeploymentGroupNameRequiredException{}, "Deployment group names must be specified")
	}
	if err := checkBatch(len(in.DeploymentGroupNames), 100); err != nil {
		return nil, err
	}
	out := &codedeploy.BatchGetDeploymentGroupsOutput{DeploymentGroupsInfo: []types.DeploymentGroupInfo{}}
	var missing []string
	for _, name := range in.DeploymentGroupNames {
		if g := app.groups[name]; g != nil {
			out.DeploymentGroupsInfo = append(out.DeploymentGroupsInfo, g.info)
		} else {
			missing = append(missing, name)
		}
	}
	if missing != nil {
		out.ErrorMessage = aws.String("No Deployment Group found for name: " + strings.Join(missing, ", "))
	}
	return out, nil
}

func (a *api) listDeploymentGroups(_ context.Context, in *codedeploy.ListDeploymentGroupsInput) (*codedeploy.ListDeploymentGroupsOutput, error) {
	app, err := a.findApplication(in.ApplicationName)
	if err != nil {
		return nil, err
	}
	names, next, err := page(slices.Sorted(maps.Keys(app.groups)), in.NextToken)
	if err != nil {
		return nil, err
	}
	return &codedeploy.ListDeploymentGroupsOutput{ApplicationName: in.ApplicationName, DeploymentGroups: names, NextToken: next}, nil
}

func (a *api) updateDeploymentGroup(ctx context.Context, in *codedeploy.UpdateDeploymentGroupInput) (*codedeploy.UpdateDeploymentGroupOutput, error) {
	app, g, err := a.findGroup(in.ApplicationName, in.CurrentDeploymentGroupName)
	if err != nil {
		return nil, err
	}
	name := *in.CurrentDeploymentGroupName
	if in.NewDeploymentGroupName != nil {
		if name, err = requireGroupName(in.NewDeploymentGroupName); err != nil {
			return nil, err
		}
		if other := app.groups[name]; other != nil && other != g {
			return nil, groupExists(name)
		}
	}
	if err := a.apply(ctx, g, (*groupSettings)(in)); err != nil {
		return nil, err
	}
	delete(app.groups, *in.CurrentDeploymentGroupName)
	app.groups[name] = g
	g.info.DeploymentGroupName = &name
	return &codedeploy.UpdateDeploymentGroupOutput{HooksNotCleanedUp: []types.AutoScalingGroup{}}, nil
}

// deleteDeploymentGroup also succeeds for a group that is not there, as AWS's does.
func (a *api) deleteDeploymentGroup(_ context.Context, in *codedeploy.DeleteDeploymentGroupInput) (*codedeploy.DeleteDeploymentGroupOutput, error) {
	applicationName, err := requireApplicationName(in.ApplicationName)
	if err != nil {
		return nil, err
	}
	name, err := requireGroupName(in.DeploymentGroupName)
	if err != nil {
		return nil, err
	}
	if app := a.applications[applicationName]; app != nil {
		delete(app.groups, name)
		delete(a.tags, a.groupARN(applicationName, name))
	}
	return &codedeploy.DeleteDeploymentGroupOutput{HooksNotCleanedUp: []types.AutoScalingGroup{}}, nil
}
