package slim

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/service/codedeploy"
)

// AddTagsToOnPremisesInstances calls the operation of that name.
func (c *Client) AddTagsToOnPremisesInstances(ctx context.Context, in *codedeploy.AddTagsToOnPremisesInstancesInput, options ...func(*codedeploy.Options)) (*codedeploy.AddTagsToOnPremisesInstancesOutput, error) {
	out := new(codedeploy.AddTagsToOnPremisesInstancesOutput)
	return out, c.call(ctx, "AddTagsToOnPremisesInstances", in, out, options)
}

// BatchGetApplicationRevisions calls the operation of that name.
func (c *Client) BatchGetApplicationRevisions(ctx context.Context, in *codedeploy.BatchGetApplicationRevisionsInput, options ...func(*codedeploy.Options)) (*codedeploy.BatchGetApplicationRevisionsOutput, error) {
	out := new(codedeploy.BatchGetApplicationRevisionsOutput)
	return out, c.call(ctx, "BatchGetApplicationRevisions", in, out, options)
}

// BatchGetApplications calls the operation of that name.
func (c *Client) BatchGetApplications(ctx context.Context, in *codedeploy.BatchGetApplicationsInput, options ...func(*codedeploy.Options)) (*codedeploy.BatchGetApplicationsOutput, error) {
	out := new(codedeploy.BatchGetApplicationsOutput)
	return out, c.call(ctx, "BatchGetApplications", in, out, options)
}

// BatchGetDeploymentGroups calls the operation of that name.
func (c *Client) BatchGetDeploymentGroups(ctx context.Context, in *codedeploy.BatchGetDeploymentGroupsInput, options ...func(*codedeploy.Options)) (*codedeploy.BatchGetDeploymentGroupsOutput, error) {
	out := new(codedeploy.BatchGetDeploymentGroupsOutput)
	return out, c.call(ctx, "BatchGetDeploymentGroups", in, out, options)
}

// BatchGetDeployments calls the operation of that name.
func (c *Client) BatchGetDeployments(ctx context.Context, in *codedeploy.BatchGetDeploymentsInput, options ...func(*codedeploy.Options)) (*codedeploy.BatchGetDeploymentsOutput, error) {
	out := new(codedeploy.BatchGetDeploymentsOutput)
	return out, c.call(ctx, "BatchGetDeployments", in, out, options)
}

// BatchGetDeploymentTargets calls the operation of that name.
func (c *Client) BatchGetDeploymentTargets(ctx context.Context, in *codedeploy.BatchGetDeploymentTargetsInput, options ...func(*codedeploy.Options)) (*codedeploy.BatchGetDeploymentTargetsOutput, error) {
	out := new(codedeploy.BatchGetDeploymentTargetsOutput)
	return out, c.call(ctx, "BatchGetDeploymentTargets", in, out, options)
}

// BatchGetOnPremisesInstances calls the operation of that name.
func (c *Client) BatchGetOnPremisesInstances(ctx context.Context, in *codedeploy.BatchGetOnPremisesInstancesInput, options ...func(*codedeploy.Options)) (*codedeploy.BatchGetOnPremisesInstancesOutput, error) {
	out := new(codedeploy.BatchGetOnPremisesInstancesOutput)
	return out, c.call(ctx, "BatchGetOnPremisesInstances", in, out, options)
}

// ContinueDeployment calls the operation of that name.
func (c *Client) ContinueDeployment(ctx context.Context, in *codedeploy.ContinueDeploymentInput, options ...func(*codedeploy.Options)) (*codedeploy.ContinueDeploymentOutput, error) {
	out := new(codedeploy.ContinueDeploymentOutput)
	return out, c.call(ctx, "ContinueDeployment", in, out, options)
}

// CreateApplication calls the operation of that name.
func (c *Client) CreateApplication(ctx context.Context, in *codedeploy.CreateApplicationInput, options ...func(*codedeploy.Options)) (*codedeploy.CreateApplicationOutput, error) {
	out := new(codedeploy.CreateApplicationOutput)
	return out, c.call(ctx, "CreateApplication", in, out, options)
}

// CreateDeployment calls the operation of that name.
func (c *Client) CreateDeployment(ctx context.Context, in *codedeploy.CreateDeploymentInput, options ...func(*codedeploy.Options)) (*codedeploy.CreateDeploymentOutput, error) {
	out := new(codedeploy.CreateDeploymentOutput)
	return out, c.call(ctx, "CreateDeployment", in, out, options)
}

// CreateDeploymentConfig calls the operation of that name.
func (c *Client) CreateDeploymentConfig(ctx context.Context, in *codedeploy.CreateDeploymentConfigInput, options ...func(*codedeploy.Options)) (*codedeploy.CreateDeploymentConfigOutput, error) {
	out := new(codedeploy.CreateDeploymentConfigOutput)
	return out, c.call(ctx, "CreateDeploymentConfig", in, out, options)
}

// CreateDeploymentGroup calls the operation of that name.
func (c *Client) CreateDeploymentGroup(ctx context.Context, in *codedeploy.CreateDeploymentGroupInput, options ...func(*codedeploy.Options)) (*codedeploy.CreateDeploymentGroupOutput, error) {
	out := new(codedeploy.CreateDeploymentGroupOutput)
	return out, c.call(ctx, "CreateDeploymentGroup", in, out, options)
}

// DeleteApplication calls the operation of that name.
func (c *Client) DeleteApplication(ctx context.Context, in *codedeploy.DeleteApplicationInput, options ...func(*codedeploy.Options)) (*codedeploy.DeleteApplicationOutput, error) {
	out := new(codedeploy.DeleteApplicationOutput)
	return out, c.call(ctx, "DeleteApplication", in, out, options)
}

// DeleteDeploymentConfig calls the operation of that name.
func (c *Client) DeleteDeploymentConfig(ctx context.Context, in *codedeploy.DeleteDeploymentConfigInput, options ...func(*codedeploy.Options)) (*codedeploy.DeleteDeploymentConfigOutput, error) {
	out := new(codedeploy.DeleteDeploymentConfigOutput)
	return out, c.call(ctx, "DeleteDeploymentConfig", in, out, options)
}

// DeleteDeploymentGroup calls the operation of that name.
func (c *Client) DeleteDeploymentGroup(ctx context.Context, in *codedeploy.DeleteDeploymentGroupInput, options ...func(*codedeploy.Options)) (*codedeploy.DeleteDeploymentGroupOutput, error) {
	out := new(codedeploy.DeleteDeploymentGroupOutput)
	return out, c.call(ctx, "DeleteDeploymentGroup", in, out, options)
}

// DeregisterOnPremisesInstance calls the operation of that name.
func (c *Client) DeregisterOnPremisesInstance(ctx context.Context, in *codedeploy.DeregisterOnPremisesInstanceInput, options ...func(*codedeploy.Options)) (*codedeploy.DeregisterOnPremisesInstanceOutput, error) {
	out := new(codedeploy.DeregisterOnPremisesInstanceOutput)
	return out, c.call(ctx, "DeregisterOnPremisesInstance", in, out, options)
}

// GetApplication calls the operation of that name.
func (c *Client) GetApplication(ctx context.Context, in *codedeploy.GetApplicationInput, options ...func(*codedeploy.Options)) (*codedeploy.GetApplicationOutput, error) {
	out := new(codedeploy.GetApplicationOutput)
	return out, c.call(ctx, "GetApplication", in, out, options)
}

// GetApplicationRevision calls the operation of that name.
func (c *Client) GetApplicationRevision(ctx context.Context, in *codedeploy.GetApplicationRevisionInput, options ...func(*codedeploy.Options)) (*codedeploy.GetApplicationRevisionOutput, error) {
	out := new(codedeploy.GetApplicationRevisionOutput)
	return out, c.call(ctx, "GetApplicationRevision", in, out, options)
}

// GetDeployment calls the operation of that name.
func (c *Client) GetDeployment(ctx context.Context, in *codedeploy.GetDeploymentInput, options ...func(*codedeploy.Options)) (*codedeploy.GetDeploymentOutput, error) {
	out := new(codedeploy.GetDeploymentOutput)
	return out, c.call(ctx, "GetDeployment", in, out, options)
}

// GetDeploymentConfig calls the operation of that name.
func (c *Client) GetDeploymentConfig(ctx context.Context, in *codedeploy.GetDeploymentConfigInput, options ...func(*codedeploy.Options)) (*codedeploy.GetDeploymentConfigOutput, error) {
	out := new(codedeploy.GetDeploymentConfigOutput)
	return out, c.call(ctx, "GetDeploymentConfig", in, out, options)
}

// GetDeploymentGroup calls the operation of that name.
func (c *Client) GetDeploymentGroup(ctx context.Context, in *codedeploy.GetDeploymentGroupInput, options ...func(*codedeploy.Options)) (*codedeploy.GetDeploymentGroupOutput, error) {
	out := new(codedeploy.GetDeploymentGroupOutput)
	return out, c.call(ctx, "GetDeploymentGroup", in, out, options)
}

// GetOnPremisesInstance calls the operation of that name.
func (c *Client) GetOnPremisesInstance(ctx context.Context, in *codedeploy.GetOnPremisesInstanceInput, options ...func(*codedeploy.Options)) (*codedeploy.GetOnPremisesInstanceOutput, error) {
	out := new(codedeploy.GetOnPremisesInstanceOutput)
	return out, c.call(ctx, "GetOnPremisesInstance", in, out, options)
}

// ListApplicationRevisions calls the operation of that name.
func (c *Client) ListApplicationRevisions(ctx context.Context, in *codedeploy.ListApplicationRevisionsInput, options ...func(*codedeploy.Options)) (*codedeploy.ListApplicationRevisionsOutput, error) {
	out := new(codedeploy.ListApplicationRevisionsOutput)
	return out, c.call(ctx, "ListApplicationRevisions", in, out, options)
}

// ListApplications calls the operation of that name.
func (c *Client) ListApplications(ctx context.Context, in *codedeploy.ListApplicationsInput, options ...func(*codedeploy.Options)) (*codedeploy.ListApplicationsOutput, error) {
	out := new(codedeploy.ListApplicationsOutput)
	return out, c.call(ctx, "ListApplications", in, out, options)
}

// ListDeploymentConfigs calls the operation of that name.
func (c *Client) ListDeploymentConfigs(ctx context.Context, in *codedeploy.ListDeploymentConfigsInput, options ...func(*codedeploy.Options)) (*codedeploy.ListDeploymentConfigsOutput, error) {
	out := new(codedeploy.ListDeploymentConfigsOutput)
	return out, c.call(ctx, "ListDeploymentConfigs", in, out, options)
}

// ListDeploymentGroups calls the operation of that name.
func (c *Client) ListDeploymentGroups(ctx context.Context, in *codedeploy.ListDeploymentGroupsInput, options ...func(*codedeploy.Options)) (*codedeploy.ListDeploymentGroupsOutput, error) {
	out := new(codedeploy.ListDeploymentGroupsOutput)
	return out, c.call(ctx, "ListDeploymentGroups", in, out, options)
}

// ListDeployments calls the operation of that name.
func (c *Client) ListDeployments(ctx context.Context, in *codedeploy.ListDeploymentsInput, options ...func(*codedeploy.Options)) (*codedeploy.ListDeploymentsOutput, error) {
	out := new(codedeploy.ListDeploymentsOutput)
	return out, c.call(ctx, "ListDeployments", in, out, options)
}

// ListDeploymentTargets calls the operation of that name.
func (c *Client) ListDeploymentTargets(ctx context.Context, in *codedeploy.ListDeploymentTargetsInput, options ...func(*codedeploy.Options)) (*codedeploy.ListDeploymentTargetsOutput, error) {
	out := new(codedeploy.ListDeploymentTargetsOutput)
	return out, c.call(ctx, "ListDeploymentTargets", in, out, options)
}

// ListOnPremisesInstances calls the operation of that name.
func (c *Client) ListOnPremisesInstances(ctx context.Context, in *codedeploy.ListOnPremisesInstancesInput, options ...func(*codedeploy.Options)) (*codedeploy.ListOnPremisesInstancesOutput, error) {
	out := new(codedeploy.ListOnPremisesInstancesOutput)
	return out, c.call(ctx, "ListOnPremisesInstances", in, out, options)
}

// RegisterApplicationRevision calls the operation of that name.
func (c *Client) RegisterApplicationRevision(ctx context.Context, in *codedeploy.RegisterApplicationRevisionInput, options ...func(*codedeploy.Options)) (*codedeploy.RegisterApplicationRevisionOutput, error) {
	out := new(codedeploy.RegisterApplicationRevisionOutput)
	return out, c.call(ctx, "RegisterApplicationRevision", in, out, options)
}

// RegisterOnPremisesInstance calls the operation of that name.
func (c *Client) RegisterOnPremisesInstance(ctx context.Context, in *codedeploy.RegisterOnPremisesInstanceInput, options ...func(*codedeploy.Options)) (*codedeploy.RegisterOnPremisesInstanceOutput, error) {
	out := new(codedeploy.RegisterOnPremisesInstanceOutput)
	return out, c.call(ctx, "RegisterOnPremisesInstance", in, out, options)
}

// RemoveTagsFromOnPremisesInstances calls the operation of that name.
func (c *Client) RemoveTagsFromOnPremisesInstances(ctx context.Context, in *codedeploy.RemoveTagsFromOnPremisesInstancesInput, options ...func(*codedeploy.Options)) (*codedeploy.RemoveTagsFromOnPremisesInstancesOutput, error) {
	out := new(codedeploy.RemoveTagsFromOnPremisesInstancesOutput)
	return out, c.call(ctx, "RemoveTagsFromOnPremisesInstances", in, out, options)
}

// StopDeployment calls the operation of that name.
func (c *Client) StopDeployment(ctx context.Context, in *codedeploy.StopDeploymentInput, options ...func(*codedeploy.Options)) (*codedeploy.StopDeploymentOutput, error) {
	out := new(codedeploy.StopDeploymentOutput)
	return out, c.call(ctx, "StopDeployment", in, out, options)
}

// UpdateApplication calls the operation of that name.
func (c *Client) UpdateApplication(ctx context.Context, in *codedeploy.UpdateApplicationInput, options ...func(*codedeploy.Options)) (*codedeploy.UpdateApplicationOutput, error) {
	out := new(codedeploy.UpdateApplicationOutput)
	return out, c.call(ctx, "UpdateApplication", in, out, options)
}

// UpdateDeploymentGroup calls the operation of that name.
func (c *Client) UpdateDeploymentGroup(ctx context.Context, in *codedeploy.UpdateDeploymentGroupInput, options ...func(*codedeploy.Options)) (*codedeploy.UpdateDeploymentGroupOutput, error) {
	out := new(codedeploy.UpdateDeploymentGroupOutput)
	return out, c.call(ctx, "UpdateDeploymentGroup", in, out, options)
}
