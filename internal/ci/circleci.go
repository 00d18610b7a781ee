package ci

import (
	"context"
	"fmt"
	"strings"

	"github.com/cdx-deploy/cdx/internal/term"
)

// circleCI is CircleCI. Its log obeys no commands; values reach later steps of the
// job through the file that BASH_ENV names, which the shell of every step reads.
// Source: CircleCI documentation, "Introduction to environment variables", Environment
// variables in a shell command.
type circleCI struct {
	none
	env Environment
}

func (circleCI) Name() string { return "circleci" }

func (c circleCI) Outputs(_ context.Context, outputs []Output) (string, error) {
	path := c.env.get("BASH_ENV")
	if path == "" {
		return "", nil
	}
	var b strings.Builder
	for _, o := range outputs {
		fmt.Fprintf(&b, "export %s=%s\n", Variable(o.Name), quoted(term.Line(o.Value)))
	}
	if err := createOrAppend(path, b.String()); err != nil {
		return "", fmt.Errorf("write BASH_ENV: %w", err)
	}
	return "", nil
}

// quoted is text as one word of a shell.
func quoted(text string) string { return "'" + strings.ReplaceAll(text, "'", `'\''`) + "'" }
