//go:build unix

package flock

import (
	"errors"
	"os"
	"syscall"
)

// Take makes the file if it is missing and locks it. It fails at once when somebody else has the lock: see
// [Held].
func Take(name string) (*Lock, error) {
	f, err := os.OpenFile(name, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, err
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		_ = f.Close()
		return nil, err
	}
	return &Lock{f}, nil
}

// Close gives the lock back. Closing the file alone would not do: a process that is being started just now
// may have it open for a moment longer.
func (l *Lock) Close() error {
	return errors.Join(syscall.Flock(int(l.file.Fd()), syscall.LOCK_UN), l.file.Close())
}

// Held reports whether [Take] failed because somebody else has the lock.
func Held(err error) bool { return errors.Is(err, syscall.EWOULDBLOCK) }
