package report

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/cdx-deploy/cdx/internal/term"
	"github.com/cdx-deploy/cdx/pkg/appspec"
)

// RulesText lists rules, a line each.
func RulesText(rules []appspec.Rule) string {
	var b strings.Builder
	w := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	for _, r := range rules {
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\n", r.Name, r.Severity, Concerned(r), r.Summary)
	}
	_ = w.Flush() // a strings.Builder takes everything
	return b.String()
}

// Concerned names the platforms that a rule is about, and the agent where it is one of
// the two only.
func Concerned(r appspec.Rule) string {
	names := make([]string, len(r.Platforms))
	for i, platform := range r.Platforms {
		names[i] = string(platform)
	}
	return strings.Join(names, ", ") + concerning(r.Agents)
}

// ExplanationText says all about a rule.
func ExplanationText(style term.Style, r appspec.Rule) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s: %s\n", style.Bold(r.Name), r.Summary)
	fmt.Fprintf(&b, "%s; %s\n", r.Severity, Concerned(r))
	for _, part := range [][2]string{{"Why", r.Why}, {"What to do", r.Fix}, {"Source", r.Source}} {
		fmt.Fprintf(&b, "\n%s\n%s", style.Bold(part[0]), indented(wrapped(part[1])))
	}
	fmt.Fprintf(&b, "\n%s\n%s", style.Bold("Breaks the rule"), exampleText(r.Fires))
	fmt.Fprintf(&b, "\n%s\n%s", style.Bold("Does not"), exampleText(r.Silent))
	fmt.Fprintf(&b, "\n%s\n", style.Bold("To turn it off"))
	w := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	fmt.Fprintf(w, "  --disable %s\ton the command line\n  disable: [%s]\tin cdx.yml\n  # cdx:ignore %s\tin the AppSpec file, in the line or above it\n", r.Name, r.Name, r.Name)
	_ = w.Flush() // a strings.Builder takes everything
	return b.String()
}

func exampleText(e appspec.Example) string {
	text := indented(Visible(e.AppSpec))
	for _, name := range slices.Sorted(maps.Keys(e.Files)) {
		text += "  " + name + ":\n" + indented(indented(Visible(cmp.Or(e.Files[name], "(empty)"))))
	}
	return text + indented(ExampleNotes(e))
}

// ExampleNotes says what an example's text does not show, a line each; empty if there
// is nothing to add.
func ExampleNotes(e appspec.Example) string {
	var notes strings.Builder
	if e.Name != "" {
		fmt.Fprintf(&notes, "(in a file named %s)\n", e.Name)
	}
	if e.LeftOut != "" {
		fmt.Fprintf(&notes, "(with %s kept out of the bundle)\n", e.LeftOut)
	}
	if e.Size > 0 {
		fmt.Fprintf(&notes, "(and so on, %d bytes altogether)\n", e.Size)
	}
	if e.Final {
		notes.WriteString("(when it is deployed)\n")
	}
	return notes.String()
}

// Visible writes the characters that cannot be seen as Go would: \r, \t, \x00.
func Visible(text string) string {
	var b strings.Builder
	for _, r := range strings.ToValidUTF8(text, "\uFFFD") {
		if r == '\n' || r >= ' ' && strings.ContainsRune(term.Clean(string(r)), r) && r != '\u00a0' && r != '\ufeff' {
			b.WriteRune(r)
			continue
		}
		b.WriteString(strings.Trim(fmt.Sprintf("%+q", r), "'"))
	}
	return b.String()
}

// explanationWidth is the width that prose is wrapped to, in columns.
const explanationWidth = 76

func wrapped(text string) string {
	var b strings.Builder
	used := 0
	for i, word := range strings.Fields(text) {
		switch width := term.Width(word); {
		case i == 0:
			used = width
		case used+1+width > explanationWidth:
			b.WriteByte('\n')
			used = width
		default:
			b.WriteByte(' ')
			used += 1 + width
		}
		b.WriteString(word)
	}
	return b.String()
}

// indented moves every line to the right by two blanks and ends the last one.
func indented(text string) string {
	if text == "" {
		return ""
	}
	return "  " + strings.ReplaceAll(strings.TrimSuffix(text, "\n"), "\n", "\n  ") + "\n"
}

// RuleJSON is what programs learn about a rule.
type RuleJSON struct {
	Name      string             `json:"name"`
	Severity  appspec.Severity   `json:"severity"`
	Agents    []appspec.Agent    `json:"agents"`
	Platforms []appspec.Platform `json:"platforms"`
	Summary   string             `json:"summary"`
	Why       string             `json:"why"`
	Fix       string             `json:"fix"`
	Source    string             `json:"source"`
	Fires     exampleJSON        `json:"fires"`
	Silent    exampleJSON        `json:"silent"`
}

type exampleJSON struct {
	AppSpec string            `json:"appspec"`
	Name    string            `json:"name,omitempty"`
	Files   map[string]string `json:"files,omitempty"`
	LeftOut string            `json:"leftOut,omitempty"`
	Size    int               `json:"size,omitempty"`
	Final   bool              `json:"final,omitempty"`
}

// RulesJSON gives rules the form that programs read.
func RulesJSON(rules []appspec.Rule) []RuleJSON {
	list := make([]RuleJSON, len(rules))
	for i, r := range rules {
		list[i] = RuleJSON{
			Name: r.Name, Severity: r.Severity, Agents: append([]appspec.Agent{}, r.Agents...), Platforms: r.Platforms,
			Summary: r.Summary, Why: r.Why, Fix: r.Fix, Source: r.Source, Fires: example(r.Fires), Silent: example(r.Silent),
		}
	}
	return list
}

func example(e appspec.Example) exampleJSON {
	return exampleJSON{AppSpec: e.AppSpec, Name: e.Name, Files: e.Files, LeftOut: e.LeftOut, Size: e.Size, Final: e.Final}
}
