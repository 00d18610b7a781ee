package deploy

import (
	"context"
	"errors"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/codedeploy"
	"github.com/aws/aws-sdk-go-v2/service/codedeploy/types"

	"github.com/cdx-deploy/cdx/pkg/revision"
)

// Group is what a look at a deployment group tells.
type Group struct {
	Denied bool // the permission to look is missing, so that nothing is known

	ActiveID string // of the deployment that is active; empty when none is

	// Current is the revision that the group certainly runs, and CurrentID the deployment
	// that brought it there; nil and "" when its last deployment did not succeed on all of
	// its targets, or may not be looked at.
	Current   *types.RevisionLocation
	CurrentID string
}

// Runs reports whether the group certainly runs a revision already. An object without
// eTag and version is whatever is there now, which may not be what was there then.
func (g *Group) Runs(rev *types.RevisionLocation) bool {
	return g != nil && g.Current != nil && isPinned(g.Current) && revision.Equal(g.Current, rev)
}

// isPinned reports whether a revision names what is deployed, and not only its place.
func isPinned(rev *types.RevisionLocation) bool {
	object := rev.S3Location
	return object == nil || aws.ToString(object.ETag) != "" || aws.ToString(object.Version) != ""
}

// LookAtGroup looks whether a deployment group exists, with its application, and is of
// one of the platforms; none means any. The error is a [*PlatformError] when it is not,
// else the SDK's, wrapped. It succeeds where the permission to look is missing.
func LookAtGroup(ctx context.Context, api GroupAPI, application, group string, platforms []types.ComputePlatform) (*Group, error) {
	info, err := groupInfo(ctx, api, application, group)
	switch {
	case IsDenied(err):
		return &Group{Denied: true}, nil
	case err != nil:
		return nil, err
	}
	if err := fits(application, info.ComputePlatform, platforms); err != nil {
		return nil, err
	}
	seen := &Group{}
	if last := info.LastAttemptedDeployment; last != nil && isActive(last.Status) {
		seen.ActiveID = aws.ToString(last.DeploymentId)
	}
	if seen.Current, seen.CurrentID, err = currentOf(ctx, api, info); err != nil && !IsDenied(err) {
		return nil, err
	}
	return seen, nil
}

// isActive reports whether a deployment with this status keeps others from its group.
// A status that this package does not know is taken for a final one.
func isActive(status types.DeploymentStatus) bool {
	switch status {
	case types.DeploymentStatusCreated, types.DeploymentStatusQueued, types.DeploymentStatusInProgress, types.DeploymentStatusBaking, types.DeploymentStatusReady:
		return true
	default:
		return false
	}
}

// GroupAPI is the part of the CodeDeploy client that [LookAtGroup] calls.
type GroupAPI interface {
	GetDeploymentGroup(context.Context, *codedeploy.GetDeploymentGroupInput, ...func(*codedeploy.Options)) (*codedeploy.GetDeploymentGroupOutput, error)
	GetDeployment(context.Context, *codedeploy.GetDeploymentInput, ...func(*codedeploy.Options)) (*codedeploy.GetDeploymentOutput, error)
}

// currentOf is the revision that a deployment group certainly runs, and the deployment
// that brought it there: that of its last deployment, if that succeeded on all of its
// targets, which a deployment configuration may not demand. Otherwise it is nil and "".
func currentOf(ctx context.Context, api GroupAPI, info types.DeploymentGroupInfo) (rev *types.RevisionLocation, deploymentID string, err error) {
	last := info.LastAttemptedDeployment
	if last == nil || last.Status != types.DeploymentStatusSucceeded {
		return nil, "", nil
	}
	deploymentID = aws.ToString(last.DeploymentId)
	deployment, err := deploymentOf(ctx, api, deploymentID)
	if err != nil {
		return nil, "", err
	}
	if reached := deployment.DeploymentOverview; reached != nil && reached.Failed+reached.Skipped > 0 {
		return nil, "", nil
	}
	return deployment.Revision, deploymentID, nil
}

func groupInfo(ctx context.Context, api GroupAPI, application, group string) (types.DeploymentGroupInfo, error) {
	out, err := api.GetDeploymentGroup(ctx, &codedeploy.GetDeploymentGroupInput{
		ApplicationName:     aws.String(application),
		DeploymentGroupName: aws.String(group),
	})
	if err != nil {
		return types.DeploymentGroupInfo{}, fmt.Errorf("look at deployment group %s of application %s: %w", group, application, err)
	}
	if out.DeploymentGroupInfo == nil {
		return types.DeploymentGroupInfo{}, nil
	}
	return *out.DeploymentGroupInfo, nil
}

// revisionOf is the revision of a deployment; nil for one that is forgotten.
func revisionOf(ctx context.Context, api GroupAPI, id string) (*types.RevisionLocation, error) {
	deployment, err := deploymentOf(ctx, api, id)
	return deployment.Revision, err
}

// deploymentOf is a deployment by its ID; empty for one that is forgotten.
func deploymentOf(ctx context.Context, api GroupAPI, id string) (types.DeploymentInfo, error) {
	out, err := api.GetDeployment(ctx, &codedeploy.GetDeploymentInput{DeploymentId: aws.String(id)})
	var gone *types.DeploymentDoesNotExistException
	switch {
	case errors.As(err, &gone):
		return types.DeploymentInfo{}, nil
	case err != nil:
		return types.DeploymentInfo{}, fmt.Errorf("look at deployment %s: %w", id, err)
	case out.DeploymentInfo == nil:
		return types.DeploymentInfo{}, nil
	}
	return *out.DeploymentInfo, nil
}
