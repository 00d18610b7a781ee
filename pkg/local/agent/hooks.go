package agent

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/codedeploy/types"

	"github.com/cdx-deploy/cdx/pkg/appspec"
)

const defaultKillAfter = 10 * time.Second

// scriptError is the failure of a script in the agent's own words.
type scriptError struct {
	code    types.LifecycleErrorCode
	script  string
	message string
}

func (e *scriptError) Error() string { return e.message }

// hook runs the scripts of one lifecycle event.
type hook struct {
	event     string
	scripts   []appspec.Script
	archive   string // the unpacked revision that has the scripts
	dir       string // working directory
	env       []string
	killAfter time.Duration
	style     style
	v2        bool
	log       *scriptLog
	isolated  *isolated // nil: scripts run on this machine as it is
}

// run runs the scripts in order until one fails. The error is a [*scriptError].
func (h *hook) run(ctx context.Context) error {
	h.log.heading("LifecycleEvent - " + h.event)
	for _, script := range h.scripts {
		if err := h.runScript(ctx, script); err != nil {
			return err
		}
	}
	return nil
}

func (h *hook) runScript(ctx context.Context, script appspec.Script) error {
	if h.v2 {
		h.log.heading("Script - " + script.Location)
	}
	name := h.path(script.Location)
	if _, err := os.Stat(name); err != nil {
		return &scriptError{types.LifecycleErrorCodeScriptMissing, script.Location, "Script does not exist at specified location: " + name}
	}
	if err := h.makeExecutable(name); err != nil {
		return h.failed(types.LifecycleErrorCodeScriptNotExecutable, script, h.notExecutableText(script, err))
	}
	if !h.v2 {
		h.log.heading("Script - " + script.Location)
	}
	return h.start(ctx, script, name)
}

func (h *hook) notExecutableText(script appspec.Script, err error) string {
	message := "Unable to set script at specified location: " + script.Location + " as executable"
	if h.v2 {
		return message + ": " + err.Error()
	}
	return message
}

// path returns the file of a script's location, which leads nowhere but below the revision's folder
// unless it has ".." in it.
func (h *hook) path(location string) string {
	if h.style.windows {
		location = strings.ReplaceAll(location, `\`, "/")
	}
	return filepath.Join(h.archive, filepath.FromSlash(location))
}

// makeExecutable gives a script the permission that it lacks. Only files of the revision are
// changed, also through links.
func (h *hook) makeExecutable(name string) (err error) {
	info, err := os.Stat(name)
	if err != nil || info.IsDir() || isExecutable(name, info) {
		return err
	}
	root, err := os.OpenRoot(h.archive)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, root.Close()) }()
	rel, err := filepath.Rel(h.archive, name)
	if err != nil {
		return err
	}
	return root.Chmod(rel, info.Mode()|0o111)
}

// start runs one script and waits for it. It fails like the agent: by exit code, by timeout, by
// output that is still open when the time is over, or because it cannot be started.
// Source: aws/aws-codedeploy-agent hook_executor.rb execute_script, platform/thread_joiner.rb.
func (h *hook) start(ctx context.Context, script appspec.Script, name string) error {
	p, err := h.startProcess(ctx, script, name)
	if err != nil {
		return h.failed(types.LifecycleErrorCodeScriptFailed, script, fmt.Sprintf("%s failed with error %s", h.prefix(script), h.startText(err)))
	}
	defer p.release()
	timeout := time.NewTimer(script.Timeout)
	defer timeout.Stop()
	select {
	case <-p.exited:
	case <-timeout.C:
		p.terminate(h.killAfter)
		return h.failed(types.LifecycleErrorCodeScriptTimedOut, script, fmt.Sprintf("Script at specified location: %s failed to complete in %d seconds", script.Location, int(script.Timeout/time.Second)))
	case <-ctx.Done():
		p.terminate(h.killAfter)
		return h.stopped(ctx, script)
	}
	for _, stream := range []*stream{&p.stdout, &p.stderr} {
		select {
		case <-stream.done:
		case <-timeout.C:
			return h.failed(types.LifecycleErrorCodeUnknownError, script, fmt.Sprintf("Script at specified location: %s failed to close %s", script.Location, h.streamName(stream)))
		case <-ctx.Done():
			p.terminate(h.killAfter)
			return h.stopped(ctx, script)
		}
	}
	if p.cmd.ProcessState.Success() {
		return nil
	}
	return h.failed(types.LifecycleErrorCodeScriptFailed, script, fmt.Sprintf("%s failed with exit code %s", h.prefix(script), h.exitCode(p)))
}

// streamName is how the agent calls a stream that stayed open; v2 always says STDOUT.
func (h *hook) streamName(s *stream) string {
	if h.v2 {
		return "STDOUT"
	}
	return s.name
}

// exitCode is the exit code as the agent prints it: agent v1 has none for a process that a signal
// ended, v2 makes it 1.
func (h *hook) exitCode(p *process) string {
	code := p.cmd.ProcessState.ExitCode()
	switch {
	case code >= 0:
		return fmt.Sprint(code)
	case h.v2:
		return "1"
	}
	return ""
}

func (h *hook) prefix(script appspec.Script) string {
	if script.RunAs != "" {
		return "Script at specified location: " + script.Location + " run as user " + script.RunAs
	}
	return "Script at specified location: " + script.Location
}

func (h *hook) failed(code types.LifecycleErrorCode, script appspec.Script, message string) error {
	return &scriptError{code, script.Location, message}
}

func (h *hook) stopped(ctx context.Context, script appspec.Script) error {
	return h.failed(types.LifecycleErrorCodeUnknownError, script, fmt.Sprintf("Script at specified location: %s was stopped: %v", script.Location, context.Cause(ctx)))
}

// startText is why a script could not be started, in the words of Ruby or Rust.
func (h *hook) startText(err error) string {
	text, class, number := err.Error(), "SystemCallError", 0
	var failure *startError
	if !errors.As(err, &failure) {
		return text
	}
	switch {
	case errors.Is(err, fs.ErrNotExist):
		text, class, number = "No such file or directory", "Errno::ENOENT", 2
	case errors.Is(err, fs.ErrPermission):
		text, class, number = "Permission denied", "Errno::EACCES", 13
	}
	if h.v2 && number > 0 {
		return fmt.Sprintf("%s (os error %d)", text, number)
	}
	return fmt.Sprintf("%s with message %s - %s", class, text, failure.program)
}
