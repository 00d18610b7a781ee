package term

import (
	"io"
	"sync"
	"time"

	"github.com/briandowns/spinner"
	xterm "golang.org/x/term"
)

const (
	spinDelay = 100 * time.Millisecond

	// glyphColumns is the room for the spinner's character and a blank after it.
	glyphColumns = 2

	// minColumns is the least width that the spinner's library copes with. It reads
	// the width of descriptor 0, counts bytes, and takes away as many lines as its
	// own text would fill at that width; it is only ever given one character.
	minColumns = 8
)

var spinFrames = []string{"⠋", "⠙", "⠹", "⠸", "⠼", "⠴", "⠦", "⠧", "⠇", "⠏"}

const (
	// eraseLine returns to the start of the line, clears it, and whatever a terminal
	// that has become narrower has moved below it.
	eraseLine = "\r\x1b[K\x1b[J"

	// endLine clears the rest and leaves the cursor at the start: there it stays in the
	// first row when the terminal becomes narrower and breaks the line.
	endLine = "\x1b[J\r"
)

// spin is the spinner's line. The library draws the turning character; the text
// after it is drawn here, cut to the width that standard error has at that moment.
type spin struct {
	library *spinner.Spinner
	streams *Streams
	once    sync.Once

	// Guarded by the library's lock.
	status string // empty: no line
	drawn  bool   // there is something to erase
}

// canSpin reports whether a spinner's line makes sense on standard error.
func (s *Streams) canSpin() bool {
	return s.ErrTerminal && s.errFile != nil && s.ErrWidth() >= minColumns && roomOnInput()
}

// roomOnInput reports whether descriptor 0, which the library measures, is either
// no terminal or one of sensible width.
func roomOnInput() bool {
	if !xterm.IsTerminal(0) {
		return true
	}
	width, _, err := xterm.GetSize(0)
	return err == nil && width >= minColumns
}

func newSpin(streams *Streams) *spin {
	s := &spin{streams: streams}
	s.library = spinner.New(spinFrames, spinDelay,
		spinner.WithWriterFile(streams.errFile),
		spinner.WithHiddenCursor(false)) // a process that is killed leaves the cursor as it was
	s.library.Writer = frameWriter{s}
	s.library.PostUpdate = s.draw
	return s
}

// lock is what guards standard error while the spinner may turn.
func (s *spin) lock() sync.Locker { return s.library }

// start lets the spinner turn, once: stopped, the library may keep a token that
// would end a second start at once.
func (s *spin) start() { s.once.Do(s.library.Start) }

// stop ends the spinner, for good, and clears its line. The library's goroutine
// ends by itself within spinDelay and writes nothing any more.
func (s *spin) stop() {
	s.once.Do(func() {})
	s.library.Stop()
	s.library.Lock()
	defer s.library.Unlock()
	s.status = ""
	s.erase()
}

// draw puts the text after the turning character. The library calls it with its
// lock held.
func (s *spin) draw(*spinner.Spinner) {
	if s.status == "" {
		return
	}
	room := s.streams.ErrWidth() - glyphColumns - 1 // a full line would wrap on some terminals
	io.WriteString(s.streams.Err, " "+Isolate(Cut(s.status, room))+endLine)
	s.drawn = true
}

// erase clears the line if there is one. The caller holds the lock.
func (s *spin) erase() {
	if s.drawn {
		io.WriteString(s.streams.Err, eraseLine)
		s.drawn = false
	}
}

// frameWriter is where the library writes. It drops frames while there is nothing
// to say, and the colour that the library always gives its character where colour
// is unwanted.
type frameWriter struct{ s *spin }

func (f frameWriter) Write(b []byte) (int, error) {
	if f.s.status == "" {
		return len(b), nil
	}
	frame := b
	if !f.s.streams.ErrColor {
		frame = colorSequence().ReplaceAll(b, nil)
	}
	_, err := f.s.streams.Err.Write(frame)
	return len(b), err
}
