package term

import "strings"

const (
	// hangingIndent is how much further the rest of an indented line stands.
	hangingIndent = 2

	// minText is the least room, in columns, for text that continues below itself.
	minText = 16
)

// Wrap breaks clean text to lines of at most columns, at blanks. Lines without an
// indent that follow each other are one paragraph; an indented line stays one of its
// own, and goes on below its second column where there is one. A longer word, such
// as an address, is left whole.
func Wrap(text string, columns int) string {
	var b strings.Builder
	paragraph := ""
	flush := func() {
		if paragraph != "" {
			wrapLine(&b, paragraph, columns)
			paragraph = ""
		}
	}
	for line := range strings.Lines(text) {
		line = strings.TrimRight(line, "\n")
		if line == "" || line[0] == ' ' {
			flush()
			wrapLine(&b, line, columns)
			continue
		}
		if paragraph != "" {
			paragraph += " "
		}
		paragraph += line
		if strings.HasSuffix(line, ":") {
			flush()
		}
	}
	flush()
	return b.String()
}

func wrapLine(b *strings.Builder, line string, columns int) {
	if Width(line) <= columns {
		b.WriteString(line + "\n")
		return
	}
	if at := secondColumn(line); at > 0 && columns-at < minText { // no room beside the first
		wrapLine(b, strings.TrimRight(line[:at], " "), columns)
		wrapLine(b, strings.Repeat(" ", indentOf(line)+hangingIndent)+line[at:], columns)
		return
	}
	indent, words := opening(line)
	used, fresh := Width(indent), true
	b.WriteString(indent)
	hang := hanging(line)
	for _, word := range strings.Fields(words) {
		if !fresh && used+1+Width(word) > columns {
			b.WriteString("\n" + hang)
			used, fresh = len(hang), true
		}
		if !fresh {
			b.WriteByte(' ')
			used++
		}
		b.WriteString(word)
		used, fresh = used+Width(word), false
	}
	b.WriteString("\n")
}

// opening parts what a line keeps as it is, its indent and a first column, from the
// words that are filled into lines.
func opening(line string) (kept, words string) {
	if at := secondColumn(line); at > 0 {
		return line[:at], line[at:]
	}
	return line[:indentOf(line)], line[indentOf(line):]
}

// hanging is the indent of what continues a line.
func hanging(line string) string {
	switch at := secondColumn(line); {
	case indentOf(line) == 0:
		return ""
	case at > 0:
		return strings.Repeat(" ", Width(line[:at]))
	default:
		return strings.Repeat(" ", indentOf(line)+hangingIndent)
	}
}

func indentOf(line string) int { return len(line) - len(strings.TrimLeft(line, " ")) }

// secondColumn is where an indented line's text goes on after two blanks or more, in
// bytes, and 0 where it does not.
func secondColumn(line string) int {
	indent := indentOf(line)
	gap := strings.Index(line[indent:], "  ")
	if indent == 0 || gap < 0 {
		return 0
	}
	rest := strings.TrimLeft(line[indent+gap:], " ")
	return len(line) - len(rest)
}
