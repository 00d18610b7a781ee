package prune

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/codedeploy"
	"github.com/aws/aws-sdk-go-v2/service/codedeploy/types"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	s3types "github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"
	"sync"
)

// account is a fake of CodeDeploy: applications with what they have registered and
// deployed. Lists come in pages of two.
type account struct {
	now          time.Time
	applications []*application
	deployments  []*types.DeploymentInfo // oldest first
	fail         map[string]error        // by operation, or operation and application: "ListDeploymentGroups other"
	omit         string                  // the operation whose answers lack their last item
}

type application struct {
	name      string
	groups    []*types.DeploymentGroupInfo
	revisions []types.RevisionInfo
}

func (a *account) find(name *string) *application {
	for _, app := range a.applications {
		if app.name == *name {
			return app
		}
	}
	return nil
}

func (a *account) add(name string, groups ...string) *application {
	app := &application{name: name}
	for _, group := range groups {
		app.groups = append(app.groups, &types.DeploymentGroupInfo{ApplicationName: &name, DeploymentGroupName: &group})
	}
	a.applications = append(a.applications, app)
	return app
}

// register makes a revision known to an application, once.
func (a *account) register(app *application, rev types.RevisionLocation) *types.RevisionInfo {
	for i := range app.revisions {
		if describe(app.revisions[i].RevisionLocation) == describe(&rev) {
			return &app.revisions[i]
		}
	}
	app.revisions = append(app.revisions, types.RevisionInfo{RevisionLocation: &rev, GenericRevisionInfo: &types.GenericRevisionInfo{RegisterTime: aws.Time(a.now)}})
	return &app.revisions[len(app.revisions)-1]
}

// deploy creates a deployment that has a status already.
func (a *account) deploy(app *application, group int, rev types.RevisionLocation, status types.DeploymentStatus) *types.DeploymentInfo {
	a.register(app, rev).GenericRevisionInfo.LastUsedTime = aws.Time(a.now)
	g := app.groups[group]
	info := &types.DeploymentInfo{
		DeploymentId: aws.String(fmt.Sprintf("d-%d", len(a.deployments)+1)), ApplicationName: &app.name, DeploymentGroupName: g.DeploymentGroupName,
		Revision: &rev, Status: status, CreateTime: aws.Time(a.now), PreviousRevision: g.TargetRevision,
	}
	a.deployments = append(a.deployments, info)
	last := &types.LastDeploymentInfo{DeploymentId: info.DeploymentId, Status: status}
	g.LastAttemptedDeployment, g.TargetRevision = last, &rev
	if status == types.DeploymentStatusSucceeded {
		g.LastSuccessfulDeployment = last
	}
	return info
}

func describe(rev *types.RevisionLocation) string {
	at := rev.S3Location
	if at == nil {
		return "elsewhere"
	}
	return aws.ToString(at.Bucket) + " " + aws.ToString(at.Key) + " " + aws.ToString(at.Version) + " " + aws.ToString(at.ETag)
}

func (a *account) failure(operation string, application *string) error {
	return cmp.Or(a.fail[operation+" "+aws.ToString(application)], a.fail[operation])
}

// pageOf is the page of a list that a token asks for.
func pageOf[T any](items []T, token *string) ([]T, *string) {
	from := 0
	_, _ = fmt.Sscan(aws.ToString(token), &from)
	to := min(from+2, len(items))
	if to == len(items) {
		return items[from:], nil
	}
	return items[from:to], aws.String(fmt.Sprint(to))
}

func (a *account) ListApplications(_ context.Context, in *codedeploy.ListApplicationsInput, _ ...func(*codedeploy.Options)) (*codedeploy.ListApplicationsOutput, error) {
	var names []string
	for _, app := range a.applications {
		names = append(names, app.name)
	}
	page, next := pageOf(names, in.NextToken)
	return &codedeploy.ListApplicationsOutput{Applications: page, NextToken: next}, a.failure("ListApplications", nil)
}

func (a *account) ListDeploymentGroups(_ context.Context, in *codedeploy.ListDeploymentGroupsInput, _ ...func(*codedeploy.Options)) (*codedeploy.ListDeploymentGroupsOutput, error) {
	var names []string
	for _, group := range a.find(in.ApplicationName).groups {
		names = append(names, *group.DeploymentGroupName)
	}
	page, next := pageOf(names, in.NextToken)
	return &codedeploy.ListDeploymentGroupsOutput{DeploymentGroups: page, NextToken: next}, a.failure("ListDeploymentGroups", in.ApplicationName)
}

func (a *account) BatchGetDeploymentGroups(_ context.Context, in *codedeploy.BatchGetDeploymentGroupsInput, _ ...func(*codedeploy.Options)) (*codedeploy.BatchGetDeploymentGroupsOutput, error) {
	out := new(codedeploy.BatchGetDeploymentGroupsOutput)
	for _, group := range a.find(in.ApplicationName).groups {
		if slices.Contains(in.DeploymentGroupNames, *group.DeploymentGroupName) {
			out.DeploymentGroupsInfo = append(out.DeploymentGroupsInfo, *group)
		}
	}
	if a.omit == "BatchGetDeploymentGroups" {
		out.DeploymentGroupsInfo = out.DeploymentGroupsInfo[1:]
	}
	return out, a.failure("BatchGetDeploymentGroups", in.ApplicationName)
}

func (a *account) ListApplicationRevisions(_ context.Context, in *codedeploy.ListApplicationRevisionsInput, _ ...func(*codedeploy.Options)) (*codedeploy.ListApplicationRevisionsOutput, error) {
	if err := a.failure("ListApplicationRevisions", in.ApplicationName); err != nil {
		return nil, err
	}
	var locations []types.RevisionLocation
	for _, info := range a.find(in.ApplicationName).revisions {
		if at := info.RevisionLocation.S3Location; at != nil && *at.Bucket == *in.S3Bucket && strings.HasPrefix(*at.Key, aws.ToString(in.S3KeyPrefix)) {
			locations = append(locations, *info.RevisionLocation)
		}
	}
	page, next := pageOf(locations, in.NextToken)
	return &codedeploy.ListApplicationRevisionsOutput{Revisions: page, NextToken: next}, nil
}

func (a *account) BatchGetApplicationRevisions(_ context.Context, in *codedeploy.BatchGetApplicationRevisionsInput, _ ...func(*codedeploy.Options)) (*codedeploy.BatchGetApplicationRevisionsOutput, error) {
	out := new(codedeploy.BatchGetApplicationRevisionsOutput)
	for _, wanted := range in.Revisions {
		for _, info := range a.find(in.ApplicationName).revisions {
			if describe(info.RevisionLocation) == describe(&wanted) {
				out.Revisions = append(out.Revisions, info)
			}
		}
	}
	if a.omit == "BatchGetApplicationRevisions" {
		out.Revisions = out.Revisions[1:]
	}
	return out, a.failure("BatchGetApplicationRevisions", in.ApplicationName)
}

func (a *account) ListDeployments(_ context.Context, in *codedeploy.ListDeploymentsInput, _ ...func(*codedeploy.Options)) (*codedeploy.ListDeploymentsOutput, error) {
	var ids []string
	for _, info := range slices.Backward(a.deployments) {
		if *info.ApplicationName == *in.ApplicationName && *info.DeploymentGroupName == *in.DeploymentGroupName && slices.Contains(in.IncludeOnlyStatuses, info.Status) {
			ids = append(ids, *info.DeploymentId)
		}
	}
	page, next := pageOf(ids, in.NextToken)
	return &codedeploy.ListDeploymentsOutput{Deployments: page, NextToken: next}, a.failure("ListDeployments", in.ApplicationName)
}

func (a *account) BatchGetDeployments(_ context.Context, in *codedeploy.BatchGetDeploymentsInput, _ ...func(*codedeploy.Options)) (*codedeploy.BatchGetDeploymentsOutput, error) {
	out := new(codedeploy.BatchGetDeploymentsOutput)
	for _, info := range a.deployments {
		if slices.Contains(in.DeploymentIds, *info.DeploymentId) {
			out.DeploymentsInfo = append(out.DeploymentsInfo, *info)
		}
	}
	return out, a.failure("BatchGetDeployments", nil)
}

func (a *account) GetDeployment(_ context.Context, in *codedeploy.GetDeploymentInput, _ ...func(*codedeploy.Options)) (*codedeploy.GetDeploymentOutput, error) {
	if err := a.failure("GetDeployment", nil); err != nil {
		return nil, err
	}
	for _, info := range a.deployments {
		if *info.DeploymentId == *in.DeploymentId {
			return &codedeploy.GetDeploymentOutput{DeploymentInfo: info}, nil
		}
	}
	return nil, &types.DeploymentDoesNotExistException{}
}

// bucket is a fake of S3 with one bucket, without versions, with, or with them suspended.
type bucket struct {
	mu         sync.Mutex
	versioning s3types.BucketVersioningStatus
	mfa        bool
	blobs      []*blob // oldest first
	uploads    int
	conditions string                 // what DeleteObject makes of If-Match: "" as S3, "ignored" or "refused"
	before     func()                 // called before each deletion
	fail       func(key string) error // of DeleteObject
	failHead   error
	deletions  []s3.DeleteObjectInput
}

// blob is one version of an object.
type blob struct {
	id, key, version, etag string
	modified               time.Time
	lock                   s3.HeadObjectOutput
}

// put uploads an object and returns it.
func (b *bucket) put(key, etag string, now time.Time) *blob {
	b.uploads++
	made := &blob{id: fmt.Sprint(b.uploads), key: key, etag: etag, modified: now}
	switch b.versioning {
	case s3types.BucketVersioningStatusEnabled:
		made.version = "v" + made.id
	case s3types.BucketVersioningStatusSuspended:
		made.version = "null"
		b.drop(func(other *blob) bool { return other.key == key && other.version == "null" })
	default:
		b.drop(func(other *blob) bool { return other.key == key })
	}
	b.blobs = append(b.blobs, made)
	return made
}

func (b *bucket) drop(which func(*blob) bool) { b.blobs = slices.DeleteFunc(b.blobs, which) }

// find is the version of a key, or its current one for "".
func (b *bucket) find(key, version string) *blob {
	for _, one := range slices.Backward(b.blobs) {
		if one.key == key && (version == "" || version == one.version) {
			return one
		}
	}
	return nil
}

// fetch is what an agent gets for a revision; nil for nothing.
func (b *bucket) fetch(rev *types.RevisionLocation) *blob {
	at := rev.S3Location
	if at == nil {
		return nil
	}
	found := b.find(*at.Key, aws.ToString(at.Version))
	if found == nil || aws.ToString(at.ETag) != "" && found.etag != *at.ETag {
		return nil
	}
	return found
}

func (b *bucket) HeadObject(_ context.Context, in *s3.HeadObjectInput, _ ...func(*s3.Options)) (*s3.HeadObjectOutput, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.failHead != nil {
		return nil, b.failHead
	}
	found := b.find(*in.Key, aws.ToString(in.VersionId))
	if found == nil {
		return nil, status(http.StatusNotFound, "NotFound")
	}
	out := found.lock
	out.ETag, out.LastModified, out.ContentLength = aws.String(`"`+found.etag+`"`), &found.modified, aws.Int64(100)
	if found.version != "" {
		out.VersionId = &found.version
	}
	return &out, nil
}

func (b *bucket) GetBucketVersioning(context.Context, *s3.GetBucketVersioningInput, ...func(*s3.Options)) (*s3.GetBucketVersioningOutput, error) {
	out := &s3.GetBucketVersioningOutput{Status: b.versioning}
	if b.mfa {
		out.MFADelete = s3types.MFADeleteStatusEnabled
	}
	return out, nil
}

func (b *bucket) DeleteObject(_ context.Context, in *s3.DeleteObjectInput, _ ...func(*s3.Options)) (*s3.DeleteObjectOutput, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.before != nil {
		b.before()
	}
	b.deletions = append(b.deletions, *in)
	if b.fail != nil {
		if err := b.fail(*in.Key); err != nil {
			return nil, err
		}
	}
	found := b.find(*in.Key, aws.ToString(in.VersionId))
	if in.IfMatch != nil && b.conditions == "refused" {
		return nil, status(http.StatusNotImplemented, "NotImplemented")
	}
	if in.IfMatch != nil && b.conditions == "" && (found == nil || `"`+found.etag+`"` != *in.IfMatch) {
		return nil, status(http.StatusPreconditionFailed, "PreconditionFailed")
	}
	if b.versioning != "" && in.VersionId == nil {
		panic("this makes a delete marker")
	}
	b.drop(func(one *blob) bool { return one == found })
	return new(s3.DeleteObjectOutput), nil
}

// status is the error that the SDK returns for an answer.
func status(code int, name string) error {
	return &smithyhttp.ResponseError{
		Response: &smithyhttp.Response{Response: &http.Response{StatusCode: code, Status: name}},
		Err:      &smithy.GenericAPIError{Code: name, Message: "as asked for"},
	}
}

func denied() error {
	return &smithy.GenericAPIError{Code: "AccessDeniedException", Message: "not authorized"}
}
