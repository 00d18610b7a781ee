package appspec

import (
	"slices"
	"strings"
)

// ignores holds the rules that comments turn off, by line.
type ignores map[int][]string

var ignoreComment = pattern(`(?:^|\s)#\s*cdx:ignore\s+([a-z0-9-]+(?:[\s,]+[a-z0-9-]+)*)`)

var ignoreUnknown = &Rule{
	Name: "ignore-unknown", warns: byAnyone, Platforms: everyPlatform(),
	Summary: "a cdx:ignore comment that names no rule",
	Why:     "A comment turns off the rules that it names. A misspelt name turns nothing off.",
	Fix:     "Correct the name; cdx validate --rules lists all. What follows the names is free text.",
	Source:  "this program",
	Fires:   Example{AppSpec: inScript("timeout: 60 # cdx:ignore timeout-misraed")},
	Silent:  Example{AppSpec: inScript("timeout: 60 # cdx:ignore timeout-misread, as was agreed")},
}

// ignoreComments reports names in cdx:ignore comments that are no rules. Only the
// first word of a comment must be one; a later one is taken for a misspelt rule if it
// looks much like one.
func (c *checker) ignoreComments(whole place) {
	text := c.file.source.text
	if !strings.Contains(string(text), "cdx:ignore") {
		return
	}
	known := ruleNames()
	for number, start := range c.file.source.starts {
		found := ignoreComment().FindSubmatchIndex(c.file.source.line(number + 1))
		if found == nil {
			continue
		}
		at := start + found[2]
		for i, name := range ignoredNames(string(text[at : start+found[3]])) {
			near, isNear := nearest(name, known)
			if slices.Contains(known, name) || i > 0 && !(isNear && strings.Contains(name, "-")) {
				continue
			}
			fix := "see all rules: cdx validate --rules"
			if isNear {
				fix = "write " + near
			}
			offset := at + strings.Index(string(text[at:start+found[3]]), name)
			c.reportAt(ignoreUnknown, offset, whole, "no rule is called "+name, "the name of a rule", fix)
		}
	}
}

func ruleNames() []string {
	var names []string
	for _, r := range Rules() {
		names = append(names, r.Name)
	}
	return names
}

// ignoredNames are the words of a cdx:ignore comment.
func ignoredNames(text string) []string {
	return strings.FieldsFunc(text, func(r rune) bool { return r == ',' || r == ' ' || r == '\t' })
}

// ignoredRules reads the comments “# cdx:ignore RULE, RULE”. Such a comment holds for its
// own line or, if it stands alone, for the next line that is neither blank nor a comment.
func (f *File) ignoredRules() ignores {
	found := ignores{}
	if !strings.Contains(string(f.source.text), "cdx:ignore") {
		return found
	}
	var pending []string
	for number := 1; number <= f.Lines(); number++ {
		line := strings.TrimSpace(f.Line(number))
		var rules []string
		if match := ignoreComment().FindStringSubmatch(line); match != nil {
			rules = ignoredNames(match[1])
		}
		switch {
		case line == "":
		case line[0] == '#':
			pending = append(pending, rules...)
		default:
			if all := append(pending, rules...); len(all) > 0 {
				found[number] = all
			}
			pending = nil
		}
	}
	return found
}

// covers tells whether a comment turns a finding off.
func (i ignores) covers(f Finding) bool {
	return slices.Contains(i[f.Line], f.Rule)
}
