package awsapi

import (
	"cmp"
	"context"
	"encoding/xml"
	"net/http"
	"net/url"
	"strings"

	"github.com/aws/smithy-go"
)

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
	form := url.Values{"Action": {action}, "Version": {iamVersion}}
	for name, value := range parameters {
		form.Set(name, value)
	}
	base, region := iamPlace(i.config.Region())
	response, body, err := i.config.send(ctx, signedRequest{
		method: http.MethodPost, url: cmp.Or(i.config.endpointOf(ctx, "IAM"), base) + "/",
		contentType: "application/x-www-form-urlencoded; charset=utf-8", body: form.Encode(),
		service: "iam", region: region,
	})
	switch {
	case err != nil:
		return err
	case response.StatusCode != http.StatusOK:
		return iamRefusal(response, body)
	case out == nil:
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
	_ = xml.Unmarshal(body, &answer) // without a code, the status tells
	return refusedWith(response, answer.Code, answer.Message)
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
