package main

import (
	"bufio"
	"context"
	"io"
	"os"
	"os/exec"
	"strings"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

// servedKey is where a script keeps the service that serve has started.
type servedKey struct{}

// served is a running "cdx local serve".
type served struct {
	command *exec.Cmd
	stop    context.CancelFunc
	rest    chan struct{} // closed when its output has ended
}

// serve starts cdx local serve with further arguments and lets the script use it:
// serve [ARG…]. What it says goes to the file serve.err.
func serve(ts *testscript.TestScript, neg bool, args []string) {
	if neg {
		ts.Fatalf("usage: serve [ARG…]")
	}
	ctx, stop := context.WithTimeout(context.Background(), time.Minute)
	command := exec.CommandContext(ctx, lookPath(ts, "cdx"), append([]string{"local", "serve"}, args...)...)
	command.Dir, command.Env = ts.MkAbs("."), scriptEnviron(ts)
	stdout, err := command.StdoutPipe()
	ts.Check(err)
	said, err := os.Create(ts.MkAbs("serve.err"))
	ts.Check(err)
	command.Stderr = said
	ts.Check(command.Start())
	ts.Check(said.Close())
	s := &served{command, stop, make(chan struct{})}
	ts.Defer(func() { s.end() })
	lines := bufio.NewScanner(stdout)
	for lines.Scan() {
		name, value, _ := strings.Cut(strings.TrimPrefix(lines.Text(), "export "), "=")
		ts.Setenv(name, value)
		if name == "AWS_DEFAULT_REGION" { // the last one
			break
		}
	}
	go func() {
		defer close(s.rest)
		_, _ = io.Copy(io.Discard, stdout)
	}()
	*ts.Value(servedKey{}).(**served) = s
}

// end ends the service as Ctrl-C does and returns its exit code.
func (s *served) end() int {
	defer s.stop()
	if s.command.ProcessState == nil {
		_ = s.command.Process.Signal(os.Interrupt)
		<-s.rest
		_ = s.command.Wait()
	}
	return s.command.ProcessState.ExitCode()
}

// unserve ends what serve has started.
func unserve(ts *testscript.TestScript, neg bool, args []string) {
	s := *ts.Value(servedKey{}).(**served)
	if neg || len(args) > 0 || s == nil {
		ts.Fatalf("usage: serve …, then unserve")
	}
	if code := s.end(); code != exitInterrupted {
		ts.Fatalf("cdx local serve has exit code %d", code)
	}
}
