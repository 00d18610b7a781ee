package agent

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// IsolationHelper is what [Isolation.Helper] runs, with the arguments that were appended to it. It
// returns the code to exit with, or a [*SignalledError]. It works on the whole process, which must do
// nothing else but catch SIGTERM, SIGINT and SIGHUP: they are for the script, which gets them too.
func IsolationHelper(args []string) (code int, err error) {
	switch {
	case len(args) == 2 && args[0] == helperInit:
		return 0, holdNamespaces(args[1])
	case len(args) > 3 && args[0] == helperRun:
		return runInside(args[1], args[2], args[3:])
	}
	return 1, errors.New("this is for cdx's own use")
}

// holdNamespaces is the life of the namespaces' first process: it sets them up, collects the processes
// that nobody waits for, and at the end kills all and says what has changed.
func holdNamespaces(text string) error {
	var config isolationConfig
	if err := json.Unmarshal([]byte(text), &config); err != nil {
		return err
	}
	control, reply := os.NewFile(3, "control"), os.NewFile(4, "reply")
	view, err := setUpView(config)
	if err != nil {
		return json.NewEncoder(reply).Encode(failedSetUp(err))
	}
	if err := json.NewEncoder(reply).Encode(isolationReply{}); err != nil {
		return err
	}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_, _ = io.Copy(io.Discard, control) // until it is closed
	}()
	reapUntil(ended)
	_ = unix.Kill(-1, unix.SIGKILL) // all but this one
	reap(0)
	return json.NewEncoder(reply).Encode(isolationReply{Changes: view.changes()})
}

func failedSetUp(err error) isolationReply {
	var failure *IsolationError
	if !errors.As(err, &failure) {
		return isolationReply{Reason: "the view of the file systems cannot be made", Message: err.Error()}
	}
	reply := isolationReply{Reason: failure.Reason}
	if failure.Err != nil {
		errors.As(failure.Err, &reply.Errno)
		reply.Message = failure.Err.Error()
	}
	return reply
}

// reapUntil collects processes that have ended and that nobody else waits for.
func reapUntil(ended <-chan struct{}) {
	pause := time.NewTicker(100 * time.Millisecond)
	defer pause.Stop()
	for {
		select {
		case <-ended:
			return
		case <-pause.C:
			reap(unix.WNOHANG)
		}
	}
}

// reap waits for children that have ended, or without WNOHANG for all that there are.
func reap(options int) {
	for {
		pid, err := unix.Wait4(-1, nil, options, nil)
		if errors.Is(err, unix.EINTR) {
			continue
		}
		if err != nil || pid <= 0 {
			return
		}
	}
}

// runInside enters the namespaces of a process, starts a command there, and ends as it ends. An error
// of starting it goes to descriptor 3, which is closed when the command runs.
func runInside(holder, dir string, argv []string) (code int, err error) {
	failure := os.NewFile(3, "failure")
	unix.CloseOnExec(3)
	runtime.LockOSThread() // never unlocked: the thread is not fit for anything else
	if err := enter(holder); err != nil {
		return 1, errors.Join(writeErrno(failure, err), failure.Close())
	}
	cmd := exec.Command(argv[0], argv[1:]...) //nolint:noctx // ended by signals to its group
	cmd.Dir, cmd.Stdout, cmd.Stderr = dir, os.Stdout, os.Stderr
	if err := cmd.Start(); err != nil {
		return 1, errors.Join(writeErrno(failure, err), failure.Close())
	}
	if err := errors.Join(failure.Close(), os.Stdout.Close(), os.Stderr.Close()); err != nil {
		return 1, err
	}
	err = cmd.Wait()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		return 1, err
	}
	status := cmd.ProcessState.Sys().(syscall.WaitStatus)
	if status.Signaled() {
		return 128 + int(status.Signal()), &SignalledError{status.Signal()}
	}
	return status.ExitStatus(), nil
}

// enter makes the thread one of the namespaces that a process is in.
func enter(holder string) error {
	if _, err := strconv.Atoi(holder); err != nil {
		return err
	}
	// A thread that shares its working directory with others cannot change its mount namespace.
	if err := unix.Unshare(unix.CLONE_FS); err != nil {
		return fmt.Errorf("unshare: %w", err)
	}
	var files []*os.File
	for _, kind := range []string{"ipc", "uts", "net", "pid", "mnt"} {
		f, err := os.Open("/proc/" + holder + "/ns/" + kind)
		if err != nil {
			return err
		}
		files = append(files, f)
	}
	for _, f := range files {
		if err := unix.Setns(int(f.Fd()), 0); err != nil {
			return fmt.Errorf("enter %s: %w", f.Name(), err)
		}
		if err := f.Close(); err != nil {
			return err
		}
	}
	return nil
}
