package bundle

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"runtime"
)

// chunkBytes is the unit of reading, hashing and compressing.
const chunkBytes = 1 << 20

// maxWorkers bounds memory on machines with many cores: each worker of the second pass
// holds a compressor and two units, about 5 MiB. Eight compress faster than a network
// of 5 Gbit/s takes it.
const maxWorkers = 8

// workers is how many goroutines share a pass.
func workers() int {
	return min(runtime.GOMAXPROCS(0), maxWorkers)
}

// files opens what entries are read from.
type files interface {
	open(source string) (file, error)
}

// file is one open file.
type file interface {
	io.ReaderAt
	io.Closer
}

// chunksOf is how many chunks an entry's content has.
func chunksOf(e *Entry) int {
	return int((e.Size + chunkBytes - 1) / chunkBytes)
}

// chunkSize is the size of an entry's chunk.
func chunkSize(e *Entry, chunk int) int {
	return int(min(chunkBytes, e.Size-int64(chunk)*chunkBytes))
}

// readChunk reads an entry's chunk into buf, with up to before bytes that precede it.
// It returns what it read and where in it the chunk starts. A file that is shorter or
// longer than selected is a [*ChangedError].
func readChunk(f file, e *Entry, chunk, before int, buf []byte) (data []byte, start int, err error) {
	offset := int64(chunk) * chunkBytes
	start = int(min(int64(before), offset))
	size := start + chunkSize(e, chunk)
	last := offset+chunkBytes >= e.Size
	if last {
		size++ // a byte more than expected shows that the file grew
	}
	n, err := f.ReadAt(buf[:size], offset-int64(start))
	switch {
	case last && n == size, !last && n < size && err == io.EOF, last && n < size-1 && err == io.EOF:
		return nil, 0, &ChangedError{Path: e.Path}
	case err != nil && err != io.EOF:
		return nil, 0, readError(e, err)
	case last:
		size--
	}
	return buf[:size], start, nil
}

// readError says which entry could not be read. One that was gone, even if it is there
// again, or is no file any more, has changed.
func readError(e *Entry, err error) error {
	if errors.Is(err, fs.ErrNotExist) || !isStillFile(e.Source) {
		return &ChangedError{Path: e.Path}
	}
	return fmt.Errorf("read %s: %w", QuotePath(e.Path), err)
}

// isStillFile tells whether there is a regular file, as far as may be seen.
func isStillFile(source string) bool {
	info, err := os.Lstat(source)
	return errors.Is(err, fs.ErrPermission) || err == nil && info.Mode().IsRegular()
}

// readVerified opens a file in the second pass, reads a chunk of it like readChunk, and
// compares it with what the first pass saw. An empty file is read too: it may have grown.
func (t *Tree) readVerified(i, chunk, before int, s *sums, buf []byte) (data []byte, start int, err error) {
	e := &t.entries[i]
	f, err := t.files.open(e.Source)
	if err != nil {
		return nil, 0, readError(e, err)
	}
	defer f.Close()
	data, start, err = readChunk(f, e, chunk, before, buf)
	if err == nil && len(data) > 0 && sha256.Sum256(data[start:]) != s.sha[s.first[i]+chunk] {
		err = &ChangedError{Path: e.Path}
	}
	return data, start, err
}
