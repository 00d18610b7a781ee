package main

import (
	"fmt"
	"net/url"
	"strings"
	"unicode/utf8"

	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"github.com/cdx-deploy/cdx/internal/settings"
	"github.com/cdx-deploy/cdx/pkg/push"
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
		Tagging:              set.String("tagging"),
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
	if err := checkTags(options.Tagging); err != nil {
		return options, &usageError{message: fmt.Sprintf("--tagging %q: %v", options.Tagging, err), hint: "write KEY=VALUE&KEY=VALUE, encoded as in a URL"}
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

func isAccountID(text string) bool {
	return len(text) == 12 && strings.Trim(text, "0123456789") == ""
}

// checkTags says why S3 would not take the tags of an object.
func checkTags(text string) error {
	tags, err := url.ParseQuery(text)
	if err != nil {
		return err
	}
	if len(tags) > maxTags {
		return fmt.Errorf("an object has at most %d tags, not %d", maxTags, len(tags))
	}
	for key, values := range tags {
		switch {
		case key == "" || utf8.RuneCountInString(key) > maxTagKey:
			return fmt.Errorf("the key of a tag has 1 to %d characters", maxTagKey)
		case len(values) > 1:
			return fmt.Errorf("tag %q is given more than once", key)
		case utf8.RuneCountInString(values[0]) > maxTagValue:
			return fmt.Errorf("the value of tag %q has more than %d characters", key, maxTagValue)
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
