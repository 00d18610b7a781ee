package term

import (
	"strings"
	"unicode"

	"github.com/cdx-deploy/cdx/internal/lazy"
)

// escapeSequence matches what a terminal takes for one: a control sequence (CSI),
// a string (OSC, DCS, APC, PM, SOS) up to its end, or a short escape; each also by
// its one-character C1 form. A string without an end reaches no further than its
// line, so that a stray introducer does not swallow a log.
// Source: ECMA-48, 5th edition, 5.3 to 5.6.
var escapeSequence = lazy.Regexp(
	`(?:\x1b\[|\x{9b})[0-?]*[ -/]*[@-~]?` +
		`|(?:\x1b[\]PX^_]|[\x{90}\x{98}\x{9d}\x{9e}\x{9f}])[^\x07\x1b\x{9c}\n]*(?:\x07|\x1b\\|\x{9c})?` +
		`|\x1b[ -/]*[0-~]?`)

// colorSequence matches the escape sequences that only colour text.
var colorSequence = lazy.Regexp(`\x1b\[[0-9;:]*m`)

// Clean makes text that others wrote harmless in a terminal: escape sequences,
// control characters and those that reorder or hide text are removed, newline
// and tab aside; CR LF becomes a newline; a byte that is not UTF-8 becomes U+FFFD.
func Clean(text string) string {
	text = strings.ToValidUTF8(text, "\uFFFD")
	if strings.IndexFunc(text, forbidden) < 0 {
		return text
	}
	return strings.Map(drop, escapeSequence().ReplaceAllString(text, ""))
}

// Line is [Clean] for what has to stay on one line, such as a name: newlines and
// tabs become blanks.
func Line(text string) string {
	return strings.NewReplacer("\n", " ", "\t", " ").Replace(Clean(text))
}

// cleanKeepingColor is [Clean] for text that cdx has coloured itself.
func cleanKeepingColor(text string) string {
	var b strings.Builder
	end := 0
	for _, at := range colorSequence().FindAllStringIndex(text, -1) {
		b.WriteString(Clean(text[end:at[0]]))
		b.WriteString(text[at[0]:at[1]])
		end = at[1]
	}
	b.WriteString(Clean(text[end:]))
	return b.String()
}

func drop(r rune) rune {
	if forbidden(r) {
		return -1
	}
	return r
}

// forbidden reports control characters (C0, DEL, C1), the line and paragraph
// separators, which some readers take for a new line, and the characters of the
// bidirectional algorithm with their deprecated neighbours.
// Source: Unicode Standard Annex #9, 2 Directional Formatting Characters.
func forbidden(r rune) bool {
	switch {
	case r == '\n' || r == '\t':
		return false
	case unicode.IsControl(r):
		return true
	case r == '\u061C' || r == '\u200E' || r == '\u200F':
		return true
	}
	return r >= '\u2028' && r <= '\u202E' || r >= '\u2066' && r <= '\u206F'
}
