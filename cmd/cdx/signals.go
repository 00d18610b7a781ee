package main

import (
	"context"
	"errors"
	"os"
	"os/signal"
	"syscall"
)

// signalError is the cause of a context that a signal has ended.
type signalError struct{ signal os.Signal }

func (e *signalError) Error() string {
	switch e.signal {
	case os.Interrupt:
		return "interrupted"
	case syscall.SIGHUP:
		return "hung up"
	default:
		return "terminated"
	}
}

// exitCode is 128 and the signal's number, as a shell reports it.
func (e *signalError) exitCode() int {
	if number, ok := e.signal.(syscall.Signal); ok {
		return 128 + int(number)
	}
	return exitInterrupted
}

// withSignals returns a context that the first signal ends, with a
// [*signalError] as cause. The second one ends the process at once, since the
// first restores what the system does by itself. A closed pipe is no signal: who
// stops reading does not stop a deployment. It is caught and not ignored, since
// programs that cdx starts would inherit that. What cdx was started to ignore, as
// nohup has it with SIGHUP, stays ignored.
func withSignals(parent context.Context) (context.Context, context.CancelFunc) {
	signal.Notify(make(chan os.Signal, 1), syscall.SIGPIPE)
	ctx, cancel := context.WithCancelCause(parent)
	signals := make(chan os.Signal, 1)
	for _, each := range []os.Signal{os.Interrupt, syscall.SIGTERM, syscall.SIGHUP} {
		if !signal.Ignored(each) {
			signal.Notify(signals, each)
		}
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		select {
		case received := <-signals:
			signal.Stop(signals)
			cancel(&signalError{received})
		case <-ctx.Done():
			signal.Stop(signals)
		}
	}()
	return ctx, func() {
		cancel(nil)
		<-done
	}
}

// signalOf returns the signal that ended ctx, or nil.
func signalOf(ctx context.Context) *signalError {
	var caught *signalError
	if errors.As(context.Cause(ctx), &caught) {
		return caught
	}
	return nil
}
