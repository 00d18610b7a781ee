package bundle

import (
	"context"
	"hash/crc32"
)

// zipUnit is a piece of the archive that one worker makes of a span.
type zipUnit struct {
	span
	in      []byte
	out     []byte
	content int64      // bytes of content read
	members []zipEntry // whole entries: what the directory keeps, offsets relative to out
}

// zipWriter writes a zip archive.
type zipWriter struct {
	tree      *Tree
	sums      *sums
	out       *output
	directory zipDirectory
	open      zipEntry // the large file under way
}

func (t *Tree) writeZip(ctx context.Context, out *output, s *sums) error {
	z := &zipWriter{tree: t, sums: s, out: out}
	z.directory.entries = make([]zipEntry, 0, len(t.entries))
	p := pipeline[zipUnit]{units: newUnits[zipUnit](), fill: z.fill, newWork: z.newWork, emit: z.emit}
	if err := p.run(ctx); err != nil {
		return err
	}
	return z.directory.write(out, t.entries)
}

// newUnits makes the units of a pipeline: one for each worker, and some for what is
// finished before its turn.
func newUnits[U any]() []*U {
	units := make([]*U, workers()+max(2, workers()/2))
	for i := range units {
		units[i] = new(U)
	}
	return units
}

// fill cuts the tree into units.
func (z *zipWriter) fill(ctx context.Context, get func() *zipUnit, put func(*zipUnit)) error {
	return cut(z.tree.entries, func(s span) error {
		unit := get()
		if unit == nil {
			return context.Cause(ctx)
		}
		*unit = zipUnit{span: s, in: unit.in, out: unit.out[:0], members: unit.members[:0]}
		put(unit)
		return nil
	})
}

// newWork makes a worker, which has a compressor of its own.
func (z *zipWriter) newWork() (func(*zipUnit) error, error) {
	d, err := newDeflater(z.tree.opts.Level)
	if err != nil {
		return nil, err
	}
	return func(unit *zipUnit) error {
		if unit.in == nil {
			unit.in = make([]byte, windowBytes+chunkBytes+1)
		}
		if unit.large {
			return z.makeChunk(unit, d)
		}
		return z.makeEntries(unit, d)
	}, nil
}

// makeEntries makes whole entries.
func (z *zipWriter) makeEntries(unit *zipUnit, d *deflater) error {
	for i := unit.entry; i < unit.entry+unit.entries; i++ {
		e := &z.tree.entries[i]
		member := zipEntry{index: i, offset: int64(len(unit.out))}
		data, err := z.smallContent(unit, i)
		if err != nil {
			return err
		}
		member.size, member.method = int64(len(data)), zipStored
		header := len(unit.out) + localHeaderBytes(e, member)
		unit.out = grow(unit.out, header)
		if len(data) > 0 && e.isFile() && z.tree.opts.Level != LevelStore {
			if unit.out, err = d.deflate(unit.out, nil, data, true); err != nil {
				return err
			}
			if packed := len(unit.out) - header; packed < len(data) {
				member.size, member.method = int64(packed), zipDeflated
			}
		}
		if member.method == zipStored {
			unit.out = append(unit.out[:header], data...)
		}
		member.crc = z.crc(i)
		appendLocalHeader(unit.out[:member.offset], e, member)
		unit.members = append(unit.members, member)
	}
	return nil
}

// smallContent returns what is stored for an entry of one chunk at most.
func (z *zipWriter) smallContent(unit *zipUnit, i int) ([]byte, error) {
	e := &z.tree.entries[i]
	if e.isLink() {
		return []byte(e.Target), nil
	}
	if !e.isFile() {
		return nil, nil
	}
	data, _, err := z.tree.readVerified(i, 0, 0, z.sums, unit.in)
	unit.content += int64(len(data))
	return data, err
}

// makeChunk makes one chunk of a large file.
func (z *zipWriter) makeChunk(unit *zipUnit, d *deflater) error {
	e := &z.tree.entries[unit.entry]
	data, start, err := z.tree.readVerified(unit.entry, unit.chunk, windowBytes, z.sums, unit.in)
	if err != nil {
		return err
	}
	unit.content = int64(len(data) - start)
	if z.largeMethod(unit.entry) == zipStored {
		unit.out = append(unit.out, data[start:]...)
		return nil
	}
	last := unit.chunk == chunksOf(e)-1
	unit.out, err = d.deflate(unit.out, data[:start], data[start:], last)
	return err
}

// largeMethod is the method for a file of several chunks. It must be known before the
// first byte is written, so the first pass has looked at all of them.
func (z *zipWriter) largeMethod(entry int) uint16 {
	if z.tree.opts.Level == LevelStore || z.sums.opaque[entry].Load() {
		return zipStored
	}
	return zipDeflated
}

// crc is the CRC-32 of what is stored for an entry: a file's content, a link's target.
func (z *zipWriter) crc(i int) uint32 {
	e := &z.tree.entries[i]
	if e.isLink() {
		return crc32.ChecksumIEEE([]byte(e.Target))
	}
	return z.sums.checksum(e, i)
}

// emit writes a unit.
func (z *zipWriter) emit(unit *zipUnit) error {
	if unit.large {
		return z.emitChunk(unit)
	}
	offset := z.out.progress.BytesOut
	if _, err := z.out.Write(unit.out); err != nil {
		return err
	}
	for _, member := range unit.members {
		member.offset += offset
		z.directory.entries = append(z.directory.entries, member)
	}
	z.out.done(unit.done(z.tree.entries), unit.content)
	return nil
}

// emitChunk writes one chunk of a large file, with the header before the first one and
// the sizes after the last one if the header could not tell them.
func (z *zipWriter) emitChunk(unit *zipUnit) error {
	e := &z.tree.entries[unit.entry]
	if unit.chunk == 0 {
		z.open = z.largeEntry(unit.entry)
		if _, err := z.out.Write(appendLocalHeader(nil, e, z.open)); err != nil {
			return err
		}
	}
	if _, err := z.out.Write(unit.out); err != nil {
		return err
	}
	if z.open.streamed {
		z.open.size += int64(len(unit.out))
	}
	if unit.chunk == chunksOf(e)-1 {
		if err := z.closeLarge(e); err != nil {
			return err
		}
	}
	z.out.done(unit.done(z.tree.entries), unit.content)
	return nil
}

// largeEntry starts a file of several chunks.
func (z *zipWriter) largeEntry(i int) zipEntry {
	e := &z.tree.entries[i]
	entry := zipEntry{index: i, offset: z.out.progress.BytesOut, method: z.largeMethod(i), crc: z.crc(i)}
	if entry.method == zipStored {
		entry.size = e.Size
	} else {
		entry.streamed = true
	}
	return entry
}

func (z *zipWriter) closeLarge(e *Entry) error {
	if z.open.streamed {
		if _, err := z.out.Write(appendDescriptor(nil, e, z.open)); err != nil {
			return err
		}
	}
	z.directory.entries = append(z.directory.entries, z.open)
	return nil
}

// grow makes a slice longer, without regard to what is in it.
func grow(s []byte, size int) []byte {
	if size <= cap(s) {
		return s[:size]
	}
	return append(s, make([]byte, size-len(s))...)
}
