package inventory

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/codedeploy/types"
)

// IsActive reports whether a group's last deployment has not come to its end.
func IsActive(info *types.DeploymentGroupInfo) bool {
	last := info.LastAttemptedDeployment
	if last == nil || last.Status == "" {
		return false
	}
	switch last.Status {
	case types.DeploymentStatusSucceeded, types.DeploymentStatusFailed, types.DeploymentStatusStopped:
		return false
	}
	return true
}

// UsersAPI is the part of the CodeDeploy client that [ConfigUsers] calls.
type UsersAPI interface {
	ApplicationsAPI
	GroupsAPI
}

// ConfigUsers are the deployment groups of all applications that use one of the
// deployment configurations, by configuration. The error is the SDK's, wrapped, also where
// only the groups' names may be read, which do not say what they use.
func ConfigUsers(ctx context.Context, api UsersAPI, configs []string) (map[string][]types.DeploymentGroupInfo, error) {
	applications, err := Applications(ctx, api, 0)
	if err != nil {
		return nil, err
	}
	all, err := batches(ctx, applications, 1, func(ctx context.Context, one []types.ApplicationInfo) ([]types.DeploymentGroupInfo, error) {
		return groups(ctx, api, aws.ToString(one[0].ApplicationName), 0, func(_ []string, err error) ([]types.DeploymentGroupInfo, error) { return nil, err })
	})
	if err != nil {
		return nil, err
	}
	users := make(map[string][]types.DeploymentGroupInfo)
	for _, config := range configs {
		for _, group := range all {
			if aws.ToString(group.DeploymentConfigName) == config {
				users[config] = append(users[config], group)
			}
		}
	}
	return users, nil
}
