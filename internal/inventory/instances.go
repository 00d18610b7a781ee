package inventory

import (
	"context"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/service/codedeploy"
	"github.com/aws/aws-sdk-go-v2/service/codedeploy/types"

	"github.com/cdx-deploy/cdx/pkg/deploy"
)

// instancesBatch is how many on-premises instances one request may name.
// Source: CodeDeploy API Reference, BatchGetOnPremisesInstances.
const instancesBatch = 100

// InstancesAPI is the part of the CodeDeploy client that [Instances] calls.
type InstancesAPI interface {
	ListOnPremisesInstances(context.Context, *codedeploy.ListOnPremisesInstancesInput, ...func(*codedeploy.Options)) (*codedeploy.ListOnPremisesInstancesOutput, error)
	BatchGetOnPremisesInstances(context.Context, *codedeploy.BatchGetOnPremisesInstancesInput, ...func(*codedeploy.Options)) (*codedeploy.BatchGetOnPremisesInstancesOutput, error)
}

// Instances are at most limit on-premises instances, 0 meaning all, chosen by the service
// as in says; it is not changed. Where only their names may be read, they have nothing
// else. The error is the SDK's, wrapped.
func Instances(ctx context.Context, api InstancesAPI, in codedeploy.ListOnPremisesInstancesInput, limit int) ([]types.InstanceInfo, error) {
	names, err := all(limit, func(token *string) ([]string, *string, error) {
		in.NextToken = token
		out, err := api.ListOnPremisesInstances(ctx, &in)
		if err != nil {
			return nil, nil, err
		}
		return out.InstanceNames, out.NextToken, nil
	})
	if err != nil {
		return nil, fmt.Errorf("list the on-premises instances: %w", err)
	}
	infos, err := batches(ctx, names, instancesBatch, func(ctx context.Context, names []string) ([]types.InstanceInfo, error) {
		out, err := api.BatchGetOnPremisesInstances(ctx, &codedeploy.BatchGetOnPremisesInstancesInput{InstanceNames: names})
		if deploy.IsDenied(err) {
			return named(names, func(name string) types.InstanceInfo { return types.InstanceInfo{InstanceName: &name} }), nil
		}
		if err != nil {
			return nil, err
		}
		return out.InstanceInfos, nil
	})
	if err != nil {
		return nil, fmt.Errorf("look at the on-premises instances: %w", err)
	}
	return infos, nil
}
