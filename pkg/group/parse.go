package group

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"reflect"
	"slices"
	"strings"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"
)

// MaxFileBytes is the size of the largest file that [Parse] reads.
const MaxFileBytes = 1 << 20

// Document is a group and where its file has it.
type Document struct {
	*Group
	File string // as given to [Parse]
	Line int    // 1-based, of the group's first key
}

// Parse reads a file of deployment groups, one for each YAML document in it; name is for
// messages. The error is [Errors] and holds every mistake that was found.
func Parse(name string, data []byte) ([]Document, error) {
	p := &parser{file: name}
	if len(data) > MaxFileBytes {
		p.fail(nil, "", "the file is larger than 1 MiB")
		return nil, p.errors
	}
	var groups []Document
	decoder := yaml.NewDecoder(bytes.NewReader(data))
	for {
		var document yaml.Node
		err := decoder.Decode(&document)
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			p.syntax(err, data)
			break
		}
		if g := p.group(document.Content[0]); g != nil {
			groups = append(groups, Document{g, name, document.Content[0].Line})
		}
	}
	if len(groups) == 0 && len(p.errors) == 0 {
		p.fail(nil, "", "the file has no deployment group in it")
	}
	if len(p.errors) > 0 {
		p.errors.sort()
		return nil, p.errors
	}
	return groups, nil
}

// parser turns YAML into groups and collects mistakes.
type parser struct {
	file   string
	errors Errors
	nodes  int // read so far
}

// maxNodes bounds what aliases can make of a small file.
const maxNodes = 100_000

// fail notes a mistake at a node; nil is the beginning of the file.
func (p *parser) fail(n *yaml.Node, where, format string, args ...any) *Error {
	e := &Error{File: p.file, Line: 1, Column: 1, Where: where, Message: fmt.Sprintf(format, args...)}
	if n != nil {
		e.Line, e.Column = max(1, n.Line), max(1, n.Column)
	}
	p.errors = append(p.errors, e)
	return e
}

// syntax notes what is no YAML. The library tells a line only, and of an alias without an
// anchor not even that.
func (p *parser) syntax(err error, data []byte) {
	line := 1
	text := strings.TrimPrefix(err.Error(), "yaml: ")
	if _, scanned := fmt.Sscanf(text, "line %d:", &line); scanned == nil {
		_, text, _ = strings.Cut(text, ": ")
	}
	e := p.fail(nil, "", "no valid YAML: %s", text)
	lines := bytes.Split(data, []byte("\n"))
	e.Line = min(max(1, line), len(lines))
	if alias, ok := strings.CutPrefix(text, "unknown anchor '"); ok {
		alias = "*" + strings.TrimSuffix(alias, "' referenced")
		e.find(lines, alias, func([]byte) bool { return true })
	} else if strings.Contains(text, "tab character") || strings.Contains(text, "cannot start any token") {
		e.find(lines, "\t", func(before []byte) bool { return len(bytes.TrimSpace(before)) == 0 }) // the line told may be the one before
	}
}

// find moves the place of a mistake on to a text, where what stands before it in its line is
// as wanted.
func (e *Error) find(lines [][]byte, text string, wanted func(before []byte) bool) {
	for i, written := range lines[e.Line-1:] {
		before, _, found := bytes.Cut(written, []byte(text))
		if found && wanted(before) {
			e.Line, e.Column = e.Line+i, utf8.RuneCount(before)+1
			return
		}
	}
}

// group reads a document; nil for one that is empty.
func (p *parser) group(n *yaml.Node) *Group {
	if isNull(n) {
		return nil
	}
	g := new(Group)
	before := len(p.errors)
	p.structure(reflect.ValueOf(g).Elem(), n, "")
	if n.Kind == yaml.MappingNode && len(p.errors) == before {
		p.check(g, n)
	}
	return g
}

// check finds what only shows in a whole group.
func (p *parser) check(g *Group, n *yaml.Node) {
	for _, needed := range []struct {
		name  string
		value *string
	}{{"deploymentGroupName", g.DeploymentGroupName}, {"serviceRoleArn", g.ServiceRoleArn}} {
		if needed.value == nil || *needed.value == "" {
			p.fail(n, "", "%s is missing", needed.name)
		}
	}
	// Source: CodeDeploy API Reference, CreateDeploymentGroup: not both in one call.
	for _, pair := range [][2]string{{"ec2TagFilters", "ec2TagSet"}, {"onPremisesInstanceTagFilters", "onPremisesTagSet"}} {
		first, second := keyOf(n, pair[0]), keyOf(n, pair[1])
		if first != nil && second != nil {
			p.fail(second, pair[1], "cannot stand together with %s, on line %d", pair[0], first.Line)
		}
	}
	g.dropUnset()
}

// keyOf is the key of that name, if it has a value.
func keyOf(n *yaml.Node, name string) *yaml.Node {
	at := slices.IndexFunc(n.Content, func(key *yaml.Node) bool { return key.Value == name })
	if at < 0 || at%2 != 0 || isNull(n.Content[at+1]) {
		return nil
	}
	return n.Content[at]
}

func isNull(n *yaml.Node) bool { return n.Kind == yaml.ScalarNode && n.ShortTag() == "!!null" }
