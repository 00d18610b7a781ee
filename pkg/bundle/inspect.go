package bundle

import (
	"context"
	"io"
)

// OfType returns the same tree as a bundle of another format, whose digest differs. Its
// files have to be hashed anew.
func (t *Tree) OfType(kind Type) *Tree {
	if kind == t.opts.Type {
		return t
	}
	opts := t.opts
	opts.Type = kind
	return &Tree{opts: opts, entries: t.entries, leftOut: t.leftOut, warnings: t.warnings, files: t.files}
}

// Checksums returns the CRC-32 (IEEE) of each entry's content, 0 for folders and links. It
// calls [Tree.Hash] when nobody has, and fails as that does.
func (t *Tree) Checksums(ctx context.Context) ([]uint32, error) {
	s, err := t.hashed(ctx)
	if err != nil {
		return nil, err
	}
	sums := make([]uint32, len(t.entries))
	for i := range t.entries {
		sums[i] = s.checksum(&t.entries[i], i)
	}
	return sums, nil
}

// WriteContent writes the content of a file, by its index in [Tree.Entries], to w. The
// error is a [*ChangedError] when the file is not as it was selected, w's, ctx's cause or the
// file system's.
func (t *Tree) WriteContent(ctx context.Context, entry int, w io.Writer) error {
	e := &t.entries[entry]
	f, err := t.files.open(e.Source)
	if err != nil {
		return readError(e, err)
	}
	defer f.Close()
	buf := make([]byte, min(e.Size, chunkBytes)+1)
	for chunk := range max(1, chunksOf(e)) { // an empty file may have grown
		if err := context.Cause(ctx); err != nil {
			return err
		}
		data, _, err := readChunk(f, e, chunk, 0, buf)
		if err != nil {
			return err
		}
		if _, err := w.Write(data); err != nil {
			return err
		}
	}
	return nil
}
