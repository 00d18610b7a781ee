package appspec

import (
	"strings"
)

// ignores holds the rules that comments turn off, by line.
type ignores map[int][]string

var ignoreComment = pattern(`(?:^|\s)#\s*cdx:ignore\s+([a-z0-9-]+(?:[\s,]+[a-z0-9-]+)*)`)

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
			rules = strings.FieldsFunc(match[1], func(r rune) bool { return r == ',' || r == ' ' || r == '\t' })
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
	for _, name := range i[f.Line] {
		if name == f.Rule {
			return true
		}
	}
	return false
}
