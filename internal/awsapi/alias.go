package awsapi

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"github.com/aws/smithy-go"
)

// AliasVersion returns the version of a Lambda function that an alias names, like
// "7". It is one signed request and not the SDK's client for Lambda, whose set-up
// alone would make each run of cdx a fifth slower.
// Source: AWS Lambda API reference, GetAlias.
func (c Config) AliasVersion(ctx context.Context, function, alias string) (string, error) {
	version, err := c.getAlias(ctx, function, alias)
	if err != nil {
		return "", &smithy.OperationError{ServiceID: "Lambda", OperationName: "GetAlias", Err: err}
	}
	return version, nil
}

func (c Config) getAlias(ctx context.Context, function, alias string) (string, error) {
	base := cmp.Or(c.endpointOf(ctx, "Lambda"), fmt.Sprintf("https://lambda.%s.%s", c.Region(), domain(c.Region())))
	response, body, err := c.send(ctx, signedRequest{
		method: http.MethodGet, url: base + "/2015-03-31/functions/" + url.PathEscape(function) + "/aliases/" + url.PathEscape(alias),
		service: "lambda", region: c.Region(),
	})
	if err != nil {
		return "", err
	}
	var answer struct{ FunctionVersion, Message string }
	err = json.Unmarshal(body, &answer)
	if response.StatusCode != http.StatusOK {
		code, _, _ := strings.Cut(response.Header.Get("X-Amzn-Errortype"), ":")
		return "", refusedWith(response, code, answer.Message)
	}
	return answer.FunctionVersion, err
}

// domain is the DNS suffix of a region's partition.
func domain(region string) string {
	if strings.HasPrefix(region, "cn-") {
		return "amazonaws.com.cn"
	}
	return "amazonaws.com"
}
