package objects

import (
	"cmp"
	"io"
	"net/http"
	"strings"
	"time"
)

// object is one version of an object, or a delete marker.
type object struct {
	key          string
	version      string // "null" outside versioning
	etag         string // with its quotes
	size         int64
	modified     time.Time
	header       http.Header // what GET answers with beside what is here: content type, metadata, …
	tags         []tag
	checksum     checksum
	parts        []*blob // one for each part of a multipart upload, else one
	multipart    bool
	deleteMarker bool
	trusted      bool
	encoded      []byte // how it is kept; nil: to be encoded
}

// storageClass is the class that lists tell of; the headers of S3 do not tell of the standard one.
func (o *object) storageClass() string { return cmp.Or(o.header.Get(storageClassHeader), "STANDARD") }

// copyEncryption copies the headers that tell how an object is encrypted.
func copyEncryption(to, from http.Header) {
	for name, values := range from {
		if strings.HasPrefix(name, encryptionHeader) {
			to[name] = values
		}
	}
}

// release gives up the object's content; o may be nil.
func (o *object) release() {
	if o == nil {
		return
	}
	for _, part := range o.parts {
		part.release()
	}
}

// Info describes an object.
type Info struct {
	// ETag has S3's quotes around it.
	ETag string
	// VersionID is empty in a bucket that never had versions.
	VersionID string
	// Size is the content's, in bytes.
	Size int64
	// Trusted says that the object was written by requests that the handler's caller vouched for, all of
	// them for a multipart upload, and a copy's source as well.
	Trusted bool
}

// Open reads an object, the newest version when version is empty. The caller closes the reader. The
// error is an [*Error] when there is no such object.
func (s *Store) Open(bucketName, key, version string) (io.ReadSeekCloser, Info, error) {
	o, body, header, err := s.open(bucketName, key, version)
	if err != nil {
		return nil, Info{}, err
	}
	return body, Info{ETag: o.etag, VersionID: header, Size: o.size, Trusted: o.trusted}, nil
}

// open returns an object with its content and its x-amz-version-id.
func (s *Store) open(bucketName, key, version string) (*object, *content, string, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	b, err := s.bucket(bucketName)
	if err != nil {
		return nil, nil, "", err
	}
	o, err := b.find(key, version)
	if err != nil {
		return nil, nil, "", err
	}
	return o, newContent(o.parts), b.versionHeader(o), nil
}

// store puts o into the bucket if the conditions hold, and returns its x-amz-version-id. On an error o
// is released.
func (s *Store) store(bucketName string, o *object, when conditions) (string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	b, err := s.bucket(bucketName)
	if err == nil {
		err = when.check(b.current(o.key))
	}
	if err != nil {
		o.release()
		return "", err
	}
	b.put(o).release()
	return b.versionHeader(o), nil
}

// conditions are the If-Match and If-None-Match of a request that writes.
type conditions struct{ match, noneMatch string }

func conditionsOf(r *http.Request) conditions {
	return conditions{match: r.Header.Get("If-Match"), noneMatch: r.Header.Get("If-None-Match")}
}

// check reports whether an object may be written over present, which is nil when there is none.
func (c conditions) check(present *object) error {
	if c.noneMatch != "" && c.noneMatch != "*" {
		return &Error{Code: codeNotImplemented, Message: "If-None-Match supports the value * only"}
	}
	if c.noneMatch == "*" && present != nil {
		return &Error{Code: codePrecondition, Condition: "If-None-Match"}
	}
	if c.match == "" {
		return nil
	}
	if present == nil {
		return &Error{Code: codeNoSuchKey}
	}
	if c.match != "*" && quote(c.match) != present.etag {
		return &Error{Code: codePrecondition, Condition: "If-Match"}
	}
	return nil
}

// quote adds an eTag's quotes if it has none.
func quote(etag string) string {
	if len(etag) > 1 && etag[0] == '"' {
		return etag
	}
	return `"` + etag + `"`
}
