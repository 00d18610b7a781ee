package report

import (
	"cmp"
	"fmt"
	"io/fs"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"

	"github.com/cdx-deploy/cdx/internal/term"
	"github.com/cdx-deploy/cdx/pkg/bundle"
)

// mostLargest is how many of the largest files are named.
const mostLargest = 10

// Shipping is what a directory's bundle will hold and what it will not.
type Shipping struct {
	Directory string // as the user gave it
	Tree      *bundle.Tree
}

// ShippingText renders what ships (mode, bytes, path), what is left out by which rule,
// and the largest files.
func ShippingText(style term.Style, s Shipping) string {
	w := shippingWriter{style: style}
	entries := s.Tree.Entries()
	files, folders, links := countEntries(entries)
	w.section(fmt.Sprintf("%s ships as %s: %s, %s, %s, %s", term.Line(s.Directory), s.Tree.Type(),
		Counted(files, "file"), Counted(folders, "folder"), Counted(links, "link"), Counted(s.Tree.ContentBytes(), "byte")))
	w.entries(entries)
	if left := s.Tree.LeftOut(); len(left) > 0 {
		w.section("left out, by which rule, and where that is from")
		w.leftOut(left)
	}
	if largest := largestFiles(entries); len(largest) > 0 {
		w.section("largest files")
		w.entries(largest)
	}
	return w.text.String()
}

// shippingWriter is the text of a [Shipping] as it grows.
type shippingWriter struct {
	text  strings.Builder
	style term.Style
}

func (w *shippingWriter) section(title string) { fmt.Fprintln(&w.text, w.style.Bold(title)) }

func (w *shippingWriter) entries(entries []bundle.Entry) {
	width := 1
	for i := range entries {
		width = max(width, len(sizeText(&entries[i])))
	}
	for i := range entries {
		e := &entries[i]
		name := bundle.QuotePath(e.Path)
		switch shipsAs(e) {
		case "folder":
			name += "/"
		case "link":
			name += " -> " + bundle.QuotePath(e.Target)
		}
		fmt.Fprintf(&w.text, "  %s  %*s  %s\n", octal(e.Mode), width, sizeText(e), name)
	}
}

// sizeText is a file's size in bytes; folders and links have none.
func sizeText(e *bundle.Entry) string {
	if shipsAs(e) != "file" {
		return "-"
	}
	return strconv.FormatInt(e.Size, 10)
}

func (w *shippingWriter) leftOut(left []bundle.LeftOut) {
	columns := tabwriter.NewWriter(&w.text, 0, 0, 2, ' ', 0)
	for _, l := range left {
		name := bundle.QuotePath(l.Path)
		if l.Dir {
			name += "/"
		}
		fmt.Fprintf(columns, "  %s\t%s\t%s\n", name, term.Line(l.Rule), term.Line(l.Origin))
	}
	_ = columns.Flush() // a strings.Builder takes everything
}

// ShippingJSON is the form that programs read:
// {"bundles":[{"directory","bundleType","files","folders","links","contentBytes",
// "entries":[…],"leftOut":[…],"largest":[…],"warnings":[…]}]}.
type ShippingJSON struct {
	Bundles []shippingJSON `json:"bundles"`
}

type shippingJSON struct {
	Directory    string        `json:"directory"`
	BundleType   bundle.Type   `json:"bundleType"`
	Files        int           `json:"files"`
	Folders      int           `json:"folders"`
	Links        int           `json:"links"`
	ContentBytes int64         `json:"contentBytes"`
	Entries      []entryJSON   `json:"entries"`
	LeftOut      []leftOutJSON `json:"leftOut"`
	Largest      []entryJSON   `json:"largest"`
	Warnings     []warningJSON `json:"warnings"`
}

type entryJSON struct {
	Path   string `json:"path"`
	Type   string `json:"type"` // file, folder or link
	Mode   string `json:"mode"` // octal, four digits
	Size   int64  `json:"size"` // in bytes
	Target string `json:"target,omitempty"`
}

type leftOutJSON struct {
	Path   string `json:"path"`
	Folder bool   `json:"folder,omitempty"` // nothing in it ships either
	Rule   string `json:"rule"`
	Origin string `json:"origin"`
}

type warningJSON struct {
	Kind    bundle.WarningKind `json:"kind"`
	Path    string             `json:"path"`
	Message string             `json:"message"`
}

// ShippingForPrograms gives what ships the form that programs read.
func ShippingForPrograms(all []Shipping) ShippingJSON {
	out := ShippingJSON{Bundles: make([]shippingJSON, len(all))}
	for i, s := range all {
		entries := s.Tree.Entries()
		b := shippingJSON{
			Directory: s.Directory, BundleType: s.Tree.Type(), ContentBytes: s.Tree.ContentBytes(),
			Entries: entriesJSON(entries), Largest: entriesJSON(largestFiles(entries)),
			LeftOut: []leftOutJSON{}, Warnings: []warningJSON{},
		}
		b.Files, b.Folders, b.Links = countEntries(entries)
		for _, l := range s.Tree.LeftOut() {
			b.LeftOut = append(b.LeftOut, leftOutJSON{Path: l.Path, Folder: l.Dir, Rule: l.Rule, Origin: l.Origin})
		}
		for _, w := range s.Tree.Warnings() {
			b.Warnings = append(b.Warnings, warningJSON(w))
		}
		out.Bundles[i] = b
	}
	return out
}

func entriesJSON(entries []bundle.Entry) []entryJSON {
	out := make([]entryJSON, len(entries))
	for i := range entries {
		e := &entries[i]
		out[i] = entryJSON{Path: e.Path, Type: shipsAs(e), Mode: octal(e.Mode), Size: e.Size, Target: e.Target}
	}
	return out
}

func shipsAs(e *bundle.Entry) string {
	switch {
	case e.Mode.IsDir():
		return "folder"
	case e.Mode&fs.ModeSymlink != 0:
		return "link"
	default:
		return "file"
	}
}

func countEntries(entries []bundle.Entry) (files, folders, links int) {
	for i := range entries {
		switch shipsAs(&entries[i]) {
		case "folder":
			folders++
		case "link":
			links++
		default:
			files++
		}
	}
	return files, folders, links
}

// largestFiles are the largest files that are not empty, the largest first.
func largestFiles(entries []bundle.Entry) []bundle.Entry {
	var files []bundle.Entry
	for _, e := range entries {
		if shipsAs(&e) == "file" && e.Size > 0 {
			files = append(files, e)
		}
	}
	slices.SortFunc(files, func(a, b bundle.Entry) int {
		return cmp.Or(cmp.Compare(b.Size, a.Size), strings.Compare(a.Path, b.Path))
	})
	return files[:min(mostLargest, len(files))]
}
