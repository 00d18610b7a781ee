package term

import (
	"strings"
	"testing"
	"unicode/utf8"
)

func TestClean(t *testing.T) {
	tests := map[string]struct{ in, want string }{
		"plain text":              {"Zażółć gęślą jaźń 日本語 👩‍🚀\n\tdone", "Zażółć gęślą jaźń 日本語 👩‍🚀\n\tdone"},
		"colour":                  {"\x1b[31mred\x1b[0m", "red"},
		"cursor and screen":       {"a\x1b[2J\x1b[1;1Hb\x1b[?25lc", "abc"},
		"window title, BEL":       {"a\x1b]0;pwned\x07b", "ab"},
		"hyperlink, ST":           {"a\x1b]8;;http://evil\x1b\\click\x1b]8;;\x1b\\b", "aclickb"},
		"device control":          {"a\x1bPq#0;2;0;0;0\x1b\\b", "ab"},
		"one-character forms":     {"a\u009b31mb\u009d0;t\u009cc\u0090x\u009cd", "abcd"},
		"string without an end":   {"a\x1b]0;title\nnext line", "a\nnext line"},
		"escape at the end":       {"a\x1b", "a"},
		"reset and charset":       {"a\x1bcb\x1b(0c", "abc"},
		"bell, backspace, NUL":    {"a\a\b\x00b", "ab"},
		"CR LF":                   {"a\r\nb", "a\nb"},
		"lone CR":                 {"10%\r20%", "10%20%"},
		"C1":                      {"a\u0085b\u0080c", "abc"},
		"bidirectional":           {"a\u202eb\u2066c\u2069d\u200fe\u061cf", "abcdef"},
		"line separators":         {"a\u2028::error::b\u2029c", "a::error::bc"},
		"bytes that are no UTF-8": {"a\x9b31mb\xff", "a\uFFFD31mb\uFFFD"},
		"nested":                  {"\x1b\x1b[31m[31mx", "[31mx"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			if got := Clean(test.in); got != test.want {
				t.Errorf("Clean(%q) = %q, want %q", test.in, got, test.want)
			}
		})
	}
}

func FuzzClean(f *testing.F) {
	for _, seed := range []string{"a\x1b[31mb", "\x1b\x1b[[mm", "\x1b]0;x\x1b\x1b\\", "\u009b\u009b", "\xc2\x9b31m", "\r\n\r", "\u202e"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		got := Clean(text)
		if at := strings.IndexFunc(got, forbidden); at >= 0 {
			t.Errorf("Clean(%q) = %q keeps a forbidden character at %d", text, got, at)
		}
		if !utf8.ValidString(got) || Clean(got) != got {
			t.Errorf("Clean(%q) = %q is not clean", text, got)
		}
	})
}

func TestLine(t *testing.T) {
	if got, want := Line("a\nb\tc\r\nd\x1b[1m"), "a b c d"; got != want {
		t.Errorf("Line = %q, want %q", got, want)
	}
}

func TestNeutralise(t *testing.T) {
	tests := map[string]struct{ in, want string }{
		"GitHub":                      {"::error file=a::b", ": :error file=a::b"},
		"GitHub, indented":            {"ok\n \t ::add-mask::x", "ok\n \t : :add-mask::x"},
		"GitHub, many colons":         {"::::", ": :::"},
		"GitHub, older form":          {"text ##[set-output name=a]b", "text # #[set-output name=a]b"},
		"GitHub, hidden":              {"\u200b:\u00ad:warning::x", "\u200b: :warning::x"},
		"Azure":                       {"x ##vso[task.setvariable variable=a]b", "x # #vso[task.setvariable variable=a]b"},
		"Azure, capitals":             {"##VSO[task.complete]", "# #VSO[task.complete]"},
		"Azure, hidden":               {"##\u200bv\u00adso[task.complete]", "# #\u200bv\u00adso[task.complete]"},
		"Azure, more signs":           {"####vso[a]", "### #vso[a]"},
		"TeamCity":                    {"##teamcity[buildStatus status='SUCCESS']", "# #teamcity[buildStatus status='SUCCESS']"},
		"Buildkite":                   {"--- tests\n+++ log\n^^^ +++", ".--- tests\n.+++ log\n.^^^ +++"},
		"Buildkite with tabs":         {"---\ttests\n^^^\t+++\n---\n", ".---\ttests\n.^^^\t+++\n---\n"},
		"several lines":               {"a\n::group::b\n##[endgroup]", "a\n: :group::b\n# #[endgroup]"},
		"colons inside a line":        {"std::vector ::1 a::b", "std::vector ::1 a::b"},
		"a heading":                   {"## Title\n### [link]", "## Title\n### [link]"},
		"a table's rule and an arrow": {"---\n-----> done", "---\n-----> done"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			if got := Neutralise(test.in); got != test.want {
				t.Errorf("Neutralise(%q) = %q, want %q", test.in, got, test.want)
			}
		})
	}
}

func FuzzNeutralise(f *testing.F) {
	for _, seed := range []string{"::a", " ::", "##[", "##vso[", "#\u0301#teamcity[", "\n\n::", ":::"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		got := Neutralise(Clean(text))
		for _, line := range strings.Split(got, "\n") {
			if strings.HasPrefix(strings.TrimSpace(line), "::") {
				t.Errorf("%q has a GitHub command: %q", text, line)
			}
			for _, marker := range []string{"##[", "##vso[", "##teamcity["} {
				if strings.Contains(strings.ToLower(line), marker) {
					t.Errorf("%q has the marker %s: %q", text, marker, line)
				}
			}
		}
	})
}

func TestHTML(t *testing.T) {
	if got, want := HTML("<b onclick=\"x\">'&\x1b[1m"), "&lt;b onclick=&#34;x&#34;&gt;&#39;&amp;"; got != want {
		t.Errorf("HTML = %q, want %q", got, want)
	}
}

func TestMarkdown(t *testing.T) {
	const in = "*a* [b](http://c) `d` <e>|f\n# g\th\x1b[1m"
	const want = `\*a\* \[b\]\(http\:\/\/c\) \` + "`d\\`" + ` \<e\>\|f<br>\# g h`
	if got := Markdown(in); got != want {
		t.Errorf("Markdown = %q, want %q", got, want)
	}
}

func TestMarkdownBlock(t *testing.T) {
	tests := map[string]struct{ in, want string }{
		"plain":  {"a\nb\n", "```text\na\nb\n```\n"},
		"fences": {"```\n</details>\n`````", "``````text\n```\n</details>\n`````\n``````\n"},
		"empty":  {"", "```text\n\n```\n"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			if got := MarkdownBlock(test.in); got != test.want {
				t.Errorf("MarkdownBlock(%q) = %q, want %q", test.in, got, test.want)
			}
		})
	}
}

func TestWidthAndCut(t *testing.T) {
	tests := map[string]struct {
		in      string
		width   int
		columns int
		cut     string
	}{
		"fits":                 {"abc", 3, 3, "abc"},
		"ASCII":                {"abcdef", 6, 4, "abc…"},
		"wide characters":      {"日本語", 6, 4, "日…"},
		"combining characters": {"e\u0301e\u0301e\u0301", 3, 2, "e\u0301…"},
		"emoji with joiners":   {"👩‍🚀👩‍🚀", 4, 3, "👩‍🚀…"},
		"right to left":        {"שלום", 4, 3, "של…"},
		"no room":              {"abc", 3, 0, ""},
		"negative room":        {"abc", 3, -4, ""},
		"one column":           {"abc", 3, 1, "…"},
		"empty":                {"", 0, 0, ""},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			if got := Width(test.in); got != test.width {
				t.Errorf("Width(%q) = %d, want %d", test.in, got, test.width)
			}
			if got := Cut(test.in, test.columns); got != test.cut {
				t.Errorf("Cut(%q, %d) = %q, want %q", test.in, test.columns, got, test.cut)
			}
		})
	}
}

func FuzzCut(f *testing.F) {
	f.Add("日本語 e\u0301 👩‍🚀", 5)
	f.Add("\U0001F1E9\U0001F1EA\U0001F1E9", 1)
	f.Fuzz(func(t *testing.T, text string, columns int) {
		text = Line(text)
		for _, cut := range []func(string, int) string{Cut, CutMiddle} {
			if got := cut(text, columns); columns >= 0 && Width(got) > columns {
				t.Errorf("%q cut to %d is %q, %d wide", text, columns, got, Width(got))
			}
		}
	})
}

func TestStyle(t *testing.T) {
	on := Style{enabled: true}
	for text, want := range map[string]string{
		on.Red("a"): "\x1b[31ma\x1b[0m", on.Green("a"): "\x1b[32ma\x1b[0m", on.Yellow("a"): "\x1b[33ma\x1b[0m",
		on.Cyan("a"): "\x1b[36ma\x1b[0m", on.Bold("a"): "\x1b[1ma\x1b[0m", on.Faint("a"): "\x1b[2ma\x1b[0m",
		on.Red(""): "", Style{}.Red("a"): "a",
	} {
		if text != want {
			t.Errorf("got %q, want %q", text, want)
		}
	}
}

func TestPad(t *testing.T) {
	for text, want := range map[string]string{"": "    ", "ab": "ab  ", "日本": "日本", "e\u0301": "e\u0301   ", "longer": "longer"} {
		if got := Pad(text, 4); got != want {
			t.Errorf("Pad(%q) = %q, want %q", text, got, want)
		}
	}
}
