package agent

import (
	"io/fs"
	"os"
	"path"
	"slices"
	"sort"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"
)

// maxChanges limits how many changes are listed.
const maxChanges = 10_000

// changes lists what was written to the view, in byte order of the paths.
func (v *view) changes() []Change {
	var all []Change
	for _, l := range v.layers {
		all = v.addChanges(all, l)
	}
	for at, before := range v.copies {
		if after, err := os.Stat(at); err == nil && !(after.Size() == before.Size() && after.ModTime().Equal(before.ModTime())) {
			all = append(all, Change{Path: at, Kind: ChangeChanged})
		}
	}
	sort.Slice(all, func(i, j int) bool { return all[i].Path < all[j].Path })
	return all
}

// addChanges adds those of one layer. What cannot be looked at is left out: it is about to be gone.
func (v *view) addChanges(all []Change, l layer) []Change {
	_ = fs.WalkDir(l.upper.FS(), ".", func(name string, entry fs.DirEntry, err error) error {
		at := path.Join(l.at, name)
		switch {
		case err != nil || name == ".":
			return nil
		case isBelowAny(at, v.config.Keep):
			return fs.SkipDir // the deployment's own
		case len(all) >= maxChanges:
			return fs.SkipAll
		case isAbove(at, v.config.Keep) || isAbove(at, v.shown) || slices.Contains(v.shown, at):
			return nil
		}
		kind := l.kind(name, entry)
		if kind != "" {
			all = append(all, Change{Path: at, Kind: kind})
		}
		if entry.IsDir() && kind != ChangeAdded {
			all = append(all, l.replaced(name)...)
		}
		return nil
	})
	return all
}

// replaced lists what is gone of a folder that was removed and made again. Its mark is an attribute.
// Source: https://docs.kernel.org/filesystems/overlayfs.html, whiteouts and opaque directories.
func (l layer) replaced(name string) (gone []Change) {
	folder, err := l.upper.Open(name)
	if err != nil {
		return nil
	}
	defer func() { _ = folder.Close() }() // only looked at
	var mark [1]byte
	if n, err := unix.Fgetxattr(int(folder.Fd()), "trusted.overlay.opaque", mark[:]); err != nil || n != 1 || mark[0] != 'y' {
		return nil
	}
	before, _ := fs.ReadDir(l.lower.FS(), name)
	for _, entry := range before {
		if _, err := l.upper.Lstat(path.Join(name, entry.Name())); err != nil {
			gone = append(gone, Change{Path: path.Join(l.at, name, entry.Name()), Kind: ChangeRemoved})
		}
	}
	return gone
}

// kind says what became of an entry; "" for a folder that is there only because of what is in it.
func (l layer) kind(name string, entry fs.DirEntry) ChangeKind {
	if isWhiteout(entry) {
		return ChangeRemoved
	}
	if l.lower == nil {
		return ChangeAdded
	}
	before, err := l.lower.Lstat(name)
	switch {
	case err != nil:
		return ChangeAdded
	case entry.IsDir() && before.IsDir() && isAlike(entry, before):
		return ""
	}
	return ChangeChanged
}

// isAlike reports whether a folder has the mode and the owner that it had.
func isAlike(entry fs.DirEntry, before fs.FileInfo) bool {
	after, err := entry.Info()
	if err != nil {
		return true
	}
	now, ok := after.Sys().(*syscall.Stat_t)
	was, known := before.Sys().(*syscall.Stat_t)
	return ok && known && now.Mode == was.Mode && now.Uid == was.Uid && now.Gid == was.Gid
}

// isWhiteout reports the mark that an overlay leaves for what was removed: a device 0/0.
func isWhiteout(entry fs.DirEntry) bool {
	if entry.Type()&fs.ModeCharDevice == 0 {
		return false
	}
	info, err := entry.Info()
	if err != nil {
		return false
	}
	stat, ok := info.Sys().(*syscall.Stat_t)
	return ok && unix.Major(stat.Rdev) == 0 && unix.Minor(stat.Rdev) == 0
}

// isAbove reports whether a path is a folder above one of some.
func isAbove(at string, dirs []string) bool {
	return slices.ContainsFunc(dirs, func(dir string) bool { return strings.HasPrefix(dir, at+"/") })
}
