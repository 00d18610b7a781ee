package push

import (
	"errors"
	"fmt"
	"net"
	"net/http"

	smithy "github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"
)

// AbortPermission is the IAM action that aborting a multipart upload needs.
const AbortPermission = "s3:AbortMultipartUpload"

// ExistsError says that the key holds another object, which NoOverwrite protects.
type ExistsError struct {
	Bucket, Key string
	ETag        string // of the object that is there, without quotes; empty when it may not be seen
	Digest      string // its bundle digest; empty when it has none or may not be seen
}

// Error names the object.
func (e *ExistsError) Error() string {
	if e.ETag == "" {
		return fmt.Sprintf("s3://%s/%s exists already", e.Bucket, e.Key)
	}
	return fmt.Sprintf("s3://%s/%s exists already with other content (eTag %s)", e.Bucket, e.Key, e.ETag)
}

// RegionError says that the bucket is in another region than the client's, and that
// there was no way to get a client for it.
type RegionError struct {
	Bucket string
	Region string // where the bucket is, like "eu-west-1"
	Err    error  // S3's answer
}

// Error names the region.
func (e *RegionError) Error() string {
	return fmt.Sprintf("bucket %s is in region %s", e.Bucket, e.Region)
}

// Unwrap returns S3's answer.
func (e *RegionError) Unwrap() error { return e.Err }

// LeftoverError says that an upload failed and what it has left, or may have left, in
// the bucket: with an UploadID an upload that could not be aborted, whose parts stay, and
// are paid for, until somebody aborts it. With Stray another one without parts, of which
// nothing is known, as S3's answer to its beginning was lost. That one is never aborted,
// because nothing tells it apart from an upload that somebody else has begun under the
// same key.
type LeftoverError struct {
	Bucket, Key string
	UploadID    string // what to abort; empty when nothing is
	Stray       bool   // one more may be left
	Permission  string // IAM action whose absence denied the abort, [AbortPermission]; empty when something else did
	Err         error  // why the upload failed
	AbortErr    error  // why it could not be aborted; nil without an UploadID
}

// Error says why the upload failed and what is left.
func (e *LeftoverError) Error() string {
	text := e.Err.Error()
	if e.UploadID != "" {
		reason := "permission " + e.Permission + " is missing"
		if e.Permission == "" {
			reason = e.AbortErr.Error()
		}
		text += fmt.Sprintf("; multipart upload %s of s3://%s/%s could not be aborted: %s", e.UploadID, e.Bucket, e.Key, reason)
	}
	if e.Stray {
		text += fmt.Sprintf("; another multipart upload of s3://%s/%s may be left, as S3's answer was lost", e.Bucket, e.Key)
	}
	return text
}

// Unwrap returns why the upload failed.
func (e *LeftoverError) Unwrap() error { return e.Err }

// ChecksumError says that S3 stored something else than was sent. The object is
// there, and must not be deployed.
type ChecksumError struct {
	Bucket, Key  string
	Algorithm    string // like "CRC32"
	Sent, Stored string // base64, with "-" and the number of parts for a multipart upload
}

// Error names both checksums.
func (e *ChecksumError) Error() string {
	return fmt.Sprintf("s3://%s/%s was stored with %s %s, but %s was sent", e.Bucket, e.Key, e.Algorithm, e.Stored, e.Sent)
}

// httpStatus is the status of the answer that made err, or 0 when none came.
func httpStatus(err error) int {
	var response *smithyhttp.ResponseError
	if errors.As(err, &response) && response.Response != nil {
		return response.HTTPStatusCode()
	}
	return 0
}

// apiCode is the error code in S3's answer, like "NoSuchUpload", or "".
func apiCode(err error) string {
	var api smithy.APIError
	if errors.As(err, &api) {
		return api.ErrorCode()
	}
	return ""
}

// isTaken reports whether a conditional write was refused.
// Source: Amazon S3 User Guide, "How to prevent object overwrites with conditional writes".
func isTaken(err error) bool {
	status := httpStatus(err)
	return status == http.StatusPreconditionFailed || status == http.StatusConflict
}

// mayHaveHappened reports whether a failed completion may have made the object all the
// same: the answer was lost, or is the one to a repetition after the first succeeded.
func mayHaveHappened(err error) bool {
	status := httpStatus(err)
	return status == 0 || status >= 500 || apiCode(err) == "NoSuchUpload"
}

// isLost reports whether a failed request may have been carried out all the same, as
// its answer does not say, or never came. A request that was not sent was not.
func isLost(err error) bool {
	var network *net.OpError
	switch status := httpStatus(err); {
	case status == 0:
		return !errors.As(err, &network) || network.Op != "dial"
	default:
		return status >= 500 && status != http.StatusServiceUnavailable
	}
}

// regionIn finds the bucket's region in an answer that says that it is not the
// client's, which is called home; "" where the answer is about something else.
// Source: Amazon S3 API reference, "Error responses" (PermanentRedirect,
// AuthorizationHeaderMalformed); the answer to HEAD has the status only.
func regionIn(err error, home string) string {
	var response *smithyhttp.ResponseError
	if !errors.As(err, &response) || response.Response == nil {
		return ""
	}
	region := response.Response.Header.Get("X-Amz-Bucket-Region")
	switch response.HTTPStatusCode() {
	case http.StatusMovedPermanently, http.StatusBadRequest:
		if region != home {
			return region
		}
	}
	return ""
}
