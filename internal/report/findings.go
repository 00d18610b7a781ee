// Package report turns what cdx's libraries return into what its user reads:
// findings, deployment events, explanations of failures. It prints nothing itself
// and makes foreign text safe.
package report

import (
	"fmt"
	"strings"

	"github.com/cdx-deploy/cdx/internal/term"
	"github.com/cdx-deploy/cdx/pkg/appspec"
)

// CheckedFile is one AppSpec file with what was found in it.
type CheckedFile struct {
	File     *appspec.File     // its name is the path as the user gave it
	Platform appspec.Platform  // judged for
	Findings []appspec.Finding // in the file's order
}

// FindingsText renders the findings of each file as FILE:LINE:COLUMN, with the
// source line and a caret under it. Without findings it is empty.
func FindingsText(style term.Style, files []CheckedFile) string {
	var b strings.Builder
	for _, file := range files {
		for _, f := range file.Findings {
			findingText(&b, style, file.File, f)
		}
	}
	return b.String()
}

func findingText(b *strings.Builder, style term.Style, file *appspec.File, f appspec.Finding) {
	severity := style.Yellow(string(f.Severity))
	if f.Severity == appspec.SeverityError {
		severity = style.Red(string(f.Severity))
	}
	fmt.Fprintf(b, "%s:%d:%d: %s: %s [%s]%s\n", term.Line(file.Name()), f.Line, f.Column, severity, term.Line(f.Message), f.Rule, concerning(f.Agents))
	sourceLine(b, style, file.Line(f.Line), f)
	if f.Expected != "" {
		fmt.Fprintf(b, "       expected: %s\n", term.Line(f.Expected))
	}
	if f.Fix != "" {
		fmt.Fprintf(b, "       fix: %s\n", term.Line(f.Fix))
	}
}

// concerning names the agent where a finding is about one of the two only.
func concerning(agents []appspec.Agent) string {
	if len(agents) != 1 {
		return ""
	}
	return fmt.Sprintf(" (agent %s)", agents[0])
}

// maxSourceWidth bounds how much of a long line is shown.
const maxSourceWidth = 160

func sourceLine(b *strings.Builder, style term.Style, line string, f appspec.Finding) {
	if strings.TrimSpace(line) == "" || term.Width(line) > maxSourceWidth {
		return
	}
	fmt.Fprintf(b, "%5d | %s\n      | %s%s\n", f.Line, term.Clean(line), caretIndent(line, f.Column), style.Green("^"))
}

// caretIndent is the blank that puts a caret under the column, counted in
// characters: tabs stay tabs, wide characters take two columns.
func caretIndent(line string, column int) string {
	var b strings.Builder
	at := 1
	for _, r := range line {
		if at >= column {
			break
		}
		if r == '\t' {
			b.WriteByte('\t')
		} else {
			b.WriteString(strings.Repeat(" ", term.Width(term.Clean(string(r)))))
		}
		at++
	}
	return b.String()
}

// Findings is the JSON form of findings:
// {"files":[{"path","platform","valid","findings":[…]}]}.
type Findings struct {
	Files []fileJSON `json:"files"`
}

type fileJSON struct {
	Path     string        `json:"path"`
	Platform string        `json:"platform"`
	Valid    bool          `json:"valid"`
	Findings []findingJSON `json:"findings"`
}

type findingJSON struct {
	Rule     string          `json:"rule"`
	Severity string          `json:"severity"`
	Line     int             `json:"line"`
	Column   int             `json:"column"`
	Where    string          `json:"where"`
	Message  string          `json:"message"`
	Expected string          `json:"expected"`
	Agents   []appspec.Agent `json:"agents"`
	Fix      string          `json:"fix"`
}

// FindingsJSON gives findings the form that programs read. A file is valid when
// none of its findings is an error.
func FindingsJSON(files []CheckedFile) Findings {
	out := Findings{Files: make([]fileJSON, 0, len(files))}
	for _, file := range files {
		entry := fileJSON{
			Path:     file.File.Name(),
			Platform: string(file.Platform),
			Valid:    !appspec.HasErrors(file.Findings),
			Findings: make([]findingJSON, 0, len(file.Findings)),
		}
		for _, f := range file.Findings {
			entry.Findings = append(entry.Findings, findingJSON{
				Rule: f.Rule, Severity: string(f.Severity), Line: f.Line, Column: f.Column, Where: f.Where,
				Message: f.Message, Expected: f.Expected, Agents: append([]appspec.Agent{}, f.Agents...), Fix: f.Fix,
			})
		}
		out.Files = append(out.Files, entry)
	}
	return out
}
