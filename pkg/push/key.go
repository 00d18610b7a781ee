package push

import (
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/cdx-deploy/cdx/pkg/revision/shorthand"
)

// DefaultKey is the template for the key of an object when none is given.
const DefaultKey = "{APPLICATION}/{DIGEST}.{BUNDLE_TYPE}"

// Variables of key templates, as they stand between braces. Besides these,
// {env:NAME} stands for the environment variable NAME.
const (
	VarApplication = "APPLICATION"  // the application's name
	VarEnvironment = "ENVIRONMENT"  // the environment chosen in the configuration
	VarBranch      = "BRANCH"       // the branch being built
	VarCommit      = "COMMIT"       // the commit's full hash
	VarShortCommit = "SHORT_COMMIT" // its first 7 characters
	VarBuildNum    = "BUILD_NUM"    // the CI provider's number of the build
	VarTag         = "TAG"          // the tag being built
	VarDigest      = "DIGEST"       // the bundle's digest, 64 hex digits
	VarTimestamp   = "TIMESTAMP"    // when the push began, as [Timestamp] writes it
	VarBundleType  = "BUNDLE_TYPE"  // zip, tar or tgz
)

// envPrefix begins the variables that stand for environment variables.
const envPrefix = "env:"

// maxKeyBytes is the longest key that S3 takes.
// Source: Amazon S3 User Guide, "Naming Amazon S3 objects".
const maxKeyBytes = 1024

// VariableNames lists the names that may stand in braces, {env:NAME} aside.
func VariableNames() []string {
	return []string{
		VarApplication, VarBranch, VarBuildNum, VarBundleType, VarCommit,
		VarDigest, VarEnvironment, VarShortCommit, VarTag, VarTimestamp,
	}
}

// Timestamp writes a time for {TIMESTAMP}: UTC, sortable, like 20260131T235959Z.
func Timestamp(t time.Time) string {
	return t.UTC().Format("20060102T150405Z")
}

// Variables is what a key template can be filled with. The zero value has no values.
type Variables struct {
	// Values maps names (of [VariableNames]) to values. Missing and empty mean that
	// the variable has no value here.
	Values map[string]string
	// LookupEnv gives {env:NAME} its value, as os.LookupEnv does. Nil means that no
	// environment variable has one.
	LookupEnv func(name string) (value string, found bool)
	// Untrusted says that the template came with the checkout, so that {env:NAME}
	// must not carry secrets into object names: it is refused for AWS_* and for
	// names that contain SECRET, TOKEN, PASSWORD or KEY.
	Untrusted bool
}

// KeyError says why a template has no key.
type KeyError struct {
	Template  string   // the template as given
	Variable  string   // the variable at fault without its braces; empty when none is
	Reason    string   // what is wrong, like "has no value here"
	Nearest   string   // the variable that an unknown one most likely means; else empty
	Known     []string // for an unknown variable: all there are, sorted
	Available []string // for a variable without a value: those that have one, sorted
}

// Error returns one line that names the variable and what there is instead.
func (e *KeyError) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "key %q: ", e.Template)
	if e.Variable != "" {
		b.WriteString(braced(e.Variable) + " ")
	}
	b.WriteString(e.Reason)
	if e.Nearest != "" {
		b.WriteString(", did you mean " + braced(e.Nearest) + "?")
	}
	if len(e.Known) > 0 {
		b.WriteString(" (known: " + bracedList(e.Known) + ")")
	}
	if len(e.Available) > 0 {
		b.WriteString("; these have: " + bracedList(e.Available))
	}
	return b.String()
}

func braced(name string) string { return "{" + name + "}" }

func bracedList(names []string) string {
	return "{" + strings.Join(names, "}, {") + "}"
}

// ExpandKey fills a key template like "apps/{APPLICATION}/{BRANCH}-{BUILD_NUM}.zip".
// The error is a [*KeyError] when a variable is unknown, has no value or is refused,
// and when the result is no key that S3 takes.
func ExpandKey(template string, v Variables) (string, error) {
	pieces, err := parseKey(template)
	if err != nil {
		return "", err
	}
	var key strings.Builder
	for _, p := range pieces {
		value := p.text
		if p.variable != "" {
			if value, err = v.value(template, p.variable); err != nil {
				return "", err
			}
		}
		key.WriteString(value)
	}
	if problem := keyProblem(key.String()); problem != "" {
		return "", &KeyError{Template: template, Reason: problem}
	}
	return key.String(), nil
}

// CheckKey says, by a [*KeyError], why S3 or CodeDeploy would not take a key that is no
// template.
func CheckKey(key string) error {
	if problem := keyProblem(key); problem != "" {
		return &KeyError{Template: key, Reason: problem}
	}
	return nil
}

// keyProblem says why S3 or CodeDeploy would not take a key, or "".
func keyProblem(key string) string {
	switch {
	case key == "":
		return "is empty"
	case len(key) > maxKeyBytes:
		return fmt.Sprintf("gives a key of %d bytes, and S3 takes at most %d", len(key), maxKeyBytes)
	case !utf8.ValidString(key) || strings.ContainsFunc(key, isControl):
		return fmt.Sprintf("gives %q, and a key must be printable text", key)
	}
	return ""
}

func isControl(r rune) bool { return r < ' ' || r == 0x7f }

// value is what stands for one variable.
func (v Variables) value(template, name string) (string, error) {
	env, isEnv := strings.CutPrefix(name, envPrefix)
	if isEnv && v.Untrusted && isSecretName(env) {
		return "", &KeyError{Template: template, Variable: name,
			Reason: "is refused in a configuration file, as are AWS_* and all names with SECRET, TOKEN, PASSWORD or KEY"}
	}
	value := v.Values[name]
	if isEnv && v.LookupEnv != nil {
		value, _ = v.LookupEnv(env)
	}
	if value == "" {
		return "", &KeyError{Template: template, Variable: name, Reason: "has no value here", Available: v.available()}
	}
	return value, nil
}

// available lists the variables that have a value.
func (v Variables) available() []string {
	return slices.DeleteFunc(VariableNames(), func(name string) bool { return v.Values[name] == "" })
}

// isSecretName reports whether an environment variable looks as if it held a secret.
func isSecretName(name string) bool {
	name = strings.ToUpper(name)
	return strings.HasPrefix(name, "AWS_") || slices.ContainsFunc([]string{"SECRET", "TOKEN", "PASSWORD", "KEY"},
		func(word string) bool { return strings.Contains(name, word) })
}

// piece is a stretch of a template: plain text, or a variable's name.
type piece struct{ text, variable string }

// parseKey splits a template at its variables and checks that these exist.
func parseKey(template string) ([]piece, error) {
	var pieces []piece
	rest := template
	for {
		text, after, found := strings.Cut(rest, "{")
		if text != "" {
			pieces = append(pieces, piece{text: text})
		}
		if !found {
			return pieces, nil
		}
		name, following, closed := strings.Cut(after, "}")
		if !closed {
			return nil, &KeyError{Template: template, Reason: fmt.Sprintf("has no } after %q", "{"+after)}
		}
		if err := checkVariable(template, name); err != nil {
			return nil, err
		}
		pieces = append(pieces, piece{variable: name})
		rest = following
	}
}

// checkVariable refuses a name that no variable has.
func checkVariable(template, name string) error {
	known := VariableNames()
	env, isEnv := strings.CutPrefix(name, envPrefix)
	if isEnv && env != "" || slices.Contains(known, name) {
		return nil
	}
	e := &KeyError{Template: template, Variable: name, Known: append(known, envPrefix+"NAME")}
	switch {
	case isEnv:
		e.Reason, e.Known = "must name an environment variable, as in {env:NAME}", nil
	case name == "":
		e.Reason = "has nothing between { and }"
	default:
		e.Reason, e.Nearest = "is unknown", shorthand.Nearest(name, known)
	}
	return e
}
