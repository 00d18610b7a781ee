package push

import (
	"context"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/codedeploy"
	"github.com/aws/aws-sdk-go-v2/service/codedeploy/types"

	"github.com/cdx-deploy/cdx/pkg/revision"
)

// RegisterAPI is the part of the CodeDeploy client that [Register] calls.
type RegisterAPI interface {
	RegisterApplicationRevision(context.Context, *codedeploy.RegisterApplicationRevisionInput, ...func(*codedeploy.Options)) (*codedeploy.RegisterApplicationRevisionOutput, error)
}

// Register makes rev known to an application, with a description unless that is
// empty. Doing so again is harmless: it replaces the description.
func Register(ctx context.Context, api RegisterAPI, application string, rev *types.RevisionLocation, description string) error {
	_, err := api.RegisterApplicationRevision(ctx, &codedeploy.RegisterApplicationRevisionInput{
		ApplicationName: aws.String(application),
		Revision:        rev,
		Description:     optional(description),
	})
	if err != nil {
		return fmt.Errorf("register %s with application %s: %w", revision.Describe(rev), application, err)
	}
	return nil
}
