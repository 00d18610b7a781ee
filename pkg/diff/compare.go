package diff

import (
	"bytes"
	"context"
	"hash"
	"io/fs"
	"path"
	"runtime"
	"sync"

	"github.com/cdx-deploy/cdx/pkg/bundle"
)

// maxWorkers bounds how many files are read at once.
const maxWorkers = 8

// Compare tells how a tree differs from the bundle.
//
// Errors: a [*ReplacedError] or [*GoneError], a [*BrokenError] (an [*UnsafeNameError] may
// be its cause), a [*LimitError], wrapped; a [*bundle.ChangedError] or
// [*bundle.UnreadableError]; the SDK's, ctx's or the file system's.
func (b *Bundle) Compare(ctx context.Context, tree *bundle.Tree) (*Difference, error) {
	tree = tree.OfType(b.kind)
	c := &comparison{bundle: b, tree: tree}
	d := &Difference{Basis: ByDigest, Entries: len(tree.Entries()), contents: c}
	if b.object.digest != "" {
		digest, err := tree.Hash(ctx)
		if err != nil || digest == b.object.digest {
			return d, err
		}
	}
	d.Basis = b.archive.basis()
	if err := c.list(ctx); err != nil {
		return nil, err
	}
	for _, entry := range c.old {
		d.ModesUnknown = d.ModesUnknown || entry.isFile() && !entry.modeKnown
	}
	d.Changes = c.changes()
	return d, c.complete(ctx, d)
}

// comparison is one call of [Bundle.Compare].
type comparison struct {
	bundle   *Bundle
	tree     *bundle.Tree
	old, new map[string]*node
}

// list lists both sides, and sums the files up whose sizes agree.
func (c *comparison) list(ctx context.Context) error {
	var err error
	if c.old, err = c.bundle.list(ctx); err != nil {
		return err
	}
	c.new = treeNodes(c.tree)
	var files []*node
	for name, entry := range c.new {
		old := c.old[name]
		switch {
		case old == nil || old.mode.Type() != entry.mode.Type() || old.size != entry.size:
		case entry.isLink():
			entry.sum = sumOf(c.bundle.archive.newHash(), []byte(entry.target))
		case entry.isFile():
			files = append(files, entry)
		}
	}
	if c.bundle.object.digest != "" && c.bundle.kind == bundle.Zip {
		return c.takeChecksums(ctx, files)
	}
	return c.sumUp(ctx, files)
}

// takeChecksums takes the CRC-32 of files from what the digest was made of.
func (c *comparison) takeChecksums(ctx context.Context, files []*node) error {
	sums, err := c.tree.Checksums(ctx)
	if err != nil {
		return err
	}
	for _, file := range files {
		file.sum = checksumText(sums[file.at])
	}
	return nil
}

// sumUp reads files on all cores.
func (c *comparison) sumUp(ctx context.Context, files []*node) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	next := make(chan *node)
	var group sync.WaitGroup
	for range min(runtime.GOMAXPROCS(0), maxWorkers) {
		group.Go(func() {
			sum := c.bundle.archive.newHash()
			for file := range next {
				sum.Reset()
				if err := c.tree.WriteContent(ctx, file.at, sum); err != nil {
					cancel(err)
				}
				file.sum = string(sum.Sum(nil))
			}
		})
	}
	for _, file := range files {
		if ctx.Err() != nil {
			break
		}
		next <- file
	}
	close(next)
	group.Wait()
	return context.Cause(ctx)
}

func sumOf(sum hash.Hash, data []byte) string {
	sum.Write(data)
	return string(sum.Sum(nil))
}

// changes compares the two sides, in no order.
func (c *comparison) changes() []Change {
	var changes []Change
	oldFull, newFull := full(c.old), full(c.new)
	for name, old := range c.old {
		if c.new[name] == nil && !(old.isFolder() && oldFull[name]) {
			changes = append(changes, Change{Path: name, Kind: Removed, Old: old.file(), Folder: onlyIn(name, c.new)})
		}
	}
	for name, entry := range c.new {
		old := c.old[name]
		if old == nil {
			if !(entry.isFolder() && newFull[name]) {
				changes = append(changes, Change{Path: name, Kind: Added, New: entry.file(), Folder: onlyIn(name, c.old)})
			}
			continue
		}
		change := Change{Path: name, Kind: Changed, Old: old.file(), New: entry.file()}
		change.Contents = differs(old, entry)
		change.Mode = !change.Type() && old.modeKnown && entry.modeKnown && permissions(old) != permissions(entry)
		if change.Contents || change.Mode {
			changes = append(changes, change)
		}
	}
	return changes
}

// onlyIn is the uppermost folder above a path that the other side does not have.
func onlyIn(name string, other map[string]*node) string {
	folder := ""
	for parent := path.Dir(name); parent != "." && other[parent] == nil; parent = path.Dir(parent) {
		folder = parent
	}
	return folder
}

// differs compares what two files or links hold.
func differs(old, entry *node) bool {
	if old.mode.Type() != entry.mode.Type() {
		return !old.isFolder() || !entry.isFolder()
	}
	return old.size != entry.size || old.sum != entry.sum
}

func permissions(n *node) fs.FileMode { return n.mode &^ fs.ModeType }

// full are the folders that hold anything.
func full(byPath map[string]*node) map[string]bool {
	folders := make(map[string]bool)
	for name := range byPath {
		folders[path.Dir(name)] = true
	}
	return folders
}

// complete adds what takes a look into contents: roles, the AppSpec file's difference, and
// where old links led.
func (c *comparison) complete(ctx context.Context, d *Difference) error {
	if len(d.Changes) == 0 {
		return nil
	}
	if err := c.readTargets(ctx, d.Changes); err != nil {
		return err
	}
	old, err := c.oldAppSpec(ctx)
	if err != nil {
		return err
	}
	to, err := c.newAppSpec(ctx)
	if err != nil {
		return err
	}
	if old == nil && c.old[appSpecName] != nil && !c.differs(appSpecName) {
		old = to
	}
	assignRoles(d.Changes, old, to)
	if old != nil && to != nil && len(old) <= maxAppSpecDiff && len(to) <= maxAppSpecDiff && !bytes.Equal(old, to) {
		d.AppSpecDiff = hunks(old, to)
	}
	sortChanges(d.Changes)
	return nil
}

// differs reports whether the contents of a file that both sides have differ.
func (c *comparison) differs(name string) bool {
	return c.new[name] == nil || differs(c.old[name], c.new[name])
}

// readTargets reads where links lead that are gone or lead elsewhere now.
func (c *comparison) readTargets(ctx context.Context, changes []Change) error {
	wanted, by := make(map[int]bool), make(map[int]*Change)
	for i := range changes {
		old := c.old[changes[i].Path]
		if old != nil && old.isLink() && old.unread && old.size <= maxLinkTarget {
			wanted[old.at], by[old.at] = true, &changes[i]
		}
	}
	for content, err := range c.bundle.read(ctx, wanted) {
		if err != nil {
			return err
		}
		c.old[by[content.at].Path].target = string(content.data)
		by[content.at].Old.Target = string(content.data)
	}
	return nil
}
