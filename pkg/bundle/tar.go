package bundle

import (
	"archive/tar"
	"context"
	"io"
	"unicode/utf8"
)

// tarEndBytes is the end of a tar archive: two empty blocks.
const tarEndBytes = 1024

// tarUnit is the content of a span, read and verified by a worker.
type tarUnit struct {
	span
	buf     []byte
	content []byte // of the span's files, one after the other
}

// tarWriter writes a tar archive.
type tarWriter struct {
	tree *Tree
	sums *sums
	tar  *tar.Writer
	done func(entries int, content int64)
}

// writeTar writes the tree as tar to w, and tells done what is written.
func (t *Tree) writeTar(ctx context.Context, w io.Writer, s *sums, done func(entries int, content int64)) error {
	writer := &tarWriter{tree: t, sums: s, tar: tar.NewWriter(w), done: done}
	p := pipeline[tarUnit]{units: newUnits[tarUnit](), fill: writer.fill, newWork: writer.newWork, emit: writer.emit}
	if err := p.run(ctx); err != nil {
		return err
	}
	return writer.tar.Close()
}

// fill cuts the tree into units.
func (t *tarWriter) fill(ctx context.Context, get func() *tarUnit, put func(*tarUnit)) error {
	return cut(t.tree.entries, func(s span) error {
		unit := get()
		if unit == nil {
			return context.Cause(ctx)
		}
		*unit = tarUnit{span: s, buf: unit.buf}
		put(unit)
		return nil
	})
}

func (t *tarWriter) newWork() (func(*tarUnit) error, error) {
	return t.read, nil
}

// read reads what a unit's files hold.
func (t *tarWriter) read(unit *tarUnit) error {
	if unit.buf == nil {
		unit.buf = make([]byte, maxSpanBytes+1)
	}
	size := 0
	for i := unit.entry; i < unit.entry+unit.entries; i++ {
		if !t.tree.entries[i].isFile() {
			continue
		}
		data, _, err := t.tree.readVerified(i, unit.chunk, 0, t.sums, unit.buf[size:])
		if err != nil {
			return err
		}
		size += len(data)
	}
	unit.content = unit.buf[:size]
	return nil
}

// emit writes a unit.
func (t *tarWriter) emit(unit *tarUnit) error {
	content := unit.content
	for i := unit.entry; i < unit.entry+unit.entries; i++ {
		e := &t.tree.entries[i]
		if unit.chunk == 0 {
			if err := t.tar.WriteHeader(tarHeader(e)); err != nil {
				return err
			}
		}
		size := min(int64(len(content)), e.Size)
		if _, err := t.tar.Write(content[:size]); err != nil {
			return err
		}
		content = content[size:]
	}
	t.done(unit.done(t.tree.entries), int64(len(unit.content)))
	return nil
}

// tarHeader describes an entry without an owner: who unpacks it owns it.
func tarHeader(e *Entry) *tar.Header {
	h := &tar.Header{Name: e.Path, Mode: int64(e.unixMode()), ModTime: e.ModTime, Typeflag: tar.TypeReg, Size: e.Size}
	switch {
	case e.isFolder():
		h.Typeflag, h.Name = tar.TypeDir, e.Path+"/"
	case e.isLink():
		h.Typeflag, h.Linkname = tar.TypeSymlink, e.Target
	}
	if !utf8.ValidString(e.Path) || !utf8.ValidString(e.Target) {
		h.Format = tar.FormatGNU // which keeps names as they are: those of POSIX are UTF-8
	}
	return h
}

// maxTarEntry is the most that an entry takes in the archive: its header and content in
// blocks of 512 bytes, and perhaps an extended header with the path, the link's target
// and the numbers that do not fit, or two, for a long path and a long target.
func maxTarEntry(e *Entry) int64 {
	const block = 512
	extended := int64(block + len(e.Path) + len(e.Target) + block)
	return 2*block + extended + e.Size + block
}
