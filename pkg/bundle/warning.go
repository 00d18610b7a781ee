package bundle

// WarningKind says what a warning is about.
type WarningKind string

// The kinds of warnings.
const (
	WarnSecret   WarningKind = "secret"        // a file that looks like a secret ships
	WarnOutside  WarningKind = "outside-link"  // a kept link leads out of the bundle
	WarnDangling WarningKind = "dangling-link" // a kept link leads to nothing in the bundle
	WarnDirLink  WarningKind = "folder-link"   // kept links lead to folders, which agent v1 copies
	WarnSpecial  WarningKind = "special-file"  // a socket, pipe or device was skipped
	WarnCase     WarningKind = "case-clash"    // two names are one on Windows
	WarnName     WarningKind = "name"          // a name that some system cannot store or reads otherwise
	WarnFormat   WarningKind = "format"        // the bundle's format is none that agents on Windows unpack
)

// Warning is something that the user should know about a selected tree.
type Warning struct {
	Kind    WarningKind
	Path    string // the entry in question, relative to DIR, with slashes
	Message string // what is the matter, without the path
}

// String renders the warning as a sentence without a full stop, with the path as
// [QuotePath] has it.
func (w Warning) String() string {
	return QuotePath(w.Path) + ": " + w.Message
}
