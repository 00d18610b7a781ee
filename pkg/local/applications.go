package local

import (
	"context"
	"maps"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/codedeploy"
	"github.com/aws/aws-sdk-go-v2/service/codedeploy/types"
)

// ensure creates what is missing of an application for servers and its group. It takes the lock itself.
func (a *api) ensure(applicationName, groupName string) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	ctx := context.Background()
	if a.applications[applicationName] == nil {
		if _, err := a.createApplication(ctx, &codedeploy.CreateApplicationInput{ApplicationName: &applicationName}); err != nil {
			return err
		}
	}
	if groupName == "" || a.applications[applicationName].groups[groupName] != nil {
		return nil
	}
	_, err := a.createDeploymentGroup(ctx, &codedeploy.CreateDeploymentGroupInput{
		ApplicationName: &applicationName, DeploymentGroupName: &groupName,
		DeploymentConfigName: aws.String("CodeDeployDefault.AllAtOnce"),
		ServiceRoleArn:       aws.String("arn:aws:iam::" + account + ":role/local"),
	})
	return err
}

// maxApplications is how many applications there may be.
// Source: AWS CodeDeploy User Guide, "Quotas".
const maxApplications = 1000

func (a *api) createApplication(_ context.Context, in *codedeploy.CreateApplicationInput) (*codedeploy.CreateApplicationOutput, error) {
	name, err := requireApplicationName(in.ApplicationName)
	if err != nil {
		return nil, err
	}
	if a.applications[name] != nil {
		return nil, exception("ApplicationAlreadyExistsException", "Application already exists: %s", name)
	}
	if !known(in.ComputePlatform, in.ComputePlatform.Values()) {
		return nil, exception("InvalidComputePlatformException", "Invalid compute platform: %s", in.ComputePlatform)
	}
	if err := checkTags(in.Tags); err != nil {
		return nil, err
	}
	if len(a.applications) >= maxApplications {
		return nil, exception("ApplicationLimitExceededException", "The maximum number of applications is %d", maxApplications)
	}
	app := &application{groups: map[string]*group{}, revisions: map[string]*types.RevisionInfo{}}
	app.info = types.ApplicationInfo{
		ApplicationId: aws.String(newUUID()), ApplicationName: &name, ComputePlatform: in.ComputePlatform, CreateTime: now(),
	}
	if in.ComputePlatform == "" {
		app.info.ComputePlatform = types.ComputePlatformServer
	}
	a.applications[name] = app
	a.setTags(a.applicationARN(name), in.Tags)
	return &codedeploy.CreateApplicationOutput{ApplicationId: app.info.ApplicationId}, nil
}

func (a *api) getApplication(_ context.Context, in *codedeploy.GetApplicationInput) (*codedeploy.GetApplicationOutput, error) {
	app, err := a.findApplication(in.ApplicationName)
	if err != nil {
		return nil, err
	}
	return &codedeploy.GetApplicationOutput{Application: &app.info}, nil
}

func (a *api) batchGetApplications(_ context.Context, in *codedeploy.BatchGetApplicationsInput) (*codedeploy.BatchGetApplicationsOutput, error) {
	if len(in.ApplicationNames) == 0 {
		return nil, exception("ApplicationNameRequiredException", "Application names must be specified")
	}
	if err := checkBatch(len(in.ApplicationNames), 100); err != nil {
		return nil, err
	}
	out := &codedeploy.BatchGetApplicationsOutput{ApplicationsInfo: []types.ApplicationInfo{}}
	for _, name := range in.ApplicationNames {
		app, err := a.findApplication(&name)
		if err != nil {
			return nil, err
		}
		out.ApplicationsInfo = append(out.ApplicationsInfo, app.info)
	}
	return out, nil
}

func (a *api) listApplications(_ context.Context, in *codedeploy.ListApplicationsInput) (*codedeploy.ListApplicationsOutput, error) {
	names, next, err := page(slices.Sorted(maps.Keys(a.applications)), in.NextToken)
	if err != nil {
		return nil, err
	}
	return &codedeploy.ListApplicationsOutput{Applications: names, NextToken: next}, nil
}

func (a *api) updateApplication(_ context.Context, in *codedeploy.UpdateApplicationInput) (*codedeploy.UpdateApplicationOutput, error) {
	app, err := a.findApplication(in.ApplicationName)
	if err != nil {
		return nil, err
	}
	if in.NewApplicationName == nil {
		return &codedeploy.UpdateApplicationOutput{}, nil
	}
	name, err := requireApplicationName(in.NewApplicationName)
	if err != nil {
		return nil, err
	}
	if a.applications[name] != nil {
		return nil, exception("ApplicationAlreadyExistsException", "Application already exists: %s", name)
	}
	a.renameApplication(app, name)
	return &codedeploy.UpdateApplicationOutput{}, nil
}

// renameApplication gives the application, its groups, deployments and tags another name.
func (a *api) renameApplication(app *application, name string) {
	before := *app.info.ApplicationName
	delete(a.applications, before)
	a.applications[name] = app
	app.info.ApplicationName = &name
	a.moveTags(a.applicationARN(before), a.applicationARN(name))
	for groupName, g := range app.groups {
		g.info.ApplicationName = &name
		a.moveTags(a.groupARN(before, groupName), a.groupARN(name, groupName))
	}
	for _, d := range a.sequence {
		if *d.info.ApplicationName == before {
			d.info.ApplicationName, d.encoded = &name, nil
		}
	}
}

// deleteApplication also succeeds for an application that is not there, as AWS's does.
func (a *api) deleteApplication(_ context.Context, in *codedeploy.DeleteApplicationInput) (*codedeploy.DeleteApplicationOutput, error) {
	name, err := requireApplicationName(in.ApplicationName)
	if err != nil {
		return nil, err
	}
	if app := a.applications[name]; app != nil {
		for groupName := range app.groups {
			delete(a.tags, a.groupARN(name, groupName))
		}
	}
	delete(a.applications, name)
	delete(a.tags, a.applicationARN(name))
	return &codedeploy.DeleteApplicationOutput{}, nil
}
