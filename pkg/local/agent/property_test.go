//go:build unix

package agent

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/codedeploy/types"

	"github.com/cdx-deploy/cdx/pkg/appspec"
)

// model is a file system in memory, to compare a real one with. It knows nothing of the planner.
type model map[string]*modelNode

type modelNode struct {
	mode    fs.FileMode
	content string // a file's contents or a link's target
}

// resolve follows links as the host would; it returns the clean path.
func (m model) resolve(p string, follow bool) string {
	for range 100 {
		parts := strings.Split(strings.Trim(p, "/"), "/")
		for i := range parts {
			at := "/" + path.Join(parts[:i+1]...)
			n := m[at]
			if n == nil || n.mode&fs.ModeSymlink == 0 || i == len(parts)-1 && !follow {
				continue
			}
			target := n.content
			if !path.IsAbs(target) {
				target = path.Join(path.Dir(at), target)
			}
			p = path.Join(append([]string{target}, parts[i+1:]...)...)
			break
		}
		if p = path.Join("/", p); p == m.plain(p, follow) {
			return p
		}
	}
	return p
}

// plain returns p when no link is on the way, else something else.
func (m model) plain(p string, follow bool) string {
	for at := p; at != "/"; at = path.Dir(at) {
		if n := m[at]; n != nil && n.mode&fs.ModeSymlink != 0 && (at != p || follow) {
			return ""
		}
	}
	return p
}

// apply does what a plan says.
func (m model) apply(plan *Plan, revision string, t *testing.T) {
	for _, at := range plan.Remove {
		delete(m, m.resolve(at, false))
	}
	for _, step := range plan.Steps[:plan.reached()] {
		switch {
		case step.Mode.IsDir():
			mode := step.Mode
			if len(plan.Conflicts) > 0 {
				mode = fs.ModeDir | 0o755
			}
			m[m.resolve(step.Path, true)] = &modelNode{mode: mode}
		case step.Link != "":
			m[m.resolve(step.Path, false)] = &modelNode{mode: step.Mode, content: step.Link}
		default:
			data, err := os.ReadFile(filepath.Join(revision, step.Source))
			must(t, err)
			if int64(len(data)) != step.Size {
				t.Errorf("%s is planned with %d bytes and has %d", step.Path, step.Size, len(data))
			}
			m[m.resolve(step.Path, true)] = &modelNode{mode: step.Mode &^ foreignBits, content: string(data)}
		}
	}
}

// readModel reads a folder into a model.
func readModel(t *testing.T, dir string) model {
	m := model{}
	must(t, filepath.WalkDir(dir, func(name string, entry fs.DirEntry, err error) error {
		if err != nil || name == dir {
			return err
		}
		info, err := entry.Info()
		if err != nil {
			return err
		}
		n := &modelNode{mode: info.Mode()}
		switch {
		case info.Mode()&fs.ModeSymlink != 0:
			n.mode = fs.ModeSymlink | 0o777
			n.content, err = os.Readlink(name)
		case info.Mode().IsRegular():
			var data []byte
			data, err = os.ReadFile(name)
			n.content = string(data)
		}
		m[strings.TrimPrefix(name, dir)] = n
		return err
	}))
	return m
}

func (m model) lines() []string {
	var lines []string
	for name, n := range m {
		lines = append(lines, fmt.Sprintf("%s %v %q", name, n.mode, n.content))
	}
	slices.Sort(lines)
	return lines
}

// chance makes random trees and AppSpec files, small enough to collide often.
type chance struct{ *rand.Rand }

func (c chance) pick(from ...string) string { return from[c.IntN(len(from))] }

func (c chance) path(depth int) string {
	parts := make([]string, 1+c.IntN(depth))
	for i := range parts {
		parts[i] = c.pick("a", "b", "c", "d.sh", "e f")
	}
	return path.Join(parts...)
}

// fill makes up to n files, links and folders below dir, as far as their names do not collide.
func (c chance) fill(t *testing.T, dir string, n int) {
	must(t, os.MkdirAll(dir, 0o755))
	for range n {
		name := filepath.Join(dir, c.path(4))
		if os.MkdirAll(filepath.Dir(name), 0o755) != nil {
			continue
		}
		switch c.IntN(8) {
		case 0:
			_ = os.MkdirAll(name, 0o755)
		case 1:
			_ = os.Symlink(c.pick("a", "b", "../a", "/a/b", "..", "/c", "none", "none/x", "../../../../x"), name)
		default:
			if _, err := os.Lstat(name); err == nil {
				continue
			}
			if os.WriteFile(name, []byte(c.pick("1", "22", "333")), 0o644) == nil {
				must(t, os.Chmod(name, fs.FileMode(0o400|c.IntN(0o400))))
			}
		}
	}
}

func (c chance) spec() *appspec.Spec {
	spec := &appspec.Spec{OS: "linux", FileExistsBehavior: c.pick("", "OVERWRITE", "OVERWRITE", "RETAIN", "DISALLOW")}
	for range 1 + c.IntN(3) {
		spec.Files = append(spec.Files, appspec.FileMapping{
			Source:      c.pick("/", c.path(2), c.path(1), c.path(3), "/"+c.path(1)),
			Destination: c.pick("/", "/"+c.path(3), "/"+c.path(2)+"/", "/"+c.path(2)+"/../"+c.path(1), c.path(1), "/../../"+c.path(1)),
		})
	}
	for range c.IntN(3) {
		spec.Permissions = append(spec.Permissions, appspec.Permission{
			Object: c.pick("/", "/"+c.path(3)), Pattern: c.pick("**", "**", "*", "*.sh", "a*"),
			Type: [][]string{{"file"}, {"directory"}, {"file", "directory"}}[c.IntN(3)],
			Mode: c.pick("", "700", "4755", "0640", "555"), Owner: c.pick("", "www"),
		})
	}
	return spec
}

// TestInstalledTreeIsThePlan deploys random revisions to random hosts, one over the other: the tree
// that is written is the planned one to the last bit, and nothing outside of the root changes.
func TestInstalledTreeIsThePlan(t *testing.T) {
	const rounds = 25
	planned, failed := 0, 0
	for seed := range uint64(rounds) {
		p, f := deployRandomly(t, seed)
		planned += p
		failed += f
	}
	t.Logf("%d steps carried out, %d of %d deployments failed as planned", planned, failed, 3*rounds)
	if planned == 0 || failed == 0 || failed == 3*rounds {
		t.Error("the revisions are not varied enough to show anything")
	}
}

// FuzzInstalledTreeIsThePlan does the same for as long as one likes.
func FuzzInstalledTreeIsThePlan(f *testing.F) {
	f.Add(uint64(134))
	f.Add(uint64(2076))
	f.Fuzz(func(t *testing.T, seed uint64) { deployRandomly(t, seed) })
}

// deployRandomly makes three deployments to a host. It returns how many steps were carried out and
// how many deployments failed as planned.
func deployRandomly(t *testing.T, seed uint64) (planned, failed int) {
	c := chance{rand.New(rand.NewPCG(seed, 7))}
	dir := tempDir(t)
	root, outside := filepath.Join(dir, "root"), filepath.Join(dir, "outside")
	files{"x": "untouched"}.write(t, outside)
	c.fill(t, root, c.IntN(8))
	var installed []string
	for number := range 3 {
		revision := filepath.Join(dir, fmt.Sprint("revision", number))
		c.fill(t, revision, 1+c.IntN(10))
		opts := PlanOptions{
			Root: root, Installed: installed, Agent: []appspec.Agent{appspec.AgentV1, appspec.AgentV2}[c.IntN(2)],
			FileExistsBehavior: types.FileExistsBehavior(c.pick("", "OVERWRITE", "RETAIN")),
		}
		var plan *Plan
		plan, installed = checkInstall(t, revision, c.spec(), opts)
		planned += plan.reached()
		if len(plan.Conflicts) > 0 {
			failed++
		}
		if t.Failed() {
			t.Fatalf("seed %d, deployment %d: %+v", seed, number, plan)
		}
	}
	equalLines(t, "outside", treeLines(readTree(t, outside)), "/x -rw-r--r-- untouched")
	return planned, failed
}

// checkInstall plans a revision, carries the plan out and compares.
func checkInstall(t *testing.T, revisionDir string, spec *appspec.Spec, opts PlanOptions) (*Plan, []string) {
	revision, err := os.OpenRoot(revisionDir)
	must(t, err)
	defer func() { must(t, revision.Close()) }()
	want := readModel(t, opts.Root)
	opts.MaxEntries = 2000
	plan, err := NewPlan(t.Context(), revision.FS(), spec, opts)
	var limit *LimitError
	if errors.As(err, &limit) {
		return &Plan{}, opts.Installed // two links that go in circles
	}
	must(t, err)
	equalLines(t, "the host after planning", readModel(t, opts.Root).lines(), want.lines()...)
	want.apply(plan, revisionDir, t)

	host, err := openHostRoot(opts.Root)
	must(t, err)
	defer func() { must(t, host.close()) }()
	var record bytes.Buffer
	in := &installer{host: host, revision: revision, record: &record}
	must(t, in.remove(t.Context(), plan))
	err = in.install(t.Context(), plan)
	if failure := plan.failure(); (failure == nil) != (err == nil) || failure != nil && err.Error() != failure.Message {
		t.Errorf("install = %v, planned failure %+v", err, failure)
	}
	equalLines(t, "the host after installing", readModel(t, opts.Root).lines(), want.lines()...)
	equalLines(t, "the record", strings.Split(strings.TrimSuffix(record.String(), "\n"), "\n"), strings.Split(strings.Join(plan.Installed(), "\n"), "\n")...)
	return plan, plan.Installed()
}
