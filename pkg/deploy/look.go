package deploy

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/codedeploy"
	"github.com/aws/aws-sdk-go-v2/service/codedeploy/types"
	"github.com/aws/aws-sdk-go-v2/service/s3"
)

// ApplicationAPI is the part of the CodeDeploy client that [LookAtApplication] calls.
type ApplicationAPI interface {
	GetApplication(context.Context, *codedeploy.GetApplicationInput, ...func(*codedeploy.Options)) (*codedeploy.GetApplicationOutput, error)
}

// PlatformError says that a revision is not for an application's compute platform.
type PlatformError struct {
	Application string
	Platform    types.ComputePlatform   // the application's
	Wanted      []types.ComputePlatform // those that the revision could go to
}

// Error names both.
func (e *PlatformError) Error() string {
	wanted := make([]string, len(e.Wanted))
	for i, platform := range e.Wanted {
		wanted[i] = string(platform)
	}
	return fmt.Sprintf("application %s is for the compute platform %s, the revision for %s", e.Application, e.Platform, strings.Join(wanted, " or "))
}

// Platforms are the compute platforms that a revision can be deployed to, as far as its
// kind tells: an archive and a commit go to servers, an AppSpec file in S3 to Amazon ECS
// and AWS Lambda. They are nil when it does not tell.
// Source: CodeDeploy API reference, RevisionLocation and S3Location.
func Platforms(rev *types.RevisionLocation) []types.ComputePlatform {
	switch {
	case rev == nil:
		return nil
	case rev.GitHubLocation != nil:
		return []types.ComputePlatform{types.ComputePlatformServer}
	//lint:ignore SA1019 old deployments have it
	case rev.AppSpecContent != nil, rev.String_ != nil:
		return []types.ComputePlatform{types.ComputePlatformEcs, types.ComputePlatformLambda}
	case rev.S3Location == nil:
		return nil
	}
	switch rev.S3Location.BundleType {
	case types.BundleTypeYaml, types.BundleTypeJson:
		return []types.ComputePlatform{types.ComputePlatformEcs, types.ComputePlatformLambda}
	default:
		return []types.ComputePlatform{types.ComputePlatformServer}
	}
}

// LookAtApplication looks whether an application exists and takes revisions for one of
// the platforms; none means any. The error is a [*PlatformError] when it does not, else
// the SDK's, wrapped. It succeeds where the permission to look is missing.
func LookAtApplication(ctx context.Context, api ApplicationAPI, application string, platforms []types.ComputePlatform) error {
	out, err := api.GetApplication(ctx, &codedeploy.GetApplicationInput{ApplicationName: &application})
	switch {
	case IsDenied(err):
		return nil
	case err != nil:
		return fmt.Errorf("look at application %s: %w", application, err)
	case out.Application == nil:
		return nil
	}
	return fits(application, out.Application.ComputePlatform, platforms)
}

func fits(application string, platform types.ComputePlatform, wanted []types.ComputePlatform) error {
	if platform == "" || len(wanted) == 0 || slices.Contains(wanted, platform) {
		return nil
	}
	return &PlatformError{Application: application, Platform: platform, Wanted: wanted}
}

// BucketAPI is the part of the S3 client that [LookAtBucket] calls.
type BucketAPI interface {
	HeadBucket(context.Context, *s3.HeadBucketInput, ...func(*s3.Options)) (*s3.HeadBucketOutput, error)
}

// LookAtBucket looks whether a bucket exists and can be reached. The error is the SDK's,
// wrapped: HTTP status 404 when there is no such bucket. It succeeds where the permission
// to look is missing, and for a bucket in another region.
func LookAtBucket(ctx context.Context, api BucketAPI, bucket string) error {
	_, err := api.HeadBucket(ctx, &s3.HeadBucketInput{Bucket: &bucket})
	switch status := httpStatus(err); {
	case err == nil:
		return nil
	case status == http.StatusForbidden, status == http.StatusBadRequest, status >= 300 && status < 400:
		return nil // not allowed or elsewhere: the upload will tell, or does not mind
	default:
		return fmt.Errorf("look at bucket %s: %w", bucket, err)
	}
}

// IsPassing reports whether an error of a look says nothing about what was looked at:
// the service was busy or failed. What depends on it finds out by itself.
func IsPassing(err error) bool {
	status := httpStatus(err)
	return isThrottle(err, status) || status >= http.StatusInternalServerError
}
