package bundle

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"hash"
	"io"
)

// Hash reads every file and returns the digest of the manifest, which the package
// comment describes. It keeps what it needs to see in [Tree.Write] that no file changed.
//
// Errors: a [*ChangedError] when a file is not as it was selected, an
// [*UnreadableError] that names every file that cannot be read any more, or ctx's cause.
func (t *Tree) Hash(ctx context.Context) (digest string, err error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.hash(ctx)
}

// hash is Hash; the lock is held.
func (t *Tree) hash(ctx context.Context) (digest string, err error) {
	s, err := t.hashFiles(ctx)
	if err != nil {
		return "", fmt.Errorf("hash the files: %w", err)
	}
	manifest := sha256.New()
	writeManifest(manifest, t.opts.Type, t.entries, s)
	t.sums = s
	return hex.EncodeToString(manifest.Sum(nil)), nil
}

// hashed returns the sums of the first pass, which it makes if there was none.
func (t *Tree) hashed(ctx context.Context) (*sums, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.sums == nil {
		if _, err := t.hash(ctx); err != nil {
			return nil, err
		}
	}
	return t.sums, nil
}

// writeManifest writes what the digest is the hash of.
func writeManifest(w hash.Hash, kind Type, entries []Entry, s *sums) {
	fmt.Fprintf(w, "cdx-manifest 1\n%s\n", kind)
	for i := range entries {
		e := &entries[i]
		letter, size, content := "f", e.Size, ""
		switch {
		case e.isFolder():
			letter, content = "d", "-"
		case e.isLink():
			letter, size, content = "l", int64(len(e.Target)), e.Target
		default:
			sum := s.content(i)
			content = hex.EncodeToString(sum[:])
		}
		fmt.Fprintf(w, "%s %04o %d ", letter, e.unixMode(), size)
		io.WriteString(w, content)
		io.WriteString(w, "\x00"+e.Path+"\x00")
	}
}
