package revision

import (
	"errors"
	"fmt"
	"net/url"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/codedeploy/types"

	"github.com/cdx-deploy/cdx/pkg/revision/shorthand"
)

// scheme begins every object URL.
const scheme = "s3://"

// URL prints an object's location as "s3://bucket/key?versionId=…&eTag=…", which
// [ParseURL] reads back to an equal revision: the key percent-encoded apart from its
// slashes, the eTag without quotes, and "bundleType" only where it is not what the
// key tells. It is empty for a revision that is not in S3.
func URL(rev *types.RevisionLocation) string {
	if rev == nil || rev.S3Location == nil {
		return ""
	}
	at := rev.S3Location
	key := aws.ToString(at.Key)
	text, separator := scheme+aws.ToString(at.Bucket)+"/"+escape(key), "?"
	add := func(name, value string) {
		if value != "" {
			text += separator + name + "=" + escape(value)
			separator = "&"
		}
	}
	add("versionId", aws.ToString(at.Version))
	add("eTag", bareETag(aws.ToString(at.ETag)))
	if at.BundleType != BundleTypeForKey(key) {
		add("bundleType", string(at.BundleType))
	}
	return text
}

// escape percent-encodes everything but slashes and the characters that no URL and
// no shell gives a meaning.
func escape(text string) string {
	var b strings.Builder
	for i := range len(text) {
		if c := text[i]; strings.IndexByte("-_./", c) >= 0 || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' {
			b.WriteByte(c)
		} else {
			fmt.Fprintf(&b, "%%%02X", c)
		}
	}
	return b.String()
}

// ParseURL reads an object's location as [URL] prints it, and plain "s3://bucket/key".
// The key is percent-decoded; a "+" is itself, also in the query. Without bundleType
// the key tells it ([BundleTypeForKey]).
func ParseURL(text string) (*types.RevisionLocation, error) {
	bucket, key, query, err := splitURL(text)
	if err != nil {
		return nil, err
	}
	pins, err := parseQuery(query)
	if err != nil {
		return nil, fmt.Errorf("revision %q: %w", text, err)
	}
	bundleType := types.BundleType(pins["bundleType"])
	if bundleType == "" {
		bundleType = BundleTypeForKey(key)
	}
	return FromS3(bucket, key, bundleType, pins["eTag"], pins["versionId"]), nil
}

// SplitURL reads the bucket and the key of "s3://bucket/key". The key is taken as it
// stands, as `aws deploy push --s3-location` takes it: nothing in it is decoded.
func SplitURL(text string) (bucket, key string, err error) {
	rest, found := strings.CutPrefix(text, scheme)
	if !found {
		return "", "", fmt.Errorf("%q is not an object in S3: it must look like s3://bucket/key", text)
	}
	bucket, key, _ = strings.Cut(rest, "/")
	if bucket == "" || key == "" {
		return "", "", fmt.Errorf("%q must name a bucket and a key: s3://bucket/key", text)
	}
	return bucket, key, nil
}

// splitURL takes an object URL apart and decodes the key.
func splitURL(text string) (bucket, key, query string, err error) {
	address, query, _ := strings.Cut(text, "?")
	if bucket, key, err = SplitURL(address); err != nil {
		return "", "", "", err
	}
	if key, err = url.PathUnescape(key); err != nil {
		return "", "", "", fmt.Errorf("revision %q: the key must be percent-encoded, with %%25 for %%: %w", text, err)
	}
	return bucket, key, query, nil
}

// parseQuery reads versionId, eTag and bundleType.
func parseQuery(query string) (map[string]string, error) {
	known := []string{"bundleType", "eTag", "versionId"}
	pins := map[string]string{}
	for part := range strings.SplitSeq(query, "&") {
		if part == "" {
			continue
		}
		name, raw, _ := strings.Cut(part, "=")
		value, err := url.PathUnescape(raw)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		if err := checkPin(name, value, known); err != nil {
			return nil, err
		}
		if _, twice := pins[name]; twice {
			return nil, fmt.Errorf("%s is given twice", name)
		}
		pins[name] = value
	}
	return pins, nil
}

// checkPin refuses a part of the query that ParseURL does not know.
func checkPin(name, value string, known []string) error {
	switch name {
	case "bundleType":
		return checkBundleType(value)
	case "eTag", "versionId":
		if value == "" {
			return fmt.Errorf("%s has no value", name)
		}
		return nil
	}
	if nearest := shorthand.Nearest(name, known); nearest != "" {
		return fmt.Errorf("unknown %q after the ?, did you mean %q?", name, nearest)
	}
	return errors.New("after the ? may stand versionId, eTag and bundleType; a ? in the key is written %3F")
}
