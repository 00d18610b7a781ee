package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"syscall"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/codedeploy/types"

	"github.com/cdx-deploy/cdx/internal/awsapi"
	"github.com/cdx-deploy/cdx/pkg/bundle"
	"github.com/cdx-deploy/cdx/pkg/deploy"
	"github.com/cdx-deploy/cdx/pkg/push"
	"github.com/cdx-deploy/cdx/pkg/wait"
)

// TestExitCodes pairs every way in which a command ends with every other: of two the code
// that comes first in the rank is the program's, and after a signal the signal's.
func TestExitCodes(t *testing.T) {
	ends := []struct {
		err  error
		code int
	}{
		{nil, exitDone},
		{errors.New("refused"), exitRefused},
		{&deploy.ActiveError{ID: "d-1"}, exitRefused},
		{&deploy.GoneError{}, exitRefused},
		{&deploy.PlatformError{}, exitRefused},
		{&deploy.NoCandidateError{}, exitRefused},
		{&wait.NotFoundError{ID: "d-1"}, exitRefused},
		{&usageError{message: "usage"}, exitUsage},
		{&push.KeyError{}, exitUsage},
		{&deploy.DescriptionError{}, exitUsage},
		{&awsapi.MissingRegionError{}, exitUsage},
		{&appSpecError{message: "AppSpec"}, exitAppSpec},
		{&bundle.EmptyError{}, exitAppSpec},
		{&wait.FailedError{ID: "d-1", Status: types.DeploymentStatusFailed}, exitFailed},
		{&wait.FailedError{ID: "d-1", Status: types.DeploymentStatusSucceeded}, exitFailed},
		{&wait.StoppedError{ID: "d-1"}, exitStopped},
		{&wait.TimeoutError{ID: "d-1"}, exitTimeout},
		{&wait.LostError{ID: "d-1", Err: errors.New("denied")}, exitUnknown},
		{&deploy.LostError{Err: errors.New("reset")}, exitUnknown},
	}
	place := make(map[int]int)
	for i, code := range rank {
		place[code] = i
	}
	wrapped := func(err error) error {
		if err == nil {
			return nil
		}
		return (&clients{}).explaining(&hintedError{fmt.Errorf("attempt: %w", err), "hint"}, awsapi.Context{})
	}
	for _, a := range ends {
		for _, b := range ends {
			want := a.code
			if place[b.code] < place[want] {
				want = b.code
			}
			if got := exitCode(t.Context(), join(wrapped(a.err), wrapped(b.err))); got != want {
				t.Errorf("%T and %T: exit code %d, want %d", a.err, b.err, got, want)
			}
		}
		for signal, code := range map[os.Signal]int{syscall.SIGHUP: 129, os.Interrupt: 130, syscall.SIGTERM: 143} {
			ctx, cancel := context.WithCancelCause(t.Context())
			cancel(&signalError{signal})
			want := code
			if a.err == nil {
				want = exitDone // it was done before
			}
			if got := exitCode(ctx, a.err); got != want {
				t.Errorf("%T after %v: exit code %d, want %d", a.err, signal, got, want)
			}
		}
	}
}

// TestSignalsAreExplainedByTheirName holds for both ways in which libraries return the end
// of a context: by its error and by its cause.
func TestSignalsAreExplainedByTheirName(t *testing.T) {
	caught := &signalError{syscall.SIGTERM}
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(caught)
	for _, err := range []error{ctx.Err(), context.Cause(ctx)} {
		got := (&program{}).explain(ctx, fmt.Errorf("write the bundle: %w", err))
		if got.Text() != "terminated" || got.Next != "" {
			t.Errorf("%v is explained as %q, hint %q", err, got.Text(), got.Next)
		}
	}
}
