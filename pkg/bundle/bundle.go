// Package bundle turns a directory into a CodeDeploy bundle: it selects the files
// that ship, hashes them, and writes them as a zip, tar or tgz stream whose bytes
// depend on nothing but the files and this package's version.
//
// [Select] walks the directory and decides. [Tree.Hash] reads every selected file
// once and returns the digest. [Tree.Write] reads them again, compresses on every
// core, and streams the archive to a writer; what is not as it was hashed is a
// [*ChangedError]. Nothing is ever written to the disk.
//
// # Digest
//
// The digest is the hex SHA-256 of a manifest. The manifest starts with the line
// "cdx-manifest 1", a line feed, the bundle type ("zip", "tar" or "tgz") and another
// line feed. A record follows for each entry, in byte order of the path, a folder's taken
// with a slash at its end:
//
//	TYPE SP MODE SP SIZE SP CONTENT NUL PATH NUL
//
// TYPE is "f" for a file, "d" for a folder, "l" for a symbolic link. MODE is the Unix
// mode in octal without the type, four digits ("0644"); a link's is "0777". SIZE is
// decimal: a file's content in bytes, a link's target in bytes, 0 for a folder. CONTENT
// is "-" for a folder, the target for a link, and for a file the lower-case hex SHA-256
// of the concatenated (binary) SHA-256 of each 1 MiB chunk of the content; the last
// chunk may be shorter, an empty file has none. PATH is the entry's path in the bundle,
// with slashes and without a leading or trailing one.
//
// Time stamps and the compression level are not part of the digest.
package bundle

import (
	"io/fs"
	"strings"
	"time"
)

// Type is the format of a bundle, by CodeDeploy's name for it. The zero value of
// [Options] means [Zip].
// Source: CodeDeploy API reference, S3Location, bundleType.
type Type string

// The formats that a bundle can be written in.
const (
	Zip Type = "zip" // zip, entries deflated or stored
	Tar Type = "tar" // uncompressed tar
	TGZ Type = "tgz" // gzip-compressed tar
)

// TypeForKey returns the format that an S3 key's suffix names: ".zip", ".tar", ".tgz"
// or ".tar.gz", in any case. It reports false for any other key.
func TypeForKey(key string) (Type, bool) {
	key = strings.ToLower(key)
	switch {
	case strings.HasSuffix(key, ".zip"):
		return Zip, true
	case strings.HasSuffix(key, ".tar"):
		return Tar, true
	case strings.HasSuffix(key, ".tgz"), strings.HasSuffix(key, ".tar.gz"):
		return TGZ, true
	}
	return "", false
}

// SymlinkPolicy says what becomes of symbolic links.
type SymlinkPolicy string

// The policies for symbolic links.
const (
	SymlinksPreserve SymlinkPolicy = "preserve" // keep them as links; the default
	SymlinksFollow   SymlinkPolicy = "follow"   // store what they lead to
	SymlinksError    SymlinkPolicy = "error"    // refuse them with a *LinkError
)

// Compression levels for [Options.Level].
const (
	LevelDefault = 0  // a good balance; what zero stands for
	LevelFastest = 1  // the least work
	LevelBest    = 9  // the smallest bundle
	LevelStore   = -1 // no compression at all
)

// Options adjusts [Select] and what the [Tree] does. The zero value is ready to use.
type Options struct {
	// Type is the bundle's format; "" means Zip.
	Type Type
	// AppSpec is the path of the AppSpec file, relative to the working directory, when it
	// is not DIR/appspec.yml. It is stored as appspec.yml in the bundle's root, in place of
	// DIR's own, and no ignore rule applies to it.
	AppSpec string
	// IgnoreHidden leaves out every path with a component that starts with a dot.
	IgnoreHidden bool
	// Include are gitignore patterns for what the built-in rules would leave out.
	Include []string
	// Exclude are gitignore patterns, relative to DIR, for what to leave out. They come
	// after those of all .cdxignore files, so that a later "!pattern" wins.
	Exclude []string
	// Symlinks is the policy for symbolic links; "" means SymlinksPreserve.
	Symlinks SymlinkPolicy
	// AllowOutsideLinks lets a followed link lead out of DIR.
	AllowOutsideLinks bool
	// Windows says that the revision is for Windows instances: links are followed, unless
	// they are refused, and names are checked against the rules of Windows.
	Windows bool
	// ModTime is the time stamp of every entry; zero means each file's own.
	ModTime time.Time
	// Mode, if not nil, replaces the mode of a file or folder; it gets the entry's path in
	// the bundle and its mode with the type bits, and may return it with or without them.
	// It is not called for links.
	Mode func(path string, mode fs.FileMode) fs.FileMode
	// Level is the compression level, LevelFastest to LevelBest; 0 means the default,
	// LevelStore none. It has no meaning for Tar.
	Level int
	// OnHash, if not nil, is called during [Tree.Hash] as it advances, and OnWrite during
	// [Tree.Write]; calls of one function never overlap.
	OnHash, OnWrite func(Progress)
}

// Progress says how far a pass has come.
type Progress struct {
	Files    int   // entries done
	BytesIn  int64 // bytes of content read
	BytesOut int64 // bytes of the archive written; 0 in the first pass
}

// Entry is one file, folder or symbolic link of a bundle.
type Entry struct {
	Path    string      // in the bundle: relative, with slashes, never ".." or absolute
	Mode    fs.FileMode // type and Unix mode as stored; 0777 for a link
	Size    int64       // bytes of content; 0 for folders and links
	ModTime time.Time   // as stored, in whole seconds
	Target  string      // what a link leads to, as stored; empty for anything else
	Source  string      // the path on this machine that content is read from
}

// LeftOut is a path that does not ship.
type LeftOut struct {
	Path   string // relative to DIR, with slashes
	Dir    bool   // whether it is a folder; nothing in it ships either
	Rule   string // the pattern or the built-in rule, like "*.log" or "hidden"
	Origin string // where the rule is from: ".cdxignore:3", "--exclude", "built-in"
}

// Stats describes a bundle that was written.
type Stats struct {
	Files    int           // files in the bundle
	Folders  int           // folders
	Links    int           // symbolic links
	BytesIn  int64         // bytes of content
	BytesOut int64         // bytes of the archive
	Duration time.Duration // of Write
}
