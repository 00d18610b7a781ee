//go:build unix

package term

import (
	"errors"
	"os"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// What writing to a pipe returns that nobody reads.
const (
	errBrokenPipe  = syscall.EPIPE
	errPipeClosing = syscall.EPIPE
)

// obeysEscapes reports whether a terminal understands escape sequences. Where
// TERM says so it does.
func obeysEscapes(*os.File) bool { return true }

// readable waits at most the given time until a read from a terminal would not
// block. It uses select because poll does not know terminals on macOS.
func readable(f *os.File, limit time.Duration) (bool, error) {
	fd := int(f.Fd())
	var set unix.FdSet
	set.Set(fd)
	timeout := unix.NsecToTimeval(limit.Nanoseconds())
	n, err := unix.Select(fd+1, &set, nil, nil, &timeout)
	if errors.Is(err, unix.EINTR) {
		return false, nil
	}
	return n > 0, err
}
