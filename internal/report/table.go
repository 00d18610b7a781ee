package report

import (
	"strings"
	"time"

	"github.com/cdx-deploy/cdx/internal/term"
)

// Screen says for whom something is rendered. Its zero value is a file: tables as wide
// as they get, and times in RFC 3339.
type Screen struct {
	Width int       // columns of the terminal; 0 for none
	Now   time.Time // times are told as "3 days ago" from here; zero: in RFC 3339
}

// columnGap parts the columns of a table.
const columnGap = 2

// What a column is cut down to, in columns of the terminal: first to what a deployment
// ID takes, and where many columns have no room even so, to what tells values apart.
const (
	narrow    = 11
	narrowest = 4
)

// table renders rows in columns, the first row being the titles. Where the terminal is
// too narrow the widest columns are cut, but the first firm ones, such as names that are
// typed elsewhere, only when nothing else is left, and in their middle: names often differ
// in their ends only.
func (s Screen) table(rows [][]string, firm int) string {
	widths := make([]int, len(rows[0]))
	for _, row := range rows {
		for i, text := range row {
			widths[i] = max(widths[i], term.Width(text))
		}
	}
	if s.Width > 0 {
		excess := (len(widths)-1)*columnGap - s.Width
		for _, width := range widths {
			excess += width
		}
		for _, least := range []int{narrow, narrowest} {
			excess = shrink(widths[firm:], excess, least)
			excess = shrink(widths, excess, least)
		}
	}
	var b strings.Builder
	for at, row := range rows {
		line := ""
		for i, text := range row {
			cut := term.Cut
			if at > 0 && i < firm {
				cut = term.CutMiddle
			}
			text = cut(text, widths[i])
			line += text + strings.Repeat(" ", widths[i]-term.Width(text)+columnGap)
		}
		b.WriteString(strings.TrimRight(line, " ") + "\n")
	}
	return b.String()
}

// shrink makes the widest column narrower, column by column, until so much is saved or
// none is wider than least. It returns what is still too much.
func shrink(widths []int, excess, least int) int {
	for excess > 0 {
		widest := 0
		for i, width := range widths {
			if width > widths[widest] {
				widest = i
			}
		}
		if widths[widest] <= least {
			return excess
		}
		widths[widest]--
		excess--
	}
	return 0
}

// moment tells a time: how long ago it was, or in RFC 3339. It is empty for none.
func (s Screen) moment(t *time.Time) string {
	if t == nil || s.Now.IsZero() {
		return moment(t)
	}
	return ago(s.Now.Sub(*t))
}

// ago tells a span of time in the largest unit that fits.
func ago(passed time.Duration) string {
	if passed < 0 {
		passed = 0
	}
	const day = 24 * time.Hour
	for _, unit := range []struct {
		name string
		of   time.Duration
	}{{"year", 365 * day}, {"month", 30 * day}, {"day", day}, {"hour", time.Hour}, {"minute", time.Minute}} {
		if n := int(passed / unit.of); n > 0 {
			return Counted(n, unit.name) + " ago"
		}
	}
	return "just now"
}
