// Package slim is a CodeDeploy client with the SDK client's methods and a fraction of its
// size. The SDK has code of its own for each operation: some 50 KB in the program, most of
// it the same. Here one operation of the SDK carries all others: retries, signing, endpoints
// and logs are the SDK's, what is written into the request and read from the answer is
// found by reflection.
package slim

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsmiddleware "github.com/aws/aws-sdk-go-v2/aws/middleware"
	"github.com/aws/aws-sdk-go-v2/service/codedeploy"
	"github.com/aws/smithy-go"
	"github.com/aws/smithy-go/middleware"
	smithyhttp "github.com/aws/smithy-go/transport/http"

	"github.com/cdx-deploy/cdx/pkg/local/awsjson"
)

// Client calls CodeDeploy. What its methods return beside an error says nothing. It has the SDK's client in closures only: from the type of a
// member the linker would conclude that all of the client's methods may be wanted.
type Client struct {
	carry   func(ctx context.Context, options ...func(*codedeploy.Options)) error
	options func() codedeploy.Options
}

// NewFromConfig returns a client, as the function of the same name of the SDK does.
func NewFromConfig(config aws.Config, options ...func(*codedeploy.Options)) *Client {
	return over(codedeploy.NewFromConfig(config, options...))
}

func over(sdk *codedeploy.Client) *Client {
	return &Client{
		carry: func(ctx context.Context, options ...func(*codedeploy.Options)) error {
			_, err := sdk.ListGitHubAccountTokenNames(ctx, new(codedeploy.ListGitHubAccountTokenNamesInput), options...)
			return err
		},
		options: sdk.Options,
	}
}

// With returns a client with the same options but for some changes.
func (c *Client) With(changes ...func(*codedeploy.Options)) *Client {
	return over(codedeploy.New(c.Options(), changes...))
}

// Options are the client's.
func (c *Client) Options() codedeploy.Options { return c.options() }

// target begins the name of an operation in a request.
// Source: the CodeDeploy service model, version 2014-10-06.
const target = "CodeDeploy_20141006."

// call sends in as an operation's input and reads the answer into out, both pointers to
// the SDK's structures. Errors are those that the SDK's own method returns, but that the
// type of a refusal is the SDK's only for those that this program tells apart. What is
// missing in the input is for the service to find.
func (c *Client) call(ctx context.Context, operation string, in, out any, options []func(*codedeploy.Options)) error {
	carry := func(o *codedeploy.Options) {
		o.APIOptions = append(o.APIOptions[:len(o.APIOptions):len(o.APIOptions)], func(stack *middleware.Stack) error {
			return carryOver(stack, o.Region, operation, in, out)
		})
	}
	err := c.carry(ctx, append(options[:len(options):len(options)], carry)...)
	var carried *smithy.OperationError
	if errors.As(err, &carried) && carried.ServiceID == codedeploy.ServiceID {
		return &smithy.OperationError{ServiceID: codedeploy.ServiceID, OperationName: operation, Err: carried.Err}
	}
	return err
}

// carryOver puts another operation in the place of the one that carries it.
func carryOver(stack *middleware.Stack, region, operation string, in, out any) error {
	if _, err := stack.Initialize.Swap("RegisterServiceMetadata", &awsmiddleware.RegisterServiceMetadata{
		Region: region, ServiceID: codedeploy.ServiceID, OperationName: operation,
	}); err != nil {
		return err
	}
	if _, err := stack.Serialize.Swap("OperationSerializer", middleware.SerializeMiddlewareFunc("OperationSerializer",
		func(ctx context.Context, to middleware.SerializeInput, next middleware.SerializeHandler) (middleware.SerializeOutput, middleware.Metadata, error) {
			if err := write(&to, operation, in); err != nil {
				return middleware.SerializeOutput{}, middleware.Metadata{}, err
			}
			return next.HandleSerialize(ctx, to)
		})); err != nil {
		return err
	}
	_, err := stack.Deserialize.Swap("OperationDeserializer", middleware.DeserializeMiddlewareFunc("OperationDeserializer",
		func(ctx context.Context, to middleware.DeserializeInput, next middleware.DeserializeHandler) (middleware.DeserializeOutput, middleware.Metadata, error) {
			answer, metadata, err := next.HandleDeserialize(ctx, to)
			if err != nil {
				return answer, metadata, err
			}
			answer.Result = new(codedeploy.ListGitHubAccountTokenNamesOutput)
			return answer, metadata, read(answer.RawResponse, out)
		}))
	return err
}

// write fills a request with an operation's input.
func write(to *middleware.SerializeInput, operation string, in any) error {
	request, ok := to.Request.(*smithyhttp.Request)
	if !ok {
		return &smithy.SerializationError{Err: fmt.Errorf("unknown transport type %T", to.Request)}
	}
	body, err := encode(in)
	if err != nil {
		return &smithy.SerializationError{Err: err}
	}
	request.Method, request.URL.Path = http.MethodPost, "/"
	request.Header.Set("Content-Type", "application/x-amz-json-1.1")
	request.Header.Set("X-Amz-Target", target+operation)
	if request, err = request.SetStream(bytes.NewReader(body)); err != nil {
		return &smithy.SerializationError{Err: err}
	}
	to.Request = request
	return nil
}

// read takes an answer's body apart: a result, or a refusal.
func read(raw any, out any) error {
	response, ok := raw.(*smithyhttp.Response)
	if !ok {
		return &smithy.DeserializationError{Err: fmt.Errorf("unknown transport type %T", raw)}
	}
	if response.StatusCode < http.StatusOK || response.StatusCode >= http.StatusMultipleChoices {
		body, err := io.ReadAll(response.Body)
		if err != nil {
			return garbled(err, nil)
		}
		return refusal(response.Header.Get("X-Amzn-ErrorType"), body)
	}
	// What follows the result is not looked at: a connection that breaks after it loses nothing.
	var body json.RawMessage
	if err := json.NewDecoder(response.Body).Decode(&body); err != nil && !errors.Is(err, io.EOF) {
		return garbled(err, body)
	}
	if err := awsjson.Unmarshal(body, out); err != nil {
		return garbled(err, body)
	}
	return nil
}

// garbled is the error for an answer that is none, with the beginning of its text.
func garbled(err error, body []byte) error {
	return &smithy.DeserializationError{Err: fmt.Errorf("read the answer: %w", err), Snapshot: body[:min(len(body), 1024)]}
}
