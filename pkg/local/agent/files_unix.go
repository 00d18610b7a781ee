//go:build unix

package agent

import (
	"io/fs"
	"os"
)

// chmodFile gives an open file its mode.
func chmodFile(f *os.File, mode fs.FileMode) error { return f.Chmod(mode) }

// isLinkRefused reports whether this system cannot make links for the present user.
func isLinkRefused(error) bool { return false }
