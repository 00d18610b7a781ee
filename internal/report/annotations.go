package report

import (
	"fmt"
	"path/filepath"
	"strings"

	"github.com/cdx-deploy/cdx/internal/term"
	"github.com/cdx-deploy/cdx/pkg/appspec"
)

// Annotations renders findings as workflow commands of GitHub Actions, a line each,
// which the runner shows beside the lines of a pull request.
// Source: GitHub documentation, "Workflow commands for GitHub Actions".
func Annotations(files []CheckedFile) string {
	var b strings.Builder
	for _, file := range files {
		for _, f := range file.Findings {
			fmt.Fprintf(&b, "::%s file=%s,line=%d,col=%d,title=%s::%s\n",
				f.Severity, property(filepath.ToSlash(file.Path)), f.Line, f.Column, property("cdx: "+f.Rule), data(sentences(f)))
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

// data escapes the text of a workflow command.
// Source: actions/toolkit, packages/core/src/command.ts, escapeData.
func data(text string) string {
	return strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A").Replace(text)
}

// property escapes the value of one of its properties.
// Source: actions/toolkit, packages/core/src/command.ts, escapeProperty.
func property(text string) string {
	return strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A", ":", "%3A", ",", "%2C").Replace(term.Clean(text))
}
