package diff_test

import (
	"archive/tar"
	"io"
	"path"
	"strings"
	"testing"

	"github.com/cdx-deploy/cdx/pkg/bundle"
	"github.com/cdx-deploy/cdx/pkg/diff"
)

// FuzzCompare sees that nothing that stands in the place of a bundle does harm: there is
// an error, or a difference whose paths stay in the bundle.
func FuzzCompare(f *testing.F) {
	files := map[string]string{"appspec.yml": appSpec, "scripts/start.sh": "!#!/bin/sh\n", "text": "text", "link": "-> text", "folder/": ""}
	dir := write(f, files)
	tree := selected(f, dir, bundle.Zip)
	keys := []string{"a.zip", "a.tar", "a.tgz"}
	for i, kind := range []bundle.Type{bundle.Zip, bundle.Tar, bundle.TGZ} {
		data, _ := bundled(f, tree.OfType(kind))
		f.Add(uint8(i), data)
	}
	f.Add(uint8(0), zipOf(f, entry{"app/appspec.yml", "x", 0o644, 3}, entry{name: `a\b`, content: "x"}, entry{"l", "x", 0o120777, 3}))
	f.Add(uint8(0), zip64Lie(3, 100))
	f.Add(uint8(1), tarOf(f, false, &tar.Header{Name: "a", Uname: "x"}, &tar.Header{Name: "b", Typeflag: tar.TypeLink, Linkname: "a"}))
	f.Fuzz(func(t *testing.T, kind uint8, data []byte) {
		if len(data) == 0 {
			return
		}
		opened, err := diff.Open(t.Context(), memory(data), location(keys[int(kind)%len(keys)]), diff.Options{})
		if err != nil {
			t.Fatal(err)
		}
		d, err := opened.Compare(t.Context(), tree)
		if err != nil {
			return
		}
		for _, c := range d.Changes {
			if path.IsAbs(c.Path) || path.Clean(c.Path) != c.Path || c.Path == ".." || strings.HasPrefix(c.Path, "../") {
				t.Errorf("a change of %q", c.Path)
			}
		}
		if _, err := d.Patch(t.Context(), io.Discard); err != nil {
			return
		}
	})
}
