package appspec

import (
	"strings"
	"testing"
	"unicode/utf8"
)

func TestMarks(t *testing.T) {
	for name, text := range map[string]string{
		"empty": "", "short": "aé漢", "ASCII": strings.Repeat("abc\n", 3000), "wide": strings.Repeat("a漢é😀", 3000), "not UTF-8": strings.Repeat("\xff\xfea", 3000),
	} {
		t.Run(name, func(t *testing.T) {
			m, runes := newMarks([]byte(text)), 0
			for offset := range text {
				if got := m.runes([]byte(text), offset); got != runes {
					t.Fatalf("%d characters before byte %d, want %d", got, offset, runes)
				}
				if got := m.offset([]byte(text), runes); got != offset {
					t.Fatalf("character %d begins at byte %d, want %d", runes, got, offset)
				}
				runes++
			}
			if got := m.offset([]byte(text), runes+5); got != len(text) || runes != utf8.RuneCountInString(text) {
				t.Errorf("behind the end: byte %d of %d", got, len(text))
			}
		})
	}
}
