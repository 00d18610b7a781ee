package diff

import (
	"archive/tar"
	"bufio"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"hash"
	"io"
	"io/fs"
	"iter"
	"path"
	"strings"

	"github.com/klauspost/compress/gzip"

	"github.com/cdx-deploy/cdx/pkg/appspec"
	"github.com/cdx-deploy/cdx/pkg/bundle"
)

const (
	// A bundle that has unpacked to more than ratioFloor bytes may not be more than maxRatio
	// times as large as it was packed: only a bomb is.
	ratioFloor = 1 << 30
	maxRatio   = 200
	// maxKeptBytes limits the AppSpec files that are kept on the way.
	maxKeptBytes = 4 << 20
)

// tarArchive is a tar, compressed or not, which is read from its beginning to its end.
type tarArchive struct {
	object *object
	kind   bundle.Type
	kept   map[int][]byte // contents of what may be the AppSpec file
	bytes  int64          // unpacked in this pass
}

func (t *tarArchive) newHash() hash.Hash { return sha256.New() }
func (t *tarArchive) basis() Basis       { return BySHA256 }

// list reads the whole archive and hashes what it holds.
func (t *tarArchive) list(ctx context.Context) (map[string]*node, error) {
	all, kept := newNodes(), 0
	t.kept = make(map[int][]byte)
	err := t.walk(ctx, func(at int, header *tar.Header, body io.Reader) error {
		entry, err := tarNode(header, all)
		if err != nil || entry == nil {
			return err
		}
		if entry.isFile() && header.Typeflag != tar.TypeLink {
			entry.at = at
			sum := t.newHash()
			if mayBeAppSpec(header) && kept+int(header.Size) <= maxKeptBytes {
				if t.kept[at], err = io.ReadAll(io.TeeReader(body, sum)); err != nil {
					return err
				}
				kept += len(t.kept[at])
			} else if _, err := io.Copy(sum, body); err != nil {
				return err
			}
			entry.sum = string(sum.Sum(nil))
		}
		return all.add(header.Name, entry)
	})
	if err != nil {
		return nil, err
	}
	return all.byPath, nil
}

// mayBeAppSpec reports what is the AppSpec file of the bundle, or of a folder that the
// agent strips.
func mayBeAppSpec(header *tar.Header) bool {
	name := path.Clean(header.Name)
	return path.Base(name) == appspec.FileName && strings.Count(name, "/") <= 1 && header.Size <= appspec.MaxSize
}

// tarNode is an entry as the agent unpacks it, without its sum; nil for none.
func tarNode(header *tar.Header, before *nodes) (*node, error) {
	mode := unixMode(header.Mode)
	switch header.Typeflag {
	case tar.TypeReg, tar.TypeGNUSparse, tar.TypeCont:
		return &node{mode: mode, modeKnown: true, size: header.Size}, nil
	case tar.TypeDir:
		return &node{mode: fs.ModeDir | mode, modeKnown: true}, nil
	case tar.TypeSymlink:
		sum := sha256.Sum256([]byte(header.Linkname))
		return &node{mode: fs.ModeSymlink | fs.ModePerm, modeKnown: true, size: int64(len(header.Linkname)), target: header.Linkname, sum: string(sum[:])}, nil
	case tar.TypeLink:
		name, err := cleanName(header.Linkname)
		if err != nil {
			return nil, err
		}
		other := before.byPath[name]
		if other == nil || other.isFolder() {
			return nil, fmt.Errorf("%s is a hard link to %s, which is not there", header.Name, header.Linkname)
		}
		same := *other
		return &same, nil
	case tar.TypeXGlobalHeader:
		return nil, nil
	}
	return nil, fmt.Errorf("%s is neither a file, a folder nor a link", header.Name)
}

// unixMode is a mode as Unix counts it, without the type.
func unixMode(bits int64) fs.FileMode {
	mode := fs.FileMode(bits) & fs.ModePerm
	for _, special := range []struct {
		bit  int64
		mode fs.FileMode
	}{{0o4000, fs.ModeSetuid}, {0o2000, fs.ModeSetgid}, {0o1000, fs.ModeSticky}} {
		if bits&special.bit != 0 {
			mode |= special.mode
		}
	}
	return mode
}

// walk reads the archive and visits its entries; at counts them.
func (t *tarArchive) walk(ctx context.Context, visit func(at int, header *tar.Header, body io.Reader) error) error {
	source := &stream{reader: &reader{ctx: ctx, object: t.object}}
	defer source.close()
	t.bytes = 0
	unpacked, err := t.unpacked(source)
	if err != nil {
		return err
	}
	archive := tar.NewReader(&countedReader{t, unpacked})
	promised := int64(0) // sparse files have more than is read
	for at := 0; ; at++ {
		if err := ctx.Err(); err != nil {
			return &fetchError{err}
		}
		header, err := archive.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil && !errors.Is(err, tar.ErrInsecurePath) {
			return err
		}
		if header.Size > t.most()-promised {
			return t.tooMuch()
		}
		promised += header.Size
		if err := visit(at, header, archive); err != nil {
			return err
		}
	}
}

// unpacked undoes the compression. A tar that is compressed is read all the same, as GNU
// tar does; a tgz that is not compressed is refused.
func (t *tarArchive) unpacked(source io.Reader) (io.Reader, error) {
	buffered := bufio.NewReaderSize(source, 1<<20)
	start, err := buffered.Peek(2)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	if len(start) == 2 && start[0] == 0x1f && start[1] == 0x8b {
		return gzip.NewReader(buffered)
	}
	if t.kind == bundle.TGZ {
		return nil, errors.New("not in gzip format")
	}
	return buffered, nil
}

// countedReader reads until the bundle has unpacked to more than it may.
type countedReader struct {
	archive *tarArchive
	from    io.Reader
}

// Read implements [io.Reader].
func (r *countedReader) Read(p []byte) (int, error) {
	n, err := r.from.Read(p)
	r.archive.bytes += int64(n)
	if r.archive.bytes > r.archive.most() {
		return 0, r.archive.tooMuch()
	}
	return n, err
}

// most is how many bytes the bundle may unpack to.
func (t *tarArchive) most() int64 { return max(ratioFloor, maxRatio*t.object.size) }

func (t *tarArchive) tooMuch() error {
	return &LimitError{What: "bytes unpacked", Limit: t.most()}
}

// contents reads the archive once more, as far as it has to.
func (t *tarArchive) contents(ctx context.Context, wanted map[int]bool) iter.Seq2[content, error] {
	return func(yield func(content, error) bool) {
		left := len(wanted)
		for at := range wanted {
			if data, ok := t.kept[at]; ok && left == 1 {
				yield(content{at, data}, nil)
				return
			}
		}
		err := t.walk(ctx, func(at int, header *tar.Header, body io.Reader) error {
			if !wanted[at] {
				return nil
			}
			data, err := io.ReadAll(body)
			if err != nil {
				return err
			}
			if left--; !yield(content{at, data}, nil) || left == 0 {
				return errEnough
			}
			return nil
		})
		if err != nil && !errors.Is(err, errEnough) {
			yield(content{}, err)
		}
	}
}

// errEnough ends a walk before the archive does.
var errEnough = errors.New("enough")
