package appspec

import (
	"bytes"
	"strconv"
	"strings"
)

var (
	yamlSyntax = &Rule{
		Name: "yaml-syntax", refuses: byAnyone, Platforms: everyPlatform(),
		Summary: "the file is not valid YAML",
		Why:     "Nothing of it can be read, so the first lifecycle event fails.",
		Fix:     "Quote a value that begins with * & @ % ` or holds “: ” or “ #”; put a space after the colon; line up the keys of one mapping; use single quotes for Windows paths.",
		Source:  "YAML 1.1, as libyaml reads it",
		Fires:   Example{AppSpec: inPermission("pattern: *.sh")},
		Silent:  Example{AppSpec: inPermission("pattern: '*.sh'")},
	}
	yamlTab = &Rule{
		Name: "yaml-tab", refuses: byAnyone, Platforms: everyPlatform(),
		Summary: "a tab where YAML wants spaces",
		Why:     "YAML does not let tabs indent a line.",
		Fix:     "Indent with spaces.",
		Source:  "YAML 1.1, section 5.1",
		Fires:   Example{AppSpec: "version: 0.0\nos: linux\nfiles:\n\t- source: /\n\t  destination: /srv/shop\n"},
		Silent:  Example{AppSpec: "version: 0.0\nos: linux\nfiles:\n  - source: /\n    destination: /srv/shop\n"},
	}
)

func syntaxRules() []*Rule { return []*Rule{yamlSyntax, yamlTab} }

var parserMessage = pattern(`(?s)^yaml: (?:line (\d+): )?(.*)$`)

// maxSearched is the size, in bytes, up to which the line of a syntax error is searched
// for by parsing again.
const maxSearched = 64 << 10

// explainSyntax turns an error of yaml.v3, which names a line near the mistake and no
// column, into one that points at the mistake.
func (f *File) explainSyntax(err error) *syntaxError {
	message, line := err.Error(), 1
	if match := parserMessage().FindStringSubmatch(message); match != nil {
		message = match[2]
		if match[1] != "" {
			line, _ = strconv.Atoi(match[1])
		}
	}
	if found := f.failingLine(message); found > 0 {
		line = found
	}
	text := f.yamlLine(line)
	column, rule, fix := offender(string(text), message)
	offset := f.offsets.at(line, 1) + column
	return &syntaxError{rule: rule, offset: offset, message: message, fix: fix, edit: quoting(text, column, offset)}
}

// quoting returns the edit that puts the rest of a line, from the column on and without a
// comment, between single quotes, or turns the double quotes around it into single ones;
// nil if that is not plainly what is missing.
func quoting(line []byte, column, offset int) *edit {
	if column >= len(line) {
		return nil
	}
	switch line[column] {
	case '*', '@', '%', '`', '!', '&':
		value, _, _ := bytes.Cut(line[column:], []byte(" #"))
		value = bytes.TrimRight(value, " \t")
		if bytes.ContainsAny(value, "'\",[]{}") || bytes.Contains(value, []byte(": ")) {
			return nil
		}
		return &edit{start: offset, end: offset + len(value), text: "'" + string(value) + "'"}
	case '\\':
		start := bytes.LastIndexByte(line[:column], '"')
		length := bytes.IndexByte(line[column:], '"')
		if start < 0 || length < 0 || bytes.ContainsAny(line[start+1:column+length], "'") || bytes.Contains(line[start:column+length], []byte(`\\`)) {
			return nil
		}
		text := "'" + string(line[start+1:column+length]) + "'"
		return &edit{start: offset - column + start, end: offset + length + 1, text: text}
	}
	return nil
}

// failingLine returns the first line without which the text has not this error yet; 0 if
// it cannot be told.
func (f *File) failingLine(message string) int {
	if f.end > maxSearched {
		return 0
	}
	starts := f.offsets.starts
	low, high := 0, len(starts)
	for low+1 < high {
		middle := (low + high) / 2
		if _, _, err := parseDocument(f.source.text[:min(f.end, starts[middle])]); err != nil {
			high = middle
		} else {
			low = middle
		}
	}
	_, _, err := parseDocument(f.source.text[:min(f.end, f.offsets.at(high+1, 1))])
	if err == nil || !strings.HasSuffix(err.Error(), message) {
		return 0
	}
	return high
}

func (f *File) yamlLine(number int) []byte {
	start := f.offsets.at(number, 1)
	end := f.offsets.at(number+1, 1)
	return bytes.TrimRight(f.source.text[start:end], "\r\n")
}

// The ways in which a line is no YAML, each with the part before the mistake.
var (
	tabIndent     = pattern(`^[ ]*(?:- *)*\t`)
	badStart      = pattern("^[ ]*(?:- +)*(?:[^\"'#:]+: +)?(?:- +)*([@%`*&!|>\\t])")
	badEscape     = pattern(`"(?:[^"\\]|\\[0abt\tnvfre "/\\N_LPxuU])*(\\)`)
	secondMapping = pattern(`^.*[^ ].*?: .*?[^ ](:)(?: |$)`)
)

// offender returns the byte in a line at which a syntax error points, the rule it breaks
// and how to mend it.
func offender(line, message string) (column int, rule *Rule, fix string) {
	if match := tabIndent().FindString(line); match != "" {
		return len(match) - 1, yamlTab, "indent with spaces"
	}
	indent := len(line) - len(strings.TrimLeft(line, " "))
	switch {
	case strings.HasPrefix(line, "<<<<<<<"), strings.HasPrefix(line, "======="), strings.HasPrefix(line, ">>>>>>>"):
		return 0, yamlSyntax, "resolve the merge conflict"
	case strings.Contains(message, cannotStart), strings.Contains(message, "alphabetic or numeric"), strings.Contains(message, "unknown anchor"):
		if match := badStart().FindStringSubmatchIndex(line); match != nil {
			return match[2], yamlSyntax, "put the value between quotes"
		}
	case strings.Contains(message, "escape"):
		if match := badEscape().FindStringSubmatchIndex(line); match != nil {
			return match[2], yamlSyntax, "use single quotes, in which a backslash is a backslash"
		}
	case strings.Contains(message, "mapping values are not allowed"):
		if match := secondMapping().FindStringSubmatchIndex(line); match != nil {
			return match[2], yamlSyntax, "put the value between quotes, or line the key up with its neighbours"
		}
	case strings.Contains(message, "could not find expected ':'"):
		return indent, yamlSyntax, "write a key, a colon and a space before the value"
	case strings.Contains(message, "did not find expected key"), strings.Contains(message, "'-' indicator"):
		return indent, yamlSyntax, "line the key up with the others of its mapping"
	}
	return indent, yamlSyntax, ""
}
