package doctor

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/cdx-deploy/cdx/internal/term"
)

// Text renders findings: a line for each, what to do below it, and a summary. The
// permissions that share what there is to say share a line.
func Text(findings Findings, style term.Style) string {
	rows := together(findings)
	width := 0
	for _, f := range rows {
		width = max(width, utf8.RuneCountInString(f.Check))
	}
	width = min(width, maxCheckWidth)
	indent := "\n" + strings.Repeat(" ", width+4)
	var b strings.Builder
	for _, f := range rows {
		message := f.Message
		if f.State == NotChecked {
			message = "not checked: " + message
		}
		fmt.Fprintf(&b, "%s %s  %s\n", mark(f.State, style), pad(f.Check, width), strings.ReplaceAll(message, "\n", indent))
		if f.Fix != "" && f.State != Passed {
			fmt.Fprintf(&b, "  %s  %s\n", pad("", width), style.Cyan("→ "+f.Fix))
		}
	}
	b.WriteString("\n" + summary(findings) + "\n")
	return b.String()
}

// together makes one finding of the permissions of which the same is to be said.
func together(findings Findings) Findings {
	var rows Findings
	place := make(map[Finding]int)
	for _, f := range findings {
		action, isPermission := strings.CutPrefix(f.Check, permissionCheck)
		if !isPermission || f.Fix != "" {
			rows = append(rows, f)
			continue
		}
		f.Check = "permissions"
		if i, ok := place[f]; ok {
			rows[i].Message += "\n" + action
			continue
		}
		place[f] = len(rows)
		f.Message += ":\n" + action
		rows = append(rows, f)
	}
	return rows
}

// maxCheckWidth keeps one long name from pushing all messages aside.
const maxCheckWidth = 36

func pad(text string, width int) string {
	return text + strings.Repeat(" ", max(0, width-utf8.RuneCountInString(text)))
}

func mark(state State, style term.Style) string {
	switch state {
	case Passed:
		return style.Green("✓")
	case Failed:
		return style.Red("✗")
	case Warning:
		return style.Yellow("!")
	default:
		return style.Faint("–")
	}
}

func summary(f Findings) string {
	counts := fmt.Sprintf("%d passed, %d worth knowing, %d not checked", f.Count(Passed), f.Count(Warning), f.Count(NotChecked))
	if f.CanStart() {
		return "nothing was found that would prevent a start: " + counts
	}
	if n := f.Count(Failed); n > 1 {
		return fmt.Sprintf("%d things would prevent a start: %s", n, counts)
	}
	return "1 thing would prevent a start: " + counts
}
