package objects

import (
	"crypto/md5"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"hash"
	"io"
	"net/http"
	"strconv"
	"strings"
)

// Limits of S3 for one request and one key.
// Source: Amazon S3 User Guide, "Amazon S3 multipart upload limits" and "Working with object metadata".
const (
	maxPutSize      = 5 << 30
	maxKeyBytes     = 1024
	maxMetadataSize = 2 << 10
)

// payload is the content of a request that writes: decoded, and checked against everything that the
// request says about it.
type payload struct {
	body    io.Reader
	chunked *chunkedReader // nil for a plain body
	size    int64          // as the request says

	md5       hash.Hash
	sum       hash.Hash // nil without a checksum
	algorithm algorithm
	value     string // the checksum that the request's header has
	trailing  bool   // the checksum comes after the content
	sha256    hash.Hash
	sha256Hex string // the signed hash of a plain body
	md5Base64 string
}

// newPayload looks at the request's headers. Without a checksum of its own the content is summed up
// with fallback; empty means that it is not.
func newPayload(r *http.Request, fallback algorithm) (*payload, error) {
	p := &payload{body: r.Body, size: r.ContentLength, md5: md5.New(), md5Base64: r.Header.Get("Content-Md5")}
	signed := r.Header.Get("X-Amz-Content-Sha256")
	if strings.HasPrefix(signed, "STREAMING-") {
		p.chunked = newChunkedReader(r.Body)
		p.body = p.chunked
		var err error
		if p.size, err = strconv.ParseInt(r.Header.Get("X-Amz-Decoded-Content-Length"), 10, 64); err != nil {
			return nil, &Error{Code: codeMissingLength}
		}
	} else if len(signed) == hex.EncodedLen(sha256.Size) {
		p.sha256, p.sha256Hex = sha256.New(), signed
	}
	if p.size < 0 {
		return nil, &Error{Code: codeMissingLength}
	}
	if p.size > maxPutSize {
		return nil, &Error{Code: codeTooLarge}
	}
	if err := p.checkMD5Header(r.Header); err != nil {
		return nil, err
	}
	var err error
	if p.algorithm, p.value, err = declared(r.Header); err != nil {
		return nil, err
	}
	p.trailing = p.algorithm != "" && p.value == ""
	if p.algorithm == "" {
		p.algorithm = fallback
	}
	if p.algorithm != "" {
		p.sum = p.algorithm.new()
	}
	return p, nil
}

// checkMD5Header refuses a Content-MD5 that is none.
func (p *payload) checkMD5Header(header http.Header) error {
	if _, given := header["Content-Md5"]; !given {
		return nil
	}
	if raw, err := base64.StdEncoding.DecodeString(p.md5Base64); err != nil || len(raw) != md5.Size {
		return &Error{Code: codeInvalidDigest}
	}
	return nil
}

// copyTo writes the content to w and checks it.
func (p *payload) copyTo(w io.Writer) error {
	writers := []io.Writer{w, p.md5}
	if p.sum != nil {
		writers = append(writers, p.sum)
	}
	if p.sha256 != nil {
		writers = append(writers, p.sha256)
	}
	n, err := io.CopyBuffer(io.MultiWriter(writers...), io.LimitReader(p.body, p.size+1), make([]byte, 256<<10))
	if errors.Is(err, io.ErrUnexpectedEOF) || (err == nil && n != p.size) {
		return &Error{Code: codeIncomplete}
	}
	if err != nil {
		return err
	}
	return p.check()
}

// check compares the sums with what the request says.
func (p *payload) check() error {
	if p.md5Base64 != "" && p.md5Base64 != encodeSum(p.md5) {
		return &Error{Code: codeBadDigest, Message: "The Content-MD5 you specified did not match what we received."}
	}
	if p.sha256 != nil && p.sha256Hex != hex.EncodeToString(p.sha256.Sum(nil)) {
		return &Error{Code: codeSHA256}
	}
	if p.sum == nil {
		return nil
	}
	expected := p.value
	if p.trailing && p.chunked != nil {
		if expected = p.chunked.trailer.Get(p.algorithm.header()); expected == "" {
			return &Error{Code: codeMalformedTrailer}
		}
	}
	if expected != "" && expected != encodeSum(p.sum) {
		return badChecksum(p.algorithm)
	}
	return nil
}

func badChecksum(a algorithm) error {
	return &Error{Code: codeBadDigest, Message: "The " + string(a) + " you specified did not match the calculated checksum."}
}

// etag is the content's, once it is read.
func (p *payload) etag() string { return quote(hex.EncodeToString(p.md5.Sum(nil))) }

// checksum is the content's, once it is read.
func (p *payload) checksum() checksum {
	if p.sum == nil {
		return checksum{}
	}
	return checksum{p.algorithm, encodeSum(p.sum), typeFull}
}

// receive keeps a request's content in a new blob.
func (s *Store) receive(p *payload) (*blob, error) {
	kept := &spool{dir: s.dir, unused: s.unused}
	if err := p.copyTo(kept); err != nil {
		kept.discard()
		return nil, err
	}
	return kept.finish()
}

// The headers of objects that are more than told.
const (
	metadataPrefix     = "X-Amz-Meta-"
	encryptionHeader   = "X-Amz-Server-Side-Encryption" // and those that begin like it
	kmsKeyHeader       = encryptionHeader + "-Aws-Kms-Key-Id"
	customerKeyPrefix  = encryptionHeader + "-Customer-"
	storageClassHeader = "X-Amz-Storage-Class"
)

// keptHeader is what an object answers with again: content headers, metadata and encryption.
// Source: Amazon S3 API Reference, PutObject, request headers.
func keptHeader(from http.Header) (http.Header, error) {
	kept := http.Header{}
	size := 0
	for name, values := range from {
		switch {
		case strings.HasPrefix(name, customerKeyPrefix):
			return nil, &Error{Code: codeNotImplemented, Message: "Encryption with a key of the customer's (SSE-C) is not supported locally."}
		case strings.HasPrefix(name, metadataPrefix):
			size += len(name) - len(metadataPrefix) + len(values[0])
			kept.Set(name, strings.Join(values, ","))
		case name == "Content-Type", name == "Content-Disposition", name == "Content-Language", name == "Cache-Control",
			name == "Expires", strings.HasPrefix(name, encryptionHeader), name == storageClassHeader,
			name == "X-Amz-Website-Redirect-Location":
			kept.Set(name, values[0])
		case name == "Content-Encoding":
			if encoding := withoutChunked(values[0]); encoding != "" {
				kept.Set(name, encoding)
			}
		}
	}
	if size > maxMetadataSize {
		return nil, &Error{Code: codeMetadata}
	}
	if kept.Get("Content-Type") == "" {
		kept.Set("Content-Type", "binary/octet-stream")
	}
	if kept.Get(encryptionHeader) == "" {
		kept.Set(encryptionHeader, "AES256")
	}
	return kept, nil
}

// withoutChunked leaves aws-chunked, which says how the request was sent, out of a content encoding.
func withoutChunked(encoding string) string {
	var kept []string
	for part := range strings.SplitSeq(encoding, ",") {
		if part = strings.TrimSpace(part); part != "aws-chunked" && part != "" {
			kept = append(kept, part)
		}
	}
	return strings.Join(kept, ",")
}

// newCopyPayload is size bytes of an object that is there already.
func newCopyPayload(source io.Reader, size int64, a algorithm) *payload {
	p := &payload{body: io.LimitReader(source, size), size: size, md5: md5.New(), algorithm: a}
	if a != "" {
		p.sum = a.new()
	}
	return p
}

// seekRange goes to the start of a copy source range, bytes=first-last, and returns its size. Empty
// means everything.
func seekRange(source *content, text string) (int64, error) {
	if text == "" {
		return source.size, nil
	}
	first, last, _ := strings.Cut(strings.TrimPrefix(text, "bytes="), "-")
	start, err := strconv.ParseInt(first, 10, 64)
	end, err2 := strconv.ParseInt(last, 10, 64)
	if err != nil || err2 != nil || start > end || end >= source.size {
		return 0, &Error{Code: codeInvalidArg,
			Message: "The x-amz-copy-source-range value must be of the form bytes=first-last where first and last are the zero-based offsets of the first and last bytes to copy"}
	}
	_, err = source.Seek(start, io.SeekStart)
	return end - start + 1, err
}
