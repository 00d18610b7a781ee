package objects

import (
	"net/http"
	"time"
)

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
	copyEncryption(w.Header(), o.header)
	o.checksum.set(w.Header())
	w.WriteHeader(http.StatusOK)
	return nil
}

func setVersion(header http.Header, version string) {
	if version != "" {
		header.Set("X-Amz-Version-Id", version)
	}
}

// iso is a time as S3's XML has it.
func iso(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000Z") }
