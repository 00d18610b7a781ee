package bundle

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestDocumentedVector holds the test vector of docs/bundles.md against the digest.
func TestDocumentedVector(t *testing.T) {
	page, err := os.ReadFile(filepath.Join("..", "..", "docs", "bundles.md"))
	must(t, err)
	dir := write(t, map[string]string{"appspec.yml": "version: 0.0\nos: linux\n", "bin/run.sh": "#!/bin/sh\nexit 0\n", "link": "-> bin/run.sh"})
	for name, mode := range map[string]os.FileMode{"appspec.yml": 0o644, "bin": 0o755, "bin/run.sh": 0o755} {
		must(t, os.Chmod(filepath.Join(dir, name), mode))
	}
	digest, err := selected(t, dir, Options{}).Hash(t.Context())
	must(t, err)
	if !strings.Contains(string(page), "\n"+digest+"  -\n") {
		t.Errorf("docs/bundles.md does not have the digest %s", digest)
	}
}
