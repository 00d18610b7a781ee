// Package fill puts values into the properties of an ECS or Lambda AppSpec file, such as
// the task definition that a build has just registered. Everything else in the file stays
// as it is: comments, order, quotes and line endings.
package fill

import (
	"bytes"
	"fmt"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"
)

// Property is the name of a property of the file's resource.
// Source: CodeDeploy User Guide, "AppSpec 'resources' section".
type Property string

// The properties that change from one deployment to the next.
const (
	TaskDefinition Property = "TaskDefinition" // ECS: the ARN of a task definition
	CurrentVersion Property = "CurrentVersion" // Lambda: the version that the alias names now
	TargetVersion  Property = "TargetVersion"  // Lambda: the version that it is to name
	FunctionName   Property = "Name"           // Lambda: the function
	FunctionAlias  Property = "Alias"          // Lambda: the alias
)

// Error says why a property cannot be read or filled.
type Error struct {
	Property Property
	Line     int // 1-based; 0 when the file has no place for the property
	Reason   string
}

// Error names property, line and reason.
func (e *Error) Error() string {
	if e.Line == 0 {
		return fmt.Sprintf("%s: %s", e.Property, e.Reason)
	}
	return fmt.Sprintf("%s in line %d: %s", e.Property, e.Line, e.Reason)
}

// Get returns the value of a property in a file's text, YAML or JSON; "" when the file has
// none.
func Get(text []byte, property Property) string {
	properties, err := find(text, property)
	if err != nil {
		return ""
	}
	if _, value := lookUp(properties, property); value != nil {
		return value.Value
	}
	return ""
}

// Set returns the text with the property's value replaced, or with the property put in
// where it is missing. The value may hold printable ASCII only. The error is an [*Error].
func Set(text []byte, property Property, value string) ([]byte, error) {
	properties, err := find(text, property)
	if err != nil {
		return nil, err
	}
	e := edit{text: text, quoted: strconv.Quote(value), property: property}
	key, old := lookUp(properties, property)
	filled, ok := []byte(nil), false
	if old == nil {
		filled, ok = e.insert(properties)
	} else {
		filled, ok = e.replace(key, old)
	}
	if !ok || Get(filled, property) != value {
		return nil, &Error{Property: property, Line: properties.Line, Reason: "it cannot be replaced in this notation: write it on a line of its own, as " + string(property) + ": VALUE"}
	}
	return filled, nil
}

// find returns the mapping of the one resource's properties.
func find(text []byte, property Property) (*yaml.Node, error) {
	var document yaml.Node
	if err := yaml.Unmarshal(text, &document); err != nil || len(document.Content) == 0 {
		return nil, &Error{Property: property, Reason: "the AppSpec file cannot be read"}
	}
	_, resources := lookUp(document.Content[0], "Resources")
	if resources == nil || resources.Kind != yaml.SequenceNode || len(resources.Content) != 1 {
		return nil, &Error{Property: property, Reason: "the AppSpec file has no list of one resource"}
	}
	if named := resources.Content[0]; named.Kind == yaml.MappingNode && len(named.Content) == 2 {
		if _, properties := lookUp(named.Content[1], "Properties"); properties != nil && properties.Kind == yaml.MappingNode && len(properties.Content) > 0 {
			return properties, nil
		}
	}
	return nil, &Error{Property: property, Line: resources.Line, Reason: "the resource has no Properties"}
}

// lookUp finds a key in a mapping without regard to case, the last of several, as
// CodeDeploy does.
func lookUp(mapping *yaml.Node, name Property) (key, value *yaml.Node) {
	if mapping.Kind != yaml.MappingNode {
		return nil, nil
	}
	for i := 0; i+1 < len(mapping.Content); i += 2 {
		if strings.EqualFold(mapping.Content[i].Value, string(name)) {
			key, value = mapping.Content[i], mapping.Content[i+1]
		}
	}
	return key, value
}

// edit is one change of a text.
type edit struct {
	text     []byte
	property Property
	quoted   string // the new value, in double quotes
}

// replace puts the value in place of the old one. It reports false for an old one that is
// not on one line.
func (e edit) replace(key, old *yaml.Node) ([]byte, bool) {
	if old.Kind != yaml.ScalarNode {
		return nil, false
	}
	if old.Value == "" && old.Style == 0 {
		return e.afterColon(key)
	}
	start := offset(e.text, old.Line, old.Column)
	length := scalarLength(e.text[start:], old)
	if length == 0 {
		return nil, false
	}
	return e.splice(start, start+length, e.quoted), true
}

// afterColon puts the value after a key that has none.
func (e edit) afterColon(key *yaml.Node) ([]byte, bool) {
	start := offset(e.text, key.Line, key.Column)
	end := start + scalarLength(e.text[start:], key)
	colon := bytes.IndexByte(e.text[end:], ':')
	if end == start || colon < 0 || len(bytes.TrimSpace(e.text[end:end+colon])) > 0 {
		return nil, false
	}
	end += colon + 1
	return e.splice(end, end, " "+e.quoted), true
}

// insert puts key and value before the first key of the mapping.
func (e edit) insert(mapping *yaml.Node) ([]byte, bool) {
	first := mapping.Content[0]
	start := offset(e.text, first.Line, first.Column)
	if mapping.Style&yaml.FlowStyle != 0 {
		return e.splice(start, start, strconv.Quote(string(e.property))+": "+e.quoted+", "), true
	}
	line := e.text[:start]
	indent := line[bytes.LastIndexAny(line, "\r\n")+1:]
	if len(bytes.Trim(indent, " ")) > 0 {
		return nil, false
	}
	return e.splice(start, start, string(e.property)+": "+e.quoted+lineBreak(e.text)+string(indent)), true
}

func (e edit) splice(from, to int, with string) []byte {
	return append(append(append([]byte(nil), e.text[:from]...), with...), e.text[to:]...)
}

// lineBreak is what ends the text's first line.
func lineBreak(text []byte) string {
	if line, _, found := bytes.Cut(text, []byte("\n")); found && bytes.HasSuffix(line, []byte("\r")) {
		return "\r\n"
	}
	return "\n"
}
