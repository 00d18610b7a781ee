package bundle

import (
	"context"
	"errors"
	"io"
)

// Tree is what [Select] chose of a directory.
type Tree struct {
	opts     Options
	entries  []Entry
	leftOut  []LeftOut
	warnings []Warning
}

// Entries returns what ships, in byte order of path. The caller must not change it.
func (t *Tree) Entries() []Entry { return t.entries }

// LeftOut returns what does not ship and why, in byte order of path. The caller must
// not change it.
func (t *Tree) LeftOut() []LeftOut { return t.leftOut }

// Warnings returns what the user should know. The caller must not change it.
func (t *Tree) Warnings() []Warning { return t.warnings }

// ContentBytes returns the sum of the sizes of all files.
func (t *Tree) ContentBytes() int64 {
	var sum int64
	for i := range t.entries {
		sum += t.entries[i].Size
	}
	return sum
}

// MaxSize returns an upper bound of the archive's size in bytes.
func (t *Tree) MaxSize() int64 { return 0 }

// Select walks dir.
func Select(ctx context.Context, dir string, opts Options) (*Tree, error) {
	return nil, errors.ErrUnsupported
}

// Hash reads every file and returns the digest of the manifest.
func (t *Tree) Hash(ctx context.Context) (digest string, err error) {
	return "", errors.ErrUnsupported
}

// Write streams the archive to w.
func (t *Tree) Write(ctx context.Context, w io.Writer) (Stats, error) {
	return Stats{}, errors.ErrUnsupported
}
