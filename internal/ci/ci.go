// Package ci speaks to the CI system that runs cdx: it folds its log, raises
// problems in its interface, hands results to later steps, and shows a summary.
//
// Everything here is given foreign text (log tails, AWS messages, names) and
// escapes it by the system's own rules, so that the only commands in the log are
// those that this package has formed.
package ci

import (
	"context"
	"crypto/rand"
	"io"
	"os"
	"time"
)

// System is one CI system. Where it has no use for something, the commands are
// empty. Commands are whole lines for the job's log, each ending in a newline, and
// have to be printed exactly as they are.
type System interface {
	// Name is the system's name as a setting has it, such as "github".
	Name() string

	// Fold begins a part of the log that can be folded away; Unfold ends it. Parts
	// are not nested.
	Fold(title string) (commands string)
	Unfold() (commands string)

	// Annotation shows a problem, or a success, in the system's interface. Where it is
	// not empty the system shows its text in the log as well.
	Annotation(a Annotation) (commands string)

	// Outputs hands values to later steps. It may be called again with more of them
	// or newer ones.
	Outputs(ctx context.Context, outputs []Output) (commands string, err error)

	// Summary shows a page of Markdown beside the log.
	Summary(ctx context.Context, s Summary) (commands string, err error)
}

// Level says how grave an annotation is.
type Level string

// The levels.
const (
	Error   Level = "error"
	Warning Level = "warning"
	Notice  Level = "notice"
)

// Annotation is a problem, or a success, that is shown beside the log.
type Annotation struct {
	Level        Level
	File         string // with forward slashes; empty when it is about none
	Line, Column int    // in File, from 1
	Title        string // one line; may be empty
	Text         string // may have several lines
}

// Output is one value for later steps.
type Output struct {
	Name  string // such as "deployment-id": lower-case letters and hyphens
	Value string // without line breaks
}

// Summary is what is shown of deployments when they are over.
type Summary struct {
	Key      string // what tells it from other summaries of the same job, such as a deployment ID
	Markdown string
	Short    string // in place of Markdown where there is too little room
	Failed   bool
}

// Environment is what a system is reached through. The zero value of each field but
// LookupEnv means the real thing.
type Environment struct {
	LookupEnv func(string) (string, bool)
	Now       func() time.Time
	Random    io.Reader // what delimiters are made of

	// Run runs a program with text as its standard input.
	Run func(ctx context.Context, input, program string, args ...string) error
}

// get is a variable's value, empty when it is not set.
func (e Environment) get(name string) string {
	value, _ := e.LookupEnv(name)
	return value
}

// New returns the system of that name; one that it does not know, such as "none" or
// "jenkins", has no commands.
func New(name string, env Environment) System {
	if env.Now == nil {
		env.Now = time.Now
	}
	if env.Random == nil {
		env.Random = rand.Reader
	}
	if env.Run == nil {
		env.Run = run
	}
	switch name {
	case "github":
		return gitHub{env: env}
	case "gitlab":
		return &gitLab{env: env}
	case "circleci":
		return circleCI{env: env}
	case "buildkite":
		return buildkite{env: env}
	case "azure":
		return azure{env: env}
	case "teamcity":
		return &teamCity{}
	default:
		return none{}
	}
}

// none is no CI system, or one that obeys no commands. The others embed it for what
// they have not.
type none struct{}

func (none) Name() string                                      { return "none" }
func (none) Fold(string) string                                { return "" }
func (none) Unfold() string                                    { return "" }
func (none) Annotation(Annotation) string                      { return "" }
func (none) Outputs(context.Context, []Output) (string, error) { return "", nil }
func (none) Summary(context.Context, Summary) (string, error)  { return "", nil }

// appendTo appends text to a file that the CI system has made for it. It begins on a
// line of its own, whatever was written before.
func appendTo(path, text string) (err error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_APPEND, 0)
	if err != nil {
		return err
	}
	defer func() {
		if closeErr := f.Close(); err == nil {
			err = closeErr
		}
	}()
	broken, err := endsWithinLine(f)
	if err != nil {
		return err
	}
	if broken {
		text = "\n" + text
	}
	_, err = io.WriteString(f, text)
	return err
}

// endsWithinLine reports whether a file's last line has no end.
func endsWithinLine(f *os.File) (bool, error) {
	info, err := f.Stat()
	if err != nil || info.Size() == 0 || !info.Mode().IsRegular() {
		return false, err
	}
	last := make([]byte, 1)
	if _, err := f.ReadAt(last, info.Size()-1); err != nil {
		return false, err
	}
	return last[0] != '\n', nil
}
