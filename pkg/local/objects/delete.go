package objects

import (
	"encoding/xml"
	"errors"
	"net/http"
)

// maxDeleted is how many objects one request may delete.
// Source: Amazon S3 API Reference, DeleteObjects.
const maxDeleted = 1000

// namedObject is an object that is to be deleted.
type namedObject struct {
	Key       string
	VersionID string `xml:"VersionId"` // empty: the current version, which is hidden in a bucket with versions
	ETag      string // that the current version must have; empty: any, or none at all
}

// deletion is what became of one object.
type deletion struct {
	Key                   string
	VersionID             string `xml:"VersionId,omitempty"` // as asked for
	DeleteMarker          bool   `xml:",omitempty"`
	DeleteMarkerVersionID string `xml:"DeleteMarkerVersionId,omitempty"`
}

// deletionError is why one object was not deleted.
type deletionError struct {
	Key       string
	VersionID string `xml:"VersionId,omitempty"`
	Code      string
	Message   string
}

// deleteObject answers DeleteObject.
// Source: Amazon S3 User Guide, "How to perform conditional deletes".
func (h *handler) deleteObject(w http.ResponseWriter, r *http.Request, t target, version string) error {
	for _, name := range []string{"X-Amz-If-Match-Last-Modified-Time", "X-Amz-If-Match-Size"} {
		if r.Header.Get(name) != "" {
			return &Error{Code: codeNotImplemented}
		}
	}
	done, err := h.store.delete(t.bucket, namedObject{t.key, version, r.Header.Get("If-Match")})
	if err != nil {
		return err
	}
	setVersion(w.Header(), version)
	if done.DeleteMarker {
		w.Header().Set(deleteMarkerHeader, "true")
		setVersion(w.Header(), done.DeleteMarkerVersionID)
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}

func (s *Store) delete(bucketName string, one namedObject) (deletion, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	b, err := s.bucket(bucketName)
	if err != nil {
		return deletion{}, err
	}
	return b.remove(one)
}

// deleteObjects answers DeleteObjects.
func (h *handler) deleteObjects(w http.ResponseWriter, r *http.Request, t target) error {
	var in struct {
		XMLName xml.Name `xml:"Delete"`
		Quiet   bool
		Object  []namedObject
	}
	if err := readXML(w, r, &in); err != nil {
		return err
	}
	if len(in.Object) == 0 || len(in.Object) > maxDeleted {
		return &Error{Code: codeMalformedXML}
	}
	done, failed, err := h.store.deleteAll(t.bucket, in.Object)
	if err != nil {
		return err
	}
	if in.Quiet {
		done = nil
	}
	writeXML(w, http.StatusOK, struct {
		XMLName struct{} `xml:"DeleteResult"`
		NS      string   `xml:"xmlns,attr"`
		Deleted []deletion
		Error   []deletionError
	}{NS: namespace, Deleted: done, Error: failed})
	return nil
}

// deleteAll deletes objects, or the versions of them that are named, and says what became of each.
func (s *Store) deleteAll(bucketName string, asked []namedObject) (done []deletion, failed []deletionError, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	b, err := s.bucket(bucketName)
	if err != nil {
		return nil, nil, err
	}
	for _, one := range asked {
		deleted, err := b.remove(one)
		if failure := (*Error)(nil); errors.As(err, &failure) {
			failed = append(failed, deletionError{one.Key, one.VersionID, failure.Code, failure.Text()})
			continue
		}
		done = append(done, deleted)
	}
	return done, failed, nil
}

// remove deletes one object. An eTag is that of the current version, and S3 takes none together with a version.
func (b *bucket) remove(one namedObject) (deletion, error) {
	if one.VersionID != "" && one.ETag != "" {
		return deletion{}, &Error{Code: codeNotImplemented}
	}
	if err := (conditions{match: one.ETag}).check(b.current(one.Key)); err != nil {
		return deletion{}, err
	}
	done := deletion{Key: one.Key, VersionID: one.VersionID}
	marker, removed := b.delete(one.Key, one.VersionID)
	removed.release()
	if marker != nil {
		done.DeleteMarker, done.DeleteMarkerVersionID = true, marker.version
	}
	return done, nil
}
