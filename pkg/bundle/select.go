package bundle

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"sort"
	"time"

	"github.com/cdx-deploy/cdx/pkg/appspec"
)

// Select walks dir and decides what ships. It reads ignore files, opens every file to
// see that it can be read, and looks into those that may hold a private key; it reads
// no other content.
//
// Errors: an [*EmptyError], [*UnreadableError], [*ChangedError], [*LinkError], [*NameError] or
// [*AppSpecLeftOutError], an [*appspec.NotFoundError] (wrapped) for a directory without
// an AppSpec file, ctx's cause, or the file system's.
func Select(ctx context.Context, dir string, opts Options) (*Tree, error) {
	w, err := newWalker(ctx, dir, opts)
	if err != nil {
		return nil, err
	}
	if err := w.folder(folder{source: w.root}); err != nil {
		return nil, err
	}
	if err := w.addAppSpec(); err != nil {
		return nil, err
	}
	slices.SortFunc(w.entries, byStoredPath)
	// Not slices.SortFunc: the program would have its code once for each type.
	sort.Slice(w.left, func(i, j int) bool { return w.left[i].Path < w.left[j].Path })
	w.checkReadable()
	if err := context.Cause(ctx); err != nil {
		return nil, err
	}
	if err := w.problems(); err != nil {
		return nil, err
	}
	w.checkLinks()
	w.checkNames()
	w.checkFormat()
	sort.SliceStable(w.warnings, func(i, j int) bool { return w.warnings[i].Path < w.warnings[j].Path })
	return &Tree{opts: w.opts, entries: w.entries, leftOut: w.left, warnings: w.warnings, files: w.files}, nil
}

// checkFormat warns about what only agents on Linux unpack.
// Source: AWS CodeDeploy User Guide, "Plan a revision for CodeDeploy".
func (w *walker) checkFormat() {
	if w.opts.Windows && w.opts.Type != Zip {
		w.warn(WarnFormat, appspec.FileName, "is for Windows, where agents unpack no "+string(w.opts.Type)+", only zip")
	}
}

// walker collects a tree and everything that is wrong with it.
type walker struct {
	ctx   context.Context //nolint:containedctx // lives as long as one Select
	dir   string          // as given
	root  string          // the same, absolute and without links
	files files
	opts  Options
	rules *rules

	entries    []Entry
	left       []LeftOut
	warnings   []Warning
	unreadable []UnreadableFile
	changed    error // of the first that went away meanwhile; a *ChangedError
	links      []BadLink
	shipping   int // files and links found in dir
}

func newWalker(ctx context.Context, dir string, opts Options) (*walker, error) {
	if opts.Type == "" {
		opts.Type = Zip
	}
	if opts.Symlinks == "" {
		opts.Symlinks = SymlinksPreserve
	}
	if opts.Windows && opts.Symlinks == SymlinksPreserve {
		opts.Symlinks = SymlinksFollow
	}
	if err := checkOptions(opts); err != nil {
		return nil, err
	}
	root, err := filepath.Abs(dir)
	if err == nil {
		root, err = filepath.EvalSymlinks(root)
	}
	if err != nil {
		return nil, fmt.Errorf("bundle %s: %w", dir, err)
	}
	return &walker{ctx: ctx, dir: dir, root: root, files: osFiles{}, opts: opts, rules: newRules(opts)}, nil
}

func checkOptions(opts Options) error {
	switch opts.Type {
	case Zip, Tar, TGZ:
	default:
		return fmt.Errorf("unknown bundle type %q: expected zip, tar or tgz", opts.Type)
	}
	switch opts.Symlinks {
	case SymlinksPreserve, SymlinksFollow, SymlinksError:
	default:
		return fmt.Errorf("unknown symbolic link policy %q: expected preserve, follow or error", opts.Symlinks)
	}
	if opts.Level < LevelStore || opts.Level > LevelBest {
		return fmt.Errorf("unknown compression level %d: expected %d to %d", opts.Level, LevelStore, LevelBest)
	}
	return nil
}

// folder is a directory being walked.
type folder struct {
	path    string        // in the bundle; "" for the root
	source  string        // on this machine, without links
	ignores []*ignoreList // of this folder and those above, from the root down
	above   []string      // the sources of the folders above
}

// folder walks one directory. It returns an error only when the walk must end.
func (w *walker) folder(f folder) error {
	if err := context.Cause(w.ctx); err != nil {
		return err
	}
	children, err := os.ReadDir(f.source)
	if errors.Is(err, fs.ErrNotExist) && f.path != "" { // removed since the folder above was listed
		w.changed = cmp.Or(w.changed, error(&ChangedError{Path: f.path}))
		return nil
	}
	if err != nil {
		w.addUnreadable(f.path, err)
		return nil
	}
	if list := w.ignoreFile(f); list != nil {
		f.ignores = append(slices.Clip(f.ignores), list)
	}
	f.above = append(slices.Clip(f.above), f.source)
	for _, child := range children {
		if err := w.child(f, child); err != nil {
			return err
		}
	}
	return nil
}

// ignoreFile reads the folder's ignore file, if it has one.
func (w *walker) ignoreFile(f folder) *ignoreList {
	list, err := readIgnoreFile(f.path, f.source)
	if err != nil {
		w.addUnreadable(joinPath(f.path, ignoreName), err)
	}
	return list
}

// child decides about one name in a folder.
func (w *walker) child(f folder, child fs.DirEntry) error {
	path := joinPath(f.path, child.Name())
	source := filepath.Join(f.source, child.Name())
	info, err := child.Info()
	if errors.Is(err, fs.ErrNotExist) { // removed since the folder was listed
		return nil
	}
	if err != nil {
		w.addUnreadable(path, err)
		return nil
	}
	var target *followed
	if info.Mode()&fs.ModeSymlink != 0 && w.follows(path) {
		target = w.follow(source)
		if target.err == "" {
			info, source = target.info, target.source
		}
	}
	if out, err := w.leaveOut(f, path, info.IsDir()); out || err != nil {
		return err
	}
	if target != nil && target.err != "" {
		w.addBadLink(path, target.target, target.err)
		return nil
	}
	return w.take(f, path, source, info, target)
}

// leaveOut asks the rules about a path.
func (w *walker) leaveOut(f folder, path string, dir bool) (bool, error) {
	if path == appspec.FileName && w.opts.AppSpec != "" && !dir {
		w.shipping++ // as the file that takes its place
		w.left = append(w.left, LeftOut{Path: path, Rule: w.opts.AppSpec, Origin: originAppSpec})
		return true, nil
	}
	rule, out := w.rules.leftOut(path, dir, f.ignores)
	if !out {
		return false, nil
	}
	if path == appspec.FileName && !dir {
		return true, &AppSpecLeftOutError{LeftOut: rule}
	}
	w.left = append(w.left, rule)
	return true, nil
}

// take adds what ships.
func (w *walker) take(f folder, path, source string, info fs.FileInfo, target *followed) error {
	mode := info.Mode()
	switch {
	case mode.IsDir():
		if slices.Contains(f.above, source) {
			w.addLoop(path, target)
			return nil
		}
		w.add(path, source, info)
		return w.folder(folder{path: path, source: source, ignores: f.ignores, above: f.above})
	case mode.IsRegular():
		w.shipping++
		w.add(path, source, info)
	case mode&fs.ModeSymlink != 0:
		w.shipping++
		w.addLink(path, source, info)
	default:
		w.skipSpecial(path, mode)
	}
	return nil
}

func (w *walker) skipSpecial(path string, mode fs.FileMode) {
	kind := "device"
	switch {
	case mode&fs.ModeSocket != 0:
		kind = "socket"
	case mode&fs.ModeNamedPipe != 0:
		kind = "named pipe"
	case mode&fs.ModeIrregular != 0:
		kind = "special file"
	}
	w.left = append(w.left, LeftOut{Path: path, Rule: kind, Origin: originBuiltIn})
	w.warn(WarnSpecial, path, "a "+kind+" cannot be bundled and is left out")
}

func (w *walker) add(path, source string, info fs.FileInfo) {
	entry := Entry{Path: path, Mode: w.mode(path, info.Mode()), ModTime: w.modTime(info), Source: source}
	if info.Mode().IsRegular() {
		entry.Size = info.Size()
	}
	w.entries = append(w.entries, entry)
}

// modeBits are what an archive stores beside the type.
const modeBits = fs.ModePerm | fs.ModeSetuid | fs.ModeSetgid | fs.ModeSticky

// mode is what is stored for a file or folder.
func (w *walker) mode(path string, mode fs.FileMode) fs.FileMode {
	kind := mode & fs.ModeDir
	mode &= modeBits
	if runtime.GOOS == "windows" { // which has no Unix modes to keep
		mode = 0o644
		if kind != 0 {
			mode = 0o755
		}
	}
	if w.opts.Mode != nil {
		mode = w.opts.Mode(path, kind|mode) & modeBits
	}
	return kind | mode
}

// modTime is the time stamp that is stored: whole seconds, not before 1970.
func (w *walker) modTime(info fs.FileInfo) time.Time {
	stamp := w.opts.ModTime
	if stamp.IsZero() {
		stamp = info.ModTime()
	}
	return time.Unix(max(stamp.Unix(), 0), 0).UTC()
}

func (w *walker) addUnreadable(path string, err error) {
	if path == "" {
		path = "."
	}
	w.unreadable = append(w.unreadable, unreadable(path, err))
}

func (w *walker) warn(kind WarningKind, path, message string) {
	w.warnings = append(w.warnings, Warning{Kind: kind, Path: path, Message: message})
}

// problems returns the error for what was collected, the gravest first.
func (w *walker) problems() error {
	if len(w.unreadable) > 0 {
		sort.Slice(w.unreadable, func(i, j int) bool { return w.unreadable[i].Path < w.unreadable[j].Path })
		return &UnreadableError{Files: w.unreadable}
	}
	if w.changed != nil {
		return w.changed
	}
	if len(w.links) > 0 {
		sort.Slice(w.links, func(i, j int) bool { return w.links[i].Path < w.links[j].Path })
		return &LinkError{Links: w.links}
	}
	if w.shipping == 0 {
		return &EmptyError{Dir: w.dir, LeftOut: len(w.left)}
	}
	if err := w.checkAppSpec(); err != nil {
		return err
	}
	return w.checkPortable()
}
