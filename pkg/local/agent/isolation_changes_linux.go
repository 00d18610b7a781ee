package agent

import (
	"io/fs"
	"path"
	"slices"
	"sort"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"
)

// changes lists what was written to the view, in byte order of the paths.
func (v *view) changes() []Change {
	var all []Change
	for _, l := range v.layers {
		all = l.changes(all, v.config.Keep)
	}
	sort.Slice(all, func(i, j int) bool { return all[i].Path < all[j].Path })
	return all
}

// changes adds those of one layer. What cannot be looked at is left out: it is about to be gone.
func (l layer) changes(all []Change, keep []string) []Change {
	_ = fs.WalkDir(l.upper.FS(), ".", func(name string, entry fs.DirEntry, err error) error {
		at := path.Join(l.at, name)
		switch {
		case err != nil || name == ".":
			return nil
		case isBelowAny(at, keep):
			return fs.SkipDir // the deployment's own
		case len(all) >= maxChanges:
			return fs.SkipAll
		}
		if isAbove(at, keep) {
			return nil
		}
		if kind := l.kind(name, entry); kind != "" {
			all = append(all, Change{Path: at, Kind: kind})
		}
		return nil
	})
	return all
}

// kind says what became of an entry; "" for a folder that is there only because of what is in it.
func (l layer) kind(name string, entry fs.DirEntry) ChangeKind {
	if isWhiteout(entry) {
		return ChangeRemoved
	}
	if l.lower == nil {
		return ChangeAdded
	}
	_, err := l.lower.Lstat(name)
	switch {
	case err != nil:
		return ChangeAdded
	case entry.IsDir():
		return ""
	}
	return ChangeChanged
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
