package settings

import (
	"fmt"
	"maps"
	"strings"
	"time"

	"github.com/spf13/pflag"
	"github.com/spf13/viper"

	"github.com/cdx-deploy/cdx/internal/suggest"
)

// Set is the settings in force for one application: each name with the value
// that won.
type Set struct {
	Environment string // the name of the environment in force, or empty
	viper       *viper.Viper
	origins     map[string]origin
}

// origin is where a value comes from.
type origin struct {
	text   string // as [Set.Origin] says it
	inFile bool   // in a cdx.yml
}

// Source is where values come from.
type Source struct {
	Flags       *pflag.FlagSet
	LookupEnv   func(string) (string, bool)
	File        *File        // nil without one
	Environment *Environment // nil without one
}

// ValueError is a value that its setting does not allow.
type ValueError struct {
	Origin string // such as CDX_TIMEOUT
	Err    error
}

func (e *ValueError) Error() string { return e.Origin + ": " + e.Err.Error() }

// Unwrap returns what is wrong with the value.
func (e *ValueError) Unwrap() error { return e.Err }

// Resolve lets flags beat variables, variables the environment's settings, these
// the top of the file, and that the defaults. The result has one set, or one for
// each of the environment's applications; an application-name that was given as
// flag or variable then picks among them. Its errors are [*ValueError] and
// [*EnvironmentError].
func Resolve(src Source) ([]*Set, error) {
	variables, err := src.variables()
	if err != nil {
		return nil, err
	}
	var sets []*Set
	for _, blocks := range src.layers() {
		sets = append(sets, src.resolve(blocks, variables))
	}
	if src.Environment == nil || len(src.Environment.applications) == 0 {
		return sets, nil
	}
	return src.choose(sets)
}

// layers returns, for each application, the blocks of the file from weak to strong.
func (src Source) layers() [][]block {
	var base []block
	if src.File != nil {
		base = append(base, src.File.block)
	}
	if src.Environment == nil {
		return [][]block{base}
	}
	base = append(base, src.Environment.block)
	if len(src.Environment.applications) == 0 {
		return [][]block{base}
	}
	var layers [][]block
	for _, app := range src.Environment.applications {
		layers = append(layers, append(base[:len(base):len(base)], app))
	}
	return layers
}

// choose keeps the applications that the flag or variable names.
func (src Source) choose(sets []*Set) ([]*Set, error) {
	name := sets[0].String("application-name")
	if sets[0].origins["application-name"].inFile {
		return sets, nil
	}
	for i, app := range src.Environment.applications {
		if app["application-name"].value == name {
			return sets[i : i+1], nil
		}
	}
	var known []string
	for _, app := range src.Environment.applications {
		known = append(known, fmt.Sprint(app["application-name"].value))
	}
	return nil, &EnvironmentError{Message: fmt.Sprintf("environment %s has no application %q, only %s", src.Environment.Name, name, strings.Join(known, ", "))}
}

// variables reads the CDX_… environment.
func (src Source) variables() (map[string]any, error) {
	values := make(map[string]any)
	for _, s := range All() {
		text, ok := src.LookupEnv(s.Variable())
		if !ok || text == "" {
			continue
		}
		if s.Trust == FlagOnly {
			return nil, &ValueError{Origin: s.Variable(), Err: fmt.Errorf("is not read from the environment: use --%s, or unset it", s.Name)}
		}
		value, err := s.parse(text)
		if err != nil {
			return nil, &ValueError{Origin: s.Variable(), Err: err}
		}
		values[s.Name] = value
	}
	return values, nil
}

// resolve fills one viper. Variables are not bound but laid over the file's
// values, because viper would split a list in a variable at its blanks.
func (src Source) resolve(blocks []block, variables map[string]any) *Set {
	set := &Set{viper: viper.New(), origins: make(map[string]origin)}
	values := make(map[string]any)
	for _, b := range blocks {
		for name, entry := range b {
			values[name] = entry.value
			set.origins[name] = origin{text: fmt.Sprintf("%s:%d", src.File.Path, entry.line), inFile: true}
		}
	}
	maps.Copy(values, variables)
	for name := range variables {
		s, _ := Lookup(name)
		set.origins[name] = origin{text: s.Variable()}
	}
	// The map is flat and its names are lower case, so merging cannot fail.
	_ = set.viper.MergeConfigMap(values)
	for _, s := range All() {
		set.add(s, src.Flags.Lookup(s.Name))
	}
	if src.Environment != nil {
		set.Environment = src.Environment.Name
	}
	return set
}

func (s *Set) add(setting Setting, flag *pflag.Flag) {
	if setting.Default != "" {
		s.viper.SetDefault(setting.Name, setting.Default)
	}
	if flag != nil && flag.Changed {
		s.viper.Set(setting.Name, flagValue(flag))
		s.origins[setting.Name] = origin{text: "--" + setting.Name}
	}
}

// flagValue keeps a repeatable flag's values apart, whatever they contain.
func flagValue(flag *pflag.Flag) any {
	if list, ok := flag.Value.(*list); ok {
		return list.values
	}
	return flag.Value.String()
}

// String returns a setting's value as text.
func (s *Set) String(name string) string { return s.viper.GetString(known(name)) }

// Bool returns a setting's value.
func (s *Set) Bool(name string) bool { return s.viper.GetBool(known(name)) }

// Strings returns a setting's values.
func (s *Set) Strings(name string) []string { return s.viper.GetStringSlice(known(name)) }

// Duration returns a setting's value, 0 when it has none.
func (s *Set) Duration(name string) time.Duration { return s.viper.GetDuration(known(name)) }

// Seconds returns a setting's value, 0 when it has none.
func (s *Set) Seconds(name string) time.Duration {
	limit, _ := parseSeconds(s.String(name)) // checked where it came from
	return limit
}

// Size returns a setting's value in bytes, 0 when it has none.
func (s *Set) Size(name string) int64 {
	size, _ := parseSize(s.String(name)) // checked where it came from
	return size
}

// Number returns a setting's value.
func (s *Set) Number(name string) int { return s.viper.GetInt(known(name)) }

// IsSet reports whether the setting was given, its default aside.
func (s *Set) IsSet(name string) bool { return s.origins[known(name)].text != "" }

// Trusted reports whether the setting's value comes from somewhere else than
// cdx.yml, which comes with the checkout.
func (s *Set) Trusted(name string) bool { return !s.origins[known(name)].inFile }

// Origin says where the value comes from: "--bucket", "CDX_BUCKET",
// "cdx.yml:3", "default", or "" when the setting has no value.
func (s *Set) Origin(name string) string {
	if given := s.origins[known(name)]; given.text != "" {
		return given.text
	}
	if setting, _ := Lookup(name); setting.Default != "" {
		return "default"
	}
	return ""
}

// known guards against a name that is no setting, which would silently be empty.
func known(name string) string {
	if _, ok := Lookup(name); !ok {
		panic("settings: no setting is called " + name)
	}
	return name
}

// Strays returns a sentence for each variable that looks like a misspelt
// setting. environ is as from os.Environ.
func Strays(environ []string) []string {
	var strays []string
	for _, pair := range environ {
		name, value, _ := strings.Cut(pair, "=")
		if !strings.HasPrefix(name, "CDX_") || value == "" {
			continue
		}
		if nearest, ok := suggest.Nearest(name, variableNames()); ok && nearest != name {
			strays = append(strays, fmt.Sprintf("%s is no setting: did you mean %s?", name, nearest))
		}
	}
	return strays
}

// variableNames are those of the variables that are read.
func variableNames() []string {
	var names []string
	for _, s := range All() {
		if s.Trust != FlagOnly {
			names = append(names, s.Variable())
		}
	}
	return names
}
