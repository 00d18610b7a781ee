package infile_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"github.com/cdx-deploy/cdx/internal/infile"
)

func TestRead(t *testing.T) {
	dir := t.TempDir()
	name := filepath.Join(dir, "file")
	if err := os.WriteFile(name, []byte("12345"), 0o600); err != nil {
		t.Fatal(err)
	}
	for most, want := range map[int64]string{0: "1", 4: "12345", 5: "12345", 100: "12345"} {
		if got, err := infile.Read(name, most); string(got) != want || err != nil {
			t.Errorf("at most %d: %q, %v, want %q", most, got, err, want)
		}
	}
	if _, err := infile.Read(filepath.Join(dir, "missing"), 1); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("missing file: %v", err)
	}
	var kind *infile.KindError
	if _, err := infile.Read(dir, 1); !errors.As(err, &kind) || kind.Kind != "directory" {
		t.Errorf("directory: %v", err)
	}
}
