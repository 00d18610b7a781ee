package awsapi

import (
	"context"
	"errors"
	"net/http"
	"strings"

	"github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"

	"github.com/cdx-deploy/cdx/internal/suggest"
	"github.com/cdx-deploy/cdx/pkg/revision"
)

// Explanation is what somebody needs to know about an error.
type Explanation struct {
	Summary   string // what was attempted on what, AWS's code and message; one sentence
	Code      string // AWS's error code, like "AccessDeniedException"; may be empty
	Message   string // AWS's message, its first line; may be empty
	RequestID string // what AWS's support asks for; may be empty
	Cause     string // the likely cause; empty when the summary says it
	Next      string // the next thing to type or do; may be empty
}

// Text is the summary, with the likely cause on a line of its own.
func (e Explanation) Text() string {
	if e.Cause == "" {
		return e.Summary
	}
	return e.Summary + "\n" + e.Cause
}

// Kind is a kind of thing that has a name.
type Kind string

// The kinds that [Context.Names] may be asked for.
const (
	Application      Kind = "application"
	DeploymentGroup  Kind = "deployment group"
	DeploymentConfig Kind = "deployment configuration"
)

// Context is what the caller knows about a failed request; its zero value is
// allowed and makes for a shorter explanation.
type Context struct {
	Region           string
	Profile          string
	Application      string
	DeploymentGroup  string
	DeploymentConfig string
	Bucket           string
	BucketOwner      string // account that has to own the bucket; empty: any

	// Names lists what exists of a kind, to find the name that was meant. It may be
	// nil, and return nothing.
	Names func(Kind) []string
}

// ContextOf is what a configuration knows.
func (c Config) ContextOf() Context {
	return Context{Region: c.Region(), Profile: c.Profile}
}

// Explain says what an error means: of the SDK, of [Load], or one that wraps them.
// Any other error is its own summary.
func Explain(err error, in Context) Explanation {
	f := examine(err)
	e := Explanation{Summary: f.attempt + f.reason(), RequestID: f.requestID()}
	if f.api != nil {
		e.Code, e.Message = f.api.ErrorCode(), f.message()
	}
	for _, rule := range rules {
		if rule.matches(f) {
			rule.explain(f, in, &e)
			break
		}
	}
	return e
}

// failure is an error taken apart.
type failure struct {
	err         error
	attempt     string // what the callers say was attempted, ending in ": ", or empty
	api         smithy.APIError
	operation   *smithy.OperationError
	response    *smithyhttp.ResponseError
	credentials *CredentialsError
}

func examine(err error) *failure {
	f := &failure{err: err}
	errors.As(err, &f.credentials)
	errors.As(err, &f.operation)
	errors.As(err, &f.response)
	if errors.As(err, &f.api) && f.api.ErrorCode() == "" {
		f.api = nil
	}
	if f.credentials != nil && errors.Is(f.credentials.Err, error(f.operation)) {
		f.operation = nil // of the metadata service: a step on the way, which nobody has asked for
		f.attempt, _ = strings.CutSuffix(err.Error(), f.credentials.Error())
	}
	if f.operation != nil {
		f.attempt = attemptOf(err, f.operation)
	}
	return f
}

// attemptOf is what err says before the SDK's own words, which repeat themselves.
// Without any it is the operation.
func attemptOf(err error, operation *smithy.OperationError) string {
	before, found := strings.CutSuffix(err.Error(), operation.Error())
	if !found || before == "" {
		return operation.Service() + " " + operation.Operation() + ": "
	}
	return before
}

// reason is why it failed, in the shortest words that say it all.
func (f *failure) reason() string {
	switch {
	case f.operation == nil:
		return redactText(f.err.Error())
	case f.api != nil && f.message() != "":
		return f.api.ErrorCode() + ": " + f.message()
	case f.api != nil:
		return f.api.ErrorCode()
	case f.credentials != nil:
		return f.credentials.Error()
	case f.response != nil && f.response.Response != nil && f.response.HTTPStatusCode() >= http.StatusBadRequest:
		return f.response.Response.Status
	}
	return redactText(rootCause(f.err).Error())
}

// noMessage is what the SDK puts where AWS says nothing.
const noMessage = "UnknownError"

// message is the first line of AWS's message, if it says more than the code. What
// follows the first line may repeat the request with its session token.
func (f *failure) message() string {
	if f.api == nil {
		return ""
	}
	first, _, _ := strings.Cut(strings.TrimSpace(f.api.ErrorMessage()), "\n")
	first = strings.TrimSpace(first)
	if first == noMessage || first == f.api.ErrorCode() {
		return ""
	}
	return redactText(first)
}

func (f *failure) requestID() string {
	var identified interface{ ServiceRequestID() string }
	if errors.As(f.err, &identified) {
		return identified.ServiceRequestID()
	}
	return ""
}

// status is the HTTP status of the answer; 0 without one.
func (f *failure) status() int {
	if f.response == nil || f.response.Response == nil {
		return 0
	}
	return f.response.HTTPStatusCode()
}

// header is a header of the answer.
func (f *failure) header(name string) string {
	if f.response == nil || f.response.Response == nil {
		return ""
	}
	return f.response.Response.Header.Get(name)
}

// code reports whether AWS's code is one of some.
func (f *failure) code(codes ...string) bool {
	if f.api == nil {
		return false
	}
	for _, code := range codes {
		if f.api.ErrorCode() == code {
			return true
		}
	}
	return false
}

// cancelled reports that the caller's context has ended.
func (f *failure) cancelled() bool {
	return errors.Is(f.err, context.Canceled)
}

// rootCause is the innermost error of a chain.
func rootCause(err error) error {
	for {
		inner := errors.Unwrap(err)
		if inner == nil {
			return err
		}
		err = inner
	}
}

// is reports whether an error of type T is in the chain.
func is[T error](err error) bool {
	var target T
	return errors.As(err, &target)
}

// meant completes the explanation of a name that does not exist: with the nearest
// that does, else with how to list them.
func (e *Explanation) meant(kind Kind, name, flag, list string, in Context) {
	e.Cause = "there is no " + string(kind) + " " + quoteName(name) + in.place()
	e.Next = "see which there are: " + list + in.flags()
	if in.Names == nil {
		return
	}
	names := in.Names(kind)
	if nearest, ok := suggest.Nearest(name, names); ok {
		e.Next = "did you mean " + quoteName(nearest) + "? Give " + flag + " " + revision.ShellQuote(nearest)
	} else if len(names) > 0 {
		e.Next = "there is: " + listed(names)
	}
}

// maxListed bounds how many names a hint lists.
const maxListed = 10

func listed(names []string) string {
	if len(names) > maxListed {
		return strings.Join(names[:maxListed], ", ") + ", …"
	}
	return strings.Join(names, ", ")
}

func quoteName(name string) string {
	if name == "" {
		return "of that name"
	}
	return "\"" + name + "\""
}

// place says where names were looked for.
func (in Context) place() string {
	if in.Region == "" {
		return ""
	}
	return " in " + in.Region + " for these credentials"
}

// flags are what an AWS CLI command needs to look at the same place.
func (in Context) flags() string {
	flags := ""
	if in.Region != "" {
		flags += " --region " + revision.ShellQuote(in.Region)
	}
	return flags + in.profileFlag()
}

func (in Context) profileFlag() string {
	if in.Profile == "" || in.Profile == "default" {
		return ""
	}
	return " --profile " + revision.ShellQuote(in.Profile)
}
