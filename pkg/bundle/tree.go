package bundle

import (
	"io/fs"
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

	mu     sync.Mutex
	sums   *sums // of the first pass; nil before it
	digest string
}

// Entries returns what ships, in byte order of path. The caller must not change it.
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
