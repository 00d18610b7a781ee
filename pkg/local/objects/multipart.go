package objects

import (
	"crypto/rand"
	"encoding/xml"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// Limits of S3 for multipart uploads.
// Source: Amazon S3 User Guide, "Amazon S3 multipart upload limits".
const (
	maxPartNumber = 10_000
	minPartSize   = 5 << 20
)

// upload is a multipart upload, in progress or completed.
type upload struct {
	id        string
	target    target
	initiated time.Time
	object    object // what it becomes, without content; trusted says whether its beginning was vouched for
	algorithm algorithm
	kind      string // of the checksum
	parts     map[int]*part
	completed *completed // nil while in progress
}

// part is one uploaded part.
type part struct {
	etag     string
	checksum checksum
	content  *blob
	modified time.Time
	trusted  bool
}

// routeUpload answers the operations on one multipart upload.
func (h *handler) routeUpload(w http.ResponseWriter, r *http.Request, t target, query url.Values) error {
	id := query.Get("uploadId")
	if err := h.guardUpload(r, id); err != nil {
		return err
	}
	switch {
	case query.Has("uploads") && r.Method == http.MethodPost:
		return h.createUpload(w, r, t)
	case id == "":
		return &Error{Code: codeMethod}
	case r.Method == http.MethodPut && r.Header.Get(copySourceHeader) != "":
		return h.copyPart(w, r, t, id, query.Get("partNumber"))
	case r.Method == http.MethodPut:
		return h.putPart(w, r, t, id, query.Get("partNumber"))
	case r.Method == http.MethodPost:
		return h.complete(w, r, t, id)
	case r.Method == http.MethodGet:
		return h.listParts(w, t, id, query)
	case r.Method == http.MethodDelete:
		if err := h.store.abort(t, id); err != nil {
			return err
		}
		w.WriteHeader(http.StatusNoContent)
		return nil
	}
	return &Error{Code: codeMethod}
}

// guardUpload refuses a request that nobody vouches for on an upload whose beginning was vouched for.
func (h *handler) guardUpload(r *http.Request, id string) error {
	h.store.mu.RLock()
	defer h.store.mu.RUnlock()
	if u := h.store.uploads[id]; u != nil && u.object.trusted && !h.trusted(r) {
		return &Error{Code: codeAccessDenied, Resource: id}
	}
	return nil
}

// createUpload answers CreateMultipartUpload.
func (h *handler) createUpload(w http.ResponseWriter, r *http.Request, t target) error {
	if !h.store.bucketExists(t.bucket) {
		return &Error{Code: codeNoSuchBucket, Resource: t.bucket}
	}
	header, err := keptHeader(r.Header)
	if err != nil {
		return err
	}
	tags, err := parseTagHeader(r.Header.Get("X-Amz-Tagging"))
	if err != nil {
		return err
	}
	u := &upload{id: rand.Text() + rand.Text(), target: t, initiated: time.Now(), parts: map[int]*part{}}
	u.object = object{key: t.key, header: header, tags: tags, multipart: true, trusted: h.trusted(r)}
	if err := u.chooseChecksum(r.Header); err != nil {
		return err
	}
	h.store.mu.Lock()
	h.store.uploads[u.id] = u
	h.store.mu.Unlock()
	copyEncryption(w.Header(), header)
	if u.algorithm != "" {
		w.Header().Set("X-Amz-Checksum-Algorithm", string(u.algorithm))
		w.Header().Set("X-Amz-Checksum-Type", u.kind)
	}
	writeXML(w, http.StatusOK, struct {
		XMLName struct{} `xml:"InitiateMultipartUploadResult"`
		NS      string   `xml:"xmlns,attr"`
		Bucket  string
		Key     string
		ID      string `xml:"UploadId"`
	}{NS: namespace, Bucket: t.bucket, Key: t.key, ID: u.id})
	return nil
}

// chooseChecksum reads the algorithm and the type that the upload is to have.
func (u *upload) chooseChecksum(header http.Header) (err error) {
	if u.algorithm, err = parseAlgorithm(header); err != nil || u.algorithm == "" {
		return err
	}
	u.kind = strings.ToUpper(header.Get("X-Amz-Checksum-Type"))
	if u.kind == "" {
		u.kind = typeComposite
		if u.algorithm.fullOnly() {
			u.kind = typeFull
		}
	}
	if u.kind == typeComposite && u.algorithm.fullOnly() || u.kind == typeFull && !strings.HasPrefix(string(u.algorithm), "CRC") {
		return &Error{Code: codeInvalidRequest,
			Message: "The " + u.kind + " checksum type cannot be used with the " + string(u.algorithm) + " checksum algorithm."}
	}
	return nil
}

// active returns an upload that is in progress. It must be called with the lock held.
func (s *Store) active(t target, id string) (*upload, error) {
	if u := s.uploads[id]; u != nil && u.target == t && u.completed == nil {
		return u, nil
	}
	return nil, &Error{Code: codeNoSuchUpload, Resource: id}
}

// uploadAlgorithm is the checksum algorithm of an upload in progress; empty for none.
func (s *Store) uploadAlgorithm(t target, id string) (algorithm, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	u, err := s.active(t, id)
	if err != nil {
		return "", err
	}
	return u.algorithm, nil
}

// keepPart adds a part, or replaces the one of the same number.
func (s *Store) keepPart(t target, id string, number int, p *part) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	u, err := s.active(t, id)
	if err != nil {
		p.content.release()
		return err
	}
	p.content.sum = p.checksum.value
	if old := u.parts[number]; old != nil {
		old.content.release()
	}
	u.parts[number] = p
	return nil
}

// putPart answers UploadPart.
func (h *handler) putPart(w http.ResponseWriter, r *http.Request, t target, id, partNumber string) error {
	number, err := parsePartNumber(partNumber)
	if err != nil {
		return err
	}
	wanted, err := h.store.uploadAlgorithm(t, id)
	if err != nil {
		return err
	}
	body, err := newPayload(r, wanted)
	if err != nil {
		return err
	}
	if wanted != "" && body.algorithm != wanted {
		return &Error{Code: codeInvalidRequest, Message: "Checksum Type mismatch occurred, expected checksum Type: " +
			strings.ToLower(string(wanted)) + ", actual checksum Type: " + strings.ToLower(string(body.algorithm))}
	}
	kept, err := h.store.receive(body)
	if err != nil {
		return err
	}
	p := &part{etag: body.etag(), checksum: body.checksum(), content: kept, modified: time.Now(), trusted: h.trusted(r)}
	if err := h.store.keepPart(t, id, number, p); err != nil {
		return err
	}
	w.Header().Set("Etag", p.etag)
	if p.checksum.algorithm != "" {
		w.Header().Set(p.checksum.algorithm.header(), p.checksum.value)
	}
	w.WriteHeader(http.StatusOK)
	return nil
}

func parsePartNumber(text string) (int, error) {
	number, err := strconv.Atoi(text)
	if err != nil || number < 1 || number > maxPartNumber {
		return 0, &Error{Code: codeInvalidArg, Message: "Part number must be an integer between 1 and 10000, inclusive"}
	}
	return number, nil
}

// copyPart answers UploadPartCopy.
func (h *handler) copyPart(w http.ResponseWriter, r *http.Request, t target, id, partNumber string) error {
	number, err := parsePartNumber(partNumber)
	if err != nil {
		return err
	}
	wanted, err := h.store.uploadAlgorithm(t, id)
	if err != nil {
		return err
	}
	from, err := h.openSource(r)
	if err != nil {
		return err
	}
	defer func() { _ = from.body.Close() }()
	size, err := seekRange(from.body, r.Header.Get("X-Amz-Copy-Source-Range"))
	if err != nil {
		return err
	}
	body := newCopyPayload(from.body, size, wanted)
	kept, err := h.store.receive(body)
	if err != nil {
		return err
	}
	p := &part{
		etag: body.etag(), checksum: body.checksum(), content: kept, modified: time.Now(), trusted: from.trusted && h.trusted(r),
	}
	if err := h.store.keepPart(t, id, number, p); err != nil {
		return err
	}
	from.tellVersion(w.Header())
	writeXML(w, http.StatusOK, copyResult{
		XMLName: xml.Name{Local: "CopyPartResult"}, NS: namespace, ETag: p.etag, LastModified: iso(p.modified), Checksum: p.checksum.elements(),
	})
	return nil
}

// abort ends an upload and removes its parts.
func (s *Store) abort(t target, id string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	u, err := s.active(t, id)
	if err != nil {
		return err
	}
	delete(s.uploads, id)
	for _, p := range u.parts {
		p.content.release()
	}
	return nil
}
