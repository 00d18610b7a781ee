package main

import (
	"context"
	"encoding/json"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/cdx-deploy/cdx/pkg/appspec"
	"github.com/cdx-deploy/cdx/pkg/bundle"
	"github.com/cdx-deploy/cdx/pkg/local/agent"
)

// writeBundle bundles a directory: bundle DIR FILE, with the type of the file's suffix.
func writeBundle(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: bundle DIR FILE")
	}
	kind, _ := bundle.TypeForKey(args[1])
	ctx := context.Background()
	tree, err := bundle.Select(ctx, ts.MkAbs(args[0]), bundle.Options{Type: kind})
	ts.Check(err)
	_, err = tree.Hash(ctx)
	ts.Check(err)
	file, err := os.Create(ts.MkAbs(args[1]))
	ts.Check(err)
	_, err = tree.Write(ctx, file)
	ts.Check(err)
	ts.Check(file.Close())
}

// copyRevision copies a revision of the agent's tests: revision NAME.
func copyRevision(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: revision NAME")
	}
	ts.Check(os.CopyFS(ts.MkAbs(args[0]), os.DirFS(filepath.Join(ts.Getenv("REVISIONS"), args[0]))))
}

// isPlanned demands that a folder holds exactly what a plan says: planned JSON ROOT.
func isPlanned(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: planned JSON ROOT")
	}
	var plans struct {
		Plans []struct {
			Steps []struct{ Path, Type, Target, Mode string }
		}
	}
	ts.Check(json.Unmarshal([]byte(ts.ReadFile(args[0])), &plans))
	var want []string
	for _, step := range plans.Plans[0].Steps {
		if step.Type == "link" {
			step.Mode = "link to " + step.Target
		}
		want = append(want, step.Path+" "+step.Type+" "+step.Mode)
	}
	slices.Sort(want)
	if got := treeLines(ts, ts.MkAbs(args[1])); !slices.Equal(got, want) {
		ts.Fatalf("installed:\n%s\nplanned:\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// treeLines lists what is in a folder in the form of [isPlanned].
func treeLines(ts *testscript.TestScript, root string) (lines []string) {
	ts.Check(filepath.WalkDir(root, func(name string, entry fs.DirEntry, err error) error {
		if err != nil || name == root {
			return err
		}
		info, err := entry.Info()
		if err != nil {
			return err
		}
		kind, mode := "file", modeText(info.Mode())
		switch {
		case entry.IsDir():
			kind = "folder"
		case entry.Type()&fs.ModeSymlink != 0:
			target, err := os.Readlink(name)
			if err != nil {
				return err
			}
			kind, mode = "link", "link to "+target
		}
		lines = append(lines, strings.TrimPrefix(name, root)+" "+kind+" "+mode)
		return nil
	}))
	slices.Sort(lines)
	return lines
}

// modeText is a mode in four octal digits.
func modeText(mode fs.FileMode) string {
	special := 0
	for i, bit := range []fs.FileMode{fs.ModeSticky, fs.ModeSetgid, fs.ModeSetuid} {
		if mode&bit != 0 {
			special |= 1 << i
		}
	}
	digits := []byte{byte('0' + special), byte('0' + mode.Perm()>>6), byte('0' + mode.Perm()>>3&7), byte('0' + mode.Perm()&7)}
	return string(digits)
}

// canIsolate reports whether hooks can be isolated here.
func canIsolate() bool {
	dir, err := os.MkdirTemp("", "isolate")
	if err != nil {
		return false
	}
	defer os.RemoveAll(dir)
	program, err := exec.LookPath("cdx")
	if err != nil {
		return false
	}
	return agent.CheckIsolation(agent.Isolation{Helper: []string{program, helperCommand}}, dir) == nil
}

// TestBundlesWithoutAppSpec: exit 3, as for directories.
func TestBundlesWithoutAppSpec(t *testing.T) {
	for name, want := range map[string]string{
		"appspec.yaml": "bundle x.zip has no appspec.yml in its root, but appspec.yaml",
		"index.html":   "bundle x.zip has no appspec.yml in its root",
	} {
		_, err := bundledAppSpec("x.zip", fstest.MapFS{name: {}})
		if err == nil || err.Error() != want || codeOf(err) != exitAppSpec || hintOf(err) == "" {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestLargeAppSpecInABundle: a bundle may hold an AppSpec file of any size, of which no
// more is read than shows that it is too large.
func TestLargeAppSpecInABundle(t *testing.T) {
	files := fstest.MapFS{appspec.FileName: {Data: make([]byte, 3*appspec.MaxSize)}}
	content, err := appSpecContent(files, appspec.FileName)
	if err != nil || len(content) != appspec.MaxSize+1 {
		t.Fatalf("read %d bytes, %v", len(content), err)
	}
	if _, err := appspec.Parse(appspec.FileName, content).Spec(appspec.AgentV1); err == nil {
		t.Error("it is taken for a revision's")
	}
}
