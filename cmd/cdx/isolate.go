package main

import (
	"errors"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"

	"github.com/cdx-deploy/cdx/internal/report"
	"github.com/cdx-deploy/cdx/internal/settings"
	"github.com/cdx-deploy/cdx/internal/term"
	"github.com/cdx-deploy/cdx/pkg/local/agent"
)

// helperCommand makes this program the helper of isolated hooks. It is not a command
// of the command tree: its arguments are not for people, and the helper must do
// nothing else, such as catching signals.
const helperCommand = "isolation-helper"

// runHelper is the program when it was started as the helper of isolated hooks.
func runHelper(args []string, streams *term.Streams) (code int, isHelper bool) {
	if len(args) == 0 || args[0] != helperCommand {
		return 0, false
	}
	// What is sent to the process group is for the hook's script.
	signal.Notify(make(chan os.Signal, 1), syscall.SIGTERM, os.Interrupt, syscall.SIGHUP)
	code, err := agent.IsolationHelper(args[1:])
	var signalled *agent.SignalledError
	if errors.As(err, &signalled) {
		return code, endBy(signalled.Signal)
	}
	if err != nil {
		fmt.Fprintln(streams.Err, "cdx:", err)
		code = max(code, exitRefused)
	}
	return code, true
}

// endBy ends this process by a signal. It returns true in case that takes a while.
func endBy(sig os.Signal) bool {
	signal.Reset()
	self, err := os.FindProcess(os.Getpid())
	if err == nil {
		_ = self.Signal(sig) // the exit code tells it, too
	}
	return true
}

// isolation is what --isolate asks for; nil for none.
func isolation(set *settings.Set) (*agent.Isolation, error) {
	mode := set.String("isolate")
	if mode == "off" || set.Bool("skip-hooks") {
		return nil, nil
	}
	if real, err := filepath.EvalSymlinks(set.String("local-root")); err == nil && real == filepath.Dir(real) {
		return nil, &usageError{message: "--isolate keeps this machine as it is, and --local-root is its root folder", hint: "name another folder with --local-root, or leave --isolate out"}
	}
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	return &agent.Isolation{Helper: []string{self, helperCommand}, Offline: mode == "offline"}, nil
}

// checkIsolation is an error where isolation cannot be had, before anything is done.
func checkIsolation(wanted *agent.Isolation) error {
	if wanted == nil {
		return nil
	}
	if err := agent.CheckIsolation(*wanted, localDir); err != nil {
		return &hintedError{fmt.Errorf("--isolate: %w", err), "run it as root with CAP_SYS_ADMIN (sudo, or a container that is given it), or leave --isolate out"}
	}
	return nil
}

// maxChangesShown bounds how many changes are named without --verbose.
const maxChangesShown = 50

// showChanges says what isolated hooks would have done to this machine.
func (p *program) showChanges(id string, changes []agent.Change) {
	text := fmt.Sprintf("deployment %s: its hooks changed %s outside of the local root, in isolation only:", id, report.Counted(len(changes), "path"))
	shown := changes[:min(len(changes), maxChangesShown)]
	text += changeLines(shown)
	more := changes[len(shown):]
	if len(more) > 0 {
		text += fmt.Sprintf("\n  and %d more, which --verbose names", len(more))
	}
	p.progress.Event(text)
	if len(more) > 0 {
		p.progress.Detail("the other changes:" + changeLines(more))
	}
}

func changeLines(changes []agent.Change) string {
	var b strings.Builder
	for _, change := range changes {
		fmt.Fprintf(&b, "\n  %-7s %s", change.Kind, term.Line(change.Path))
	}
	return b.String()
}
