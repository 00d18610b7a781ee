package bundle

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/cdx-deploy/cdx/pkg/appspec"
)

// rulesOf renders what is left out.
func rulesOf(tree *Tree) []string {
	var lines []string
	for _, out := range tree.LeftOut() {
		lines = append(lines, fmt.Sprintf("%s|%v|%s|%s", out.Path, out.Dir, out.Rule, out.Origin))
	}
	return lines
}

func TestSelect(t *testing.T) {
	builtIns := map[string]string{
		".git/config": "", "sub/.git": "gitdir: x", ".hg/x": "", ".svn/x": "", "CVS/Entries": "", ".jj/x": "",
		".DS_Store": "", "a/.DS_Store": "", "__MACOSX/x": "", "Thumbs.db": "",
		"cdx.yml": "", ".cdxignore": "", ".cdx/x": "", "a/b": "", "docs/CVS": "a file",
	}
	tests := []struct {
		name    string
		files   map[string]string
		opts    Options
		ships   []string
		leftOut []string
	}{
		{
			name:  "built-in rules",
			files: builtIns,
			ships: []string{"a/", "a/b", "appspec.yml", "docs/", "docs/CVS", "sub/"},
			leftOut: []string{
				".DS_Store|false|junk|built-in", ".cdx|true|cdx's own|built-in", ".cdxignore|false|cdx's own|built-in",
				".git|true|version control|built-in", ".hg|true|version control|built-in", ".jj|true|version control|built-in",
				".svn|true|version control|built-in", "CVS|true|version control|built-in", "Thumbs.db|false|junk|built-in",
				"__MACOSX|true|junk|built-in", "a/.DS_Store|false|junk|built-in", "cdx.yml|false|cdx's own|built-in",
				"sub/.git|false|version control|built-in",
			},
		},
		{
			name:    "include brings back what built-in rules leave out",
			files:   map[string]string{".git/config": "", ".svn/x": "", "a/Thumbs.db": "", "Thumbs.db": ""},
			opts:    Options{Include: []string{".git", "/Thumbs.db"}},
			ships:   []string{".git/", ".git/config", "Thumbs.db", "a/", "appspec.yml"},
			leftOut: []string{".svn|true|version control|built-in", "a/Thumbs.db|false|junk|built-in"},
		},
		{
			name:    "include does not bring back what patterns leave out",
			files:   map[string]string{"a.log": "", ".git/x": ""},
			opts:    Options{Include: []string{"*"}, Exclude: []string{".git"}},
			ships:   []string{"a.log", "appspec.yml"},
			leftOut: []string{".git|true|.git|--exclude"},
		},
		{
			name: "origins",
			files: map[string]string{
				".cdxignore": "# comment\n\n*.log\n", "sub/.cdxignore": "/tmp/\n", "x.log": "", "sub/tmp/x": "", "old/y": "", "z": "",
			},
			opts:  Options{Exclude: []string{"nothing", "old"}},
			ships: []string{"appspec.yml", "sub/", "z"},
			leftOut: []string{
				".cdxignore|false|cdx's own|built-in", "old|true|old|--exclude", "sub/.cdxignore|false|cdx's own|built-in",
				"sub/tmp|true|/tmp/|sub/.cdxignore:1", "x.log|false|*.log|.cdxignore:3",
			},
		},
		{
			name:    "an exclude option comes after the files",
			files:   map[string]string{".cdxignore": "*.log\n", "a.log": "", "b.log": "", "c": ""},
			opts:    Options{Exclude: []string{"c", "!a.log"}},
			ships:   []string{"a.log", "appspec.yml"},
			leftOut: []string{".cdxignore|false|cdx's own|built-in", "b.log|false|*.log|.cdxignore:1", "c|false|c|--exclude"},
		},
		{
			name:    "hidden files",
			files:   map[string]string{".env": "", ".github/x": "", "a/.b": "", "a/c": ""},
			opts:    Options{IgnoreHidden: true},
			ships:   []string{"a/", "a/c", "appspec.yml"},
			leftOut: []string{".env|false|hidden|--ignore-hidden-files", ".github|true|hidden|--ignore-hidden-files", "a/.b|false|hidden|--ignore-hidden-files"},
		},
		{
			name:    "empty folders, and folders whose files are left out",
			files:   map[string]string{"empty/": "", "a/b/c/": "", "logs/x.log": ""},
			opts:    Options{Exclude: []string{"*.log"}},
			ships:   []string{"a/", "a/b/", "a/b/c/", "appspec.yml", "empty/", "logs/"},
			leftOut: []string{"logs/x.log|false|*.log|--exclude"},
		},
		{
			name:  "byte order, folders with their slash",
			files: map[string]string{"a/x": "", "a-b": "", "a.b": "", "a0": "", "B": "", "é": ""},
			ships: []string{"B", "a-b", "a.b", "a/", "a/x", "a0", "appspec.yml", "é"},
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			tree := selected(t, write(t, test.files), test.opts)
			if got := paths(tree); !slices.Equal(got, test.ships) {
				t.Errorf("ships\n %q, want\n %q", got, test.ships)
			}
			if got := rulesOf(tree); !slices.Equal(got, test.leftOut) {
				t.Errorf("left out\n %q, want\n %q", got, test.leftOut)
			}
		})
	}
}

func TestAppSpec(t *testing.T) {
	elsewhere := filepath.Join(write(t, nil), "appspec.yml")
	t.Run("in place of the directory's own", func(t *testing.T) {
		dir := write(t, map[string]string{"appspec.yml": "old", "deploy/prod.yml": "new"})
		tree := selected(t, dir, Options{AppSpec: filepath.Join(dir, "deploy/prod.yml"), Exclude: []string{"deploy", "appspec.yml"}, Include: []string{"x"}})
		if got := unpacked(t, Zip, bundled(t, tree))["appspec.yml"].content; got != "new" {
			t.Errorf("appspec.yml holds %q", got)
		}
		if got := rulesOf(tree)[0]; !strings.HasPrefix(got, "appspec.yml|false|") || !strings.HasSuffix(got, "|--appspec") {
			t.Errorf("left out: %q", got)
		}
	})
	t.Run("from outside, though the directory has none", func(t *testing.T) {
		dir := t.TempDir()
		put(t, dir, "a", "")
		tree := selected(t, dir, Options{AppSpec: elsewhere})
		if got, want := paths(tree), []string{"a", "appspec.yml"}; !slices.Equal(got, want) {
			t.Errorf("ships %q, want %q", got, want)
		}
	})
	t.Run("the directory's own, named", func(t *testing.T) {
		dir := write(t, nil)
		tree := selected(t, dir, Options{AppSpec: filepath.Join(dir, "appspec.yml")})
		if got := paths(tree); !slices.Equal(got, []string{"appspec.yml"}) || len(tree.LeftOut()) != 0 {
			t.Errorf("ships %q, leaves out %q", got, rulesOf(tree))
		}
	})
	t.Run("a link, stored as its content", func(t *testing.T) {
		dir := write(t, map[string]string{"appspec.yml": "-> deploy/spec.yml", "deploy/spec.yml": "version: 0.0"})
		m := unpacked(t, Zip, bundled(t, selected(t, dir, Options{})))["appspec.yml"]
		if !m.mode.IsRegular() || m.content != "version: 0.0" {
			t.Errorf("appspec.yml is %+v", m)
		}
	})
	t.Run("left out by a pattern", func(t *testing.T) {
		_, err := Select(t.Context(), write(t, map[string]string{".cdxignore": "\n*.yml\n"}), Options{})
		left := wants[*AppSpecLeftOutError](t, err)
		if want := (LeftOut{Path: "appspec.yml", Rule: "*.yml", Origin: ".cdxignore:2"}); left.LeftOut != want {
			t.Errorf("left out by %+v, want %+v", left.LeftOut, want)
		}
		if want := "the AppSpec file appspec.yml is left out by *.yml (.cdxignore:2)"; err.Error() != want {
			t.Errorf("error %q, want %q", err, want)
		}
	})
	t.Run("missing, with a misspelt one", func(t *testing.T) {
		dir := t.TempDir()
		put(t, dir, "appspec.yaml", "")
		_, err := Select(t.Context(), dir, Options{})
		if missing := wants[*appspec.NotFoundError](t, err); missing.Nearest != "appspec.yaml" {
			t.Errorf("nearest is %q", missing.Nearest)
		}
	})
	t.Run("named but not there, or a folder", func(t *testing.T) {
		dir := write(t, nil)
		if _, err := Select(t.Context(), dir, Options{AppSpec: filepath.Join(dir, "none.yml")}); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("error %v, want one that wraps ErrNotExist", err)
		}
		if _, err := Select(t.Context(), dir, Options{AppSpec: dir}); err == nil {
			t.Error("a folder was taken for an AppSpec file")
		}
	})
}

func TestEmpty(t *testing.T) {
	appSpec := filepath.Join(write(t, nil), "appspec.yml")
	tests := []struct {
		name  string
		files map[string]string
		opts  Options
		want  string
	}{
		{"nothing", nil, Options{}, "holds no files"},
		{"only empty folders", map[string]string{"a/b/": ""}, Options{}, "holds no files"},
		{"only what is left out", map[string]string{".git/x": "", "cdx.yml": "", "a.log": ""}, Options{Exclude: []string{"*.log"}}, "the ignore rules leave out all of them"},
		{"an AppSpec file from elsewhere", nil, Options{AppSpec: appSpec}, "holds no files"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			dir := t.TempDir()
			for name, content := range test.files {
				put(t, dir, name, content)
			}
			_, err := Select(t.Context(), dir, test.opts)
			if empty := wants[*EmptyError](t, err); empty.Dir != dir || !strings.Contains(err.Error(), test.want) {
				t.Errorf("error %q for %q, want it to contain %q", err, empty.Dir, test.want)
			}
		})
	}
}

func TestBadOptions(t *testing.T) {
	dir := write(t, nil)
	for _, opts := range []Options{{Type: "rar"}, {Symlinks: "maybe"}, {Level: 10}, {Level: -2}} {
		if _, err := Select(t.Context(), dir, opts); err == nil {
			t.Errorf("%+v was accepted", opts)
		}
	}
	if _, err := Select(t.Context(), filepath.Join(dir, "none"), Options{}); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a missing directory: %v", err)
	}
	if _, err := Select(t.Context(), filepath.Join(dir, "appspec.yml"), Options{}); err == nil {
		t.Error("a file was taken for a directory")
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := Select(ctx, dir, Options{}); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
}

func TestModesAndTimes(t *testing.T) {
	dir := write(t, map[string]string{"run.sh": "#!/bin/sh", "sub/x": "", "l": "-> run.sh"})
	must(t, os.Chmod(filepath.Join(dir, "run.sh"), 0o751))
	must(t, os.Chmod(filepath.Join(dir, "sub"), 0o750|fs.ModeSetgid))
	odd := time.Date(1969, 1, 1, 0, 0, 0, 0, time.UTC)
	must(t, os.Chtimes(filepath.Join(dir, "sub/x"), odd, odd))
	t.Run("kept", func(t *testing.T) {
		all := membersOf(t, selected(t, dir, Options{}))
		for name, want := range map[string]fs.FileMode{"run.sh": 0o751, "sub/": fs.ModeDir | fs.ModeSetgid | 0o750, "l": fs.ModeSymlink | 0o777} {
			if got := all[name].mode; got != want {
				t.Errorf("%s: mode %v, want %v", name, got, want)
			}
		}
		if got := all["sub/x"].stamp; !got.Equal(time.Unix(0, 0)) {
			t.Errorf("time before 1970 became %v", got)
		}
	})
	t.Run("replaced", func(t *testing.T) {
		fixed := time.Date(2020, 1, 2, 3, 4, 5, 678, time.FixedZone("", 7200))
		seen := make(map[string]fs.FileMode)
		mode := func(path string, m fs.FileMode) fs.FileMode {
			seen[path] = m
			return 0o600 | fs.ModeNamedPipe // a type that must not get through
		}
		tree := selected(t, dir, Options{ModTime: fixed, Mode: mode})
		for _, e := range tree.Entries() {
			if !e.ModTime.Equal(fixed.Truncate(time.Second)) {
				t.Errorf("%s: time %v", e.Path, e.ModTime)
			}
			if !e.isLink() && e.Mode&^fs.ModeDir != 0o600 {
				t.Errorf("%s: mode %v", e.Path, e.Mode)
			}
		}
		if seen["run.sh"] != 0o751 || !seen["sub"].IsDir() || len(seen) != 4 {
			t.Errorf("the hook saw %v", seen)
		}
	})
}

// failing refuses to open some files.
type failing map[string]error

func (f failing) open(source string) (file, error) {
	if err := f[filepath.Base(source)]; err != nil {
		return nil, &fs.PathError{Op: "open", Path: source, Err: err}
	}
	return osFiles{}.open(source)
}

// fleeting are files that go away when they are opened.
type fleeting struct{ osFiles }

func (f fleeting) open(source string) (file, error) {
	if err := os.Remove(source); err != nil {
		return nil, err
	}
	return f.osFiles.open(source)
}

func TestGoneWhileSelecting(t *testing.T) {
	dir := write(t, map[string]string{"a": "1", "d/e": "4"})
	for name, walk := range map[string]func(w *walker) error{
		"a": func(w *walker) error {
			w.files = fleeting{}
			err := w.folder(folder{source: w.root})
			w.checkReadable()
			return err
		},
		"d": func(w *walker) error {
			must(t, os.RemoveAll(filepath.Join(dir, "d")))
			return w.folder(folder{path: "d", source: filepath.Join(w.root, "d")})
		},
	} {
		w, err := newWalker(t.Context(), dir, Options{})
		must(t, err)
		must(t, walk(w))
		if changed := wants[*ChangedError](t, w.problems()); changed.Path != name {
			t.Errorf("changed %q, want %q", changed.Path, name)
		}
	}
}

func TestUnreadable(t *testing.T) {
	dir := write(t, map[string]string{"a": "1", "b": "2", "c": "3", "d/e": "4"})
	broken := failing{"a": fs.ErrPermission, "e": syscall.EIO}
	want := "cannot read 2 paths: a: permission denied; d/e: input/output error"
	t.Run("when selected", func(t *testing.T) {
		w, err := newWalker(t.Context(), dir, Options{})
		must(t, err)
		w.files = broken
		must(t, w.folder(folder{source: w.root}))
		w.checkReadable()
		err = w.problems()
		if len(wants[*UnreadableError](t, err).Files) != 2 || err.Error() != want || !errors.Is(err, syscall.EIO) {
			t.Errorf("error %q, want %q", err, want)
		}
	})
	t.Run("when hashed", func(t *testing.T) {
		tree := selected(t, dir, Options{})
		tree.files = broken
		_, err := tree.Hash(t.Context())
		if got := wants[*UnreadableError](t, err).Error(); got != want {
			t.Errorf("error %q, want %q", got, want)
		}
	})
	t.Run("folder and ignore file", func(t *testing.T) {
		if os.Geteuid() == 0 {
			t.Skip("root reads everything")
		}
		must(t, os.Mkdir(filepath.Join(dir, "locked"), 0))
		put(t, dir, ".cdxignore", "x")
		must(t, os.Chmod(filepath.Join(dir, ".cdxignore"), 0))
		_, err := Select(t.Context(), dir, Options{})
		if got, want := wants[*UnreadableError](t, err).Error(), "cannot read 2 paths: .cdxignore: permission denied; locked: permission denied"; got != want {
			t.Errorf("error %q, want %q", got, want)
		}
	})
}
