package objects

import (
	"encoding/xml"
	"net/http"
)

// maxDeleted is how many objects one request may delete.
// Source: Amazon S3 API Reference, DeleteObjects.
const maxDeleted = 1000

// deletion is what DeleteObjects did with one object.
type deletion struct {
	Key                   string
	VersionID             string `xml:"VersionId,omitempty"` // as asked for
	DeleteMarker          bool   `xml:",omitempty"`
	DeleteMarkerVersionID string `xml:"DeleteMarkerVersionId,omitempty"`
}

// deleteObjects answers DeleteObjects.
func (h *handler) deleteObjects(w http.ResponseWriter, r *http.Request, t target) error {
	var in struct {
		XMLName xml.Name `xml:"Delete"`
		Quiet   bool
		Object  []deletion
	}
	if err := readXML(w, r, &in); err != nil {
		return err
	}
	if len(in.Object) == 0 || len(in.Object) > maxDeleted {
		return &Error{Code: codeMalformedXML}
	}
	done, err := h.store.deleteAll(t.bucket, in.Object)
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
	}{NS: namespace, Deleted: done})
	return nil
}

// deleteAll deletes objects, or the versions of them that are named, and says what became of each.
func (s *Store) deleteAll(bucketName string, asked []deletion) ([]deletion, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	b, err := s.bucket(bucketName)
	if err != nil {
		return nil, err
	}
	done := make([]deletion, len(asked))
	for i, one := range asked {
		done[i] = deletion{Key: one.Key, VersionID: one.VersionID}
		if one.VersionID == "" {
			marker, removed := b.delete(one.Key)
			removed.release()
			if marker != nil {
				done[i].DeleteMarker, done[i].DeleteMarkerVersionID = true, marker.version
			}
			continue
		}
		removed := b.deleteVersion(one.Key, one.VersionID)
		if removed != nil && removed.deleteMarker {
			done[i].DeleteMarker, done[i].DeleteMarkerVersionID = true, removed.version
		}
		removed.release()
	}
	return done, nil
}
