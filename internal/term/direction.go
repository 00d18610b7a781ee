package term

import (
	"strings"
	"unicode"
)

// What starts and ends a part of a line whose direction has no influence on the rest
// of it, nor on the direction of the line.
// Source: Unicode Standard Annex #9, 2.4 Explicit Directional Isolates, and rule P2.
const (
	isolateRightToLeft = "\u2067"
	isolateEnd         = "\u2069"
)

// Isolate makes clean text keep its order on a terminal: each run of characters that
// are written from right to left, such as a name in Hebrew or Arabic, is isolated, so
// that counts and punctuation next to it stay where they are.
func Isolate(text string) string {
	if strings.IndexFunc(text, rightToLeft) < 0 {
		return text
	}
	var b strings.Builder
	for rest := text; ; {
		start := strings.IndexFunc(rest, rightToLeft)
		if start < 0 {
			b.WriteString(rest)
			return b.String()
		}
		end := start + runEnd(rest[start:])
		b.WriteString(rest[:start] + isolateRightToLeft + rest[start:end] + isolateEnd)
		rest = rest[end:]
	}
}

// runEnd is where a run that starts text ends: after the last character from right to
// left before one from left to right, a digit, an escape sequence or a new line. The
// marks that stand on a character belong to it.
func runEnd(text string) int {
	end := 0
	for i, r := range text {
		switch {
		case rightToLeft(r), unicode.Is(unicode.Mn, r) && end == i:
			end = i + len(string(r))
		case unicode.IsLetter(r), unicode.IsDigit(r), unicode.IsControl(r):
			return end
		}
	}
	return end
}

// rightToLeft reports the characters of the blocks that are, or are kept, for scripts
// written from right to left.
// Source: Unicode Character Database, DerivedBidiClass.txt, @missing lines.
func rightToLeft(r rune) bool {
	switch {
	case r < 0x0590:
		return false
	case r <= 0x08FF, r >= 0xFB1D && r <= 0xFDFF, r >= 0xFE70 && r < 0xFEFF, r >= 0x10800 && r <= 0x10FFF, r >= 0x1E800 && r <= 0x1EFFF:
		return !unicode.IsDigit(r)
	}
	return false
}
