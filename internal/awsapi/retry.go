package awsapi

import (
	"cmp"
	"errors"
	"net"
	"net/http"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
)

const (
	// defaultAttempts is how often a request is sent at most where no setting says
	// (AWS_MAX_ATTEMPTS, max_attempts): an upload has many parts, each a chance to fail.
	defaultAttempts = 5

	dialTimeout = 10 * time.Second
	idlePerHost = 32 // connections kept for the parts of an upload
)

// httpClient is the SDK's own, which AWS_CA_BUNDLE and the proxy variables apply to.
func httpClient(options Options) *awshttp.BuildableClient {
	return awshttp.NewBuildableClient().
		WithDialerOptions(func(d *net.Dialer) { d.Timeout = cmp.Or(options.ConnectTimeout, dialTimeout) }).
		WithTransportOptions(func(t *http.Transport) {
			t.MaxIdleConnsPerHost = idlePerHost
			t.ResponseHeaderTimeout = options.ReadTimeout
			t.TLSClientConfig.InsecureSkipVerify = options.NoVerifySSL
		})
}

// retryer returns what makes each client's retryer: standard, or adaptive where
// the settings say so (AWS_RETRY_MODE, retry_mode).
func retryer(sdk aws.Config) func() aws.Retryer {
	standard := func(o *retry.StandardOptions) {
		o.MaxAttempts = defaultAttempts
		if sdk.RetryMaxAttempts != 0 {
			o.MaxAttempts = sdk.RetryMaxAttempts
		}
		o.Retryables = append([]retry.IsErrorRetryable{retry.IsErrorRetryableFunc(notLocalRefusal)}, o.Retryables...)
	}
	if sdk.RetryMode == aws.RetryModeAdaptive {
		return func() aws.Retryer {
			return retry.NewAdaptiveMode(func(o *retry.AdaptiveModeOptions) {
				o.StandardOptions = append(o.StandardOptions, standard)
			})
		}
	}
	return func() aws.Retryer { return retry.NewStandard(standard) }
}

// notLocalRefusal keeps a request from being repeated when nothing listens at an
// address of this machine: a local service that is not running does not come up
// by waiting.
func notLocalRefusal(err error) aws.Ternary {
	var op *net.OpError
	if !errors.As(err, &op) || !errors.Is(err, errRefused) {
		return aws.UnknownTernary
	}
	if address, ok := op.Addr.(*net.TCPAddr); ok && address.IP.IsLoopback() {
		return aws.FalseTernary
	}
	return aws.UnknownTernary
}
