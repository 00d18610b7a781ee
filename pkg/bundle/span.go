package bundle

// Limits of a span of whole entries.
const (
	spanEntries = 256
	spanBytes   = 256 << 10 // reached, not kept to
)

// maxSpanBytes is the most content that a span has.
const maxSpanBytes = spanBytes + chunkBytes

// span is a piece of work: some whole entries, each of at most one chunk, or one chunk
// of a larger file.
type span struct {
	entry, entries int // the first, and how many
	chunk          int // of the one entry, if it is large
	large          bool
}

// cut divides entries into spans, in order, until yield fails.
func cut(entries []Entry, yield func(span) error) error {
	for i := 0; i < len(entries); {
		chunks := chunksOf(&entries[i])
		if chunks <= 1 {
			s := span{entry: i, entries: wholeEntries(entries[i:])}
			i += s.entries
			if err := yield(s); err != nil {
				return err
			}
			continue
		}
		for chunk := range chunks {
			if err := yield(span{entry: i, entries: 1, chunk: chunk, large: true}); err != nil {
				return err
			}
		}
		i++
	}
	return nil
}

// wholeEntries is how many entries, all of one chunk at most, go into one span.
func wholeEntries(entries []Entry) int {
	n := 0
	for bytes := int64(0); n < len(entries) && n < spanEntries && bytes < spanBytes; n++ {
		if chunksOf(&entries[n]) > 1 {
			break
		}
		bytes += entries[n].Size
	}
	return n
}

// done is how many entries are done with the span.
func (s span) done(entries []Entry) int {
	if s.large && s.chunk < chunksOf(&entries[s.entry])-1 {
		return 0
	}
	return s.entries
}
