package agent

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/codedeploy/types"
)

const (
	defaultMaxUnpacked = 10 << 30
	// A bundle that has unpacked to more than ratioFloor bytes may not be more than maxRatio times as
	// large as it was packed: nothing that people deploy comes near, and a bomb passes it early.
	ratioFloor = 1 << 30
	maxRatio   = 200
)

// UnpackOptions limits [Unpack]. The zero value is ready to use.
type UnpackOptions struct {
	// MaxUnpacked limits the bytes that the bundle may unpack to, counted as they are written; zero
	// means 10 GiB.
	MaxUnpacked int64
	// MaxEntries limits how many files, links and folders it may have; zero means 1,000,000.
	MaxEntries int
}

// UnsafeNameError reports an entry of a bundle that would be written outside of its folder, by its
// own name or through a link.
type UnsafeNameError struct {
	Name string // as the bundle has it
}

// Error names the entry.
func (e *UnsafeNameError) Error() string {
	return fmt.Sprintf("entry %q leads out of the bundle", e.Name)
}

// Unpack unpacks the bundle in a file into dir, which must not exist and whose parent must. A
// bundle whose only root entry is a folder holding a name like "appspec" is unwrapped.
//
// Names never lead out of dir, be it by "..", by a leading slash or through links: see
// [*UnsafeNameError]. A bundle that passes a limit is a [*LimitError]. Modes are those of the
// bundle; owners are not restored. When Unpack fails, what it wrote stays in dir.
func Unpack(ctx context.Context, bundle string, bundleType types.BundleType, dir string, opts UnpackOptions) (err error) {
	src, err := os.Open(bundle)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, src.Close()) }()
	info, err := src.Stat()
	if err != nil {
		return err
	}
	if err := os.Mkdir(dir, 0o755); err != nil {
		return err
	}
	if err := unpackInto(ctx, src, info.Size(), bundleType, dir, opts); err != nil {
		return err
	}
	return unwrap(dir)
}

func unpackInto(ctx context.Context, src *os.File, size int64, bundleType types.BundleType, dir string, opts UnpackOptions) (err error) {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, root.Close()) }()
	u := newUnpacker(ctx, root, size, opts)
	defer u.to.drop()
	switch bundleType {
	case types.BundleTypeZip:
		err = u.zip(src, size)
	case types.BundleTypeTar, types.BundleTypeTarGZip, "":
		err = u.tar(src, bundleType)
	default:
		err = fmt.Errorf("bundle type %s cannot be unpacked", bundleType)
	}
	if err != nil {
		return err
	}
	return u.setFolderModes()
}

// unpacker writes the entries of one bundle.
type unpacker struct {
	root    *os.Root
	to      dirCache
	made    map[string]bool // folders that are there and no links
	modes   []folderMode
	check   func() error // the context's error
	escape  error        // what root says of a path that leads out
	bytes   atomic.Int64 // written so far
	files   *pool        // writes the files of a zip; nil for a tar, which is read from one end to the other
	entries int
	limit   int64
	maximum int
	ratio   int64 // bytes above which the bundle is a bomb
}

type folderMode struct {
	name string
	mode fs.FileMode
}

func newUnpacker(ctx context.Context, root *os.Root, size int64, opts UnpackOptions) *unpacker {
	u := &unpacker{
		root: root, made: map[string]bool{".": true}, check: ctx.Err, escape: escapeError(root),
		limit: opts.MaxUnpacked, maximum: opts.MaxEntries, ratio: max(ratioFloor, size*maxRatio),
	}
	if u.limit == 0 {
		u.limit = defaultMaxUnpacked
	}
	if u.maximum == 0 {
		u.maximum = defaultMaxEntries
	}
	return u
}

// entryName turns an entry's name into a path below the root. Leading slashes are dropped, as tar
// and unzip do. The root itself is ".".
func entryName(name string) (string, error) {
	if strings.ContainsRune(name, 0) || slices.Contains(splitPath(name), "..") {
		return "", &UnsafeNameError{name}
	}
	rel := path.Clean(strings.TrimLeft(name, "/"))
	if !filepath.IsLocal(filepath.FromSlash(rel)) {
		return "", &UnsafeNameError{name}
	}
	return rel, nil
}

// next counts an entry and returns its path.
func (u *unpacker) next(name string) (string, error) {
	if err := u.check(); err != nil {
		return "", err
	}
	u.entries++
	if u.entries > u.maximum {
		return "", &LimitError{What: "entries in the bundle", Limit: int64(u.maximum)}
	}
	return entryName(name)
}

// folder makes a folder; its mode is set at the end, when everything is in it.
func (u *unpacker) folder(name string, mode fs.FileMode) error {
	rel, err := u.next(name)
	if err != nil {
		return err
	}
	if err := u.makeFolder(rel); err != nil {
		return u.unsafe(name, err)
	}
	if rel != "." {
		u.modes = append(u.modes, folderMode{rel, mode})
	}
	return nil
}

// makeFolder makes a folder and those above it. What is there and no folder gives way.
func (u *unpacker) makeFolder(rel string) error {
	if u.made[rel] {
		return nil
	}
	if err := u.makeParents(rel); err != nil {
		return err
	}
	if err := u.settle(rel); err != nil {
		return err
	}
	info, err := u.root.Lstat(rel)
	if err == nil && !info.IsDir() {
		if err := u.root.Remove(rel); err != nil {
			return err
		}
	}
	if err != nil || !info.IsDir() {
		if err := u.root.Mkdir(rel, 0o755); err != nil {
			return err
		}
	}
	u.made[rel] = true
	return nil
}

// makeParents makes the folders above rel. A link to a folder of the bundle is as good as a folder.
func (u *unpacker) makeParents(rel string) error {
	parent := path.Dir(rel)
	if u.made[parent] {
		return nil
	}
	if err := u.settle(parent); err != nil {
		return err
	}
	info, err := u.root.Stat(parent)
	switch {
	case err == nil && info.IsDir():
		return nil
	case err == nil || !errors.Is(err, fs.ErrNotExist):
		return errors.Join(err, notFolder(parent, err))
	}
	return u.makeFolder(parent)
}

// settle waits for a file that may be about to be written at rel.
func (u *unpacker) settle(rel string) error {
	if u.files == nil || !u.files.busy[rel] {
		return nil
	}
	return u.files.drain()
}

func notFolder(name string, err error) error {
	if err != nil {
		return nil
	}
	return fmt.Errorf("%s is not a folder", name)
}

// file writes a file. A file or link that is there already gives way.
func (u *unpacker) file(name string, content io.Reader, mode fs.FileMode, modified time.Time) error {
	rel, err := u.next(name)
	if err != nil {
		return err
	}
	if err := u.writeFile(rel, content, mode, modified); err != nil {
		return u.unsafe(name, err)
	}
	return nil
}

func (u *unpacker) writeFile(rel string, content io.Reader, mode fs.FileMode, modified time.Time) error {
	folder, base, err := u.clear(rel)
	if err != nil {
		return err
	}
	return u.fill(folder, base, content, mode, modified)
}

// fill writes a file that is not there.
func (u *unpacker) fill(folder *os.Root, base string, content io.Reader, mode fs.FileMode, modified time.Time) (err error) {
	dst, err := folder.OpenFile(base, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, dst.Close()) }()
	if err := u.copy(dst, content); err != nil {
		return err
	}
	if err := chmodFile(dst, mode); err != nil {
		return err
	}
	if modified.IsZero() {
		return nil
	}
	return folder.Chtimes(base, time.Time{}, modified)
}

// clear makes room for a file or link and returns its folder and name in it.
func (u *unpacker) clear(rel string) (*os.Root, string, error) {
	if err := u.makeParents(rel); err != nil {
		return nil, "", err
	}
	folder, base, err := u.to.dir(u.root, rel)
	if err != nil {
		return nil, "", err
	}
	if _, err := folder.Lstat(base); err == nil {
		if err := folder.Remove(base); err != nil {
			return nil, "", err
		}
		delete(u.made, rel)
	}
	return folder, base, nil
}

// copy copies what an entry really has, whatever the bundle says of its size.
func (u *unpacker) copy(dst io.Writer, content io.Reader) error {
	_, err := io.Copy(dst, &countedReader{u, content})
	return err
}

// countedReader reads until the bundle has unpacked to more than it may, or the context ends.
type countedReader struct {
	u       *unpacker
	content io.Reader
}

// Read implements [io.Reader].
func (r *countedReader) Read(p []byte) (int, error) {
	if err := r.u.check(); err != nil {
		return 0, err
	}
	n, err := r.content.Read(p)
	switch total := r.u.bytes.Add(int64(n)); {
	case total > r.u.limit:
		return 0, &LimitError{What: UnpackedBytes, Limit: r.u.limit}
	case total > r.u.ratio:
		return 0, &LimitError{What: fmt.Sprintf("bytes unpacked, which is %d times the bundle's size", maxRatio), Limit: r.u.ratio}
	}
	return n, err
}

// link makes a symbolic link; where it leads does not matter until something follows it.
func (u *unpacker) link(name, target string) error {
	rel, err := u.next(name)
	if err != nil {
		return err
	}
	folder, base, err := u.clear(rel)
	if err == nil {
		err = folder.Symlink(target, base)
	}
	if err != nil && isLinkRefused(err) {
		err = u.writeFile(rel, strings.NewReader(target), 0o644, time.Time{})
	}
	return u.unsafe(name, err)
}

// hardLink makes another name for an entry that came before.
func (u *unpacker) hardLink(name, target string) error {
	rel, err := u.next(name)
	if err != nil {
		return err
	}
	old, err := entryName(target)
	if err != nil {
		return err
	}
	if _, _, err := u.clear(rel); err != nil {
		return u.unsafe(name, err)
	}
	return u.unsafe(name, u.root.Link(old, rel))
}

func (u *unpacker) setFolderModes() error {
	for _, f := range slices.Backward(u.modes) {
		if info, err := u.root.Lstat(f.name); err != nil || !info.IsDir() {
			continue // a later entry of the same name took its place
		}
		if err := u.root.Chmod(f.name, f.mode); err != nil {
			return err
		}
	}
	return nil
}

// unsafe turns the refusal of [os.Root] to leave its folder into an [*UnsafeNameError].
func (u *unpacker) unsafe(name string, err error) error {
	if err == nil {
		return nil
	}
	if errors.Is(err, u.escape) {
		return &UnsafeNameError{name}
	}
	return fmt.Errorf("unpack %s: %w", name, err)
}

// escapeError returns the error that [os.Root] gives for a path that leads out, which has no name.
func escapeError(root *os.Root) error {
	_, err := root.Lstat("..")
	var pathErr *fs.PathError
	if errors.As(err, &pathErr) {
		return pathErr.Err
	}
	return err
}

// unwrap moves the contents of a bundle's only root entry up when that is a folder holding a name
// like "appspec".
// Source: aws/aws-codedeploy-agent command_executor.rb unpack_bundle.
func unwrap(dir string) error {
	entries, err := os.ReadDir(dir)
	if err != nil || len(entries) != 1 || !entries[0].IsDir() {
		return err
	}
	info, err := entries[0].Info()
	if err != nil {
		return err
	}
	inner := filepath.Join(dir, entries[0].Name())
	if err := os.Chmod(inner, info.Mode()|0o700); err != nil { // its mode may forbid to look into it and to move it
		return err
	}
	at, err := moveUp(dir, inner)
	return errors.Join(err, os.Chmod(at, info.Mode()))
}

// moveUp puts inner into the place of dir, which holds nothing else, if inner holds a name like "appspec".
// It returns where inner is then.
func moveUp(dir, inner string) (at string, err error) {
	names, err := os.ReadDir(inner)
	if err != nil || !slices.ContainsFunc(names, isLikeAppSpec) {
		return inner, err
	}
	temporary := dir + "-temp"
	if err := os.Rename(dir, temporary); err != nil {
		return inner, err
	}
	inner = filepath.Join(temporary, filepath.Base(inner))
	if err := os.Rename(inner, dir); err != nil {
		return inner, err
	}
	return dir, os.Remove(temporary)
}

func isLikeAppSpec(entry fs.DirEntry) bool {
	return strings.Contains(strings.ToLower(entry.Name()), "appspec")
}
