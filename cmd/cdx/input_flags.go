package main

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"unicode"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/cdx-deploy/cdx/pkg/revision/shorthand"
)

// addInputFlags defines a flag for each member of an operation's input, a pointer to the
// SDK's struct, but for those that are left out: named and written as in the AWS CLI.
func addInputFlags(flags *pflag.FlagSet, in any, without ...string) {
	for field := range reflect.TypeOf(in).Elem().Fields() {
		if !field.IsExported() || slices.Contains(without, field.Name) {
			continue
		}
		name := memberFlag(field.Name)
		about := inputHelp(name)
		switch {
		case isBoolean(field.Type):
			flags.Bool(name, false, about)
			flags.Bool("no-"+name, false, about)
			flags.Lookup("no-" + name).Hidden = true
		case field.Type.Kind() == reflect.Slice:
			flags.Var(&texts{placeholder: placeholderOf(name), of: field.Type.Elem()}, name, about+" (repeatable)")
		default:
			flags.Var(&oneText{placeholder: placeholderOf(name), of: field.Type}, name, about)
		}
	}
}

// memberFlag is the AWS CLI's flag for a member of an input, like s3-key-prefix for
// S3KeyPrefix.
func memberFlag(member string) string {
	var b strings.Builder
	letters := []rune(member)
	for i, r := range letters {
		if i > 0 && unicode.IsUpper(r) && !unicode.IsUpper(letters[i-1]) {
			b.WriteByte('-')
		}
		b.WriteRune(unicode.ToLower(r))
	}
	return b.String()
}

func isBoolean(t reflect.Type) bool {
	return t.Kind() == reflect.Bool || t.Kind() == reflect.Pointer && t.Elem().Kind() == reflect.Bool
}

// oneText is the value of a flag as it was typed.
type oneText struct {
	placeholder, text string
	of                reflect.Type // of the member that it is for; nil allows any text
}

func (t *oneText) String() string { return t.text }

// Type is what the help prints behind the flag.
func (t *oneText) Type() string { return t.placeholder }

func (t *oneText) Set(text string) error {
	t.text = text
	return oneOfValues(t.of, text)
}

// values are those that the flag takes; none allows any.
func (t *oneText) values() []string { return valuesOf(t.of) }

// valuesOf are the values of a member, or of an item of one, that takes only some.
func valuesOf(t reflect.Type) []string {
	if t == nil {
		return nil
	}
	return shorthand.Values(t)
}

func oneOfValues(t reflect.Type, text string) error {
	known := valuesOf(t)
	if known == nil || slices.Contains(known, text) || strings.ContainsAny(text, ":[") { // a file, or JSON
		return nil
	}
	return fmt.Errorf("expected %s, not %q", strings.Join(known, ", "), text)
}

// texts are the values of a repeatable flag as they were typed.
type texts struct {
	placeholder string
	given       []string
	of          reflect.Type // of an item of the member that it is for; nil allows any text
}

func (t *texts) String() string { return strings.Join(t.given, " ") }

// values are those that the flag takes; none allows any.
func (t *texts) values() []string { return valuesOf(t.of) }

// Type is what the help prints behind the flag.
func (t *texts) Type() string { return t.placeholder }

func (t *texts) Set(text string) error {
	t.given = append(t.given, text)
	return oneOfValues(t.of, text)
}

// readInputFlags sets those members of an input whose flags were given.
func readInputFlags(c *cobra.Command, in any) error {
	v := reflect.ValueOf(in).Elem()
	for i := range v.NumField() {
		field := v.Type().Field(i)
		if !field.IsExported() {
			continue
		}
		name := memberFlag(field.Name)
		if isBoolean(field.Type) {
			if err := readBoolean(c, name, v.Field(i)); err != nil {
				return err
			}
			continue
		}
		f := c.Flags().Lookup(name)
		if f == nil || !f.Changed {
			continue
		}
		given := []string{f.Value.String()}
		if several, ok := f.Value.(*texts); ok {
			given = several.given
		}
		for _, text := range given {
			if err := readMember(name, text, v.Field(i)); err != nil {
				return err
			}
		}
	}
	return nil
}

func readBoolean(c *cobra.Command, name string, member reflect.Value) error {
	yes, no := valueOf(c, name) == "true", valueOf(c, "no-"+name) == "true"
	switch {
	case yes && no:
		return &usageError{message: fmt.Sprintf("--%s and --no-%s contradict each other", name, name), hint: "give one of them"}
	case !yes && !no:
		return nil
	case member.Kind() == reflect.Pointer:
		member.Set(reflect.ValueOf(&yes))
	default:
		member.SetBool(yes)
	}
	return nil
}

// readMember sets a member from one value of its flag; a list grows by it.
func readMember(name, text string, member reflect.Value) error {
	value, err := parseParameter(name, text, func(text string) (reflect.Value, error) {
		value := reflect.New(member.Type())
		switch {
		case isPlain(member.Type(), text):
			return value, plainText(value.Elem(), text)
		case member.Kind() == reflect.Slice && strings.HasPrefix(strings.TrimSpace(text), "{"):
			text = "[" + text + "]" // one item
		}
		return value, shorthand.Decode(text, value.Interface())
	})
	if err != nil {
		return err
	}
	if member.Kind() == reflect.Slice && !member.IsNil() {
		member.Set(reflect.AppendSlice(member, value.Elem()))
		return nil
	}
	member.Set(value.Elem())
	return nil
}

// isPlain reports a value that is taken as it is typed: text, and an item of a list of
// texts unless it is a JSON list.
func isPlain(t reflect.Type, text string) bool {
	switch t.Kind() {
	case reflect.Pointer:
		return t.Elem().Kind() == reflect.String
	case reflect.Slice:
		return t.Elem().Kind() == reflect.String && !strings.HasPrefix(strings.TrimSpace(text), "[")
	}
	return t.Kind() == reflect.String
}

func plainText(v reflect.Value, text string) error {
	switch v.Kind() {
	case reflect.Pointer:
		v.Set(reflect.ValueOf(&text))
	case reflect.Slice:
		item := reflect.New(v.Type().Elem()).Elem()
		item.SetString(text)
		v.Set(reflect.Append(reflect.MakeSlice(v.Type(), 0, 1), item))
	default:
		v.SetString(text)
	}
	return nil
}

// anyInput reports whether a flag of an input's members was given, but for some.
func anyInput(c *cobra.Command, in any, without ...string) bool {
	for field := range reflect.TypeOf(in).Elem().Fields() {
		if slices.Contains(without, field.Name) {
			continue
		}
		for _, name := range []string{memberFlag(field.Name), "no-" + memberFlag(field.Name)} {
			if f := c.Flags().Lookup(name); f != nil && f.Changed {
				return true
			}
		}
	}
	return false
}
