package bundle

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestDigestVector holds the digest of a small tree, as computed from the package
// comment by another program.
func TestDigestVector(t *testing.T) {
	dir := write(t, map[string]string{
		"appspec.yml": "version: 0.0\nos: linux\n", "bin/run.sh": "#!/bin/sh\nexit 0\n", "bin-old": "", "empty/": "",
		"link": "-> bin/run.sh", "two chunks": strings.Repeat("cdx\n", 1<<18) + "end",
	})
	must(t, os.Chmod(filepath.Join(dir, "bin/run.sh"), 0o755))
	must(t, os.Chmod(filepath.Join(dir, "bin"), 0o755))
	must(t, os.Chmod(filepath.Join(dir, "empty"), 0o755))
	for kind, want := range map[Type]string{
		Zip: "5463d81d5ad69ab468e8d35079bd08307f9e64702b82c62efe40227ca7c7a675",
		Tar: "0bbf9755ea5291de073ccb5749b45d399a093754d0f5d685c9c2e1a6fedd39c9",
	} {
		got, err := selected(t, dir, Options{Type: kind}).Hash(t.Context())
		must(t, err)
		if got != want {
			t.Errorf("%s: digest %s, want %s", kind, got, want)
		}
	}
}

// TestDigestTells sees what the digest depends on.
func TestDigestTells(t *testing.T) {
	digest := func(opts Options, change func(dir string)) string {
		dir := write(t, map[string]string{"a/b": "content", "l": "-> a"})
		change(dir)
		d, err := selected(t, dir, opts).Hash(t.Context())
		must(t, err)
		return d
	}
	nothing := func(string) {}
	base := digest(Options{}, nothing)
	same := map[string]string{
		"time":  digest(Options{ModTime: stamp}, nothing),
		"level": digest(Options{Level: LevelBest}, nothing),
		"what is left out": digest(Options{Exclude: []string{"x"}}, func(dir string) {
			put(t, dir, "x", "")
		}),
	}
	for what, got := range same {
		if got != base {
			t.Errorf("%s: another digest", what)
		}
	}
	others := map[string]string{
		"type":    digest(Options{Type: TGZ}, nothing),
		"content": digest(Options{}, func(dir string) { put(t, dir, "a/b", "kontent") }),
		"mode":    digest(Options{}, func(dir string) { must(t, os.Chmod(filepath.Join(dir, "a/b"), 0o600)) }),
		"name":    digest(Options{}, func(dir string) { must(t, os.Rename(filepath.Join(dir, "a/b"), filepath.Join(dir, "a/c"))) }),
		"target":  digest(Options{}, func(dir string) { must(t, os.Remove(filepath.Join(dir, "l"))); put(t, dir, "l", "-> .") }),
		"folder":  digest(Options{}, func(dir string) { put(t, dir, "d/", "") }),
	}
	seen := map[string]string{base: "nothing"}
	for what, got := range others {
		if other, clash := seen[got]; clash {
			t.Errorf("the same digest after a change of %s and of %s", what, other)
		}
		seen[got] = what
	}
}
