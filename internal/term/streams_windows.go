package term

import (
	"os"
	"time"

	"golang.org/x/sys/windows"
)

// What writing to a pipe returns that nobody reads.
const (
	errBrokenPipe  = windows.ERROR_BROKEN_PIPE
	errPipeClosing = windows.ERROR_NO_DATA
)

// obeysEscapes makes a console understand escape sequences and reports whether
// it does: Windows 10 and later can, but not all consoles are set to.
// Source: Windows Console documentation, "Console Virtual Terminal Sequences".
func obeysEscapes(f *os.File) bool {
	console := windows.Handle(f.Fd())
	var mode uint32
	if windows.GetConsoleMode(console, &mode) != nil {
		return false
	}
	return windows.SetConsoleMode(console, mode|windows.ENABLE_VIRTUAL_TERMINAL_PROCESSING) == nil
}

// readable waits at most the given time until a console has input.
func readable(f *os.File, limit time.Duration) (bool, error) {
	event, err := windows.WaitForSingleObject(windows.Handle(f.Fd()), uint32(limit.Milliseconds()))
	return event == windows.WAIT_OBJECT_0, err
}
