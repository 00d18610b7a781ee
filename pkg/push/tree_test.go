package push

import (
	"archive/zip"
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/cdx-deploy/cdx/pkg/bundle"
)

// TestUploadTree sends a real directory's bundle.
func TestUploadTree(t *testing.T) {
	dir := t.TempDir()
	write := func(name, content string) {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("appspec.yml", "version: 0.0\nos: linux\n")
	write("page.html", "hello")
	tree, err := bundle.Select(t.Context(), dir, bundle.Options{})
	if err != nil {
		t.Fatal(err)
	}
	digest, err := tree.Hash(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	f := newFakeS3(t)
	got, err := Upload(t.Context(), f.client(t), tree, to("a.zip", digest))
	if err != nil {
		t.Fatal(err)
	}
	body := f.objects["a.zip"].body
	archive, err := zip.NewReader(bytes.NewReader(body), int64(len(body)))
	if err != nil || len(archive.File) != 2 || got.Stats.Files != 2 || got.Stats.BytesOut != got.Size {
		t.Fatalf("Upload = %+v, archive %v", got, err)
	}

	write("page.html", "jello")
	var changed *bundle.ChangedError
	if _, err := Upload(t.Context(), f.client(t), tree, to("b.zip", digest)); !errors.As(err, &changed) || f.objects["b.zip"] != nil {
		t.Errorf("a file that changed: %v", err)
	}
}
