// Package settings knows every setting of cdx: its one name, where it may be
// given, and which of several values wins.
//
// A setting named deployment-group-name is the flag --deployment-group-name,
// the environment variable CDX_DEPLOYMENT_GROUP_NAME and the key
// deployment-group-name of cdx.yml. A flag beats the variable, the variable
// beats the file, the file beats the default.
package settings

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
)

// Kind is the type of a setting's value.
type Kind int

// The kinds of settings.
const (
	String   Kind = iota
	Bool          // true or false; the flag has a --no-… twin
	Strings       // repeatable flag; a list in cdx.yml; one value a line in the environment
	Duration      // Go notation, such as 90s or 1h30m
	Size          // bytes, such as 500MiB
	Seconds       // whole seconds, 0 for no limit, as the AWS CLI has it
	Number        // a whole number from 1
)

// Trust says how far a cdx.yml, which comes with the checkout, may decide a setting.
type Trust int

// The levels of trust.
const (
	InFile    Trust = iota // may stand in cdx.yml
	NotInFile              // flag or environment only, since a checkout must not decide it
	FlagOnly               // command line only
)

// Setting describes one setting.
type Setting struct {
	Name    string
	Short   string // one-letter flag, or empty
	Kind    Kind
	Default string
	Value   string   // placeholder in the help, such as NAME
	Help    string   // one line, no full stop
	Values  []string // the values allowed; nil allows any
	Also    []string // further ones that only the command AlsoFor takes
	AlsoFor string
	Missing string // why other known values are not allowed; empty: nothing to say
	Bare    string // what the flag means without a value; empty: it needs one
	Trust   Trust
	Hidden  bool // of the AWS CLI's global options: accepted everywhere, left out of the help
	Path    bool // a path: in cdx.yml it is relative to the file and stays inside its folder
}

// Variable returns the environment variable's name, such as CDX_BUCKET.
func (s Setting) Variable() string {
	return "CDX_" + strings.ToUpper(strings.ReplaceAll(s.Name, "-", "_"))
}

// OfRun reports a setting that cannot differ from one application to the next.
func (s Setting) OfRun() bool {
	return s.Name == "serial" || slices.ContainsFunc(global, func(g Setting) bool { return g.Name == s.Name })
}

// parse turns the text of a variable or flag into the setting's value. Its error says why
// text is none, as "expected …".
func (s Setting) parse(text string) (any, error) {
	if len(s.Values) > 0 && !slices.Contains(s.Values, text) && !slices.Contains(s.Also, text) {
		return nil, fmt.Errorf("expected %s, not %q", s.allowed(), text)
	}
	return parse(s.Kind, text)
}

// check is parse where only the error matters.
func (s Setting) check(text string) error {
	_, err := s.parse(text)
	return err
}

// allowed lists the values of a setting.
func (s Setting) allowed() string {
	text := oneOf(s.Values)
	if len(s.Also) > 0 {
		text += " (for " + s.AlsoFor + " also " + oneOf(s.Also) + ")"
	}
	if s.Missing != "" {
		text += " (" + s.Missing + ")"
	}
	return text
}

func oneOf(values []string) string {
	if len(values) == 1 {
		return values[0]
	}
	last := len(values) - 1
	return strings.Join(values[:last], ", ") + " or " + values[last]
}

// sorted is done once, since every start of cdx goes through all settings several times.
var sorted = sync.OnceValue(func() []Setting {
	all := make([]Setting, 0, len(byName()))
	for _, name := range slices.Sorted(maps.Keys(byName())) {
		all = append(all, byName()[name])
	}
	return all
})

// All returns every setting, sorted by name. The caller must not change it.
func All() []Setting { return sorted() }

// Lookup returns the setting called name.
func Lookup(name string) (Setting, bool) {
	s, ok := byName()[name]
	return s, ok
}
