package objects

import (
	"encoding/xml"
	"errors"
	"net"
	"net/http"
	"strings"

	"github.com/johannesboyne/gofakes3"
)

// The codes of S3's errors that this package answers with itself.
// Source: Amazon S3 API Reference, "Error responses".
const (
	codeAccessDenied        = "AccessDenied"
	codeBadDigest           = "BadDigest"
	codeBadRequest          = "BadRequest"
	codeBucketOwned         = "BucketAlreadyOwnedByYou"
	codeEntityTooSmall      = "EntityTooSmall"
	codeIncomplete          = "IncompleteBody"
	codeInternal            = "InternalError"
	codeInvalidArg          = "InvalidArgument"
	codeInvalidBucket       = "InvalidBucketName"
	codeInvalidDigest       = "InvalidDigest"
	codeInvalidPart         = "InvalidPart"
	codeInvalidOrder        = "InvalidPartOrder"
	codeInvalidRange        = "InvalidRange"
	codeInvalidTag          = "InvalidTag"
	codeInvalidRequest      = "InvalidRequest"
	codeKeyTooLong          = "KeyTooLongError"
	codeMalformedXML        = "MalformedXML"
	codeMalformedTrailer    = "MalformedTrailerError"
	codeMalformedPolicy     = "MalformedPolicy"
	codeMetadata            = "MetadataTooLarge"
	codeMethod              = "MethodNotAllowed"
	codeMissingLength       = "MissingContentLength"
	codeNoVersioning        = "IllegalVersioningConfigurationException"
	codeNotEmpty            = "BucketNotEmpty"
	codeNoBucketPolicy      = "NoSuchBucketPolicy"
	codeNoEncryption        = "ServerSideEncryptionConfigurationNotFoundError"
	codeNoLifecycle         = "NoSuchLifecycleConfiguration"
	codeNoPublicAccessBlock = "NoSuchPublicAccessBlockConfiguration"
	codeNoSuchBucket        = "NoSuchBucket"
	codeNoSuchKey           = "NoSuchKey"
	codeNoSuchUpload        = "NoSuchUpload"
	codeNoSuchVersion       = "NoSuchVersion"
	codeNoTagSet            = "NoSuchTagSet"
	codeNotImplemented      = "NotImplemented"
	codePrecondition        = "PreconditionFailed"
	codeSHA256              = "XAmzContentSHA256Mismatch"
	codeTooLarge            = "EntityTooLarge"
)

// Error is an error as S3 answers it.
type Error struct {
	// Code is S3's, like "NoSuchKey".
	Code string
	// Message is for people; empty means S3's own text for the code.
	Message string
	// Resource is the bucket or key concerned; may be empty.
	Resource string
	// Condition is the header whose condition did not hold, with PreconditionFailed.
	Condition string

	// marker is the version of the delete marker in the place of the object; empty for none.
	marker string
}

// Error implements error.
func (e *Error) Error() string { return e.Code + ": " + e.Text() }

// Text is the message, or S3's own text for the code where it is known.
func (e *Error) Text() string {
	if e.Message != "" {
		return e.Message
	}
	switch e.Code {
	case codeAccessDenied:
		return "Access Denied"
	case codeBucketOwned:
		return "Your previous request to create the named bucket succeeded and you already own it."
	case codeEntityTooSmall:
		return "Your proposed upload is smaller than the minimum allowed size"
	case codeIncomplete:
		return "You did not provide the number of bytes specified by the Content-Length HTTP header"
	case codeInvalidBucket:
		return "The specified bucket is not valid."
	case codeInvalidDigest:
		return "The Content-MD5 you specified was invalid."
	case codeInvalidPart:
		return "One or more of the specified parts could not be found.  The part may not have been uploaded, " +
			"or the specified entity tag may not match the part's entity tag."
	case codeInvalidOrder:
		return "The list of parts was not in ascending order. Parts must be ordered by part number."
	case codeInvalidRange:
		return "The requested range is not satisfiable"
	case codeKeyTooLong:
		return "Your key is too long"
	case codeMalformedXML:
		return "The XML you provided was not well-formed or did not validate against our published schema"
	case codeMalformedTrailer:
		return "The request contained trailing data that was not well-formed or did not conform to our published schema."
	case codeMalformedPolicy:
		return "Policies must be valid JSON and the first byte must be '{'"
	case codeMetadata:
		return "Your metadata headers exceed the maximum allowed metadata size"
	case codeMethod:
		return "The specified method is not allowed against this resource."
	case codeMissingLength:
		return "You must provide the Content-Length HTTP header."
	case codeNoVersioning:
		return "The Versioning element must be specified"
	case codeNotEmpty:
		return "The bucket you tried to delete is not empty"
	case codeNoBucketPolicy:
		return "The bucket policy does not exist"
	case codeNoEncryption:
		return "The server side encryption configuration was not found"
	case codeNoLifecycle:
		return "The lifecycle configuration does not exist"
	case codeNoPublicAccessBlock:
		return "The public access block configuration was not found"
	case codeNoSuchBucket:
		return "The specified bucket does not exist"
	case codeNoSuchKey:
		return "The specified key does not exist."
	case codeNoSuchUpload:
		return "The specified upload does not exist. The upload ID may be invalid, or the upload may have been " +
			"aborted or completed."
	case codeNoSuchVersion:
		return "The specified version does not exist."
	case codeNoTagSet:
		return "The TagSet does not exist"
	case codeNotImplemented:
		return "A header or query you provided implies functionality that is not implemented"
	case codePrecondition:
		return "At least one of the pre-conditions you specified did not hold"
	case codeSHA256:
		return "The provided 'x-amz-content-sha256' header does not match what was computed."
	case codeTooLarge:
		return "Your proposed upload exceeds the maximum allowed size"
	}
	return "We encountered an internal error. Please try again."
}

// status is the HTTP status that S3 answers the code with.
func (e *Error) status() int {
	switch e.Code {
	case codeAccessDenied:
		return http.StatusForbidden
	case codeNoBucketPolicy, codeNoEncryption, codeNoLifecycle, codeNoPublicAccessBlock, codeNoSuchBucket, codeNoSuchKey, codeNoSuchUpload, codeNoSuchVersion, codeNoTagSet:
		return http.StatusNotFound
	case codeBucketOwned, codeNotEmpty:
		return http.StatusConflict
	case codePrecondition:
		return http.StatusPreconditionFailed
	case codeInvalidRange:
		return http.StatusRequestedRangeNotSatisfiable
	case codeMethod:
		return http.StatusMethodNotAllowed
	case codeMissingLength:
		return http.StatusLengthRequired
	case codeNotImplemented:
		return http.StatusNotImplemented
	case codeInternal:
		return http.StatusInternalServerError
	}
	return http.StatusBadRequest
}

// errorBody is the XML of an error.
type errorBody struct {
	XMLName   xml.Name `xml:"Error"`
	Code      string
	Message   string
	Condition string `xml:",omitempty"`
	Resource  string `xml:",omitempty"`
	RequestID string `xml:"RequestId"`
	HostID    string `xml:"HostId"`
}

// writeError answers with err, which is S3's InternalError unless it is an [*Error]. S3 keeps the reason to
// itself; here whoever asks can do something about it, such as making room on the disk.
func writeError(w http.ResponseWriter, r *http.Request, err error) {
	failure := &Error{Code: codeInternal, Message: (&Error{Code: codeInternal}).Text() + " (" + err.Error() + ")"}
	errors.As(err, &failure)
	if tooLarge := (*http.MaxBytesError)(nil); errors.As(err, &tooLarge) {
		failure = &Error{Code: codeTooLarge}
	}
	if failure.marker != "" {
		w.Header().Set(deleteMarkerHeader, "true")
		setVersion(w.Header(), failure.marker)
	}
	resource := failure.Resource
	if resource == "" {
		resource = r.URL.Path
	}
	if r.Method == http.MethodHead { // no body: the status is all that the client learns
		w.WriteHeader(failure.status())
		return
	}
	writeXML(w, failure.status(), errorBody{
		Code: failure.Code, Message: failure.Text(), Condition: failure.Condition, Resource: resource,
		RequestID: w.Header().Get(requestIDHeader), HostID: w.Header().Get(hostIDHeader),
	})
}

// writeXML answers with body. An answer that cannot be written has nobody to be reported to.
func writeXML(w http.ResponseWriter, status int, body any) {
	text, err := xml.Marshal(body)
	if err != nil {
		w.WriteHeader(http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/xml")
	w.WriteHeader(status)
	_, _ = w.Write(append([]byte(xml.Header), text...))
}

// forBackend turns an error into one that gofakes3 answers with the same code and text.
func forBackend(err error) error {
	var failure *Error
	if !errors.As(err, &failure) {
		return err
	}
	return gofakes3.ErrorMessage(gofakes3.ErrorCode(failure.Code), failure.Text())
}

// checkBucketName refuses what S3 does.
// Source: Amazon S3 User Guide, "General purpose bucket naming rules".
func checkBucketName(name string) error {
	const letters, inside = "abcdefghijklmnopqrstuvwxyz0123456789", "abcdefghijklmnopqrstuvwxyz0123456789.-"
	if len(name) < 3 || len(name) > 63 || strings.Trim(name, inside) != "" || strings.Contains(name, "..") ||
		!strings.Contains(letters, name[:1]) || !strings.Contains(letters, name[len(name)-1:]) || net.ParseIP(name) != nil {
		return &Error{Code: codeInvalidBucket, Resource: name}
	}
	return nil
}
