package term

import (
	"bytes"
	"errors"
	"os"
	"strings"
	"sync"
	"testing"
)

func env(pairs ...string) func(string) (string, bool) {
	return func(name string) (string, bool) {
		for _, pair := range pairs {
			if value, ok := strings.CutPrefix(pair, name+"="); ok {
				return value, true
			}
		}
		return "", false
	}
}

// say calls everything that prints.
func say(p *Progress) {
	p.Status("working")
	p.Event("event")
	p.Detail("detail")
	p.Warn("beware")
	p.Hint("do this")
	p.Error("it failed")
	p.Report("line 1\nline 2\n")
	p.Stop()
	p.Event("after the end")
}

func TestLevels(t *testing.T) {
	const always = "cdx: warning: beware\n"
	const end = "cdx: it failed\nline 1\nline 2\n"
	tests := map[string]struct {
		level Level
		want  string
	}{
		"normal":  {Normal, "event\n" + always + "cdx: hint: do this\n" + end + "after the end\n"},
		"quiet":   {Quiet, always + end},
		"verbose": {Verbose, "event\ndetail\n" + always + "cdx: hint: do this\n" + end + "after the end\n"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			streams, _, out, errOut := Test()
			p := NewProgress(streams, Normal)
			p.SetLevel(test.level)
			say(p)
			if got := errOut.String(); got != test.want {
				t.Errorf("printed\n%q\nwant\n%q", got, test.want)
			}
			if out.Len() != 0 {
				t.Errorf("standard output has %q", out)
			}
		})
	}
}

func TestProgressMakesTextSafe(t *testing.T) {
	tests := map[string]struct {
		color, ci bool
		want      string
	}{
		"plain":    {false, false, "::error::xred\n"},
		"CI":       {false, true, ": :error::xred\n"},
		"coloured": {true, false, "::error::xred\n"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			streams, _, _, errOut := Test()
			streams.ErrColor, streams.CI = test.color, test.ci
			NewProgress(streams, Normal).Event("::error::x\x1b[2J\r" + Style{enabled: true}.Red("red"))
			if got := errOut.String(); got != test.want {
				t.Errorf("printed %q, want %q", got, test.want)
			}
		})
	}
}

func TestColouredPrefixes(t *testing.T) {
	streams, _, _, errOut := Test()
	streams.ErrColor = true
	p := NewProgress(streams, Normal)
	p.Warn("w")
	p.Hint("h")
	p.Error("e")
	want := "cdx: \x1b[33mwarning:\x1b[0m w\ncdx: \x1b[36mhint:\x1b[0m h\n\x1b[31mcdx:\x1b[0m e\n"
	if got := errOut.String(); got != want {
		t.Errorf("printed %q, want %q", got, want)
	}
}

func TestForeign(t *testing.T) {
	streams, _, _, _ := Test()
	if got := streams.Foreign("::a\x1b[1m"); got != "::a" {
		t.Errorf("Foreign = %q", got)
	}
	streams.CI = true
	if got := streams.Foreign("::a\x1b[1m"); got != ": :a" {
		t.Errorf("Foreign under CI = %q", got)
	}
}

func TestProgressIsAWriter(t *testing.T) {
	streams, _, out, errOut := Test()
	p := NewProgress(streams, Quiet)
	if n, err := p.Write([]byte("> GET /\n")); n != 8 || err != nil {
		t.Errorf("Write = %d, %v", n, err)
	}
	if _, err := p.Out().Write([]byte("result\n")); err != nil {
		t.Error(err)
	}
	if errOut.String() != "> GET /\n" || out.String() != "result\n" {
		t.Errorf("standard error %q, standard output %q", errOut, out)
	}
}

func TestConcurrentLinesStayWhole(t *testing.T) {
	streams, _, _, errOut := Test()
	p := NewProgress(streams, Normal)
	line := strings.Repeat("x", 200)
	var group sync.WaitGroup
	for range 50 {
		group.Go(func() { p.Event(line) })
	}
	group.Wait()
	if want := strings.Repeat(line+"\n", 50); errOut.String() != want {
		t.Error("lines were mixed")
	}
}

func TestBrokenPipeIsNoError(t *testing.T) {
	read, write, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer write.Close()
	read.Close()
	streams := New(os.Stdin, write, write, env())
	p := NewProgress(streams, Normal)
	say(p)
	for range 2 {
		if n, err := streams.Out.Write([]byte("abc")); n != 3 || err != nil {
			t.Errorf("Write = %d, %v", n, err)
		}
	}
}

func TestOtherWriteErrorsAreReported(t *testing.T) {
	full := errors.New("disk full")
	w := &lenientWriter{w: writerFunc(func([]byte) (int, error) { return 0, full })}
	if _, err := w.Write([]byte("a")); !errors.Is(err, full) {
		t.Errorf("Write = %v, want the error", err)
	}
}

type writerFunc func([]byte) (int, error)

func (f writerFunc) Write(b []byte) (int, error) { return f(b) }

func TestFactsOfFilesAndEnvironment(t *testing.T) {
	file, err := os.Create(t.TempDir() + "/out")
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	tests := map[string]struct {
		env       []string
		color, ci bool
	}{
		"a file":               {[]string{"TERM=xterm"}, false, false},
		"forced colour":        {[]string{"TERM=xterm", "CLICOLOR_FORCE=1"}, true, false},
		"not forced":           {[]string{"CLICOLOR_FORCE=0"}, false, false},
		"NO_COLOR beats force": {[]string{"CLICOLOR_FORCE=1", "NO_COLOR=1"}, false, false},
		"empty NO_COLOR":       {[]string{"CLICOLOR_FORCE=1", "NO_COLOR="}, true, false},
		"CI":                   {[]string{"CI=true"}, false, true},
		"CI off":               {[]string{"CI=false"}, false, false},
		"Azure":                {[]string{"TF_BUILD=True"}, false, true},
		"TeamCity":             {[]string{"TEAMCITY_VERSION=1"}, false, true},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			s := New(file, file, file, env(test.env...))
			if s.InTerminal || s.OutTerminal || s.ErrTerminal || s.ErrColor != test.color || s.OutColor != test.color || s.CI != test.ci {
				t.Errorf("facts %+v", s)
			}
			if s.ErrWidth() != defaultWidth || s.canSpin() {
				t.Errorf("width %d, spinner %v", s.ErrWidth(), s.canSpin())
			}
			if got := s.ErrStyle() == (Style{enabled: test.color}) && s.OutStyle() == s.ErrStyle(); !got {
				t.Error("styles do not follow the facts")
			}
		})
	}
}

func TestSystemIsTheProcessItself(t *testing.T) {
	if s := System(env()); s.In != os.Stdin || s.errFile != os.Stderr {
		t.Error("System must use the process's own files")
	}
}

func TestConfirmFromBuffers(t *testing.T) {
	tests := map[string]struct {
		typed string
		want  bool
	}{
		"yes": {"yes\nrest", true}, "y": {" Y \r\n", true}, "no": {"n\n", false}, "default": {"\n", false},
		"end of input": {"", false}, "something else": {"yess\n", false}, "too long": {strings.Repeat("y", 2*maxAnswerBytes), false},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			streams, in, _, errOut := Test()
			streams.InTerminal, streams.ErrTerminal = true, true
			in.WriteString(test.typed)
			got, err := NewProgress(streams, Normal).Confirm(t.Context(), "Run \x1b[1mhooks?")
			if got != test.want || err != nil {
				t.Errorf("Confirm = %v, %v", got, err)
			}
			if !bytes.HasPrefix(errOut.Bytes(), []byte("Run hooks? [y/N] ")) {
				t.Errorf("asked %q", errOut)
			}
			if name == "end of input" && !bytes.HasSuffix(errOut.Bytes(), []byte(" \n")) {
				t.Errorf("asked %q: nobody has ended the line", errOut)
			}
			if name == "yes" && in.String() != "rest" {
				t.Errorf("left %q to read, want what was typed ahead", in)
			}
		})
	}
}

func TestNobodyToAsk(t *testing.T) {
	streams, in, _, errOut := Test()
	in.WriteString("y\n")
	for range 2 {
		if ok, err := NewProgress(streams, Normal).Confirm(t.Context(), "Sure?"); ok || !errors.Is(err, ErrNoTerminal) {
			t.Errorf("Confirm = %v, %v; want ErrNoTerminal", ok, err)
		}
		streams.InTerminal = true // standard error still is none
	}
	if errOut.Len() != 0 {
		t.Errorf("asked %q", errOut)
	}
}

func TestUnreadableAnswer(t *testing.T) {
	streams, _, _, _ := Test()
	streams.InTerminal, streams.ErrTerminal = true, true
	broken := errors.New("broken")
	streams.In = readerFunc(func([]byte) (int, error) { return 0, broken })
	if ok, err := NewProgress(streams, Normal).Confirm(t.Context(), "Sure?"); ok || !errors.Is(err, broken) {
		t.Errorf("Confirm = %v, %v; want the error", ok, err)
	}
}

type readerFunc func([]byte) (int, error)

func (f readerFunc) Read(b []byte) (int, error) { return f(b) }

// TestReportKeepsColours looks at the one kind of text that may be coloured.
func TestReportKeepsColours(t *testing.T) {
	streams, _, _, errOut := Test()
	streams.ErrColor = true
	NewProgress(streams, Normal).Report("x\x1b[2J" + Style{enabled: true}.Red("red"))
	if got := errOut.String(); got != "x\x1b[31mred\x1b[0m\n" {
		t.Errorf("printed %q", got)
	}
}
