package bundle

import (
	"fmt"

	"github.com/klauspost/compress/flate"
)

// defaultLevel is what LevelDefault means to the compressor: about the size that zip
// and gzip reach by default, in a fraction of their time.
const defaultLevel = 6

// windowBytes is how far deflate looks back.
const windowBytes = 32 << 10

// deflater compresses pieces of data. The pieces of one file, in order, make one
// deflate stream: each but the last ends on a byte boundary, and each but the first
// may refer to the window that precedes it.
type deflater struct {
	flate *flate.Writer
	out   appender
}

// appender is a writer into a slice.
type appender []byte

func (a *appender) Write(p []byte) (int, error) {
	*a = append(*a, p...)
	return len(p), nil
}

// flateLevel is the compressor's number for an Options.Level.
func flateLevel(level int) int {
	switch level {
	case LevelDefault:
		return defaultLevel
	case LevelStore:
		return flate.NoCompression
	}
	return level
}

func newDeflater(level int) (*deflater, error) {
	w, err := flate.NewWriter(nil, flateLevel(level))
	if err != nil {
		return nil, fmt.Errorf("set up compression: %w", err)
	}
	return &deflater{flate: w}, nil
}

// deflate appends a compressed piece to dst. The window is the data before it.
func (d *deflater) deflate(dst, window, data []byte, last bool) ([]byte, error) {
	d.out = dst
	d.flate.ResetDict(&d.out, window)
	_, err := d.flate.Write(data)
	if err == nil && last {
		err = d.flate.Close()
	} else if err == nil {
		err = d.flate.Flush()
	}
	dst, d.out = d.out, nil
	if err != nil {
		return dst, fmt.Errorf("compress: %w", err)
	}
	return dst, nil
}

// maxDeflated is the most that a deflated size can be: the compressor falls back to
// stored blocks of up to 64 KiB, and flushes once in every chunk.
func maxDeflated(size int64) int64 {
	return size + size/1000 + 64*(size/chunkBytes+1)
}

// Sampling for looksCompressed.
const (
	sampleBytes    = 64 << 10
	sampleMinBytes = 4 << 10 // less says nothing
	counterMax     = 98      // per cent of the sample that its compressed form must have
)

// looksCompressed tells whether a chunk gains nothing from compression, from its first
// bytes. It depends on nothing but the data.
func looksCompressed(data []byte, probe *flate.Writer) bool {
	sample := data[:min(len(data), sampleBytes)]
	if len(sample) < sampleMinBytes {
		return true
	}
	var size counter
	probe.Reset(&size)
	if _, err := probe.Write(sample); err != nil {
		return false
	}
	if err := probe.Close(); err != nil {
		return false
	}
	return int(size)*100 >= len(sample)*counterMax
}

// counter is a writer that counts.
type counter int

func (c *counter) Write(p []byte) (int, error) {
	*c += counter(len(p))
	return len(p), nil
}
