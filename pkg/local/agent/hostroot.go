package agent

import (
	"cmp"
	"errors"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"
	"syscall"
)

// maxLinks is how many symbolic links one path may lead through, as on Linux.
const maxLinks = 40

// hostRoot is the folder that stands for the host's file system. Paths given to it are the host's
// own ("/var/www/html"); links are followed as the host would follow them, an absolute target
// starting at the root again, so that none ever leads out. What it opens, it opens through [os.Root].
type hostRoot struct {
	root    *os.Root
	name    string          // the folder's absolute path
	last    dirCache        // the folder looked into last
	dirs    map[string]bool // folders known to be there and no links
	absent  map[string]bool // paths known to be missing; only when frozen
	removed map[string]bool // paths to treat as missing; only when frozen
	// imagined has paths to treat as being there, and what its folders hold; only when frozen.
	imagined map[string]*imaginedInfo
	inside   map[string][]string
	frozen   bool // nothing changes on disk while it is in use
	// unseen is why something could not be looked at, which may be there or not; only when frozen.
	unseen error
}

// place is what a path of the host leads to.
type place struct {
	rel  string      // path below the root without links; "." is the root itself
	info fs.FileInfo // nil when nothing is there
}

func (p place) exists() bool { return p.info != nil }
func (p place) isDir() bool  { return p.info != nil && p.info.IsDir() }
func (p place) isLink() bool { return p.info != nil && p.info.Mode()&fs.ModeSymlink != 0 }

// openHostRoot opens the folder name, which must exist.
func openHostRoot(name string) (*hostRoot, error) {
	abs, err := filepath.Abs(name)
	if err != nil {
		return nil, err
	}
	root, err := os.OpenRoot(abs)
	if err != nil {
		return nil, err
	}
	return &hostRoot{root: root, name: abs, dirs: map[string]bool{}}, nil
}

// freeze makes h remember what is missing, because nothing changes on disk from now on.
func (h *hostRoot) freeze() {
	h.frozen = true
	h.absent = map[string]bool{}
	h.removed = map[string]bool{}
}

func (h *hostRoot) close() error {
	if h == nil || h.root == nil {
		return nil
	}
	h.last.drop()
	return h.root.Close()
}

// lookup finds what is at a path of the host. The last component is followed when it is a link and
// follow is set. Nothing there is no error, nor is a file where a folder would have to be; too many
// links is.
func (h *hostRoot) lookup(hostPath string, follow bool) (place, error) {
	w := walk{pending: splitPath(hostPath), at: "."}
	for len(w.pending) > 0 {
		next := w.step()
		if next == "" || h.dirs[next] {
			continue
		}
		info, err := h.lstat(next)
		switch {
		case err != nil:
			return place{}, err
		case info == nil:
			return place{rel: path.Join(append([]string{next}, w.pending...)...)}, nil
		case info.Mode()&fs.ModeSymlink != 0 && (follow || len(w.pending) > 0):
			if err := w.follow(h, next); err != nil {
				return place{}, err
			}
		case info.IsDir():
			h.dirs[next] = true
		case len(w.pending) > 0:
			return place{rel: path.Join(append([]string{next}, w.pending...)...)}, nil
		default:
			return place{rel: next, info: info}, nil
		}
	}
	return place{rel: w.at, info: dirInfo{}}, nil
}

// lstat returns nil, nil when nothing is at rel.
func (h *hostRoot) lstat(rel string) (fs.FileInfo, error) {
	if h.removed[rel] {
		return nil, nil
	}
	if info := h.imagined[rel]; info != nil {
		return info, nil
	}
	if h.root == nil || h.absent[rel] {
		return nil, nil
	}
	info, err := h.look(rel)
	if err == nil {
		return info, nil
	}
	if !errors.Is(err, fs.ErrNotExist) && !errors.Is(err, syscall.ENOTDIR) {
		return nil, h.unseeable(rel, err)
	}
	if h.frozen {
		h.absent[rel] = true
	}
	return nil, nil
}

// unseeable is an error of looking at rel, and remembered when frozen.
func (h *hostRoot) unseeable(rel string, err error) error {
	var failed *fs.PathError
	if errors.As(err, &failed) { // with a path of the folder looked into last
		err = &fs.PathError{Op: "look at", Path: filepath.Join(h.name, filepath.FromSlash(rel)), Err: failed.Err}
	}
	if h.frozen && !errors.Is(err, syscall.ENAMETOOLONG) {
		h.unseen = cmp.Or(h.unseen, err)
	}
	return err
}

// look is Lstat, quick for one after the other of a folder's files.
func (h *hostRoot) look(rel string) (fs.FileInfo, error) {
	if !h.dirs[path.Dir(rel)] {
		return h.root.Lstat(rel)
	}
	folder, name, err := h.last.dir(h.root, rel)
	if err != nil {
		return nil, err
	}
	return folder.Lstat(name)
}

// exists reports whether a path of the host leads to something.
func (h *hostRoot) exists(hostPath string) bool {
	at, err := h.lookup(hostPath, true)
	return err == nil && at.exists()
}

// isDir reports whether a path of the host leads to a folder.
func (h *hostRoot) isDir(hostPath string) bool {
	at, err := h.lookup(hostPath, true)
	return err == nil && at.isDir()
}

// forget drops what is known of rel, which is no longer a folder.
func (h *hostRoot) forget(rel string) {
	delete(h.dirs, rel)
	h.last.drop()
}

// walk is the state of a lookup under way.
type walk struct {
	pending []string
	at      string
	links   int
}

// step takes the next component; it returns "" for one that needs no look at the disk.
func (w *walk) step() string {
	name := w.pending[0]
	w.pending = w.pending[1:]
	switch name {
	case ".":
		return ""
	case "..":
		w.at = path.Dir(w.at)
		return ""
	}
	w.at = path.Join(w.at, name)
	return w.at
}

// follow replaces the link at rel, where the walk stands, with its target.
func (w *walk) follow(h *hostRoot, rel string) error {
	w.links++
	if w.links > maxLinks {
		return &fs.PathError{Op: "lookup", Path: "/" + rel, Err: syscall.ELOOP}
	}
	target, err := h.readlink(rel)
	if err != nil {
		return err
	}
	w.at = path.Dir(rel)
	if inside, ok := h.absolute(target); ok {
		w.at, target = ".", inside
	}
	w.pending = append(splitPath(filepath.ToSlash(target)), w.pending...)
	return nil
}

// absolute says where an absolute link target leads on the host. A target below the folder itself,
// as scripts write it, means the same as one that starts at the host's root.
func (h *hostRoot) absolute(target string) (string, bool) {
	if rel, err := filepath.Rel(h.name, target); err == nil && filepath.IsLocal(rel) {
		return filepath.ToSlash(rel), true
	}
	slashed := filepath.ToSlash(target)
	if volume := filepath.VolumeName(target); volume != "" {
		return drivePath(slashed), true
	}
	return slashed, strings.HasPrefix(slashed, "/")
}

// splitPath returns a path's components without empty ones.
func splitPath(p string) []string {
	return strings.FieldsFunc(p, func(r rune) bool { return r == '/' })
}
