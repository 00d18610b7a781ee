package objects

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
)

// chunkLineLimit bounds a chunk's size line and a trailer line; signatures are 64 characters.
const chunkLineLimit = 1 << 10

// chunkedReader decodes the aws-chunked content encoding: chunks with a size line in hexadecimal, each
// possibly signed, then trailers. Signatures of chunks are not verified.
// Source: Amazon S3 API Reference, "Signature calculations … transferring payload in multiple chunks".
type chunkedReader struct {
	lines   *bufio.Reader
	left    int64 // of the present chunk
	started bool
	done    bool
	trailer http.Header // what came after the last chunk
}

func newChunkedReader(r io.Reader) *chunkedReader {
	return &chunkedReader{lines: bufio.NewReaderSize(r, 64<<10), trailer: http.Header{}}
}

// Read implements [io.Reader].
func (c *chunkedReader) Read(p []byte) (int, error) {
	if c.left == 0 && !c.done {
		if err := c.next(); err != nil {
			return 0, err
		}
	}
	if c.done {
		return 0, io.EOF
	}
	n, err := c.lines.Read(p[:min(int64(len(p)), c.left)])
	c.left -= int64(n)
	return n, unexpected(err)
}

// next reads the size line of a chunk, and the trailers after the last one.
func (c *chunkedReader) next() error {
	if c.started {
		if line, err := c.line(); err != nil || line != "" {
			return errors.Join(malformed("a chunk is longer than it says"), err)
		}
	}
	c.started = true
	line, err := c.line()
	if err != nil {
		return err
	}
	text, _, _ := strings.Cut(line, ";")
	if c.left, err = strconv.ParseInt(strings.TrimSpace(text), 16, 64); err != nil || c.left < 0 {
		return malformed("a chunk has no size")
	}
	if c.left > 0 {
		return nil
	}
	c.done = true
	return c.readTrailer()
}

// readTrailer reads up to the empty line or the end.
func (c *chunkedReader) readTrailer() error {
	for {
		line, err := c.line()
		if errors.Is(err, io.ErrUnexpectedEOF) || (err == nil && line == "") {
			return nil
		}
		if err != nil {
			return err
		}
		name, value, ok := strings.Cut(line, ":")
		if !ok || len(c.trailer) > 16 {
			return malformed("a trailer is not well-formed")
		}
		c.trailer.Set(strings.TrimSpace(name), strings.TrimSpace(value))
	}
}

// line reads a line without its end.
func (c *chunkedReader) line() (string, error) {
	var line []byte
	for len(line) <= chunkLineLimit {
		b, err := c.lines.ReadByte()
		if err != nil {
			return "", unexpected(err)
		}
		if b == '\n' {
			return strings.TrimSuffix(string(line), "\r"), nil
		}
		line = append(line, b)
	}
	return "", malformed("a line is too long")
}

func unexpected(err error) error {
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
}

func malformed(what string) error {
	return &Error{Code: codeInvalidRequest, Message: fmt.Sprintf("The aws-chunked body is malformed: %s.", what)}
}
