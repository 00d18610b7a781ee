package report_test

import (
	"encoding/json"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"github.com/cdx-deploy/cdx/internal/report"
	"github.com/cdx-deploy/cdx/internal/term"
	"github.com/cdx-deploy/cdx/pkg/bundle"
)

// shipping is a directory with one of each kind of thing.
func shipping(t *testing.T) report.Shipping {
	t.Helper()
	dir := t.TempDir()
	for name, content := range map[string]string{
		"appspec.yml": "version: 0.0\nos: linux\n", "bin/run.sh": "#!/bin/sh\n", "evil\x1b[31m\n  0644   9  appspec.yml": "x", "empty": "",
		".cdxignore": "# none\n*.log\n", "a.log": "log", ".git/HEAD": "ref", ".env": "SECRET=1",
	} {
		path := filepath.Join(dir, name)
		must(t, os.MkdirAll(filepath.Dir(path), 0o755))
		must(t, os.WriteFile(path, []byte(content), 0o644))
	}
	must(t, os.Symlink("bin/run.sh", filepath.Join(dir, "run")))
	tree, err := bundle.Select(t.Context(), dir, bundle.Options{Mode: func(_ string, mode fs.FileMode) fs.FileMode {
		if mode.IsDir() {
			return 0o755
		}
		return 0o640
	}})
	must(t, err)
	return report.Shipping{Directory: "site", Tree: tree}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func TestShipping(t *testing.T) {
	if os.PathSeparator != '/' {
		t.Skip("modes and links are those of Unix")
	}
	s := shipping(t)
	golden(t, "shipping.golden", report.ShippingText(term.Style{}, s))
	data, err := json.MarshalIndent(report.ShippingForPrograms([]report.Shipping{s}), "", "  ")
	must(t, err)
	golden(t, "shipping.json.golden", string(data)+"\n")
}
