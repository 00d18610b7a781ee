package group

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/cdx-deploy/cdx/pkg/revision/shorthand"
)

// set stores n in dst; where is dst's path.
func (p *parser) set(dst reflect.Value, n *yaml.Node, where string) {
	if n.Kind == yaml.AliasNode {
		n = n.Alias
	}
	if p.nodes++; p.nodes > maxNodes {
		if p.nodes == maxNodes+1 {
			p.fail(n, where, "the file has more than %d values", maxNodes)
		}
		return
	}
	if isNull(n) {
		return
	}
	switch dst.Kind() {
	case reflect.Pointer:
		dst.Set(reflect.New(dst.Type().Elem()))
		p.set(dst.Elem(), n, where)
	case reflect.Struct:
		p.structure(dst, n, where)
	case reflect.Slice:
		p.list(dst, n, where)
	default:
		p.scalar(dst, n, where)
	}
}

func (p *parser) structure(dst reflect.Value, n *yaml.Node, where string) {
	names := membersOf(dst.Type())
	if n.Kind != yaml.MappingNode {
		p.fail(n, where, "must be a mapping with %s, not %s", strings.Join(names, ", "), describe(n))
		return
	}
	seen := make(map[string]int)
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, value := n.Content[i], n.Content[i+1]
		field, ok := fieldOf(dst.Type(), key.Value)
		switch {
		case !ok:
			p.unknown(key, names, where)
		case seen[key.Value] != 0:
			p.fail(key, join(where, key.Value), "stands here again, after line %d", seen[key.Value])
		default:
			seen[key.Value] = key.Line
			p.set(dst.FieldByIndex(field.Index), value, join(where, key.Value))
		}
	}
}

func (p *parser) unknown(key *yaml.Node, names []string, where string) {
	e := p.fail(key, where, "unknown key %q", key.Value)
	e.Nearest = shorthand.Nearest(key.Value, names)
	if e.Nearest == "" {
		e.Message += ", expected one of " + strings.Join(names, ", ")
	}
}

func (p *parser) list(dst reflect.Value, n *yaml.Node, where string) {
	if n.Kind != yaml.SequenceNode {
		p.fail(n, where, "must be a list, not %s", describe(n))
		return
	}
	items := reflect.MakeSlice(dst.Type(), len(n.Content), len(n.Content))
	for i, item := range n.Content {
		at := fmt.Sprintf("%s[%d]", where, i)
		if isNull(item) {
			p.fail(item, at, "is empty")
			continue
		}
		p.set(items.Index(i), item, at)
	}
	dst.Set(items)
}

// scalar stores text, a number or a boolean. Text is not taken from what YAML reads as
// something else: 010 and yes do not mean the same to everybody.
func (p *parser) scalar(dst reflect.Value, n *yaml.Node, where string) {
	tag := n.ShortTag()
	switch {
	case dst.Kind() == reflect.String && n.Kind == yaml.ScalarNode && tag == "!!str":
		dst.SetString(n.Value)
		p.enumerated(dst, n, where)
	case dst.Kind() == reflect.String && n.Kind == yaml.ScalarNode:
		p.fail(n, where, "must be text, not %s: put it in quotes", describe(n))
	case dst.Kind() == reflect.String:
		p.fail(n, where, "must be text, not %s", describe(n))
	case dst.Kind() == reflect.Bool && tag == "!!bool":
		dst.SetBool(strings.EqualFold(n.Value, "true"))
	case dst.Kind() == reflect.Bool:
		p.fail(n, where, "must be true or false, not %s", describe(n))
	default:
		value, err := strconv.ParseInt(n.Value, 10, dst.Type().Bits())
		switch {
		case errors.Is(err, strconv.ErrRange):
			p.fail(n, where, "must be a number of %d bits at most, not %s", dst.Type().Bits(), describe(n))
		case err != nil || tag != "!!int":
			p.fail(n, where, "must be a whole number, not %s", describe(n))
		default:
			dst.SetInt(value)
		}
	}
}

// enumerated finds misspelt values of an enumeration. One that resembles none of the
// known is left to AWS, which may know more of them.
func (p *parser) enumerated(dst reflect.Value, n *yaml.Node, where string) {
	known := shorthand.Values(dst.Type())
	if known == nil || slices.Contains(known, n.Value) {
		return
	}
	if nearest := shorthand.Nearest(n.Value, known); nearest != "" {
		e := p.fail(n, where, "unknown value %q", n.Value)
		e.Nearest = nearest
	}
}

// describe names what a node is, for "must be a list, not …".
func describe(n *yaml.Node) string {
	switch n.Kind {
	case yaml.MappingNode:
		return "a mapping"
	case yaml.SequenceNode:
		return "a list"
	}
	const most = 60
	if runes := []rune(n.Value); len(runes) > most {
		return strconv.Quote(string(runes[:most]) + "…")
	}
	return strconv.Quote(n.Value)
}

// membersOf lists what the API calls the fields of a structure, in their order.
func membersOf(t reflect.Type) []string {
	var names []string
	for field := range t.Fields() {
		if field.IsExported() {
			names = append(names, shorthand.MemberName(t, field.Name))
		}
	}
	return names
}

// fieldOf finds the field that the API calls name.
func fieldOf(t reflect.Type, name string) (reflect.StructField, bool) {
	for field := range t.Fields() {
		if field.IsExported() && shorthand.MemberName(t, field.Name) == name {
			return field, true
		}
	}
	return reflect.StructField{}, false
}

func join(where, name string) string {
	if where == "" {
		return name
	}
	return where + "." + name
}
