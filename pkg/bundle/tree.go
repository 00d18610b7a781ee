package bundle

import (
	"cmp"
	"io/fs"
	"strings"
	"sync"
)

// Tree is what [Select] chose of a directory. Its methods may be called from several
// goroutines, but two passes at once share the cores.
type Tree struct {
	opts     Options
	entries  []Entry
	leftOut  []LeftOut
	warnings []Warning
	files    files

	mu   sync.Mutex
	sums *sums // of the first pass; nil before it
}

// Entries returns what ships, in byte order of path, a folder's taken with a slash at
// its end. The caller must not change it.
func (t *Tree) Entries() []Entry { return t.entries }

// LeftOut returns what does not ship and why, in byte order of path. The caller must
// not change it.
func (t *Tree) LeftOut() []LeftOut { return t.leftOut }

// Warnings returns what the user should know, in byte order of path. The caller must
// not change it.
func (t *Tree) Warnings() []Warning { return t.warnings }

// Type returns the format that [Tree.Write] writes.
func (t *Tree) Type() Type { return t.opts.Type }

// ContentBytes returns the sum of the sizes of all files.
func (t *Tree) ContentBytes() int64 {
	var sum int64
	for i := range t.entries {
		sum += t.entries[i].Size
	}
	return sum
}

// MaxSize returns an upper bound of the archive's size in bytes.
func (t *Tree) MaxSize() int64 {
	var sum int64
	for i := range t.entries {
		if t.opts.Type == Zip {
			sum += maxZipEntry(&t.entries[i])
		} else {
			sum += maxTarEntry(&t.entries[i])
		}
	}
	switch t.opts.Type {
	case Zip:
		return sum + zipEndBytes
	case TGZ:
		sum = maxDeflated(sum+tarEndBytes) + gzipBytes
	default:
		sum += tarEndBytes
	}
	return sum
}

// byStoredPath orders entries by the bytes of their paths, a folder's with a slash at
// its end: what a folder holds then follows it without a gap, as tar programs expect
// that restore a folder's mode and time stamp when they leave it.
func byStoredPath(a, b Entry) int {
	n := min(len(a.Path), len(b.Path))
	if c := strings.Compare(a.Path[:n], b.Path[:n]); c != 0 {
		return c
	}
	return cmp.Or(cmp.Compare(a.byteAt(n), b.byteAt(n)), cmp.Compare(len(a.Path), len(b.Path)))
}

// byteAt is a byte of the path as stored, -1 at its end.
func (e *Entry) byteAt(i int) int {
	switch {
	case i < len(e.Path):
		return int(e.Path[i])
	case i == len(e.Path) && e.isFolder():
		return '/'
	}
	return -1
}

// isLink, isFile and isFolder tell the three kinds of entries apart.
func (e *Entry) isLink() bool   { return e.Mode&fs.ModeSymlink != 0 }
func (e *Entry) isFile() bool   { return e.Mode.IsRegular() }
func (e *Entry) isFolder() bool { return e.Mode.IsDir() }

// unixMode returns the mode without the type as Unix counts it.
func (e *Entry) unixMode() uint32 {
	mode := uint32(e.Mode.Perm())
	if e.Mode&fs.ModeSetuid != 0 {
		mode |= 0o4000
	}
	if e.Mode&fs.ModeSetgid != 0 {
		mode |= 0o2000
	}
	if e.Mode&fs.ModeSticky != 0 {
		mode |= 0o1000
	}
	return mode
}
