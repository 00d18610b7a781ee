package diff

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/codedeploy/types"
	"github.com/aws/aws-sdk-go-v2/service/s3"
)

// S3API is the part of the S3 client that this package calls.
type S3API interface {
	GetObject(context.Context, *s3.GetObjectInput, ...func(*s3.Options)) (*s3.GetObjectOutput, error)
}

// digestMetadata is the name of the object metadata that holds a bundle's digest.
const digestMetadata = "cdx-digest"

const (
	// tailBytes is what is read of an object first: all of a small one, and of a zip as
	// much as the record that ends it may take with its comment.
	tailBytes = 65 << 10
	// windowBytes is the least that is read when a part of the object is asked for.
	windowBytes = 32 << 10
	// maxFailures is how often in a row an answer may break off.
	maxFailures = 3
)

// span is a part of an object.
type span struct {
	offset int64
	data   []byte
}

// from returns what the span has from an offset on; nil if that lies outside.
func (s span) from(offset int64) []byte {
	if offset < s.offset || offset >= s.offset+int64(len(s.data)) {
		return nil
	}
	return s.data[offset-s.offset:]
}

// object is an object in S3, pinned to what it was at first sight.
type object struct {
	api    S3API
	at     *types.S3Location
	eTag   string // with its quotes
	digest string // of the directory that it was made of; empty if it does not tell
	size   int64
	onRead func(read int64)

	tail      span
	directory span  // of a zip, while it is read
	window    span  // what was read last
	bytes     int64 // read so far
	requests  int
}

// openObject reads the end of an object.
func openObject(ctx context.Context, api S3API, at *types.S3Location, onRead func(int64)) (*object, error) {
	pinned := *at
	o := &object{api: api, at: &pinned, onRead: onRead}
	if eTag := strings.Trim(aws.ToString(at.ETag), `"`); eTag != "" {
		o.eTag = `"` + eTag + `"`
	}
	out, err := o.get(ctx, fmt.Sprintf("bytes=-%d", tailBytes))
	if status(err) == http.StatusRequestedRangeNotSatisfiable {
		return nil, &BrokenError{Location: at, Err: errors.New("it is empty")}
	}
	if err != nil {
		return nil, err
	}
	if o.eTag == "" {
		o.eTag = aws.ToString(out.ETag)
	}
	if version := aws.ToString(out.VersionId); version != "" && version != "null" {
		pinned.Version = &version
	}
	for name, value := range out.Metadata {
		if strings.EqualFold(name, digestMetadata) {
			o.digest = value
		}
	}
	return o, o.readTail(ctx, out)
}

// readTail keeps the first answer, which tells the object's size.
func (o *object) readTail(ctx context.Context, out *s3.GetObjectOutput) error {
	first, last, err := contentRange(out)
	if err != nil {
		_ = out.Body.Close() // nothing of it is wanted
		return fmt.Errorf("read %s: %w", describe(o.at), err)
	}
	data := make([]byte, last+1-first)
	n, err := o.take(out.Body, data)
	if err != nil {
		if err := o.fill(ctx, first+int64(n), data[n:]); err != nil {
			return err
		}
	}
	o.tail, o.size = span{first, data}, last+1
	return nil
}

// contentRange tells which bytes an answer holds; they end where the object does.
func contentRange(out *s3.GetObjectOutput) (first, last int64, err error) {
	length := aws.ToInt64(out.ContentLength)
	if text := aws.ToString(out.ContentRange); text != "" {
		var size int64
		if _, err := fmt.Sscanf(text, "bytes %d-%d/%d", &first, &last, &size); err != nil || first < 0 || last != size-1 || last+1-first > tailBytes {
			return 0, 0, fmt.Errorf("S3 answered with the range %q", text)
		}
		return first, last, nil
	}
	if length < 1 || length > tailBytes {
		return 0, 0, errors.New("S3 does not answer requests for a part of an object")
	}
	return 0, length - 1, nil
}

// get asks for bytes of the object, if it is still the same.
func (o *object) get(ctx context.Context, bytes string) (*s3.GetObjectOutput, error) {
	in := &s3.GetObjectInput{Bucket: o.at.Bucket, Key: o.at.Key, VersionId: o.at.Version, Range: &bytes}
	if o.eTag != "" {
		in.IfMatch = &o.eTag
	}
	o.requests++
	out, err := o.api.GetObject(ctx, in)
	if err != nil {
		return nil, &fetchError{explained(o.at, o.eTag, err)}
	}
	return out, nil
}

// take reads the body of an answer into data, and closes it.
func (o *object) take(body io.ReadCloser, data []byte) (int, error) {
	n, err := io.ReadFull(body, data)
	o.count(n)
	_ = body.Close() // what was wanted is there, or its absence is the error
	return n, err
}

// count notes what came over the network.
func (o *object) count(n int) {
	o.bytes += int64(n)
	if o.onRead != nil {
		o.onRead(o.bytes)
	}
}

// fill reads data from an offset on. An answer that breaks off is asked for again.
func (o *object) fill(ctx context.Context, offset int64, data []byte) error {
	failures := 0
	for len(data) > 0 {
		out, err := o.get(ctx, fmt.Sprintf("bytes=%d-%d", offset, offset+int64(len(data))-1))
		if err != nil {
			return err
		}
		n, err := o.take(out.Body, data)
		if n > 0 {
			failures = 0
		}
		if failures++; err != nil && (failures > maxFailures || ctx.Err() != nil) {
			return brokeOff(o.at, err)
		}
		data, offset = data[n:], offset+int64(n)
	}
	return nil
}

// reader reads an object at any place.
type reader struct {
	ctx context.Context //nolint:containedctx // lives as long as one call
	*object
	ahead  int64  // how much to read at once
	budget *int64 // how much may be read yet; nil for no limit
}

// ReadAt implements [io.ReaderAt]. It keeps what it has read, and reads more than it is
// asked for.
func (r *reader) ReadAt(p []byte, offset int64) (int, error) {
	done := 0
	for done < len(p) {
		at := offset + int64(done)
		if at < 0 || at >= r.size {
			return done, io.EOF
		}
		have := r.kept(at)
		if have == nil {
			if err := r.slide(at, int64(len(p)-done)); err != nil {
				return done, err
			}
			have = r.kept(at)
		}
		done += copy(p[done:], have)
	}
	return done, nil
}

// kept returns what is there from an offset on.
func (r *reader) kept(offset int64) []byte {
	for _, s := range []span{r.tail, r.directory, r.window} {
		if have := s.from(offset); have != nil {
			return have
		}
	}
	return nil
}

// slide moves the window to an offset.
func (r *reader) slide(offset, wanted int64) error {
	size := min(max(wanted, r.ahead, windowBytes), r.tail.offset-offset)
	if r.budget != nil {
		if *r.budget -= size; *r.budget < 0 {
			return &LimitError{What: "bytes of central directory", Limit: maxDirectoryBytes}
		}
	}
	r.window = span{}
	data := make([]byte, size)
	if err := r.fill(r.ctx, offset, data); err != nil {
		return err
	}
	r.window = span{offset, data}
	return nil
}

// stream reads an object from its beginning to its end. It has to be closed.
type stream struct {
	*reader
	offset   int64
	body     io.ReadCloser // nil while nothing is asked for
	failures int
}

// Read implements [io.Reader]. An answer that breaks off is asked for again.
func (s *stream) Read(p []byte) (int, error) {
	if s.offset >= s.size {
		return 0, io.EOF
	}
	if have := s.tail.from(s.offset); have != nil {
		n := copy(p, have)
		s.offset += int64(n)
		return n, nil
	}
	if s.body == nil {
		out, err := s.get(s.ctx, fmt.Sprintf("bytes=%d-%d", s.offset, s.tail.offset-1))
		if err != nil {
			return 0, err
		}
		s.body = out.Body
	}
	n, err := s.body.Read(p)
	s.offset += int64(n)
	s.count(n)
	if n > 0 {
		s.failures = 0
	}
	if err == nil {
		return n, nil
	}
	s.close()
	if s.failures++; s.offset < s.tail.offset && (s.failures > maxFailures || s.ctx.Err() != nil) {
		return n, brokeOff(s.at, err)
	}
	return n, nil
}

// close gives up what has been asked for.
func (s *stream) close() {
	if s.body != nil {
		_ = s.body.Close() // nothing more is wanted of it
		s.body = nil
	}
}
