package ci

import (
	"context"
	"errors"

	"github.com/cdx-deploy/cdx/internal/term"
)

// buildkite is Buildkite. Lines that start with --- or +++ fold its log; the agent's
// program, which is on the PATH of a job, annotates the build and keeps values.
// Sources: Buildkite documentation, "Managing log output", "buildkite-agent annotate",
// "buildkite-agent meta-data".
type buildkite struct {
	none
	env Environment
}

func (buildkite) Name() string { return "buildkite" }

func (buildkite) Fold(title string) string { return "--- " + inert(term.Line(title)) + "\n" }

// Unfold begins an open part, as nothing else ends a folded one.
func (buildkite) Unfold() string { return "+++ cdx\n" }

func (b buildkite) Outputs(ctx context.Context, outputs []Output) (string, error) {
	for _, o := range outputs {
		if err := b.agent(ctx, term.Line(o.Value), "meta-data", "set", "codedeploy-"+o.Name); err != nil {
			return "", err
		}
	}
	return "", nil
}

// maxAnnotationBytes is the most that an annotation may have.
// Source: Buildkite documentation, "buildkite-agent annotate": 1 MiB.
const maxAnnotationBytes = 1 << 20

func (b buildkite) Summary(ctx context.Context, s Summary) (string, error) {
	style := "success"
	if s.Failed {
		style = "error"
	}
	text, err := fitting(s, maxAnnotationBytes)
	if err != nil {
		return "", err
	}
	return "", b.agent(ctx, text, "annotate", "--style", style, "--context", "cdx-"+s.Key)
}

// agent runs the agent's program, if it is there.
func (b buildkite) agent(ctx context.Context, input string, args ...string) error {
	err := b.env.Run(ctx, input, "buildkite-agent", args...)
	if errors.Is(err, errNoProgram) {
		return nil
	}
	return err
}
