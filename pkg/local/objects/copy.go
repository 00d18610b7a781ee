package objects

import (
	"cmp"
	"encoding/xml"
	"net/http"
	"net/url"
	"strings"
	"time"
)

const copySourceHeader = "X-Amz-Copy-Source"

// copyResult is the answer to CopyObject and UploadPartCopy, whose names differ.
type copyResult struct {
	XMLName      xml.Name
	NS           string `xml:"xmlns,attr"`
	ETag         string
	LastModified string
	Checksum     []xmlElement
}

// copyObject answers CopyObject. Nothing of the copy is the source's but the bytes: the copy of a multipart
// upload has an eTag and a checksum of its own.
func (h *handler) copyObject(w http.ResponseWriter, r *http.Request, t target) error {
	source, err := h.openSource(r)
	if err != nil {
		return err
	}
	defer func() { _ = source.body.Close() }()
	if source.size > maxPutSize {
		return &Error{Code: codeInvalidRequest, Message: "The specified copy source is larger than the maximum allowable size for a copy source: 5368709120"}
	}
	copied, err := source.describeCopy(r, t)
	if err != nil {
		return err
	}
	wanted, err := parseAlgorithm(r.Header)
	if err != nil {
		return err
	}
	content := newCopyPayload(source.body, source.size, cmp.Or(wanted, source.checksum.algorithm))
	kept, err := h.store.receive(content)
	if err != nil {
		return err
	}
	copied.etag, copied.size, copied.checksum, copied.parts = content.etag(), kept.size, content.checksum(), []*blob{kept}
	copied.trusted = source.trusted && h.trusted(r)
	version, err := h.store.store(t.bucket, copied, conditionsOf(r))
	if err != nil {
		return err
	}
	source.tellVersion(w.Header())
	setVersion(w.Header(), version)
	copyEncryption(w.Header(), copied.header)
	writeXML(w, http.StatusOK, copyResult{
		XMLName: xml.Name{Local: "CopyObjectResult"}, NS: namespace, ETag: copied.etag, LastModified: iso(copied.modified),
		Checksum: copied.checksum.elementsWithType(),
	})
	return nil
}

// source is what a request copies from, open.
type source struct {
	*object
	target  target
	body    *content
	version string // for x-amz-copy-source-version-id; empty for none
	older   bool   // it may be another version than the current one
}

// openSource opens what the copy source header names, bucket/key[?versionId=…], percent-encoded, if the request's
// conditions hold.
func (h *handler) openSource(r *http.Request) (*source, error) {
	text, version, _ := strings.Cut(r.Header.Get(copySourceHeader), "?versionId=")
	path, err := url.PathUnescape(text)
	bucket, key, ok := strings.Cut(strings.TrimPrefix(path, "/"), "/")
	if err != nil || !ok {
		return nil, &Error{Code: codeInvalidArg,
			Message: "Copy Source must mention the source bucket and key: sourcebucket/sourcekey"}
	}
	o, body, shown, err := h.store.open(bucket, key, version)
	if err != nil {
		return nil, err
	}
	if err := checkSource(r, o); err != nil {
		_ = body.Close()
		return nil, err
	}
	return &source{object: o, target: target{bucket, key}, body: body, version: shown, older: version != ""}, nil
}

// checkSource refuses a source that cannot be copied or does not meet the request's conditions.
func checkSource(r *http.Request, o *object) error {
	if o.deleteMarker { // named by its version
		return &Error{Code: codeInvalidRequest, Message: "The source of a copy request may not specifically refer to a delete marker by version id."}
	}
	modified, err := checkReadConditions(r.Header, "x-amz-copy-source-", o)
	if err == nil && !modified {
		err = &Error{Code: codePrecondition}
	}
	return err
}

func (s *source) tellVersion(header http.Header) {
	if s.version != "" {
		header.Set("X-Amz-Copy-Source-Version-Id", s.version)
	}
}

// describeCopy makes the copy without its content: metadata and tags are the source's unless the request replaces
// them, encryption and storage class are the request's.
// Source: Amazon S3 API Reference, CopyObject.
func (s *source) describeCopy(r *http.Request, t target) (*object, error) {
	header, err := keptHeader(r.Header)
	if err != nil {
		return nil, err
	}
	copied := &object{key: t.key, modified: time.Now(), header: header, tags: s.tags}
	if !replaces(r, "X-Amz-Metadata-Directive") {
		copied.header = s.header.Clone()
		copied.header.Del(storageClassHeader)
		copyEncryption(copied.header, header)
		if class := header.Get(storageClassHeader); class != "" {
			copied.header.Set(storageClassHeader, class)
		}
		if s.target == t && !s.older && s.sameHandling(copied) {
			return nil, &Error{Code: codeInvalidRequest, Message: "This copy request is illegal because it is trying to copy an object to itself without changing " +
				"the object's metadata, storage class, website redirect location or encryption attributes."}
		}
	}
	if replaces(r, "X-Amz-Tagging-Directive") {
		copied.tags, err = parseTagHeader(r.Header.Get("X-Amz-Tagging"))
	}
	return copied, err
}

func replaces(r *http.Request, directive string) bool {
	return strings.EqualFold(r.Header.Get(directive), "REPLACE")
}

// sameHandling reports whether two objects are stored and encrypted alike.
func (o *object) sameHandling(other *object) bool {
	return o.storageClass() == other.storageClass() && o.header.Get(encryptionHeader) == other.header.Get(encryptionHeader) &&
		o.header.Get(kmsKeyHeader) == other.header.Get(kmsKeyHeader)
}
