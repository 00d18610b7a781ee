package bundle

import (
	"os"
	"path"
	"path/filepath"
	"slices"
)

// Filter tells which paths of a directory ship without walking it: it reads only the
// ignore files above the paths that it is asked about. It must not be used by several
// goroutines at once.
type Filter struct {
	root    string
	rules   *rules
	follow  bool
	folders map[string]*filteredFolder // by path; "" is the root
}

// filteredFolder is what is known of a folder.
type filteredFolder struct {
	ignores []*ignoreList // of this folder and those above, from the root down
	rule    LeftOut       // why the folder does not ship
	out     bool
}

// NewFilter returns a filter with the rules by which [Select] would choose from dir: of
// the options it heeds Include, Exclude, IgnoreHidden, Symlinks and Windows. An ignore
// file that cannot be read counts as absent, since Select refuses it anyway.
func NewFilter(dir string, opts Options) *Filter {
	return &Filter{
		root:    dir,
		rules:   newRules(opts),
		follow:  opts.Symlinks == SymlinksFollow || opts.Windows,
		folders: map[string]*filteredFolder{},
	}
}

// LeftOut tells whether a path, relative to the directory and with slashes, or a folder
// that it is in, does not ship, and by which rule. What does not exist is judged as if it
// were a file.
func (f *Filter) LeftOut(name string) (LeftOut, bool) {
	name = path.Clean(name)
	if name == "." {
		return LeftOut{}, false
	}
	above := f.folder(folderOf(name))
	if above.out {
		return above.rule, true
	}
	if known, ok := f.folders[name]; ok {
		return known.rule, known.out
	}
	return f.rules.leftOut(name, f.isDir(name), above.ignores)
}

func (f *Filter) folder(name string) *filteredFolder {
	if known, ok := f.folders[name]; ok {
		return known
	}
	found := &filteredFolder{}
	if name != "" {
		above := f.folder(folderOf(name))
		*found = *above
		if !found.out {
			found.rule, found.out = f.rules.leftOut(name, true, above.ignores)
		}
	}
	if !found.out {
		list, err := readIgnoreFile(name, f.source(name))
		if err == nil && list != nil {
			found.ignores = append(slices.Clip(found.ignores), list)
		}
	}
	f.folders[name] = found
	return found
}

// folderOf returns the folder that a path is in; "" for the root.
func folderOf(name string) string {
	if dir := path.Dir(name); dir != "." {
		return dir
	}
	return ""
}

func (f *Filter) source(name string) string {
	return filepath.Join(f.root, filepath.FromSlash(name))
}

func (f *Filter) isDir(name string) bool {
	look := os.Lstat
	if f.follow {
		look = os.Stat
	}
	info, err := look(f.source(name))
	return err == nil && info.IsDir()
}
