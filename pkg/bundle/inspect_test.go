package bundle

import (
	"bytes"
	"errors"
	"hash/crc32"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestChecksumsAndContents(t *testing.T) {
	large := strings.Repeat("0123456789abcdef", 150_000) // more than two chunks
	dir := write(t, map[string]string{"empty": "", "large": large, "folder/": "", "link": "-> large", "small": "content"})
	tree := selected(t, dir, Options{})
	sums, err := tree.Checksums(t.Context())
	must(t, err)
	for i, e := range tree.Entries() {
		if !e.Mode.IsRegular() {
			if sums[i] != 0 {
				t.Errorf("%s has the checksum %08x", e.Path, sums[i])
			}
			continue
		}
		var content bytes.Buffer
		must(t, tree.WriteContent(t.Context(), i, &content))
		want, err := os.ReadFile(filepath.Join(dir, e.Path))
		must(t, err)
		if !bytes.Equal(content.Bytes(), want) {
			t.Errorf("%s: read %d bytes, want %d", e.Path, content.Len(), len(want))
		}
		if want := crc32.ChecksumIEEE(want); sums[i] != want {
			t.Errorf("%s: checksum %08x, want %08x", e.Path, sums[i], want)
		}
	}
}

func TestWriteContentOfChangedFiles(t *testing.T) {
	for _, now := range []string{"", "shorter", "longer than before", "gone"} {
		dir := write(t, map[string]string{"a": "as selected", "b": ""})
		tree := selected(t, dir, Options{})
		if now == "gone" {
			must(t, os.Remove(filepath.Join(dir, "a")))
		} else {
			put(t, dir, "a", now)
		}
		put(t, dir, "b", "grown")
		for i, e := range tree.Entries() {
			var changed *ChangedError
			if err := tree.WriteContent(t.Context(), i, new(bytes.Buffer)); e.Path != "appspec.yml" && !errors.As(err, &changed) {
				t.Errorf("%s, now %q: %v, want a ChangedError", e.Path, now, err)
			}
		}
	}
}

func TestOfType(t *testing.T) {
	dir := write(t, map[string]string{"a": "content"})
	tree := selected(t, dir, Options{})
	if tree.OfType(Zip) != tree {
		t.Error("a zip as a zip is another tree")
	}
	got, err := tree.OfType(TGZ).Hash(t.Context())
	must(t, err)
	want, err := selected(t, dir, Options{Type: TGZ}).Hash(t.Context())
	must(t, err)
	if got != want {
		t.Errorf("digest %s, want %s", got, want)
	}
}
