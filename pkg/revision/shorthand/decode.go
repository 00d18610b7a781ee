package shorthand

import (
	"fmt"
	"math"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/aws/aws-sdk-go-v2/service/codedeploy/types"
)

// decoder fills Go values from nodes.
type decoder struct {
	text   string
	strict bool // JSON: values must have their type; shorthand converts
}

// set stores n in dst; where is dst's member path.
func (d *decoder) set(dst reflect.Value, n node, where string) error {
	if n.kind == nullNode {
		return nil
	}
	switch dst.Kind() {
	case reflect.Pointer:
		dst.Set(reflect.New(dst.Type().Elem()))
		return d.set(dst.Elem(), n, where)
	case reflect.Struct:
		if dst.Type() == reflect.TypeFor[time.Time]() {
			return d.setTime(dst, n, where)
		}
		return d.setStruct(dst, n, where)
	case reflect.Slice:
		return d.setList(dst, n, where)
	case reflect.Map:
		return d.setMap(dst, n, where)
	case reflect.String:
		if n.kind != textNode {
			return d.wrongType(n, where, "a string")
		}
		dst.SetString(n.text)
		return d.misspelt(dst.Type(), n, where)
	case reflect.Bool:
		return d.setBool(dst, n, where)
	case reflect.Int32, reflect.Int64:
		return d.setInt(dst, n, where)
	default:
		panic(fmt.Sprintf("shorthand: no notation for %s", dst.Type()))
	}
}

func (d *decoder) setStruct(dst reflect.Value, n node, where string) error {
	if n.kind != structNode {
		return d.wrongType(n, where, "a structure of "+strings.Join(memberNames(dst.Type()), ", "))
	}
	for _, m := range n.members {
		field, ok := fieldFor(dst.Type(), m.name)
		if !ok {
			return d.unknownMember(dst.Type(), m, where)
		}
		if err := d.set(dst.FieldByIndex(field.Index), m.value, join(where, m.name)); err != nil {
			return err
		}
	}
	return nil
}

// setMap fills a map from names to values of one type.
func (d *decoder) setMap(dst reflect.Value, n node, where string) error {
	if n.kind != structNode {
		return d.wrongType(n, where, "names with values")
	}
	dst.Set(reflect.MakeMapWithSize(dst.Type(), len(n.members)))
	for _, m := range n.members {
		value := reflect.New(dst.Type().Elem()).Elem()
		if err := d.set(value, m.value, join(where, m.name)); err != nil {
			return err
		}
		dst.SetMapIndex(reflect.ValueOf(m.name), value)
	}
	return nil
}

func (d *decoder) setList(dst reflect.Value, n node, where string) error {
	items := n.items
	if n.kind != listNode {
		if d.strict {
			return d.wrongType(n, where, "a list")
		}
		items = []node{n}
	}
	list := reflect.MakeSlice(dst.Type(), len(items), len(items))
	for i, item := range items {
		if err := d.set(list.Index(i), item, fmt.Sprintf("%s[%d]", where, i)); err != nil {
			return err
		}
	}
	dst.Set(list)
	return nil
}

func (d *decoder) setBool(dst reflect.Value, n node, where string) error {
	value := n.text
	if n.kind == textNode && !d.strict {
		value = strings.ToLower(value)
	} else if n.kind != boolNode {
		return d.wrongType(n, where, "true or false")
	}
	if value != "true" && value != "false" {
		return d.wrongType(n, where, "true or false")
	}
	dst.SetBool(value == "true")
	return nil
}

func (d *decoder) setInt(dst reflect.Value, n node, where string) error {
	if n.kind != numberNode && (d.strict || n.kind != textNode) {
		return d.wrongType(n, where, "a whole number")
	}
	value, err := strconv.ParseInt(strings.TrimSpace(n.text), 10, dst.Type().Bits())
	if err != nil {
		return d.wrongType(n, where, "a whole number")
	}
	dst.SetInt(value)
	return nil
}

// timeLayouts are the forms of ISO 8601 that are read.
var timeLayouts = [...]string{time.RFC3339, "2006-01-02T15:04Z07:00", "2006-01-02T15:04:05", "2006-01-02T15:04", time.DateTime, time.DateOnly}

// setTime reads a time as the AWS CLI does: seconds since 1970, or ISO 8601, in UTC where no
// zone is given.
func (d *decoder) setTime(dst reflect.Value, n node, where string) error {
	const want = "a time such as 2026-01-31T12:00:00Z"
	if n.kind != textNode && n.kind != numberNode {
		return d.wrongType(n, where, want)
	}
	if seconds, err := strconv.ParseFloat(n.text, 64); err == nil && math.Abs(seconds) < 1<<40 {
		dst.Set(reflect.ValueOf(time.UnixMilli(int64(seconds * 1000)).UTC()))
		return nil
	}
	for _, layout := range timeLayouts {
		if t, err := time.Parse(layout, n.text); err == nil {
			dst.Set(reflect.ValueOf(t))
			return nil
		}
	}
	return d.wrongType(n, where, want)
}

func (d *decoder) wrongType(n node, where, want string) error {
	return errorAt(d.text, n.offset, where, "must be %s, not %s", want, n.describe())
}

func (d *decoder) unknownMember(t reflect.Type, m member, where string) error {
	e := errorAt(d.text, m.offset, where, "has no member %s", quote(m.name))
	if where == "" {
		e.Message = "unknown member " + quote(m.name)
	}
	e.Known = memberNames(t)
	e.Nearest = Nearest(m.name, e.Known)
	return e
}

// misspelt refuses what resembles a value of an enumeration, and is none. One that
// resembles none is left to AWS, which may know more of them.
func (d *decoder) misspelt(t reflect.Type, n node, where string) error {
	known := Values(t)
	if known == nil || slices.Contains(known, n.text) {
		return nil
	}
	e := errorAt(d.text, n.offset, where, "has no value %s", quote(n.text))
	if e.Known, e.Nearest = known, Nearest(n.text, known); e.Nearest == "" {
		return nil
	}
	return e
}

// fieldFor finds the field of a structure that the API calls name.
func fieldFor(t reflect.Type, name string) (reflect.StructField, bool) {
	for field := range t.Fields() {
		if field.IsExported() && MemberName(t, field.Name) == name {
			return field, true
		}
	}
	return reflect.StructField{}, false
}

// memberNames lists, sorted, what the API calls the fields of a structure.
func memberNames(t reflect.Type) []string {
	var names []string
	for field := range t.Fields() {
		if field.IsExported() {
			names = append(names, MemberName(t, field.Name))
		}
	}
	slices.Sort(names)
	return names
}

// MemberName is the API's name for a field of an SDK structure, like "eTag" for ETag: the
// SDK only raises the first letter, and appends "_" to names that Go would mistake. Tags,
// tag filters and a deployment's overview are spelt alike in both.
// Source: the CodeDeploy service model, version 2014-10-06.
func MemberName(t reflect.Type, field string) string {
	switch t {
	case reflect.TypeFor[types.EC2TagFilter](), reflect.TypeFor[types.TagFilter](), reflect.TypeFor[types.Tag](),
		reflect.TypeFor[types.DeploymentOverview]():
		return field
	}
	first, size := utf8.DecodeRuneInString(field)
	return string(unicode.ToLower(first)) + strings.TrimSuffix(field[size:], "_")
}

// join appends a member's name to a path.
func join(where, name string) string {
	if where == "" {
		return name
	}
	return where + "." + name
}

// quote quotes text for a message, cut to a length that leaves it readable.
func quote(text string) string {
	const most = 60
	if utf8.RuneCountInString(text) > most {
		text = string([]rune(text)[:most]) + "…"
	}
	return strconv.Quote(text)
}
