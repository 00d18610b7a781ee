//go:build unix

package bundle

import (
	"errors"
	"io"
	"net"
	"os"
	"path/filepath"
	"slices"
	"syscall"
	"testing"
)

func TestSpecialFiles(t *testing.T) {
	dir := write(t, map[string]string{"a": ""})
	must(t, syscall.Mkfifo(filepath.Join(dir, "pipe"), 0o600))
	// A socket's path may have about 100 bytes only.
	short, err := os.MkdirTemp("", "s")
	must(t, err)
	defer os.RemoveAll(short)
	listener, err := net.Listen("unix", filepath.Join(short, "s"))
	must(t, err)
	defer listener.Close()
	must(t, os.Rename(filepath.Join(short, "s"), filepath.Join(dir, "sock")))
	tree := selected(t, dir, Options{})
	if got, want := paths(tree), []string{"a", "appspec.yml"}; !slices.Equal(got, want) {
		t.Errorf("ships %q, want %q", got, want)
	}
	if got, want := rulesOf(tree), []string{"pipe|false|named pipe|built-in", "sock|false|socket|built-in"}; !slices.Equal(got, want) {
		t.Errorf("left out %q, want %q", got, want)
	}
	if got := tree.Warnings(); len(got) != 2 || got[0].Kind != WarnSpecial || got[0].String() != "pipe: a named pipe cannot be bundled and is left out" {
		t.Errorf("warnings %v", got)
	}
}

func TestIgnoreFileThatIsNone(t *testing.T) {
	dir := write(t, map[string]string{".cdxignore/x": "", "sub/a": ""})
	must(t, syscall.Mkfifo(filepath.Join(dir, "sub", ".cdxignore"), 0o600))
	if got, want := paths(selected(t, dir, Options{})), []string{"appspec.yml", "sub/", "sub/a"}; !slices.Equal(got, want) {
		t.Errorf("ships %q, want %q", got, want)
	}
}

func TestFilesThatBecomeSomethingElse(t *testing.T) {
	becomes := map[string]func(path string) error{
		"a folder":     func(path string) error { return os.Mkdir(path, 0o755) },
		"a link":       func(path string) error { return os.Symlink("other", path) },
		"a named pipe": func(path string) error { return syscall.Mkfifo(path, 0o600) },
		"in a folder that is a file": func(path string) error {
			dir := filepath.Dir(path)
			return errors.Join(os.RemoveAll(dir), os.WriteFile(dir, nil, 0o600))
		},
	}
	for name, become := range becomes {
		for _, hashed := range []bool{false, true} {
			for _, kind := range allTypes {
				for _, size := range []int{0, 1, 2 * chunkBytes} {
					dir := write(t, map[string]string{"sub/file": noise(1, size), "sub/other": noise(1, size)})
					must(t, os.Remove(filepath.Join(dir, "sub", "other")))
					tree := selected(t, dir, Options{Type: kind})
					if hashed {
						_, err := tree.Hash(t.Context())
						must(t, err)
					}
					path := filepath.Join(dir, "sub", "file")
					must(t, os.Rename(path, filepath.Join(dir, "sub", "other")))
					must(t, become(path))
					_, err := tree.Write(t.Context(), io.Discard)
					if changed := wants[*ChangedError](t, err); changed.Path != "sub/file" {
						t.Errorf("%s, %s, %d bytes, hashed %v: %v", name, kind, size, hashed, err)
					}
				}
			}
		}
	}
}
