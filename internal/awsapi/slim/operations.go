package slim

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/service/codedeploy"
)

// AddTagsToOnPremisesInstances calls the operation of that name.
func (c *Client) AddTagsToOnPremisesInstances(ctx context.Context, in *codedeploy.AddTagsToOnPremisesInstancesInput, options ...func(*codedeploy.Options)) (*codedeploy.AddTagsToOnPremisesInstancesOutput, error) {
	out := new(codedeploy.AddTagsToOnPremisesInstancesOutput)
	if err := c.call(ctx, "AddTagsToOnPremisesInstances", in, out, options); err != nil {
		return nil, err
	}
	return out, nil
}

// BatchGetApplicationRevisions calls the operation of that name.
func (c *Client) BatchGetApplicationRevisions(ctx context.Context, in *codedeploy.BatchGetApplicationRevisionsInput, options ...func(*codedeploy.Options)) (*codedeploy.BatchGetApplicationRevisionsOutput, error) {
	out := new(codedeploy.BatchGetApplicationRevisionsOutput)
	if err := c.call(ctx, "BatchGetApplicationRevisions", in, out, options); err != nil {
		return nil, err
	}
	return out, nil
}

// BatchGetApplications calls the operation of that name.
func (c *Client) BatchGetApplications(ctx context.Context, in *codedeploy.BatchGetApplicationsInput, options ...func(*codedeploy.Options)) (*codedeploy.BatchGetApplicationsOutput, error) {
	out := new(codedeploy.BatchGetApplicationsOutput)
	if err := c.call(ctx, "BatchGetApplications", in, out, options); err != nil {
		return nil, err
	}
	return out, nil
}

// BatchGetDeploymentGroups calls the operation of that name.
func (c *Client) BatchGetDeploymentGroups(ctx context.Context, in *codedeploy.BatchGetDeploymentGroupsInput, options ...func(*codedeploy.Options)) (*codedeploy.BatchGetDeploymentGroupsOutput, error) {
	out := new(codedeploy.BatchGetDeploymentGroupsOutput)
	if err := c.call(ctx, "BatchGetDeploymentGroups", in, out, options); err != nil {
		return nil, err
	}
	return out, nil
}

// BatchGetDeployments calls the operation of that name.
func (c *Client) BatchGetDeployments(ctx context.Context, in *codedeploy.BatchGetDeploymentsInput, options ...func(*codedeploy.Options)) (*codedeploy.BatchGetDeploymentsOutput, error) {
	out := new(codedeploy.BatchGetDeploymentsOutput)
	if err := c.call(ctx, "BatchGetDeployments", in, out, options); err != nil {
		return nil, err
	}
	return out, nil
}

// BatchGetDeploymentTargets calls the operation of that name.
func (c *Client) BatchGetDeploymentTargets(ctx context.Context, in *codedeploy.BatchGetDeploymentTargetsInput, options ...func(*codedeploy.Options)) (*codedeploy.BatchGetDeploymentTargetsOutput, error) {
	out := new(codedeploy.BatchGetDeploymentTargetsOutput)
	if err := c.call(ctx, "BatchGetDeploymentTargets", in, out, options); err != nil {
		return nil, err
	}
	return out, nil
}

// BatchGetOnPremisesInstances calls the operation of that name.
func (c *Client) BatchGetOnPremisesInstances(ctx context.Context, in *codedeploy.BatchGetOnPremisesInstancesInput, options ...func(*codedeploy.Options)) (*codedeploy.BatchGetOnPremisesInstancesOutput, error) {
	out := new(codedeploy.BatchGetOnPremisesInstancesOutput)
	if err := c.call(ctx, "BatchGetOnPremisesInstances", in, out, options); err != nil {
		return nil, err
	}
	return out, nil
}

// ContinueDeployment calls the operation of that name.
func (c *Client) ContinueDeployment(ctx context.Context, in *codedeploy.ContinueDeploymentInput, options ...func(*codedeploy.Options)) (*codedeploy.ContinueDeploymentOutput, error) {
	out := new(codedeploy.ContinueDeploymentOutput)
	if err := c.call(ctx, "ContinueDeployment", in, out, options); err != nil {
		return nil, err
	}
	return out, nil
}

// CreateApplication calls the operation of that name.
func (c *Client) CreateApplication(ctx context.Context, in *codedeploy.CreateApplicationInput, options ...func(*codedeploy.Options)) (*codedeploy.CreateApplicationOutput, error) {
	out := new(codedeploy.CreateApplicationOutput)
	if err := c.call(ctx, "CreateApplication", in, out, options); err != nil {
		return nil, err
	}
	return out, nil
}

// CreateDeployment calls the operation of that name.
func (c *Client) CreateDeployment(ctx context.Context, in *codedeploy.CreateDeploymentInput, options ...func(*codedeploy.Options)) (*codedeploy.CreateDeploymentOutput, error) {
	out := new(codedeploy.CreateDeploymentOutput)
	if err := c.call(ctx, "CreateDeployment", in, out, options); err != nil {
		return nil, err
	}
	return out, nil
}

// CreateDeploymentConfig calls the operation of that name.
func (c *Client) CreateDeploymentConfig(ctx context.Context, in *codedeploy.CreateDeploymentConfigInput, options ...func(*codedeploy.Options)) (*codedeploy.CreateDeploymentConfigOutput, error) {
	out := new(codedeploy.CreateDeploymentConfigOutput)
	if err := c.call(ctx, "CreateDeploymentConfig", in, out, options); err != nil {
		return nil, err
	}
	return out, nil
}

// CreateDeploymentGroup calls the operation of that name.
func (c *Client) CreateDeploymentGroup(ctx context.Context, in *codedeploy.CreateDeploymentGroupInput, options ...func(*codedeploy.Options)) (*codedeploy.CreateDeploymentGroupOutput, error) {
	out := new(codedeploy.CreateDeploymentGroupOutput)
	if err := c.call(ctx, "CreateDeploymentGroup", in, out, options); err != nil {
		return nil, err
	}
	return out, nil
}

// DeleteApplication calls the operation of that name.
func (c *Client) DeleteApplication(ctx context.Context, in *codedeploy.DeleteApplicationInput, options ...func(*codedeploy.Options)) (*codedeploy.DeleteApplicationOutput, error) {
	out := new(codedeploy.DeleteApplicationOutput)
	if err := c.call(ctx, "DeleteApplication", in, out, options); err != nil {
		return nil, err
	}
	return out, nil
}

// DeleteDeploymentConfig calls the operation of that name.
func (c *Client) DeleteDeploymentConfig(ctx context.Context, in *codedeploy.DeleteDeploymentConfigInput, options ...func(*codedeploy.Options)) (*codedeploy.DeleteDeploymentConfigOutput, error) {
	out := new(codedeploy.DeleteDeploymentConfigOutput)
	if err := c.call(ctx, "DeleteDeploymentConfig", in, out, options); err != nil {
		return nil, err
	}
	return out, nil
}

// DeleteDeploymentGroup calls the operation of that name.
func (c *Client) DeleteDeploymentGroup(ctx context.Context, in *codedeploy.DeleteDeploymentGroupInput, options ...func(*codedeploy.Options)) (*codedeploy.DeleteDeploymentGroupOutput, error) {
	out := new(codedeploy.DeleteDeploymentGroupOutput)
	if err := c.call(ctx, "DeleteDeploymentGroup", in, out, options); err != nil {
		return nil, err
	}
	return out, nil
}

// DeregisterOnPremisesInstance calls the operation of that name.
func (c *Client) DeregisterOnPremisesInstance(ctx context.Context, in *codedeploy.DeregisterOnPremisesInstanceInput, options ...func(*codedeploy.Options)) (*codedeploy.DeregisterOnPremisesInstanceOutput, error) {
	out := new(codedeploy.DeregisterOnPremisesInstanceOutput)
	if err := c.call(ctx, "DeregisterOnPremisesInstance", in, out, options); err != nil {
		return nil, err
	}
	return out, nil
}

// GetApplication calls the operation of that name.
func (c *Client) GetApplication(ctx context.Context, in *codedeploy.GetApplicationInput, options ...func(*codedeploy.Options)) (*codedeploy.GetApplicationOutput, error) {
	out := new(codedeploy.GetApplicationOutput)
	if err := c.call(ctx, "GetApplication", in, out, options); err != nil {
		return nil, err
	}
	return out, nil
}

// GetApplicationRevision calls the operation of that name.
func (c *Client) GetApplicationRevision(ctx context.Context, in *codedeploy.GetApplicationRevisionInput, options ...func(*codedeploy.Options)) (*codedeploy.GetApplicationRevisionOutput, error) {
	out := new(codedeploy.GetApplicationRevisionOutput)
	if err := c.call(ctx, "GetApplicationRevision", in, out, options); err != nil {
		return nil, err
	}
	return out, nil
}

// GetDeployment calls the operation of that name.
func (c *Client) GetDeployment(ctx context.Context, in *codedeploy.GetDeploymentInput, options ...func(*codedeploy.Options)) (*codedeploy.GetDeploymentOutput, error) {
	out := new(codedeploy.GetDeploymentOutput)
	if err := c.call(ctx, "GetDeployment", in, out, options); err != nil {
		return nil, err
	}
	return out, nil
}

// GetDeploymentConfig calls the operation of that name.
func (c *Client) GetDeploymentConfig(ctx context.Context, in *codedeploy.GetDeploymentConfigInput, options ...func(*codedeploy.Options)) (*codedeploy.GetDeploymentConfigOutput, error) {
	out := new(codedeploy.GetDeploymentConfigOutput)
	if err := c.call(ctx, "GetDeploymentConfig", in, out, options); err != nil {
		return nil, err
	}
	return out, nil
}

// GetDeploymentGroup calls the operation of that name.
func (c *Client) GetDeploymentGroup(ctx context.Context, in *codedeploy.GetDeploymentGroupInput, options ...func(*codedeploy.Options)) (*codedeploy.GetDeploymentGroupOutput, error) {
	out := new(codedeploy.GetDeploymentGroupOutput)
	if err := c.call(ctx, "GetDeploymentGroup", in, out, options); err != nil {
		return nil, err
	}
	return out, nil
}

// GetDeploymentTarget calls the operation of that name.
func (c *Client) GetDeploymentTarget(ctx context.Context, in *codedeploy.GetDeploymentTargetInput, options ...func(*codedeploy.Options)) (*codedeploy.GetDeploymentTargetOutput, error) {
	out := new(codedeploy.GetDeploymentTargetOutput)
	if err := c.call(ctx, "GetDeploymentTarget", in, out, options); err != nil {
		return nil, err
	}
	return out, nil
}

// GetOnPremisesInstance calls the operation of that name.
func (c *Client) GetOnPremisesInstance(ctx context.Context, in *codedeploy.GetOnPremisesInstanceInput, options ...func(*codedeploy.Options)) (*codedeploy.GetOnPremisesInstanceOutput, error) {
	out := new(codedeploy.GetOnPremisesInstanceOutput)
	if err := c.call(ctx, "GetOnPremisesInstance", in, out, options); err != nil {
		return nil, err
	}
	return out, nil
}

// ListApplicationRevisions calls the operation of that name.
func (c *Client) ListApplicationRevisions(ctx context.Context, in *codedeploy.ListApplicationRevisionsInput, options ...func(*codedeploy.Options)) (*codedeploy.ListApplicationRevisionsOutput, error) {
	out := new(codedeploy.ListApplicationRevisionsOutput)
	if err := c.call(ctx, "ListApplicationRevisions", in, out, options); err != nil {
		return nil, err
	}
	return out, nil
}

// ListApplications calls the operation of that name.
func (c *Client) ListApplications(ctx context.Context, in *codedeploy.ListApplicationsInput, options ...func(*codedeploy.Options)) (*codedeploy.ListApplicationsOutput, error) {
	out := new(codedeploy.ListApplicationsOutput)
	if err := c.call(ctx, "ListApplications", in, out, options); err != nil {
		return nil, err
	}
	return out, nil
}

// ListDeploymentConfigs calls the operation of that name.
func (c *Client) ListDeploymentConfigs(ctx context.Context, in *codedeploy.ListDeploymentConfigsInput, options ...func(*codedeploy.Options)) (*codedeploy.ListDeploymentConfigsOutput, error) {
	out := new(codedeploy.ListDeploymentConfigsOutput)
	if err := c.call(ctx, "ListDeploymentConfigs", in, out, options); err != nil {
		return nil, err
	}
	return out, nil
}

// ListDeploymentGroups calls the operation of that name.
func (c *Client) ListDeploymentGroups(ctx context.Context, in *codedeploy.ListDeploymentGroupsInput, options ...func(*codedeploy.Options)) (*codedeploy.ListDeploymentGroupsOutput, error) {
	out := new(codedeploy.ListDeploymentGroupsOutput)
	if err := c.call(ctx, "ListDeploymentGroups", in, out, options); err != nil {
		return nil, err
	}
	return out, nil
}

// ListDeployments calls the operation of that name.
func (c *Client) ListDeployments(ctx context.Context, in *codedeploy.ListDeploymentsInput, options ...func(*codedeploy.Options)) (*codedeploy.ListDeploymentsOutput, error) {
	out := new(codedeploy.ListDeploymentsOutput)
	if err := c.call(ctx, "ListDeployments", in, out, options); err != nil {
		return nil, err
	}
	return out, nil
}

// ListDeploymentTargets calls the operation of that name.
func (c *Client) ListDeploymentTargets(ctx context.Context, in *codedeploy.ListDeploymentTargetsInput, options ...func(*codedeploy.Options)) (*codedeploy.ListDeploymentTargetsOutput, error) {
	out := new(codedeploy.ListDeploymentTargetsOutput)
	if err := c.call(ctx, "ListDeploymentTargets", in, out, options); err != nil {
		return nil, err
	}
	return out, nil
}

// ListOnPremisesInstances calls the operation of that name.
func (c *Client) ListOnPremisesInstances(ctx context.Context, in *codedeploy.ListOnPremisesInstancesInput, options ...func(*codedeploy.Options)) (*codedeploy.ListOnPremisesInstancesOutput, error) {
	out := new(codedeploy.ListOnPremisesInstancesOutput)
	if err := c.call(ctx, "ListOnPremisesInstances", in, out, options); err != nil {
		return nil, err
	}
	return out, nil
}

// PutLifecycleEventHookExecutionStatus calls the operation of that name.
func (c *Client) PutLifecycleEventHookExecutionStatus(ctx context.Context, in *codedeploy.PutLifecycleEventHookExecutionStatusInput, options ...func(*codedeploy.Options)) (*codedeploy.PutLifecycleEventHookExecutionStatusOutput, error) {
	out := new(codedeploy.PutLifecycleEventHookExecutionStatusOutput)
	if err := c.call(ctx, "PutLifecycleEventHookExecutionStatus", in, out, options); err != nil {
		return nil, err
	}
	return out, nil
}

// RegisterApplicationRevision calls the operation of that name.
func (c *Client) RegisterApplicationRevision(ctx context.Context, in *codedeploy.RegisterApplicationRevisionInput, options ...func(*codedeploy.Options)) (*codedeploy.RegisterApplicationRevisionOutput, error) {
	out := new(codedeploy.RegisterApplicationRevisionOutput)
	if err := c.call(ctx, "RegisterApplicationRevision", in, out, options); err != nil {
		return nil, err
	}
	return out, nil
}

// RegisterOnPremisesInstance calls the operation of that name.
func (c *Client) RegisterOnPremisesInstance(ctx context.Context, in *codedeploy.RegisterOnPremisesInstanceInput, options ...func(*codedeploy.Options)) (*codedeploy.RegisterOnPremisesInstanceOutput, error) {
	out := new(codedeploy.RegisterOnPremisesInstanceOutput)
	if err := c.call(ctx, "RegisterOnPremisesInstance", in, out, options); err != nil {
		return nil, err
	}
	return out, nil
}

// RemoveTagsFromOnPremisesInstances calls the operation of that name.
func (c *Client) RemoveTagsFromOnPremisesInstances(ctx context.Context, in *codedeploy.RemoveTagsFromOnPremisesInstancesInput, options ...func(*codedeploy.Options)) (*codedeploy.RemoveTagsFromOnPremisesInstancesOutput, error) {
	out := new(codedeploy.RemoveTagsFromOnPremisesInstancesOutput)
	if err := c.call(ctx, "RemoveTagsFromOnPremisesInstances", in, out, options); err != nil {
		return nil, err
	}
	return out, nil
}

// StopDeployment calls the operation of that name.
func (c *Client) StopDeployment(ctx context.Context, in *codedeploy.StopDeploymentInput, options ...func(*codedeploy.Options)) (*codedeploy.StopDeploymentOutput, error) {
	out := new(codedeploy.StopDeploymentOutput)
	if err := c.call(ctx, "StopDeployment", in, out, options); err != nil {
		return nil, err
	}
	return out, nil
}

// UpdateApplication calls the operation of that name.
func (c *Client) UpdateApplication(ctx context.Context, in *codedeploy.UpdateApplicationInput, options ...func(*codedeploy.Options)) (*codedeploy.UpdateApplicationOutput, error) {
	out := new(codedeploy.UpdateApplicationOutput)
	if err := c.call(ctx, "UpdateApplication", in, out, options); err != nil {
		return nil, err
	}
	return out, nil
}

// UpdateDeploymentGroup calls the operation of that name.
func (c *Client) UpdateDeploymentGroup(ctx context.Context, in *codedeploy.UpdateDeploymentGroupInput, options ...func(*codedeploy.Options)) (*codedeploy.UpdateDeploymentGroupOutput, error) {
	out := new(codedeploy.UpdateDeploymentGroupOutput)
	if err := c.call(ctx, "UpdateDeploymentGroup", in, out, options); err != nil {
		return nil, err
	}
	return out, nil
}
