// Package infile reads files that a user has named: settings, AppSpec files, parameters.
package infile

import (
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// KindError says that what was named is no file that can be read to its end.
type KindError struct {
	Path string
	Kind string // such as "directory" or "named pipe"
}

func (e *KindError) Error() string { return fmt.Sprintf("%s is a %s and not a file", e.Path, e.Kind) }

// Read returns the content of a file, but not more than one byte over most: by that byte
// the caller knows a larger one. A named pipe is refused with a [*KindError], for opening
// one waits for a writer who may never come; the pipes of a shell's <(…), below /dev, have
// theirs. Other errors are the file system's.
func Read(name string, most int64) ([]byte, error) {
	if info, err := os.Stat(name); err == nil {
		if kind := unreadable(name, info.Mode()); kind != "" {
			return nil, &KindError{Path: name, Kind: kind}
		}
	}
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return io.ReadAll(io.LimitReader(f, most+1))
}

func unreadable(name string, mode fs.FileMode) string {
	switch {
	case mode.IsDir():
		return "directory"
	case mode&fs.ModeSocket != 0:
		return "socket"
	case mode&fs.ModeNamedPipe != 0 && !openedByShell(name):
		return "named pipe"
	}
	return ""
}

// openedByShell tells whether a path leads to a descriptor that is open already.
func openedByShell(name string) bool {
	name = filepath.ToSlash(filepath.Clean(name))
	return strings.HasPrefix(name, "/dev/") || strings.HasPrefix(name, "/proc/")
}
