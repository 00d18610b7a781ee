package deploy

import (
	"context"
	"fmt"
	"iter"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/codedeploy/types"

	"github.com/cdx-deploy/cdx/pkg/revision"
)

// RollbackAPI is the part of the CodeDeploy client that [PickRollback] calls.
type RollbackAPI interface {
	GroupAPI
	HistoryAPI
}

// Candidate is a revision to roll back to.
type Candidate struct {
	Revision     *types.RevisionLocation
	DeploymentID string    // the newest deployment of it that succeeded
	Deployed     time.Time // when that was created
}

// NoCandidateError says that a deployment group's history has no revision to roll back to.
type NoCandidateError struct {
	Group         string
	Wanted, Found int // which one was asked for, counted from 1, and how many there are
}

// Error names both numbers.
func (e *NoCandidateError) Error() string {
	if e.Found == 0 {
		return fmt.Sprintf("no other revision was deployed to %s successfully", e.Group)
	}
	others := "others were"
	if e.Found == 1 {
		others = "other was"
	}
	return fmt.Sprintf("revision %d to roll back to was asked for, but only %d %s deployed to %s successfully", e.Wanted, e.Found, others, e.Group)
}

// PickRollback finds the revision to roll a deployment group back to: the one that the
// newest Succeeded deployment deployed among those that differ from the group's last
// attempted one. to counts such revisions, each once, from 1; zero means 1. The error
// is a [*NoCandidateError] when there are not as many, else the SDK's, wrapped.
func PickRollback(ctx context.Context, api RollbackAPI, application, group string, to int) (*Candidate, error) {
	to = max(to, 1)
	attempted, err := lastAttempted(ctx, api, application, group)
	if err != nil {
		return nil, err
	}
	others := []*types.RevisionLocation{}
	for deployment, err := range History(ctx, api, application, group, types.DeploymentStatusSucceeded) {
		if err != nil {
			return nil, err
		}
		rev := deployment.Revision
		isThis := func(other *types.RevisionLocation) bool { return revision.Equal(other, rev) }
		if rev == nil || isThis(attempted) || slices.ContainsFunc(others, isThis) {
			continue
		}
		if others = append(others, rev); len(others) == to {
			return &Candidate{Revision: rev, DeploymentID: aws.ToString(deployment.DeploymentId), Deployed: aws.ToTime(deployment.CreateTime)}, nil
		}
	}
	return nil, &NoCandidateError{Group: group, Wanted: to, Found: len(others)}
}

// lastAttempted is the revision that was deployed last, whatever came of it; nil when
// none was.
func lastAttempted(ctx context.Context, api RollbackAPI, application, group string) (*types.RevisionLocation, error) {
	id, err := Latest(ctx, api, application, group)
	if err != nil || id == "" {
		return nil, err
	}
	return revisionOf(ctx, api, id)
}

// Latest is the ID of the deployment that was created last for a deployment group,
// whatever came of it; "" when there was none. Without the permission to look at the
// group, the history tells. The error is the SDK's, wrapped.
func Latest(ctx context.Context, api RollbackAPI, application, group string) (id string, err error) {
	info, err := groupInfo(ctx, api, application, group)
	if IsDenied(err) {
		next, stop := iter.Pull2(History(ctx, api, application, group))
		defer stop()
		newest, err, _ := next()
		return aws.ToString(newest.DeploymentId), err
	}
	if err != nil || info.LastAttemptedDeployment == nil {
		return "", err
	}
	return aws.ToString(info.LastAttemptedDeployment.DeploymentId), nil
}
