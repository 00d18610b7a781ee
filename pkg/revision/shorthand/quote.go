package shorthand

import (
	"strings"
	"unicode/utf8"
)

// Quote writes value as one shorthand value, in quotes where it needs them, so that
// the AWS CLI and [Decode] read it back unchanged wherever a value may stand. It
// reports false for the values that have no such form: those with a backslash,
// with both kinds of quotes, or that are not UTF-8; JSON holds these, save the last.
func Quote(value string) (string, bool) {
	switch {
	case !utf8.ValidString(value) || strings.Contains(value, `\`):
		return "", false
	case isPlain(value):
		return value, true
	case !strings.Contains(value, `"`):
		return `"` + value + `"`, true
	case !strings.Contains(value, `'`):
		return `'` + value + `'`, true
	default:
		return "", false
	}
}

// isPlain reports whether value can do without quotes at any place of the grammar.
func isPlain(value string) bool {
	for _, r := range value {
		if r <= ' ' || r >= 0x7f || strings.ContainsRune(`"',=[]{}@`, r) {
			return false
		}
	}
	return value != ""
}
