package objects

import (
	"cmp"
	"fmt"
	"math"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// deleteMarkerHeader says that a version is a delete marker.
const deleteMarkerHeader = "X-Amz-Delete-Marker"

// read answers GET and HEAD of an object; net/http does the ranges.
func (h *handler) read(w http.ResponseWriter, r *http.Request, t target, query url.Values) error {
	o, body, version, err := h.store.open(t.bucket, t.key, query.Get("versionId"))
	if err != nil {
		return err
	}
	defer func() { _ = body.Close() }()
	if version != "" {
		w.Header().Set("X-Amz-Version-Id", version)
	}
	if o.deleteMarker { // asked for by its version
		w.Header().Set(deleteMarkerHeader, "true")
		return &Error{Code: codeMethod}
	}
	modified, err := checkReadConditions(r.Header, "", o)
	if err != nil {
		return err
	}
	if !modified {
		o.describe(w.Header())
		w.WriteHeader(http.StatusNotModified)
		return nil
	}
	r = onlyRange(r)
	if err := selectPart(w, r, o, query.Get("partNumber")); err != nil {
		return err
	}
	if err := checkRange(r, o.size); err != nil {
		return err
	}
	o.describe(w.Header())
	if r.Header.Get("Range") == "" && strings.EqualFold(r.Header.Get("X-Amz-Checksum-Mode"), "ENABLED") {
		o.checksum.set(w.Header())
	}
	overrideHeader(w.Header(), query)
	if r.Header.Get("Range") == "" { // net/http leaves it out where there is a content encoding
		w.Header().Set("Content-Length", strconv.FormatInt(o.size, 10))
	}
	http.ServeContent(w, r, "", o.modified, body)
	return nil
}

// describe writes the headers of GET and HEAD.
func (o *object) describe(header http.Header) {
	for name, values := range o.header {
		if strings.HasPrefix(name, metadataPrefix) { // clients that tell cases apart expect S3's
			name = strings.ToLower(name)
		}
		header[name] = values
	}
	header.Set("Etag", o.etag)
	header.Set("Last-Modified", o.modified.UTC().Format(http.TimeFormat))
	header.Set("Accept-Ranges", "bytes")
	if len(o.tags) > 0 {
		header.Set("X-Amz-Tagging-Count", strconv.Itoa(len(o.tags)))
	}
}

// checkReadConditions reports whether the object is to be sent. The error says that a condition does not
// hold. Prefix stands before the names of the headers.
// Source: Amazon S3 API Reference, GetObject and CopyObject, which give eTags precedence over dates.
func checkReadConditions(header http.Header, prefix string, o *object) (modified bool, err error) {
	seconds := o.modified.Truncate(time.Second)
	if match := header.Get(prefix + "If-Match"); match != "" {
		if match != "*" && quote(match) != o.etag {
			return false, &Error{Code: codePrecondition, Condition: prefix + "If-Match"}
		}
	} else if since, err := http.ParseTime(header.Get(prefix + "If-Unmodified-Since")); err == nil && seconds.After(since) {
		return false, &Error{Code: codePrecondition, Condition: prefix + "If-Unmodified-Since"}
	}
	if noneMatch := header.Get(prefix + "If-None-Match"); noneMatch != "" {
		return noneMatch != "*" && quote(noneMatch) != o.etag, nil
	}
	since, err := http.ParseTime(header.Get(prefix + "If-Modified-Since"))
	return err != nil || seconds.After(since), nil
}

// onlyRange is the request without the conditions that are checked already.
func onlyRange(r *http.Request) *http.Request {
	r = r.Clone(r.Context())
	for _, name := range []string{"If-Match", "If-None-Match", "If-Modified-Since", "If-Unmodified-Since"} {
		r.Header.Del(name)
	}
	return r
}

// selectPart turns a part number into the range of that part.
func selectPart(w http.ResponseWriter, r *http.Request, o *object, number string) error {
	if number == "" {
		return nil
	}
	n, err := strconv.Atoi(number)
	if err != nil || n < 1 {
		return &Error{Code: codeInvalidArg, Message: "Part number must be an integer between 1 and 10000, inclusive"}
	}
	if n > len(o.parts) {
		return &Error{Code: codeInvalidRange, Message: "The requested partnumber is not satisfiable"}
	}
	if o.multipart {
		w.Header().Set("X-Amz-Mp-Parts-Count", strconv.Itoa(len(o.parts)))
	}
	start := int64(0)
	for _, part := range o.parts[:n-1] {
		start += part.size
	}
	if size := o.parts[n-1].size; size < o.size {
		r.Header.Set("Range", fmt.Sprintf("bytes=%d-%d", start, start+size-1))
	}
	return nil
}

// checkRange answers a range outside the object as S3 does, and leaves out what S3 ignores: several
// ranges and what is no range of bytes.
func checkRange(r *http.Request, size int64) error {
	text := r.Header.Get("Range")
	if text == "" {
		return nil
	}
	first, last, ok := strings.Cut(strings.TrimPrefix(text, "bytes="), "-")
	if !ok || !strings.HasPrefix(text, "bytes=") || strings.Contains(text, ",") {
		r.Header.Del("Range")
		return nil
	}
	start, startErr := strconv.ParseUint(cmp.Or(first, "0"), 10, 63)
	end, endErr := strconv.ParseUint(cmp.Or(last, strconv.Itoa(math.MaxInt64)), 10, 63)
	switch {
	case startErr != nil, endErr != nil, first == "" && last == "", first != "" && end < start:
		r.Header.Del("Range")
	case first == "" && (end == 0 || size == 0), start >= uint64(size):
		return &Error{Code: codeInvalidRange}
	}
	return nil
}

// overrideHeader applies the response-… parameters.
// Source: Amazon S3 API Reference, GetObject, "Overriding response header values".
func overrideHeader(header http.Header, query url.Values) {
	for _, name := range []string{
		"Content-Type", "Content-Language", "Expires", "Cache-Control", "Content-Disposition", "Content-Encoding",
	} {
		if value := query.Get("response-" + strings.ToLower(name)); value != "" {
			header.Set(name, value)
		}
	}
}
