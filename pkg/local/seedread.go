package local

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"reflect"
	"strconv"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"
)

// SeedError reports a mistake in a seed.
type SeedError struct {
	// Line is where the mistake is, counted from 1; zero when that is not known.
	Line int
	// Key is what is wrong, such as applications[0].deploymentGroups[1].name; empty for the whole.
	Key    string
	Reason string
}

// Error names the line and the key and says what is wrong.
func (e *SeedError) Error() string {
	text := e.Reason
	if e.Key != "" {
		text = e.Key + ": " + text
	}
	if e.Line > 0 {
		text = fmt.Sprintf("line %d: %s", e.Line, text)
	}
	return text
}

// ParseSeed reads a seed in YAML or JSON. Mistakes are a [*SeedError].
func ParseSeed(data []byte) (*Seed, error) {
	seed := &Seed{lines: map[string]int{}}
	decoder := yaml.NewDecoder(bytes.NewReader(data))
	var document, more yaml.Node
	switch err := decoder.Decode(&document); {
	case errors.Is(err, io.EOF):
		return seed, nil
	case err != nil:
		return nil, syntaxError(err)
	}
	if err := decoder.Decode(&more); !errors.Is(err, io.EOF) {
		return nil, &SeedError{Line: more.Line, Reason: "a second document, and a seed is one"}
	}
	if err := seed.shape(document.Content[0], reflect.TypeFor[Seed](), "", maxSeedDepth); err != nil {
		return nil, err
	}
	if err := document.Decode(seed); err != nil {
		return nil, &SeedError{Reason: strings.TrimPrefix(err.Error(), "yaml: ")}
	}
	if err := seed.check(); err != nil {
		return nil, err
	}
	return seed, nil
}

// syntaxError is an error of the YAML library, which has the line in its text.
func syntaxError(err error) *SeedError {
	reason := strings.TrimPrefix(err.Error(), "yaml: ")
	if numbered, ok := strings.CutPrefix(reason, "line "); ok {
		if number, rest, ok := strings.Cut(numbered, ": "); ok {
			if line, err := strconv.Atoi(number); err == nil {
				return &SeedError{Line: line, Reason: rest}
			}
		}
	}
	return &SeedError{Reason: reason}
}

// maxSeedDepth is deeper than any seed; anchors may contain themselves.
const maxSeedDepth = 20

// shape checks that a node has the keys and the kinds of values of the type, and notes the lines.
func (seed *Seed) shape(node *yaml.Node, t reflect.Type, key string, depth int) error {
	if _, noted := seed.lines[key]; !noted {
		seed.lines[key] = node.Line
	}
	if node.Kind == yaml.AliasNode {
		node = node.Alias
	}
	switch {
	case depth == 0:
		return seed.mistake(key, "an anchor that contains itself")
	case node.Tag == "!!null":
		return nil
	case t.Kind() == reflect.Struct:
		return seed.shapeOfMap(node, t, key, depth)
	case t.Kind() == reflect.Slice:
		return seed.shapeOfList(node, t, key, depth)
	case node.Kind != yaml.ScalarNode || node.Decode(reflect.New(t).Interface()) != nil:
		return seed.mistake(key, "%sexpected %s", found(node), expected(t))
	}
	return nil
}

func (seed *Seed) shapeOfMap(node *yaml.Node, t reflect.Type, key string, depth int) error {
	if node.Kind != yaml.MappingNode {
		return seed.mistake(key, "%sexpected keys with values: %s", found(node), strings.Join(keysIn(t), ", "))
	}
	seen := map[string]bool{}
	for i := 0; i < len(node.Content); i += 2 {
		name, value := node.Content[i].Value, node.Content[i+1]
		if name == "<<" {
			if err := seed.shapeOfMerge(value, t, key, depth); err != nil {
				return err
			}
			continue
		}
		field, ok := fieldOf(t, name)
		below := strings.TrimPrefix(key+"."+name, ".")
		seed.lines[below] = node.Content[i].Line
		switch {
		case !ok:
			return seed.mistake(below, "unknown key: there are %s", strings.Join(keysIn(t), ", "))
		case seen[name]:
			return seed.mistake(below, "given twice")
		}
		seen[name] = true
		if err := seed.shape(value, field.Type, below, depth-1); err != nil {
			return err
		}
	}
	return nil
}

// shapeOfMerge checks what is merged into a mapping: another one, or several.
func (seed *Seed) shapeOfMerge(node *yaml.Node, t reflect.Type, key string, depth int) error {
	merged := []*yaml.Node{node}
	if node.Kind == yaml.SequenceNode {
		merged = node.Content
	}
	for _, one := range merged {
		if err := seed.shape(one, t, key, depth-1); err != nil {
			return err
		}
	}
	return nil
}

func (seed *Seed) shapeOfList(node *yaml.Node, t reflect.Type, key string, depth int) error {
	if node.Kind != yaml.SequenceNode {
		return seed.mistake(key, "%sexpected a list", found(node))
	}
	for i, item := range node.Content {
		if err := seed.shape(item, t.Elem(), fmt.Sprintf("%s[%d]", key, i), depth-1); err != nil {
			return err
		}
	}
	return nil
}

// fieldOf finds the field of a key.
func fieldOf(t reflect.Type, key string) (reflect.StructField, bool) {
	for i := range t.NumField() {
		if field := t.Field(i); field.IsExported() && field.Tag.Get("yaml") == key {
			return field, true
		}
	}
	return reflect.StructField{}, false
}

// keysIn are the keys of a type.
func keysIn(t reflect.Type) (keys []string) {
	for i := range t.NumField() {
		if field := t.Field(i); field.IsExported() {
			keys = append(keys, field.Tag.Get("yaml"))
		}
	}
	return keys
}

// found quotes a value that is short.
func found(node *yaml.Node) string {
	if node.Kind != yaml.ScalarNode || len(node.Value) > 40 {
		return ""
	}
	return fmt.Sprintf("found %q, ", node.Value)
}

// expected names what a value of the type is.
func expected(t reflect.Type) string {
	switch {
	case t == reflect.TypeFor[time.Duration]():
		return "a time with its unit, such as 1.5s"
	case t.Kind() == reflect.Bool:
		return "true or false"
	case t.Kind() == reflect.Int:
		return "a whole number"
	case t.Kind() == reflect.Float64:
		return "a number"
	}
	return "a text"
}

// mistake is an error about a key, with the line of it or of the nearest that holds it.
func (seed *Seed) mistake(key, format string, args ...any) error {
	line, holder := 0, key
	for line == 0 && holder != "" {
		line = seed.lines[holder]
		holder = holder[:max(strings.LastIndexAny(holder, ".["), 0)]
	}
	if line == 0 {
		line = seed.lines[""]
	}
	return &SeedError{Line: line, Key: key, Reason: fmt.Sprintf(format, args...)}
}
