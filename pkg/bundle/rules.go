package bundle

import (
	"path"
	"strings"
)

// Origins of rules that are not in a file.
const (
	originBuiltIn = "built-in"
	originExclude = "--exclude"
	originHidden  = "--ignore-hidden-files"
	originAppSpec = "--appspec"
)

// rules decide what ships.
type rules struct {
	include      *ignoreList
	exclude      *ignoreList
	ignoreHidden bool
}

func newRules(opts Options) *rules {
	return &rules{
		include:      parseIgnoreOption("--include", opts.Include),
		exclude:      parseIgnoreOption(originExclude, opts.Exclude),
		ignoreHidden: opts.IgnoreHidden,
	}
}

// leftOut tells whether a path does not ship, and by which rule. The files are those
// of the folders above the path, from the root down; no folder above is left out.
func (r *rules) leftOut(name string, dir bool, files []*ignoreList) (LeftOut, bool) {
	if rule := builtInRule(path.Base(name), dir); rule != "" && !r.included(name, dir) {
		return LeftOut{Path: name, Dir: dir, Rule: rule, Origin: originBuiltIn}, true
	}
	if rule, out := r.ignored(name, dir, files); out {
		return rule, true
	}
	if r.ignoreHidden && strings.HasPrefix(path.Base(name), ".") {
		return LeftOut{Path: name, Dir: dir, Rule: "hidden", Origin: originHidden}, true
	}
	return LeftOut{}, false
}

func (r *rules) included(name string, dir bool) bool {
	_, included, _ := r.include.match(name, dir)
	return included
}

// ignored asks the patterns as git does: the option's before those of files, a
// deeper file's before those above, a later pattern before an earlier one.
// Source: https://git-scm.com/docs/gitignore.
func (r *rules) ignored(name string, dir bool, files []*ignoreList) (LeftOut, bool) {
	if matched, out, rule := r.exclude.match(name, dir); matched {
		return rule, out
	}
	for i := len(files) - 1; i >= 0; i-- {
		if matched, out, rule := files[i].match(name, dir); matched {
			return rule, out
		}
	}
	return LeftOut{}, false
}

// builtInRule returns the rule that keeps a name out of every bundle, or "".
func builtInRule(name string, dir bool) string {
	switch name {
	case ".git": // a file in worktrees and submodules
		return "version control"
	case ".hg", ".svn", ".bzr", ".jj", ".sl", "_darcs", "CVS":
		if dir {
			return "version control"
		}
	case ".DS_Store", "Thumbs.db":
		return "junk"
	case "__MACOSX":
		if dir {
			return "junk"
		}
	case "cdx.yml", ignoreName, ".cdx":
		return "cdx's own"
	}
	return ""
}
