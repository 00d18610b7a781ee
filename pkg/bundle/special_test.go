//go:build unix

package bundle

import (
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
