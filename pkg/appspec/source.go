package appspec

import (
	"bytes"
	"sort"
	"unicode/utf8"
)

// source is the text of a file, which turns the positions of YAML into those of editors.
type source struct {
	text   []byte // without a byte order mark
	bom    bool   // whether there was one
	starts []int  // byte offset of each line, as editors count them
	marks  marks
}

const byteOrderMark = "\uFEFF"

func newSource(data []byte) source {
	text, bom := bytes.CutPrefix(data, []byte(byteOrderMark))
	return source{text: text, bom: bom, starts: lineStarts(text, editorBreak), marks: newMarks(text)}
}

// lineStarts returns the byte offset of each line; width tells how long a line break is
// at the start of a text, 0 if there is none.
func lineStarts(text []byte, width func([]byte) int) []int {
	starts := []int{0}
	for i := 0; i < len(text); {
		if text[i] >= ' ' && text[i] < utf8.RuneSelf {
			i++
			continue
		}
		if n := width(text[i:]); n > 0 {
			i += n
			starts = append(starts, i)
			continue
		}
		i++
	}
	return starts
}

// editorBreak knows LF, CRLF and CR.
func editorBreak(text []byte) int {
	switch {
	case text[0] == '\r' && len(text) > 1 && text[1] == '\n':
		return 2
	case text[0] == '\r' || text[0] == '\n':
		return 1
	}
	return 0
}

// yamlBreak knows the line breaks of YAML 1.1: also NEL, LS and PS.
func yamlBreak(text []byte) int {
	for _, long := range []string{"\u0085", "\u2028", "\u2029"} {
		if bytes.HasPrefix(text, []byte(long)) {
			return len(long)
		}
	}
	return editorBreak(text)
}

// line returns the text of a line, from 1, without its line break; empty outside the file.
func (s source) line(number int) []byte {
	if number < 1 || number > len(s.starts) {
		return nil
	}
	end := len(s.text)
	if number < len(s.starts) {
		end = s.starts[number]
	}
	return bytes.TrimRight(s.text[s.starts[number-1]:end], "\r\n")
}

// position turns a byte offset into a line and column, from 1, inside the file. The
// column counts characters.
func (s source) position(offset int) (line, column int) {
	offset = max(0, min(offset, len(s.text)))
	line = sort.SearchInts(s.starts, offset+1)
	start := s.starts[line-1]
	end := start + len(s.line(line))
	return line, s.marks.runes(s.text, min(offset, end)) - s.marks.runes(s.text, start) + 1
}

// offsets turns lines and columns as YAML counts them into byte offsets.
type offsets struct {
	text   []byte
	starts []int
	marks  marks
	shift  int // characters that stand before the text on YAML's first line
}

func newOffsets(text []byte, shift int) offsets {
	return offsets{text: text, starts: lineStarts(text, yamlBreak), marks: newMarks(text), shift: shift}
}

// at returns the byte offset of a line and column, both from 1, clamped to the text: a
// node may stand one line past the end.
func (o offsets) at(line, column int) int {
	if line < 1 {
		return 0
	}
	if line > len(o.starts) {
		return len(o.text)
	}
	offset, skip := o.starts[line-1], column-1
	if line == 1 {
		skip -= o.shift
	}
	if skip <= 0 {
		return offset
	}
	return o.marks.offset(o.text, o.marks.runes(o.text, offset)+skip)
}

// firstDocument returns where the first YAML document ends and whether the text goes on
// with anything that a YAML parser would have to read. Document markers stand at the
// start of a line, in whatever context.
func firstDocument(text []byte) (end int, more bool) {
	starts := lineStarts(text, yamlBreak)
	started := false
	for i, start := range starts {
		line := text[start:]
		if i+1 < len(starts) {
			line = text[start:starts[i+1]]
		}
		switch {
		case started && isMarker(line, "---"):
			return start, true
		case started && isMarker(line, "..."):
			return start, hasContent(text[start+3:])
		case isMarker(line, "---"), !isPrologue(line):
			started = true
		}
	}
	return len(text), false
}

// isMarker tells whether a line begins with a document marker.
func isMarker(line []byte, marker string) bool {
	rest, found := bytes.CutPrefix(line, []byte(marker))
	return found && (len(rest) == 0 || rest[0] == ' ' || rest[0] == '\t' || yamlBreak(rest) > 0)
}

// isPrologue tells whether a line before a document is blank, a comment or a directive.
func isPrologue(line []byte) bool {
	trimmed := bytes.TrimLeft(line, " \t\r\n")
	return len(trimmed) == 0 || trimmed[0] == '#' || line[0] == '%'
}

// hasContent tells whether a text after an end marker holds more than blank lines,
// comments and further end markers.
func hasContent(text []byte) bool {
	starts := lineStarts(text, yamlBreak)
	for i, start := range starts {
		line := bytes.TrimLeft(text[start:], " \t")
		if i > 0 && isMarker(text[start:], "...") {
			line = bytes.TrimLeft(text[start+3:], " \t")
		}
		if len(line) > 0 && line[0] != '#' && yamlBreak(line) == 0 {
			return true
		}
	}
	return false
}

// badByte returns the offset of the first byte that is not UTF-8, or of the first
// character that YAML forbids; -1 where there is none.
func badByte(text []byte) (notUTF8, forbidden int) {
	notUTF8, forbidden = -1, -1
	for i := 0; i < len(text); {
		r, size := rune(text[i]), 1
		if r >= utf8.RuneSelf {
			r, size = utf8.DecodeRune(text[i:])
		}
		if r == utf8.RuneError && size <= 1 {
			return i, forbidden
		}
		if forbidden < 0 && !isYAMLCharacter(r) {
			forbidden = i
		}
		i += size
	}
	return notUTF8, forbidden
}

// isYAMLCharacter tells whether YAML allows a character in a file.
func isYAMLCharacter(r rune) bool {
	switch {
	case r == '\t', r == '\n', r == '\r', r == 0x85:
		return true
	case r < 0x20, r >= 0x7F && r < 0xA0:
		return false
	}
	return r != 0xFFFE && r != 0xFFFF
}
