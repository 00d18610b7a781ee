package push

import (
	"context"
	"net/http"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
)

// DigestMetadata is the name of the object metadata that holds the bundle's digest.
const DigestMetadata = "cdx-digest"

// existing is what is under the key.
type existing struct {
	seen      bool // false: looking was not allowed, nothing is known
	found     bool
	eTag      string // without quotes
	versionID string // empty in a bucket without versions
	digest    string // empty for objects that are not cdx's
	size      int64
}

// look asks S3 for what is under the key. Where the request is refused it succeeds
// with an unseen result: the upload does not depend on it, and its refusal will say
// why, which the answer to HEAD, having no body, does not.
func (u upload) look(ctx context.Context) (existing, error) {
	out, err := u.api.HeadObject(ctx, &s3.HeadObjectInput{
		Bucket:              aws.String(u.opts.Bucket),
		Key:                 aws.String(u.opts.Key),
		ExpectedBucketOwner: optional(u.opts.Object.ExpectedBucketOwner),
	})
	if err == nil {
		return existing{
			seen: true, found: true,
			eTag:      bareETag(out.ETag),
			versionID: realVersion(out.VersionId),
			digest:    metadataValue(out.Metadata, DigestMetadata),
			size:      aws.ToInt64(out.ContentLength),
		}, nil
	}
	if explained := u.explained(err); explained != err {
		return existing{}, explained
	}
	switch status := httpStatus(err); {
	case status == http.StatusNotFound:
		return existing{seen: true}, nil
	case status >= 400 && status < 500:
		return existing{}, nil
	default:
		return existing{}, err
	}
}

// isOurs reports whether the object under the key holds this bundle.
func (u upload) isOurs(there existing) bool {
	return there.found && u.opts.Digest != "" && there.digest == u.opts.Digest
}

// metadataValue finds a value by its name in any case, as HTTP has it.
func metadataValue(metadata map[string]string, name string) string {
	for key, value := range metadata {
		if strings.EqualFold(key, name) {
			return value
		}
	}
	return ""
}

// realVersion is the version that can be pinned. Objects from before the bucket had
// versions, or from while they are suspended, have "null", which the next one replaces.
func realVersion(version *string) string {
	if aws.ToString(version) == "null" {
		return ""
	}
	return aws.ToString(version)
}

func bareETag(eTag *string) string {
	return strings.Trim(aws.ToString(eTag), `"`)
}

// optional is nil for an empty string, so that no header is sent.
func optional(text string) *string {
	if text == "" {
		return nil
	}
	return &text
}
