package agent

import (
	"errors"
	"io/fs"
	"os"
	"syscall"
)

const errorPrivilegeNotHeld = syscall.Errno(1314)

// chmodFile gives an open file its mode; Windows has none.
func chmodFile(*os.File, fs.FileMode) error { return nil }

// isLinkRefused reports whether this system cannot make links for the present user.
func isLinkRefused(err error) bool { return errors.Is(err, errorPrivilegeNotHeld) }
