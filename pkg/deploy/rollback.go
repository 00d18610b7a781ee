package deploy

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/codedeploy"
	"github.com/aws/aws-sdk-go-v2/service/codedeploy/types"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/cdx-deploy/cdx/pkg/revision"
)

// RollbackAPI is the part of the CodeDeploy client that [PickRollback] calls.
type RollbackAPI interface {
	GroupAPI
	HistoryAPI
}

// GroupAPI is the part of the CodeDeploy client that [Current] calls.
type GroupAPI interface {
	GetDeploymentGroup(context.Context, *codedeploy.GetDeploymentGroupInput, ...func(*codedeploy.Options)) (*codedeploy.GetDeploymentGroupOutput, error)
	GetDeployment(context.Context, *codedeploy.GetDeploymentInput, ...func(*codedeploy.Options)) (*codedeploy.GetDeploymentOutput, error)
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
	return fmt.Sprintf("revision %d to roll back to was asked for, but only %d others were deployed to %s successfully", e.Wanted, e.Found, e.Group)
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
	if isDenied(err) {
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

// Current is the revision that a deployment group certainly runs, and the deployment
// that brought it there: that of its last deployment, if that succeeded. Otherwise it
// is nil and "".
func Current(ctx context.Context, api GroupAPI, application, group string) (rev *types.RevisionLocation, deploymentID string, err error) {
	info, err := groupInfo(ctx, api, application, group)
	if err != nil {
		return nil, "", err
	}
	return currentOf(ctx, api, info)
}

func currentOf(ctx context.Context, api GroupAPI, info types.DeploymentGroupInfo) (rev *types.RevisionLocation, deploymentID string, err error) {
	last := info.LastAttemptedDeployment
	if last == nil || last.Status != types.DeploymentStatusSucceeded {
		return nil, "", nil
	}
	deploymentID = aws.ToString(last.DeploymentId)
	if rev, err = revisionOf(ctx, api, deploymentID); err != nil {
		return nil, "", err
	}
	return rev, deploymentID, nil
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
	out, err := api.GetDeployment(ctx, &codedeploy.GetDeploymentInput{DeploymentId: aws.String(id)})
	var gone *types.DeploymentDoesNotExistException
	if errors.As(err, &gone) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("look at deployment %s: %w", id, err)
	}
	if out.DeploymentInfo == nil {
		return nil, nil
	}
	return out.DeploymentInfo.Revision, nil
}

// ObjectAPI is the part of the S3 client that [CheckObject] calls.
type ObjectAPI interface {
	HeadObject(context.Context, *s3.HeadObjectInput, ...func(*s3.Options)) (*s3.HeadObjectOutput, error)
}

// GoneError says that a revision can no longer be fetched from S3.
type GoneError struct {
	Revision *types.RevisionLocation
	ETag     string // of the object that is there now, without quotes; empty when none is
}

// Error says what is there instead.
func (e *GoneError) Error() string {
	if e.ETag == "" {
		return revision.Describe(e.Revision) + " does not exist"
	}
	return fmt.Sprintf("%s was replaced: the object there now has eTag %s", revision.Describe(e.Revision), e.ETag)
}

// CheckObject looks whether a revision in S3 is still there with its eTag. The error
// is a [*GoneError] when it is not, else the SDK's, wrapped. It succeeds for other
// revisions, and where the permission to look is missing.
func CheckObject(ctx context.Context, api ObjectAPI, rev *types.RevisionLocation) error {
	if rev == nil || rev.S3Location == nil {
		return nil
	}
	at := rev.S3Location
	out, err := api.HeadObject(ctx, &s3.HeadObjectInput{Bucket: at.Bucket, Key: at.Key, VersionId: at.Version})
	switch {
	case httpStatus(err) == http.StatusNotFound:
		return &GoneError{Revision: rev}
	case httpStatus(err) == http.StatusForbidden:
		return nil
	case err != nil:
		return fmt.Errorf("look at %s: %w", revision.Describe(rev), err)
	}
	now, then := strings.Trim(aws.ToString(out.ETag), `"`), strings.Trim(aws.ToString(at.ETag), `"`)
	if then != "" && now != then {
		return &GoneError{Revision: rev, ETag: now}
	}
	return nil
}
