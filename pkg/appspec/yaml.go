package appspec

import (
	"bytes"
	"errors"
	"io"
	"strings"

	"go.yaml.in/yaml/v3"
)

// parseDocument parses one YAML document. The root is nil if there is none; more tells
// whether something follows it without a document marker, which agent v1's parser never
// gets to and agent v2 refuses.
func parseDocument(text []byte) (root *yaml.Node, more bool, err error) {
	text = acceptDirective(text)
	root, more, err = decodeDocument(text)
	if err == nil && bytes.ContainsRune(text, '\t') && tabComment().Match(text) {
		if _, _, tab := decodeDocument(ownComment().ReplaceAll(text, []byte("$1"))); tab != nil && tabMessage().MatchString(tab.Error()) {
			return nil, false, tab
		}
	}
	if err != nil {
		if marked := markText(text); marked != nil {
			if root, more, again := decodeDocument(marked); again == nil {
				unmark(root)
				return root, more, nil
			}
		}
	}
	return root, more, err
}

// A comment that is indented by a tab is a syntax error. yaml.v3 passes over it when it
// follows another comment, so that the text is tried without those.
var (
	tabComment = pattern(`(?:^|[\r\n]) *\t[ \t]*#`)
	tabMessage = pattern(cannotStart + `|tab character that violates indentation`)
	ownComment = pattern(`(^|[\r\n]) *#[^\r\n]*`)
)

// cannotStart is what every parser says about a tab, @ or % where a value should begin.
const cannotStart = "cannot start any token"

func decodeDocument(text []byte) (root *yaml.Node, more bool, err error) {
	decoder := yaml.NewDecoder(bytes.NewReader(text))
	var document yaml.Node
	switch err := decoder.Decode(&document); {
	case errors.Is(err, io.EOF):
		return nil, false, nil
	case err != nil:
		return nil, false, err
	case len(document.Content) > 0:
		root = document.Content[0]
	}
	var next yaml.Node
	return root, !errors.Is(decoder.Decode(&next), io.EOF), nil
}

// What yaml.v3 refuses and the agents' parsers accept is marked before a second try: an
// escaped slash, which JSON writers put into texts, and a question mark in a text
// without quotes within [] or {}. A mark is as long, in characters, as what it stands for, so that
// positions stay.
const (
	slashMark    = "\uE000" // a backslash before a slash
	questionMark = "\uE001" // a question mark within a word
)

var marked = pattern(`\\.|[\w*./-]\?`)

// markText returns the text with marks, nil if there is nothing to mark.
func markText(text []byte) []byte {
	if bytes.Contains(text, []byte(slashMark)) || bytes.Contains(text, []byte(questionMark)) {
		return nil
	}
	found := false
	text = marked().ReplaceAllFunc(text, func(match []byte) []byte {
		switch {
		case match[1] == '/':
			found = true
			return []byte(slashMark + "/")
		case match[1] == '?' && match[0] != '\\':
			found = true
			return []byte(string(match[:1]) + questionMark)
		}
		return match
	})
	if !found {
		return nil
	}
	return text
}

// unmark puts back what the marks stand for: within double quotes a slash alone.
func unmark(n *yaml.Node) {
	if n == nil {
		return
	}
	backslash := `\`
	if n.Style&yaml.DoubleQuotedStyle != 0 {
		backslash = ""
	}
	n.Value = strings.NewReplacer(slashMark, backslash, questionMark, "?").Replace(n.Value)
	for _, child := range n.Content {
		unmark(child)
	}
}

// acceptDirective turns a directive for YAML 1.2, which both agents accept, into one for
// YAML 1.1, which yaml.v3 accepts too.
func acceptDirective(text []byte) []byte {
	if !bytes.Contains(text, []byte("%YAML")) {
		return text
	}
	starts := lineStarts(text, yamlBreak)
	for i, start := range starts {
		line := text[start:]
		if i+1 < len(starts) {
			line = text[start:starts[i+1]]
		}
		if match := directive12().FindIndex(line); match != nil {
			text = bytes.Clone(text)
			text[start+match[1]-1] = '1'
			return text
		}
		if len(line) == 0 || !isPrologue(line) {
			break
		}
	}
	return text
}

var directive12 = pattern(`^%YAML[ \t]+1\.0*2`)
