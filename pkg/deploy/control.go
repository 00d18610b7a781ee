package deploy

import (
	"context"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/codedeploy"
	"github.com/aws/aws-sdk-go-v2/service/codedeploy/types"
)

// StopAPI is the part of the CodeDeploy client that [Stop] calls.
type StopAPI interface {
	StopDeployment(context.Context, *codedeploy.StopDeploymentInput, ...func(*codedeploy.Options)) (*codedeploy.StopDeploymentOutput, error)
}

// ContinueAPI is the part of the CodeDeploy client that [Continue] calls.
type ContinueAPI interface {
	ContinueDeployment(context.Context, *codedeploy.ContinueDeploymentInput, ...func(*codedeploy.Options)) (*codedeploy.ContinueDeploymentOutput, error)
}

// Stopped is CodeDeploy's answer to a stop that it accepted.
type Stopped struct {
	Status  types.StopStatus // Pending while it goes on, Succeeded when it is done
	Message string           // CodeDeploy's own; may be empty
}

// Stop asks CodeDeploy to stop a deployment. rollback says whether targets that have
// the new revision get the previous one back; nil leaves that to the deployment. The
// errors are the SDK's, wrapped: *types.DeploymentAlreadyCompletedException when there
// is nothing to stop, *types.DeploymentDoesNotExistException.
func Stop(ctx context.Context, api StopAPI, id string, rollback *bool) (*Stopped, error) {
	out, err := api.StopDeployment(ctx, &codedeploy.StopDeploymentInput{DeploymentId: aws.String(id), AutoRollbackEnabled: rollback})
	if err != nil {
		return nil, fmt.Errorf("stop deployment %s: %w", id, err)
	}
	return &Stopped{Status: out.Status, Message: aws.ToString(out.StatusMessage)}, nil
}

// Continue ends a blue/green deployment's waiting: for [types.DeploymentWaitTypeReadyWait]
// traffic is rerouted now, for [types.DeploymentWaitTypeTerminationWait] the original
// targets are terminated now. An empty waitType is CodeDeploy's default, the former. The
// errors are the SDK's, wrapped: *types.DeploymentIsNotInReadyStateException,
// *types.DeploymentAlreadyCompletedException, *types.UnsupportedActionForDeploymentTypeException.
func Continue(ctx context.Context, api ContinueAPI, id string, waitType types.DeploymentWaitType) error {
	_, err := api.ContinueDeployment(ctx, &codedeploy.ContinueDeploymentInput{DeploymentId: aws.String(id), DeploymentWaitType: waitType})
	if err != nil {
		return fmt.Errorf("continue deployment %s: %w", id, err)
	}
	return nil
}
