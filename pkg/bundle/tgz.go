package bundle

import (
	"context"
	"encoding/binary"
	"hash/crc32"
)

// gzipBytes is the size of a gzip header and trailer.
const gzipBytes = 10 + 8

// gzipHeader says: gzip, deflate, no name, no time stamp, an unknown system.
// Source: RFC 1952, section 2.3.
var gzipHeader = [10]byte{0: 0x1f, 1: 0x8b, 2: 8, 9: 0xff}

// tgzUnit is a chunk of the tar archive, with the window that precedes it.
type tgzUnit struct {
	buf   []byte
	start int // of the chunk in buf
	size  int
	last  bool
	out   []byte

	entries int   // done by the time the chunk is
	content int64 // bytes of content read by then
}

func (u *tgzUnit) window() []byte { return u.buf[:u.start] }
func (u *tgzUnit) data() []byte   { return u.buf[u.start : u.start+u.size] }

// tgzWriter writes a gzip member of deflated chunks.
type tgzWriter struct {
	tree *Tree
	sums *sums
	out  *output
	crc  uint32
	size uint32 // of the tar archive, modulo 2³²
}

func (t *Tree) writeTGZ(ctx context.Context, out *output, s *sums) error {
	w := &tgzWriter{tree: t, sums: s, out: out}
	if _, err := out.Write(gzipHeader[:]); err != nil {
		return err
	}
	p := pipeline[tgzUnit]{units: newUnits[tgzUnit](), fill: w.fill, newWork: w.newWork, emit: w.emit}
	if err := p.run(ctx); err != nil {
		return err
	}
	trailer := binary.LittleEndian.AppendUint32(nil, w.crc)
	trailer = binary.LittleEndian.AppendUint32(trailer, w.size)
	_, err := out.Write(trailer)
	return err
}

// fill writes the tar archive into units.
func (w *tgzWriter) fill(ctx context.Context, get func() *tgzUnit, put func(*tgzUnit)) error {
	chunks := &chunker{ctx: ctx, get: get, put: put}
	if err := w.tree.writeTar(ctx, chunks, w.sums, chunks.done); err != nil {
		return err
	}
	return chunks.close()
}

func (w *tgzWriter) newWork() (func(*tgzUnit) error, error) {
	d, err := newDeflater(w.tree.opts.Level)
	if err != nil {
		return nil, err
	}
	return func(unit *tgzUnit) (err error) {
		unit.out, err = d.deflate(unit.out[:0], unit.window(), unit.data(), unit.last)
		return err
	}, nil
}

func (w *tgzWriter) emit(unit *tgzUnit) error {
	w.crc = crc32.Update(w.crc, crc32.IEEETable, unit.data())
	w.size += uint32(unit.size)
	if _, err := w.out.Write(unit.out); err != nil {
		return err
	}
	w.out.done(unit.entries, unit.content)
	return nil
}

// chunker is a writer that cuts what it gets into units. It is used by one goroutine.
type chunker struct {
	ctx    context.Context //nolint:containedctx // lives as long as one Write
	get    func() *tgzUnit
	put    func(*tgzUnit)
	unit   *tgzUnit // being filled; nil between two
	window []byte   // the end of what was put

	entries int   // done since the last unit was put
	content int64 // and bytes of content read
}

func (c *chunker) Write(p []byte) (int, error) {
	written := 0
	for len(p) > 0 {
		if err := c.begin(); err != nil {
			return written, err
		}
		n := copy(c.unit.buf[c.unit.start+c.unit.size:c.unit.start+chunkBytes], p)
		c.unit.size += n
		written, p = written+n, p[n:]
		if c.unit.size == chunkBytes {
			c.end()
		}
	}
	return written, nil
}

// begin sees to a unit that can be filled.
func (c *chunker) begin() error {
	if c.unit != nil {
		return nil
	}
	unit := c.get()
	if unit == nil {
		return context.Cause(c.ctx)
	}
	if unit.buf == nil {
		unit.buf = make([]byte, windowBytes+chunkBytes)
	}
	*unit = tgzUnit{buf: unit.buf, out: unit.out, start: copy(unit.buf, c.window)}
	c.unit = unit
	return nil
}

// end hands the unit on.
func (c *chunker) end() {
	data := c.unit.data()
	c.window = append(c.window[:0], data[max(0, len(data)-windowBytes):]...)
	c.unit.entries, c.unit.content = c.entries, c.content
	c.put(c.unit)
	c.unit, c.entries, c.content = nil, 0, 0
}

// done counts what was written since the last unit was put.
func (c *chunker) done(entries int, content int64) {
	c.entries += entries
	c.content += content
}

// close hands on the last unit, which may be empty.
func (c *chunker) close() error {
	if err := c.begin(); err != nil {
		return err
	}
	c.unit.last = true
	c.end()
	return nil
}
