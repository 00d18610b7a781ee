package term_test

import (
	"strings"
	"testing"

	"github.com/cdx-deploy/cdx/internal/term"
)

// annotating is a Progress whose annotator has commands for the levels named.
func annotating(level term.Level, levels ...string) (*term.Progress, interface{ String() string }) {
	streams, _, _, errOut := term.Test()
	p := term.NewProgress(streams, level)
	p.SetAnnotator(func(level, text string) string {
		for _, known := range levels {
			if level == known {
				return "::" + level + "::" + strings.ReplaceAll(text, "\n", "|") + "\n"
			}
		}
		return ""
	})
	return p, errOut
}

func tellAll(p *term.Progress) {
	p.Event("event")
	p.Warn("careful")
	p.Notice("well done")
	p.Fail("it failed", "because", "do this")
	p.Fail("it failed", "", "")
	p.Command("::group::x\n")
	p.Command("")
}

func TestAnnotator(t *testing.T) {
	for _, c := range []struct {
		name   string
		level  term.Level
		levels []string
		want   string
	}{
		{"all", term.Normal, []string{"warning", "error", "notice"}, "event\n::warning::careful\n::notice::well done\n::error::it failed|because|hint: do this\n::error::it failed\n::group::x\n"},
		{"some", term.Normal, []string{"error"}, "event\ncdx: warning: careful\nwell done\n::error::it failed|because|hint: do this\n::error::it failed\n::group::x\n"},
		{"none", term.Normal, nil, "event\ncdx: warning: careful\nwell done\ncdx: it failed\ncdx: hint: do this\ncdx: it failed\n::group::x\n"},
		{"quiet", term.Quiet, []string{"warning", "error", "notice"}, "::warning::careful\n::error::it failed|because|hint: do this\n::error::it failed\n::group::x\n"},
	} {
		p, errOut := annotating(c.level, c.levels...)
		tellAll(p)
		if got := errOut.String(); got != c.want {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
}

func TestWithoutAnnotatorAllIsPrinted(t *testing.T) {
	streams, _, _, errOut := term.Test()
	p := term.NewProgress(streams, term.Normal)
	p.Notice("well done")
	p.Fail("it failed", "because", "do this")
	if got, want := errOut.String(), "well done\ncdx: it failed\ncdx: hint: do this\n"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}
