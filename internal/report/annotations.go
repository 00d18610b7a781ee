package report

import (
	"path/filepath"
	"strings"

	"github.com/cdx-deploy/cdx/internal/ci"
	"github.com/cdx-deploy/cdx/internal/term"
	"github.com/cdx-deploy/cdx/pkg/appspec"
)

// Annotations renders findings as workflow commands of GitHub Actions, a line each,
// which the runner shows beside the lines of a pull request.
func Annotations(files []CheckedFile) string {
	var b strings.Builder
	for _, file := range files {
		for _, f := range file.Findings {
			b.WriteString(ci.GitHubAnnotation(ci.Annotation{
				Level: ci.Level(f.Severity), File: filepath.ToSlash(file.Path), Line: f.Line, Column: f.Column,
				Title: "cdx: " + f.Rule, Text: sentences(f),
			}))
		}
	}
	return b.String()
}

// sentences is all that a finding says, a line for each part.
func sentences(f appspec.Finding) string {
	text := term.Line(f.Message) + concerning(f.Agents)
	if f.Expected != "" {
		text += "\nexpected: " + term.Line(f.Expected)
	}
	if f.Fix != "" {
		text += "\nfix: " + term.Line(f.Fix)
	}
	return text
}
