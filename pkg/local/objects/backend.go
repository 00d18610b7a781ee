package objects

import (
	"io"

	"github.com/johannesboyne/gofakes3"
)

// backend is the Store as gofakes3 asks for it: buckets, their lists and their versioning.
type backend struct {
	answeredElsewhere
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
	switch {
	case config.MFADelete.Enabled():
		return gofakes3.ErrNotImplemented
	case config.Status == "": // a bucket that has versions can only suspend them
		return forBackend(&Error{Code: codeNoVersioning})
	}
	return b.view(name, func(found *bucket) error {
		found.versioning = versioning(config.Status)
		return nil
	})
}

// answeredElsewhere has the methods that gofakes3 asks a backend for and never calls here, because [handler]
// answers the requests that concern them.
type answeredElsewhere struct{}

func (answeredElsewhere) ListBuckets() ([]gofakes3.BucketInfo, error) {
	return nil, gofakes3.ErrNotImplemented
}

func (answeredElsewhere) DeleteObject(string, string) (result gofakes3.ObjectDeleteResult, err error) {
	return result, gofakes3.ErrNotImplemented
}

func (answeredElsewhere) DeleteObjectVersion(string, string, gofakes3.VersionID) (result gofakes3.ObjectDeleteResult, err error) {
	return result, gofakes3.ErrNotImplemented
}

func (answeredElsewhere) HeadObject(string, string) (*gofakes3.Object, error) {
	return nil, gofakes3.ErrNotImplemented
}

func (answeredElsewhere) GetObject(string, string, *gofakes3.ObjectRangeRequest) (*gofakes3.Object, error) {
	return nil, gofakes3.ErrNotImplemented
}

func (answeredElsewhere) PutObject(string, string, map[string]string, io.Reader, int64, *gofakes3.PutConditions) (result gofakes3.PutObjectResult, err error) {
	return result, gofakes3.ErrNotImplemented
}

func (answeredElsewhere) CopyObject(string, string, string, string, map[string]string) (result gofakes3.CopyObjectResult, err error) {
	return result, gofakes3.ErrNotImplemented
}

func (answeredElsewhere) HeadObjectVersion(string, string, gofakes3.VersionID) (*gofakes3.Object, error) {
	return nil, gofakes3.ErrNotImplemented
}

func (answeredElsewhere) GetObjectVersion(string, string, gofakes3.VersionID, *gofakes3.ObjectRangeRequest) (*gofakes3.Object, error) {
	return nil, gofakes3.ErrNotImplemented
}

func (answeredElsewhere) DeleteMulti(string, ...string) (result gofakes3.MultiDeleteResult, err error) {
	return result, gofakes3.ErrNotImplemented
}

func (answeredElsewhere) DeleteMultiVersions(string, ...gofakes3.ObjectID) (result gofakes3.MultiDeleteResult, err error) {
	return result, gofakes3.ErrNotImplemented
}
