// Package shorthand reads option values in the AWS CLI's notation into the structs
// of the AWS SDK, so that what a user typed after `aws deploy create-deployment`
// means the same to cdx.
//
// A value is either JSON, when its first character is { or [, or the AWS CLI's
// shorthand syntax:
//
//	bucket=my-bucket,key=app.zip,bundleType=zip
//	enabled=true,events=DEPLOYMENT_FAILURE,DEPLOYMENT_STOP_ON_ALARM
//	tagFilters=[{Key=Stage,Value="a, b",Type=KEY_AND_VALUE}],autoScalingGroups=web
//
// Member names are those of the service's API ("bundleType", "Key"), not Go's.
// Source of the grammar: aws/aws-cli awscli/shorthand.py.
package shorthand

import (
	"fmt"
	"reflect"
	"strings"
	"unicode/utf8"
)

// Error says where a value is wrong and what was expected there.
type Error struct {
	Line    int      // 1-based line in the value
	Column  int      // 1-based column, counted in characters
	Where   string   // member that is wrong, like "tagFilters[0].Key"; empty for the value as a whole
	Message string   // what was expected and what was found, like `must be true or false, not "yes"`
	Nearest string   // the known name or value that an unknown one most likely means; else empty
	Known   []string // for an unknown name or value: those that would do; else empty
}

// Error returns one line: position, member, message and what would do instead.
func (e *Error) Error() string {
	var b strings.Builder
	if e.Line > 1 {
		fmt.Fprintf(&b, "line %d, ", e.Line)
	}
	fmt.Fprintf(&b, "column %d: ", e.Column)
	if e.Where != "" {
		b.WriteString(e.Where + " ")
	}
	b.WriteString(e.Message)
	if e.Nearest != "" {
		fmt.Fprintf(&b, ", did you mean %q?", e.Nearest)
	}
	if len(e.Known) > 0 {
		fmt.Fprintf(&b, " (known: %s)", strings.Join(e.Known, ", "))
	}
	return b.String()
}

// Decode reads text into out, a pointer to an SDK struct, to a slice of them, or to a
// map from strings.
// The result replaces what out pointed to; on an error out is left as it was. Every
// error about the text is an [*Error]. As in the AWS CLI, shorthand turns a single
// value into a list of one where a list is expected, and text into numbers and
// booleans; JSON has to have the right types. What resembles a value of an enumeration
// and is none is an error; other values are not checked, since the service may know more
// of them than the SDK.
//
// A file:// prefix is not looked at: reading files is for the caller. Decode panics
// when out is not a pointer, or leads to a type that no API structure uses.
func Decode(text string, out any) error {
	target := reflect.ValueOf(out)
	if target.Kind() != reflect.Pointer || target.IsNil() {
		panic(fmt.Sprintf("shorthand: Decode into %T, want a pointer", out))
	}
	root, isJSON, err := parse(text)
	if err != nil {
		return err
	}
	fresh := reflect.New(target.Type().Elem())
	d := decoder{text: text, strict: isJSON}
	if err := d.set(fresh.Elem(), root, ""); err != nil {
		return err
	}
	target.Elem().Set(fresh.Elem())
	return nil
}

// parse reads text in the notation that its first character tells.
func parse(text string) (root node, isJSON bool, err error) {
	trimmed := strings.TrimLeftFunc(text, isSpace)
	if trimmed == "" {
		return node{}, false, errorAt(text, 0, "", "the value is empty")
	}
	if trimmed[0] == '{' || trimmed[0] == '[' {
		root, err = parseJSON(text)
		return root, true, err
	}
	root, err = parseShorthand(text)
	return root, false, err
}

// errorAt makes an Error for a byte offset, which may be one past the end of text.
func errorAt(text string, offset int, where, format string, args ...any) *Error {
	before := text[:min(max(offset, 0), len(text))]
	line := before[strings.LastIndexByte(before, '\n')+1:]
	return &Error{
		Line:    strings.Count(before, "\n") + 1,
		Column:  utf8.RuneCountInString(line) + 1,
		Where:   where,
		Message: fmt.Sprintf(format, args...),
	}
}
