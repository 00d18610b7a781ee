package local

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"

	"github.com/cdx-deploy/cdx/pkg/local/internal/flock"
)

// InUseError reports that another service uses the same folder for its state.
type InUseError struct {
	// Dir is the folder, [Options.Dir].
	Dir string
	// Process is the ID of the other service's process; zero when it is not known.
	Process int
}

// Error names the folder and the process.
func (e *InUseError) Error() string {
	if e.Process == 0 {
		return "another local deployment is running in " + e.Dir
	}
	return fmt.Sprintf("another local deployment is running in %s (process %d)", e.Dir, e.Process)
}

// ownership is that of a folder, by a lock that ends with its process.
type ownership struct {
	lock *flock.Lock
	note string // the file that says whose the folder is
	once sync.Once
}

// takeDir makes a folder when it is missing and takes it.
func takeDir(dir string) (*ownership, error) {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, err
	}
	own := &ownership{note: filepath.Join(dir, "process")}
	var err error
	own.lock, err = flock.Take(filepath.Join(dir, "lock"))
	if flock.Held(err) {
		return nil, &InUseError{Dir: dir, Process: own.process()}
	}
	if err != nil {
		return nil, err
	}
	if err := os.WriteFile(own.note, []byte(strconv.Itoa(os.Getpid())+"\n"), 0o644); err != nil {
		return nil, errors.Join(err, own.lock.Close())
	}
	return own, nil
}

// process is the ID of the process that has the folder, as it says; zero when it does not.
func (own *ownership) process() int {
	text, err := os.ReadFile(own.note)
	if err != nil {
		return 0
	}
	id, err := strconv.Atoi(strings.TrimSpace(string(text)))
	if err != nil {
		return 0
	}
	return id
}

// release gives the folder up. A second release does nothing.
func (own *ownership) release() (err error) {
	own.once.Do(func() { err = errors.Join(os.Remove(own.note), own.lock.Close()) })
	return err
}
