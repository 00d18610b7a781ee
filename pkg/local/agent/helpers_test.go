//go:build unix

package agent

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"compress/gzip"
	"context"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/codedeploy/types"

	"github.com/cdx-deploy/cdx/pkg/appspec"
)

// files is a tree: path → contents. A path that ends in "/" is a folder; contents "-> x" are a link
// to x; "0755 text" gives a file a mode.
type files map[string]string

// node is one entry of a tree as files describes it.
type node struct {
	name    string
	mode    fs.FileMode
	content string
}

func (f files) nodes() []node {
	var nodes []node
	for _, name := range slices.Sorted(maps.Keys(f)) {
		content := f[name]
		n := node{name: strings.TrimSuffix(name, "/"), mode: 0o644, content: content}
		switch {
		case strings.HasSuffix(name, "/"):
			n.mode = fs.ModeDir | 0o755
		case strings.HasPrefix(content, "-> "):
			n.mode, n.content = fs.ModeSymlink|0o777, content[3:]
		case len(content) > 5 && content[0] == '0' && content[4] == ' ':
			var bits uint32
			if _, err := fmt.Sscanf(content[:4], "%o", &bits); err == nil {
				n.mode, n.content = unixMode(bits), content[5:]
			}
		}
		nodes = append(nodes, n)
	}
	return nodes
}

// write makes the tree below dir.
func (f files) write(t testing.TB, dir string) {
	t.Helper()
	for _, n := range f.nodes() {
		name := filepath.Join(dir, filepath.FromSlash(n.name))
		must(t, os.MkdirAll(filepath.Dir(name), 0o755))
		switch {
		case n.mode.IsDir():
			must(t, os.MkdirAll(name, 0o755))
		case n.mode&fs.ModeSymlink != 0:
			must(t, os.Symlink(n.content, name))
		default:
			must(t, os.WriteFile(name, []byte(n.content), 0o644))
			must(t, os.Chmod(name, n.mode))
		}
	}
}

// zip packs the tree.
func (f files) zip(t testing.TB) []byte {
	t.Helper()
	var out bytes.Buffer
	w := zip.NewWriter(&out)
	for _, n := range f.nodes() {
		name := n.name
		if n.mode.IsDir() {
			name += "/"
		}
		header := &zip.FileHeader{Name: name, Method: zip.Deflate, Modified: time.Unix(1700000000, 0)}
		header.SetMode(n.mode)
		entry, err := w.CreateHeader(header)
		must(t, err)
		if !n.mode.IsDir() {
			_, err = io.WriteString(entry, n.content)
			must(t, err)
		}
	}
	must(t, w.Close())
	return out.Bytes()
}

// tar packs the tree.
func (f files) tar(t testing.TB) []byte {
	t.Helper()
	var out bytes.Buffer
	w := tar.NewWriter(&out)
	for _, n := range f.nodes() {
		h := &tar.Header{Name: n.name, Mode: int64(n.mode.Perm()), Typeflag: tar.TypeReg, Size: int64(len(n.content)), ModTime: time.Unix(1700000000, 0)}
		switch {
		case n.mode.IsDir():
			h.Typeflag, h.Size, h.Name = tar.TypeDir, 0, n.name+"/"
		case n.mode&fs.ModeSymlink != 0:
			h.Typeflag, h.Size, h.Linkname = tar.TypeSymlink, 0, n.content
		}
		must(t, w.WriteHeader(h))
		if h.Typeflag == tar.TypeReg {
			_, err := io.WriteString(w, n.content)
			must(t, err)
		}
	}
	must(t, w.Close())
	return out.Bytes()
}

func gzipped(t testing.TB, data []byte) []byte {
	t.Helper()
	var out bytes.Buffer
	w := gzip.NewWriter(&out)
	_, err := w.Write(data)
	must(t, err)
	must(t, w.Close())
	return out.Bytes()
}

// readTree describes everything below dir: "mode contents", "mode -> target" or "mode folder".
func readTree(t testing.TB, dir string) map[string]string {
	t.Helper()
	tree := map[string]string{}
	err := filepath.WalkDir(dir, func(name string, entry fs.DirEntry, err error) error {
		if err != nil || name == dir {
			return err
		}
		info, err := entry.Info()
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(dir, name)
		if err != nil {
			return err
		}
		description := "folder"
		switch {
		case info.Mode()&fs.ModeSymlink != 0:
			target, err := os.Readlink(name)
			must(t, err)
			description = "-> " + target
		case !info.IsDir():
			data, err := os.ReadFile(name)
			must(t, err)
			description = string(data)
		}
		mode := info.Mode().String()
		if info.Mode()&fs.ModeSymlink != 0 {
			mode = "link"
		}
		tree["/"+filepath.ToSlash(rel)] = mode + " " + description
		return nil
	})
	must(t, err)
	return tree
}

// tempDir is a temporary folder that goes even if the modes of what is in it forbid it.
func tempDir(t testing.TB) string {
	t.Helper()
	dir := t.TempDir()
	t.Cleanup(func() { must(t, removeAll(dir)) })
	return dir
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// specOf parses an AppSpec file for linux; the text is what follows its first two lines.
func specOf(t testing.TB, text string) *appspec.Spec {
	t.Helper()
	spec, err := appspec.Parse("appspec.yml", []byte("version: 0.0\nos: linux\n"+text)).Spec(appspec.AgentV1)
	must(t, err)
	return spec
}

// host is a machine to deploy to.
type host struct {
	opts   Options
	events []Event
	number int
}

func newHost(t testing.TB) *host {
	t.Helper()
	dir := tempDir(t)
	h := &host{}
	h.opts = Options{
		Dir: filepath.Join(dir, "state"), Root: filepath.Join(dir, "root"), RunHooks: true, KillAfter: 200 * time.Millisecond,
		Environ: []string{"PATH=" + os.Getenv("PATH"), "AWS_SECRET_ACCESS_KEY=secret", "LANG=C"},
		OnEvent: func(e Event) { h.events = append(h.events, e) },
	}
	return h
}

// deployment returns a deployment whose bundle is a zip of a tree.
func (h *host) deployment(t testing.TB, tree files) Deployment {
	t.Helper()
	h.number++
	bundle := tree.zip(t)
	h.opts.Fetch = func(_ context.Context, _ *types.RevisionLocation, w io.Writer) (Fetched, error) {
		_, err := w.Write(bundle)
		return Fetched{ETag: `"etag-1"`}, err
	}
	return Deployment{
		ID: fmt.Sprintf("d-%09d", h.number), Application: "shop", DeploymentGroup: "web", Vouched: true,
		Revision: &types.RevisionLocation{RevisionType: types.RevisionLocationTypeS3, S3Location: &types.S3Location{
			Bucket: aws.String("bundles"), Key: aws.String("shop/1.zip"), BundleType: types.BundleTypeZip, ETag: aws.String("etag-1"),
		}},
	}
}

// deploy deploys a tree and returns how its events ended.
func (h *host) deploy(t testing.TB, tree files) *Result {
	t.Helper()
	return h.run(t, h.deployment(t, tree))
}

func (h *host) run(t testing.TB, d Deployment) *Result {
	t.Helper()
	h.events = nil
	result, err := Deploy(t.Context(), d, h.opts)
	must(t, err)
	return result
}

// path returns the file of a path of the host.
func (h *host) path(name string) string { return filepath.Join(h.opts.Root, filepath.FromSlash(name)) }

func (h *host) read(t testing.TB, name string) string {
	t.Helper()
	data, err := os.ReadFile(h.path(name))
	must(t, err)
	return string(data)
}

func (h *host) has(name string) bool {
	_, err := os.Lstat(h.path(name))
	return err == nil
}

// eventOf returns an event of a result.
func eventOf(t testing.TB, result *Result, name string) Event {
	t.Helper()
	for _, e := range result.Events {
		if e.Name == name {
			return e
		}
	}
	t.Fatalf("no event %s in %v", name, result.Events)
	return Event{}
}

// statuses returns "Name Status" of all events.
func statuses(result *Result) []string {
	var all []string
	for _, e := range result.Events {
		all = append(all, e.Name+" "+string(e.Status))
	}
	return all
}

// stepLines describes a plan's steps: path, mode and what it is.
func stepLines(plan *Plan) []string {
	var lines []string
	for _, s := range plan.Steps {
		line := s.Mode.String() + " " + s.Path
		switch {
		case s.Link != "":
			line = "link " + s.Path + " -> " + s.Link
		case s.Source != "":
			line += " <- " + s.Source
		}
		if s.Owner+s.Group != "" {
			line += " " + s.Owner + ":" + s.Group
		}
		lines = append(lines, line)
	}
	return lines
}

func messages(plan *Plan) []string {
	var all []string
	for _, c := range plan.Conflicts {
		all = append(all, c.Message)
	}
	return all
}

func equalLines(t *testing.T, what string, got []string, want ...string) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Errorf("%s:\n%s\nwant:\n%s", what, strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// treeLines is a tree for comparing.
func treeLines(tree map[string]string) []string {
	var lines []string
	for _, name := range slices.Sorted(maps.Keys(tree)) {
		lines = append(lines, name+" "+tree[name])
	}
	return lines
}

func contains(t *testing.T, what, got, want string) {
	t.Helper()
	if !strings.Contains(got, want) {
		t.Errorf("%s = %q, want it to contain %q", what, got, want)
	}
}
