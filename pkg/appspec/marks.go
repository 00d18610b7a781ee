package appspec

import (
	"sort"
	"unicode/utf8"
)

// marks are places in a text, some way apart, whose characters have been counted: a line
// may be as long as a file and have thousands of findings.
type marks []mark

// mark is the beginning of a character.
type mark struct {
	offset int // in bytes
	runes  int // characters before it
}

// markDistance is how far apart marks are at least, in bytes.
const markDistance = 1 << 10

func newMarks(text []byte) marks {
	found := marks{{}}
	for offset, runes := 0, 0; offset < len(text); runes++ {
		if offset >= found[len(found)-1].offset+markDistance {
			found = append(found, mark{offset, runes})
		}
		if text[offset] < utf8.RuneSelf {
			offset++
			continue
		}
		_, size := utf8.DecodeRune(text[offset:])
		offset += size
	}
	return found
}

// runes returns how many characters stand before a byte offset, which is a character's.
func (m marks) runes(text []byte, offset int) int {
	last := m[sort.Search(len(m), func(i int) bool { return m[i].offset > offset })-1]
	return last.runes + utf8.RuneCount(text[last.offset:offset])
}

// offset returns where a character begins, by the number of those before it; the text's
// end if there are not so many.
func (m marks) offset(text []byte, runes int) int {
	last := m[sort.Search(len(m), func(i int) bool { return m[i].runes > runes })-1]
	offset := last.offset
	for skip := runes - last.runes; skip > 0 && offset < len(text); skip-- {
		_, size := utf8.DecodeRune(text[offset:])
		offset += size
	}
	return offset
}
