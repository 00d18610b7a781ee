package term

import (
	"strings"

	"github.com/rivo/uniseg"
)

const ellipsis = "…"

// Width is the number of columns that one line of clean text takes: East Asian
// wide characters and emoji take two, combining characters none.
func Width(text string) int { return uniseg.StringWidth(text) }

// Pad fills one line of clean text up to a number of columns with blanks; wider text
// stays as it is.
func Pad(text string, columns int) string {
	return text + strings.Repeat(" ", max(0, columns-Width(text)))
}

// CutMiddle is [Cut] for text whose end says as much as its beginning: "…" stands in the
// middle.
func CutMiddle(text string, columns int) string {
	if Width(text) <= columns {
		return text
	}
	begin := Cut(text, min(columns, columns/2+1))
	end := text
	for room := columns - Width(begin); end != "" && Width(end) > room; {
		_, end, _, _ = uniseg.FirstGraphemeClusterInString(end, -1)
	}
	return begin + end
}

// Cut shortens one line of clean text to at most columns, ending what was cut in
// "…". It never parts a character from its combining ones.
func Cut(text string, columns int) string {
	if Width(text) <= columns {
		return text
	}
	if columns <= 0 {
		return ""
	}
	var b strings.Builder
	used, state := 0, -1
	for rest := text; rest != ""; {
		var cluster string
		var width int
		cluster, rest, width, state = uniseg.FirstGraphemeClusterInString(rest, state)
		if used+width > columns-Width(ellipsis) {
			break
		}
		b.WriteString(cluster)
		used += width
	}
	return b.String() + ellipsis
}
