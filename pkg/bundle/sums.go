package bundle

import (
	"context"
	"crypto/sha256"
	"hash/crc32"
	"maps"
	"slices"
	"sync"
	"sync/atomic"
)

// sums are what the first pass learns of every chunk of every file. The chunks of all
// entries stand one after the other.
type sums struct {
	first  []int // entry → index of its first chunk; one more than there are entries
	sha    [][sha256.Size]byte
	crc    []uint32
	opaque []atomic.Bool // entry → every chunk so far looked compressed already
}

func newSums(entries []Entry) *sums {
	s := &sums{first: make([]int, len(entries)+1), opaque: make([]atomic.Bool, len(entries))}
	for i := range entries {
		s.first[i+1] = s.first[i] + chunksOf(&entries[i])
		s.opaque[i].Store(s.first[i+1]-s.first[i] > 1)
	}
	s.sha = make([][sha256.Size]byte, s.first[len(entries)])
	s.crc = make([]uint32, s.first[len(entries)])
	return s
}

// content is the hash of an entry's content as the manifest has it.
func (s *sums) content(entry int) [sha256.Size]byte {
	h := sha256.New()
	for _, sum := range s.sha[s.first[entry]:s.first[entry+1]] {
		h.Write(sum[:])
	}
	return [sha256.Size]byte(h.Sum(nil))
}

// checksum is the CRC-32 of an entry's content.
func (s *sums) checksum(e *Entry, entry int) uint32 {
	var crc uint32
	for chunk, next := range s.crc[s.first[entry]:s.first[entry+1]] {
		crc = combineCRC(crc, next, int64(chunkSize(e, chunk)))
	}
	return crc
}

// hashFiles runs the first pass.
func (t *Tree) hashFiles(ctx context.Context) (*sums, error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	h := &hasher{tree: t, sums: newSums(t.entries), errs: make(map[int]error)}
	spans := make(chan span)
	var group sync.WaitGroup
	for range workers() {
		group.Go(func() {
			if err := h.work(ctx, spans); err != nil {
				cancel(err)
			}
		})
	}
	err := cut(t.entries, func(s span) error {
		select {
		case spans <- s:
			return nil
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	})
	close(spans)
	group.Wait()
	if err == nil {
		err = context.Cause(ctx)
	}
	if err != nil {
		return nil, err
	}
	return h.sums, h.unreadable()
}

// hasher is the state that the workers of the first pass share.
type hasher struct {
	tree *Tree
	sums *sums

	mu       sync.Mutex
	progress Progress
	errs     map[int]error // entry → why it cannot be read
}

// work hashes spans until there are no more.
func (h *hasher) work(ctx context.Context, spans <-chan span) error {
	probe, err := newDeflater(LevelFastest)
	if err != nil {
		return err
	}
	buf := make([]byte, chunkBytes+1)
	for s := range spans {
		if err := context.Cause(ctx); err != nil {
			return err
		}
		var read int64
		for i := s.entry; i < s.entry+s.entries; i++ {
			n, err := h.hashChunk(i, s.chunk, buf, probe)
			if err != nil {
				return err
			}
			read += n
		}
		h.done(s, read)
	}
	return nil
}

// done tells the caller how far the pass has come.
func (h *hasher) done(s span, read int64) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.progress.Files += s.done(h.tree.entries)
	h.progress.BytesIn += read
	if h.tree.opts.OnHash != nil {
		h.tree.opts.OnHash(h.progress)
	}
}

// hashChunk hashes one chunk of an entry. An empty file is read too: it may have grown.
// A file that cannot be opened is noted, so that the error can name all of them.
func (h *hasher) hashChunk(i, chunk int, buf []byte, probe *deflater) (read int64, err error) {
	e := &h.tree.entries[i]
	if !e.isFile() {
		return 0, nil
	}
	f, err := h.tree.files.open(e.Source)
	if err != nil {
		return 0, h.note(i, err)
	}
	defer f.Close()
	data, _, err := readChunk(f, e, chunk, 0, buf)
	if err != nil || len(data) == 0 {
		return 0, err
	}
	at := h.sums.first[i] + chunk
	h.sums.sha[at] = sha256.Sum256(data)
	h.sums.crc[at] = crc32.ChecksumIEEE(data)
	if opaque := &h.sums.opaque[i]; opaque.Load() {
		compressed, err := probe.looksCompressed(data)
		if err != nil {
			return 0, err
		}
		if !compressed {
			opaque.Store(false)
		}
	}
	return int64(len(data)), nil
}

// note keeps the reason why an entry cannot be opened. One that is gone has changed.
func (h *hasher) note(i int, err error) error {
	if changed := readError(&h.tree.entries[i], err); isChanged(changed) {
		return changed
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.errs[i] = err
	return nil
}

// unreadable returns the error for what was noted.
func (h *hasher) unreadable() error {
	if len(h.errs) == 0 {
		return nil
	}
	var files []UnreadableFile
	for _, i := range slices.Sorted(maps.Keys(h.errs)) {
		files = append(files, unreadable(h.tree.entries[i].Path, h.errs[i]))
	}
	return &UnreadableError{Files: files}
}
