// Package diff tells how a directory differs from a bundle in S3: what deploying it
// would change on the instances.
//
// [Open] reads the end of the object, [Bundle.Compare] what the comparison needs beside
// that, and [Difference.Patch] the old contents of what has changed. Of a zip that is its
// central directory and no file; a tar or tgz is read from one end to the other, for a
// patch once more. Every read pins the object's eTag and version, so that an object that
// is replaced meanwhile is a [*ReplacedError] and never a mixture of two.
//
// # What sameness rests on
//
// A bundle whose metadata names the digest of the directory, as package bundle computes
// it, is the same ([ByDigest]). Otherwise, of a zip, two files are the same that have one
// size and one CRC-32 ([ByCRC32]): of two files that differ by chance, one pair in four
// thousand million is missed, and whoever wants to deceive can. Of a tar or tgz they are
// the same by their SHA-256 ([BySHA256]).
//
// What the CodeDeploy agent does when it unpacks is taken into account: a bundle whose
// only root entry is a folder with an AppSpec file is that folder; a zip restores no
// set-user, set-group and sticky bits; one that was made without Unix modes restores none,
// so that these are not compared. Owners and time stamps never are.
package diff

import (
	"cmp"
	"io/fs"
	"slices"
	"strings"
)

// Kind says what becomes of a file, folder or link.
type Kind string

// The kinds of changes.
const (
	Added   Kind = "added"   // only the directory has it
	Removed Kind = "removed" // only the bundle has it
	Changed Kind = "changed" // both have it, and it differs
)

// Role says what a file is for.
type Role string

// The roles. Any other file has none, "".
const (
	AppSpec Role = "appspec" // the AppSpec file
	Hook    Role = "hook"    // a script that the AppSpec file of either side runs
)

// Basis is what sameness rests on.
type Basis string

// The bases; see the package comment.
const (
	ByDigest Basis = "digest"
	ByCRC32  Basis = "crc32"
	BySHA256 Basis = "sha256"
	ByText   Basis = "text" // two AppSpec texts, compared as they are
)

// File is one side of a change.
type File struct {
	Mode      fs.FileMode // type, and the permissions that it has once it is unpacked
	ModeKnown bool        // false in a zip without Unix modes, and of text
	Size      int64       // bytes of content; 0 for folders and links
	Target    string      // what a link leads to, its first 4096 bytes; empty for anything else
}

// Change is one file, folder or link that is not the same on both sides.
type Change struct {
	Path     string // in the bundle, with slashes, without the folder that the agent strips
	Kind     Kind
	Role     Role
	Old, New *File // in the bundle and in the directory; nil where it is not
	Contents bool  // of Changed: the contents or a link's target differ
	Mode     bool  // of Changed: the permissions differ
	// Folder is the uppermost folder above Path that only the side has that Path is on;
	// empty where both sides have the folder that Path is in.
	Folder string
}

// Type reports whether it is another type of thing than before, such as a link in place
// of a file.
func (c *Change) Type() bool {
	return c.Kind == Changed && c.Old.Mode.Type() != c.New.Mode.Type()
}

// Difference is how a directory differs from a bundle.
type Difference struct {
	// Changes are in this order: the AppSpec file, hooks, the rest; each in byte order of
	// the path. A folder that is added or removed is among them only if it is empty: others
	// show in what they hold.
	Changes []Change
	Basis   Basis
	// Entries is how many files, folders and links the directory ships.
	Entries int
	// ModesUnknown says that the bundle tells no Unix modes, at least of some files.
	ModesUnknown bool
	// AppSpecDiff is how the AppSpec file differs, as hunks of a unified diff; empty where
	// it does not, or is larger than 64 KiB on either side.
	AppSpecDiff string

	contents contents
}

// sortChanges brings changes into their order. It sorts pointers, for which a program has
// the code anyway.
func sortChanges(changes []Change) {
	rank := func(role Role) int { return slices.Index([]Role{AppSpec, Hook, ""}, role) }
	sorted := make([]*Change, len(changes))
	for i, c := range changes {
		sorted[i] = &c
	}
	slices.SortFunc(sorted, func(a, b *Change) int {
		return cmp.Or(cmp.Compare(rank(a.Role), rank(b.Role)), strings.Compare(a.Path, b.Path))
	})
	for i, c := range sorted {
		changes[i] = *c
	}
}
