package diff

import (
	"io/fs"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/cdx-deploy/cdx/pkg/bundle"
)

const (
	maxEntries    = 1_000_000
	maxNameBytes  = 64 << 20 // of all names and link targets together
	maxLinkTarget = 4096     // as on Linux
)

// node is a file, folder or link of one side.
type node struct {
	mode      fs.FileMode // type, and the permissions as unpacked
	modeKnown bool
	size      int64  // of a file's content, or of a link's target
	sum       string // of the same: what two sides are compared by; empty for folders
	target    string // of a link
	unread    bool   // the target is not known yet
	at        int    // the entry of the archive, or of the tree, that holds the content
}

func (n *node) isFile() bool   { return n.mode.IsRegular() }
func (n *node) isFolder() bool { return n.mode.IsDir() }
func (n *node) isLink() bool   { return n.mode&fs.ModeSymlink != 0 }

// file is the node as a change shows it; nil for nil.
func (n *node) file() *File {
	if n == nil {
		return nil
	}
	f := &File{Mode: n.mode, ModeKnown: n.modeKnown, Target: n.target}
	if n.isFile() {
		f.Size = n.size
	}
	return f
}

// nodes are the entries of an archive by path.
type nodes struct {
	byPath    map[string]*node
	entries   int
	nameBytes int
}

func newNodes() *nodes { return &nodes{byPath: make(map[string]*node)} }

// add adds an entry; a later one takes the place of an earlier one of its name.
func (n *nodes) add(name string, entry *node) error {
	n.entries++
	n.nameBytes += len(name) + len(entry.target)
	if n.entries > maxEntries {
		return &LimitError{What: "entries", Limit: maxEntries}
	}
	if n.nameBytes > maxNameBytes {
		return &LimitError{What: "bytes of names", Limit: maxNameBytes}
	}
	clean, err := cleanName(name)
	if err != nil {
		return err
	}
	if clean != "." {
		n.byPath[clean] = entry
	}
	return nil
}

// cleanName turns an entry's name into a path below the root. Leading slashes are
// dropped, as tar and unzip do. The root itself is ".".
func cleanName(name string) (string, error) {
	clean := path.Clean(strings.TrimLeft(name, "/"))
	if strings.ContainsRune(name, 0) || slices.Contains(strings.Split(name, "/"), "..") || !filepath.IsLocal(filepath.FromSlash(clean)) {
		return "", &UnsafeNameError{Name: name}
	}
	return clean, nil
}

// addFolders adds the folders that show only in the paths of what they hold. Of their
// modes nothing is known.
func addFolders(byPath map[string]*node) {
	var missing []string
	for name := range byPath {
		missing = append(missing, name)
	}
	for _, name := range missing {
		for parent := path.Dir(name); parent != "." && byPath[parent] == nil; parent = path.Dir(parent) {
			byPath[parent] = &node{mode: fs.ModeDir}
		}
	}
}

// unwrapped is what the agent leaves of a bundle: one whose only root entry is a folder
// that holds a name like "appspec" is that folder.
// Source: aws/aws-codedeploy-agent command_executor.rb unpack_bundle.
func unwrapped(byPath map[string]*node) map[string]*node {
	only, isLike := "", false
	for name := range byPath {
		first, rest, _ := strings.Cut(name, "/")
		if only != "" && only != first {
			return byPath
		}
		only = first
		isLike = isLike || !strings.Contains(rest, "/") && strings.Contains(strings.ToLower(rest), "appspec")
	}
	if !isLike || !byPath[only].isFolder() {
		return byPath
	}
	inner := make(map[string]*node, len(byPath))
	for name, entry := range byPath {
		if rest, ok := strings.CutPrefix(name, only+"/"); ok {
			inner[rest] = entry
		}
	}
	return inner
}

// unpackedMode is a mode as it is once it is unpacked: unzip drops the set-user, set-group
// and sticky bits, and gives what has no permissions at all those of a new file or folder.
func unpackedMode(kind bundle.Type, mode fs.FileMode) fs.FileMode {
	switch {
	case mode&fs.ModeSymlink != 0:
		return fs.ModeSymlink | fs.ModePerm
	case kind != bundle.Zip:
		return mode
	case mode.Perm() != 0:
		return mode&fs.ModeDir | mode.Perm()
	case mode.IsDir():
		return fs.ModeDir | 0o755
	}
	return 0o644
}

// treeNodes are the entries of a tree by path, without their sums.
func treeNodes(tree *bundle.Tree) map[string]*node {
	entries := tree.Entries()
	byPath := make(map[string]*node, len(entries))
	all := make([]node, len(entries))
	for i := range entries {
		e := &entries[i]
		all[i] = node{mode: unpackedMode(tree.Type(), e.Mode), modeKnown: true, size: e.Size, target: e.Target, at: i}
		if all[i].isLink() {
			all[i].size = int64(len(e.Target))
		}
		byPath[e.Path] = &all[i]
	}
	addFolders(byPath)
	return byPath
}
