package deploy

import (
	"context"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/codedeploy/types"
)

// Running is what a deployment group runs, as far as its deployments tell.
type Running struct {
	// Revision is that of the last deployment that succeeded, and DeploymentID its ID; nil
	// and "" when none has succeeded yet. Ended is when it did.
	Revision     *types.RevisionLocation
	DeploymentID string
	Ended        time.Time

	// Later is a deployment that was begun after that one and has not succeeded, so that
	// some targets may run what it deploys; nil when there is none.
	Later *types.LastDeploymentInfo
}

// LookAtRunning tells what a deployment group runs. The error is the SDK's, wrapped.
func LookAtRunning(ctx context.Context, api GroupAPI, application, group string) (*Running, error) {
	info, err := groupInfo(ctx, api, application, group)
	if err != nil {
		return nil, err
	}
	running := new(Running)
	last, attempted := info.LastSuccessfulDeployment, info.LastAttemptedDeployment
	if attempted != nil && (last == nil || aws.ToString(attempted.DeploymentId) != aws.ToString(last.DeploymentId)) {
		running.Later = attempted
	}
	if last == nil {
		return running, nil
	}
	running.DeploymentID, running.Ended = aws.ToString(last.DeploymentId), aws.ToTime(last.EndTime)
	if running.Revision, err = revisionOf(ctx, api, running.DeploymentID); err != nil {
		return nil, err
	}
	if running.Revision == nil { // CodeDeploy has forgotten the deployment, but not what it deployed
		running.Revision = info.TargetRevision
	}
	return running, nil
}
