package report

import (
	"fmt"
	"io/fs"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/codedeploy/types"

	"github.com/cdx-deploy/cdx/internal/term"
	"github.com/cdx-deploy/cdx/pkg/bundle"
	"github.com/cdx-deploy/cdx/pkg/diff"
	"github.com/cdx-deploy/cdx/pkg/revision"
)

// Compared is a directory compared with a revision.
type Compared struct {
	Directory    string                  // as the user gave it
	Application  string                  // empty where the revision was named
	Groups       []string                // the deployment groups that run it; none where it was named
	DeploymentID string                  // that brought it to the first group; empty where it was named
	Deployed     time.Time               // when that was done
	Revision     *types.RevisionLocation // pinned
	Difference   *diff.Difference

	BytesRead, Size int64 // of the object in S3
	Requests        int
}

// fewAlike is how many files are named one by one that came or went with one folder, or
// differ in nothing but the same modes.
const fewAlike = 10

// DifferenceText renders a comparison: the AppSpec file first, then hooks, then the rest.
// Where many files came or went with one folder, or differ in the same modes only, whole
// asks for all their names.
func DifferenceText(style term.Style, c Compared, whole bool) string {
	w := differenceWriter{style: style, whole: whole, alike: countAlike(c.Difference.Changes)}
	w.heading(c)
	for _, section := range []struct {
		role  diff.Role
		title string
	}{{diff.AppSpec, "AppSpec file"}, {diff.Hook, "hooks"}, {"", "other files"}} {
		w.section(section.title, section.role, c.Difference)
	}
	if len(c.Difference.Changes) > 0 {
		w.printf("%s\n", w.style.Bold(totalText(c.Difference)))
	}
	return w.text.String()
}

// differenceWriter is the text of a comparison as it grows.
type differenceWriter struct {
	text  strings.Builder
	style term.Style
	whole bool
	alike map[alike]int // how many files are
}

func (w *differenceWriter) printf(format string, args ...any) { fmt.Fprintf(&w.text, format, args...) }

func (w *differenceWriter) heading(c Compared) {
	rev := revision.Describe(unpinned(c.Revision))
	who := "the revision " + rev
	if len(c.Groups) > 0 {
		who = WhatRuns(c.Groups)
	}
	details := []string{}
	if len(c.Groups) > 0 {
		details = append(details, rev, "deployed by "+c.DeploymentID)
		if !c.Deployed.IsZero() {
			details = append(details, c.Deployed.UTC().Format("2006-01-02 15:04 MST"))
		}
	}
	if len(c.Difference.Changes) > 0 {
		w.printf("%s\n", w.style.Bold(term.Line(c.Directory+", compared with "+who)))
	} else {
		w.printf("%s\n", w.style.Bold(term.Line(c.Directory+" is "+who+": nothing would change")))
		details = append(details, "the same by "+basisText(c.Difference.Basis))
	}
	if len(details) > 0 {
		w.printf("  %s\n", w.style.Faint(term.Line(strings.Join(details, ", "))))
	}
}

// WhatRuns names what deployment groups run.
func WhatRuns(groups []string) string {
	if len(groups) == 1 {
		return "what " + groups[0] + " runs"
	}
	last := len(groups) - 1
	return "what " + strings.Join(groups[:last], ", ") + " and " + groups[last] + " run"
}

// unpinned is a revision without the eTag, which says nothing to people.
func unpinned(rev *types.RevisionLocation) *types.RevisionLocation {
	if rev.S3Location == nil {
		return rev
	}
	at := *rev.S3Location
	at.ETag = nil
	return &types.RevisionLocation{RevisionType: rev.RevisionType, S3Location: &at}
}

// basisText says what sameness rests on.
func basisText(basis diff.Basis) string {
	switch basis {
	case diff.ByDigest:
		return "the digest of the directory"
	case diff.ByCRC32:
		return "names, modes, sizes and CRC-32"
	case diff.BySHA256:
		return "names, modes and SHA-256"
	default:
		return "its text"
	}
}

func (w *differenceWriter) section(title string, role diff.Role, d *diff.Difference) {
	begun := false
	told := make(map[alike]bool)
	for i := range d.Changes {
		change := &d.Changes[i]
		if change.Role != role {
			continue
		}
		if !begun {
			w.printf("%s\n", title)
			begun = true
		}
		kind := alikeOf(change)
		switch {
		case w.whole || w.alike[kind] <= fewAlike:
			w.change(change)
		case !told[kind]:
			told[kind] = true
			w.many(kind, change)
		}
	}
	if begun && role == diff.AppSpec {
		w.hunks(d.AppSpecDiff)
	}
}

// alike is what files may have in common, so that one line does for many; zero for
// nothing.
type alike struct {
	kind   diff.Kind
	folder string // that they came or went with
	modes  string // that are all that has changed
}

func alikeOf(c *diff.Change) alike {
	switch {
	case c.Role != "":
		return alike{}
	case c.Folder != "":
		return alike{kind: c.Kind, folder: c.Folder}
	case c.Mode && !c.Contents:
		return alike{kind: c.Kind, modes: modesText(c)}
	}
	return alike{}
}

func countAlike(changes []diff.Change) map[alike]int {
	count := make(map[alike]int)
	for i := range changes {
		if kind := alikeOf(&changes[i]); kind != (alike{}) {
			count[kind]++
		}
	}
	return count
}

// many writes one line for many files, of which one is given.
func (w *differenceWriter) many(kind alike, such *diff.Change) {
	n := w.alike[kind]
	switch {
	case kind.modes != "":
		w.printf("  %s  %s\n", w.style.Yellow(fmt.Sprintf("~ %d files, such as %s", n, bundle.QuotePath(such.Path))), kind.modes)
	case kind.kind == diff.Added:
		w.printf("  %s  with %d entries\n", w.style.Green("+ "+bundle.QuotePath(kind.folder)+"/"), n)
	default:
		w.printf("  %s  with %d entries\n", w.style.Red("- "+bundle.QuotePath(kind.folder)+"/"), n)
	}
}

func modesText(c *diff.Change) string {
	return fmt.Sprintf("mode %s to %s", octal(c.Old.Mode), octal(c.New.Mode))
}

func (w *differenceWriter) change(c *diff.Change) {
	switch c.Kind {
	case diff.Added:
		w.printf("  %s%s\n", w.style.Green("+ "+namedAs(c.Path, c.New)), sizeDetail(c.New))
	case diff.Removed:
		w.printf("  %s%s\n", w.style.Red("- "+namedAs(c.Path, c.Old)), sizeDetail(c.Old))
	default:
		w.printf("  %s  %s\n", w.style.Yellow("~ "+bundle.QuotePath(c.Path)), strings.Join(whatChanged(c), ", "))
	}
}

// namedAs is a path with what tells folders and links.
func namedAs(path string, f *diff.File) string {
	switch typeOf(f) {
	case "folder":
		return bundle.QuotePath(path) + "/"
	case "link":
		return bundle.QuotePath(path) + " -> " + bundle.QuotePath(f.Target)
	}
	return bundle.QuotePath(path)
}

func sizeDetail(f *diff.File) string {
	if typeOf(f) != "file" {
		return ""
	}
	return "  " + Counted(f.Size, "byte")
}

// whatChanged says what differs in something that both sides have.
func whatChanged(c *diff.Change) []string {
	var what []string
	switch {
	case c.Type():
		return []string{typeOf(c.Old) + " to " + typeOf(c.New)}
	case c.Contents && typeOf(c.New) == "link":
		what = append(what, fmt.Sprintf("target %s to %s", bundle.QuotePath(c.Old.Target), bundle.QuotePath(c.New.Target)))
	case c.Contents && c.Old.Size == c.New.Size:
		what = append(what, "contents, "+Counted(c.New.Size, "byte"))
	case c.Contents:
		what = append(what, fmt.Sprintf("contents, %d to %s", c.Old.Size, Counted(c.New.Size, "byte")))
	}
	if c.Mode {
		what = append(what, modesText(c))
	}
	return what
}

func typeOf(f *diff.File) string {
	switch {
	case f.Mode.IsDir():
		return "folder"
	case f.Mode&fs.ModeSymlink != 0:
		return "link"
	}
	return "file"
}

// hunks writes how a text differs, below its name.
func (w *differenceWriter) hunks(text string) {
	for line := range strings.Lines(text) {
		line = term.Line(strings.TrimSuffix(line, "\n"))
		switch {
		case strings.HasPrefix(line, "+"):
			line = w.style.Green(line)
		case strings.HasPrefix(line, "-"):
			line = w.style.Red(line)
		case strings.HasPrefix(line, "@@"):
			line = w.style.Cyan(line)
		}
		w.printf("      %s\n", line)
	}
}

// totals count what differs.
type totals struct {
	Added       int   `json:"added"`
	Removed     int   `json:"removed"`
	Changed     int   `json:"changed"`   // in type, contents or target
	ModesOnly   int   `json:"modesOnly"` // in nothing but their modes
	BytesBefore int64 `json:"bytesBefore"`
	BytesAfter  int64 `json:"bytesAfter"`
}

func totalsOf(d *diff.Difference) totals {
	var t totals
	for i := range d.Changes {
		c := &d.Changes[i]
		switch {
		case c.Kind == diff.Added:
			t.Added++
		case c.Kind == diff.Removed:
			t.Removed++
		case c.Contents:
			t.Changed++
		default:
			t.ModesOnly++
		}
		if c.Old != nil {
			t.BytesBefore += c.Old.Size
		}
		if c.New != nil {
			t.BytesAfter += c.New.Size
		}
	}
	return t
}

// totalText is like "1 changed, 2 added, 3 with another mode only; 12 bytes more".
func totalText(d *diff.Difference) string {
	t := totalsOf(d)
	var parts []string
	for _, part := range []struct {
		n    int
		what string
	}{{t.Changed, "changed"}, {t.Added, "added"}, {t.Removed, "removed"}, {t.ModesOnly, "with another mode only"}} {
		if part.n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", part.n, part.what))
		}
	}
	text := strings.Join(parts, ", ")
	switch more := t.BytesAfter - t.BytesBefore; {
	case more > 0:
		text += "; " + Counted(more, "byte") + " more"
	case more < 0:
		text += "; " + Counted(-more, "byte") + " less"
	}
	return text
}

// DifferenceStat renders a comparison as a line for each file, with its size before and
// after, and their sum.
func DifferenceStat(style term.Style, c Compared) string {
	w := differenceWriter{style: style}
	w.heading(c)
	width := 0
	for i := range c.Difference.Changes {
		width = max(width, term.Width(bundle.QuotePath(c.Difference.Changes[i].Path)))
	}
	for i := range c.Difference.Changes {
		change := &c.Difference.Changes[i]
		name := bundle.QuotePath(change.Path)
		w.printf(" %s%s | %s\n", name, strings.Repeat(" ", width-term.Width(name)), w.statDetail(change))
	}
	if len(c.Difference.Changes) > 0 {
		w.printf(" %s\n", totalText(c.Difference))
	}
	return w.text.String()
}

func (w *differenceWriter) statDetail(c *diff.Change) string {
	switch {
	case c.Kind == diff.Added && typeOf(c.New) != "file":
		return w.style.Green("+") + " " + typeOf(c.New)
	case c.Kind == diff.Added:
		return w.style.Green("+") + " 0 -> " + Counted(c.New.Size, "byte")
	case c.Kind == diff.Removed && typeOf(c.Old) != "file":
		return w.style.Red("-") + " " + typeOf(c.Old)
	case c.Kind == diff.Removed:
		return w.style.Red("-") + fmt.Sprintf(" %d -> 0 bytes", c.Old.Size)
	case c.Contents && typeOf(c.Old) == "file" && typeOf(c.New) == "file":
		return w.style.Yellow("~") + fmt.Sprintf(" %d -> %s", c.Old.Size, Counted(c.New.Size, "byte"))
	default:
		return w.style.Yellow("~") + " " + strings.Join(whatChanged(c), ", ")
	}
}
