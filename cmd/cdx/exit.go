package main

import (
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/config"

	"github.com/cdx-deploy/cdx/internal/awsapi"
	"github.com/cdx-deploy/cdx/internal/settings"
	"github.com/cdx-deploy/cdx/pkg/bundle"
	"github.com/cdx-deploy/cdx/pkg/deploy"
	"github.com/cdx-deploy/cdx/pkg/push"
	"github.com/cdx-deploy/cdx/pkg/wait"
)

// The exit codes. A number never changes its meaning.
const (
	exitDone        = 0   // done; with --wait every deployment Succeeded
	exitRefused     = 1   // AWS, the network or this machine refused, and no deployment was created
	exitUsage       = 2   // usage or configuration mistake; nothing was sent
	exitAppSpec     = 3   // the AppSpec file or the directory is not deployable; nothing was sent
	exitFailed      = 4   // a deployment Failed
	exitStopped     = 5   // a deployment was Stopped
	exitTimeout     = 6   // timed out waiting
	exitUnknown     = 7   // a deployment was, or may have been, created, and its fate is unknown
	exitDiffers     = 8   // cdx diff --exit-code: deploying the directory would change something
	exitInterrupted = 130 // also 129 and 143: see signalError
)

// usageError is a mistake in the command line or the settings.
type usageError struct {
	message string
	hint    string // what to type next; may be empty
}

func (e *usageError) Error() string { return e.message }

// hintedError is an error with what to type next, where only the command knows it.
type hintedError struct {
	error
	hint string
}

func (e *hintedError) Unwrap() error { return e.error }

// appSpecError says why a directory cannot be deployed; the findings behind it,
// if any, have been printed.
type appSpecError struct {
	message string
	hint    string
	cause   error
}

func (e *appSpecError) Error() string { return e.message }
func (e *appSpecError) Unwrap() error { return e.cause }

// rank orders the codes by which of several is the program's: the first wins.
var rank = []int{exitUnknown, exitFailed, exitStopped, exitTimeout, exitUsage, exitAppSpec, exitRefused, exitDiffers, exitDone}

// exitCode is the code for what a command returned. A signal outranks all else,
// as far as it ended something; of joined errors the gravest counts.
func exitCode(ctx context.Context, err error) int {
	if err == nil {
		return exitDone
	}
	if caught := signalOf(ctx); caught != nil {
		return caught.exitCode()
	}
	var codes []int
	for _, one := range flatten(err) {
		codes = append(codes, codeOf(one))
	}
	for _, candidate := range rank {
		if slices.Contains(codes, candidate) {
			return candidate
		}
	}
	return exitRefused
}

// failures are errors of a run that stand side by side, each with its own code.
type failures []error

// Error joins the errors in one line.
func (f failures) Error() string {
	texts := make([]string, len(f))
	for i, err := range f {
		texts[i] = err.Error()
	}
	return strings.Join(texts, "; ")
}

// Unwrap returns the errors.
func (f failures) Unwrap() []error { return f }

// join puts errors side by side, leaving nil ones out; without any it is nil.
func join(errs ...error) error {
	var all failures
	for _, err := range errs {
		if err != nil {
			all = append(all, flatten(err)...)
		}
	}
	switch len(all) {
	case 0:
		return nil
	case 1:
		return all[0]
	default:
		return all
	}
}

// flatten returns the errors that stand side by side in err, or err alone.
func flatten(err error) []error {
	if all, ok := err.(failures); ok {
		return all
	}
	return []error{err}
}

func codeOf(err error) int {
	switch {
	case as[*deploy.LostError](err), as[*wait.LostError](err):
		return exitUnknown
	case as[*wait.FailedError](err):
		return exitFailed
	case as[*wait.StoppedError](err):
		return exitStopped
	case as[*wait.TimeoutError](err):
		return exitTimeout
	case as[*usageError](err), as[*settings.FileError](err), as[*settings.ValueError](err), as[*settings.EnvironmentError](err), as[*push.KeyError](err), as[*deploy.DescriptionError](err), as[*awsapi.MissingRegionError](err), as[*awsapi.EndpointError](err), as[config.SharedConfigProfileNotExistError](err):
		return exitUsage
	case as[*differsError](err):
		return exitDiffers
	case as[*appSpecError](err), as[*bundle.EmptyError](err), as[*bundle.AppSpecLeftOutError](err), as[*bundle.LinkError](err), as[*bundle.NameError](err):
		return exitAppSpec
	default:
		return exitRefused
	}
}

func as[T error](err error) bool {
	var target T
	return errors.As(err, &target)
}
