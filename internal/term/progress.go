package term

import (
	"fmt"
	"io"
	"strings"
	"sync"
)

// Level says how much a [Progress] prints.
type Level int

// The levels. Errors, warnings and reports are always printed.
const (
	Normal  Level = iota // events and hints too
	Quiet                // nothing else, and no spinner
	Verbose              // details too
)

// Progress prints lines on standard error as things happen and, on a terminal,
// keeps one line with a spinner below them. Its methods may be called from
// several goroutines. Whatever they are given loses control characters and, under
// a CI system, cannot form that system's commands; colours made by a [Style] stay.
type Progress struct {
	streams *Streams
	lock    sync.Locker // the spinner's own where there is one
	spin    *spin       // nil without a terminal
	level   Level
	stopped bool

	annotator Annotator // nil outside of CI
}

// NewProgress returns a Progress for the streams. Call its Stop before the
// program ends.
func NewProgress(streams *Streams, level Level) *Progress {
	p := &Progress{streams: streams, level: level, lock: new(sync.Mutex)}
	if streams.canSpin() {
		p.spin = newSpin(streams)
		p.lock = p.spin.lock()
	}
	return p
}

// SetLevel changes how much is printed from now on.
func (p *Progress) SetLevel(level Level) {
	p.lock.Lock()
	p.level = level
	p.lock.Unlock()
	if level == Quiet {
		p.Status("")
	}
}

// Plain gives the spinner up, as screen readers want it: event lines only.
func (p *Progress) Plain() { p.Stop() }

// Event prints what has happened.
func (p *Progress) Event(text string) { p.print(Normal, "", text) }

// Detail prints what only [Verbose] asks for.
func (p *Progress) Detail(text string) { p.print(Verbose, "", text) }

// Warn prints a warning, also when [Quiet].
func (p *Progress) Warn(text string) {
	if p.annotated(Quiet, "warning", text) {
		return
	}
	p.print(Quiet, "cdx: "+p.streams.ErrStyle().Yellow("warning:")+" ", text)
}

// Hint prints what to do or type next.
func (p *Progress) Hint(text string) {
	p.print(Normal, "cdx: "+p.streams.ErrStyle().Cyan("hint:")+" ", text)
}

// Error prints why something failed, also when [Quiet].
func (p *Progress) Error(text string) {
	p.print(Quiet, p.streams.ErrStyle().Red("cdx:")+" ", text)
}

// Report prints text of several lines that is complete in itself, such as an
// explained failure, also when [Quiet]. It alone may be coloured by a [Style]; what
// others wrote in it has to be clean.
func (p *Progress) Report(text string) { p.write(Quiet, "", p.safe(text, true)) }

// Write prints whole lines as Report does, for what wants a writer. It never fails.
func (p *Progress) Write(b []byte) (int, error) {
	p.Report(string(b))
	return len(b), nil
}

// Spins reports whether there is a spinner, so that what [Progress.Status] is given
// may be seen.
func (p *Progress) Spins() bool {
	p.lock.Lock()
	defer p.lock.Unlock()
	return p.spin != nil && p.level != Quiet && !p.stopped
}

// Status is what the spinner's line says from now on; without a terminal it is
// dropped. Empty text takes the line away.
func (p *Progress) Status(text string) {
	if p.spin == nil {
		return
	}
	p.lock.Lock()
	if p.stopped || p.level == Quiet {
		text = ""
	}
	p.spin.status = Line(text)
	if text == "" {
		p.erase()
	}
	p.lock.Unlock()
	if text != "" {
		p.spin.start()
	}
}

// Out is standard output for results that are printed while the spinner turns:
// where both go to the same terminal the spinner's line makes room first.
func (p *Progress) Out() io.Writer { return outWriter{p} }

type outWriter struct{ p *Progress }

func (w outWriter) Write(b []byte) (int, error) {
	w.p.lock.Lock()
	defer w.p.lock.Unlock()
	if w.p.streams.OutTerminal {
		w.p.erase()
	}
	return w.p.streams.Out.Write(b)
}

// Stop takes the spinner's line away for good; lines may still be printed. It
// may be called again.
func (p *Progress) Stop() {
	p.lock.Lock()
	p.stopped = true
	p.lock.Unlock()
	p.stopSpinner()
}

func (p *Progress) stopSpinner() {
	if p.spin != nil {
		p.spin.stop()
	}
}

// print writes text if the level admits it: what is [Quiet] enough to be always
// printed, [Normal], or [Verbose].
func (p *Progress) print(least Level, prefix, text string) {
	p.write(least, prefix, p.safe(text, false))
}

func (p *Progress) write(least Level, prefix, text string) {
	p.lock.Lock()
	defer p.lock.Unlock()
	if !p.level.admits(least) {
		return
	}
	p.erase()
	fmt.Fprintln(p.streams.Err, prefix+strings.TrimRight(text, "\n"))
}

// admits reports whether a Progress at level l prints what is marked as least.
func (l Level) admits(least Level) bool {
	switch least {
	case Quiet:
		return true
	case Normal:
		return l != Quiet
	default:
		return l == least
	}
}

// erase clears the spinner's line; its next turn draws it again. The caller holds
// the lock.
func (p *Progress) erase() {
	if p.spin != nil {
		p.spin.erase()
	}
}

// safe is the text as it may be printed. Only what keeps its colours may have been
// given any: elsewhere they would be those of a name.
func (p *Progress) safe(text string, colored bool) string {
	if colored && p.streams.ErrColor {
		text = cleanKeepingColor(text)
	} else {
		text = Clean(text)
	}
	if p.streams.CI {
		text = Neutralise(text)
	}
	if p.streams.ErrTerminal {
		text = Isolate(text)
	}
	return text
}
