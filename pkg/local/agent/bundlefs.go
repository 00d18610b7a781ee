package agent

import (
	"errors"
	"io/fs"
	"os"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/cdx-deploy/cdx/pkg/bundle"
)

// BundleFS returns the revision that the agent would unpack from a tree's bundle, without a bundle
// having been made: what [NewPlan] plans for it is what a deployment of it installs. Contents are read
// from the tree's sources when a file is opened.
func BundleFS(tree *bundle.Tree) fs.FS {
	b := &bundleFS{nodes: map[string]*bundleNode{}, children: map[string][]fs.DirEntry{}}
	entries := tree.Entries()
	nodes := make([]bundleNode, len(entries))
	for i := range entries {
		nodes[i] = bundleNode{&entries[i], unpackedMode(tree.Type(), entries[i].Mode)}
		b.nodes[entries[i].Path] = &nodes[i]
		parent := path.Dir(entries[i].Path)
		b.children[parent] = append(b.children[parent], &nodes[i])
	}
	for _, children := range b.children {
		slices.SortFunc(children, func(a, b fs.DirEntry) int { return strings.Compare(a.Name(), b.Name()) })
	}
	return b
}

// unpackedMode is the mode that an entry has once it is unpacked; see [zipMode].
func unpackedMode(kind bundle.Type, mode fs.FileMode) fs.FileMode {
	switch {
	case kind != bundle.Zip || mode&fs.ModeSymlink != 0:
		return mode
	case mode.Perm() != 0:
		return mode.Type() | mode.Perm()
	case mode.IsDir():
		return fs.ModeDir | 0o755
	}
	return 0o644
}

// bundleFS is a tree's bundle as a file system. It implements [fs.ReadLinkFS].
type bundleFS struct {
	nodes    map[string]*bundleNode // by path, without the root
	children map[string][]fs.DirEntry
}

var (
	_ fs.ReadDirFS  = (*bundleFS)(nil)
	_ fs.ReadLinkFS = (*bundleFS)(nil)
	_ fs.StatFS     = (*bundleFS)(nil)
)

// bundleNode is an entry as a folder lists it.
type bundleNode struct {
	entry *bundle.Entry
	mode  fs.FileMode
}

func (n *bundleNode) Name() string               { return path.Base(n.entry.Path) }
func (n *bundleNode) Size() int64                { return n.entry.Size }
func (n *bundleNode) Mode() fs.FileMode          { return n.mode }
func (n *bundleNode) ModTime() time.Time         { return n.entry.ModTime }
func (n *bundleNode) IsDir() bool                { return n.mode.IsDir() }
func (n *bundleNode) Type() fs.FileMode          { return n.mode.Type() }
func (n *bundleNode) Sys() any                   { return nil }
func (n *bundleNode) Info() (fs.FileInfo, error) { return n, nil }

// Lstat implements [fs.ReadLinkFS].
func (b *bundleFS) Lstat(name string) (fs.FileInfo, error) {
	if name == "." {
		return dirInfo{}, nil
	}
	if node := b.nodes[name]; node != nil {
		return node, nil
	}
	return nil, &fs.PathError{Op: "lstat", Path: name, Err: fs.ErrNotExist}
}

// ReadLink implements [fs.ReadLinkFS].
func (b *bundleFS) ReadLink(name string) (string, error) {
	node := b.nodes[name]
	switch {
	case node == nil:
		return "", &fs.PathError{Op: "readlink", Path: name, Err: fs.ErrNotExist}
	case node.mode&fs.ModeSymlink == 0:
		return "", &fs.PathError{Op: "readlink", Path: name, Err: fs.ErrInvalid}
	}
	return node.entry.Target, nil
}

// Stat implements [fs.StatFS]. Links are followed inside of the bundle.
func (b *bundleFS) Stat(name string) (fs.FileInfo, error) {
	if _, info := (sources{b}).find(name, true); info != nil {
		return info, nil
	}
	return nil, &fs.PathError{Op: "stat", Path: name, Err: fs.ErrNotExist}
}

// ReadDir implements [fs.ReadDirFS].
func (b *bundleFS) ReadDir(name string) ([]fs.DirEntry, error) {
	if node := b.nodes[name]; name != "." && (node == nil || !node.IsDir()) {
		return nil, &fs.PathError{Op: "readdir", Path: name, Err: fs.ErrNotExist}
	}
	return b.children[name], nil
}

// Open implements [fs.FS] for files, whose contents are those of their sources. Folders are read by
// ReadDir.
func (b *bundleFS) Open(name string) (fs.File, error) {
	found, info := (sources{b}).find(name, true)
	switch {
	case info == nil:
		return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrNotExist}
	case info.IsDir():
		return nil, &fs.PathError{Op: "open", Path: name, Err: errors.ErrUnsupported}
	}
	return os.Open(b.nodes[found.real].entry.Source)
}
