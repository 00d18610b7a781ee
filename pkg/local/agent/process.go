package agent

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/cdx-deploy/cdx/pkg/appspec"
)

// startError reports a script that could not be started.
type startError struct {
	program string
	err     error
}

func (e *startError) Error() string { return fmt.Sprintf("start %s: %v", e.program, e.err) }
func (e *startError) Unwrap() error { return e.err }

// stream is one of a process's outputs.
type stream struct {
	name string
	pipe *os.File
	done chan struct{} // closed at its end
}

// process is a script that runs.
type process struct {
	cmd            *exec.Cmd
	family         family
	exited         chan struct{} // closed when the process has ended; what it started may go on
	stdout, stderr stream
}

// startProcess starts a script in a process group of its own, without input, its output going to the
// log.
func (h *hook) startProcess(ctx context.Context, script appspec.Script, name string) (*process, error) {
	argv := h.argv(script, name)
	p, err := h.tryStart(ctx, argv)
	if err != nil && isNoProgram(err) {
		// Without a "#!" line the shell runs it, as it would from a command line.
		p, err = h.tryStart(ctx, append([]string{shell}, argv...))
	}
	if err != nil {
		return nil, err
	}
	return p, nil
}

// argv returns the command of a script, except for the user it would run as: the agent has su start
// it, whose shell then splits the location at blanks and turns a missing interpreter into exit codes.
// Source: aws/aws-codedeploy-agent platform/linux_util.rb, windows_util.rb prepare_script_command.
func (h *hook) argv(script appspec.Script, name string) []string {
	if h.style.windows {
		if strings.HasSuffix(strings.ToLower(name), ".ps1") {
			return []string{"powershell.exe", "-ExecutionPolicy", "Bypass", "-File", name}
		}
		return []string{name}
	}
	rel, err := filepath.Rel(h.archive, name) // with ".." when it leads out
	if err != nil {
		return []string{name}
	}
	location := "/" + rel
	isOfShell := !h.v2 && strings.ContainsAny(location, "*?{}[]<>()~&|\\$;'`\"\n#")
	switch {
	case script.RunAs != "" || isOfShell:
		return []string{shell, "-c", quote(h.archive) + location}
	case !h.v2 && strings.ContainsAny(location, " \t"):
		words := strings.Fields(location)
		return append([]string{h.archive + words[0]}, words[1:]...)
	}
	return []string{name}
}

// quote quotes text for the shell.
func quote(text string) string { return "'" + strings.ReplaceAll(text, "'", `'\''`) + "'" }

// tryStart starts a command. A file that was written a moment ago may still be held open for
// writing by a process that is being started elsewhere in this program; that passes.
func (h *hook) tryStart(ctx context.Context, argv []string) (*process, error) {
	for wait := time.Millisecond; ; wait *= 2 {
		p, err := h.startOnce(argv)
		if err == nil || !isTextBusy(err) || wait > time.Second {
			return p, err
		}
		select {
		case <-ctx.Done():
			return nil, err
		case <-time.After(wait):
		}
	}
}

// startOnce starts a command, here or in the deployment's isolation.
func (h *hook) startOnce(argv []string) (*process, error) {
	if h.isolated != nil {
		return h.startIsolated(argv)
	}
	return h.spawn(argv)
}

// spawn is the one place where processes of hooks are made. Further files are its descriptors from 3.
func (h *hook) spawn(argv []string, further ...*os.File) (*process, error) {
	cmd := exec.Command(argv[0], argv[1:]...) //nolint:noctx // ended by terminate, with its group
	cmd.Dir, cmd.Env, cmd.ExtraFiles = h.dir, h.env, further
	p := &process{cmd: cmd, exited: make(chan struct{})}
	p.family.prepare(cmd)
	outWriter, err := p.stdout.open("STDOUT")
	if err != nil {
		return nil, err
	}
	errWriter, err := p.stderr.open("STDERR")
	if err != nil {
		return nil, errors.Join(err, outWriter.Close(), p.stdout.pipe.Close())
	}
	cmd.Stdout, cmd.Stderr = outWriter, errWriter
	err = cmd.Start()
	closeErr := errors.Join(outWriter.Close(), errWriter.Close())
	if err != nil {
		return nil, errors.Join(&startError{argv[0], err}, p.stdout.pipe.Close(), p.stderr.pipe.Close())
	}
	p.family.begin(cmd.Process)
	p.follow(h.log)
	return p, closeErr
}

// open makes the stream's pipe and returns the end that the process writes to.
func (s *stream) open(name string) (writer *os.File, err error) {
	s.name, s.done = name, make(chan struct{})
	s.pipe, writer, err = os.Pipe()
	return writer, err
}

// follow reads what the process writes and waits for its end.
func (p *process) follow(log *scriptLog) {
	read := func(s *stream, prefix string) {
		defer close(s.done)
		log.read(prefix, s.pipe)
	}
	go read(&p.stdout, "[stdout]")
	go read(&p.stderr, "[stderr]")
	go func() {
		defer close(p.exited)
		_ = p.cmd.Wait() // the state says it all
	}()
}

// terminate tells the process and those that it started to end, and kills them when they do not.
func (p *process) terminate(killAfter time.Duration) {
	patience := time.NewTimer(killAfter)
	defer patience.Stop()
	poll := time.NewTicker(10 * time.Millisecond)
	defer poll.Stop()
	p.family.ask()
	for !p.isOver() {
		select {
		case <-poll.C:
		case <-patience.C:
			p.family.kill()
			<-p.exited
			return
		}
	}
}

// isOver reports whether the process and those that it started have ended.
func (p *process) isOver() bool {
	select {
	case <-p.exited:
		return !p.family.isAlive()
	default:
		return false
	}
}

// release ends the reading of output, once what is there has been read: a process in the background
// may hold a pipe open for as long as it likes.
func (p *process) release() {
	p.family.leave()
	p.stdout.stop()
	p.stderr.stop()
}

func (s *stream) stop() {
	if s.isDone(50 * time.Millisecond) {
		_ = s.pipe.Close() // only read from
		return
	}
	_ = s.pipe.Close()
	// Closing ends a read, but not on Windows, where it ends with the process in the background.
	s.isDone(time.Second)
}

func (s *stream) isDone(within time.Duration) bool {
	patience := time.NewTimer(within)
	defer patience.Stop()
	select {
	case <-s.done:
		return true
	case <-patience.C:
		return false
	}
}
