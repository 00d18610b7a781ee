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
//
// The compressor leaves data without matches as it is, even where some bytes are much
// more frequent than others (base64 and hexadecimal text, say). Then Huffman coding
// alone is tried.
type deflater struct {
	flate   *flate.Writer
	huffman *flate.Writer // nil when nothing is to be compressed
	out     appender
	sample  []byte // scratch of looksCompressed
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
	if level == LevelStore {
		return &deflater{flate: w}, nil
	}
	huffman, err := flate.NewWriter(nil, flate.HuffmanOnly)
	if err != nil {
		return nil, fmt.Errorf("set up compression: %w", err)
	}
	return &deflater{flate: w, huffman: huffman}, nil
}

// deflate appends a compressed piece to dst. The window is the data before it.
func (d *deflater) deflate(dst, window, data []byte, last bool) ([]byte, error) {
	start := len(dst)
	dst, err := d.run(d.flate, dst, window, data, last)
	size := len(dst) - start
	if err != nil || d.huffman == nil || size < len(data)-len(data)/minGain {
		return dst, err
	}
	dst, err = d.run(d.huffman, dst, nil, data, last)
	if second := dst[start+size:]; err == nil && len(second) < size {
		size = copy(dst[start:], second)
	}
	return dst[:start+size], err
}

// minGain is the part of its size that a piece must lose, or else Huffman coding alone
// is tried.
const minGain = 16

func (d *deflater) run(w *flate.Writer, dst, window, data []byte, last bool) ([]byte, error) {
	d.out = dst
	w.ResetDict(&d.out, window)
	_, err := w.Write(data)
	if err == nil && last {
		err = w.Close()
	} else if err == nil {
		err = w.Flush()
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
	opaquePercent  = 98      // of the sample that its compressed form must have
)

// looksCompressed tells whether a chunk gains nothing from compression, from its first
// bytes. It depends on nothing but the data.
func (d *deflater) looksCompressed(data []byte) (bool, error) {
	sample := data[:min(len(data), sampleBytes)]
	if len(sample) < sampleMinBytes {
		return true, nil
	}
	var err error
	d.sample, err = d.deflate(d.sample[:0], nil, sample, true)
	return len(d.sample)*100 >= len(sample)*opaquePercent, err
}
