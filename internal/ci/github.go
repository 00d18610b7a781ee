package ci

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/cdx-deploy/cdx/internal/term"
)

// gitHub is GitHub Actions. Its runner reads workflow commands from both output
// streams, and values and summaries from files that it names in variables.
// Sources: GitHub documentation, "Workflow commands for GitHub Actions";
// actions/runner, src/Runner.Worker/FileCommandManager.cs.
type gitHub struct{ env Environment }

func (gitHub) Name() string { return "github" }

func (gitHub) Fold(title string) string { return "::group::" + gitHubData(term.Line(title)) + "\n" }

func (gitHub) Unfold() string { return "::endgroup::\n" }

func (gitHub) Annotation(a Annotation) string { return GitHubAnnotation(a) }

// GitHubAnnotation is an annotation as a workflow command of GitHub Actions.
func GitHubAnnotation(a Annotation) string {
	var properties []string
	add := func(name, value string) {
		if value != "" {
			properties = append(properties, name+"="+gitHubProperty(value))
		}
	}
	if a.File != "" {
		add("file", a.File)
		add("line", fmt.Sprint(a.Line))
		add("col", fmt.Sprint(a.Column))
	}
	add("title", a.Title)
	command := string(a.Level)
	if len(properties) > 0 {
		command += " " + strings.Join(properties, ",")
	}
	return "::" + command + "::" + gitHubData(a.Text) + "\n"
}

// gitHubData escapes the text of a workflow command.
// Source: actions/toolkit, packages/core/src/command.ts, escapeData.
func gitHubData(text string) string {
	return inert(strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A").Replace(term.Clean(text)))
}

// gitHubProperty escapes the value of one of its properties.
// Source: actions/toolkit, packages/core/src/command.ts, escapeProperty.
func gitHubProperty(text string) string {
	return strings.NewReplacer(":", "%3A", ",", "%2C").Replace(gitHubData(text))
}

// Outputs writes each value between delimiters that nobody can foresee.
func (g gitHub) Outputs(_ context.Context, outputs []Output) (string, error) {
	path := g.env.get("GITHUB_OUTPUT")
	if path == "" {
		return "", nil
	}
	var b strings.Builder
	for _, o := range outputs {
		delimiter, err := g.delimiter()
		if err != nil {
			return "", err
		}
		value := term.Clean(o.Value)
		if strings.Contains(value, delimiter) {
			return "", errors.New("a value holds the delimiter that was just made up")
		}
		fmt.Fprintf(&b, "%s<<%s\n%s\n%s\n", o.Name, delimiter, value, delimiter)
	}
	if err := appendTo(path, b.String()); err != nil {
		return "", fmt.Errorf("write GITHUB_OUTPUT: %w", err)
	}
	return "", nil
}

func (g gitHub) delimiter() (string, error) {
	var random [16]byte
	if _, err := io.ReadFull(g.env.Random, random[:]); err != nil {
		return "", fmt.Errorf("make a delimiter up: %w", err)
	}
	return "cdx_" + hex.EncodeToString(random[:]), nil
}

// maxGitHubSummaryBytes is what all summaries of one step may have together.
// Source: GitHub documentation, "Workflow commands for GitHub Actions", Step
// isolation and limits: 1 MiB.
const maxGitHubSummaryBytes = 1 << 20

// Summary appends to the step's summary, as much as there is room for.
func (g gitHub) Summary(_ context.Context, s Summary) (string, error) {
	path := g.env.get("GITHUB_STEP_SUMMARY")
	if path == "" {
		return "", nil
	}
	info, err := os.Stat(path)
	if err != nil {
		return "", fmt.Errorf("write GITHUB_STEP_SUMMARY: %w", err)
	}
	text, err := fitting(s, maxGitHubSummaryBytes-int(info.Size())-1) // a line break may come before it
	if err == nil {
		err = appendTo(path, text)
	}
	if err != nil {
		return "", fmt.Errorf("write GITHUB_STEP_SUMMARY: %w", err)
	}
	return "", nil
}

// fitting is the summary's text, or the short one, that has at most so many bytes.
func fitting(s Summary, room int) (string, error) {
	switch {
	case len(s.Markdown) <= room:
		return s.Markdown, nil
	case len(s.Short) <= room:
		return s.Short, nil
	default:
		return "", errors.New("no room is left in it")
	}
}
