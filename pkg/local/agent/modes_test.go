//go:build unix

package agent

import (
	"archive/tar"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/codedeploy/types"
)

func TestSetUserBitsAreNotInstalled(t *testing.T) {
	h := newHost(t)
	result := h.deploy(t, files{
		"appspec.yml": "version: 0.0\nos: linux\nfiles:\n  - {source: a, destination: /w}\n  - {source: b, destination: /w}\n" +
			"permissions:\n  - {object: /w, pattern: a, mode: 4755, type: [file]}\n  - {object: /w/b, mode: 2750}\n",
		"a": "a", "b": "b",
	})
	if result.Status != types.TargetStatusSucceeded {
		t.Fatalf("%v", result.Events)
	}
	for name, want := range map[string]fs.FileMode{"/w/a": 0o755, "/w/b": 0o750} {
		info, err := os.Stat(h.path(name))
		must(t, err)
		if info.Mode() != want {
			t.Errorf("%s has mode %s", name, info.Mode())
		}
	}
	if !slices.Contains(stepLines(result.Plan), "urwxr-xr-x /w/a <- a") {
		t.Errorf("planned %q", stepLines(result.Plan))
	}
	for _, want := range []Notice{
		{NoticeMode, "/w/a", "the set-user-ID bit of its mode is not set"}, {NoticeMode, "/w/b", "the set-group-ID bit of its mode is not set"},
	} {
		if !slices.Contains(result.Notices, want) {
			t.Errorf("no %+v in %+v", want, result.Notices)
		}
	}
	if info, err := os.Stat(h.opts.Dir); err != nil || info.Mode().Perm() != 0o700 {
		t.Errorf("the agent's folder: %v, %v", info.Mode(), err)
	}
}

// TestUnwrapReadOnlyFolder matters where the present user is not root, whom modes do not stop.
func TestUnwrapReadOnlyFolder(t *testing.T) {
	for _, mode := range []int64{0o555, 0o111, 0o755} {
		bundle := tarOf(t, tar.Header{Name: "app/", Typeflag: tar.TypeDir, Mode: mode},
			tar.Header{Name: "app/appspec.yml", Typeflag: tar.TypeReg, Mode: 0o644})
		dir := tempDir(t)
		name, to := filepath.Join(dir, "bundle"), filepath.Join(dir, "to")
		must(t, os.WriteFile(name, bundle, 0o600))
		must(t, Unpack(t.Context(), name, types.BundleTypeTar, to, UnpackOptions{}))
		info, err := os.Stat(to)
		must(t, err)
		if _, err := os.Stat(filepath.Join(to, "appspec.yml")); err != nil || info.Mode().Perm() != fs.FileMode(mode) {
			t.Errorf("mode %o: %s, %v", mode, info.Mode(), err)
		}
	}
}
