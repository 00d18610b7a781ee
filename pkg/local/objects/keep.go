package objects

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/cdx-deploy/cdx/pkg/local/internal/flock"
	"github.com/cdx-deploy/cdx/pkg/local/internal/wholefile"
)

const (
	indexName = "index.json"
	lockName  = "lock"
)

// leftOverAge is how long a folder must be untouched to be taken for left over.
const leftOverAge = time.Minute

// LockedError reports that another process uses the folder of a store.
type LockedError struct {
	Dir string
}

// Error names the folder.
func (e *LockedError) Error() string { return "another process keeps its objects in " + e.Dir }

// DamagedError reports that a file does not have what an earlier run has written to it.
type DamagedError struct {
	File string
	Err  error
}

// Error names the file and says what is wrong with it.
func (e *DamagedError) Error() string {
	return fmt.Sprintf("read the state of an earlier run from %s: %v", e.File, e.Err)
}

// Unwrap returns what is wrong.
func (e *DamagedError) Unwrap() error { return e.Err }

// Keep makes a Store that keeps its objects in the folder "objects" inside parent, where the next one
// finds them. Uploads that are not complete are lost with the process, and none of the objects that are
// found is trusted. The error is a [*LockedError] when another process has the folder, and a [*DamagedError]
// when what is in it cannot be read.
func Keep(parent, region string) (*Store, error) {
	dir := filepath.Join(parent, "objects")
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	s, err := newStore(dir, region)
	if err != nil {
		return nil, err
	}
	s.kept, s.unused = true, &unused{}
	if err := s.load(); err != nil {
		return nil, errors.Join(err, s.lock.Close())
	}
	return s, nil
}

// newStore takes the lock of a folder that exists.
func newStore(dir, region string) (*Store, error) {
	lock, err := flock.Take(filepath.Join(dir, lockName))
	if flock.Held(err) {
		return nil, &LockedError{Dir: dir}
	}
	if err != nil {
		return nil, err
	}
	return &Store{dir: dir, region: region, lock: lock, buckets: map[string]*bucket{}, uploads: map[string]*upload{}}, nil
}

// removeLeftOver removes the folders of stores whose process has ended without.
func removeLeftOver(parent string) error {
	dirs, err := filepath.Glob(filepath.Join(parent, temporaryPrefix+"*"))
	if err != nil {
		return err
	}
	for _, dir := range dirs {
		info, err := os.Stat(dir)
		if err != nil || time.Since(info.ModTime()) < leftOverAge {
			continue // maybe somebody is about to lock it
		}
		lock, err := flock.Take(filepath.Join(dir, lockName))
		if err != nil {
			continue // in use, or not a store's
		}
		if err := errors.Join(lock.Close(), os.RemoveAll(dir)); err != nil {
			return err
		}
	}
	return nil
}

// index is a store on disk.
type index struct {
	Buckets map[string]savedBucket
}

type savedBucket struct {
	savedSettings
	Objects []savedObject // of a key from the oldest version to the newest
}

type savedSettings struct {
	Created    time.Time
	Versioning versioning
	Settings   map[string][]byte
}

type savedObject struct {
	Key, Version, ETag  string
	Size                int64
	Modified            time.Time
	Header              http.Header
	Tags                []tag
	Algorithm           algorithm
	Checksum, Kind      string
	Parts               []savedPart
	Multipart, IsDelete bool
}

// savedPart is content in a file of the folder, or small content itself.
type savedPart struct {
	File string `json:",omitempty"`
	Data []byte `json:",omitempty"`
	Sum  string `json:",omitempty"`
	Size int64
}

// Save writes down what is known of the objects, all or nothing, once their content is on disk. It removes what
// is not needed any more. For a Store that [New] has made it does nothing. One Save at a time.
func (s *Store) Save() error {
	if !s.kept {
		return nil
	}
	gone := s.unused.take() // of which the index on disk may know, but not the next one
	if err := s.saveIndex(); err != nil {
		s.unused.add(gone...)
		return fmt.Errorf("save objects: %w", err)
	}
	for _, path := range gone {
		_ = os.Remove(path) // else the next [Keep] does
	}
	return nil
}

func (s *Store) saveIndex() error {
	text, content, err := s.encode()
	if err != nil {
		return err
	}
	for _, b := range content {
		if err := b.flush(); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return wholefile.Replace(filepath.Join(s.dir, indexName), text)
}

// encode encodes the index, and returns the content that it refers to. It puts together what is encoded already:
// there may be very many objects.
func (s *Store) encode() (text []byte, content []*blob, err error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	text = []byte(`{"Buckets":{`)
	for name, b := range s.buckets {
		settings, err := json.Marshal(savedSettings{Created: b.created, Versioning: b.versioning, Settings: b.settings})
		if err != nil {
			return nil, nil, err
		}
		text = append(strconv.AppendQuote(text, name), ':') // a bucket's name is plain
		text = append(append(text, settings[:len(settings)-1]...), `,"Objects":[`...)
		for _, versions := range b.objects {
			for _, o := range versions {
				one, err := o.encode()
				if err != nil {
					return nil, nil, err
				}
				text, content = append(append(text, one...), ','), append(content, o.parts...)
			}
		}
		text = append(bytes.TrimSuffix(text, []byte(",")), "]},"...)
	}
	return append(bytes.TrimSuffix(text, []byte(",")), "}}"...), content, nil
}

// encode encodes the object, once and for all: objects do not change. Only [Store.Save] calls it.
func (o *object) encode() ([]byte, error) {
	if o.encoded != nil {
		return o.encoded, nil
	}
	var err error
	o.encoded, err = json.Marshal(o.save())
	return o.encoded, err
}

func (o *object) save() savedObject {
	saved := savedObject{
		Key: o.key, Version: o.version, ETag: o.etag, Size: o.size, Modified: o.modified, Header: o.header, Tags: o.tags,
		Algorithm: o.checksum.algorithm, Checksum: o.checksum.value, Kind: o.checksum.kind, Multipart: o.multipart, IsDelete: o.deleteMarker,
	}
	for _, part := range o.parts {
		to := savedPart{Data: part.data, Sum: part.sum, Size: part.size}
		if part.path != "" {
			to.File = filepath.Base(part.path)
		}
		saved.Parts = append(saved.Parts, to)
	}
	return saved
}

// load reads what [Store.Save] has written, and removes the files that nothing refers to. An object whose
// content is not there any more is left out.
func (s *Store) load() error {
	data, err := os.ReadFile(filepath.Join(s.dir, indexName))
	if errors.Is(err, fs.ErrNotExist) {
		data, err = []byte("{}"), nil
	}
	if err != nil {
		return err
	}
	var saved index
	if err := wholefile.Decode(data, &saved); err != nil {
		return &DamagedError{File: filepath.Join(s.dir, indexName), Err: err}
	}
	used := map[string]bool{indexName: true, lockName: true}
	for name, from := range saved.Buckets {
		b := &bucket{created: from.Created, versioning: from.Versioning, objects: map[string][]*object{}, settings: from.Settings}
		if b.settings == nil { // saved by an earlier version
			b.settings = initialSettings()
		}
		for _, o := range from.Objects {
			if restored := s.restore(o, used); restored != nil {
				b.objects[o.Key] = append(b.objects[o.Key], restored)
			}
		}
		s.buckets[name] = b
	}
	return s.removeUnused(used)
}

// restore makes an object of what was saved; nil when its content is gone.
func (s *Store) restore(saved savedObject, used map[string]bool) *object {
	o := &object{
		key: saved.Key, version: saved.Version, etag: saved.ETag, size: saved.Size, modified: saved.Modified, header: saved.Header,
		tags: saved.Tags, checksum: checksum{saved.Algorithm, saved.Checksum, saved.Kind}, multipart: saved.Multipart, deleteMarker: saved.IsDelete,
	}
	for _, part := range saved.Parts {
		b := &blob{data: part.Data, sum: part.Sum, size: part.Size, unused: s.unused, onDisk: true}
		if part.File != "" {
			b.path = filepath.Join(s.dir, filepath.Base(part.File))
			info, err := os.Stat(b.path)
			if err != nil || info.Size() != part.Size {
				return nil
			}
			used[filepath.Base(part.File)] = true
		}
		b.uses.Add(1)
		o.parts = append(o.parts, b)
	}
	return o
}

func (s *Store) removeUnused(used map[string]bool) error {
	entries, err := os.ReadDir(s.dir)
	if err != nil {
		return err
	}
	for _, entry := range entries {
		if used[entry.Name()] || !strings.HasPrefix(entry.Name(), "blob-") {
			continue
		}
		if err := os.Remove(filepath.Join(s.dir, entry.Name())); err != nil {
			return err
		}
	}
	return nil
}
