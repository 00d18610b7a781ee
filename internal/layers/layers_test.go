// Package layers holds no code: its test keeps what may import what.
package layers

import (
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const module = "github.com/cdx-deploy/cdx/"

// allowed lists, for each library package, the other ones that it may import.
// What lies below a package belongs to it.
var allowed = map[string][]string{
	"appspec":  nil,
	"bundle":   {"appspec"},
	"revision": nil,
	"push":     {"bundle", "revision"},
	"deploy":   {"revision"},
	"wait":     nil,
	"diff":     {"appspec", "bundle", "revision"},
	"group":    {"revision"},
	"prune":    {"deploy", "revision"},
	"local":    {"appspec", "bundle", "revision"},
}

// forbidden may not be imported by the library: these belong to the program.
var forbidden = []string{"github.com/spf13/", "github.com/briandowns/", "log", "os/signal", "flag"}

func TestLayers(t *testing.T) {
	root := filepath.Join("..", "..", "pkg")
	seen := make(map[string]bool)
	err := fs.WalkDir(os.DirFS(root), ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || !strings.HasSuffix(name, ".go") || strings.HasSuffix(name, "_test.go") || strings.Contains(name, "testdata/") {
			return err
		}
		owner, _, _ := strings.Cut(name, "/")
		seen[owner] = true
		for _, imported := range imports(t, filepath.Join(root, filepath.FromSlash(name))) {
			check(t, path.Join("pkg", name), owner, imported)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for owner := range allowed {
		if !seen[owner] {
			t.Errorf("pkg/%s has no code", owner)
		}
	}
}

func imports(t *testing.T, file string) []string {
	t.Helper()
	parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.ImportsOnly)
	if err != nil {
		t.Fatal(err)
	}
	var paths []string
	for _, spec := range parsed.Imports {
		imported, err := strconv.Unquote(spec.Path.Value)
		if err != nil {
			t.Fatal(err)
		}
		paths = append(paths, imported)
	}
	return paths
}

func check(t *testing.T, file, owner, imported string) {
	t.Helper()
	for _, prefix := range forbidden {
		if imported == prefix || strings.HasSuffix(prefix, "/") && strings.HasPrefix(imported, prefix) {
			t.Errorf("%s imports %s, which belongs to the program", file, imported)
		}
	}
	local, ok := strings.CutPrefix(imported, module)
	if !ok {
		return
	}
	other, ok := strings.CutPrefix(local, "pkg/")
	if !ok {
		t.Errorf("%s imports %s: the library imports the library only", file, imported)
		return
	}
	other, _, _ = strings.Cut(other, "/")
	if other != owner && !slices.Contains(allowed[owner], other) {
		t.Errorf("%s imports %s: %s may import %v", file, imported, owner, allowed[owner])
	}
}
