package term

import (
	"strings"
	"testing"
)

func TestWrap(t *testing.T) {
	tests := map[string]struct {
		columns    int
		text, want string
	}{
		"fits":             {20, "one two\n", "one two\n"},
		"paragraph":        {12, "one two three\nfour five six\n\nnext\n", "one two\nthree four\nfive six\n\nnext\n"},
		"heading":          {40, "Flags:\nnot part of it\n", "Flags:\nnot part of it\n"},
		"indented":         {16, "  cdx push --bucket my-bucket\n", "  cdx push\n    --bucket\n    my-bucket\n"},
		"second column":    {30, "  push   Package a directory and upload it\n", "  push   Package a directory\n         and upload it\n"},
		"no room for it":   {20, "  on-premises  Register machines of your own\n", "  on-premises\n    Register\n      machines of\n      your own\n"},
		"two sentences":    {24, "  cdx deploy --wait -a app   push, deploy and follow\n", "  cdx deploy --wait -a\n    app\n    push, deploy and\n      follow\n"},
		"longer word":      {10, "see https://example.com/a/long/address now\n", "see\nhttps://example.com/a/long/address\nnow\n"},
		"wide characters":  {9, "日本語 日本語\n", "日本語\n日本語\n"},
		"no final newline": {20, "one", "one\n"},
		"nothing":          {20, "", ""},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			if got := Wrap(test.text, test.columns); got != test.want {
				t.Errorf("Wrap =\n%q\nwant\n%q", got, test.want)
			}
		})
	}
}

// FuzzWrap wants every word to be kept, in order, and an end.
func FuzzWrap(f *testing.F) {
	f.Add("  push   Package a directory  and more\nparagraph\nof two lines:\n", 20)
	f.Add("   \n  a  b  c  d\n", 1)
	f.Fuzz(func(t *testing.T, text string, columns int) {
		text = Clean(text)
		if got := Wrap(text, columns); strings.Join(strings.Fields(got), " ") != strings.Join(strings.Fields(text), " ") {
			t.Errorf("Wrap(%q, %d) = %q", text, columns, got)
		}
	})
}
