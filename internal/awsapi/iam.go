package awsapi

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/xml"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	"github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"
)

const iamTimeout = 20 * time.Second

// iamVersion is that of IAM's interface.
// Source: IAM API reference, "Making query requests".
const iamVersion = "2010-05-08"

// IAM sends the few requests to IAM that on-premises instances need: signed by hand,
// because the SDK's client for IAM is larger than all the rest of cdx. No request is
// repeated.
type IAM struct {
	config Config
}

// IAM returns a client for IAM.
func (c Config) IAM() *IAM { return &IAM{c} }

// Call sends an action and reads the answer's result into out, a pointer to a structure
// for encoding/xml, or nil. A refusal is a [smithy.APIError].
func (i *IAM) Call(ctx context.Context, action string, parameters map[string]string, out any) error {
	if err := i.call(ctx, action, parameters, out); err != nil {
		return &smithy.OperationError{ServiceID: "IAM", OperationName: action, Err: err}
	}
	return nil
}

func (i *IAM) call(ctx context.Context, action string, parameters map[string]string, out any) error {
	ctx, cancel := context.WithTimeout(ctx, iamTimeout)
	defer cancel()
	request, err := i.request(ctx, action, parameters)
	if err != nil {
		return err
	}
	response, err := i.config.SDK.HTTPClient.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	body, err := io.ReadAll(io.LimitReader(response.Body, maxAnswerBytes))
	if err != nil {
		return err
	}
	if response.StatusCode != http.StatusOK {
		return iamRefusal(response, body)
	}
	if out == nil {
		return nil
	}
	return xml.Unmarshal(body, out)
}

// iamRefusal is the error that IAM answers with.
// Source: IAM API reference, "Common errors".
func iamRefusal(response *http.Response, body []byte) error {
	var answer struct {
		Code    string `xml:"Error>Code"`
		Message string `xml:"Error>Message"`
	}
	if err := xml.Unmarshal(body, &answer); err != nil || answer.Code == "" {
		answer.Code, answer.Message = response.Status, ""
	}
	return &smithyhttp.ResponseError{
		Response: &smithyhttp.Response{Response: response},
		Err:      &smithy.GenericAPIError{Code: answer.Code, Message: answer.Message},
	}
}

func (i *IAM) request(ctx context.Context, action string, parameters map[string]string) (*http.Request, error) {
	form := url.Values{"Action": {action}, "Version": {iamVersion}}
	for name, value := range parameters {
		form.Set(name, value)
	}
	body := form.Encode()
	base, region := iamPlace(i.config.Region())
	if endpoint := i.config.endpointOf(ctx, "IAM"); endpoint != "" {
		base = strings.TrimRight(endpoint, "/")
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, base+"/", strings.NewReader(body))
	if err != nil {
		return nil, err
	}
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded; charset=utf-8")
	credentials, err := i.config.SDK.Credentials.Retrieve(ctx)
	if err != nil {
		return nil, err
	}
	sum := sha256.Sum256([]byte(body))
	if err := v4.NewSigner().SignHTTP(ctx, credentials, request, hex.EncodeToString(sum[:]), "iam", region, time.Now()); err != nil {
		return nil, fmt.Errorf("sign the request: %w", err)
	}
	return request, nil
}

// iamPlace is IAM's endpoint, which a partition has only one of, and the region that
// requests are signed for.
// Source: AWS general reference, "AWS Identity and Access Management endpoints and quotas".
func iamPlace(region string) (base, signed string) {
	switch {
	case strings.HasPrefix(region, "cn-"):
		return "https://iam.cn-north-1.amazonaws.com.cn", "cn-north-1"
	case strings.HasPrefix(region, "us-gov-"):
		return "https://iam.us-gov.amazonaws.com", "us-gov-west-1"
	}
	return "https://iam.amazonaws.com", "us-east-1"
}

// endpointOf is the endpoint that the chain of settings has for a service without a client
// of the SDK's; empty for none.
func (c Config) endpointOf(ctx context.Context, service string) string {
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
