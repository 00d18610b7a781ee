package wait

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/aws-sdk-go-v2/service/codedeploy"
	"github.com/aws/aws-sdk-go-v2/service/codedeploy/types"
	"github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"
)

// verdict is what a failed call means for the wait.
type verdict int

const (
	passing  verdict = iota // it will pass: ask again, as often as it takes
	counted                 // three of these running end the wait
	hopeless                // the wait ends at once
)

// failure is a call's error, understood.
type failure struct {
	reason  RetryReason
	verdict verdict
	err     error
}

// deniedCodes are the answers of AWS services that refuse the caller rather than the request.
// Source: AWS "Common error types", and the codes of Signature Version 4.
var deniedCodes = map[string]bool{
	"AccessDenied": true, "AccessDeniedException": true, "AuthorizationError": true, "NotAuthorized": true,
	"UnauthorizedAccess": true, "UnauthorizedOperation": true, "OptInRequired": true,
	"IncompleteSignature": true, "IncompleteSignatureException": true, "InvalidAccessKeyId": true,
	"InvalidClientTokenId": true, "InvalidSignatureException": true, "MissingAuthenticationToken": true,
	"MissingAuthenticationTokenException": true, "RequestTimeTooSkewed": true, "SignatureDoesNotMatch": true,
	"UnrecognizedClientException": true,
}

// expiredCodes are the answers that say that temporary credentials are over.
var expiredCodes = map[string]bool{
	"ExpiredToken": true, "ExpiredTokenException": true, "RequestExpired": true, "TokenRefreshRequired": true,
}

// classify says what err means. seen is whether any call for this deployment succeeded before:
// until then any answer that is a refusal counts, since it may not be CodeDeploy that answers, and
// so do credentials that cannot be had for want of a network, since a machine without any
// credentials looks the same.
func classify(err error, creds *credentialProbe, seen bool) failure {
	f := failure{err: err}
	if creds.err != nil {
		f.reason = RetryCredentials
		if !seen || !passes(creds.err) {
			f.verdict = counted
		}
		return f
	}
	var api smithy.APIError
	if !errors.As(err, &api) {
		f.reason = RetryNetwork
		return f
	}
	f.reason, f.verdict = classifyCode(api.ErrorCode(), statusOf(err))
	switch {
	case f.reason == RetryCredentials:
		f.verdict = creds.expired()
	case f.reason == RetryRefused && !seen:
		f.verdict = counted
	}
	return f
}

// classifyCode judges an answer of the service by its error code and HTTP status. A refusal with
// an unknown code may pass, since the API may grow.
func classifyCode(code string, status int) (RetryReason, verdict) {
	_, throttle := retry.DefaultThrottleErrorCodes[code]
	switch {
	case throttle, status == http.StatusTooManyRequests:
		return RetryThrottled, passing
	case status >= http.StatusInternalServerError:
		return RetryServer, passing
	case expiredCodes[code]:
		return RetryCredentials, counted
	case deniedCodes[code], status == http.StatusUnauthorized, status == http.StatusForbidden:
		return RetryDenied, counted
	case status >= http.StatusBadRequest:
		return RetryRefused, passing
	}
	return RetryServer, passing
}

// passes reports whether credentials could not be had for a reason that may pass: their issuer is
// throttling or failing, or not to be reached.
func passes(err error) bool {
	status := statusOf(err)
	if status >= http.StatusInternalServerError {
		return true
	}
	var api smithy.APIError
	if errors.As(err, &api) {
		reason, _ := classifyCode(api.ErrorCode(), status)
		return reason == RetryThrottled
	}
	var send *smithyhttp.RequestSendError
	var network net.Error
	return errors.As(err, &send) || errors.As(err, &network) || errors.Is(err, io.EOF) ||
		errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, context.DeadlineExceeded)
}

// statusOf returns the HTTP status of the answer behind err, or 0.
func statusOf(err error) int {
	var response *smithyhttp.ResponseError
	if errors.As(err, &response) {
		return response.HTTPStatusCode()
	}
	return 0
}

// missing reports whether err says that there is no such deployment.
func missing(err error) bool {
	var none *types.DeploymentDoesNotExistException
	return errors.As(err, &none)
}

// malformed reports whether err says that the ID can be no deployment's.
func malformed(err error) bool {
	var invalid *types.InvalidDeploymentIdException
	var required *types.DeploymentIdRequiredException
	return errors.As(err, &invalid) || errors.As(err, &required)
}

// credentialProbe stands between the client and its credentials for one call, to tell apart
// credentials that cannot be had, those that can be refreshed and those that cannot.
type credentialProbe struct {
	provider aws.CredentialsProvider // nil when the client does not sign
	used     bool                    // Retrieve succeeded
	creds    aws.Credentials
	err      error // of the last Retrieve
}

// options adjusts the client for one call: the probe instead of its credentials, and none of its
// own retries.
func (p *credentialProbe) options(o *codedeploy.Options) {
	o.Retryer = aws.NopRetryer{}
	if o.Credentials != nil {
		p.provider = o.Credentials
		o.Credentials = p
	}
}

// Retrieve implements [aws.CredentialsProvider].
func (p *credentialProbe) Retrieve(ctx context.Context) (aws.Credentials, error) {
	creds, err := p.provider.Retrieve(ctx)
	p.creds, p.err, p.used = creds, err, err == nil
	return creds, err
}

// expired says what it means that the service calls the credentials expired. Cached ones are
// thrown away, so that the next call asks for new ones even if this machine's clock is slow.
func (p *credentialProbe) expired() verdict {
	if !p.used {
		return counted
	}
	if cache, ok := p.provider.(interface{ Invalidate() }); ok {
		cache.Invalidate()
	}
	if p.creds.CanExpire {
		return passing
	}
	return hopeless
}
