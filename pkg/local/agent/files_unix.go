//go:build unix

package agent

import (
	"errors"
	"io/fs"
	"os"
	"syscall"
)

// chmodFile gives an open file its mode.
func chmodFile(f *os.File, mode fs.FileMode) error { return f.Chmod(mode) }

// isLinkRefused reports whether this system cannot make links for the present user.
func isLinkRefused(error) bool { return false }

// lockFile takes a lock that ends with the process; it fails at once when another has it.
func lockFile(name string) (*os.File, error) {
	f, err := os.OpenFile(name, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, err
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		_ = f.Close()
		return nil, err
	}
	return f, nil
}

// isLocked reports whether lockFile failed because another process has the lock.
func isLocked(err error) bool { return errors.Is(err, syscall.EWOULDBLOCK) }
