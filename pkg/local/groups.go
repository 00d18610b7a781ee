package local

import (
	"context"
	"maps"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/codedeploy"
	"github.com/aws/aws-sdk-go-v2/service/codedeploy/types"

	"github.com/cdx-deploy/cdx/pkg/local/agent"
)

// maxGroups is how many deployment groups an application may have.
// Source: AWS CodeDeploy User Guide, "Quotas".
const maxGroups = 1000

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
	if len(app.groups) >= maxGroups {
		return nil, exception("DeploymentGroupLimitExceededException", "The maximum number of deployment groups of an application is %d", maxGroups)
	}
	if aws.ToString(in.ServiceRoleArn) == "" {
		return nil, exception("RoleRequiredException", "Role ARN must be specified")
	}
	if err := checkTags(in.Tags); err != nil {
		return nil, err
	}
	g := newGroup(app, name)
	if err := a.apply(ctx, g, settingsOfCreate(in)); err != nil {
		return nil, err
	}
	app.groups[name] = g
	a.setTags(a.groupARN(*in.ApplicationName, name), in.Tags)
	return &codedeploy.CreateDeploymentGroupOutput{DeploymentGroupId: g.info.DeploymentGroupId}, nil
}

// newGroup is a group with the settings that AWS gives one that names none.
func newGroup(app *application, name string) *group {
	g := &group{info: types.DeploymentGroupInfo{
		ApplicationName: app.info.ApplicationName, ComputePlatform: app.info.ComputePlatform, DeploymentGroupName: &name,
		DeploymentGroupId:    aws.String(agent.GroupID(*app.info.ApplicationName, name)),
		DeploymentConfigName: aws.String(defaultConfig(app.info.ComputePlatform)),
		DeploymentStyle: &types.DeploymentStyle{
			DeploymentOption: types.DeploymentOptionWithoutTrafficControl, DeploymentType: types.DeploymentTypeInPlace,
		},
		AutoScalingGroups: []types.AutoScalingGroup{}, Ec2TagFilters: []types.EC2TagFilter{},
		OnPremisesInstanceTagFilters: []types.TagFilter{}, TriggerConfigurations: []types.TriggerConfig{},
	}}
	if app.info.ComputePlatform == types.ComputePlatformServer {
		g.info.OutdatedInstancesStrategy = types.OutdatedInstancesStrategyUpdate
	}
	return g
}

func groupExists(name string) error {
	return exception("DeploymentGroupAlreadyExistsException", "Deployment group already exists: %s", name)
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

func (a *api) getDeploymentGroup(_ context.Context, in *codedeploy.GetDeploymentGroupInput) (*codedeploy.GetDeploymentGroupOutput, error) {
	_, g, err := a.findGroup(in.ApplicationName, in.DeploymentGroupName)
	if err != nil {
		return nil, err
	}
	info := g.view()
	return &codedeploy.GetDeploymentGroupOutput{DeploymentGroupInfo: &info}, nil
}

// view is the group as the API shows it, with the status that its active deployment has now.
func (g *group) view() types.DeploymentGroupInfo {
	info := g.info
	if g.active != nil {
		info.LastAttemptedDeployment = g.active.summary()
	}
	return info
}

// batchGetDeploymentGroups names the groups that are not there in its error message, as AWS does.
func (a *api) batchGetDeploymentGroups(_ context.Context, in *codedeploy.BatchGetDeploymentGroupsInput) (*codedeploy.BatchGetDeploymentGroupsOutput, error) {
	app, err := a.findApplication(in.ApplicationName)
	if err != nil {
		return nil, err
	}
	if len(in.DeploymentGroupNames) == 0 {
		return nil, exception("DeploymentGroupNameRequiredException", "Deployment group names must be specified")
	}
	if err := checkBatch(len(in.DeploymentGroupNames), 100); err != nil {
		return nil, err
	}
	out := &codedeploy.BatchGetDeploymentGroupsOutput{DeploymentGroupsInfo: []types.DeploymentGroupInfo{}}
	var missing []string
	for _, name := range in.DeploymentGroupNames {
		if _, err := requireGroupName(&name); err != nil {
			return nil, err
		}
		if g := app.groups[name]; g != nil {
			out.DeploymentGroupsInfo = append(out.DeploymentGroupsInfo, g.view())
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
	a.renameGroup(app, g, name)
	return &codedeploy.UpdateDeploymentGroupOutput{HooksNotCleanedUp: []types.AutoScalingGroup{}}, nil
}

// renameGroup gives the group, its deployments and its tags another name.
func (a *api) renameGroup(app *application, g *group, name string) {
	applicationName, before := *app.info.ApplicationName, *g.info.DeploymentGroupName
	delete(app.groups, before)
	app.groups[name] = g
	g.info.DeploymentGroupName = &name
	a.moveTags(a.groupARN(applicationName, before), a.groupARN(applicationName, name))
	for _, d := range a.sequence {
		if *d.info.ApplicationName == applicationName && *d.info.DeploymentGroupName == before {
			d.info.DeploymentGroupName, d.encoded = &name, nil
		}
	}
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
