package diff_test

import (
	"bytes"
	"fmt"
	"io/fs"
	"maps"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/cdx-deploy/cdx/pkg/bundle"
	"github.com/cdx-deploy/cdx/pkg/diff"
)

// tree is what a directory holds, as write takes it.
type tree map[string]string

// randomTree makes files in a few folders. Empty folders and links are among them.
func randomTree(r *rand.Rand) tree {
	t := tree{"appspec.yml": plainAppSpec}
	for i := range 3 + r.IntN(20) {
		t.add(r, fmt.Sprintf("%c/%c%d", 'a'+rune(r.IntN(4)), 'a'+rune(r.IntN(4)), i))
	}
	return t
}

// names with what patches and archives may trip over.
var odd = []string{"", " with blanks", "-ü", "\tand tab", `"quoted"`}

func (t tree) add(r *rand.Rand, name string) {
	name += odd[r.IntN(len(odd))]
	switch r.IntN(10) {
	case 0:
		t[name+"/"] = ""
	case 1:
		t[name] = fmt.Sprintf("-> target%d", r.IntN(5))
	case 2:
		t[name] = ""
	case 3:
		t[name] = "!" + randomText(r)
	case 4:
		t[name] = "binary\x00" + randomText(r)
	default:
		t[name] = randomText(r)
	}
}

func randomText(r *rand.Rand) string {
	var b strings.Builder
	for range 1 + r.IntN(30) {
		fmt.Fprintf(&b, "line %d\n", r.IntN(10))
	}
	if r.IntN(3) == 0 {
		b.WriteString("no end of line")
	}
	return b.String()
}

// edited changes a tree at random and tells what the difference has to be.
func edited(r *rand.Rand, before tree) (after tree, want []string) {
	after = maps.Clone(before)
	for _, name := range slices.Sorted(maps.Keys(before)) {
		content, path := before[name], strings.TrimSuffix(name, "/")
		isFile := name == path && !strings.HasPrefix(content, "-> ")
		if name == "appspec.yml" {
			continue
		}
		switch action := r.IntN(12); {
		case action == 0:
			delete(after, name)
			want = append(want, "removed "+path)
		case action == 1 && isFile:
			after[name] = content + "more\n"
			want = append(want, "changed "+path+" contents")
		case action == 2 && isFile && strings.HasPrefix(content, "!"):
			after[name] = content[1:]
			want = append(want, "changed "+path+" mode")
		case action == 2 && isFile:
			after[name] = "!" + content
			want = append(want, "changed "+path+" mode")
		case action == 3 && len(content) > 1 && isFile && !strings.HasPrefix(content, "!"): // the same size
			after[name] = "!X" + content[1:]
			want = append(want, "changed "+path+" contents mode")
		case action == 4 && isFile:
			after[name] = "-> elsewhere"
			want = append(want, "changed "+path+" type")
		case action == 5 && strings.HasPrefix(content, "-> "):
			after[name] = content + "x"
			want = append(want, "changed "+path+" contents")
		case action == 6 && strings.HasPrefix(content, "-> "):
			after[name] = "a file\n"
			want = append(want, "changed "+path+" type")
		case action == 7 && name == path:
			delete(after, name)
			after[name+"/below"] = "x\n"
			want = append(want, "changed "+path+" type", "added "+path+"/below")
		}
	}
	for i := range r.IntN(4) {
		extra := tree{}
		extra.add(r, fmt.Sprintf("new/%d", i))
		for name, content := range extra {
			after[name] = content
			want = append(want, "added "+strings.TrimSuffix(name, "/"))
		}
	}
	slices.SortFunc(want, func(a, b string) int { return strings.Compare(changedPath(a), changedPath(b)) })
	return after, want
}

// changedPath is the path of a line of want.
func changedPath(line string) string {
	_, path, _ := strings.Cut(line, " ")
	for _, suffix := range []string{" contents mode", " contents", " mode", " type"} {
		path = strings.TrimSuffix(path, suffix)
	}
	return path
}

// TestEditsAreFound makes a random tree, pushes it, edits it at random, and expects the
// difference to be the edits, and the patch to make them.
func TestEditsAreFound(t *testing.T) {
	t.Parallel()
	b := newBucket(t)
	kinds := []bundle.Type{bundle.Zip, bundle.Tar, bundle.TGZ}
	for seed := range uint64(50) {
		r := rand.New(rand.NewPCG(seed, 1))
		before := randomTree(r)
		after, want := edited(r, before)
		kind := kinds[r.IntN(len(kinds))]
		old, dir := write(t, before), write(t, after)
		data, digest := bundled(t, selected(t, old, kind))
		if r.IntN(2) == 0 {
			digest = ""
		}
		opened, err := diff.Open(t.Context(), b.client, b.put(t, fmt.Sprintf("%d.%s", seed, kind), data, digest), diff.Options{})
		must(t, err)
		d, err := opened.Compare(t.Context(), selected(t, dir, bundle.Zip))
		must(t, err)
		if got := lines(d); !slices.Equal(got, want) {
			t.Fatalf("seed %d, %s:\n  %s\nwant:\n  %s", seed, kind, strings.Join(got, "\n  "), strings.Join(want, "\n  "))
		}
		applies(t, seed, d, old, dir, binaries(before, after))
	}
}

// binaries are the files that a patch leaves out.
func binaries(before, after tree) map[string]bool {
	all := make(map[string]bool)
	for _, t := range []tree{before, after} {
		for name, content := range t {
			if strings.Contains(content, "\x00") {
				all[name] = true
			}
		}
	}
	return all
}

// applies sees that git and patch make one directory of the other by the patch.
func applies(t *testing.T, seed uint64, d *diff.Difference, old, dir string, binaries map[string]bool) {
	t.Helper()
	var patch bytes.Buffer
	done, err := d.Patch(t.Context(), &patch)
	must(t, err)
	for _, name := range done.Binary {
		if !binaries[name] || !strings.Contains(patch.String(), "Binary files ") {
			t.Errorf("seed %d: %s is left out of the patch", seed, name)
		}
	}
	blocked := slices.ContainsFunc(d.Changes, func(c diff.Change) bool { return toFolder(c) && binaries[c.Path] })
	if done.Files == 0 || blocked { // by a file that is no text, which the patch cannot take away
		return
	}
	want := contentsOf(t, dir, binaries)
	for _, program := range [][]string{{"git", "apply", "--unsafe-paths"}, {"patch", "-s", "-p1", "-f"}} {
		if _, err := exec.LookPath(program[0]); err != nil || program[0] == "patch" && slices.ContainsFunc(d.Changes, toFolder) {
			continue
		}
		work := t.TempDir()
		must(t, os.CopyFS(work, os.DirFS(old)))
		command := exec.CommandContext(t.Context(), program[0], program[1:]...)
		command.Dir, command.Stdin = work, bytes.NewReader(patch.Bytes())
		command.Env = append(os.Environ(), "GIT_CEILING_DIRECTORIES="+filepath.Dir(work))
		if out, err := command.CombinedOutput(); err != nil {
			t.Fatalf("seed %d: %v: %v\n%s\n%s", seed, program, err, out, patch.Bytes())
		}
		if got := contentsOf(t, work, binaries); !maps.Equal(got, want) {
			t.Fatalf("seed %d: %v made\n%q\nwant\n%q\nof\n%s", seed, program, got, want, patch.Bytes())
		}
	}
}

// toFolder reports a folder in a file's place, which GNU patch refuses to make.
func toFolder(c diff.Change) bool { return c.Type() && c.New.Mode.IsDir() }

// contentsOf are the files and links of a directory as git knows them.
func contentsOf(t *testing.T, dir string, without map[string]bool) map[string]string {
	t.Helper()
	all := make(map[string]string)
	must(t, filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		name, _ := filepath.Rel(dir, path)
		if err != nil || entry.IsDir() || without[name] {
			return err
		}
		if entry.Type()&fs.ModeSymlink != 0 {
			target, err := os.Readlink(path)
			all[name] = "-> " + target
			return err
		}
		data, err := os.ReadFile(path)
		must(t, err)
		info, err := entry.Info()
		all[name] = fmt.Sprint(info.Mode()&0o100 != 0, " ", string(data))
		return err
	}))
	return all
}
