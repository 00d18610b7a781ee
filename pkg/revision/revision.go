// Package revision says where a revision is: an object in S3, a commit on GitHub, or
// the text of an ECS or Lambda AppSpec file. It reads and prints the notations that
// people type and scripts pass on; the values are the AWS SDK's own
// [types.RevisionLocation], ready to be sent.
package revision

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/codedeploy/types"
)

// FromAppSpec makes the revision that an ECS or Lambda AppSpec file is by itself: its
// text and the lower-case hex SHA-256 of that.
func FromAppSpec(content []byte) *types.RevisionLocation {
	return &types.RevisionLocation{
		RevisionType: types.RevisionLocationTypeAppSpecContent,
		AppSpecContent: &types.AppSpecContent{
			Content: aws.String(string(content)),
			Sha256:  aws.String(hash(string(content))),
		},
	}
}

// FromS3 makes the revision for an object. The eTag may be in quotes, as S3 sends
// it; eTag and version may be empty, which leaves the revision unpinned.
func FromS3(bucket, key string, bundleType types.BundleType, eTag, version string) *types.RevisionLocation {
	return &types.RevisionLocation{
		RevisionType: types.RevisionLocationTypeS3,
		S3Location: &types.S3Location{
			Bucket:     aws.String(bucket),
			Key:        aws.String(key),
			BundleType: bundleType,
			ETag:       optional(bareETag(eTag)),
			Version:    optional(version),
		},
	}
}

// BundleTypeForKey is the bundle type that an object's name tells, in any case:
// .tar; .tgz and .tar.gz; .yaml and .yml; .json; and zip for everything else.
func BundleTypeForKey(key string) types.BundleType {
	key = strings.ToLower(key)
	for _, known := range []struct {
		suffix string
		is     types.BundleType
	}{
		{".tar", types.BundleTypeTar},
		{".tgz", types.BundleTypeTarGZip},
		{".tar.gz", types.BundleTypeTarGZip},
		{".yaml", types.BundleTypeYaml},
		{".yml", types.BundleTypeYaml},
		{".json", types.BundleTypeJson},
	} {
		if strings.HasSuffix(key, known.suffix) {
			return known.is
		}
	}
	return types.BundleTypeZip
}

// Describe names a revision for people: an object as [URL] prints it, a commit as
// "github.com/owner/name@commit", an AppSpec text as "AppSpec sha256:…"; "no
// revision" for nil or an empty one.
func Describe(rev *types.RevisionLocation) string {
	switch {
	case rev == nil:
	case rev.S3Location != nil:
		return URL(rev)
	case rev.GitHubLocation != nil:
		return "github.com/" + aws.ToString(rev.GitHubLocation.Repository) + "@" + aws.ToString(rev.GitHubLocation.CommitId)
	case contentHash(rev) != "":
		return "AppSpec sha256:" + contentHash(rev)
	}
	return "no revision"
}

// Equal reports whether a and b are certainly the same revision. Objects are when
// bucket, key and bundle type agree, and eTag and version too where both name them;
// an object with eTag or version is not equal to one with neither, as that means
// whatever is newest. Commits are compared as GitHub does, without regard to case;
// AppSpec texts by their SHA-256. Nil equals only nil.
func Equal(a, b *types.RevisionLocation) bool {
	switch {
	case a == nil || b == nil:
		return a == b
	case a.S3Location != nil && b.S3Location != nil:
		return sameObject(a.S3Location, b.S3Location)
	case a.GitHubLocation != nil && b.GitHubLocation != nil:
		return strings.EqualFold(aws.ToString(a.GitHubLocation.Repository), aws.ToString(b.GitHubLocation.Repository)) &&
			strings.EqualFold(aws.ToString(a.GitHubLocation.CommitId), aws.ToString(b.GitHubLocation.CommitId))
	default:
		hash := contentHash(a)
		return hash != "" && hash == contentHash(b)
	}
}

func sameObject(a, b *types.S3Location) bool {
	if aws.ToString(a.Bucket) != aws.ToString(b.Bucket) || aws.ToString(a.Key) != aws.ToString(b.Key) || a.BundleType != b.BundleType {
		return false
	}
	eTags := [2]string{bareETag(aws.ToString(a.ETag)), bareETag(aws.ToString(b.ETag))}
	versions := [2]string{aws.ToString(a.Version), aws.ToString(b.Version)}
	if eTags == [2]string{} && versions == [2]string{} {
		return true
	}
	shared := false
	for _, pin := range [][2]string{eTags, versions} {
		if pin[0] == "" || pin[1] == "" {
			continue
		}
		if pin[0] != pin[1] {
			return false
		}
		shared = true
	}
	return shared
}

// contentHash is the lower-case SHA-256 of a revision that is a text, else "".
func contentHash(rev *types.RevisionLocation) string {
	//lint:ignore SA1019 Lambda deployments from before AppSpecContent still have it
	raw, spec := rev.String_, rev.AppSpecContent
	if spec == nil && raw != nil {
		spec = &types.AppSpecContent{Content: raw.Content, Sha256: raw.Sha256}
	}
	switch {
	case spec == nil:
		return ""
	case spec.Content != nil:
		return hash(*spec.Content)
	default:
		return strings.ToLower(aws.ToString(spec.Sha256))
	}
}

func hash(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:])
}

// bareETag removes the quotes in which S3 sends an eTag; CodeDeploy wants none.
func bareETag(eTag string) string {
	return strings.Trim(eTag, `"`)
}

// optional is nil for an empty string, so that the member is not sent.
func optional(text string) *string {
	if text == "" {
		return nil
	}
	return &text
}
