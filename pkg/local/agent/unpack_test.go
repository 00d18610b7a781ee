//go:build unix

package agent

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/codedeploy/types"
)

// unpackBytes unpacks a bundle and returns the folder it went to.
func unpackBytes(t testing.TB, data []byte, bundleType types.BundleType, opts UnpackOptions) (string, error) {
	t.Helper()
	dir := tempDir(t)
	bundle := filepath.Join(dir, "bundle")
	must(t, os.WriteFile(bundle, data, 0o600))
	out := filepath.Join(dir, "out")
	return out, Unpack(context.Background(), bundle, bundleType, out, opts)
}

var sampleTree = files{
	"appspec.yml": "version: 0.0", "bin/run.sh": "0755 #!/bin/sh\n", "empty/": "", "etc/app.conf": "0640 a=b\n",
	"current": "-> bin", "etc/dangling": "-> /nowhere",
}

func TestUnpackKeepsModesLinksAndFolders(t *testing.T) {
	want := t.TempDir()
	sampleTree.write(t, want)
	for name, bundle := range map[string]struct {
		data []byte
		kind types.BundleType
	}{
		"zip":                       {sampleTree.zip(t), types.BundleTypeZip},
		"tar":                       {sampleTree.tar(t), types.BundleTypeTar},
		"tgz":                       {gzipped(t, sampleTree.tar(t)), types.BundleTypeTarGZip},
		"tar that is compressed":    {gzipped(t, sampleTree.tar(t)), types.BundleTypeTar},
		"no type, as GitHub's have": {sampleTree.tar(t), ""},
	} {
		t.Run(name, func(t *testing.T) {
			out, err := unpackBytes(t, bundle.data, bundle.kind, UnpackOptions{})
			must(t, err)
			equalLines(t, "tree", treeLines(readTree(t, out)), treeLines(readTree(t, want))...)
			info, err := os.Stat(filepath.Join(out, "bin", "run.sh"))
			must(t, err)
			if info.ModTime().Unix() != 1700000000 {
				t.Errorf("modification time %v is not the bundle's", info.ModTime())
			}
		})
	}
}

func TestUnpackUnwrapsTheOnlyFolder(t *testing.T) {
	for name, test := range map[string]struct {
		tree files
		want string // a path that is there afterwards
	}{
		"with an AppSpec file":            {files{"app-1.0/appspec.yml": "x", "app-1.0/a": "y"}, "a"},
		"with any name like it":           {files{"app-1.0/MyAppSpec.json": "x"}, "MyAppSpec.json"},
		"without one":                     {files{"app-1.0/readme": "x"}, "app-1.0/readme"},
		"beside another entry":            {files{"app-1.0/appspec.yml": "x", "readme": "y"}, "app-1.0/appspec.yml"},
		"not two levels deep":             {files{"a/b/appspec.yml": "x"}, "a/b/appspec.yml"},
		"holding a folder of its name":    {files{"a/a/x": "", "a/appspec.yml": "x"}, "a/x"},
		"a lone file is left as it is":    {files{"appspec.yml": "x"}, "appspec.yml"},
		"a link to a folder is no folder": {files{"l": "-> ."}, "l"},
	} {
		t.Run(name, func(t *testing.T) {
			out, err := unpackBytes(t, test.tree.zip(t), types.BundleTypeZip, UnpackOptions{})
			must(t, err)
			if _, err := os.Lstat(filepath.Join(out, test.want)); err != nil {
				t.Errorf("no %s in %v", test.want, treeLines(readTree(t, out)))
			}
			if _, err := os.Lstat(out + "-temp"); err == nil {
				t.Error("the temporary folder is left behind")
			}
		})
	}
}

// tarOf packs headers as they are.
func tarOf(t testing.TB, headers ...tar.Header) []byte {
	t.Helper()
	var out bytes.Buffer
	w := tar.NewWriter(&out)
	for _, h := range headers {
		if h.Typeflag == tar.TypeReg {
			h.Size = 4
		}
		must(t, w.WriteHeader(&h))
		if h.Typeflag == tar.TypeReg {
			_, err := w.Write([]byte("evil"))
			must(t, err)
		}
	}
	must(t, w.Close())
	return out.Bytes()
}

// zipOf packs names as they are; contents "-> x" are links.
func zipOf(t testing.TB, pairs ...string) []byte {
	t.Helper()
	var out bytes.Buffer
	w := zip.NewWriter(&out)
	for i := 0; i < len(pairs); i += 2 {
		header := &zip.FileHeader{Name: pairs[i], Method: zip.Store}
		content, isLink := strings.CutPrefix(pairs[i+1], "-> ")
		header.SetMode(0o644)
		if isLink {
			header.SetMode(fs.ModeSymlink | 0o777)
		}
		entry, err := w.CreateHeader(header)
		must(t, err)
		if !strings.HasSuffix(pairs[i], "/") {
			_, err = entry.Write([]byte(content))
			must(t, err)
		}
	}
	must(t, w.Close())
	return out.Bytes()
}

func TestUnpackNeverLeavesItsFolder(t *testing.T) {
	file := func(name string) tar.Header { return tar.Header{Name: name, Typeflag: tar.TypeReg, Mode: 0o644} }
	link := func(name, target string) tar.Header {
		return tar.Header{Name: name, Linkname: target, Typeflag: tar.TypeSymlink}
	}
	hard := func(name, target string) tar.Header {
		return tar.Header{Name: name, Linkname: target, Typeflag: tar.TypeLink}
	}
	for name, test := range map[string]struct {
		data []byte
		kind types.BundleType
	}{
		"zip, parent":                    {zipOf(t, "../evil", "x"), types.BundleTypeZip},
		"zip, parent within":             {zipOf(t, "a/../../evil", "x"), types.BundleTypeZip},
		"zip, link out, then through it": {zipOf(t, "l", "-> ..", "l/evil", "x"), types.BundleTypeZip},
		"zip, absolute link, through it": {zipOf(t, "l", "-> /tmp", "l/evil", "x"), types.BundleTypeZip},
		"zip, chain of links":            {zipOf(t, "a", "-> b", "b", "-> ../..", "a/evil", "x"), types.BundleTypeZip},
		"zip, NUL":                       {zipOf(t, "a\x00b", "x"), types.BundleTypeZip},
		"tar, parent":                    {tarOf(t, file("../evil")), types.BundleTypeTar},
		"tar, link out, then through it": {tarOf(t, link("l", ".."), file("l/evil")), types.BundleTypeTar},
		"tar, folder through link":       {tarOf(t, link("l", ".."), tar.Header{Name: "l/evil/", Typeflag: tar.TypeDir}), types.BundleTypeTar},
		"tar, hard link out":             {tarOf(t, hard("h", "../bundle")), types.BundleTypeTar},
		"tar, hard link through link":    {tarOf(t, link("l", ".."), hard("h", "l/bundle")), types.BundleTypeTar},
		"tar, link through link":         {tarOf(t, link("l", ".."), link("l/evil", "x")), types.BundleTypeTar},
	} {
		t.Run(name, func(t *testing.T) {
			out, err := unpackBytes(t, test.data, test.kind, UnpackOptions{})
			var unsafe *UnsafeNameError
			if !errors.As(err, &unsafe) {
				t.Errorf("Unpack = %v, want an UnsafeNameError", err)
			}
			checkAlone(t, out)
		})
	}
}

// checkAlone checks that nothing but the bundle and its folder is there.
func checkAlone(t testing.TB, out string) {
	t.Helper()
	entries, err := os.ReadDir(filepath.Dir(out))
	must(t, err)
	for _, entry := range entries {
		if entry.Name() != "bundle" && entry.Name() != "out" {
			t.Errorf("%s was written outside of the folder", entry.Name())
		}
	}
}

func TestUnpackTakesWhatUnzipAndTarTake(t *testing.T) {
	for name, test := range map[string]struct {
		data []byte
		kind types.BundleType
		want []string
	}{
		"absolute names lose their slash": {zipOf(t, "/etc/x", "1"), types.BundleTypeZip, []string{"/etc drwxr-xr-x folder", "/etc/x -rw-r--r-- 1"}},
		"a later entry of a name wins":    {zipOf(t, "a", "1", "a", "2"), types.BundleTypeZip, []string{"/a -rw-r--r-- 2"}},
		"a file replaces a link":          {zipOf(t, "t", "1", "l", "-> t", "l", "2"), types.BundleTypeZip, []string{"/l -rw-r--r-- 2", "/t -rw-r--r-- 1"}},
		"through a link within":           {zipOf(t, "d/x", "1", "l", "-> d", "l/y", "2"), types.BundleTypeZip, []string{"/d drwxr-xr-x folder", "/d/x -rw-r--r-- 1", "/d/y -rw-r--r-- 2", "/l link -> d"}},
		"a folder replaces a file": {tarOf(t, tar.Header{Name: "a", Typeflag: tar.TypeReg, Mode: 0o644}, tar.Header{Name: "a/", Typeflag: tar.TypeDir, Mode: 0o750}),
			types.BundleTypeTar, []string{"/a drwxr-x--- folder"}},
		"a hard link": {tarOf(t, tar.Header{Name: "a", Typeflag: tar.TypeReg, Mode: 0o644}, tar.Header{Name: "b", Linkname: "a", Typeflag: tar.TypeLink}),
			types.BundleTypeTar, []string{"/a -rw-r--r-- evil", "/b -rw-r--r-- evil"}},
		"a folder that is read-only": {tarOf(t, tar.Header{Name: "a/", Typeflag: tar.TypeDir, Mode: 0o555}, tar.Header{Name: "a/x", Typeflag: tar.TypeReg, Mode: 0o444}),
			types.BundleTypeTar, []string{"/a dr-xr-xr-x folder", "/a/x -r--r--r-- evil"}},
		"set-user bit in tar": {tarOf(t, tar.Header{Name: "a", Typeflag: tar.TypeReg, Mode: 0o4755}), types.BundleTypeTar, []string{"/a urwxr-xr-x evil"}},
	} {
		t.Run(name, func(t *testing.T) {
			out, err := unpackBytes(t, test.data, test.kind, UnpackOptions{})
			must(t, err)
			equalLines(t, "tree", treeLines(readTree(t, out)), test.want...)
		})
	}
}

func TestUnpackZipWithoutUnixModes(t *testing.T) {
	var out bytes.Buffer
	w := zip.NewWriter(&out)
	for _, header := range []*zip.FileHeader{
		{Name: `site\index.html`, CreatorVersion: 20},
		{Name: "plain", CreatorVersion: 20},
		{Name: "readonly", CreatorVersion: 20, ExternalAttrs: 1},
		{Name: "unix", CreatorVersion: 3<<8 | 20},
	} {
		_, err := w.CreateRaw(header)
		must(t, err)
	}
	must(t, w.Close())
	dir, err := unpackBytes(t, out.Bytes(), types.BundleTypeZip, UnpackOptions{})
	must(t, err)
	equalLines(t, "tree", treeLines(readTree(t, dir)),
		"/plain -rw-r--r-- ", "/readonly -r--r--r-- ", "/site drwxr-xr-x folder", "/site/index.html -rw-r--r-- ", "/unix -rw-r--r-- ")
}

func TestUnpackLimits(t *testing.T) {
	zeros := strings.Repeat("\x00", 1<<20)
	bomb := files{"a": zeros, "b": zeros}
	for name, test := range map[string]struct {
		opts UnpackOptions
		want bool
	}{
		"bytes counted":   {UnpackOptions{MaxUnpacked: 1<<21 - 1}, true},
		"exactly":         {UnpackOptions{MaxUnpacked: 1 << 21}, false},
		"entries counted": {UnpackOptions{MaxEntries: 1}, true},
		"none":            {UnpackOptions{}, false},
	} {
		t.Run(name, func(t *testing.T) {
			for kind, data := range map[types.BundleType][]byte{types.BundleTypeZip: bomb.zip(t), types.BundleTypeTarGZip: gzipped(t, bomb.tar(t))} {
				_, err := unpackBytes(t, data, kind, test.opts)
				var limit *LimitError
				if errors.As(err, &limit) != test.want {
					t.Errorf("%s: Unpack = %v, want a LimitError: %v", kind, err, test.want)
				}
			}
		})
	}
}

func TestUnpackRatio(t *testing.T) {
	u := &unpacker{limit: 1 << 30, ratio: 1000, check: t.Context().Err}
	err := u.copy(&bytes.Buffer{}, strings.NewReader(strings.Repeat("x", 1001)))
	var limit *LimitError
	if !errors.As(err, &limit) || !strings.Contains(err.Error(), "200 times") {
		t.Errorf("copy = %v, want a LimitError about the ratio", err)
	}
}

func TestUnpackRefusesWhatIsBroken(t *testing.T) {
	whole := sampleTree.tar(t)
	for name, test := range map[string]struct {
		data []byte
		kind types.BundleType
		want string
	}{
		"zip that is none":  {[]byte("hello"), types.BundleTypeZip, "read zip"},
		"tar cut off":       {whole[:515], types.BundleTypeTar, "Error extracting tar archive: 2"},
		"tar empty":         {nil, types.BundleTypeTar, "the bundle is empty"},
		"tgz that is a tar": {whole, types.BundleTypeTarGZip, "not in gzip format"},
		"tgz broken":        {[]byte{0x1f, 0x8b, 0, 0}, types.BundleTypeTarGZip, "Error extracting tar archive: 2"},
		"tar with a device": {tarOf(t, tar.Header{Name: "d", Typeflag: tar.TypeChar}), types.BundleTypeTar, "d is neither a file, a folder nor a link"},
		"unknown type":      {whole, "rar", "bundle type rar"},
		"zip, link to none": {zipOf(t, "l", "-> "), types.BundleTypeZip, "target of the link is 0 bytes"},
		"zip, below a file": {zipOf(t, "a", "1", "a/b", "2"), types.BundleTypeZip, "a is not a folder"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := unpackBytes(t, test.data, test.kind, UnpackOptions{})
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("Unpack = %v, want %q", err, test.want)
			}
		})
	}
}

func TestUnpackStopsWithTheContext(t *testing.T) {
	dir := t.TempDir()
	bundle := filepath.Join(dir, "bundle")
	must(t, os.WriteFile(bundle, sampleTree.zip(t), 0o600))
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := Unpack(ctx, bundle, types.BundleTypeZip, filepath.Join(dir, "out"), UnpackOptions{}); !errors.Is(err, context.Canceled) {
		t.Errorf("Unpack = %v, want context.Canceled", err)
	}
	u := &unpacker{limit: 1, ratio: 1, check: ctx.Err}
	if err := u.copy(io.Discard, strings.NewReader("x")); !errors.Is(err, context.Canceled) {
		t.Errorf("in the middle of a file: %v, want context.Canceled", err)
	}
}

// FuzzUnpackNames unpacks three entries with any names and link target: nothing may appear outside.
func FuzzUnpackNames(f *testing.F) {
	for _, seed := range [][3]string{
		{"a", "..", "a/b"}, {"../x", "/etc", "x"}, {"a/", "b", "a/../../c"}, {"/", ".", "//x"}, {"l", "../../..", "l/l"}, {"a\\..\\b", "c:\\x", "C:/x"},
	} {
		f.Add(seed[0], seed[1], seed[2])
	}
	f.Fuzz(func(t *testing.T, link, target, name string) {
		if len(link)+len(target)+len(name) > 1000 || target == "" || slices.Contains([]string{link, name}, "") {
			t.Skip()
		}
		out, _ := unpackBytes(t, zipOf(t, link, "-> "+target, name, "x", link+"/y", "z"), types.BundleTypeZip, UnpackOptions{})
		checkAlone(t, out)
		if rel, err := entryName(name); err == nil && !filepath.IsLocal(filepath.FromSlash(rel)) {
			t.Errorf("entryName(%q) = %q, which is not local", name, rel)
		}
	})
}
