package diff

import (
	"context"
	"fmt"
	"hash"
	"iter"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/codedeploy/types"

	"github.com/cdx-deploy/cdx/pkg/bundle"
	"github.com/cdx-deploy/cdx/pkg/revision"
)

// Options adjusts [Open]. The zero value is ready to use.
type Options struct {
	// OnRead, if not nil, is called with the number of bytes that S3 has sent so far, each
	// time that grows, never twice at once.
	OnRead func(bytes int64)
}

// Bundle is a bundle in S3. It must not be used by several goroutines at once.
type Bundle struct {
	object  *object
	kind    bundle.Type
	archive archive
}

// archive is what the formats of bundles have in common.
type archive interface {
	// list returns what the bundle holds, by path.
	list(ctx context.Context) (map[string]*node, error)
	// contents reads some of the entries, in the order of the bundle.
	contents(ctx context.Context, wanted map[int]bool) iter.Seq2[content, error]
	// newHash makes what the sums of list are made with.
	newHash() hash.Hash
	basis() Basis
}

// content is what one entry of an archive holds.
type content struct {
	at   int
	data []byte
}

// Open reads the end of the object at a location, which needs a bucket and a key; eTag and
// version are obeyed where it has them. A location without a bundle type has that of its
// key. It has to be a zip, tar or tgz: see [ReadText] for others.
//
// Errors: a [*GoneError], [*ReplacedError], or [*BrokenError] for an empty object, else
// the SDK's, wrapped.
func Open(ctx context.Context, api S3API, at *types.S3Location, opts Options) (*Bundle, error) {
	location := *at
	if location.BundleType == "" {
		location.BundleType = revision.BundleTypeForKey(aws.ToString(at.Key))
	}
	kind := bundle.Type(location.BundleType)
	switch kind {
	case bundle.Zip, bundle.Tar, bundle.TGZ:
	default:
		return nil, fmt.Errorf("compare with %s: a revision of type %s is no bundle", describe(&location), kind)
	}
	o, err := openObject(ctx, api, &location, opts.OnRead)
	if err != nil {
		return nil, unmarked(err)
	}
	b := &Bundle{object: o, kind: kind}
	if kind == bundle.Zip {
		b.archive = &zipArchive{object: o}
	} else {
		b.archive = &tarArchive{object: o, kind: kind}
	}
	return b, nil
}

// Size is the size of the object in bytes.
func (b *Bundle) Size() int64 { return b.object.size }

// Reads is how much of the object was read so far, in bytes and requests.
func (b *Bundle) Reads() (bytes int64, requests int) { return b.object.bytes, b.object.requests }

// Location is the object, pinned to the eTag and version that were found.
func (b *Bundle) Location() *types.S3Location {
	pinned := revision.FromS3(*b.object.at.Bucket, *b.object.at.Key, b.object.at.BundleType, b.object.eTag, aws.ToString(b.object.at.Version))
	return pinned.S3Location
}

// list is what the bundle holds, as the agent leaves it.
func (b *Bundle) list(ctx context.Context) (map[string]*node, error) {
	byPath, err := b.archive.list(ctx)
	if err != nil {
		return nil, blamed(b.object.at, err)
	}
	addFolders(byPath)
	return unwrapped(byPath), nil
}

// read reads entries of the bundle, in its order.
func (b *Bundle) read(ctx context.Context, wanted map[int]bool) iter.Seq2[content, error] {
	return func(yield func(content, error) bool) {
		if len(wanted) == 0 {
			return
		}
		for c, err := range b.archive.contents(ctx, wanted) {
			if err != nil {
				err = blamed(b.object.at, err)
			}
			if !yield(c, err) || err != nil {
				return
			}
		}
	}
}
