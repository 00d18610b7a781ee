//go:build unix

package agent

import (
	"flag"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/codedeploy/types"

	"github.com/cdx-deploy/cdx/pkg/appspec"
)

var update = flag.Bool("update", false, "write the golden files")

// TestRevisions takes revisions like those in public repositories through plan and deployment. The
// plan is compared with a golden file, and the tree with the plan.
func TestRevisions(t *testing.T) {
	dirs, err := filepath.Glob("testdata/revisions/*/appspec.yml")
	must(t, err)
	if len(dirs) < 10 {
		t.Fatalf("only %d revisions", len(dirs))
	}
	for _, name := range dirs {
		dir := filepath.Dir(name)
		t.Run(filepath.Base(dir), func(t *testing.T) { checkRevision(t, dir) })
	}
}

func checkRevision(t *testing.T, dir string) {
	data, err := os.ReadFile(filepath.Join(dir, "appspec.yml"))
	must(t, err)
	spec, err := appspec.Parse("appspec.yml", data).Spec(appspec.AgentV1)
	if err != nil {
		spec, err = appspec.Parse("appspec.yml", data).Spec(appspec.AgentV2)
	}
	must(t, err)
	h := newHost(t)
	tree, copied := treeOf(t, dir), t.TempDir()
	tree.write(t, copied)
	d := h.deployment(t, tree)
	root, err := os.OpenRoot(copied)
	must(t, err)
	defer func() { must(t, root.Close()) }()
	plan, err := NewPlan(t.Context(), root.FS(), spec, PlanOptions{Root: h.opts.Root})
	must(t, err)
	result := h.run(t, d)
	golden(t, dir+".plan", describe(plan, result, h.opts.Dir))
	if result.Plan != nil {
		equalLines(t, "deployed steps", stepLines(result.Plan), stepLines(plan)...)
	}
	if eventOf(t, result, "Install").Status == types.LifecycleEventStatusSucceeded {
		checkTree(t, h, plan)
	}
}

// treeOf reads a folder of testdata. Of a file's mode git keeps only whether it can be executed.
func treeOf(t *testing.T, dir string) files {
	tree := files{}
	must(t, filepath.WalkDir(dir, func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		rel, err := filepath.Rel(dir, name)
		must(t, err)
		if entry.Type()&fs.ModeSymlink != 0 {
			target, err := os.Readlink(name)
			must(t, err)
			tree[rel] = "-> " + target
			return nil
		}
		info, err := entry.Info()
		must(t, err)
		data, err := os.ReadFile(name)
		must(t, err)
		tree[rel] = fmt.Sprintf("%04o %s", 0o644|info.Mode().Perm()&0o100/0o100*0o111, data)
		return nil
	}))
	return tree
}

// checkTree checks that every planned step is on the host, and nothing else.
func checkTree(t *testing.T, h *host, plan *Plan) {
	planned := map[string]bool{h.opts.Root: true}
	for _, step := range plan.Steps {
		planned[h.path(step.Path)] = true
		info, err := os.Lstat(h.path(step.Path))
		if err != nil {
			t.Error(err)
			continue
		}
		if info.Mode() != step.Mode && step.Link == "" {
			t.Errorf("%s has mode %v, planned is %v", step.Path, info.Mode(), step.Mode)
		}
	}
	must(t, filepath.WalkDir(h.opts.Root, func(name string, _ fs.DirEntry, err error) error {
		if name == h.path("/run") {
			return fs.SkipDir // what the hooks of the revisions write
		}
		if !planned[name] {
			t.Errorf("%s is on the host and not in the plan", name)
		}
		return err
	}))
}

// describe writes a plan and how its deployment went.
func describe(plan *Plan, result *Result, stateDir string) string {
	var b strings.Builder
	for _, line := range stepLines(plan) {
		fmt.Fprintln(&b, line)
	}
	for _, c := range plan.Conflicts {
		fmt.Fprintf(&b, "conflict: %s\n", c.Message)
	}
	for _, e := range plan.Events {
		for _, s := range e.Scripts {
			fmt.Fprintf(&b, "%s: %s, %v, runas %q, missing %v\n", e.Name, s.Location, s.Timeout, s.RunAs, s.Missing)
		}
	}
	for _, n := range plan.Notices {
		fmt.Fprintf(&b, "notice: %s: %s: %s\n", n.Kind, n.Where, n.Message)
	}
	for _, e := range result.Events {
		message := strings.ReplaceAll(e.Message, stateDir, "DIR")
		message = strings.ReplaceAll(message, GroupID("shop", "web"), "GROUP")
		fmt.Fprintf(&b, "%s %s %s %s\n", e.Name, e.Status, e.ErrorCode, message)
	}
	return b.String()
}

func golden(t *testing.T, name, got string) {
	t.Helper()
	if *update {
		must(t, os.WriteFile(name, []byte(got), 0o644))
	}
	want, err := os.ReadFile(name)
	must(t, err)
	if got != string(want) {
		t.Errorf("%s is not as expected (run with -update and look at the difference):\n%s", name, got)
	}
}
