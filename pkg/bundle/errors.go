package bundle

import (
	"errors"
	"fmt"
	"io/fs"
	"strings"
)

// EmptyError reports a directory of which nothing ships.
type EmptyError struct {
	Dir     string // as given to Select
	LeftOut int    // how many paths the rules left out
}

// Error says that there is nothing to bundle.
func (e *EmptyError) Error() string {
	if e.LeftOut == 0 {
		return fmt.Sprintf("directory %s holds no files", e.Dir)
	}
	return fmt.Sprintf("directory %s holds no files that ship: the ignore rules leave out all of them", e.Dir)
}

// UnreadableFile is a file or folder that could not be read.
type UnreadableFile struct {
	Path string // relative to DIR, with slashes
	Err  error  // why
}

// unreadable leaves the path out of err, which names it in another form.
func unreadable(path string, err error) UnreadableFile {
	var detail *fs.PathError
	if errors.As(err, &detail) {
		err = detail.Err
	}
	return UnreadableFile{Path: path, Err: err}
}

// UnreadableError names every file and folder that could not be read.
type UnreadableError struct {
	Files []UnreadableFile // in byte order of path, at least one
}

// Error lists the files, each with its reason.
func (e *UnreadableError) Error() string {
	parts := make([]string, len(e.Files))
	for i, file := range e.Files {
		parts[i] = fmt.Sprintf("%s: %v", QuotePath(file.Path), file.Err)
	}
	return fmt.Sprintf("cannot read %s: %s", count(len(parts), "path"), strings.Join(parts, "; "))
}

// Unwrap returns the reasons.
func (e *UnreadableError) Unwrap() []error {
	errs := make([]error, len(e.Files))
	for i, file := range e.Files {
		errs[i] = file.Err
	}
	return errs
}

// ChangedError reports a file that is not as it was when it was selected or hashed.
type ChangedError struct {
	Path string // in the bundle
}

// Error names the file.
func (e *ChangedError) Error() string {
	return QuotePath(e.Path) + " changed while it was being bundled"
}

// AppSpecLeftOutError reports that a rule leaves out the AppSpec file, without which
// no revision works.
type AppSpecLeftOutError struct {
	LeftOut LeftOut
}

// Error names the rule.
func (e *AppSpecLeftOutError) Error() string {
	return fmt.Sprintf("the AppSpec file %s is left out by %s (%s)", e.LeftOut.Path, e.LeftOut.Rule, e.LeftOut.Origin)
}

// BadLink is a symbolic link that cannot be bundled.
type BadLink struct {
	Path   string // relative to DIR, with slashes
	Target string // as the link has it
	Reason string // like "leads out of the directory"
}

// LinkError names every symbolic link that the policy does not allow.
type LinkError struct {
	Links []BadLink // in byte order of path, at least one
}

// Error lists the links, each with its target and reason.
func (e *LinkError) Error() string {
	parts := make([]string, len(e.Links))
	for i, link := range e.Links {
		parts[i] = fmt.Sprintf("%s -> %s %s", QuotePath(link.Path), QuotePath(link.Target), link.Reason)
	}
	return fmt.Sprintf("%s cannot be bundled: %s", count(len(parts), "symbolic link"), strings.Join(parts, "; "))
}

// NameError names every file whose name could not be unpacked where it belongs.
type NameError struct {
	Paths  []string // in byte order, at least one
	Reason string
}

// Error lists the names.
func (e *NameError) Error() string {
	parts := make([]string, len(e.Paths))
	for i, path := range e.Paths {
		parts[i] = QuotePath(path)
	}
	return fmt.Sprintf("%s cannot be bundled: %s: %s", count(len(parts), "name"), e.Reason, strings.Join(parts, ", "))
}

// count renders a number with its noun, like "1 path" or "2 paths".
func count(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}
