package objects

import (
	"encoding/xml"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// maxListed is the largest page of S3's lists.
const maxListed = 1000

// pageLimit is how many lines a page is to have: as many as there may be, unless text asks for less.
func pageLimit(text string) int {
	limit, err := strconv.Atoi(text)
	if err != nil || limit < 1 || limit > maxListed {
		return maxListed
	}
	return limit
}

// listedUpload is an upload in progress, in ListMultipartUploads.
type listedUpload struct {
	Key       string
	UploadID  string `xml:"UploadId"`
	Initiated string
}

// uploadList is the answer to ListMultipartUploads.
type uploadList struct {
	XMLName            struct{} `xml:"ListMultipartUploadsResult"`
	NS                 string   `xml:"xmlns,attr"`
	Bucket             string
	Prefix             string
	KeyMarker          string
	UploadIDMarker     string `xml:"UploadIdMarker"`
	NextKeyMarker      string `xml:",omitempty"`
	NextUploadIDMarker string `xml:"NextUploadIdMarker,omitempty"`
	MaxUploads         int
	IsTruncated        bool
	Upload             []listedUpload
}

// listUploads answers ListMultipartUploads, in order of key and then of time, without delimiters. A request that
// nobody vouches for is not told of those that it may not use.
func (h *handler) listUploads(w http.ResponseWriter, r *http.Request, t target, query url.Values) error {
	if !h.store.bucketExists(t.bucket) {
		return &Error{Code: codeNoSuchBucket, Resource: t.bucket}
	}
	list := uploadList{
		NS: namespace, Bucket: t.bucket, Prefix: query.Get("prefix"), MaxUploads: pageLimit(query.Get("max-uploads")),
		KeyMarker: query.Get("key-marker"), UploadIDMarker: query.Get("upload-id-marker"),
	}
	uploads := slices.DeleteFunc(h.store.inProgress(t.bucket, list.Prefix), func(u *upload) bool {
		return u.object.trusted && !h.trusted(r) || u.target.key < list.KeyMarker
	})
	if i := slices.IndexFunc(uploads, func(u *upload) bool { return u.id == list.UploadIDMarker }); i >= 0 {
		uploads = uploads[i+1:]
	} else if list.KeyMarker != "" {
		uploads = slices.DeleteFunc(uploads, func(u *upload) bool { return u.target.key == list.KeyMarker })
	}
	for _, u := range uploads[:min(len(uploads), list.MaxUploads)] {
		list.Upload = append(list.Upload, listedUpload{Key: u.target.key, UploadID: u.id, Initiated: iso(u.initiated)})
	}
	if list.IsTruncated = len(uploads) > list.MaxUploads; list.IsTruncated {
		last := list.Upload[len(list.Upload)-1]
		list.NextKeyMarker, list.NextUploadIDMarker = last.Key, last.UploadID
	}
	writeXML(w, http.StatusOK, list)
	return nil
}

// inProgress returns a bucket's uploads in the order of their list.
func (s *Store) inProgress(bucket, prefix string) []*upload {
	s.mu.RLock()
	defer s.mu.RUnlock()
	var uploads []*upload
	for _, u := range s.uploads {
		if u.target.bucket == bucket && u.completed == nil && strings.HasPrefix(u.target.key, prefix) {
			uploads = append(uploads, u)
		}
	}
	slices.SortFunc(uploads, func(a, b *upload) int {
		if order := strings.Compare(a.target.key, b.target.key); order != 0 {
			return order
		}
		return a.initiated.Compare(b.initiated)
	})
	return uploads
}

// listedPart is a part in ListParts.
type listedPart struct {
	PartNumber   int
	LastModified string
	ETag         string
	Size         int64
	Checksum     []xmlElement
}

// xmlElement is an element whose name is not known before.
type xmlElement struct {
	XMLName xml.Name
	Value   string `xml:",chardata"`
}

// elements is the checksum as S3's XML has it.
func (c checksum) elements() []xmlElement {
	if c.algorithm == "" {
		return nil
	}
	return []xmlElement{{xml.Name{Local: "Checksum" + string(c.algorithm)}, c.value}}
}

// elementsWithType are the elements with the one that says what is summed up.
func (c checksum) elementsWithType() []xmlElement {
	if c.algorithm == "" {
		return nil
	}
	return append(c.elements(), xmlElement{xml.Name{Local: "ChecksumType"}, c.kind})
}

// listParts answers ListParts.
func (h *handler) listParts(w http.ResponseWriter, t target, id string, query url.Values) error {
	marker, _ := strconv.Atoi(query.Get("part-number-marker")) // absent or wrong: from the start
	limit := pageLimit(query.Get("max-parts"))
	parts, err := h.store.partsOf(t, id)
	if err != nil {
		return err
	}
	parts = parts[partsUpTo(parts, marker):]
	truncated := len(parts) > limit
	parts = parts[:min(limit, len(parts))]
	next := 0
	if truncated {
		next = parts[limit-1].PartNumber
	}
	writeXML(w, http.StatusOK, struct {
		XMLName              struct{} `xml:"ListPartsResult"`
		NS                   string   `xml:"xmlns,attr"`
		Bucket               string
		Key                  string
		UploadID             string `xml:"UploadId"`
		PartNumberMarker     int
		NextPartNumberMarker int `xml:",omitempty"`
		MaxParts             int
		IsTruncated          bool
		Part                 []listedPart
	}{struct{}{}, namespace, t.bucket, t.key, id, marker, next, limit, truncated, parts})
	return nil
}

// partsUpTo counts the parts whose number is at most marker.
func partsUpTo(parts []listedPart, marker int) int {
	i, found := slices.BinarySearchFunc(parts, marker, func(p listedPart, n int) int { return p.PartNumber - n })
	if found {
		i++
	}
	return i
}

// partsOf returns the parts of an upload in progress by number.
func (s *Store) partsOf(t target, id string) ([]listedPart, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	u, err := s.active(t, id)
	if err != nil {
		return nil, err
	}
	var parts []listedPart
	for _, number := range slices.Sorted(maps.Keys(u.parts)) {
		p := u.parts[number]
		parts = append(parts, listedPart{number, iso(p.modified), p.etag, p.content.size, p.checksum.elements()})
	}
	return parts, nil
}
