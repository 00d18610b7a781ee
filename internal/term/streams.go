// Package term is what cdx knows about the terminal it runs in: the three
// streams and their facts, text made safe and cut to width, event lines with one
// spinner line below them, and the one kind of question it asks.
package term

import (
	"bytes"
	"errors"
	"io"
	"os"
	"runtime"
	"sync/atomic"
	"syscall"

	xterm "golang.org/x/term"
)

// defaultWidth is the width of a terminal that does not tell it, in columns.
const defaultWidth = 80

// Streams are the program's standard streams with their facts. Out and Err are
// safe to write to when their reader has gone away: a broken pipe is no error.
type Streams struct {
	In  io.Reader
	Out io.Writer
	Err io.Writer

	InTerminal  bool // somebody can type an answer
	OutTerminal bool
	ErrTerminal bool // a terminal that obeys escape sequences; never with TERM empty or "dumb"
	OutColor    bool // colour is wanted and understood on Out
	ErrColor    bool // the same on Err
	CI          bool // a CI system reads the output and may obey commands in it

	inFile, outFile, errFile *os.File // nil where the stream is none
}

// System returns the process's own streams. The environment decides about
// colour and terminals: NO_COLOR, CLICOLOR, CLICOLOR_FORCE and TERM.
func System(lookupEnv func(string) (string, bool)) *Streams {
	return New(os.Stdin, os.Stdout, os.Stderr, lookupEnv)
}

// New returns streams over three files, with their facts.
// Sources: https://no-color.org, https://bixense.com/clicolors.
func New(in, out, errFile *os.File, lookupEnv func(string) (string, bool)) *Streams {
	s := &Streams{
		In:          in,
		Out:         &lenientWriter{w: out, terminal: isTerminal(out)},
		Err:         &lenientWriter{w: errFile, terminal: isTerminal(errFile)},
		InTerminal:  isTerminal(in),
		OutTerminal: isTerminal(out) && !dumb(lookupEnv) && obeysEscapes(out),
		ErrTerminal: isTerminal(errFile) && !dumb(lookupEnv) && obeysEscapes(errFile),
		CI:          underCI(lookupEnv),
		inFile:      in,
		outFile:     out,
		errFile:     errFile,
	}
	s.OutColor = wantsColor(s.OutTerminal, lookupEnv)
	s.ErrColor = wantsColor(s.ErrTerminal, lookupEnv)
	return s
}

// Test returns streams over buffers, none of them a terminal. A test may set the
// facts before it uses them.
func Test() (s *Streams, in, out, errOut *bytes.Buffer) {
	in, out, errOut = new(bytes.Buffer), new(bytes.Buffer), new(bytes.Buffer)
	return &Streams{In: in, Out: out, Err: errOut}, in, out, errOut
}

// ErrWidth is the number of columns of Err's terminal now: it follows a resize.
// It is 80 where there is no terminal or it does not tell.
func (s *Streams) ErrWidth() int { return widthOf(s.errFile) }

// OutWidth is the same for Out's terminal.
func (s *Streams) OutWidth() int { return widthOf(s.outFile) }

func widthOf(f *os.File) int {
	if f == nil {
		return defaultWidth
	}
	width, _, err := xterm.GetSize(int(f.Fd()))
	if err != nil || width <= 0 {
		return defaultWidth
	}
	return width
}

// OutStyle colours text for Out, or leaves it as it is.
func (s *Streams) OutStyle() Style { return Style{enabled: s.OutColor} }

// ErrStyle colours text for Err, or leaves it as it is.
func (s *Streams) ErrStyle() Style { return Style{enabled: s.ErrColor} }

// Foreign makes text that others wrote safe to print on Out: see [Clean], and
// [Neutralise] under a CI system, [Isolate] on a terminal.
func (s *Streams) Foreign(text string) string {
	text = Clean(text)
	if s.CI {
		text = Neutralise(text)
	}
	if s.OutTerminal {
		text = Isolate(text)
	}
	return text
}

func isTerminal(f *os.File) bool {
	return f != nil && xterm.IsTerminal(int(f.Fd()))
}

// dumb reports a terminal that obeys no escape sequences. Windows consoles have
// no TERM; what they obey is asked for instead.
func dumb(lookupEnv func(string) (string, bool)) bool {
	name, _ := lookupEnv("TERM")
	return name == "dumb" || name == "" && runtime.GOOS != "windows"
}

func wantsColor(terminal bool, lookupEnv func(string) (string, bool)) bool {
	if value, _ := lookupEnv("NO_COLOR"); value != "" {
		return false
	}
	if value, _ := lookupEnv("CLICOLOR_FORCE"); value != "" && value != "0" {
		return true
	}
	value, _ := lookupEnv("CLICOLOR")
	return terminal && value != "0"
}

// underCI reports whether the environment is a CI system's. Most set CI; the
// others named here do not: Azure Pipelines, TeamCity, Jenkins, AWS CodeBuild.
func underCI(lookupEnv func(string) (string, bool)) bool {
	if value, _ := lookupEnv("CI"); value != "" && value != "false" && value != "0" {
		return true
	}
	for _, name := range []string{"GITHUB_ACTIONS", "TF_BUILD", "TEAMCITY_VERSION", "JENKINS_URL", "CODEBUILD_BUILD_ID"} {
		if value, _ := lookupEnv(name); value != "" {
			return true
		}
	}
	return false
}

// lenientWriter writes until its reader has gone away, then drops everything.
// The Go runtime ends the process at a broken pipe on descriptors 1 and 2 unless
// SIGPIPE is caught, which is up to the program.
type lenientWriter struct {
	w        io.Writer
	terminal bool
	gone     atomic.Bool
}

func (l *lenientWriter) Write(b []byte) (int, error) {
	if l.gone.Load() {
		return len(b), nil
	}
	n, err := l.w.Write(b)
	if err != nil && l.readerGone(err) {
		l.gone.Store(true)
		return len(b), nil
	}
	return n, err
}

// readerGone reports that nobody reads the stream any more: its pipe is broken,
// it is closed, or its terminal has hung up, which is an I/O error.
func (l *lenientWriter) readerGone(err error) bool {
	for _, gone := range [...]error{errBrokenPipe, errPipeClosing, os.ErrClosed, io.ErrClosedPipe} {
		if errors.Is(err, gone) {
			return true
		}
	}
	return l.terminal && errors.Is(err, syscall.EIO)
}
