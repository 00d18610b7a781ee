//go:build unix

package agent

import (
	"archive/tar"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"syscall"
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

// TestWhatIsThereIsNeverWrittenTo deploys over names of a file elsewhere, of a pipe and of a file that
// nobody may write.
func TestWhatIsThereIsNeverWrittenTo(t *testing.T) {
	h := newHost(t)
	outside := filepath.Join(filepath.Dir(h.opts.Root), "outside")
	must(t, os.WriteFile(outside, []byte("untouched"), 0o400))
	files{"w/readonly": "0400 old"}.write(t, h.opts.Root)
	must(t, os.Link(outside, h.path("/w/link")))
	must(t, syscall.Mkfifo(h.path("/w/pipe"), 0o600))
	d := h.deployment(t, revision(mapping("w", "/w"), files{"w/link": "0755 1", "w/pipe": "0644 2", "w/readonly": "0444 3"}))
	d.FileExistsBehavior = types.FileExistsBehaviorOverwrite
	if result := h.run(t, d); result.Status != types.TargetStatusSucceeded {
		t.Fatalf("%+v", result.Events)
	}
	equalLines(t, "the root", treeLines(readTree(t, h.opts.Root)), "/w drwxr-xr-x folder", "/w/link -rwxr-xr-x 1", "/w/pipe -rw-r--r-- 2", "/w/readonly -r--r--r-- 3")
	info, err := os.Stat(outside)
	must(t, err)
	if content, err := os.ReadFile(outside); string(content) != "untouched" || info.Mode() != 0o400 {
		t.Errorf("outside of the root: %s %q, %v", info.Mode(), content, err)
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
