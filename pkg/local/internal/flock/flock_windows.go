package flock

import (
	"errors"
	"os"
	"syscall"
)

const errorSharingViolation = syscall.Errno(32)

// Take makes the file if it is missing and locks it. It fails at once when somebody else has the lock: see
// [Held].
func Take(name string) (*Lock, error) {
	path, err := syscall.UTF16PtrFromString(name)
	if err != nil {
		return nil, err
	}
	const shareNothing = 0
	handle, err := syscall.CreateFile(path, syscall.GENERIC_READ|syscall.GENERIC_WRITE, shareNothing, nil, syscall.OPEN_ALWAYS, syscall.FILE_ATTRIBUTE_NORMAL, 0)
	if err != nil {
		return nil, err
	}
	return &Lock{os.NewFile(uintptr(handle), name)}, nil
}

// Close gives the lock back.
func (l *Lock) Close() error { return l.file.Close() }

// Held reports whether [Take] failed because somebody else has the lock.
func Held(err error) bool { return errors.Is(err, errorSharingViolation) }
