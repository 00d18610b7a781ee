//go:build unix

package bundle

import (
	"errors"
	"io"
	"io/fs"
	"syscall"
)

// osFiles are the files of this machine.
type osFiles struct{}

// open opens a file for reading. Should the path have become a pipe or a link since it
// was selected, it neither waits nor follows.
func (osFiles) open(source string) (file, error) {
	const flags = syscall.O_RDONLY | syscall.O_NONBLOCK | syscall.O_NOFOLLOW | syscall.O_CLOEXEC
	for {
		fd, err := syscall.Open(source, flags, 0)
		if errors.Is(err, syscall.EINTR) {
			continue
		}
		if err != nil {
			return nil, &fs.PathError{Op: "open", Path: source, Err: err}
		}
		return descriptor(fd), nil
	}
}

// descriptor is an open file. For each [os.File] that is opened without waiting, Go asks
// the system in vain to tell when it can be read, which is dear for a tiny file.
type descriptor int

// ReadAt implements [io.ReaderAt].
func (d descriptor) ReadAt(p []byte, offset int64) (read int, err error) {
	for read < len(p) {
		n, err := syscall.Pread(int(d), p[read:], offset+int64(read))
		switch {
		case errors.Is(err, syscall.EINTR):
		case err != nil:
			return read, err
		case n == 0:
			return read, io.EOF
		default:
			read += n
		}
	}
	return read, nil
}

// Close implements [io.Closer].
func (d descriptor) Close() error { return syscall.Close(int(d)) }
