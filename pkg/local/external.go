package local

import (
	"context"
	"maps"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/codedeploy"
)

// listGitHubAccountTokenNames has the names that a seed gave: nothing here can be connected to a GitHub account.
func (a *api) listGitHubAccountTokenNames(_ context.Context, in *codedeploy.ListGitHubAccountTokenNamesInput) (*codedeploy.ListGitHubAccountTokenNamesOutput, error) {
	names, next, err := page(slices.Sorted(maps.Keys(a.tokens)), in.NextToken)
	if err != nil {
		return nil, err
	}
	return &codedeploy.ListGitHubAccountTokenNamesOutput{TokenNameList: names, NextToken: next}, nil
}

func (a *api) deleteGitHubAccountToken(_ context.Context, in *codedeploy.DeleteGitHubAccountTokenInput) (*codedeploy.DeleteGitHubAccountTokenOutput, error) {
	name := aws.ToString(in.TokenName)
	if name == "" {
		return nil, exception("GitHubAccountTokenNameRequiredException", "The call is missing a required GitHub account connection name.")
	}
	if !a.tokens[name] {
		return nil, exception("GitHubAccountTokenDoesNotExistException", "No GitHub account connection exists with the named specified in the call: %s", name)
	}
	delete(a.tokens, name)
	return &codedeploy.DeleteGitHubAccountTokenOutput{TokenName: in.TokenName}, nil
}

// deleteResourcesByExternalID has nothing to delete: no resource here has an external ID.
func (a *api) deleteResourcesByExternalID(context.Context, *codedeploy.DeleteResourcesByExternalIdInput) (*codedeploy.DeleteResourcesByExternalIdOutput, error) {
	return &codedeploy.DeleteResourcesByExternalIdOutput{}, nil
}
