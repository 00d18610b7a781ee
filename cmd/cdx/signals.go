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
// programs that cdx starts would inherit that. A hangup that cdx was started to
// ignore, by nohup, stays ignored; an interrupt does not, since a script's shell has
// every command in the background ignore it, also one that the script means to interrupt.
func withSignals(parent context.Context) (context.Context, context.CancelFunc) {
	signal.Notify(make(chan os.Signal, 1), syscall.SIGPIPE)
	ctx, cancel := context.WithCancelCause(parent)
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	if !signal.Ignored(syscall.SIGHUP) {
		signal.Notify(signals, syscall.SIGHUP)
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
