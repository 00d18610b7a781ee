package main

import (
	"errors"
	"fmt"

	"github.com/cdx-deploy/cdx/internal/awsapi"
	"github.com/cdx-deploy/cdx/pkg/push"
	"github.com/cdx-deploy/cdx/pkg/revision"
)

// leftover says what a failed upload has left in the bucket, and how to remove it. Both
// are empty for any other error.
func leftover(err error) (text, hint string) {
	var left *push.LeftoverError
	if !errors.As(err, &left) {
		return "", ""
	}
	if left.UploadID != "" {
		text, hint = unaborted(left)
	}
	if left.Stray {
		more, look := stray(left.Bucket, left.Key)
		if text != "" {
			text, hint = text+"; ", hint+"; "
		}
		text, hint = text+more, hint+look
	}
	return text, hint
}

// unaborted is about an upload whose parts stay in the bucket.
func unaborted(left *push.LeftoverError) (text, hint string) {
	text = fmt.Sprintf("multipart upload %s of s3://%s/%s could not be aborted and stays in the bucket, where it is paid for: ", left.UploadID, left.Bucket, left.Key)
	who := ""
	if left.Permission != "" {
		text += "permission " + left.Permission + " is missing"
		who = " as somebody who may"
	} else {
		text += awsapi.Explain(left.AbortErr, awsapi.Context{}).Summary
	}
	return text, fmt.Sprintf("remove it%s: aws s3api abort-multipart-upload --bucket %s --key %s --upload-id %s", who, revision.ShellQuote(left.Bucket), revision.ShellQuote(left.Key), revision.ShellQuote(left.UploadID))
}

// stray says that an upload may be left of which nothing is known, and how to look.
func stray(bucket, key string) (text, hint string) {
	return fmt.Sprintf("S3's answer was lost when a multipart upload of s3://%s/%s began: one without parts may stay in the bucket", bucket, key),
		fmt.Sprintf("see whether it is there: aws s3api list-multipart-uploads --bucket %s --prefix %s", revision.ShellQuote(bucket), revision.ShellQuote(key))
}
