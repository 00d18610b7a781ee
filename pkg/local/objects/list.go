package objects

import (
	"maps"
	"slices"
	"strings"

	"github.com/johannesboyne/gofakes3"
)

// ListBucket implements [gofakes3.Backend].
func (b backend) ListBucket(name string, prefix *gofakes3.Prefix, page gofakes3.ListBucketPage) (*gofakes3.ObjectList, error) {
	list := gofakes3.NewObjectList()
	err := b.view(name, func(found *bucket) error {
		if page.MaxKeys == 0 {
			return nil
		}
		for _, entry := range listKeys(slices.Sorted(maps.Keys(found.objects)), prefix) {
			o := found.current(entry.key)
			if o == nil && !entry.common || entry.name() <= page.Marker {
				continue
			}
			if entry.common && !found.anyCurrent(entry.prefix) {
				continue
			}
			if int64(len(list.Contents)+len(list.CommonPrefixes)) == page.MaxKeys {
				list.IsTruncated = true
				return nil
			}
			list.NextMarker = entry.name()
			if entry.common {
				list.AddPrefix(entry.prefix)
				continue
			}
			list.Add(&gofakes3.Content{
				Key: o.key, LastModified: gofakes3.NewContentTime(o.modified), ETag: o.etag, Size: o.size,
				StorageClass: gofakes3.StorageClass(o.storageClass()),
			})
		}
		list.NextMarker = ""
		return nil
	})
	return list, err
}

// anyCurrent reports whether a key with the prefix has an object that is not deleted.
func (b *bucket) anyCurrent(prefix string) bool {
	for key := range b.objects {
		if strings.HasPrefix(key, prefix) && b.current(key) != nil {
			return true
		}
	}
	return false
}

// listEntry is a line of a list: a key, or the common prefix that stands for several.
type listEntry struct {
	key    string
	prefix string
	common bool
}

// name is by which entries are ordered and pages are marked.
func (e listEntry) name() string {
	if e.common {
		return e.prefix
	}
	return e.key
}

// listKeys applies prefix and delimiter to keys, which are sorted.
func listKeys(keys []string, p *gofakes3.Prefix) []listEntry {
	var entries []listEntry
	for _, key := range keys {
		rest, ok := strings.CutPrefix(key, p.Prefix)
		if !ok {
			continue
		}
		entry := listEntry{key: key}
		if p.HasDelimiter {
			if i := strings.Index(rest, p.Delimiter); i >= 0 {
				entry = listEntry{prefix: p.Prefix + rest[:i+len(p.Delimiter)], common: true}
			}
		}
		if n := len(entries); !entry.common || n == 0 || entries[n-1] != entry {
			entries = append(entries, entry)
		}
	}
	return entries
}

// ListBucketVersions implements [gofakes3.VersionedBackend]: keys in order, the newest version first.
func (b backend) ListBucketVersions(name string, prefix *gofakes3.Prefix, page *gofakes3.ListBucketVersionsPage) (*gofakes3.ListBucketVersionsResult, error) {
	list := gofakes3.NewListBucketVersionsResult(name, prefix, page)
	err := b.view(name, func(found *bucket) error {
		if page.MaxKeys == 0 {
			return nil
		}
		after := versionMarker{key: page.KeyMarker, version: string(page.VersionIDMarker)}
		full := func() bool {
			list.IsTruncated = int64(len(list.Versions)+len(list.CommonPrefixes)) == page.MaxKeys
			return list.IsTruncated
		}
		for _, entry := range listKeys(slices.Sorted(maps.Keys(found.objects)), prefix) {
			if entry.common {
				if entry.prefix <= after.key {
					continue
				}
				if full() {
					return nil
				}
				list.AddPrefix(entry.prefix)
				list.NextKeyMarker, list.NextVersionIDMarker = entry.prefix, ""
				continue
			}
			versions := found.objects[entry.key]
			for i := len(versions) - 1; i >= 0; i-- {
				if !after.passed(versions[i]) {
					continue
				}
				if full() {
					return nil
				}
				list.Versions = append(list.Versions, found.listed(versions[i], i == len(versions)-1))
				list.NextKeyMarker = entry.key
				list.NextVersionIDMarker = gofakes3.VersionID(versions[i].version)
			}
		}
		list.NextKeyMarker, list.NextVersionIDMarker = "", ""
		return nil
	})
	return list, err
}

// versionMarker is where the page before ended; empty for the first page.
type versionMarker struct {
	key, version string
	found        bool
}

// passed reports whether o, visited in the order of the list, comes after the marker.
func (m *versionMarker) passed(o *object) bool {
	if m.key == "" || o.key > m.key {
		return true
	}
	if o.key < m.key || m.version == "" {
		return false
	}
	if m.found {
		return true
	}
	m.found = o.version == m.version
	return false
}

// listed is a version's line in the list.
func (b *bucket) listed(o *object, latest bool) gofakes3.VersionItem {
	modified := gofakes3.NewContentTime(o.modified)
	version := gofakes3.VersionID(b.versionHeader(o)) // gofakes3 writes null for none
	if o.deleteMarker {
		return &gofakes3.DeleteMarker{Key: o.key, VersionID: version, IsLatest: latest, LastModified: modified}
	}
	return &gofakes3.Version{
		Key: o.key, VersionID: version, IsLatest: latest, LastModified: modified, Size: o.size, ETag: o.etag,
	}
}
