package agent

import (
	"strings"
	"testing"
)

func TestPatterns(t *testing.T) {
	for _, test := range []struct {
		pattern, rel string
		v1, v2       bool
	}{
		{"**", "a", true, true},
		{"**", "a/b/c", true, true},
		{"*", "a", true, true},
		{"*", "a/b", false, false},
		{"*.sh", "x.sh", true, true},
		{"*.sh", ".sh", true, true},
		{"*.sh", "x.sh.bak", false, false},
		{"a*b*c", "aXbYc", true, true},
		{"a*b*c", "abc", true, true},
		{"a*a", "a", false, false},
		{"***x", "yx", true, true},
		{"x.sh", "x.sh", true, true},
		{"x.sh", "xxsh", false, false},
		// Where the two agents differ.
		{"s/x.sh", "s/x.sh", false, true},
		{"**/*.sh", "x.sh", false, true},
		{"?.s*", "x.sh", false, true},
		{"?.s*", "?.sh", true, true},
		{"[ab]*", "b1", false, true},
		{"[!ab]*", "b1", false, false},
		{"[!ab]*", "c1", false, true},
		{"[^ab]*", "c1", false, true},
		{"{a,b}*", "b1", false, true},
		{"{a,b}*", "{a,b}1", true, false},
		{`\**`, "*x", false, true},
		{`\**`, "xx", false, false},
		{"a,b*", "a,b1", true, true},
		{"[]]*", "]x", false, true},
		{"é*", "éa", true, true},
		// Malformed globs are paths to v2.
		{"[a*", "[a*", true, true},
		{"[a*", "[ab", true, false},
		{"{a*", "{a*", true, true},
		{"a}*", "a}*", true, true},
		{`a*\`, `a*\`, true, true},
		{"[b-a]*", "[b-a]*", true, true},
		{"", "", true, true},
		{"", "a", false, false},
	} {
		if got := matchV1(test.pattern, true)(test.rel); got != test.v1 {
			t.Errorf("v1: pattern %q, path %q: %v", test.pattern, test.rel, got)
		}
		if got := matchV2(test.pattern)(test.rel); got != test.v2 {
			t.Errorf("v2: pattern %q, path %q: %v", test.pattern, test.rel, got)
		}
	}
}

func TestExceptOfAllIsForDirectChildrenInV1(t *testing.T) {
	except := matchV1("**", false)
	if !except("a") || except("a/b") {
		t.Error("in v1 the except ** leaves out direct children only")
	}
}

// FuzzPatterns compares the patterns of v1 with the plainest matcher there is, and checks that none
// of v2's is slow or panics.
func FuzzPatterns(f *testing.F) {
	for _, seed := range [][2]string{{"a*b", "axb"}, {"*", ""}, {"**/*.{a,b}", "x.a"}, {"[!a-z]?*", "1x"}, {"[*", "["}, {`\`, `\`}, {strings.Repeat("*a", 20), strings.Repeat("a", 40)}} {
		f.Add(seed[0], seed[1])
	}
	f.Fuzz(func(t *testing.T, pattern, rel string) {
		if len(pattern) > 200 || len(rel) > 200 {
			t.Skip()
		}
		want := !strings.Contains(rel, "/") && plainMatch(pattern, rel, map[[2]int]bool{})
		if got := matchV1(pattern, false)(rel); got != want {
			t.Errorf("matchV1(%q)(%q) = %v", pattern, rel, got)
		}
		if matchV2(pattern)(rel) && strings.Contains(rel, "/") && pattern != "**" && pattern != rel {
			t.Errorf("matchV2(%q) matches %q below a folder", pattern, rel)
		}
	})
}

// plainMatch matches by trying everything, remembering what failed.
func plainMatch(pattern, name string, failed map[[2]int]bool) bool {
	state := [2]int{len(pattern), len(name)}
	if failed[state] {
		return false
	}
	switch {
	case pattern == "":
		return name == ""
	case pattern[0] == '*':
		if plainMatch(pattern[1:], name, failed) || name != "" && plainMatch(pattern, name[1:], failed) {
			return true
		}
	case name != "" && name[0] == pattern[0]:
		if plainMatch(pattern[1:], name[1:], failed) {
			return true
		}
	}
	failed[state] = true
	return false
}
