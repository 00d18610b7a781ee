package agent

import (
	"errors"
	"io/fs"
	"os"
	"syscall"
)

const (
	errorPrivilegeNotHeld = syscall.Errno(1314)
	errorSharingViolation = syscall.Errno(32)
)

// chmodFile gives an open file its mode; Windows has none.
func chmodFile(*os.File, fs.FileMode) error { return nil }

// isLinkRefused reports whether this system cannot make links for the present user.
func isLinkRefused(err error) bool { return errors.Is(err, errorPrivilegeNotHeld) }

// lockFile takes a lock that ends with the process; it fails at once when another has it.
func lockFile(name string) (*os.File, error) {
	path, err := syscall.UTF16PtrFromString(name)
	if err != nil {
		return nil, err
	}
	const shareNothing = 0
	handle, err := syscall.CreateFile(path, syscall.GENERIC_READ|syscall.GENERIC_WRITE, shareNothing, nil, syscall.OPEN_ALWAYS, syscall.FILE_ATTRIBUTE_NORMAL, 0)
	if err != nil {
		return nil, err
	}
	return os.NewFile(uintptr(handle), name), nil
}

// isLocked reports whether lockFile failed because another process has the lock.
func isLocked(err error) bool { return errors.Is(err, errorSharingViolation) }
