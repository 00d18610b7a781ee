//go:build !linux

package agent

import "runtime"

// isolated is the isolation of one deployment: there is none on this system.
type isolated struct{}

func startIsolation(Isolation, string, []string) (*isolated, error) {
	return nil, &IsolationError{Reason: "that takes Linux, and this is " + runtime.GOOS}
}

func (*isolated) end() ([]Change, error) { return nil, nil }

func (h *hook) startIsolated([]string) (*process, error) { return nil, errNotIsolated() }

func errNotIsolated() error {
	_, err := startIsolation(Isolation{}, "", nil)
	return err
}

// CheckIsolation says whether hooks can be isolated on this machine: the error is an [*IsolationError].
// It uses, and removes, a new folder in dir.
func CheckIsolation(Isolation, string) error { return errNotIsolated() }

// IsolationHelper does nothing on this system.
func IsolationHelper([]string) (code int, err error) { return 1, errNotIsolated() }
