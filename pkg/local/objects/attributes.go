package objects

import (
	"net/http"
	"slices"
	"strconv"
	"strings"
)

// attributes answers GetObjectAttributes.
func (h *handler) attributes(w http.ResponseWriter, r *http.Request, t target, version string) error {
	o, body, shown, err := h.store.open(t.bucket, t.key, version)
	if err != nil {
		return err
	}
	defer func() { _ = body.Close() }()
	setVersion(w.Header(), shown)
	if o.deleteMarker { // asked for by its version
		w.Header().Set(deleteMarkerHeader, "true")
		return &Error{Code: codeMethod}
	}
	answer := objectAttributes{NS: namespace}
	for name := range strings.SplitSeq(strings.Join(r.Header.Values("X-Amz-Object-Attributes"), ","), ",") {
		if !answer.add(strings.TrimSpace(name), o, r.Header) {
			return &Error{Code: codeInvalidArg, Message: "Invalid attribute name specified."}
		}
	}
	w.Header().Set("Last-Modified", o.modified.UTC().Format(http.TimeFormat))
	writeXML(w, http.StatusOK, answer)
	return nil
}

// objectAttributes is the answer to GetObjectAttributes, with what is asked for.
type objectAttributes struct {
	XMLName      struct{}        `xml:"GetObjectAttributesResponse"`
	NS           string          `xml:"xmlns,attr"`
	ETag         string          `xml:",omitempty"`
	Checksum     *checksumOf     `xml:",omitempty"`
	ObjectParts  *attributeParts `xml:",omitempty"`
	StorageClass string          `xml:",omitempty"`
	ObjectSize   *int64          `xml:",omitempty"`
}

type checksumOf struct{ Elements []xmlElement }

// attributeParts are the parts of a multipart upload: told one by one only where they have checksums.
type attributeParts struct {
	PartNumberMarker     int
	NextPartNumberMarker int `xml:",omitempty"`
	MaxParts             int
	IsTruncated          bool
	PartsCount           int
	Part                 []attributePart
}

type attributePart struct {
	PartNumber int
	Size       int64
	Checksum   []xmlElement
}

// add adds an attribute of o. It returns false when there is none of that name.
func (a *objectAttributes) add(name string, o *object, header http.Header) bool {
	switch name {
	case "ETag":
		a.ETag = strings.Trim(o.etag, `"`)
	case "Checksum":
		if o.checksum.algorithm != "" {
			a.Checksum = &checksumOf{o.checksum.elementsWithType()}
		}
	case "ObjectParts":
		if o.multipart {
			a.ObjectParts = o.attributeParts(header)
		}
	case "StorageClass":
		a.StorageClass = o.storageClass()
	case "ObjectSize":
		a.ObjectSize = &o.size
	default:
		return false
	}
	return true
}

func (o *object) attributeParts(header http.Header) *attributeParts {
	marker, _ := strconv.Atoi(header.Get("X-Amz-Part-Number-Marker")) // absent or wrong: from the start
	a := &attributeParts{PartNumberMarker: marker, MaxParts: pageLimit(header.Get("X-Amz-Max-Parts")), PartsCount: len(o.parts)}
	for i, part := range o.parts {
		if number := i + 1; number > marker && part.sum != "" {
			sum := checksum{algorithm: o.checksum.algorithm, value: part.sum}
			a.Part = append(a.Part, attributePart{number, part.size, sum.elements()})
		}
	}
	if a.IsTruncated = len(a.Part) > a.MaxParts; a.IsTruncated {
		a.Part = slices.Clip(a.Part[:a.MaxParts])
		a.NextPartNumberMarker = a.Part[len(a.Part)-1].PartNumber
	}
	return a
}
