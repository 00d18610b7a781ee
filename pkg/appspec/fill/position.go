package fill

import (
	"bytes"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"
)

// offset is where the parser's line and column, both from 1 and counting characters, are in
// the text.
func offset(text []byte, line, column int) int {
	at := 0
	for line > 1 && at < len(text) {
		r, size := utf8.DecodeRune(text[at:])
		at += size
		if r == '\r' && at < len(text) && text[at] == '\n' {
			at++
		}
		if isBreak(r) {
			line--
		}
	}
	for column > 1 && at < len(text) {
		_, size := utf8.DecodeRune(text[at:])
		at += size
		column--
	}
	return at
}

// isBreak reports what the parser counts as the end of a line.
func isBreak(r rune) bool {
	switch r {
	case '\n', '\r', '\u0085', '\u2028', '\u2029':
		return true
	}
	return false
}

// scalarLength is how many bytes of the text, which begins with it, a scalar on one line
// takes; 0 for one in another notation.
func scalarLength(text []byte, scalar *yaml.Node) int {
	switch {
	case scalar.Style&(yaml.LiteralStyle|yaml.FoldedStyle) != 0:
		return 0
	case bytes.HasPrefix(text, []byte(`"`)):
		return closing(text, '"')
	case bytes.HasPrefix(text, []byte(`'`)):
		return closing(text, '\'')
	case bytes.HasPrefix(text, []byte(scalar.Value)):
		return len(scalar.Value)
	default:
		return 0
	}
}

// closing is how long the quoted text at the beginning is, its quotes included; 0 when it
// does not end in its line.
func closing(text []byte, quote byte) int {
	for i := 1; i < len(text); i++ {
		switch {
		case text[i] == '\n' || text[i] == '\r':
			return 0
		case text[i] == '\\' && quote == '"':
			i++
		case text[i] == quote && quote == '\'' && i+1 < len(text) && text[i+1] == quote:
			i++
		case text[i] == quote:
			return i + 1
		}
	}
	return 0
}
