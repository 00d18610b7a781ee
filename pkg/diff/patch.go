package diff

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"strings"

	"github.com/rogpeppe/go-internal/diff"
)

// maxPatchedBytes is the largest file that a patch has the difference of, on either side.
const maxPatchedBytes = 4 << 20

// Patched is what a patch has and what it lacks.
type Patched struct {
	Files    int      // files and links whose difference is in the patch
	Binary   []string // files that differ and are no text
	TooLarge []string // files that differ and are larger than 4 MiB
}

// contents gives a patch what the two sides hold.
type contents interface {
	// before reads the old contents of changed files, in any order.
	before(ctx context.Context, changes []*Change) iter.Seq2[version, error]
	// after reads the new content of a path.
	after(ctx context.Context, path string) ([]byte, error)
}

// version is one side of a change.
type version struct {
	change *Change
	data   []byte
}

// Patch writes what makes the directory of the bundle's contents, as a unified diff with
// git's extended headers, for "patch -p1" and "git apply". Of binary files and those larger
// than 4 MiB it only says at its end that they differ; empty folders are not in it, and of
// permissions only what git knows: whether a file can be executed.
//
// It reads the old contents from S3 again. Its errors are those of [Bundle.Compare] and
// w's; what was written then is no whole patch.
func (d *Difference) Patch(ctx context.Context, w io.Writer) (*Patched, error) {
	p := &patcher{ctx: ctx, contents: d.contents, w: bufio.NewWriter(w), done: new(Patched)}
	if err := p.write(d.Changes); err != nil {
		return nil, err
	}
	return p.done, p.w.Flush()
}

// patcher is one call of [Difference.Patch].
type patcher struct {
	ctx      context.Context //nolint:containedctx // lives as long as one call
	contents contents
	w        *bufio.Writer
	done     *Patched
	notices  []string
}

// write writes first what has an old content, in the order of the bundle, then what else
// goes, then the rest.
func (p *patcher) write(changes []Change) error {
	var before, removed, rest []*Change
	for i := range changes {
		c := &changes[i]
		switch {
		case isLarge(c.Old) && (c.Contents || c.Kind == Removed), isLarge(c.New) && (c.Contents || c.Kind == Added):
			p.done.TooLarge = append(p.done.TooLarge, c.Path)
			p.notice(c, "Files %s and %s differ")
		case isFile(c.Old) && (c.Kind == Removed || c.Contents):
			before = append(before, c)
		case c.Kind == Removed:
			removed = append(removed, c)
		default:
			rest = append(rest, c)
		}
	}
	for old, err := range p.contents.before(p.ctx, before) {
		if err == nil {
			err = p.change(old.change, old.data)
		}
		if err != nil {
			return err
		}
	}
	for _, c := range append(removed, rest...) {
		if err := p.change(c, target(c.Old)); err != nil {
			return err
		}
	}
	for _, notice := range p.notices {
		fmt.Fprintf(p.w, "\n%s\n", notice)
	}
	return nil
}

// target is what a link holds; nil for anything else.
func target(f *File) []byte {
	if f == nil || !isLink(f) {
		return nil
	}
	return []byte(f.Target)
}

// isLarge reports what is too large for a patch; of a link that is, the target is unknown.
func isLarge(f *File) bool {
	return f != nil && (f.Size > maxPatchedBytes || isLink(f) && f.Target == "")
}

func isFile(f *File) bool { return f != nil && f.Mode.IsRegular() }

// hasContent reports files and links.
func hasContent(f *File) bool { return f != nil && !f.Mode.IsDir() }

// notice keeps a sentence for the patch's end. Between two files of the patch, git would
// take it for a part of the one before.
func (p *patcher) notice(c *Change, format string) {
	old, to := quoted("a/"+c.Path), quoted("b/"+c.Path)
	if c.Old == nil {
		old = "/dev/null"
	}
	if c.New == nil {
		to = "/dev/null"
	}
	p.notices = append(p.notices, fmt.Sprintf(format, old, to))
}

// change writes one change.
func (p *patcher) change(c *Change, old []byte) error {
	var to []byte
	if hasContent(c.New) && (c.Kind == Added || c.Contents) {
		var err error
		if to, err = p.contents.after(p.ctx, c.Path); err != nil {
			return err
		}
	}
	if isBinary(old) || isBinary(to) {
		p.done.Binary = append(p.done.Binary, c.Path)
		p.notice(c, "Binary files %s and %s differ")
		if c.Kind != Changed || c.Type() {
			return nil
		}
		old, to = nil, nil // the mode may have changed too
	}
	if c.Kind == Changed && !c.Type() && !isLink(c.New) {
		p.changed(c, old, to)
		return nil
	}
	if hasContent(c.Old) {
		p.removed(c, old)
	}
	if hasContent(c.New) {
		p.added(c, to)
	}
	return nil
}

func isLink(f *File) bool { return f.Mode&fs.ModeSymlink != 0 }

func (p *patcher) changed(c *Change, old, to []byte) {
	oldMode, newMode := gitMode(c.Old), gitMode(c.New)
	modes := c.Mode && oldMode != newMode
	text := hunks(old, to)
	if !modes && text == "" {
		return
	}
	p.header(c)
	if modes {
		fmt.Fprintf(p.w, "old mode %s\nnew mode %s\n", oldMode, newMode)
	}
	p.body("a/"+c.Path, "b/"+c.Path, text)
}

func (p *patcher) removed(c *Change, old []byte) {
	p.header(c)
	fmt.Fprintf(p.w, "deleted file mode %s\n", gitMode(c.Old))
	p.body("a/"+c.Path, "/dev/null", hunks(old, nil))
}

func (p *patcher) added(c *Change, to []byte) {
	p.header(c)
	fmt.Fprintf(p.w, "new file mode %s\n", gitMode(c.New))
	p.body("/dev/null", "b/"+c.Path, hunks(nil, to))
}

// header begins a file. GNU patch reads a name with blanks there only in quotes.
func (p *patcher) header(c *Change) {
	p.done.Files++
	quote := quoted
	if strings.Contains(c.Path, " ") {
		quote = inQuotes
	}
	fmt.Fprintf(p.w, "diff --git %s %s\n", quote("a/"+c.Path), quote("b/"+c.Path))
}

// body writes the hunks, if there are any, below the names of both sides. A tab ends a
// name with blanks, as patch would end it there otherwise.
func (p *patcher) body(old, to, text string) {
	if text == "" {
		return
	}
	for _, line := range [][2]string{{"--- ", old}, {"+++ ", to}} {
		name := quoted(line[1])
		if strings.Contains(name, " ") {
			name += "\t"
		}
		p.w.WriteString(line[0] + name + "\n")
	}
	p.w.WriteString(text)
}

// gitMode is a mode as git knows it.
func gitMode(f *File) string {
	switch {
	case isLink(f):
		return "120000"
	case f.Mode&0o100 != 0:
		return "100755"
	}
	return "100644"
}

// hunks are the hunks of a unified diff, without the names above them; empty for equal
// texts.
func hunks(old, to []byte) string {
	text := diff.Diff("", old, "", to)
	for range 3 { // the lines that name both sides
		_, text, _ = bytes.Cut(text, []byte("\n"))
	}
	return string(text)
}

// before implements contents.
func (c *comparison) before(ctx context.Context, changes []*Change) iter.Seq2[version, error] {
	return func(yield func(version, error) bool) {
		wanted, by := make(map[int]bool), make(map[int][]*Change)
		for _, change := range changes {
			old := c.old[change.Path]
			wanted[old.at] = true
			by[old.at] = append(by[old.at], change)
		}
		for content, err := range c.bundle.read(ctx, wanted) {
			if err != nil {
				yield(version{}, err)
				return
			}
			for _, change := range by[content.at] {
				if !yield(version{change, content.data}, nil) {
					return
				}
			}
		}
	}
}

// after implements contents.
func (c *comparison) after(ctx context.Context, path string) ([]byte, error) {
	entry := c.new[path]
	if entry == nil {
		return nil, errors.New(path + " is not in the directory")
	}
	if entry.isLink() {
		return []byte(entry.target), nil
	}
	var data bytes.Buffer
	err := c.tree.WriteContent(ctx, entry.at, &data)
	return data.Bytes(), err
}
