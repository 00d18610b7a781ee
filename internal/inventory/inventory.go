// Package inventory reads what an account has in CodeDeploy: applications, deployment
// groups, deployment configurations and revisions, whole and with what depends on them.
package inventory

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/aws/aws-sdk-go-v2/service/codedeploy"
	"github.com/aws/aws-sdk-go-v2/service/codedeploy/types"

	"github.com/cdx-deploy/cdx/pkg/deploy"
)

// How many items one request may name.
// Source: CodeDeploy API Reference, BatchGetApplications, BatchGetDeploymentGroups and
// BatchGetApplicationRevisions.
const (
	applicationsBatch = 100
	groupsBatch       = 25
	revisionsBatch    = 25
)

// atOnce is how many requests are under way at a time.
const atOnce = 8

// ApplicationsAPI is the part of the CodeDeploy client that [Applications] calls.
type ApplicationsAPI interface {
	ListApplications(context.Context, *codedeploy.ListApplicationsInput, ...func(*codedeploy.Options)) (*codedeploy.ListApplicationsOutput, error)
	BatchGetApplications(context.Context, *codedeploy.BatchGetApplicationsInput, ...func(*codedeploy.Options)) (*codedeploy.BatchGetApplicationsOutput, error)
}

// Applications are at most limit applications, 0 meaning all, in the order of the
// service's list. Where only their names may be read, they have nothing else. The error is
// the SDK's, wrapped.
func Applications(ctx context.Context, api ApplicationsAPI, limit int) ([]types.ApplicationInfo, error) {
	names, err := all(limit, func(token *string) ([]string, *string, error) {
		out, err := api.ListApplications(ctx, &codedeploy.ListApplicationsInput{NextToken: token})
		if err != nil {
			return nil, nil, err
		}
		return out.Applications, out.NextToken, nil
	})
	if err != nil {
		return nil, fmt.Errorf("list the applications: %w", err)
	}
	infos, err := batches(ctx, names, applicationsBatch, func(ctx context.Context, names []string) ([]types.ApplicationInfo, error) {
		out, err := api.BatchGetApplications(ctx, &codedeploy.BatchGetApplicationsInput{ApplicationNames: names})
		if deploy.IsDenied(err) {
			return named(names, func(name string) types.ApplicationInfo { return types.ApplicationInfo{ApplicationName: &name} }), nil
		}
		if err != nil {
			return nil, err
		}
		return out.ApplicationsInfo, nil
	})
	if err != nil {
		return nil, fmt.Errorf("look at the applications: %w", err)
	}
	return infos, nil
}

// GroupsAPI is the part of the CodeDeploy client that [Groups] calls.
type GroupsAPI interface {
	ListDeploymentGroups(context.Context, *codedeploy.ListDeploymentGroupsInput, ...func(*codedeploy.Options)) (*codedeploy.ListDeploymentGroupsOutput, error)
	BatchGetDeploymentGroups(context.Context, *codedeploy.BatchGetDeploymentGroupsInput, ...func(*codedeploy.Options)) (*codedeploy.BatchGetDeploymentGroupsOutput, error)
}

// Groups are at most limit deployment groups of an application, 0 meaning all, in the
// order of the service's list. Where only their names may be read, they have nothing
// else. The error is the SDK's, wrapped.
func Groups(ctx context.Context, api GroupsAPI, application string, limit int) ([]types.DeploymentGroupInfo, error) {
	return groups(ctx, api, application, limit, func(names []string, err error) ([]types.DeploymentGroupInfo, error) {
		if deploy.IsDenied(err) {
			return named(names, func(name string) types.DeploymentGroupInfo {
				return types.DeploymentGroupInfo{DeploymentGroupName: &name}
			}), nil
		}
		return nil, err
	})
}

// groups are at most limit deployment groups of an application; otherwise says what takes
// the place of those that could not be looked at.
func groups(ctx context.Context, api GroupsAPI, application string, limit int, otherwise func([]string, error) ([]types.DeploymentGroupInfo, error)) ([]types.DeploymentGroupInfo, error) {
	names, err := GroupNames(ctx, api, application, limit)
	if err != nil {
		return nil, err
	}
	infos, err := batches(ctx, names, groupsBatch, func(ctx context.Context, names []string) ([]types.DeploymentGroupInfo, error) {
		out, err := api.BatchGetDeploymentGroups(ctx, &codedeploy.BatchGetDeploymentGroupsInput{ApplicationName: &application, DeploymentGroupNames: names})
		if err != nil {
			return otherwise(names, err)
		}
		return out.DeploymentGroupsInfo, nil
	})
	if err != nil {
		return nil, fmt.Errorf("look at the deployment groups of %s: %w", application, err)
	}
	return infos, nil
}

// GroupNames are the names of at most limit deployment groups of an application, 0
// meaning all. The error is the SDK's, wrapped.
func GroupNames(ctx context.Context, api GroupsAPI, application string, limit int) ([]string, error) {
	names, err := all(limit, func(token *string) ([]string, *string, error) {
		out, err := api.ListDeploymentGroups(ctx, &codedeploy.ListDeploymentGroupsInput{ApplicationName: &application, NextToken: token})
		if err != nil {
			return nil, nil, err
		}
		return out.DeploymentGroups, out.NextToken, nil
	})
	if err != nil {
		return nil, fmt.Errorf("list the deployment groups of %s: %w", application, err)
	}
	return names, nil
}

// ConfigsAPI is the part of the CodeDeploy client that [Configs] calls.
type ConfigsAPI interface {
	ListDeploymentConfigs(context.Context, *codedeploy.ListDeploymentConfigsInput, ...func(*codedeploy.Options)) (*codedeploy.ListDeploymentConfigsOutput, error)
	GetDeploymentConfig(context.Context, *codedeploy.GetDeploymentConfigInput, ...func(*codedeploy.Options)) (*codedeploy.GetDeploymentConfigOutput, error)
}

// Configs are at most limit deployment configurations, 0 meaning all, the account's own
// before those that every account has, each by name. Where only their names may be read,
// they have nothing else. The error is the SDK's, wrapped.
func Configs(ctx context.Context, api ConfigsAPI, limit int) ([]types.DeploymentConfigInfo, error) {
	names, err := all(0, func(token *string) ([]string, *string, error) {
		out, err := api.ListDeploymentConfigs(ctx, &codedeploy.ListDeploymentConfigsInput{NextToken: token})
		if err != nil {
			return nil, nil, err
		}
		return out.DeploymentConfigsList, out.NextToken, nil
	})
	if err != nil {
		return nil, fmt.Errorf("list the deployment configurations: %w", err)
	}
	slices.SortFunc(names, ownFirst)
	if limit > 0 {
		names = names[:min(limit, len(names))]
	}
	infos, err := batches(ctx, names, 1, func(ctx context.Context, names []string) ([]types.DeploymentConfigInfo, error) {
		out, err := api.GetDeploymentConfig(ctx, &codedeploy.GetDeploymentConfigInput{DeploymentConfigName: &names[0]})
		if deploy.IsDenied(err) {
			return []types.DeploymentConfigInfo{{DeploymentConfigName: &names[0]}}, nil
		}
		if err != nil {
			return nil, err
		}
		return []types.DeploymentConfigInfo{*out.DeploymentConfigInfo}, nil
	})
	if err != nil {
		return nil, fmt.Errorf("look at the deployment configurations: %w", err)
	}
	return infos, nil
}

// BuiltInPrefix begins the names of the deployment configurations that every account
// has. They cannot be changed or deleted.
// Source: CodeDeploy User Guide, "Working with deployment configurations".
const BuiltInPrefix = "CodeDeployDefault."

// IsBuiltIn reports a deployment configuration that every account has.
func IsBuiltIn(config string) bool { return strings.HasPrefix(config, BuiltInPrefix) }

// ownFirst sorts an account's own configurations before the others, each by name.
func ownFirst(a, b string) int {
	switch {
	case IsBuiltIn(a) == IsBuiltIn(b):
		return strings.Compare(a, b)
	case IsBuiltIn(a):
		return 1
	}
	return -1
}

// all reads a list page by page, until it ends or has as many items as are wanted.
func all[T any](limit int, next func(token *string) (items []T, following *string, err error)) ([]T, error) {
	items := []T{}
	var token *string
	for {
		page, following, err := next(token)
		if err != nil {
			return nil, err
		}
		items = append(items, page...)
		if limit > 0 && len(items) >= limit {
			return items[:limit], nil
		}
		if following == nil || *following == "" {
			return items, nil
		}
		token = following
	}
}

// batches looks at items some at a time, several requests at once, and keeps their order.
// The first error ends it.
func batches[T, R any](ctx context.Context, items []T, size int, look func(context.Context, []T) ([]R, error)) ([]R, error) {
	parts := make([][]R, (len(items)+size-1)/size)
	err := untilError(ctx, len(parts), func(ctx context.Context, i int) (err error) {
		parts[i], err = look(ctx, items[i*size:min(i*size+size, len(items))])
		return err
	})
	results := []R{} // never nil, which JSON would leave out
	for _, part := range parts {
		results = append(results, part...)
	}
	return results, err
}

// untilError does something for 0 to n-1, a few at a time, until there is an error, which
// it returns. It is not part of batches because the program would have it once for each
// of their types.
func untilError(ctx context.Context, n int, do func(ctx context.Context, i int) error) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	each(n, func(i int) {
		if ctx.Err() != nil {
			return
		}
		if err := do(ctx, i); err != nil {
			cancel(err)
		}
	})
	return context.Cause(ctx)
}

// each does something for 0 to n-1, a few at a time, and returns when all is done.
func each(n int, do func(i int)) {
	var running sync.WaitGroup
	free := make(chan struct{}, atOnce)
	for i := range n {
		free <- struct{}{}
		running.Go(func() {
			defer func() { <-free }()
			do(i)
		})
	}
	running.Wait()
}

func named[T any](names []string, of func(string) T) []T {
	items := make([]T, len(names))
	for i, name := range names {
		items[i] = of(name)
	}
	return items
}
