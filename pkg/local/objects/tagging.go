package objects

import (
	"encoding/xml"
	"net/http"
	"net/url"
	"slices"
	"sort"
	"unicode/utf8"
)

// tag is a tag of an object.
type tag struct {
	Key   string
	Value string
}

// tagging is the body of the requests about tags and of their answer.
type tagging struct {
	XMLName xml.Name `xml:"Tagging"`
	NS      string   `xml:"xmlns,attr"`
	Tags    []tag    `xml:"TagSet>Tag"`
}

// parseTagHeader reads x-amz-tagging, which is encoded like a query.
func parseTagHeader(text string) ([]tag, error) {
	values, err := url.ParseQuery(text)
	if err != nil {
		return nil, &Error{Code: codeInvalidArg, Message: "The header 'x-amz-tagging' shall be encoded as UTF-8 then URLEncoded URL query parameters without tag name duplicates."}
	}
	var tags []tag
	for name, list := range values {
		for _, value := range list {
			tags = append(tags, tag{name, value})
		}
	}
	return checkTags(tags)
}

// The limits of an object's tags, those of lengths in characters.
// Source: Amazon S3 User Guide, "Categorizing your objects using tags".
const (
	maxTags     = 10
	maxTagKey   = 128
	maxTagValue = 256
)

// checkTags puts tags into the order of their keys, or refuses what S3 refuses.
func checkTags(tags []tag) ([]tag, error) {
	if len(tags) > maxTags {
		return nil, &Error{Code: codeBadRequest, Message: "Object tags cannot be greater than 10"}
	}
	sort.Slice(tags, func(i, j int) bool { return tags[i].Key < tags[j].Key })
	for i, t := range tags {
		switch length := utf8.RuneCountInString(t.Key); {
		case length == 0 || length > maxTagKey:
			return nil, &Error{Code: codeInvalidTag, Message: "The TagKey you have provided is invalid"}
		case utf8.RuneCountInString(t.Value) > maxTagValue:
			return nil, &Error{Code: codeInvalidTag, Message: "The TagValue you have provided is invalid"}
		case i > 0 && tags[i-1].Key == t.Key:
			return nil, &Error{Code: codeInvalidTag, Message: "Cannot provide multiple Tags with the same key"}
		}
	}
	return tags, nil
}

// routeTagging answers GetObjectTagging, PutObjectTagging and DeleteObjectTagging.
func (h *handler) routeTagging(w http.ResponseWriter, r *http.Request, t target, query url.Values) error {
	var in tagging
	if r.Method == http.MethodPut {
		if err := readXML(w, r, &in); err != nil {
			return err
		}
		if _, err := checkTags(in.Tags); err != nil {
			return err
		}
	}
	s := h.store
	s.mu.Lock()
	defer s.mu.Unlock()
	b, err := s.bucket(t.bucket)
	if err != nil {
		return err
	}
	o, err := b.find(t.key, query.Get("versionId"))
	if err != nil {
		return err
	}
	setVersion(w.Header(), b.versionHeader(o))
	switch r.Method {
	case http.MethodGet:
		writeXML(w, http.StatusOK, tagging{NS: namespace, Tags: o.tags})
	case http.MethodPut:
		b.retag(o, in.Tags)
		w.WriteHeader(http.StatusOK)
	case http.MethodDelete:
		b.retag(o, nil)
		w.WriteHeader(http.StatusNoContent)
	default:
		return &Error{Code: codeMethod}
	}
	return nil
}

// retag replaces o by a copy with other tags, because readers hold objects without the lock.
func (b *bucket) retag(o *object, tags []tag) {
	versions := b.objects[o.key]
	changed := *o
	changed.tags, changed.encoded = tags, nil
	versions[slices.Index(versions, o)] = &changed
}

// maxXML is the size of a request's XML: Complete with 10,000 parts and their checksums is under it.
const maxXML = 2 << 20

// readXML reads a request's body.
func readXML(w http.ResponseWriter, r *http.Request, into any) error {
	if err := xml.NewDecoder(http.MaxBytesReader(w, r.Body, maxXML)).Decode(into); err != nil {
		return &Error{Code: codeMalformedXML}
	}
	return nil
}
