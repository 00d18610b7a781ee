package main

import (
	"bytes"
	"os"
	"os/exec"
	"regexp"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

// twice interrupts a program when its standard error matches a pattern, and again when
// what follows matches another one: twice PATTERN PATTERN PROGRAM [ARG…]. The second
// interrupt must end it, within moments, in the system's own manner. Standard output is in
// the file signalled.out.
func twice(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 3 {
		ts.Fatalf("usage: twice PATTERN PATTERN PROGRAM [ARG…]")
	}
	command := exec.Command(lookPath(ts, args[2]), args[3:]...)
	command.Dir, command.Env = ts.MkAbs("."), scriptEnviron(ts)
	var stdout bytes.Buffer
	stderr := &watched{pattern: regexp.MustCompile(args[0]), found: make(chan struct{})}
	command.Stdout, command.Stderr = &stdout, stderr
	ts.Check(command.Start())
	done := make(chan error, 1)
	go func() { done <- command.Wait() }()
	awaitOutput(ts, command, stderr, done)
	stderr.expect(regexp.MustCompile(args[1]))
	ts.Check(command.Process.Signal(os.Interrupt))
	awaitOutput(ts, command, stderr, done)
	ts.Check(command.Process.Signal(os.Interrupt))
	select {
	case <-done:
	case <-time.After(5 * time.Second):
		_ = command.Process.Kill()
		<-done
		ts.Fatalf("a second interrupt did not end it:\n%s", stderr.String())
	}
	if command.ProcessState.Exited() {
		ts.Fatalf("ended by itself with exit code %d, not by the second interrupt:\n%s", command.ProcessState.ExitCode(), stderr.String())
	}
	ts.Check(os.WriteFile(ts.MkAbs("signalled.out"), stdout.Bytes(), 0o600))
}

// awaitOutput waits until standard error matches.
func awaitOutput(ts *testscript.TestScript, command *exec.Cmd, stderr *watched, done chan error) {
	select {
	case <-stderr.found:
	case err := <-done:
		ts.Fatalf("ended (%v) before its standard error matched:\n%s", err, stderr.String())
	case <-time.After(20 * time.Second):
		_ = command.Process.Kill()
		<-done
		ts.Fatalf("its standard error never matched:\n%s", stderr.String())
	}
}

// expect forgets what was written and waits for another pattern.
func (w *watched) expect(pattern *regexp.Regexp) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.buf.Reset()
	w.pattern, w.found, w.told = pattern, make(chan struct{}), false
}
