package term

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"
)

// ErrNoTerminal says that nobody can be asked, since standard input or standard
// error is no terminal.
var ErrNoTerminal = errors.New("nobody to ask: standard input and standard error are not a terminal")

// ErrNoAnswer says that the input ended where an answer was to stand, as Ctrl-D does it.
var ErrNoAnswer = errors.New("no answer: the input ended")

// promptPause is how often a waiting question looks whether its context has ended.
const promptPause = 100 * time.Millisecond

// maxAnswerBytes bounds a typed answer.
const maxAnswerBytes = 4096

// Confirm asks a question that can be answered with yes or no; no is the default,
// also for end of input. While it waits, event lines do. It returns
// [ErrNoTerminal] when nobody can be asked and ctx's error when ctx ends first.
func (p *Progress) Confirm(ctx context.Context, question string) (bool, error) {
	answer, err := p.Ask(ctx, question+" [y/N]")
	if errors.Is(err, ErrNoAnswer) {
		return false, nil
	}
	switch strings.ToLower(answer) {
	case "y", "yes":
		return err == nil, err
	}
	return false, err
}

// Ask asks for one line of text and returns it without blanks around it. It returns
// [ErrNoAnswer] at end of input; other errors are those of [Progress.Confirm].
func (p *Progress) Ask(ctx context.Context, question string) (string, error) {
	if !p.streams.InTerminal || !p.streams.ErrTerminal {
		return "", ErrNoTerminal
	}
	p.lock.Lock()
	defer p.lock.Unlock()
	p.erase()
	fmt.Fprint(p.streams.Err, strings.TrimRight(p.safe(question, false), " ")+" ")
	answer, err := p.readLine(ctx)
	if err != nil {
		fmt.Fprintln(p.streams.Err) // which the Enter key would have
		return "", err
	}
	return strings.TrimSpace(answer), nil
}

// readLine reads byte by byte, so that what is typed ahead stays where it is.
func (p *Progress) readLine(ctx context.Context) (string, error) {
	var line []byte
	one := make([]byte, 1)
	for len(line) < maxAnswerBytes {
		if err := p.awaitInput(ctx); err != nil {
			return "", err
		}
		n, err := p.streams.In.Read(one)
		if errors.Is(err, io.EOF) && len(line) == 0 {
			return "", ErrNoAnswer
		}
		if errors.Is(err, io.EOF) {
			fmt.Fprintln(p.streams.Err)
			break
		}
		if n > 0 && one[0] == '\n' {
			break
		}
		if err != nil {
			return "", fmt.Errorf("read the answer: %w", err)
		}
		line = append(line, one[:n]...)
	}
	return string(line), nil
}

// awaitInput returns when a read would not block, or with ctx's error.
func (p *Progress) awaitInput(ctx context.Context) error {
	for {
		if err := ctx.Err(); err != nil {
			return err
		}
		if p.streams.inFile == nil {
			return nil
		}
		ready, err := readable(p.streams.inFile, promptPause)
		if err != nil {
			return fmt.Errorf("wait for the answer: %w", err)
		}
		if ready {
			return nil
		}
	}
}
