package objects

import (
	"bytes"
	"errors"
	"io"
	"os"
	"sort"
	"sync"
	"sync/atomic"
)

// memoryLimit is the size up to which content stays in memory.
const memoryLimit = 64 << 10

// blob is content that does not change: in memory, or in a file that is removed when the last user has
// released it.
type blob struct {
	data []byte
	path string // empty for content in memory
	size int64
	sum  string // of a part of a multipart upload: its checksum in the object's algorithm; empty for none
	uses atomic.Int32

	unused *unused // where the file goes that nobody uses; nil: it is removed
	onDisk bool    // the file has been flushed; only [Store.Save] looks
}

// release gives up one use of b. The error of a removal is of no consequence: the folder goes with the
// store.
func (b *blob) release() {
	switch {
	case b.uses.Add(-1) > 0 || b.path == "":
	case b.unused != nil:
		b.unused.add(b.path)
	default:
		_ = os.Remove(b.path)
	}
}

// flush has the content on disk when it returns.
func (b *blob) flush() error {
	if b.path == "" || b.onDisk {
		return nil
	}
	f, err := os.OpenFile(b.path, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	err = errors.Join(f.Sync(), f.Close())
	b.onDisk = err == nil
	return err
}

// unused are files that nobody uses any more, but that what is on disk may refer to.
type unused struct {
	mu    sync.Mutex
	paths []string
}

func (u *unused) add(paths ...string) {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.paths = append(u.paths, paths...)
}

func (u *unused) take() []string {
	u.mu.Lock()
	defer u.mu.Unlock()
	paths := u.paths
	u.paths = nil
	return paths
}

func (b *blob) open() (io.ReadSeekCloser, error) {
	if b.path == "" {
		return readNopCloser{bytes.NewReader(b.data)}, nil
	}
	return os.Open(b.path)
}

type readNopCloser struct{ io.ReadSeeker }

func (readNopCloser) Close() error { return nil }

// spool collects content of unknown size into a blob.
type spool struct {
	dir    string
	unused *unused // of the blob
	memory bytes.Buffer
	file   *os.File
	size   int64
}

func (s *spool) Write(p []byte) (int, error) {
	s.size += int64(len(p))
	if s.file == nil && s.size <= memoryLimit {
		return s.memory.Write(p)
	}
	if s.file == nil {
		if err := s.spill(); err != nil {
			return 0, err
		}
	}
	return s.file.Write(p)
}

// spill moves what is in memory to a new file.
func (s *spool) spill() (err error) {
	if s.file, err = os.CreateTemp(s.dir, "blob-"); err != nil {
		return err
	}
	_, err = s.memory.WriteTo(s.file)
	return err
}

// finish returns the content with one use.
func (s *spool) finish() (*blob, error) {
	b := &blob{size: s.size, unused: s.unused}
	b.uses.Store(1)
	if s.file == nil {
		b.data = s.memory.Bytes()
		return b, nil
	}
	b.path = s.file.Name()
	if err := s.file.Close(); err != nil {
		return nil, errors.Join(err, os.Remove(b.path))
	}
	return b, nil
}

// discard removes what was written.
func (s *spool) discard() {
	if s.file != nil {
		_ = s.file.Close()
		_ = os.Remove(s.file.Name())
	}
}

// content reads blobs one after the other as one seekable stream. It holds a use of each.
type content struct {
	blobs   []*blob
	starts  []int64 // where each blob begins in the stream
	size    int64
	at      int64
	current io.ReadSeekCloser // the blob that at is in; nil when not open
}

func newContent(blobs []*blob) *content {
	c := &content{blobs: blobs, starts: make([]int64, len(blobs))}
	for i, b := range blobs {
		b.uses.Add(1)
		c.starts[i] = c.size
		c.size += b.size
	}
	return c
}

// Read implements [io.Reader].
func (c *content) Read(p []byte) (int, error) {
	for c.at < c.size {
		if c.current == nil {
			if err := c.openCurrent(); err != nil {
				return 0, err
			}
		}
		n, err := c.current.Read(p)
		c.at += int64(n)
		if errors.Is(err, io.EOF) {
			err = c.closeCurrent()
		}
		if n > 0 || err != nil {
			return n, err
		}
	}
	return 0, io.EOF
}

// openCurrent opens the blob that holds the byte at c.at; there is one, as at is less than size.
func (c *content) openCurrent() (err error) {
	i := sort.Search(len(c.starts), func(i int) bool { return c.starts[i]+c.blobs[i].size > c.at })
	if c.current, err = c.blobs[i].open(); err != nil {
		return err
	}
	_, err = c.current.Seek(c.at-c.starts[i], io.SeekStart)
	return err
}

func (c *content) closeCurrent() error {
	if c.current == nil {
		return nil
	}
	err := c.current.Close()
	c.current = nil
	return err
}

// Seek implements [io.Seeker].
func (c *content) Seek(offset int64, whence int) (int64, error) {
	switch whence {
	case io.SeekCurrent:
		offset += c.at
	case io.SeekEnd:
		offset += c.size
	}
	if offset < 0 {
		return 0, errors.New("seek before the start")
	}
	c.at = offset
	return offset, c.closeCurrent()
}

// Close gives up the content.
func (c *content) Close() error {
	err := c.closeCurrent()
	for _, b := range c.blobs {
		b.release()
	}
	c.blobs, c.size = nil, 0
	return err
}
