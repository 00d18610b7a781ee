package agent

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"
)

// isolationConfig is what the helper is told.
type isolationConfig struct {
	Offline bool
	Scratch string   // an empty folder to mount things in
	Keep    []string // folders without links on the way that stay as they are, and can be written
}

// The helper's tasks.
const (
	helperInit = "init" // become the first process of new namespaces and set them up
	helperRun  = "run"  // run a script in the namespaces of such a process
)

// isolationReply is what the first process of the namespaces says: one when they are set up, one with
// the changes at the end.
type isolationReply struct {
	Reason  string // why they could not be set up
	Errno   syscall.Errno
	Message string
	Changes []Change
}

// isolated is the isolation of one deployment: a process that is the first of its PID namespace. When
// it ends, everything in the namespace does.
type isolated struct {
	helper  []string
	offline bool
	scratch string
	cmd     *exec.Cmd
	control *os.File // closed to end it
	answers *os.File
	replies *json.Decoder
}

// CheckIsolation says whether hooks can be isolated on this machine: the error is an [*IsolationError].
// It uses, and removes, a new folder in dir.
func CheckIsolation(isolation Isolation, dir string) error {
	if err := checkRoot(); err != nil {
		return err
	}
	absolute, err := filepath.Abs(dir)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(absolute, 0o700); err != nil {
		return err
	}
	i, err := startIsolation(isolation, filepath.Join(absolute, "isolation-check"), nil)
	if err != nil {
		return err
	}
	_, err = i.end()
	return err
}

// checkRoot refuses users who may not make namespaces and mounts.
func checkRoot() error {
	if os.Geteuid() != 0 {
		return &IsolationError{Reason: "that takes root"}
	}
	return nil
}

// startIsolation sets namespaces up. Scratch is a folder for the time being; keep stays writable.
func startIsolation(isolation Isolation, scratch string, keep []string) (*isolated, error) {
	if err := checkRoot(); err != nil {
		return nil, err
	}
	config, err := json.Marshal(isolationConfig{Offline: isolation.Offline, Scratch: scratch, Keep: keep})
	if err != nil {
		return nil, err
	}
	if err := os.MkdirAll(scratch, 0o700); err != nil {
		return nil, err
	}
	i := &isolated{helper: isolation.Helper, offline: isolation.Offline, scratch: scratch}
	if err := i.start(string(config)); err != nil {
		return nil, errors.Join(err, os.Remove(scratch))
	}
	if err := i.awaitSetUp(); err != nil {
		_, endErr := i.end()
		return nil, errors.Join(err, endErr)
	}
	return i, nil
}

// start starts the first process of the namespaces.
func (i *isolated) start(config string) error {
	end, control, err := os.Pipe()
	if err != nil {
		return err
	}
	defer end.Close()
	answers, reply, err := os.Pipe()
	if err != nil {
		return errors.Join(err, control.Close())
	}
	defer reply.Close()
	argv := append(slices.Clone(i.helper), helperInit, config)
	i.cmd = exec.Command(argv[0], argv[1:]...) //nolint:noctx // ended by end
	i.cmd.ExtraFiles = []*os.File{end, reply}
	i.cmd.Env, i.cmd.Dir = []string{}, "/"
	flags := uintptr(unix.CLONE_NEWNS | unix.CLONE_NEWPID | unix.CLONE_NEWIPC | unix.CLONE_NEWUTS)
	if i.offline {
		flags |= unix.CLONE_NEWNET
	}
	i.cmd.SysProcAttr = &syscall.SysProcAttr{Cloneflags: flags, Setpgid: true}
	if err := i.cmd.Start(); err != nil {
		err = &IsolationError{Reason: "the kernel refuses new namespaces", Err: err}
		return errors.Join(err, control.Close(), answers.Close())
	}
	i.control, i.answers, i.replies = control, answers, json.NewDecoder(answers)
	return nil
}

func (i *isolated) awaitSetUp() error {
	var reply isolationReply
	if err := i.replies.Decode(&reply); err != nil {
		return &IsolationError{Reason: "the process that sets the namespaces up has ended", Err: err}
	}
	switch {
	case reply.Reason == "":
		return nil
	case reply.Errno != 0:
		return &IsolationError{Reason: reply.Reason, Err: reply.Errno}
	}
	return &IsolationError{Reason: reply.Reason, Err: errors.New(reply.Message)}
}

// end ends everything in the namespaces and returns what was changed in them.
func (i *isolated) end() ([]Change, error) {
	err := i.control.Close()
	var reply isolationReply
	if decodeErr := i.replies.Decode(&reply); decodeErr != nil && !errors.Is(decodeErr, io.EOF) {
		err = errors.Join(err, decodeErr)
	}
	_ = i.cmd.Wait() // its replies say it all
	return reply.Changes, errors.Join(err, i.answers.Close(), os.Remove(i.scratch))
}

// startIsolated starts a command in the namespaces: the helper enters them, starts it and passes on how
// it ends, so that to the caller the helper is the command.
func (h *hook) startIsolated(argv []string) (*process, error) {
	status, failure, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	defer status.Close()
	helper := slices.Concat(h.isolated.helper, []string{helperRun, strconv.Itoa(h.isolated.cmd.Process.Pid), h.dir}, argv)
	p, err := h.spawn(helper, failure)
	err = errors.Join(err, failure.Close())
	if err != nil {
		return nil, err
	}
	text, err := io.ReadAll(status)
	if err == nil && len(text) == 0 {
		return p, nil
	}
	<-p.exited
	p.release()
	return nil, errors.Join(err, &startError{argv[0], parseErrno(string(text))})
}

// parseErrno reads an error as [writeErrno] writes it.
func parseErrno(text string) error {
	number, message, _ := strings.Cut(text, " ")
	if errno, err := strconv.Atoi(number); err == nil && errno != 0 {
		return syscall.Errno(errno)
	}
	return errors.New(message)
}

// writeErrno writes an error so that its number survives.
func writeErrno(w io.Writer, err error) error {
	var errno syscall.Errno
	errors.As(err, &errno)
	_, failed := fmt.Fprintf(w, "%d %v", int(errno), err)
	return failed
}
