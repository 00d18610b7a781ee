package diff_test

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"compress/gzip"
	"io/fs"
	"strings"
	"testing"

	"github.com/cdx-deploy/cdx/pkg/diff"
)

// entry is one entry of an archive that another program made.
type entry struct {
	name, content string
	mode          fs.FileMode
	creator       uint16 // 3 is Unix, 0 is FAT
}

func zipOf(t testing.TB, entries ...entry) []byte {
	t.Helper()
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for _, e := range entries {
		header := &zip.FileHeader{Name: e.name, Method: zip.Deflate}
		if e.content == "" {
			header.Method = zip.Store
		}
		if e.creator == 3 {
			header.SetMode(e.mode)
		}
		header.CreatorVersion = e.creator<<8 | 20
		f, err := w.CreateHeader(header)
		must(t, err)
		_, err = f.Write([]byte(e.content))
		must(t, err)
	}
	must(t, w.Close())
	return b.Bytes()
}

func tarOf(t testing.TB, compressed bool, headers ...*tar.Header) []byte {
	t.Helper()
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	for _, h := range headers {
		content := h.Uname // stands in for a field of its own
		h.Uname, h.Size = "", int64(len(content))
		must(t, w.WriteHeader(h))
		_, err := w.Write([]byte(content))
		must(t, err)
	}
	must(t, w.Close())
	if !compressed {
		return b.Bytes()
	}
	var z bytes.Buffer
	g := gzip.NewWriter(&z)
	_, err := g.Write(b.Bytes())
	must(t, err)
	must(t, g.Close())
	return z.Bytes()
}

const plainAppSpec = "version: 0.0\nos: linux\n"

func TestForeignBundles(t *testing.T) {
	t.Parallel()
	files := map[string]string{"appspec.yml": plainAppSpec, "bin/run": "!run", "text": "text", "link": "-> text"}
	for _, c := range []struct {
		name, key string
		data      []byte
		want      []string
		noModes   bool
	}{
		{name: "without folders", key: "a.zip", data: zipOf(t,
			entry{"appspec.yml", plainAppSpec, 0o644, 3}, entry{"bin/run", "run", 0o755, 3}, entry{"text", "text", 0o644, 3}, entry{"link", "text", 0o777 | fs.ModeSymlink, 3})},
		{name: "a single folder", key: "a.zip", data: zipOf(t,
			entry{"app-1/", "", 0o755 | fs.ModeDir, 3}, entry{"app-1/appspec.yml", plainAppSpec, 0o644, 3}, entry{"app-1/bin/", "", 0o700 | fs.ModeDir, 3}, entry{"app-1/bin/run", "run", 0o4750, 3}, entry{"app-1/text", "text", 0o644, 3}),
			want: []string{"changed bin mode", "changed bin/run mode", "added link"}},
		{name: "a single folder without an AppSpec file", key: "a.zip", data: zipOf(t, entry{"app/text", "text", 0o644, 3}),
			want: []string{"added appspec.yml (appspec)", "removed app/text", "added bin/run", "added link", "added text"}},
		{name: "without Unix modes, made on Windows", key: "a.zip", noModes: true, data: zipOf(t,
			entry{name: "appspec.yml", content: plainAppSpec}, entry{name: `bin\run`, content: "run"}, entry{name: "text", content: "text"}, entry{name: "link", content: "text"}),
			want: []string{"changed link type"}},
		{name: "no permissions at all", key: "a.zip", data: zipOf(t,
			entry{"appspec.yml", plainAppSpec, 0, 3}, entry{"bin/", "", fs.ModeDir, 3}, entry{"bin/run", "run", 0, 3}, entry{"text", "text", 0, 3}, entry{"link", "text", 0o777 | fs.ModeSymlink, 3}),
			want: []string{"changed bin/run mode"}},
		{name: "the later entry of a name wins", key: "a.zip", data: zipOf(t,
			entry{"appspec.yml", plainAppSpec, 0o644, 3}, entry{"text", "old", 0o600, 3}, entry{"bin/run", "run", 0o755, 3}, entry{"./text", "text", 0o644, 3}, entry{"/link", "text", 0o777 | fs.ModeSymlink, 3})},
		{name: "a tar of the directory", key: "a.tar", data: tarOf(t, false,
			&tar.Header{Name: "./", Typeflag: tar.TypeDir, Mode: 0o700}, &tar.Header{Name: "./appspec.yml", Mode: 0o644, Uname: plainAppSpec}, &tar.Header{Name: "./bin/run", Mode: 0o755, Uname: "run"},
			&tar.Header{Name: "./text", Mode: 0o644, Uname: "text"}, &tar.Header{Name: "./link", Typeflag: tar.TypeSymlink, Mode: 0o777, Linkname: "text"})},
		{name: "a compressed tar by the name of tar, with hard links", key: "a.tar", data: tarOf(t, true,
			&tar.Header{Name: "app/appspec.yml", Mode: 0o644, Uname: plainAppSpec}, &tar.Header{Name: "app/bin/run", Mode: 0o4755, Uname: "run"},
			&tar.Header{Name: "app/other", Mode: 0o644, Uname: "text"}, &tar.Header{Name: "app/text", Typeflag: tar.TypeLink, Linkname: "app/other"}),
			want: []string{"changed bin/run mode", "added link", "removed other"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			b := newBucket(t)
			d, err := b.compare(t, b.put(t, c.key, c.data, ""), write(t, files))
			must(t, err)
			expect(t, d, c.want...)
			if d.ModesUnknown != c.noModes {
				t.Errorf("modes unknown: %v, want %v", d.ModesUnknown, c.noModes)
			}
		})
	}
}

// TestHooksOfBothSides sees that a script has its role also when only the old AppSpec file
// runs it.
func TestHooksOfBothSides(t *testing.T) {
	t.Parallel()
	b := newBucket(t)
	at := b.put(t, "a.zip", zipOf(t, entry{"appspec.yml", appSpec, 0o644, 3}, entry{"scripts/start.sh", "old", 0o755, 3}), "")
	d, err := b.compare(t, at, write(t, map[string]string{
		"appspec.yml": strings.ReplaceAll(appSpec, "start.sh", "begin.sh"), "scripts/begin.sh": "!new", "a": "a",
	}))
	must(t, err)
	expect(t, d, "changed appspec.yml contents (appspec)", "added scripts/begin.sh (hook)", "removed scripts/start.sh (hook)", "added a")
}

func TestCompareText(t *testing.T) {
	if d := diff.CompareText("appspec.yml", []byte("a\n"), []byte("a\n")); len(d.Changes) != 0 || d.AppSpecDiff != "" {
		t.Errorf("equal texts: %+v", d)
	}
	d := diff.CompareText("appspec.yml", []byte("a\nb\n"), []byte("a\nc\n"))
	expect(t, d, "changed appspec.yml contents (appspec)")
	if want := "@@ -1,2 +1,2 @@\n a\n-b\n+c\n"; d.AppSpecDiff != want {
		t.Errorf("difference %q, want %q", d.AppSpecDiff, want)
	}
	var patch bytes.Buffer
	done, err := d.Patch(t.Context(), &patch)
	must(t, err)
	if want := "diff --git a/appspec.yml b/appspec.yml\n--- a/appspec.yml\n+++ b/appspec.yml\n@@ -1,2 +1,2 @@\n a\n-b\n+c\n"; patch.String() != want || done.Files != 1 {
		t.Errorf("patch %q, want %q", patch.String(), want)
	}
}
