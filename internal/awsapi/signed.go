package awsapi

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	"github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"
)

const (
	signedTimeout  = 20 * time.Second
	maxAnswerBytes = 1 << 20
)

// signedRequest is a request to a service of which cdx has no client, because the SDK's is
// large for the little that is asked. It is not repeated.
type signedRequest struct {
	method, url, contentType string
	body                     string
	service, region          string // that it is signed for
}

// send signs the request and returns the answer with its body. Whatever the status of the
// answer, it is no error.
func (c Config) send(ctx context.Context, in signedRequest) (*http.Response, []byte, error) {
	ctx, cancel := context.WithTimeout(ctx, signedTimeout)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, in.method, in.url, strings.NewReader(in.body))
	if err != nil {
		return nil, nil, err
	}
	if in.contentType != "" {
		request.Header.Set("Content-Type", in.contentType)
	}
	credentials, err := c.SDK.Credentials.Retrieve(ctx)
	if err != nil {
		return nil, nil, err
	}
	sum := sha256.Sum256([]byte(in.body))
	if err := v4.NewSigner().SignHTTP(ctx, credentials, request, hex.EncodeToString(sum[:]), in.service, in.region, time.Now()); err != nil {
		return nil, nil, fmt.Errorf("sign the request: %w", err)
	}
	response, err := c.SDK.HTTPClient.Do(request)
	if err != nil {
		return nil, nil, err
	}
	defer response.Body.Close()
	answer, err := io.ReadAll(io.LimitReader(response.Body, maxAnswerBytes))
	return response, answer, err
}

// refusedWith is the error for an answer that is a refusal. Without a code of the service's
// the HTTP status stands for it.
func refusedWith(response *http.Response, code, message string) error {
	return &smithyhttp.ResponseError{
		Response: &smithyhttp.Response{Response: response},
		Err:      &smithy.GenericAPIError{Code: cmp.Or(code, response.Status), Message: message},
	}
}

// endpointOf is the endpoint that the chain of settings has for a service without a client
// of the SDK's, without a slash at its end; empty for none.
func (c Config) endpointOf(ctx context.Context, service string) string {
	return strings.TrimRight(c.givenEndpoint(ctx, service), "/")
}

func (c Config) givenEndpoint(ctx context.Context, service string) string {
	if c.endpoint != "" {
		return c.endpoint
	}
	for _, source := range c.SDK.ConfigSources {
		settings, ok := source.(interface {
			GetServiceBaseEndpoint(ctx context.Context, service string) (string, bool, error)
		})
		if !ok {
			continue
		}
		if endpoint, found, err := settings.GetServiceBaseEndpoint(ctx, service); err == nil && found {
			return endpoint
		}
	}
	return aws.ToString(c.SDK.BaseEndpoint)
}
