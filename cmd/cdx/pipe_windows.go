package main

import (
	"errors"

	"golang.org/x/sys/windows"
)

// isBrokenPipe reports whether the other end of a pipe is closed.
func isBrokenPipe(err error) bool {
	return errors.Is(err, windows.ERROR_BROKEN_PIPE) || errors.Is(err, windows.ERROR_NO_DATA)
}
