//go:build unix

package term

import (
	"context"
	"errors"
	"fmt"
	"os"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/creack/pty"
)

// terminal is a pseudo-terminal: what is written to it, and a hand to type.
type terminal struct {
	t     *testing.T
	hand  *os.File // the user's side
	side  *os.File // the program's side
	mu    sync.Mutex
	shown []byte
	done  chan struct{}
}

func newTerminal(t *testing.T, columns uint16) *terminal {
	t.Helper()
	hand, side, err := pty.Open()
	if err != nil {
		t.Skipf("needs a pseudo-terminal: %v", err)
	}
	if err := pty.Setsize(hand, &pty.Winsize{Rows: 24, Cols: columns}); err != nil {
		t.Fatal(err)
	}
	term := &terminal{t: t, hand: hand, side: side, done: make(chan struct{})}
	go term.watch()
	t.Cleanup(term.close)
	return term
}

func (term *terminal) watch() {
	defer close(term.done)
	chunk := make([]byte, 4096)
	for {
		n, err := term.hand.Read(chunk)
		term.mu.Lock()
		term.shown = append(term.shown, chunk[:n]...)
		term.mu.Unlock()
		if err != nil {
			return
		}
	}
}

// close ends the terminal and returns when all that was written has been read.
func (term *terminal) close() {
	term.side.Close()
	<-term.done
	term.hand.Close()
}

func (term *terminal) text() string {
	term.mu.Lock()
	defer term.mu.Unlock()
	return string(term.shown)
}

// await waits until the terminal shows something.
func (term *terminal) await(part string) {
	term.t.Helper()
	for deadline := time.Now().Add(5 * time.Second); time.Now().Before(deadline); time.Sleep(5 * time.Millisecond) {
		if strings.Contains(term.text(), part) {
			return
		}
	}
	term.t.Fatalf("never shown: %q; shown: %q", part, term.text())
}

func (term *terminal) streams(pairs ...string) *Streams {
	return New(term.side, term.side, term.side, env(append(pairs, "TERM=xterm-256color")...))
}

// screen plays what was written: the lines that are there at the end.
func screen(written string) []string {
	lines, row, column := [][]rune{nil}, 0, 0
	text := colorSequence().ReplaceAllString(written, "")
	for text != "" {
		switch {
		case strings.HasPrefix(text, "\x1b[K"):
			lines[row] = lines[row][:min(column, len(lines[row]))]
			text = text[3:]
		case strings.HasPrefix(text, "\x1b[J"):
			lines = lines[:row+1]
			lines[row] = lines[row][:min(column, len(lines[row]))]
			text = text[3:]
		case strings.HasPrefix(text, "\x1b[F"):
			row, column = max(row-1, 0), 0
			text = text[3:]
		case text[0] == '\r':
			column, text = 0, text[1:]
		case text[0] == '\n':
			row, text = row+1, text[1:]
			if row == len(lines) {
				lines = append(lines, nil)
			}
		default:
			r := []rune(text)[0]
			for len(lines[row]) <= column {
				lines[row] = append(lines[row], ' ')
			}
			lines[row][column] = r
			column, text = column+1, text[len(string(r)):]
		}
	}
	var out []string
	for _, line := range lines {
		out = append(out, string(line))
	}
	return out
}

func TestSpinnerStaysBelowTheLines(t *testing.T) {
	term := newTerminal(t, 40)
	streams := term.streams()
	if !streams.InTerminal || !streams.OutTerminal || !streams.ErrTerminal || !streams.ErrColor || streams.ErrWidth() != 40 {
		t.Fatalf("facts %+v, width %d", streams, streams.ErrWidth())
	}
	p := NewProgress(streams, Normal)
	p.Status("uploading 日本語 " + strings.Repeat("long ", 20))
	term.await("uploading")
	p.Event("first line")
	fmt.Fprintln(p.Out(), "result")
	p.Status("waiting")
	term.await("waiting")
	p.Warn("second line")
	p.Stop()
	p.Stop()
	p.Event("last line")
	p.Status("not shown any more")
	term.close()

	want := []string{"first line", "result", "cdx: warning: second line", "last line", ""}
	if got := screen(term.text()); strings.Join(got, "|") != strings.Join(want, "|") {
		t.Errorf("the screen shows\n%q\nwant\n%q\nwritten: %q", got, want, term.text())
	}
	for _, frame := range frames(term.text()) {
		if Width(frame) >= 40 {
			t.Errorf("the spinner's line %q is %d columns wide", frame, Width(frame))
		}
	}
	if strings.Contains(term.text(), "not shown") {
		t.Error("the spinner turned after its end")
	}
}

// frames are the spinner's lines, as they were drawn.
func frames(written string) []string {
	text := colorSequence().ReplaceAllString(written, "")
	return regexp.MustCompile(`[⠁-⣿] [^\r\n\x1b]*`).FindAllString(text, -1)
}

func TestSpinnerFollowsAResize(t *testing.T) {
	term := newTerminal(t, 60)
	p := NewProgress(term.streams(), Normal)
	defer p.Stop()
	p.Status(strings.Repeat("x", 100))
	term.await(strings.Repeat("x", 56) + "…")
	if err := pty.Setsize(term.hand, &pty.Winsize{Rows: 24, Cols: 30}); err != nil {
		t.Fatal(err)
	}
	term.await(" " + strings.Repeat("x", 26) + "…")
}

func TestTerminalsWithoutSpinner(t *testing.T) {
	tests := map[string]struct {
		columns uint16
		env     []string
		prepare func(*Progress)
		escapes bool
	}{
		"dumb":               {80, []string{"TERM=dumb"}, nil, false},
		"no TERM":            {80, []string{"TERM="}, nil, false},
		"a few columns":      {minColumns - 1, nil, nil, true},
		"quiet":              {80, nil, func(p *Progress) { p.SetLevel(Quiet) }, true},
		"plain":              {80, nil, func(p *Progress) { p.Plain() }, true},
		"plain in no colour": {80, []string{"NO_COLOR=1"}, func(p *Progress) { p.Plain() }, false},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			term := newTerminal(t, test.columns)
			p := NewProgress(term.streams(test.env...), Normal)
			if test.prepare != nil {
				test.prepare(p)
			}
			p.Status("working")
			p.Warn("beware")
			time.Sleep(2 * spinDelay)
			p.Stop()
			term.close()
			if got := frames(term.text()); got != nil || strings.Contains(term.text(), "working") {
				t.Errorf("a spinner turned: %q", term.text())
			}
			if got := strings.Contains(term.text(), "\x1b"); got != test.escapes {
				t.Errorf("escape sequences: %v, want %v: %q", got, test.escapes, term.text())
			}
		})
	}
}

func TestNoColorSpinner(t *testing.T) {
	term := newTerminal(t, 80)
	p := NewProgress(term.streams("NO_COLOR=1"), Normal)
	p.Status("working")
	term.await("working")
	p.Error("failed")
	p.Stop()
	term.close()
	if colorSequence().MatchString(term.text()) {
		t.Errorf("colour in %q", term.text())
	}
}

func TestStatusCanBeTakenAwayAndComeBack(t *testing.T) {
	term := newTerminal(t, 80)
	p := NewProgress(term.streams(), Normal)
	p.Status("one")
	term.await("one")
	p.Status("")
	time.Sleep(3 * spinDelay)
	count := len(frames(term.text()))
	time.Sleep(3 * spinDelay)
	if more := len(frames(term.text())); more != count {
		t.Errorf("%d frames were drawn while there was nothing to say", more-count)
	}
	p.Status("two")
	term.await("two")
	p.Stop()
}

func TestConcurrentSpinner(t *testing.T) {
	term := newTerminal(t, 80)
	p := NewProgress(term.streams(), Normal)
	var group sync.WaitGroup
	for i := range 8 {
		group.Go(func() {
			for j := range 20 {
				p.Status(fmt.Sprintf("status %d %d", i, j))
				p.Event("event")
			}
		})
	}
	group.Go(p.Stop)
	group.Wait()
	p.Stop()
	term.close()
	events := 0
	for _, line := range screen(term.text()) {
		if line == "event" {
			events++
		}
	}
	if events != 160 {
		t.Errorf("%d lines are whole, want 160", events)
	}
}

func TestConfirmOnATerminal(t *testing.T) {
	term := newTerminal(t, 80)
	p := NewProgress(term.streams(), Normal)
	defer p.Stop()
	p.Status("working")
	term.await("working")
	answers := make(chan error, 1)
	go func() {
		ok, err := p.Confirm(t.Context(), "Run the hooks?")
		if !ok && err == nil {
			err = errors.New("answered no")
		}
		answers <- err
	}()
	term.await("Run the hooks? [y/N] ")
	time.Sleep(2 * spinDelay)
	if shown := term.text(); !strings.HasSuffix(shown, "[y/N] ") {
		t.Errorf("something was drawn over the question: %q", shown)
	}
	if _, err := term.hand.WriteString("y\n"); err != nil {
		t.Fatal(err)
	}
	if err := <-answers; err != nil {
		t.Errorf("Confirm: %v", err)
	}
}

func TestConfirmEndsWithItsContext(t *testing.T) {
	term := newTerminal(t, 80)
	p := NewProgress(term.streams(), Normal)
	ctx, cancel := context.WithCancel(t.Context())
	answers := make(chan error, 1)
	go func() {
		_, err := p.Confirm(ctx, "Sure?")
		answers <- err
	}()
	term.await("Sure?")
	cancel()
	select {
	case err := <-answers:
		if !errors.Is(err, context.Canceled) {
			t.Errorf("Confirm = %v, want the context's error", err)
		}
	case <-time.After(5 * time.Second):
		t.Fatal("Confirm did not end")
	}
}

func TestTerminalThatHangsUp(t *testing.T) {
	hand, side, err := pty.Open()
	if err != nil {
		t.Skipf("needs a pseudo-terminal: %v", err)
	}
	defer side.Close()
	streams := New(side, side, side, env("TERM=xterm"))
	hand.Close()
	p := NewProgress(streams, Normal)
	say(p)
	if n, err := streams.Out.Write([]byte("abc")); n != 3 || err != nil {
		t.Errorf("Write = %d, %v", n, err)
	}
}
