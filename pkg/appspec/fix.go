package appspec

import (
	"bytes"
	"cmp"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

// edit is a change to a file's text, in byte offsets of the source.
type edit struct {
	start, end int
	text       string
	also       *edit // a change elsewhere that belongs to it; may be nil
}

// Fix applies the safe corrections that the findings of a check come with and returns the
// new text; changed is false if there is none. It mends notation, never meaning: it quotes
// what YAML misreads, writes timeouts in seconds, moves overwrite to file_exists_behavior,
// corrects letters in the wrong case. Comments and layout stay. The new text has fewer
// findings, and nothing that Fix would change again; mending a syntax error, which hides
// all other mistakes, may bring those to light.
//
// Options are those of [Check]; what they or comments turn off is not mended.
func Fix(f *File, opts Options) (fixed []byte, changed bool) {
	mended := f
	for range maxFixes {
		next := applyFixes(mended, opts)
		if next == nil {
			break
		}
		mended, changed = next, true
	}
	if f.broken != nil && mended.broken != nil {
		mended, changed = f, false
	}
	text := mended.source.text
	if mended.source.bom {
		text = append([]byte(byteOrderMark), text...)
	}
	return text, changed
}

const (
	maxFixes  = 200      // how often a mended file is looked at again
	maxSingle = 20       // how many corrections are tried one by one
	maxTried  = 64 << 10 // the size in bytes up to which they are
)

// applyFixes makes all corrections that leave a better file, first all together, else one
// of them; nil if there is none.
func applyFixes(f *File, opts Options) *File {
	c := check(f, opts)
	edits := c.edits()
	if len(edits) == 0 || f.broken != nil && f.broken.rule == fileTooLarge {
		return nil
	}
	if next := c.tried(edits); next != nil || len(edits) == 1 || f.size > maxTried {
		return next
	}
	for _, e := range edits[:min(len(edits), maxSingle)] {
		if next := c.tried([]*edit{e}); next != nil {
			return next
		}
	}
	return nil
}

// tried returns the file with the corrections if that is better: it has fewer findings, or
// it is broken later or no longer.
func (c *checker) tried(edits []*edit) *File {
	text := apply(c.file.source.text, edits)
	if c.file.source.bom {
		text = append([]byte(byteOrderMark), text...)
	}
	next := Parse(c.file.name, text)
	was, is := c.file.broken, next.broken
	switch {
	case was == nil && is == nil:
		if len(check(next, c.options).judged()) < len(c.judged()) {
			return next
		}
	case was != nil && (is == nil || is.offset > was.offset && is.rule != fileTooLarge):
		return next
	}
	return nil
}

// edits returns the corrections of the findings that are shown, without those that touch
// an earlier one.
func (c *checker) edits() []*edit {
	ignored := c.file.ignoredRules()
	var edits []*edit
	for _, p := range c.problems {
		f, ok := c.judge(p)
		if ok && p.edit != nil && !slices.Contains(c.options.Disable, f.Rule) && !ignored.covers(f) {
			edits = append(edits, p.edit)
		}
	}
	slices.SortStableFunc(edits, func(a, b *edit) int { return cmp.Compare(a.start, b.start) })
	end := -1
	return slices.DeleteFunc(edits, func(e *edit) bool {
		overlaps := e.start < end
		end = max(end, e.end)
		return overlaps
	})
}

// apply makes the changes; of several equal ones that belong to others, one.
func apply(text []byte, edits []*edit) []byte {
	all := slices.Clone(edits)
	for _, e := range edits {
		if e.also != nil && !slices.ContainsFunc(all, func(other *edit) bool { return *other == *e.also }) {
			all = append(all, e.also)
		}
	}
	slices.SortStableFunc(all, func(a, b *edit) int { return cmp.Compare(a.start, b.start) })
	var out bytes.Buffer
	at := 0
	for _, e := range all {
		if e.start < at {
			continue
		}
		out.Write(text[at:e.start])
		out.WriteString(e.text)
		at = e.end
	}
	out.Write(text[at:])
	return out.Bytes()
}

// extent returns where the text of a scalar stands that is written in one line, without
// escapes.
func (c *checker) extent(n *yaml.Node) (start, end int, ok bool) {
	start = c.file.offset(n)
	written := n.Value
	switch {
	case n.Kind != yaml.ScalarNode || explicitTag(n) != "" || n.Anchor != "" || n.Value == "":
		return 0, 0, false
	case n.Style&yaml.SingleQuotedStyle != 0:
		written = "'" + strings.ReplaceAll(n.Value, "'", "''") + "'"
	case n.Style&yaml.DoubleQuotedStyle != 0:
		written = `"` + n.Value + `"`
	}
	return start, start + len(written), bytes.HasPrefix(c.file.source.text[start:], []byte(written))
}

// replacing returns the edit that puts another text in a scalar's place, nil if the scalar
// is written in a way that is not simple.
func (c *checker) replacing(n *yaml.Node, text string) *edit {
	start, end, ok := c.extent(n)
	if !ok || strings.ContainsAny(text, "\r\n") {
		return nil
	}
	return &edit{start: start, end: end, text: text}
}

func (c *checker) replacingIf(n *yaml.Node, condition bool, text string) *edit {
	if !condition {
		return nil
	}
	return c.replacing(n, text)
}

// inserting returns the edit that puts a text before a scalar.
func (c *checker) inserting(n *yaml.Node, condition bool, text string) *edit {
	start, _, ok := c.extent(n)
	if !ok || !condition {
		return nil
	}
	return &edit{start: start, end: start, text: text}
}

// trimming returns the edit that removes the blanks around a quoted text.
func (c *checker) trimming(n *yaml.Node) *edit {
	quote := "'"
	if n.Style&yaml.DoubleQuotedStyle != 0 {
		quote = `"`
	}
	return c.replacing(n, quote+strings.TrimSpace(n.Value)+quote)
}

// requoting returns the edit that turns double into single quotes, nil if that changes
// more than the backslashes.
func (c *checker) requoting(n *yaml.Node) *edit {
	start := c.file.offset(n)
	text := c.file.source.text[start:]
	if n.Style&yaml.DoubleQuotedStyle == 0 || len(text) == 0 || text[0] != '"' {
		return nil
	}
	length := bytes.IndexByte(text[1:], '"')
	if length < 0 || bytes.ContainsAny(text[1:1+length], "'\r\n") || bytes.Contains(text[1:1+length], []byte(`\\`)) {
		return nil
	}
	return &edit{start: start, end: start + length + 2, text: "'" + string(text[1:1+length]) + "'"}
}

// movingOverwrite returns the edit that replaces overwrite in an entry of files by the
// setting at the top level; nil if it does not say yes, or does not stand on a line of
// its own.
func (c *checker) movingOverwrite(key, value *yaml.Node, first bool) *edit {
	yes, ok := writtenBool(value.Value)
	if first || !ok || !yes || key.Line != value.Line || v2Lookup(deref(c.file.root), "file_exists_behavior") != nil {
		return nil
	}
	if deref(c.file.root).Style&yaml.FlowStyle != 0 {
		return nil
	}
	source := c.file.source
	line, column := source.position(c.file.offset(key))
	if strings.TrimSpace(string(source.line(line)[:min(column-1, len(source.line(line)))])) != "" {
		return nil
	}
	start, end := source.starts[line-1], len(source.text)
	if line < len(source.starts) {
		end = source.starts[line]
	}
	return &edit{start: start, end: end, also: c.appending("file_exists_behavior: OVERWRITE")}
}

// appending returns the edit that adds a top-level line at the end of the document.
func (c *checker) appending(line string) *edit {
	text, at := c.file.source.text, c.file.end
	if at > 0 && text[at-1] != '\n' {
		line = "\n" + line
	}
	return &edit{start: at, end: at, text: line + "\n"}
}
