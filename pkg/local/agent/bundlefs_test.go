//go:build unix

package agent

import (
	"errors"
	"io/fs"
	"os"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/codedeploy/types"

	"github.com/cdx-deploy/cdx/pkg/appspec"
	"github.com/cdx-deploy/cdx/pkg/bundle"
)

// selectTree writes a revision and selects what ships of it.
func selectTree(t *testing.T, tree files, kind bundle.Type) *bundle.Tree {
	t.Helper()
	dir := t.TempDir()
	tree.write(t, dir)
	selected, err := bundle.Select(t.Context(), dir, bundle.Options{Type: kind})
	must(t, err)
	return selected
}

// walkLines lists a file system as [treeLines] lists folders, without contents.
func walkLines(t *testing.T, fsys fs.FS) (lines []string) {
	t.Helper()
	must(t, fs.WalkDir(fsys, ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || name == "." {
			return err
		}
		info, err := entry.Info()
		must(t, err)
		line := name + " " + info.Mode().String()
		if entry.Type()&fs.ModeSymlink != 0 {
			target, err := fs.ReadLink(fsys, name)
			must(t, err)
			line += " -> " + target
		}
		lines = append(lines, line)
		return nil
	}))
	return lines
}

// TestBundleFS compares a tree's file system with what its bundle unpacks to.
func TestBundleFS(t *testing.T) {
	for _, kind := range []bundle.Type{bundle.Zip, bundle.Tar} {
		tree := selectTree(t, files{
			"appspec.yml": "version: 0.0\n", "a/b": "0755 text", "a/b.c/d": "1", "a-b": "4755 2", "a/empty/": "", "link": "-> a/b", "to": "-> a", "off": "-> ../x",
		}, kind)
		_, err := tree.Hash(t.Context())
		must(t, err)
		packed := t.TempDir() + "/bundle"
		f, err := os.Create(packed)
		must(t, err)
		_, err = tree.Write(t.Context(), f)
		must(t, err)
		must(t, f.Close())
		dir := t.TempDir() + "/unpacked"
		must(t, Unpack(t.Context(), packed, types.BundleType(kind), dir, UnpackOptions{}))
		equalLines(t, string(kind), walkLines(t, BundleFS(tree)), walkLines(t, os.DirFS(dir))...)
	}
}

func TestBundleFSReads(t *testing.T) {
	fsys := BundleFS(selectTree(t, files{"appspec.yml": "version: 0.0\n", "a/b": "text", "link": "-> a/b", "out": "-> ../a"}, bundle.Zip))
	if data, err := fs.ReadFile(fsys, "link"); err != nil || string(data) != "text" {
		t.Errorf("%q, %v", data, err)
	}
	if info, err := fs.Stat(fsys, "link"); err != nil || !info.Mode().IsRegular() || info.Size() != 4 || info.ModTime().IsZero() || info.Sys() != nil {
		t.Errorf("%+v, %v", info, err)
	}
	for name, read := range map[string]func() error{
		"open nothing":    func() error { _, err := fsys.Open("none"); return err },
		"open a folder":   func() error { _, err := fsys.Open("a"); return err },
		"stat a way out":  func() error { _, err := fs.Stat(fsys, "out"); return err },
		"lstat nothing":   func() error { _, err := fs.Lstat(fsys, "none"); return err },
		"list a file":     func() error { _, err := fs.ReadDir(fsys, "a/b"); return err },
		"no link":         func() error { _, err := fs.ReadLink(fsys, "a/b"); return err },
		"a missing link":  func() error { _, err := fs.ReadLink(fsys, "none"); return err },
		"list what isn't": func() error { _, err := fs.ReadDir(fsys, "none"); return err },
	} {
		var failure *fs.PathError
		if err := read(); !errors.As(err, &failure) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestPlanAfterPlan plans over a deployment that was only planned: the same is removed and written as after
// one that was carried out.
func TestPlanAfterPlan(t *testing.T) {
	spec := &appspec.Spec{OS: "linux", Files: []appspec.FileMapping{{Source: "/", Destination: "/srv/app"}}}
	older := BundleFS(selectTree(t, files{"appspec.yml": "version: 0.0\n", "old/x": "1", "both": "2", "link": "-> both", "there/y": "3"}, bundle.Zip))
	newer := BundleFS(selectTree(t, files{"appspec.yml": "version: 0.0\n", "both": "4", "new": "5", "link": "-> new", "there/y": "6"}, bundle.Zip))
	root := t.TempDir()
	files{"srv/app/there/own": "of the host"}.write(t, root)
	previous, err := NewPlan(t.Context(), older, spec, PlanOptions{Root: root})
	must(t, err)
	plan, err := NewPlan(t.Context(), newer, spec, PlanOptions{Root: root, Previous: previous})
	must(t, err)
	if len(plan.Conflicts) > 0 {
		t.Errorf("conflicts %+v", plan.Conflicts)
	}
	equalLines(t, "removed", plan.Remove, "/srv/app/there/y", "/srv/app/old/x", "/srv/app/old", "/srv/app/link", "/srv/app/both", "/srv/app/appspec.yml")
	equalLines(t, "written", plan.Installed(), "/srv/app/appspec.yml", "/srv/app/both", "/srv/app/link", "/srv/app/new", "/srv/app/there/y")
	equalLines(t, "the host", walkLines(t, os.DirFS(root)), "srv drwxr-xr-x", "srv/app drwxr-xr-x", "srv/app/there drwxr-xr-x", "srv/app/there/own -rw-r--r--")
}

// TestHistorySpec reads the AppSpec file of the last successful revision, and plans its scripts.
func TestHistorySpec(t *testing.T) {
	h := newHost(t)
	none, err := ReadHistory(h.opts.Dir, GroupID("shop", "web"))
	must(t, err)
	if spec, fsys, err := none.Spec(appspec.AgentV1); spec != nil || fsys != nil || err != nil {
		t.Errorf("without history: %v, %v, %v", spec, fsys, err)
	}
	h.run(t, h.deployment(t, files{"appspec.yml": "version: 0.0\nos: linux\nhooks:\n  ApplicationStop:\n    - location: stop.sh\n", "stop.sh": "0755 #!/bin/sh\n"}))
	history, err := ReadHistory(h.opts.Dir, GroupID("shop", "web"))
	must(t, err)
	var opts PlanOptions
	opts.LastSuccessful, opts.LastRevision, err = history.Spec(appspec.AgentV1)
	must(t, err)
	events := PlanEvents(os.DirFS(t.TempDir()), &appspec.Spec{OS: "linux"}, opts)
	if events[0].Name != "ApplicationStop" || !events[0].Previous || len(events[0].Scripts) != 1 || events[0].Scripts[0].Missing {
		t.Errorf("%+v", events[0])
	}
	must(t, os.WriteFile(history.Revision+"/appspec.yml", []byte("version: 1\n"), 0o644))
	if _, _, err := history.Spec(appspec.AgentV1); err == nil || !strings.Contains(err.Error(), "last successful revision") {
		t.Errorf("a file that the agent refuses: %v", err)
	}
	must(t, os.Remove(history.Revision+"/appspec.yml"))
	if _, _, err := history.Spec(appspec.AgentV1); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a missing file: %v", err)
	}
}
