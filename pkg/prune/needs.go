package prune

import (
	"context"
	"fmt"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/codedeploy"
	"github.com/aws/aws-sdk-go-v2/service/codedeploy/types"

	"github.com/cdx-deploy/cdx/pkg/deploy"
	"github.com/cdx-deploy/cdx/pkg/revision"
)

// How many items one request may name.
// Source: CodeDeploy API Reference, BatchGetDeploymentGroups and
// BatchGetApplicationRevisions.
const (
	groupsBatch    = 25
	revisionsBatch = 25
)

// active are the statuses of deployments that have not come to their end.
func active() []types.DeploymentStatus {
	return []types.DeploymentStatus{
		types.DeploymentStatusCreated, types.DeploymentStatusQueued, types.DeploymentStatusInProgress, types.DeploymentStatusBaking, types.DeploymentStatusReady,
	}
}

// need is an object that something needs.
type need struct {
	at  *types.S3Location
	why string
}

// collector gathers what one deployment group needs.
type collector struct {
	prefix string // of each reason
	needs  []need
}

func (c *collector) add(rev *types.RevisionLocation, why string) {
	if rev != nil && rev.S3Location != nil {
		c.needs = append(c.needs, need{rev.S3Location, c.prefix + why})
	}
}

// needs are the objects in S3 that the deployment groups of an application need.
func (l *look) needs(ctx context.Context, application string) ([]need, error) {
	groups, err := l.groups(ctx, application)
	if err != nil {
		return nil, err
	}
	var all []need
	for i := range groups {
		prefix := "deployment group " + aws.ToString(groups[i].DeploymentGroupName) + ": "
		if application != l.Application {
			prefix = "application " + application + ", " + prefix
		}
		c := &collector{prefix: prefix}
		if err := l.group(ctx, application, &groups[i], c); err != nil {
			return nil, err
		}
		all = append(all, c.needs...)
	}
	return all, nil
}

// group collects what one deployment group needs.
func (l *look) group(ctx context.Context, application string, group *types.DeploymentGroupInfo, c *collector) error {
	name := aws.ToString(group.DeploymentGroupName)
	c.add(group.TargetRevision, "its target revision")
	lasts := []struct {
		of  *types.LastDeploymentInfo
		why string
	}{{group.LastSuccessfulDeployment, "its last successful deployment"}, {group.LastAttemptedDeployment, "its last deployment"}}
	var attempted *types.RevisionLocation
	for _, last := range lasts {
		if last.of == nil || aws.ToString(last.of.DeploymentId) == "" {
			continue
		}
		info, err := l.deployment(ctx, *last.of.DeploymentId)
		if err != nil {
			return wrap(err, "look at deployment %s", *last.of.DeploymentId)
		}
		c.add(info.Revision, last.why+" "+*last.of.DeploymentId)
		c.add(info.PreviousRevision, "what "+last.why+" "+*last.of.DeploymentId+" replaced")
		attempted = info.Revision
	}
	for info, err := range deploy.History(ctx, l.api, application, name, active()...) {
		if err != nil {
			return err
		}
		c.add(info.Revision, "its active deployment "+aws.ToString(info.DeploymentId))
		c.add(info.PreviousRevision, "what its active deployment "+aws.ToString(info.DeploymentId)+" replaces")
	}
	return l.succeeded(ctx, application, name, attempted, c)
}

// succeeded collects the revisions that succeeded last, each once, until there are enough
// and the one is among them that a rollback would bring back.
func (l *look) succeeded(ctx context.Context, application, group string, attempted *types.RevisionLocation, c *collector) error {
	var found []*types.RevisionLocation
	rollback := false
	for info, err := range deploy.History(ctx, l.api, application, group, types.DeploymentStatusSucceeded) {
		if err != nil {
			return err
		}
		isThis := func(other *types.RevisionLocation) bool { return revision.Equal(other, info.Revision) }
		if info.Revision == nil || slices.ContainsFunc(found, isThis) {
			continue
		}
		other := attempted == nil || !isThis(attempted)
		switch id := aws.ToString(info.DeploymentId); {
		case len(found) < l.Keep:
			c.add(info.Revision, fmt.Sprintf("number %d of its last %d that succeeded, by %s", len(found)+1, l.Keep, id))
		case other && !rollback:
			c.add(info.Revision, "a rollback would bring it back, as of "+id)
		}
		found, rollback = append(found, info.Revision), rollback || other
		if len(found) >= l.Keep && rollback {
			return nil
		}
	}
	return nil
}

// deployment is what is known of a deployment; nothing of one that CodeDeploy has
// forgotten.
func (l *look) deployment(ctx context.Context, id string) (*types.DeploymentInfo, error) {
	out, err := l.api.GetDeployment(ctx, &codedeploy.GetDeploymentInput{DeploymentId: &id})
	switch {
	case is[*types.DeploymentDoesNotExistException](err):
		return new(types.DeploymentInfo), nil
	case err != nil:
		return nil, err
	case out.DeploymentInfo == nil:
		return new(types.DeploymentInfo), nil
	}
	return out.DeploymentInfo, nil
}

// groups are all deployment groups of an application.
func (l *look) groups(ctx context.Context, application string) ([]types.DeploymentGroupInfo, error) {
	names, err := list(func(token *string) ([]string, *string, error) {
		out, err := l.api.ListDeploymentGroups(ctx, &codedeploy.ListDeploymentGroupsInput{ApplicationName: &application, NextToken: token})
		if err != nil {
			return nil, nil, err
		}
		return out.DeploymentGroups, out.NextToken, nil
	})
	if err != nil {
		return nil, wrap(err, "list the deployment groups of %s", application)
	}
	var infos []types.DeploymentGroupInfo
	for some := range slices.Chunk(names, groupsBatch) {
		out, err := l.api.BatchGetDeploymentGroups(ctx, &codedeploy.BatchGetDeploymentGroupsInput{ApplicationName: &application, DeploymentGroupNames: some})
		if err != nil {
			return nil, wrap(err, "look at the deployment groups of %s", application)
		}
		if len(out.DeploymentGroupsInfo) != len(some) {
			return nil, &IncompleteError{Application: application, What: "deployment groups", Asked: len(some), Answered: len(out.DeploymentGroupsInfo)}
		}
		infos = append(infos, out.DeploymentGroupsInfo...)
	}
	return infos, nil
}

// locations are the revisions of an application in the bucket.
func (l *look) locations(ctx context.Context, application string) ([]types.RevisionLocation, error) {
	in := &codedeploy.ListApplicationRevisionsInput{
		ApplicationName: &application, S3Bucket: &l.Bucket,
		SortBy: types.ApplicationRevisionSortByRegisterTime, SortOrder: types.SortOrderDescending,
	}
	if l.KeyPrefix != "" {
		in.S3KeyPrefix = &l.KeyPrefix
	}
	locations, err := list(func(token *string) ([]types.RevisionLocation, *string, error) {
		in.NextToken = token
		out, err := l.api.ListApplicationRevisions(ctx, in)
		if err != nil {
			return nil, nil, err
		}
		return out.Revisions, out.NextToken, nil
	})
	if err != nil {
		return nil, wrap(err, "list the revisions of %s", application)
	}
	return slices.DeleteFunc(locations, func(rev types.RevisionLocation) bool {
		return rev.S3Location == nil || aws.ToString(rev.S3Location.Bucket) != l.Bucket
	}), nil
}

// revisions are the revisions of an application in the bucket, with what is known of them.
func (l *look) revisions(ctx context.Context, application string) ([]types.RevisionInfo, error) {
	locations, err := l.locations(ctx, application)
	if err != nil {
		return nil, err
	}
	return l.about(ctx, application, locations)
}

// about tells what is known of revisions.
func (l *look) about(ctx context.Context, application string, locations []types.RevisionLocation) ([]types.RevisionInfo, error) {
	var infos []types.RevisionInfo
	for some := range slices.Chunk(locations, revisionsBatch) {
		out, err := l.api.BatchGetApplicationRevisions(ctx, &codedeploy.BatchGetApplicationRevisionsInput{ApplicationName: &application, Revisions: some})
		if err != nil {
			return nil, wrap(err, "look at the revisions of %s", application)
		}
		if len(out.Revisions) != len(some) {
			return nil, &IncompleteError{Application: application, What: "revisions", Asked: len(some), Answered: len(out.Revisions)}
		}
		for _, info := range out.Revisions {
			if info.RevisionLocation != nil && info.RevisionLocation.S3Location != nil {
				infos = append(infos, info)
			}
		}
	}
	return infos, nil
}

// list reads a list to its end.
func list[T any](next func(token *string) ([]T, *string, error)) ([]T, error) {
	var items []T
	var token *string
	for {
		page, following, err := next(token)
		if err != nil {
			return nil, err
		}
		items = append(items, page...)
		if aws.ToString(following) == "" {
			return items, nil
		}
		token = following
	}
}
