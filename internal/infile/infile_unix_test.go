//go:build unix

package infile_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/cdx-deploy/cdx/internal/infile"
)

func TestNamedPipe(t *testing.T) {
	name := filepath.Join(t.TempDir(), "pipe")
	if err := syscall.Mkfifo(name, 0o600); err != nil {
		t.Fatal(err)
	}
	var kind *infile.KindError
	if _, err := infile.Read(name, 1); !errors.As(err, &kind) || kind.Kind != "named pipe" {
		t.Errorf("a pipe without a writer: %v", err)
	}
}

// TestPipeOfAShell reads what a shell's <(…) is: a pipe with a writer.
func TestPipeOfAShell(t *testing.T) {
	reader, writer, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer reader.Close()
	if _, err := writer.WriteString("text"); err != nil {
		t.Fatal(err)
	}
	if err := writer.Close(); err != nil {
		t.Fatal(err)
	}
	got, err := infile.Read(fmt.Sprintf("/dev/fd/%d", reader.Fd()), 100)
	if string(got) != "text" || err != nil {
		t.Errorf("read %q, %v", got, err)
	}
}
