package ci

import (
	"context"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/cdx-deploy/cdx/internal/term"
)

// azure is Azure Pipelines.
// Source: Azure Pipelines documentation, "Logging commands".
type azure struct{ env Environment }

func (azure) Name() string { return "azure" }

func (azure) Fold(title string) string { return "##[group]" + inert(term.Line(title)) + "\n" }

func (azure) Unfold() string { return "##[endgroup]\n" }

// Annotation logs an issue; there is none for what went well.
func (azure) Annotation(a Annotation) string {
	if a.Level == Notice {
		return ""
	}
	text := a.Text
	if a.Title != "" {
		text = a.Title + ": " + text
	}
	return "##vso[task.logissue type=" + string(a.Level) + "]" + azureData(text) + "\n"
}

// Outputs sets output variables of the step, for the others to read as STEP.NAME.
func (azure) Outputs(_ context.Context, outputs []Output) (string, error) {
	var b strings.Builder
	for _, o := range outputs {
		fmt.Fprintf(&b, "##vso[task.setvariable variable=%s;isOutput=true]%s\n", o.Name, azureData(term.Line(o.Value)))
	}
	return b.String(), nil
}

// Summary leaves a file in the agent's own temporary folder, which it empties after
// the job, and names it.
func (a azure) Summary(_ context.Context, s Summary) (string, error) {
	dir := a.env.get("AGENT_TEMPDIRECTORY")
	if dir == "" {
		return "", nil
	}
	f, err := os.CreateTemp(dir, "cdx-*.md")
	if err != nil {
		return "", fmt.Errorf("write a summary: %w", err)
	}
	_, err = io.WriteString(f, s.Markdown)
	if closeErr := f.Close(); err == nil {
		err = closeErr
	}
	if err != nil {
		return "", fmt.Errorf("write a summary: %w", err)
	}
	return "##vso[task.uploadsummary]" + azureData(f.Name()) + "\n", nil
}

// azureData escapes the text of a logging command.
// Source: microsoft/azure-pipelines-agent, src/Microsoft.VisualStudio.Services.Agent/AgentCommand.cs.
func azureData(text string) string {
	return inert(strings.NewReplacer("%", "%AZP25", "\r", "%0D", "\n", "%0A").Replace(term.Clean(text)))
}

// inert keeps text within a command from being taken for the start of another one, be
// it of a system around this one, whose variables are set too.
func inert(text string) string { return term.Neutralise(text) }
