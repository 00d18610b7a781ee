package objects

import (
	"io"
	"maps"
	"slices"

	"github.com/johannesboyne/gofakes3"
)

// backend is the Store as gofakes3 asks for it: buckets, their lists and their versioning.
type backend struct {
	contentElsewhere
	store *Store
}

var (
	_ gofakes3.Backend          = backend{}
	_ gofakes3.VersionedBackend = backend{}
)

// view runs fn on a bucket under the lock, and returns its error as gofakes3 knows it.
func (b backend) view(name string, fn func(*bucket) error) error {
	b.store.mu.Lock()
	defer b.store.mu.Unlock()
	found, err := b.store.bucket(name)
	if err != nil {
		return gofakes3.BucketNotFound(name)
	}
	return fn(found)
}

// ListBuckets implements [gofakes3.Backend].
func (b backend) ListBuckets() ([]gofakes3.BucketInfo, error) {
	b.store.mu.RLock()
	defer b.store.mu.RUnlock()
	var list []gofakes3.BucketInfo
	for _, name := range slices.Sorted(maps.Keys(b.store.buckets)) {
		list = append(list, gofakes3.BucketInfo{
			Name: name, CreationDate: gofakes3.NewContentTime(b.store.buckets[name].created),
		})
	}
	return list, nil
}

// BucketExists implements [gofakes3.Backend].
func (b backend) BucketExists(name string) (bool, error) { return b.store.bucketExists(name), nil }

// CreateBucket implements [gofakes3.Backend].
func (b backend) CreateBucket(name string) error { return forBackend(b.store.createBucket(name)) }

// DeleteBucket implements [gofakes3.Backend].
func (b backend) DeleteBucket(name string) error {
	return b.view(name, func(found *bucket) error {
		if len(found.objects) > 0 {
			return forBackend(&Error{Code: codeNotEmpty})
		}
		delete(b.store.buckets, name)
		return nil
	})
}

// ForceDeleteBucket implements [gofakes3.Backend].
func (b backend) ForceDeleteBucket(name string) error {
	return b.view(name, func(found *bucket) error {
		for _, versions := range found.objects {
			for _, o := range versions {
				o.release()
			}
		}
		delete(b.store.buckets, name)
		return nil
	})
}

// VersioningConfiguration implements [gofakes3.VersionedBackend].
func (b backend) VersioningConfiguration(name string) (config gofakes3.VersioningConfiguration, err error) {
	err = b.view(name, func(found *bucket) error {
		config.Status = gofakes3.VersioningStatus(found.versioning)
		return nil
	})
	return config, err
}

// SetVersioningConfiguration implements [gofakes3.VersionedBackend].
func (b backend) SetVersioningConfiguration(name string, config gofakes3.VersioningConfiguration) error {
	if config.MFADelete.Enabled() {
		return gofakes3.ErrNotImplemented
	}
	return b.view(name, func(found *bucket) error {
		found.versioning = versioning(config.Status)
		return nil
	})
}

// contentElsewhere has the methods that gofakes3 asks a backend for and never calls here, because
// [handler] answers the requests that concern content.
type contentElsewhere struct{}

func (contentElsewhere) DeleteObject(string, string) (result gofakes3.ObjectDeleteResult, err error) {
	return result, gofakes3.ErrNotImplemented
}

func (contentElsewhere) DeleteObjectVersion(string, string, gofakes3.VersionID) (result gofakes3.ObjectDeleteResult, err error) {
	return result, gofakes3.ErrNotImplemented
}

func (contentElsewhere) HeadObject(string, string) (*gofakes3.Object, error) {
	return nil, gofakes3.ErrNotImplemented
}

func (contentElsewhere) GetObject(string, string, *gofakes3.ObjectRangeRequest) (*gofakes3.Object, error) {
	return nil, gofakes3.ErrNotImplemented
}

func (contentElsewhere) PutObject(string, string, map[string]string, io.Reader, int64, *gofakes3.PutConditions) (result gofakes3.PutObjectResult, err error) {
	return result, gofakes3.ErrNotImplemented
}

func (contentElsewhere) CopyObject(string, string, string, string, map[string]string) (result gofakes3.CopyObjectResult, err error) {
	return result, gofakes3.ErrNotImplemented
}

func (contentElsewhere) HeadObjectVersion(string, string, gofakes3.VersionID) (*gofakes3.Object, error) {
	return nil, gofakes3.ErrNotImplemented
}

func (contentElsewhere) GetObjectVersion(string, string, gofakes3.VersionID, *gofakes3.ObjectRangeRequest) (*gofakes3.Object, error) {
	return nil, gofakes3.ErrNotImplemented
}

func (contentElsewhere) DeleteMulti(string, ...string) (result gofakes3.MultiDeleteResult, err error) {
	return result, gofakes3.ErrNotImplemented
}

func (contentElsewhere) DeleteMultiVersions(string, ...gofakes3.ObjectID) (result gofakes3.MultiDeleteResult, err error) {
	return result, gofakes3.ErrNotImplemented
}
