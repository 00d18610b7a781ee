package diff

import (
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/codedeploy/types"
	"github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"

	"github.com/cdx-deploy/cdx/pkg/revision"
)

// ReplacedError says that the object in S3 is not the one that the revision names, or no
// longer the one that was opened.
type ReplacedError struct {
	Location *types.S3Location
	ETag     string // that was expected, without quotes
}

// Error names the object.
func (e *ReplacedError) Error() string {
	return fmt.Sprintf("s3://%s/%s was replaced: the object there now has another eTag than %s", *e.Location.Bucket, *e.Location.Key, e.ETag)
}

// GoneError says that there is no such object, or version of it, in S3.
type GoneError struct {
	Location *types.S3Location
}

// Error names the object.
func (e *GoneError) Error() string {
	return describe(e.Location) + " does not exist"
}

// BrokenError says that an object is no bundle of its type that the agent could unpack.
type BrokenError struct {
	Location *types.S3Location
	Err      error // what is wrong with it
}

// Error names the object and what is wrong with it.
func (e *BrokenError) Error() string {
	return fmt.Sprintf("%s is no %s that can be unpacked: %v", describe(e.Location), e.Location.BundleType, e.Err)
}

// Unwrap returns what is wrong with it.
func (e *BrokenError) Unwrap() error { return e.Err }

// UnsafeNameError reports an entry of a bundle that leads out of it.
type UnsafeNameError struct {
	Name string // as the bundle has it
}

// Error names the entry.
func (e *UnsafeNameError) Error() string {
	return fmt.Sprintf("entry %q leads out of the bundle", e.Name)
}

// LimitError reports a bundle that would take more than this package is ready to spend.
type LimitError struct {
	What  string // such as "entries"
	Limit int64
}

// Error names the limit.
func (e *LimitError) Error() string { return fmt.Sprintf("more than %d %s", e.Limit, e.What) }

func describe(at *types.S3Location) string {
	return revision.Describe(&types.RevisionLocation{RevisionType: types.RevisionLocationTypeS3, S3Location: at})
}

// status is the HTTP status of S3's answer, 0 when there was none.
func status(err error) int {
	var response *smithyhttp.ResponseError
	if errors.As(err, &response) && response.Response != nil {
		return response.HTTPStatusCode()
	}
	return 0
}

// explained turns the answers that S3 gives about an object itself into this package's
// errors.
func explained(at *types.S3Location, eTag string, err error) error {
	switch status(err) {
	case http.StatusPreconditionFailed:
		return &ReplacedError{Location: at, ETag: strings.Trim(eTag, `"`)}
	case http.StatusNotFound:
		if failure := smithy.APIError(nil); !errors.As(err, &failure) || failure.ErrorCode() != "NoSuchBucket" {
			return &GoneError{Location: at}
		}
	}
	return fmt.Errorf("read %s: %w", describe(at), err)
}

// fetchError is an error of reading the object, as opposed to one of what was read.
type fetchError struct{ err error }

func (e *fetchError) Error() string { return e.err.Error() }
func (e *fetchError) Unwrap() error { return e.err }

func brokeOff(at *types.S3Location, err error) error {
	return &fetchError{fmt.Errorf("read %s: the answer broke off: %w", describe(at), err)}
}

// blamed says of an error whether S3, a limit or the bundle itself is to blame.
func blamed(at *types.S3Location, err error) error {
	var fetch *fetchError
	var limit *LimitError
	switch {
	case errors.As(err, &fetch):
		return fetch.err
	case errors.As(err, &limit):
		return fmt.Errorf("read %s: %w", describe(at), limit)
	default:
		return &BrokenError{Location: at, Err: err}
	}
}

// unmarked is an error without the mark of where it is from.
func unmarked(err error) error {
	var fetch *fetchError
	if errors.As(err, &fetch) {
		return fetch.err
	}
	return err
}
