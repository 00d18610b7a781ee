package agent

import (
	"fmt"
	"path/filepath"
	"syscall"
)

// Isolation runs the hooks of a deployment apart from the rest of the machine, on Linux as root: in
// mount, PID, IPC and host name namespaces of their own, over a copy-on-write view of every mounted file
// system. What they write elsewhere than in [Options.Root] and [Options.Dir] is gone afterwards, and what
// they started is ended with the deployment. /home, /root and /run are empty, /sys and /proc/sys can only
// be read.
//
// It keeps well-meant scripts from changing the machine. It is no sandbox against hostile code: scripts
// stay root, with the machine's kernel, its network unless Offline, and whatever other files are there
// to read.
type Isolation struct {
	// Helper is the command that starts this program so that it calls [IsolationHelper] with the
	// arguments that are appended. Required.
	Helper []string
	// Offline leaves hooks with a loopback interface of their own and no other network.
	Offline bool
}

// IsolationError says why hooks cannot be isolated on this machine.
type IsolationError struct {
	Reason string
	Err    error // what the system said; may be nil
}

// Error says what is in the way.
func (e *IsolationError) Error() string {
	if e.Err == nil {
		return "hooks cannot be isolated: " + e.Reason
	}
	return fmt.Sprintf("hooks cannot be isolated: %s: %v", e.Reason, e.Err)
}

// Unwrap returns what the system said.
func (e *IsolationError) Unwrap() error { return e.Err }

// SignalledError reports that a signal ended the script that an [IsolationHelper] has run. The helper's
// process is to end by the same signal.
type SignalledError struct {
	Signal syscall.Signal
}

// Error names the signal.
func (e *SignalledError) Error() string { return "ended by signal: " + e.Signal.String() }

// Change is something that isolated hooks wrote and that is gone.
type Change struct {
	// Path is where, on this machine.
	Path string
	// Kind says what was done to it.
	Kind ChangeKind
}

// ChangeKind is what became of a path.
type ChangeKind string

// The kinds of changes. A folder that was added stands for itself alone: what is in it is listed too.
const (
	ChangeAdded   ChangeKind = "added"
	ChangeChanged ChangeKind = "changed"
	ChangeRemoved ChangeKind = "removed"
)

// isolate starts the deployment's isolation where one is asked for. What end returns is to be called
// once the last hook has run.
func (r *run) isolate() (end func() error, err error) {
	if r.opts.Isolation == nil || !r.opts.RunHooks {
		return func() error { return nil }, nil
	}
	var keep []string
	for _, dir := range []string{r.dir, r.root} {
		real, err := filepath.EvalSymlinks(dir)
		if err != nil {
			return nil, err
		}
		if real == filepath.Dir(real) {
			return nil, &IsolationError{Reason: "the root folder is that of this machine, which isolation is to keep as it is"}
		}
		keep = append(keep, real)
	}
	r.isolated, err = startIsolation(*r.opts.Isolation, filepath.Join(keep[0], deploymentRoot, r.group.id, r.d.ID, "isolation"), keep)
	if err != nil {
		return nil, err
	}
	return func() error {
		changes, err := r.isolated.end()
		r.result.Changes = changes
		return err
	}, nil
}
