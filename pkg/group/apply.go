package group

import (
	"context"
	"errors"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/codedeploy"
	"github.com/aws/aws-sdk-go-v2/service/codedeploy/types"
)

// API is the part of the CodeDeploy client that [Look] and [Plan.Apply] call.
type API interface {
	GetDeploymentGroup(context.Context, *codedeploy.GetDeploymentGroupInput, ...func(*codedeploy.Options)) (*codedeploy.GetDeploymentGroupOutput, error)
	CreateDeploymentGroup(context.Context, *codedeploy.CreateDeploymentGroupInput, ...func(*codedeploy.Options)) (*codedeploy.CreateDeploymentGroupOutput, error)
	UpdateDeploymentGroup(context.Context, *codedeploy.UpdateDeploymentGroupInput, ...func(*codedeploy.Options)) (*codedeploy.UpdateDeploymentGroupOutput, error)
}

// Plan is what applying a file would do to one group.
type Plan struct {
	Group   *Group                     // as the file wants it
	Info    *types.DeploymentGroupInfo // as it is; nil when it is to be created
	Changes []Change                   // none: nothing to do, unless the group is to be created
}

// Name is the group's name.
func (p *Plan) Name() string { return aws.ToString(p.Group.DeploymentGroupName) }

// Nothing reports that the group is as the file wants it.
func (p *Plan) Nothing() bool { return p.Info != nil && len(p.Changes) == 0 }

// Look compares a group with what there is under its name. The errors are the SDK's,
// wrapped; a missing group is none, a missing application is.
func Look(ctx context.Context, api API, wanted *Group) (*Plan, error) {
	plan := &Plan{Group: wanted}
	info, err := get(ctx, api, wanted)
	var missing *types.DeploymentGroupDoesNotExistException
	if err != nil && !errors.As(err, &missing) {
		return nil, err
	}
	plan.Info, plan.Changes = info, Changes(info, wanted)
	return plan, nil
}

func get(ctx context.Context, api API, g *Group) (*types.DeploymentGroupInfo, error) {
	out, err := api.GetDeploymentGroup(ctx, &codedeploy.GetDeploymentGroupInput{
		ApplicationName: g.ApplicationName, DeploymentGroupName: g.DeploymentGroupName,
	})
	if err != nil {
		return nil, fmt.Errorf("look at deployment group %s of %s: %w", aws.ToString(g.DeploymentGroupName), aws.ToString(g.ApplicationName), err)
	}
	return out.DeploymentGroupInfo, nil
}

// Applied is what came of applying a plan.
type Applied struct {
	Info *types.DeploymentGroupInfo // the group afterwards; nil when it could not be looked at

	// HooksNotCleanedUp are Auto Scaling groups in which CodeDeploy could not remove its
	// lifecycle hooks.
	HooksNotCleanedUp []types.AutoScalingGroup

	// Left are the settings that AWS accepted, but that differ all the same afterwards.
	Left []Change
}

// Apply creates or updates the group, and looks whether it is then as the file wants it.
// It does nothing when nothing differs. The errors are the SDK's, wrapped: nothing was
// changed then, unless the answer was lost. A group that turns out to be there already,
// as the file wants it, is taken for created: that is how a repeated request is answered
// whose first answer was lost.
func (p *Plan) Apply(ctx context.Context, api API) (*Applied, error) {
	applied := new(Applied)
	if p.Nothing() {
		applied.Info = p.Info
		return applied, nil
	}
	sent := p.send(ctx, api, applied)
	var exists *types.DeploymentGroupAlreadyExistsException
	if sent != nil && !errors.As(sent, &exists) {
		return nil, sent
	}
	info, err := get(ctx, api, p.Group)
	if sent != nil && (err != nil || len(Changes(info, p.Group)) > 0) {
		return nil, sent
	}
	if err != nil {
		return applied, nil //nolint:nilerr // the group is changed; whether it shows could not be seen
	}
	applied.Info, applied.Left = info, Changes(info, p.Group)
	return applied, nil
}

func (p *Plan) send(ctx context.Context, api API, applied *Applied) error {
	if p.Info == nil {
		if _, err := api.CreateDeploymentGroup(ctx, p.Group.CreateInput()); err != nil {
			return fmt.Errorf("create deployment group %s of %s: %w", p.Name(), aws.ToString(p.Group.ApplicationName), err)
		}
		return nil
	}
	out, err := api.UpdateDeploymentGroup(ctx, UpdateInput(p.Info, p.Group))
	if err != nil {
		return fmt.Errorf("update deployment group %s of %s: %w", p.Name(), aws.ToString(p.Group.ApplicationName), err)
	}
	applied.HooksNotCleanedUp = out.HooksNotCleanedUp
	return nil
}
