package push

import (
	"errors"
	"strings"
	"testing"
	"time"
)

var allValues = map[string]string{
	VarApplication: "shop", VarEnvironment: "staging", VarBranch: "feature/x", VarCommit: "0123456789abcdef", VarShortCommit: "0123456",
	VarBuildNum: "42", VarTag: "v1", VarDigest: "d1", VarTimestamp: "20260131T235959Z", VarBundleType: "tgz",
}

func lookup(env map[string]string) func(string) (string, bool) {
	return func(name string) (string, bool) {
		value, found := env[name]
		return value, found
	}
}

func TestExpandKey(t *testing.T) {
	v := Variables{Values: allValues, LookupEnv: lookup(map[string]string{"REGION": "eu", "AWS_REGION": "eu-west-1"})}
	for template, want := range map[string]string{
		DefaultKey:  "shop/d1.tgz",
		"plain.zip": "plain.zip",
		"{ENVIRONMENT}/{BRANCH}-{SHORT_COMMIT}-{BUILD_NUM}.zip": "staging/feature/x-0123456-42.zip",
		"{COMMIT}{TAG}{TIMESTAMP}":                              "0123456789abcdefv120260131T235959Z",
		"{env:REGION}/{env:AWS_REGION}/a.zip":                   "eu/eu-west-1/a.zip",
		"stray}brace.zip":                                       "stray}brace.zip",
	} {
		if got, err := ExpandKey(template, v); got != want || err != nil {
			t.Errorf("ExpandKey(%q) = %q, %v, want %q", template, got, err, want)
		}
	}
}

func TestExpandKeyErrors(t *testing.T) {
	const known = "(known: {APPLICATION}, {BRANCH}, {BUILD_NUM}, {BUNDLE_TYPE}, {COMMIT}, {DIGEST}, {ENVIRONMENT}, {SHORT_COMMIT}, {TAG}, {TIMESTAMP}, {env:NAME})"
	v := Variables{
		Values:    map[string]string{VarApplication: "shop", VarDigest: "d1", VarTag: ""},
		LookupEnv: lookup(map[string]string{"MY_TOKEN": "x", "EMPTY": "", "BAD": "a\nb", "LONG": strings.Repeat("x", 1025)}),
		Untrusted: true,
	}
	for template, want := range map[string]string{
		"{BRNCH}.zip":    `key "{BRNCH}.zip": {BRNCH} is unknown, did you mean {BRANCH}? ` + known,
		"{branch}":       `key "{branch}": {branch} is unknown, did you mean {BRANCH}? ` + known,
		"a{}":            `key "a{}": has nothing between { and } ` + known,
		"{x":             `key "{x": has no } after "{x"`,
		"{env:}":         `key "{env:}": {env:} must name an environment variable, as in {env:NAME}`,
		"{TAG}.zip":      `key "{TAG}.zip": {TAG} has no value here; these have: {APPLICATION}, {DIGEST}`,
		"{env:NOPE}":     `key "{env:NOPE}": {env:NOPE} has no value here; these have: {APPLICATION}, {DIGEST}`,
		"{env:EMPTY}":    `key "{env:EMPTY}": {env:EMPTY} has no value here; these have: {APPLICATION}, {DIGEST}`,
		"{env:MY_TOKEN}": `key "{env:MY_TOKEN}": {env:MY_TOKEN} is refused in a configuration file, as are AWS_* and all names with SECRET, TOKEN, PASSWORD or KEY`,
		"":               `key "": is empty`,
		"{env:BAD}":      `key "{env:BAD}": gives "a\nb", and a key must be printable text`,
		"{env:LONG}":     `key "{env:LONG}": gives a key of 1025 bytes, and S3 takes at most 1024`,
		"\xff":           `key "\xff": gives "\xff", and a key must be printable text`,
	} {
		_, err := ExpandKey(template, v)
		var e *KeyError
		if !errors.As(err, &e) || err.Error() != want {
			t.Errorf("ExpandKey(%q) error\n got %v\nwant %s", template, err, want)
		}
	}
	if _, err := ExpandKey("{TAG}{env:X}", Variables{}); err == nil || err.Error() != `key "{TAG}{env:X}": {TAG} has no value here` {
		t.Errorf("without any values: %v", err)
	}
}

func TestKeysThatAreNoTemplates(t *testing.T) {
	for _, key := range []string{"{literal}.zip", "/a//b/../c+d é.zip", strings.Repeat("k", 1024)} {
		if err := CheckKey(key); err != nil {
			t.Errorf("CheckKey(%q) = %v", key, err)
		}
	}
	for _, key := range []string{"", "a\nb", "\x7f", "\xff", strings.Repeat("é", 513)} {
		var e *KeyError
		if err := CheckKey(key); !errors.As(err, &e) || e.Template != key {
			t.Errorf("CheckKey(%q) = %v", key, err)
		}
	}
}

func TestSecretNamesAreRefusedOnlyWhereUntrusted(t *testing.T) {
	env := func(string) (string, bool) { return "value", true }
	for name, secret := range map[string]bool{
		"AWS_REGION": true, "aws_region": true, "GITHUB_TOKEN": true, "Db_Password": true, "API_KEY": true, "KEYBOARD": true, "MY_SECRETS": true,
		"CI": false, "JAWS_X": false, "HOME": false,
	} {
		template := "{env:" + name + "}"
		if _, err := ExpandKey(template, Variables{LookupEnv: env, Untrusted: true}); (err != nil) != secret {
			t.Errorf("untrusted %s: %v", name, err)
		}
		if _, err := ExpandKey(template, Variables{LookupEnv: env}); err != nil {
			t.Errorf("trusted %s: %v", name, err)
		}
	}
}

func TestTimestamp(t *testing.T) {
	at := time.Date(2026, 2, 1, 1, 2, 3, 4, time.FixedZone("", 2*3600))
	if got := Timestamp(at); got != "20260131T230203Z" {
		t.Errorf("Timestamp = %s", got)
	}
}

// FuzzExpandKey checks that no template panics, and that without braces it is the key.
func FuzzExpandKey(f *testing.F) {
	for _, seed := range []string{DefaultKey, "{", "}", "{}", "{{TAG}}", "{env:}", "{env:A}", "é{TAG}\x00"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, template string) {
		key, err := ExpandKey(template, Variables{Values: allValues})
		var e *KeyError
		if err != nil && !errors.As(err, &e) {
			t.Fatalf("error of type %T", err)
		}
		if err == nil && (key == "" || len(key) > maxKeyBytes || !strings.Contains(template, "{") && key != template) {
			t.Errorf("ExpandKey(%q) = %q", template, key)
		}
	})
}
