//go:build unix

package bundle

import (
	"os"
	"syscall"
)

// osFiles are the files of this machine.
type osFiles struct{}

// open opens a file for reading. Should the path have become a pipe or a link since it
// was selected, it neither waits nor follows.
func (osFiles) open(source string) (file, error) {
	f, err := os.OpenFile(source, os.O_RDONLY|syscall.O_NONBLOCK|syscall.O_NOFOLLOW, 0)
	if err != nil {
		return nil, err
	}
	return f, nil
}
