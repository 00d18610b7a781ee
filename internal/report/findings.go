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
	Path     string            // as the user gave it
	Platform appspec.Platform  // judged for
	Findings []appspec.Finding // in the file's order, at most MaxFindings, errors rather than warnings
	Omitted  int               // how many there are beyond those
	Fixed    []appspec.Finding // what was mended before, by the lines it was in then
	Diff     string            // what would be mended; empty when that was not asked for

	lines map[int]string // the source lines that the findings are about
}

// MaxFindings is how many findings of one file are reported: more help nobody.
const MaxFindings = 1000

// Checked returns what was found in a file, without keeping the file itself.
func Checked(file *appspec.File, platform appspec.Platform, findings []appspec.Finding) CheckedFile {
	all := len(findings)
	findings = gravest(findings)
	lines := make(map[int]string, len(findings))
	for _, f := range findings {
		if _, known := lines[f.Line]; known {
			continue
		}
		lines[f.Line] = ""
		if line := file.Line(f.Line); len(line) <= maxSourceBytes {
			lines[f.Line] = line
		}
	}
	return CheckedFile{Path: file.Name(), Platform: platform, Findings: findings, Omitted: all - len(findings), lines: lines}
}

// gravest returns the findings that are reported of many.
func gravest(findings []appspec.Finding) []appspec.Finding {
	if len(findings) <= MaxFindings {
		return findings
	}
	errors := 0
	for _, f := range findings {
		if f.Severity == appspec.SeverityError {
			errors++
		}
	}
	warnings := max(MaxFindings-errors, 0)
	kept := make([]appspec.Finding, 0, MaxFindings)
	for _, f := range findings {
		switch {
		case len(kept) == MaxFindings:
			return kept
		case f.Severity == appspec.SeverityError:
			kept = append(kept, f)
		case warnings > 0:
			kept = append(kept, f)
			warnings--
		}
	}
	return kept
}

// FindingsText renders the findings of each file as FILE:LINE:COLUMN, with the
// source line and a caret under it. Without findings it is empty.
func FindingsText(style term.Style, files []CheckedFile) string {
	var b strings.Builder
	for _, file := range files {
		for _, f := range file.Findings {
			findingText(&b, style, file, f)
		}
	}
	return b.String()
}

func findingText(b *strings.Builder, style term.Style, file CheckedFile, f appspec.Finding) {
	severity := style.Yellow(string(f.Severity))
	if f.Severity == appspec.SeverityError {
		severity = style.Red(string(f.Severity))
	}
	fmt.Fprintf(b, "%s: %s: %s [%s]%s\n", style.Bold(position(file, f)), severity, term.Line(f.Message), f.Rule, concerning(f.Agents))
	sourceLine(b, style, file.lines[f.Line], f)
	if f.Expected != "" {
		fmt.Fprintf(b, "       expected: %s\n", term.Line(f.Expected))
	}
	if f.Fix != "" {
		fmt.Fprintf(b, "       fix: %s\n", term.Line(f.Fix))
	}
}

func position(file CheckedFile, f appspec.Finding) string {
	return fmt.Sprintf("%s:%d:%d", term.Line(file.Path), f.Line, f.Column)
}

// FixedText has a line for each finding of a file that was mended.
func FixedText(style term.Style, file CheckedFile) string {
	var b strings.Builder
	for _, f := range file.Fixed {
		fmt.Fprintf(&b, "%s: %s: %s [%s]\n", position(file, f), style.Green("fixed"), term.Line(f.Message), f.Rule)
	}
	return b.String()
}

// concerning names the agent where a finding is about one of the two only.
func concerning(agents []appspec.Agent) string {
	if len(agents) != 1 {
		return ""
	}
	return fmt.Sprintf(" (agent %s)", agents[0])
}

// Of a long line, a window is shown that has the finding near its start; of a line that
// no editor shows either, nothing.
const (
	maxSourceBytes = 4096
	maxSourceWidth = 120 // columns
	contextRunes   = 40  // characters before the finding
)

func sourceLine(b *strings.Builder, style term.Style, line string, f appspec.Finding) {
	if strings.TrimSpace(line) == "" {
		return
	}
	before, after := split(line, f.Column-1)
	mark := ""
	if term.Width(term.Clean(line)) > maxSourceWidth && len([]rune(before)) > contextRunes {
		_, before = split(before, len([]rune(before))-contextRunes)
		mark = "…"
	}
	shown := term.Cut(term.Clean(before+after), maxSourceWidth)
	fmt.Fprintf(b, "%5d | %s%s\n      | %s%s%s\n", f.Line, mark, shown, strings.Repeat(" ", term.Width(mark)), blanks(term.Clean(before)), style.Green("^"))
}

// split parts a text after a number of characters.
func split(text string, characters int) (before, after string) {
	at := 0
	for i := range text {
		if at == characters {
			return text[:i], text[i:]
		}
		at++
	}
	return text, ""
}

// blanks takes as many columns as a text does: tabs stay tabs, wide characters are
// two columns, combining ones none.
func blanks(text string) string {
	parts := strings.Split(text, "\t")
	for i, part := range parts {
		parts[i] = strings.Repeat(" ", term.Width(part))
	}
	return strings.Join(parts, "\t")
}
