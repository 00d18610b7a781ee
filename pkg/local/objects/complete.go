package objects

import (
	"crypto/md5"
	"encoding/hex"
	"encoding/xml"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// completeRequest is the body of CompleteMultipartUpload.
type completeRequest struct {
	XMLName xml.Name        `xml:"CompleteMultipartUpload"`
	Parts   []completedPart `xml:"Part"`
}

// completedPart is a part as the client names it. Of the checksums, at most one is given.
type completedPart struct {
	PartNumber int
	ETag       string
	CRC32      string `xml:"ChecksumCRC32"`
	CRC32C     string `xml:"ChecksumCRC32C"`
	CRC64NVME  string `xml:"ChecksumCRC64NVME"`
	SHA1       string `xml:"ChecksumSHA1"`
	SHA256     string `xml:"ChecksumSHA256"`
	SHA512     string `xml:"ChecksumSHA512"`
	MD5        string `xml:"ChecksumMD5"`
}

// checksum is the value given for algorithm a; empty for none.
func (p completedPart) checksum(a algorithm) string {
	switch a {
	case "CRC32":
		return p.CRC32
	case "CRC32C":
		return p.CRC32C
	case "CRC64NVME":
		return p.CRC64NVME
	case "SHA1":
		return p.SHA1
	case "SHA256":
		return p.SHA256
	case "SHA512":
		return p.SHA512
	case "MD5":
		return p.MD5
	}
	return ""
}

// completed is what a completed upload answers with, also when it is completed again: a client whose
// answer was lost asks twice.
type completed struct {
	etag     string
	version  string
	checksum checksum
	header   http.Header // the object's
}

// complete answers CompleteMultipartUpload.
func (h *handler) complete(w http.ResponseWriter, r *http.Request, t target, id string) error {
	var in completeRequest
	if err := readXML(w, r, &in); err != nil {
		return err
	}
	done, err := h.store.complete(t, id, in.Parts, r, h.trusted(r))
	if err != nil {
		return err
	}
	setVersion(w.Header(), done.version)
	copyEncryption(w.Header(), done.header)
	answer := struct {
		XMLName  struct{} `xml:"CompleteMultipartUploadResult"`
		NS       string   `xml:"xmlns,attr"`
		Location string
		Bucket   string
		Key      string
		ETag     string
		Checksum []xmlElement
	}{NS: namespace, Location: "http://" + r.Host + r.URL.EscapedPath(), Bucket: t.bucket, Key: t.key, ETag: done.etag, Checksum: done.checksum.elementsWithType()}
	writeXML(w, http.StatusOK, answer)
	return nil
}

// complete makes the object. Its content is the parts as they are: nothing is copied. It is trusted when the
// beginning of the upload, every part and this request, which trusted says, were vouched for.
func (s *Store) complete(t target, id string, named []completedPart, r *http.Request, trusted bool) (*completed, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if u := s.uploads[id]; u != nil && u.target == t && u.completed != nil {
		return u.completed, nil
	}
	b, err := s.bucket(t.bucket)
	if err != nil {
		return nil, err
	}
	u, err := s.active(t, id)
	if err != nil {
		return nil, err
	}
	parts, err := u.choose(named)
	if err != nil {
		return nil, err
	}
	o := u.assemble(parts)
	o.trusted = o.trusted && trusted
	if err := u.verify(o, parts, r.Header); err != nil {
		return nil, err
	}
	if err := conditionsOf(r).check(b.current(t.key)); err != nil {
		return nil, err
	}
	b.put(o).release()
	u.finish(o, b.versionHeader(o), parts)
	return u.completed, nil
}

// choose finds the parts that the client names and checks what it says of them.
func (u *upload) choose(named []completedPart) ([]*part, error) {
	if len(named) == 0 {
		return nil, &Error{Code: codeMalformedXML}
	}
	for i := range named[1:] {
		if named[i+1].PartNumber <= named[i].PartNumber {
			return nil, &Error{Code: codeInvalidOrder}
		}
	}
	parts := make([]*part, len(named))
	for i, n := range named {
		p := u.parts[n.PartNumber]
		if p == nil || quote(n.ETag) != p.etag {
			return nil, &Error{Code: codeInvalidPart}
		}
		if given := n.checksum(p.checksum.algorithm); given != "" && given != p.checksum.value {
			return nil, &Error{Code: codeInvalidPart}
		}
		if i < len(named)-1 && p.content.size < minPartSize {
			return nil, &Error{Code: codeEntityTooSmall}
		}
		parts[i] = p
	}
	return parts, nil
}

// assemble makes the object of the parts. Its eTag is the MD5 of the parts' MD5s, with their number.
func (u *upload) assemble(parts []*part) *object {
	o := u.object
	o.modified = time.Now()
	sums := md5.New()
	for _, p := range parts {
		raw, _ := hex.DecodeString(strings.Trim(p.etag, `"`)) // it was encoded here
		sums.Write(raw)
		o.parts = append(o.parts, p.content)
		o.size += p.content.size
		o.trusted = o.trusted && p.trusted
	}
	o.etag = fmt.Sprintf(`"%x-%d"`, sums.Sum(nil), len(parts))
	return &o
}

// verify computes the object's checksum and compares it, and the size, with what the request says.
func (u *upload) verify(o *object, parts []*part, header http.Header) (err error) {
	if size := header.Get("X-Amz-Mp-Object-Size"); size != "" && size != strconv.FormatInt(o.size, 10) {
		return &Error{Code: codeInvalidRequest, Message: "The provided 'x-amz-mp-object-size' header does not match what was computed."}
	}
	if u.algorithm == "" {
		return nil
	}
	if u.kind == typeFull {
		body := newContent(o.parts)
		o.checksum, err = whole(u.algorithm, body)
		_ = body.Close()
	} else {
		sums := make([]string, len(parts))
		for i, p := range parts {
			sums[i] = p.checksum.value
		}
		o.checksum, err = composite(u.algorithm, sums)
	}
	if err != nil {
		return err
	}
	given, _, _ := strings.Cut(header.Get(u.algorithm.header()), "-")
	computed, _, _ := strings.Cut(o.checksum.value, "-")
	if given != "" && given != computed {
		return badChecksum(u.algorithm)
	}
	return nil
}

// finish turns the upload into the memory of one, without the parts that the client left out.
func (u *upload) finish(o *object, version string, used []*part) {
	for _, p := range used {
		p.content.uses.Add(1)
	}
	for _, p := range u.parts {
		p.content.release()
	}
	u.parts = nil
	u.completed = &completed{etag: o.etag, version: version, checksum: o.checksum, header: o.header}
}
