package deploy

import (
	"context"
	"fmt"
	"net/http"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/codedeploy/types"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/cdx-deploy/cdx/pkg/revision"
)

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
