package bundle

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"
)

// Write reads every file again and streams the archive to w. The bytes depend on
// nothing but the tree's entries and content, its options, and this package's version.
// It calls [Tree.Hash] when nobody has.
//
// Errors: a [*ChangedError] when a file is not as it was hashed, w's error, ctx's cause, or
// the file system's. After an error, what w got is no archive.
func (t *Tree) Write(ctx context.Context, w io.Writer) (Stats, error) {
	started := time.Now()
	s, err := t.hashed(ctx)
	if err != nil {
		return Stats{}, err
	}
	out := &output{w: w, tree: t}
	switch t.opts.Type {
	case Tar:
		err = t.writeTar(ctx, out, s, out.done)
	case TGZ:
		err = t.writeTGZ(ctx, out, s)
	default:
		err = t.writeZip(ctx, out, s)
	}
	if err != nil {
		return Stats{}, fmt.Errorf("write the bundle: %w", err)
	}
	return t.stats(out, time.Since(started)), nil
}

func (t *Tree) stats(out *output, took time.Duration) Stats {
	stats := Stats{BytesIn: out.progress.BytesIn, BytesOut: out.progress.BytesOut, Duration: took}
	for i := range t.entries {
		switch e := &t.entries[i]; {
		case e.isFolder():
			stats.Folders++
		case e.isLink():
			stats.Links++
		default:
			stats.Files++
		}
	}
	return stats
}

// output is the archive's writer. Only one goroutine uses it.
type output struct {
	w        io.Writer
	tree     *Tree
	progress Progress
}

func (o *output) Write(p []byte) (int, error) {
	n, err := o.w.Write(p)
	o.progress.BytesOut += int64(n)
	return n, err
}

// done counts entries and content as done, and tells the caller.
func (o *output) done(entries int, content int64) {
	o.progress.Files += entries
	o.progress.BytesIn += content
	if o.tree.opts.OnWrite != nil {
		o.tree.opts.OnWrite(o.progress)
	}
}

// isChanged tells whether an error is a [*ChangedError].
func isChanged(err error) bool {
	var changed *ChangedError
	return errors.As(err, &changed)
}
