package inventory

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/codedeploy"
	"github.com/aws/aws-sdk-go-v2/service/codedeploy/types"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	smithyhttp "github.com/aws/smithy-go/transport/http"

	"github.com/cdx-deploy/cdx/pkg/deploy"
)

// RevisionsAPI is the part of the CodeDeploy client that [Revisions] and [CountRevisions] call.
type RevisionsAPI interface {
	ListApplicationRevisions(context.Context, *codedeploy.ListApplicationRevisionsInput, ...func(*codedeploy.Options)) (*codedeploy.ListApplicationRevisionsOutput, error)
	BatchGetApplicationRevisions(context.Context, *codedeploy.BatchGetApplicationRevisionsInput, ...func(*codedeploy.Options)) (*codedeploy.BatchGetApplicationRevisionsOutput, error)
}

// Revisions are at most limit revisions of an application, 0 meaning all, chosen and
// sorted by the service as in says; it is not changed. Where only their locations may be
// read, they have nothing else. The error is the SDK's, wrapped.
func Revisions(ctx context.Context, api RevisionsAPI, in codedeploy.ListApplicationRevisionsInput, limit int) ([]types.RevisionInfo, error) {
	locations, err := revisions(ctx, api, in, limit)
	if err != nil {
		return nil, err
	}
	infos, err := batches(ctx, locations, revisionsBatch, func(ctx context.Context, some []types.RevisionLocation) ([]types.RevisionInfo, error) {
		out, err := api.BatchGetApplicationRevisions(ctx, &codedeploy.BatchGetApplicationRevisionsInput{ApplicationName: in.ApplicationName, Revisions: some})
		if deploy.IsDenied(err) {
			return unknown(some), nil
		}
		if err != nil {
			return nil, err
		}
		return out.Revisions, nil
	})
	if err != nil {
		return nil, fmt.Errorf("look at the revisions of %s: %w", *in.ApplicationName, err)
	}
	return infos, nil
}

func unknown(locations []types.RevisionLocation) []types.RevisionInfo {
	infos := make([]types.RevisionInfo, len(locations))
	for i := range locations {
		infos[i].RevisionLocation = &locations[i]
	}
	return infos
}

func revisions(ctx context.Context, api RevisionsAPI, in codedeploy.ListApplicationRevisionsInput, limit int) ([]types.RevisionLocation, error) {
	locations, err := all(limit, func(token *string) ([]types.RevisionLocation, *string, error) {
		in.NextToken = token
		out, err := api.ListApplicationRevisions(ctx, &in)
		if err != nil {
			return nil, nil, err
		}
		return out.Revisions, out.NextToken, nil
	})
	if err != nil {
		return nil, fmt.Errorf("list the revisions of %s: %w", *in.ApplicationName, err)
	}
	return locations, nil
}

// CountRevisions counts an application's revisions, as far as most. The error is the
// SDK's, wrapped.
func CountRevisions(ctx context.Context, api RevisionsAPI, application string, most int) (int, error) {
	locations, err := revisions(ctx, api, codedeploy.ListApplicationRevisionsInput{ApplicationName: &application}, most)
	return len(locations), err
}

// Object is what is known of the S3 object of a revision.
type Object string

// The states of an object.
const (
	Present    Object = "present"     // there, with the revision's eTag if it has one
	Gone       Object = "gone"        // no longer there
	Replaced   Object = "replaced"    // another one is there now, with another eTag
	NotChecked Object = "not checked" // the permission to look is missing, or the look failed
	Elsewhere  Object = ""            // the revision is not in S3
)

// Objects looks at the objects of revisions, several at once; each is where its revision
// is.
func Objects(ctx context.Context, api deploy.ObjectAPI, infos []types.RevisionInfo) []Object {
	objects := make([]Object, len(infos))
	each(len(infos), func(i int) { objects[i] = LookAtObject(ctx, api, infos[i].RevisionLocation) })
	return objects
}

// LookAtObject looks at the object of one revision.
func LookAtObject(ctx context.Context, api deploy.ObjectAPI, rev *types.RevisionLocation) Object {
	if rev == nil || rev.S3Location == nil {
		return Elsewhere
	}
	looked := &noting{ObjectAPI: api}
	err := deploy.CheckObject(ctx, looked, rev)
	var gone *deploy.GoneError
	switch {
	case errors.As(err, &gone) && gone.ETag != "":
		return Replaced
	case errors.As(err, &gone):
		return Gone
	case err != nil, looked.denied:
		return NotChecked
	}
	return Present
}

// noting keeps what a look showed, and that it was denied, which is no error to who
// deploys.
type noting struct {
	deploy.ObjectAPI
	denied bool
	answer *s3.HeadObjectOutput
}

func (n *noting) HeadObject(ctx context.Context, in *s3.HeadObjectInput, opts ...func(*s3.Options)) (*s3.HeadObjectOutput, error) {
	out, err := n.ObjectAPI.HeadObject(ctx, in, opts...)
	var refusal *smithyhttp.ResponseError
	n.denied = errors.As(err, &refusal) && refusal.HTTPStatusCode() == http.StatusForbidden
	n.answer = out
	return out, err
}

// Pin looks at the object of a revision and gives a revision in S3 that has no eTag the
// one of the object that is there, and the version where the bucket has versions.
func Pin(ctx context.Context, api deploy.ObjectAPI, rev *types.RevisionLocation) Object {
	seen := &noting{ObjectAPI: api}
	state := LookAtObject(ctx, seen, rev)
	if state != Present || seen.answer == nil {
		return state
	}
	if at := rev.S3Location; aws.ToString(at.ETag) == "" {
		at.ETag = aws.String(strings.Trim(aws.ToString(seen.answer.ETag), `"`))
		if version := aws.ToString(seen.answer.VersionId); version != "" && version != "null" {
			at.Version = &version
		}
	}
	return state
}
