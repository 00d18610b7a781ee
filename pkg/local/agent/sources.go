package agent

import (
	"io/fs"
	"path"
	"strings"
)

// source is a file or folder of the revision.
type source struct {
	rel   string // the path that the AppSpec file and the folders above lead through
	real  string // the same without links to folders on the way
	links int    // how many links were on the way
}

func (s source) in(name string) source {
	return source{path.Join(s.rel, name), path.Join(s.real, name), s.links}
}

// sources looks at the files of a revision. Links are followed as the agent's operating system would
// follow them, but never out of the revision: one that leads out is as good as one that leads
// nowhere.
type sources struct {
	fsys fs.FS
}

// find returns what a path of the revision leads to; info is nil when that is nothing. The last
// component is followed when it is a link and follow is set.
func (s sources) find(rel string, follow bool) (found source, info fs.FileInfo) {
	real, links, info := s.walk(".", rel, 0, follow)
	return source{rel, real, links}, info
}

// behind returns the folder that a link leads to; ok is false when it leads to none.
func (s sources) behind(link source) (folder source, ok bool) {
	dir, name := path.Split(link.real)
	real, links, info := s.walk(path.Clean(dir), name, link.links, true)
	return source{link.rel, real, links}, info != nil && info.IsDir()
}

func (s sources) walk(at, rel string, links int, follow bool) (string, int, fs.FileInfo) {
	var info fs.FileInfo = dirInfo{}
	pending := splitPath(rel)
	for len(pending) > 0 {
		name := pending[0]
		pending = pending[1:]
		if name == "." {
			continue
		}
		if name == ".." {
			if at == "." {
				return "", links, nil
			}
			at = path.Dir(at)
			continue
		}
		next := path.Join(at, name)
		var err error
		if info, err = fs.Lstat(s.fsys, next); err != nil {
			return "", links, nil
		}
		if info.Mode()&fs.ModeSymlink == 0 || !follow && len(pending) == 0 {
			at = next
			continue
		}
		target, err := fs.ReadLink(s.fsys, next)
		if links++; err != nil || links > maxLinks || isAbsolute(target) {
			return "", links, nil
		}
		pending = append(splitPath(target), pending...)
		info = dirInfo{}
	}
	return at, links, info
}

// isAbsolute reports whether a link's target is absolute on the host that the revision is for.
func isAbsolute(target string) bool {
	return strings.HasPrefix(target, "/") || drivePath(target) != target
}
