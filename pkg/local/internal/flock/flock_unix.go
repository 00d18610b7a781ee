//go:build unix

package flock

import (
	"errors"
	"os"
	"syscall"
)

// Take makes the file if it is missing and locks it; closing it gives the lock back. It fails at once
// when somebody else has the lock: see [Held].
func Take(name string) (*os.File, error) {
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

// Held reports whether [Take] failed because somebody else has the lock.
func Held(err error) bool { return errors.Is(err, syscall.EWOULDBLOCK) }
