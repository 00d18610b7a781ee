package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"syscall"
	"testing"

	"github.com/cdx-deploy/cdx/internal/term"
)

// unwritable is standard output that takes nothing.
type unwritable struct{ err error }

func (w unwritable) Write([]byte) (int, error) { return 0, w.err }

func TestResultThatIsLost(t *testing.T) {
	full := &fs.PathError{Op: "write", Path: "/dev/stdout", Err: errors.New("no space left on device")}
	warning := "cdx: warning: the result could not be written: write /dev/stdout: no space left on device\n" +
		"cdx: hint: what was done stands; make room, or send standard output elsewhere\n"
	for _, format := range []string{"text", "json", "jsonl"} {
		for err, want := range map[error]string{
			full:                               warning,
			fmt.Errorf("1: %w", syscall.EPIPE): "",
			os.ErrClosed:                       "",
		} {
			streams, _, _, errOut := term.Test()
			streams.Out = unwritable{err}
			p := newProgram(streams, nil)
			p.out = newOutput(p.progress.Out(), format)
			p.out.line("d-1")
			p.out.line("d-2")
			if code := p.finish(t.Context(), nil); code != exitDone || errOut.String() != want {
				t.Errorf("%s, %v: exit code %d, %q", format, err, code, errOut)
			}
		}
	}
}
