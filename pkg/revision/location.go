package revision

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/codedeploy/types"

	"github.com/cdx-deploy/cdx/pkg/revision/shorthand"
)

// ParseS3Location reads the value of --s3-location, in the AWS CLI's shorthand or
// JSON: "bucket=b,key=k,bundleType=zip", optionally with eTag and version. Errors
// about the notation wrap a [*shorthand.Error].
func ParseS3Location(text string) (*types.RevisionLocation, error) {
	var at types.S3Location
	if err := shorthand.Decode(text, &at); err != nil {
		return nil, fmt.Errorf("S3 location: %w", err)
	}
	if aws.ToString(at.Bucket) == "" || aws.ToString(at.Key) == "" || at.BundleType == "" {
		return nil, fmt.Errorf("S3 location must have bucket, key and bundleType, as in %s", exampleLocation(at))
	}
	if err := checkBundleType(string(at.BundleType)); err != nil {
		return nil, fmt.Errorf("S3 location: %w", err)
	}
	return FromS3(*at.Bucket, *at.Key, at.BundleType, aws.ToString(at.ETag), aws.ToString(at.Version)), nil
}

// exampleLocation is what was given with the missing members filled in.
func exampleLocation(at types.S3Location) string {
	bucket, key, bundleType := aws.ToString(at.Bucket), aws.ToString(at.Key), at.BundleType
	if bucket == "" {
		bucket = "BUCKET"
	}
	if bundleType == "" {
		bundleType = BundleTypeForKey(key)
	}
	if key == "" {
		key = "KEY"
	}
	return Shorthand(FromS3(bucket, key, bundleType, aws.ToString(at.ETag), aws.ToString(at.Version)))
}

// checkBundleType refuses what CodeDeploy would refuse too.
// Source: CodeDeploy API reference, S3Location, bundleType.
func checkBundleType(text string) error {
	var known []string
	for _, bundleType := range types.BundleType("").Values() {
		known = append(known, string(bundleType))
	}
	if slices.Contains(known, text) {
		return nil
	}
	hint := ""
	if nearest := shorthand.Nearest(text, known); nearest != "" {
		hint = fmt.Sprintf(", did you mean %q?", nearest)
	}
	return fmt.Errorf("unknown bundleType %q%s (known: %s)", text, hint, strings.Join(known, ", "))
}

// ParseGitHubLocation reads the value of --github-location, in the AWS CLI's
// shorthand or JSON: "repository=owner/name,commitId=…". Errors about the notation
// wrap a [*shorthand.Error].
func ParseGitHubLocation(text string) (*types.RevisionLocation, error) {
	var at types.GitHubLocation
	if err := shorthand.Decode(text, &at); err != nil {
		return nil, fmt.Errorf("GitHub location: %w", err)
	}
	if aws.ToString(at.Repository) == "" || aws.ToString(at.CommitId) == "" {
		return nil, errors.New("GitHub location must have repository and commitId, as in repository=OWNER/NAME,commitId=SHA1")
	}
	owner, name, _ := strings.Cut(*at.Repository, "/")
	if owner == "" || name == "" || strings.Contains(name, "/") {
		return nil, fmt.Errorf("GitHub location: repository must be OWNER/NAME, not %q", *at.Repository)
	}
	return &types.RevisionLocation{RevisionType: types.RevisionLocationTypeGitHub, GitHubLocation: &at}, nil
}

// Shorthand prints an object's or a commit's location in the AWS CLI's notation, ready
// to follow --s3-location or --github-location on a command line of a POSIX shell,
// quoted where the shell needs it. Values that shorthand cannot hold turn it into
// JSON. It is empty for other revisions, which have no such notation.
func Shorthand(rev *types.RevisionLocation) string {
	switch {
	case rev == nil:
		return ""
	case rev.S3Location != nil:
		at := rev.S3Location
		return ShellQuote(notation([]pair{
			{"bucket", aws.ToString(at.Bucket)},
			{"key", aws.ToString(at.Key)},
			{"bundleType", string(at.BundleType)},
			{"eTag", bareETag(aws.ToString(at.ETag))},
			{"version", aws.ToString(at.Version)},
		}))
	case rev.GitHubLocation != nil:
		return ShellQuote(notation([]pair{
			{"repository", aws.ToString(rev.GitHubLocation.Repository)},
			{"commitId", aws.ToString(rev.GitHubLocation.CommitId)},
		}))
	default:
		return ""
	}
}

// pair is one member of a location.
type pair struct{ name, value string }

// notation writes the pairs that have a value in shorthand, else in JSON.
func notation(pairs []pair) string {
	pairs = slices.DeleteFunc(pairs, func(p pair) bool { return p.value == "" })
	var parts, members []string
	plain := true
	for _, p := range pairs {
		quoted, ok := shorthand.Quote(p.value)
		plain = plain && ok
		parts = append(parts, p.name+"="+quoted)
		value, _ := json.Marshal(p.value) // a string always has a JSON form
		members = append(members, `"`+p.name+`":`+string(value))
	}
	if plain {
		return strings.Join(parts, ",")
	}
	return "{" + strings.Join(members, ",") + "}"
}
