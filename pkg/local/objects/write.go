package objects

import (
	"encoding/xml"
	"net/http"
	"net/url"
	"strings"
	"time"
)

const copySourceHeader = "X-Amz-Copy-Source"

// putObject answers PutObject.
func (h *handler) putObject(w http.ResponseWriter, r *http.Request, t target) error {
	if !h.store.bucketExists(t.bucket) { // before the content is read
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
	content, err := newPayload(r, "")
	if err != nil {
		return err
	}
	kept, err := h.store.receive(content)
	if err != nil {
		return err
	}
	return h.finish(w, r, t.bucket, &object{
		key: t.key, etag: content.etag(), size: kept.size, modified: time.Now(), header: header, tags: tags,
		checksum: content.checksum(), parts: []*blob{kept}, trusted: h.trusted(r),
	})
}

// finish stores o and answers with its headers.
func (h *handler) finish(w http.ResponseWriter, r *http.Request, bucket string, o *object) error {
	version, err := h.store.store(bucket, o, conditionsOf(r))
	if err != nil {
		return err
	}
	w.Header().Set("Etag", o.etag)
	setVersion(w.Header(), version)
	w.Header().Set("X-Amz-Server-Side-Encryption", o.header.Get("X-Amz-Server-Side-Encryption"))
	o.checksum.set(w.Header())
	w.WriteHeader(http.StatusOK)
	return nil
}

func setVersion(header http.Header, version string) {
	if version != "" {
		header.Set("X-Amz-Version-Id", version)
	}
}

// copyResult is the answer to CopyObject and UploadPartCopy, whose names differ.
type copyResult struct {
	XMLName      xml.Name
	NS           string `xml:"xmlns,attr"`
	ETag         string
	LastModified string
}

// copyObject answers CopyObject: the copy shares the source's content.
func (h *handler) copyObject(w http.ResponseWriter, r *http.Request, t target) error {
	source, body, sourceVersion, err := h.openSource(r)
	if err != nil {
		return err
	}
	defer func() { _ = body.Close() }()
	copied := &object{
		key: t.key, etag: source.etag, size: source.size, modified: time.Now(), header: source.header, tags: source.tags,
		checksum: source.checksum, parts: source.parts, multipart: source.multipart,
		trusted: source.trusted && h.trusted(r),
	}
	if strings.EqualFold(r.Header.Get("X-Amz-Metadata-Directive"), "REPLACE") {
		if copied.header, err = keptHeader(r.Header); err != nil {
			return err
		}
	}
	for _, part := range copied.parts {
		part.uses.Add(1)
	}
	version, err := h.store.store(t.bucket, copied, conditionsOf(r))
	if err != nil {
		return err
	}
	if sourceVersion != "" {
		w.Header().Set("X-Amz-Copy-Source-Version-Id", sourceVersion)
	}
	setVersion(w.Header(), version)
	writeXML(w, http.StatusOK, copyResult{
		XMLName: xml.Name{Local: "CopyObjectResult"}, NS: namespace, ETag: copied.etag, LastModified: iso(copied.modified),
	})
	return nil
}

// openSource opens what the copy source header names: bucket/key[?versionId=…], percent-encoded.
func (h *handler) openSource(r *http.Request) (*object, *content, string, error) {
	text, version, _ := strings.Cut(r.Header.Get(copySourceHeader), "?versionId=")
	path, err := url.PathUnescape(text)
	bucket, key, ok := strings.Cut(strings.TrimPrefix(path, "/"), "/")
	if err != nil || !ok {
		return nil, nil, "", &Error{Code: codeInvalidArg,
			Message: "Copy Source must mention the source bucket and key: sourcebucket/sourcekey"}
	}
	return h.store.open(bucket, key, version)
}

// iso is a time as S3's XML has it.
func iso(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000Z") }
