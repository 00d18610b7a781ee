package deploy

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptrace"
	"sync/atomic"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/aws-sdk-go-v2/service/codedeploy"
)

// fate is what became of one request.
type fate int

const (
	accepted    fate = iota // the deployment exists
	refused                 // certainly not accepted, and repeating it would not help
	throttled               // certainly not accepted, but may be later
	unconnected             // certainly not accepted: there was no connection
	unknown                 // sent, and the answer is lost
)

// lostAnswer is an error after which the deployment may exist.
type lostAnswer struct{ err error }

func (e *lostAnswer) Error() string { return e.err.Error() }
func (e *lostAnswer) Unwrap() error { return e.err }

func isLost(err error) bool {
	var lost *lostAnswer
	return errors.As(err, &lost)
}

var errNoID = errors.New("the answer holds no deployment ID")

// send sends the request once and tells its fate.
func (c *creation) send(ctx context.Context) (id string, f fate, err error) {
	if err := ctx.Err(); err != nil {
		return "", refused, err
	}
	var w wire
	out, err := c.call(ctx, &w)
	if err != nil {
		return "", w.fate(err), err
	}
	if id = aws.ToString(out.DeploymentId); id == "" {
		return "", unknown, errNoID
	}
	return id, accepted, nil
}

// call sends the request without the SDK's retries. Once it is under way, the end of
// ctx cuts it off only after a grace.
func (c *creation) call(ctx context.Context, w *wire) (*codedeploy.CreateDeploymentOutput, error) {
	calling, cancel := context.WithTimeout(context.WithoutCancel(ctx), c.opts.AnswerTimeout)
	defer cancel()
	defer context.AfterFunc(ctx, func() { time.AfterFunc(interruptGrace, cancel) })()
	out, err := c.api.CreateDeployment(calling, &c.in, func(o *codedeploy.Options) {
		o.Retryer = aws.NopRetryer{}
		w.HTTPClient, o.HTTPClient = o.HTTPClient, w
		w.installed = true
	})
	switch {
	case err == nil || calling.Err() == nil:
		return out, err
	case ctx.Err() != nil:
		return nil, fmt.Errorf("%w: %w", ctx.Err(), err)
	default:
		return nil, fmt.Errorf("%w: %w", errNoAnswer, err)
	}
}

var errNoAnswer = errors.New("no answer in time")

// wire watches how far one request gets. It stands before the client's HTTP client.
type wire struct {
	codedeploy.HTTPClient
	installed bool        // the API is an SDK client, and so calls Do
	handed    atomic.Bool // the request was complete and signed
	traced    atomic.Bool // the HTTP client reports its connections
	connected atomic.Bool // there was a connection, on which the request may have gone out
}

// Do implements [codedeploy.HTTPClient].
func (w *wire) Do(r *http.Request) (*http.Response, error) {
	w.handed.Store(true)
	trace := &httptrace.ClientTrace{
		GetConn: func(string) { w.traced.Store(true) },
		GotConn: func(httptrace.GotConnInfo) { w.connected.Store(true) },
	}
	return w.HTTPClient.Do(r.WithContext(httptrace.WithClientTrace(r.Context(), trace)))
}

// fate judges an error. What is not certain is unknown.
func (w *wire) fate(err error) fate {
	status := httpStatus(err)
	switch {
	case isThrottle(err, status):
		return throttled
	case w.installed && !w.handed.Load():
		return refused // no credentials, whatever their source answered, or no valid request
	case status >= 300 && status < 500:
		return refused
	case status != 0:
		return unknown
	case w.traced.Load() && !w.connected.Load():
		return unconnected
	default:
		return unknown
	}
}

// isThrottle reports whether the service said "later": for a throttle, and for a
// wrong clock, which the client corrects by the answer's.
func isThrottle(err error, status int) bool {
	if status == http.StatusTooManyRequests || (retry.ThrottleErrorCode{Codes: retry.DefaultThrottleErrorCodes}).IsErrorThrottle(err).Bool() {
		return true
	}
	return status >= 400 && status < 500 && retry.RetryableError{}.IsErrorRetryable(err).Bool()
}
