// Package objects is S3 on this machine: buckets whose objects are kept in files of one folder, served
// over HTTP as S3 serves them.
//
// It is built on gofakes3, which lists objects and their versions, sets versioning and deletes buckets. All else is
// answered here, because gofakes3 has no checksums of parts, no conditional Complete or deletion, and another eTag
// on HEAD than on Complete.
package objects

import (
	"crypto/rand"
	"errors"
	"os"
	"slices"
	"sync"
	"time"

	"github.com/cdx-deploy/cdx/pkg/local/internal/flock"
)

// Store keeps buckets and objects. It is safe for concurrent use. Objects above 64 KiB are files in
// the store's folder; what is known about them is in memory, and gone when the Store is unless [Keep] has
// made it.
type Store struct {
	dir    string
	region string
	lock   *flock.Lock // tells other processes that the folder is in use
	kept   bool
	unused *unused // files that wait for the next [Store.Save]; nil unless kept

	mu      sync.RWMutex
	closed  bool
	buckets map[string]*bucket
	uploads map[string]*upload
}

// versioning is a bucket's versioning status as S3 spells it; empty for never enabled.
type versioning string

const (
	versioningEnabled   versioning = "Enabled"
	versioningSuspended versioning = "Suspended"
)

// bucket has its objects by key, each with its versions from oldest to newest.
type bucket struct {
	created    time.Time
	versioning versioning
	objects    map[string][]*object
	settings   map[string][]byte // by the parameter that asks for it
}

// temporaryPrefix begins the names of folders that end with their process.
const temporaryPrefix = "objects-"

// New makes a Store that keeps its files in a new folder inside parent, which is created when missing.
// Region is what the buckets say they are in. Such folders whose process has ended are removed.
func New(parent, region string) (*Store, error) {
	if err := os.MkdirAll(parent, 0o700); err != nil {
		return nil, err
	}
	if err := removeLeftOver(parent); err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp(parent, temporaryPrefix)
	if err != nil {
		return nil, err
	}
	s, err := newStore(dir, region)
	if err != nil {
		return nil, errors.Join(err, os.RemoveAll(dir))
	}
	return s, nil
}

// Close ends the store: it saves what [Keep] has found a place for, and removes the folder of a store
// that [New] has made with everything in it.
// A second Close does nothing.
func (s *Store) Close() error {
	s.mu.Lock()
	closed := s.closed
	s.closed = true
	s.mu.Unlock()
	if closed {
		return nil
	}
	if s.kept {
		return errors.Join(s.Save(), s.lock.Close())
	}
	return errors.Join(s.lock.Close(), os.RemoveAll(s.dir))
}

// EnsureBucket creates a bucket unless it is there.
func (s *Store) EnsureBucket(name string) error {
	err := s.createBucket(name)
	if failure := (*Error)(nil); errors.As(err, &failure) && failure.Code == codeBucketOwned {
		return nil
	}
	return err
}

func (s *Store) createBucket(name string) error {
	if err := checkBucketName(name); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.buckets[name] != nil {
		return &Error{Code: codeBucketOwned, Resource: name}
	}
	s.buckets[name] = &bucket{created: time.Now(), objects: map[string][]*object{}, settings: initialSettings()}
	return nil
}

// bucket must be called with the lock held.
func (s *Store) bucket(name string) (*bucket, error) {
	if b := s.buckets[name]; b != nil {
		return b, nil
	}
	return nil, &Error{Code: codeNoSuchBucket, Resource: name}
}

func (s *Store) bucketExists(name string) bool {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.buckets[name] != nil
}

// current is the newest version of key; nil when there is none or it is a delete marker.
func (b *bucket) current(key string) *object {
	versions := b.objects[key]
	if len(versions) == 0 || versions[len(versions)-1].deleteMarker {
		return nil
	}
	return versions[len(versions)-1]
}

// find returns the version of key that is asked for; empty asks for the newest.
func (b *bucket) find(key, version string) (*object, error) {
	if version == "" {
		if o := b.current(key); o != nil {
			return o, nil
		}
		missing := &Error{Code: codeNoSuchKey, Resource: key}
		if versions := b.objects[key]; len(versions) > 0 {
			missing.marker = versions[len(versions)-1].version
		}
		return nil, missing
	}
	for _, o := range b.objects[key] {
		if o.version == version {
			return o, nil
		}
	}
	return nil, &Error{Code: codeNoSuchVersion, Resource: key}
}

// put makes o the newest version of its key and names its version. It returns the version that it
// replaced, whose content nobody needs any more.
func (b *bucket) put(o *object) (replaced *object) {
	versions := b.objects[o.key]
	o.version = "null"
	if b.versioning == versioningEnabled {
		o.version = rand.Text()
	} else if i := slices.IndexFunc(versions, func(v *object) bool { return v.version == "null" }); i >= 0 {
		replaced = versions[i]
		versions = slices.Delete(versions, i, i+1)
	}
	b.objects[o.key] = append(versions, o)
	return replaced
}

// delete deletes a version for good, or, when none is named, hides the object behind a delete marker; without
// versions it ends it. Marker is the delete marker that was made or deleted, nil for none.
func (b *bucket) delete(key, version string) (marker, removed *object) {
	switch {
	case version != "":
		if removed = b.deleteVersion(key, version); removed != nil && removed.deleteMarker {
			marker = removed
		}
		return marker, removed
	case b.versioning == "":
		removed = b.current(key)
		delete(b.objects, key)
		return nil, removed
	}
	marker = &object{key: key, modified: time.Now(), deleteMarker: true}
	return marker, b.put(marker)
}

// deleteVersion removes one version for good; nil when there is none such.
func (b *bucket) deleteVersion(key, version string) (removed *object) {
	versions := b.objects[key]
	i := slices.IndexFunc(versions, func(v *object) bool { return v.version == version })
	if i < 0 {
		return nil
	}
	removed = versions[i]
	if b.objects[key] = slices.Delete(versions, i, i+1); len(b.objects[key]) == 0 {
		delete(b.objects, key)
	}
	return removed
}

// versionHeader is what x-amz-version-id says of o: nothing in a bucket that never had versions.
func (b *bucket) versionHeader(o *object) string {
	if b.versioning == "" {
		return ""
	}
	return o.version
}
