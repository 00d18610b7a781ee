package doctor

import (
	"context"
	"errors"
	"net/http"
	"sync"
	"time"

	awsmiddleware "github.com/aws/aws-sdk-go-v2/aws/middleware"
	"github.com/aws/smithy-go"
	"github.com/aws/smithy-go/middleware"
	smithyhttp "github.com/aws/smithy-go/transport/http"
)

// Observer notes which operations AWS has answered and which it does not permit, and
// how far the clocks are apart. Its zero value is ready to use.
type Observer struct {
	mu       sync.Mutex
	answered map[string]bool
	denied   map[string]bool
	skew     time.Duration // AWS's clock minus ours
	skewed   bool
}

// Attach makes a client's requests observed: it is one of a client's APIOptions.
func (o *Observer) Attach(stack *middleware.Stack) error {
	return stack.Initialize.Add(middleware.InitializeMiddlewareFunc("CdxObserver",
		func(ctx context.Context, in middleware.InitializeInput, next middleware.InitializeHandler) (middleware.InitializeOutput, middleware.Metadata, error) {
			out, metadata, err := next.HandleInitialize(ctx, in)
			o.note(awsmiddleware.GetOperationName(ctx), metadata, err)
			return out, metadata, err
		}), middleware.After)
}

func (o *Observer) note(operation string, metadata middleware.Metadata, err error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.answered == nil {
		o.answered, o.denied = make(map[string]bool), make(map[string]bool)
	}
	switch {
	case isDenied(err):
		o.denied[operation] = true
	case err == nil, isAnswer(err):
		o.answered[operation] = true
	}
	served, known := awsmiddleware.GetServerTime(metadata)
	received, ok := awsmiddleware.GetResponseAt(metadata)
	if known && ok && err == nil {
		o.skew, o.skewed = served.Sub(received), true
	}
}

// was tells what became of an operation: answered, or not permitted; neither when it
// was not tried, or failed otherwise.
func (o *Observer) was(operation string) (answered, denied bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.answered[operation], o.denied[operation]
}

// clockSkew is how far AWS's clock is ahead of this machine's, if that is known.
func (o *Observer) clockSkew() (time.Duration, bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.skew, o.skewed
}

// code is AWS's error code; empty without one.
func code(err error) string {
	var api smithy.APIError
	if errors.As(err, &api) {
		return api.ErrorCode()
	}
	return ""
}

// status is the HTTP status of an answer; 0 without one.
func status(err error) int {
	var response *smithyhttp.ResponseError
	if errors.As(err, &response) && response.Response != nil {
		return response.HTTPStatusCode()
	}
	return 0
}

func isDenied(err error) bool {
	switch code(err) {
	case "AccessDenied", "AccessDeniedException", "UnauthorizedOperation":
		return true
	case "", "Forbidden", "UnknownError":
		return status(err) == http.StatusForbidden // the answer to HEAD has no body
	default:
		return false
	}
}

// isAnswer reports that AWS has looked at what the request is about, and so has found
// its sender permitted. Requests that are throttled, and what a proxy says, tell
// nothing of that.
func isAnswer(err error) bool {
	if answered := status(err); answered != http.StatusNotFound && answered != http.StatusBadRequest {
		return false
	}
	return code(err) != "" && code(err) != "UnknownError" && isOfAWS(err) && !isCredential(err) && !isPassing(err)
}

// isOfAWS reports that AWS itself has answered, which numbers its answers: a proxy, or
// the page where one logs in to a network, does not.
// Source: AWS general reference, "Common response headers"; Amazon S3 API reference,
// "Common Response Headers".
func isOfAWS(err error) bool {
	var response *smithyhttp.ResponseError
	if !errors.As(err, &response) || response.Response == nil {
		return false
	}
	header := response.Response.Header
	return header.Get("X-Amz-Request-Id")+header.Get("X-Amzn-Requestid") != ""
}

// isCredential reports that AWS refuses the credentials themselves.
func isCredential(err error) bool {
	switch code(err) {
	case "ExpiredToken", "ExpiredTokenException", "TokenRefreshRequired", "RequestExpired", "InvalidAccessKeyId", "UnrecognizedClientException",
		"InvalidClientTokenId", "InvalidToken", "SignatureDoesNotMatch", "InvalidSignatureException", "IncompleteSignature",
		"RequestTimeTooSkewed", "RequestInTheFuture", "MissingAuthenticationToken", "AuthFailure", "OptInRequired":
		return true
	default:
		return false
	}
}

// isPassing reports that the service was busy or failed.
func isPassing(err error) bool {
	switch code(err) {
	case "Throttling", "ThrottlingException", "SlowDown", "TooManyRequestsException", "RequestLimitExceeded":
		return true
	default:
		return status(err) >= http.StatusInternalServerError || status(err) == http.StatusTooManyRequests
	}
}
