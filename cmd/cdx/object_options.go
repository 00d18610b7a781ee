package main

import (
	"errors"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"github.com/cdx-deploy/cdx/internal/settings"
	"github.com/cdx-deploy/cdx/pkg/push"
	"github.com/cdx-deploy/cdx/pkg/revision/shorthand"
)

// Limits of S3 for what is stored beside an object.
// Sources: Amazon S3 User Guide, "Working with object metadata" and "Categorizing your
// storage using tags".
const (
	maxMetadataBytes = 2 << 10
	maxTags          = 10
	maxTagKey        = 128 // characters
	maxTagValue      = 256
)

// objectOptions are the properties that the settings ask for of the S3 object. What
// S3 would refuse is a mistake here, before anything is sent.
func objectOptions(set *settings.Set) (push.ObjectOptions, error) {
	options := push.ObjectOptions{
		ServerSideEncryption: types.ServerSideEncryption(set.String("sse")),
		SSEKMSKeyID:          set.String("sse-kms-key-id"),
		StorageClass:         types.StorageClass(set.String("storage-class")),
		ACL:                  types.ObjectCannedACL(set.String("acl")),
		ExpectedBucketOwner:  set.String("expected-bucket-owner"),
		ChecksumAlgorithm:    types.ChecksumAlgorithm(set.String("checksum-algorithm")),
	}
	if options.SSEKMSKeyID != "" && !strings.HasPrefix(string(options.ServerSideEncryption), "aws:kms") {
		return options, &usageError{message: "--sse-kms-key-id names a key, and --sse does not ask for KMS", hint: "give --sse aws:kms too"}
	}
	if owner := options.ExpectedBucketOwner; owner != "" && !isAccountID(owner) {
		return options, &usageError{message: fmt.Sprintf("--expected-bucket-owner: expected an account ID of 12 digits, not %q", owner), hint: "see it with: aws sts get-caller-identity"}
	}
	var err error
	if options.Tagging, err = tagging(set); err != nil {
		return options, err
	}
	metadata, err := structure[map[string]string](set, "metadata")
	if err != nil || metadata == nil {
		return options, err
	}
	if options.Metadata, err = userMetadata(*metadata); err != nil {
		return options, &usageError{message: "--metadata: " + err.Error(), hint: "write NAME=VALUE,NAME=VALUE or JSON"}
	}
	return options, nil
}

// notOfTags tells the characters that S3 refuses in tags.
func notOfTags(r rune) bool {
	return !unicode.IsLetter(r) && !unicode.IsDigit(r) && !unicode.IsSpace(r) && !strings.ContainsRune("+-=._:/@", r)
}

func isAccountID(text string) bool {
	return len(text) == 12 && strings.Trim(text, "0123456789") == ""
}

// tagging returns the tags of an object as S3 takes them with an upload, in the form of
// a URL's query. They may also be given as "aws s3api put-object-tagging" takes them.
func tagging(set *settings.Set) (string, error) {
	text, err := readParameter("tagging", set.String("tagging"))
	if err != nil {
		return "", err
	}
	text = strings.TrimSpace(text)
	tags, err := tagsOf(text)
	if err == nil {
		err = checkTags(tags)
	}
	if err != nil {
		return "", &usageError{message: fmt.Sprintf("--tagging %q: %v", text, err), hint: "write KEY=VALUE&KEY=VALUE, encoded as in a URL, or TagSet=[{Key=KEY,Value=VALUE}], or JSON"}
	}
	if !isTagSet(text) {
		return text, nil
	}
	return strings.ReplaceAll(tags.Encode(), "+", "%20"), nil
}

func isTagSet(text string) bool {
	return strings.HasPrefix(text, "{") || strings.HasPrefix(text, "TagSet=")
}

// tagsOf reads tags in either form.
func tagsOf(text string) (url.Values, error) {
	if !isTagSet(text) {
		return url.ParseQuery(text)
	}
	var given map[string][]map[string]string
	if err := shorthand.Decode(text, &given); err != nil {
		return nil, err
	}
	tags := make(url.Values)
	for _, tag := range given["TagSet"] {
		if _, ok := tag["Key"]; !ok || len(tag) > 2 {
			return nil, errors.New("each tag of a TagSet has a Key and a Value")
		}
		tags.Add(tag["Key"], tag["Value"])
	}
	return tags, nil
}

// checkTags says why S3 would not take the tags of an object.
func checkTags(tags url.Values) error {
	if len(tags) > maxTags {
		return fmt.Errorf("an object has at most %d tags, not %d", maxTags, len(tags))
	}
	for _, key := range slices.Sorted(maps.Keys(tags)) {
		values := tags[key]
		switch {
		case key == "" || utf8.RuneCountInString(key) > maxTagKey:
			return fmt.Errorf("the key of a tag has 1 to %d characters", maxTagKey)
		case len(values) > 1:
			return fmt.Errorf("tag %q is given more than once", key)
		case utf8.RuneCountInString(values[0]) > maxTagValue:
			return fmt.Errorf("the value of tag %q has more than %d characters", key, maxTagValue)
		case strings.ContainsFunc(key+values[0], notOfTags):
			return fmt.Errorf("tag %q may have letters, digits, blanks and + - = . _ : / @ only", key)
		}
	}
	return nil
}

// userMetadata returns metadata with the names that S3 gives it, in lower case.
func userMetadata(given map[string]string) (map[string]string, error) {
	size := len(push.DigestMetadata) + digestChars
	metadata := make(map[string]string, len(given))
	for name, value := range given {
		lower := strings.ToLower(name)
		_, twice := metadata[lower]
		switch {
		case lower == push.DigestMetadata:
			return nil, fmt.Errorf("%s is the name that cdx stores the digest under", name)
		case twice:
			return nil, fmt.Errorf("%s is given more than once", lower)
		case !isHeaderToken(name):
			return nil, fmt.Errorf("%q is no name: it may have letters, digits, dots, - and _", name)
		case strings.ContainsFunc(value, notPrintable):
			return nil, fmt.Errorf("%s has a value with characters other than printable ASCII", name)
		}
		metadata[lower] = value
		size += len(name) + len(value)
	}
	if size > maxMetadataBytes {
		return nil, fmt.Errorf("it has %d bytes together with the digest, and S3 takes %d", size, maxMetadataBytes)
	}
	return metadata, nil
}

// digestChars is the length of a digest in hex.
const digestChars = 64

func isHeaderToken(name string) bool {
	return name != "" && strings.Trim(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.") == ""
}

func notPrintable(r rune) bool { return r < ' ' || r > '~' }
