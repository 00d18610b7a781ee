package ci

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os/exec"
	"strings"
	"time"

	"github.com/cdx-deploy/cdx/internal/term"
)

// runTime is how long a program of the CI system may take.
const runTime = 10 * time.Second

// errNoProgram says that a CI system's program is not there to be run.
var errNoProgram = errors.New("no such program")

// run runs a program that is on the PATH, with text as its standard input. Its error
// ends in what the program said last.
func run(ctx context.Context, input, program string, args ...string) error {
	path, err := exec.LookPath(program)
	if err != nil {
		return fmt.Errorf("%s: %w", program, errNoProgram)
	}
	ctx, cancel := context.WithTimeout(ctx, runTime)
	defer cancel()
	command := exec.CommandContext(ctx, path, args...)
	command.WaitDelay = time.Second
	var said bytes.Buffer
	command.Stdin, command.Stdout, command.Stderr = strings.NewReader(input), &said, &said
	if err := command.Run(); err != nil {
		if ctx.Err() != nil {
			err = fmt.Errorf("not done within %s", runTime)
		}
		err = fmt.Errorf("%s %s: %w", program, args[0], err)
		if text := strings.TrimSpace(said.String()); text != "" {
			err = fmt.Errorf("%w: %s", err, term.Line(text[strings.LastIndex(text, "\n")+1:]))
		}
		return err
	}
	return nil
}
