package bundle

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"compress/gzip"
	"errors"
	"hash/crc32"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// stamp is the time of every file that a test makes.
var stamp = time.Date(2024, 2, 29, 12, 34, 56, 0, time.UTC)

// write makes a directory. A name ending in "/" is a folder, a content "-> x" a link.
// It always has an AppSpec file.
func write(t testing.TB, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	if _, ok := files["appspec.yml"]; !ok {
		put(t, dir, "appspec.yml", "version: 0.0\nos: linux\n")
	}
	for _, name := range slices.Sorted(maps.Keys(files)) {
		put(t, dir, name, files[name])
	}
	return dir
}

func put(t testing.TB, dir, name, content string) {
	t.Helper()
	path := filepath.Join(dir, name)
	var err error
	if strings.HasSuffix(name, "/") {
		must(t, os.MkdirAll(path, 0o755))
		return
	}
	must(t, os.MkdirAll(filepath.Dir(path), 0o755))
	if target, link := strings.CutPrefix(content, "-> "); link {
		err = os.Symlink(target, path)
	} else if err = os.WriteFile(path, []byte(content), 0o644); err == nil {
		err = os.Chtimes(path, stamp, stamp)
	}
	must(t, err)
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func selected(t testing.TB, dir string, opts Options) *Tree {
	t.Helper()
	tree, err := Select(t.Context(), dir, opts)
	must(t, err)
	return tree
}

// bundled writes a tree, and checks what is true of every bundle.
func bundled(t testing.TB, tree *Tree) []byte {
	t.Helper()
	var out bytes.Buffer
	stats, err := tree.Write(t.Context(), &out)
	must(t, err)
	if stats.BytesOut != int64(out.Len()) {
		t.Errorf("Stats.BytesOut = %d, but %d bytes were written", stats.BytesOut, out.Len())
	}
	if stats.BytesIn != tree.ContentBytes() {
		t.Errorf("Stats.BytesIn = %d, want ContentBytes %d", stats.BytesIn, tree.ContentBytes())
	}
	if limit := tree.MaxSize(); stats.BytesOut > limit {
		t.Errorf("%d bytes were written, more than MaxSize %d", stats.BytesOut, limit)
	}
	return out.Bytes()
}

// paths lists what ships, folders with a slash at the end.
func paths(tree *Tree) []string {
	var names []string
	for _, e := range tree.Entries() {
		names = append(names, zipName(&e))
	}
	return names
}

// member is what an archive holds of an entry.
type member struct {
	mode    fs.FileMode
	content string // or a link's target
	stamp   time.Time
}

// members are those that a tree should lead to, by name.
func membersOf(t testing.TB, tree *Tree) map[string]member {
	t.Helper()
	all := make(map[string]member)
	for _, e := range tree.Entries() {
		m := member{mode: e.Mode, content: e.Target, stamp: e.ModTime}
		if e.isFile() {
			content, err := os.ReadFile(e.Source)
			must(t, err)
			m.content = string(content)
		}
		all[zipName(&e)] = m
	}
	return all
}

// unpacked reads a bundle with the standard library.
func unpacked(t testing.TB, kind Type, data []byte) map[string]member {
	t.Helper()
	switch kind {
	case Zip:
		return unzipped(t, data)
	case TGZ:
		r, err := gzip.NewReader(bytes.NewReader(data))
		must(t, err)
		data, err = io.ReadAll(r)
		must(t, err)
	}
	return untarred(t, data)
}

func unzipped(t testing.TB, data []byte) map[string]member {
	t.Helper()
	r, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	if !errors.Is(err, zip.ErrInsecurePath) { // a backslash in a name, which is legal
		must(t, err)
	}
	all := make(map[string]member)
	for _, f := range r.File {
		if f.Method != zip.Store && f.Method != zip.Deflate {
			t.Errorf("%s: method %d", f.Name, f.Method)
		}
		body, err := f.Open()
		must(t, err)
		content, err := io.ReadAll(body)
		must(t, err)
		if sum := crc32.ChecksumIEEE(content); f.CRC32 != sum { // archive/zip overlooks a sum of 0
			t.Errorf("%s: checksum %08x, want %08x", f.Name, f.CRC32, sum)
		}
		all[f.Name] = member{mode: f.Mode(), content: string(content), stamp: f.Modified.UTC()}
	}
	if len(all) != len(r.File) {
		t.Errorf("%d entries under %d names", len(r.File), len(all))
	}
	return all
}

func untarred(t testing.TB, data []byte) map[string]member {
	t.Helper()
	all := make(map[string]member)
	for r := tar.NewReader(bytes.NewReader(data)); ; {
		h, err := r.Next()
		if err == io.EOF {
			return all
		}
		if !errors.Is(err, tar.ErrInsecurePath) {
			must(t, err)
		}
		content, err := io.ReadAll(r)
		must(t, err)
		m := member{mode: h.FileInfo().Mode(), content: string(content), stamp: h.ModTime.UTC()}
		if h.Typeflag == tar.TypeSymlink {
			m.content = h.Linkname
		}
		all[h.Name] = m
	}
}

// compare reports how two sets of members differ.
func compare(t testing.TB, got, want map[string]member) {
	t.Helper()
	for name, w := range want {
		g, ok := got[name]
		switch {
		case !ok:
			t.Errorf("%q is missing", name)
		case g.content != w.content:
			t.Errorf("%q: content of %d bytes differs from the %d wanted", name, len(g.content), len(w.content))
		case g.mode != w.mode:
			t.Errorf("%q: mode %v, want %v", name, g.mode, w.mode)
		case !g.stamp.Equal(w.stamp):
			t.Errorf("%q: time %v, want %v", name, g.stamp, w.stamp)
		}
	}
	if len(got) != len(want) {
		t.Errorf("%d members, want %d", len(got), len(want))
	}
}

// wants checks that an error is of a type.
func wants[T error](t testing.TB, err error) (e T) {
	t.Helper()
	if !errors.As(err, &e) {
		t.Fatalf("error = %v (%T), want a %T", err, err, e)
	}
	return e
}
