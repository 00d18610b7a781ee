package settings_test

import (
	"errors"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/spf13/pflag"

	"github.com/cdx-deploy/cdx/internal/settings"
)

// write puts a cdx.yml into a new folder and returns its path.
func write(t *testing.T, text string) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), settings.FileName)
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}

func read(t *testing.T, text string) *settings.File {
	t.Helper()
	file, err := settings.ReadFile(write(t, text))
	if err != nil {
		t.Fatal(err)
	}
	return file
}

func flagsOf(t *testing.T, args ...string) *pflag.FlagSet {
	t.Helper()
	flags := pflag.NewFlagSet("test", pflag.ContinueOnError)
	for _, s := range settings.All() {
		settings.AddFlags(flags, s.Name)
	}
	if err := flags.Parse(args); err != nil {
		t.Fatal(err)
	}
	return flags
}

func lookup(pairs map[string]string) func(string) (string, bool) {
	return func(name string) (string, bool) {
		value, ok := pairs[name]
		return value, ok
	}
}

func TestPrecedence(t *testing.T) {
	file := read(t, "bucket: from-top\nkey: from-top\ntimeout: 5m\nenvironments:\n  a:\n    bucket: from-environment\n    key: from-environment\n")
	env, err := file.Pick("a", "")
	if err != nil {
		t.Fatal(err)
	}
	sets, err := settings.Resolve(settings.Source{
		Flags:       flagsOf(t, "--bucket", "from-flag"),
		LookupEnv:   lookup(map[string]string{"CDX_BUCKET": "from-variable", "CDX_KEY": "from-variable", "CDX_DESCRIPTION": "from-variable"}),
		File:        file,
		Environment: env,
	})
	if err != nil {
		t.Fatal(err)
	}
	set := sets[0]
	for _, tt := range []struct{ name, value, origin string }{
		{"bucket", "from-flag", "--bucket"},
		{"key", "from-variable", "CDX_KEY"},
		{"description", "from-variable", "CDX_DESCRIPTION"},
		{"timeout", "5m", file.Path + ":3"},
		{"symlinks", "preserve", "default"},
		{"source", "", ""},
	} {
		if got := set.String(tt.name); got != tt.value {
			t.Errorf("%s = %q, want %q", tt.name, got, tt.value)
		}
		if got := set.Origin(tt.name); got != tt.origin {
			t.Errorf("origin of %s = %q, want %q", tt.name, got, tt.origin)
		}
	}
	if set.Duration("timeout") != 5*time.Minute || set.Environment != "a" {
		t.Errorf("timeout %v, environment %q", set.Duration("timeout"), set.Environment)
	}
	if set.Trusted("timeout") || !set.Trusted("key") || !set.Trusted("bucket") || !set.Trusted("symlinks") {
		t.Error("only what the file says is not trusted")
	}
	if set.IsSet("symlinks") || !set.IsSet("timeout") {
		t.Error("IsSet: a default is not given, a value of the file is")
	}
}

func TestAliases(t *testing.T) {
	file := read(t, "bucket: &name shared\napplication-name: *name\nexclude: [*name]\n")
	sets, err := settings.Resolve(settings.Source{Flags: flagsOf(t), LookupEnv: lookup(nil), File: file})
	if err != nil || sets[0].String("application-name") != "shared" || sets[0].Strings("exclude")[0] != "shared" {
		t.Errorf("aliases: %v, %v", sets[0].String("application-name"), err)
	}
}

func TestLists(t *testing.T) {
	file := read(t, "exclude: [\"*.log\", \"a b\"]\ndeployment-group-name: one\n")
	resolve := func(env map[string]string, args ...string) *settings.Set {
		sets, err := settings.Resolve(settings.Source{Flags: flagsOf(t, args...), LookupEnv: lookup(env), File: file})
		if err != nil {
			t.Fatal(err)
		}
		return sets[0]
	}
	for _, tt := range []struct {
		name string
		set  *settings.Set
		want []string
	}{
		{"file", resolve(nil), []string{"*.log", "a b"}},
		{"variable", resolve(map[string]string{"CDX_EXCLUDE": "x y\nz,1"}), []string{"x y", "z,1"}},
		{"flag", resolve(nil, "--exclude", "p,q", "--exclude", "r s"), []string{"p,q", "r s"}},
	} {
		if got := tt.set.Strings("exclude"); !reflect.DeepEqual(got, tt.want) {
			t.Errorf("%s: %q, want %q", tt.name, got, tt.want)
		}
	}
	if got := resolve(nil).Strings("deployment-group-name"); !reflect.DeepEqual(got, []string{"one"}) {
		t.Errorf("a single value is a list of one: %q", got)
	}
}

func TestBooleanTwins(t *testing.T) {
	file := read(t, "ignore-hidden-files: true\n")
	for _, tt := range []struct {
		args []string
		want bool
	}{
		{nil, true},
		{[]string{"--no-ignore-hidden-files"}, false},
		{[]string{"--ignore-hidden-files=false"}, false},
		{[]string{"--ignore-hidden-files"}, true},
	} {
		sets, err := settings.Resolve(settings.Source{Flags: flagsOf(t, tt.args...), LookupEnv: lookup(nil), File: file})
		if err != nil || sets[0].Bool("ignore-hidden-files") != tt.want {
			t.Errorf("%q: %v, %v", tt.args, sets[0].Bool("ignore-hidden-files"), err)
		}
	}
}

func TestSizes(t *testing.T) {
	for text, want := range map[string]int64{"7": 7, "1KiB": 1024, "500MiB": 500 << 20, "10GiB": 10 << 30, "2TiB": 2 << 40} {
		sets, err := settings.Resolve(settings.Source{Flags: flagsOf(t, "--max-unpacked", text), LookupEnv: lookup(nil)})
		if err != nil || sets[0].Size("max-unpacked") != want {
			t.Errorf("%s = %d, %v; want %d", text, sets[0].Size("max-unpacked"), err, want)
		}
	}
}

func TestSeconds(t *testing.T) {
	for text, want := range map[string]time.Duration{"30": 30 * time.Second, "0": math.MaxInt64} {
		sets, err := settings.Resolve(settings.Source{Flags: flagsOf(t, "--cli-read-timeout", text), LookupEnv: lookup(nil)})
		if err != nil || sets[0].Seconds("cli-read-timeout") != want {
			t.Errorf("%s = %v, %v; want %v", text, sets[0].Seconds("cli-read-timeout"), err, want)
		}
	}
	sets, err := settings.Resolve(settings.Source{Flags: flagsOf(t), LookupEnv: lookup(nil)})
	if err != nil || sets[0].Seconds("cli-read-timeout") != time.Minute { // as the AWS CLI has it
		t.Errorf("without a value: %v, %v", sets[0].Seconds("cli-read-timeout"), err)
	}
}

func TestFlagMistakes(t *testing.T) {
	for _, tt := range []struct {
		args []string
		want string
	}{
		{[]string{"--ignore-hidden-files", "--no-ignore-hidden-files"}, "contradict each other"},
		{[]string{"--no-ignore-hidden-files", "--ignore-hidden-files"}, "contradict each other"},
		{[]string{"--ignore-hidden-files=perhaps"}, `expected true or false, not "perhaps"`},
		{[]string{"--timeout", "30"}, "write 30s or 30m"},
		{[]string{"--timeout", "soon"}, "expected a time such as"},
		{[]string{"--timeout", "0s"}, "above 0"},
		{[]string{"--timeout", "0"}, "above 0"},
		{[]string{"--timeout", "-90"}, "expected a time such as"},
		{[]string{"--max-unpacked", "ten"}, "expected a size such as 500MiB"},
		{[]string{"--max-unpacked", "9999999999TiB"}, "expected a size"},
		{[]string{"--cli-read-timeout", "-1"}, "expected whole seconds"},
		{[]string{"--exclude", ""}, "expected a value"},
		{[]string{"--output", "table"}, "expected text, json or jsonl"},
	} {
		flags := pflag.NewFlagSet("test", pflag.ContinueOnError)
		settings.AddFlags(flags, "ignore-hidden-files", "timeout", "output", "max-unpacked", "cli-read-timeout", "exclude")
		err := flags.Parse(tt.args)
		if err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%q: %v, want %q", tt.args, err, tt.want)
		}
	}
}

func TestVariableMistakes(t *testing.T) {
	for name, value := range map[string]string{"CDX_TIMEOUT": "soon", "CDX_WAIT": "perhaps", "CDX_SYMLINKS": "copy"} {
		_, err := settings.Resolve(settings.Source{Flags: flagsOf(t), LookupEnv: lookup(map[string]string{name: value})})
		var mistake *settings.ValueError
		if !errors.As(err, &mistake) || mistake.Origin != name {
			t.Errorf("%s=%s: %v", name, value, err)
		}
	}
}

func TestFlagOnlySettingsRefuseVariables(t *testing.T) {
	for _, name := range []string{"CDX_S3_LOCATION", "CDX_LOCAL", "CDX_REVISION"} {
		_, err := settings.Resolve(settings.Source{Flags: flagsOf(t), LookupEnv: lookup(map[string]string{name: "1"})})
		var mistake *settings.ValueError
		if !errors.As(err, &mistake) || mistake.Origin != name || !strings.Contains(err.Error(), "use --") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestFileMistakes(t *testing.T) {
	for _, tt := range []struct {
		name, text string
		line       int
		want       string
	}{
		{"unknown with suggestion", "bucket: b\nbuckett: c\n", 2, `unknown setting "buckett": did you mean bucket?`},
		{"unknown without", "bucket: b\n\nxyzzy: c\n", 3, "cdx config lists"},
		{"unknown in environment", "environments:\n  a:\n    branches: main\n", 3, "did you mean branch?"},
		{"refused", "yes: true\n", 1, "may not stand in cdx.yml"},
		{"refused profile", "profile: p\n", 1, "use --profile or CDX_PROFILE"},
		{"flag only", "s3-location: s3://b/k\n", 1, "use --s3-location"},
		{"refused in environment", "environments:\n  a:\n    endpoint-url: http://x\n", 3, "may not stand"},
		{"twice", "bucket: a\nbucket: b\n", 2, "here and on line 1"},
		{"no value", "bucket:\n", 1, "has no value"},
		{"file", "description: file:///etc/passwd\n", 1, "file:// may not stand in cdx.yml"},
		{"empty in a list", "exclude: [a, \"\"]\n", 1, "expected a value or a list of values"},
		{"merge key", "<<: {bucket: b}\n", 1, "<< is not supported"},
		{"two documents", "bucket: b\n---\nbucket: c\n", 0, "more than one YAML document"},
		{"of the run", "environments:\n  a:\n    applications:\n    - application-name: x\n      serial: true\n", 5, "is for the whole run"},
		{"list for one", "bucket: [a]\n", 1, "expected a single value"},
		{"mapping for list", "exclude: {a: b}\n", 1, "expected a value or a list of values"},
		{"bad value", "symlinks: copy\n", 1, "expected preserve, follow or error"},
		{"bad time", "timeout: 30\n", 1, "write 30s or 30m"},
		{"not YAML", "a: b\n\tc: d\n", 2, "not YAML"},
		{"list at the top", "- a\n", 1, "expected a mapping"},
		{"environments a list", "environments: [a]\n", 1, "expected a mapping"},
		{"path out", "source: ../other\n", 1, "leads out of the folder"},
		{"absolute path", "source: /etc\n", 1, "leads out of the folder"},
		{"bad pattern", "environments:\n  a:\n    branch: \"[\"\n", 3, "is no pattern"},
		{"applications no list", "environments:\n  a:\n    applications: {}\n", 3, "expected a list"},
		{"application without name", "environments:\n  a:\n    applications:\n    - source: x\n", 4, "no application-name"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := settings.ReadFile(write(t, tt.text))
			var mistake *settings.FileError
			if !errors.As(err, &mistake) {
				t.Fatalf("ReadFile = %v, want a FileError", err)
			}
			if mistake.Line != tt.line || !strings.Contains(mistake.Message, tt.want) {
				t.Errorf("line %d: %s\nwant line %d: …%s…", mistake.Line, mistake.Message, tt.line, tt.want)
			}
		})
	}
}

func TestPathsMayNotLeaveThroughALink(t *testing.T) {
	name := write(t, "source: out/secret\n")
	outside := t.TempDir()
	if err := os.Mkdir(filepath.Join(outside, "secret"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(outside, filepath.Join(filepath.Dir(name), "out")); err != nil {
		t.Skip("symbolic links:", err)
	}
	if _, err := settings.ReadFile(name); err == nil || !strings.Contains(err.Error(), "leads out") {
		t.Errorf("ReadFile = %v", err)
	}
}

func TestPathsAreRelativeToTheFile(t *testing.T) {
	file := read(t, "source: app/./build\n")
	sets, err := settings.Resolve(settings.Source{Flags: flagsOf(t), LookupEnv: lookup(nil), File: file})
	if want := filepath.Join(file.Dir, "app", "build"); err != nil || sets[0].String("source") != want {
		t.Errorf("source = %q, %v; want %q", sets[0].String("source"), err, want)
	}
}

func TestEmptyAndOversizedFiles(t *testing.T) {
	if file, err := settings.ReadFile(write(t, "# nothing\n")); err != nil || len(file.Environments) != 0 {
		t.Errorf("an empty file: %v, %v", file, err)
	}
	if _, err := settings.ReadFile(write(t, strings.Repeat("#\n", 1<<20))); err == nil || !strings.Contains(err.Error(), "larger than 1 MiB") {
		t.Errorf("a large file: %v", err)
	}
	if _, err := settings.ReadFile(filepath.Join(t.TempDir(), "none.yml")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a missing file: %v", err)
	}
}

func TestFind(t *testing.T) {
	root := t.TempDir()
	sub := filepath.Join(root, "a", "b")
	if err := os.MkdirAll(sub, 0o700); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(root, settings.FileName)
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if got, err := settings.Find(sub); got != "" || err != nil {
		t.Errorf("without a checkout the parent's file is not taken: %q, %v", got, err)
	}
	if got, err := settings.Find(root); got != file || err != nil {
		t.Errorf("without a checkout the folder's own file is: %q, %v", got, err)
	}
	if err := os.Mkdir(filepath.Join(root, ".git"), 0o700); err != nil {
		t.Fatal(err)
	}
	if got, err := settings.Find(sub); got != file || err != nil {
		t.Errorf("in a checkout it is looked for upwards: %q, %v", got, err)
	}
	nearer := filepath.Join(root, "a", settings.FileName)
	if err := os.WriteFile(nearer, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if got, err := settings.Find(sub); got != nearer || err != nil {
		t.Errorf("the nearest wins: %q, %v", got, err)
	}
}

const twoEnvironments = `environments:
  staging:
    branch: development
  production:
    branch: [main, "release/*"]
  rescue:
    branch: "release/1.*"
`

func TestPick(t *testing.T) {
	file := read(t, twoEnvironments)
	for _, tt := range []struct{ name, branch, want, err string }{
		{"", "development", "staging", ""},
		{"", "release/2.0", "production", ""},
		{"rescue", "main", "rescue", ""},
		{"", "release/1.0", "", "matches the environments production and rescue"},
		{"", "feature/x", "", `no environment of`},
		{"", "", "", "use --env NAME"},
		{"prodution", "main", "", "did you mean production?"},
		{"xyz", "main", "", "environments: staging, production, rescue"},
	} {
		env, err := file.Pick(tt.name, tt.branch)
		switch {
		case tt.err != "":
			if err == nil || !strings.Contains(err.Error(), tt.err) {
				t.Errorf("Pick(%q, %q): %v, want %q", tt.name, tt.branch, err, tt.err)
			}
		case err != nil || env.Name != tt.want:
			t.Errorf("Pick(%q, %q) = %v, %v; want %s", tt.name, tt.branch, env, err, tt.want)
		}
	}
}

func TestPickWithoutEnvironments(t *testing.T) {
	var none *settings.File
	if env, err := none.Pick("", "main"); env != nil || err != nil {
		t.Errorf("no file: %v, %v", env, err)
	}
	if _, err := none.Pick("staging", ""); err == nil {
		t.Error("an environment that is asked for must exist")
	}
}

func TestApplications(t *testing.T) {
	file := read(t, `application-name: ignored
bucket: b
environments:
  production:
    deployment-group-name: blue
    applications:
    - application-name: web
      source: web
    - application-name: worker
      deployment-group-name: green
`)
	env, err := file.Pick("production", "")
	if err != nil {
		t.Fatal(err)
	}
	resolve := func(args ...string) ([]*settings.Set, error) {
		return settings.Resolve(settings.Source{Flags: flagsOf(t, args...), LookupEnv: lookup(nil), File: file, Environment: env})
	}
	sets, err := resolve()
	if err != nil || len(sets) != 2 {
		t.Fatalf("%d sets, %v", len(sets), err)
	}
	for i, want := range []struct{ app, group string }{{"web", "blue"}, {"worker", "green"}} {
		if sets[i].String("application-name") != want.app || sets[i].Strings("deployment-group-name")[0] != want.group || sets[i].String("bucket") != "b" {
			t.Errorf("application %d: %s %s", i, sets[i].String("application-name"), sets[i].Strings("deployment-group-name"))
		}
	}
	if sets, err = resolve("--application-name", "worker"); err != nil || len(sets) != 1 || sets[0].Strings("deployment-group-name")[0] != "green" {
		t.Errorf("the flag picks one: %v, %v", sets, err)
	}
	if _, err = resolve("--application-name", "other"); err == nil || !strings.Contains(err.Error(), "only web, worker") {
		t.Errorf("another name: %v", err)
	}
}

// TestFileWithTheNameOfAnotherOrigin reads files that are called like a variable or a flag:
// what they say is trusted no more than what any file says.
func TestFileWithTheNameOfAnotherOrigin(t *testing.T) {
	t.Chdir(t.TempDir())
	for _, name := range []string{"CDX_BUCKET", "--bucket"} {
		text := "bucket: b\nenvironments:\n  a:\n    applications:\n    - application-name: web\n    - application-name: worker\n"
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		file, err := settings.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		sets, err := settings.Resolve(settings.Source{Flags: flagsOf(t), LookupEnv: lookup(nil), File: file, Environment: &file.Environments[0]})
		if err != nil || len(sets) != 2 {
			t.Fatalf("%s: %d applications, %v", name, len(sets), err)
		}
		if sets[0].Trusted("bucket") || sets[0].Origin("bucket") != name+":1" {
			t.Errorf("the bucket comes from %s, trusted: %v", sets[0].Origin("bucket"), sets[0].Trusted("bucket"))
		}
	}
}

func TestStrays(t *testing.T) {
	got := settings.Strays([]string{"PATH=/bin", "CDX_BUCKET=b", "CDX_BUCKETT=b", "CDX_SOMETHING_ELSE_ALTOGETHER=1"})
	if want := []string{"CDX_BUCKETT is no setting: did you mean CDX_BUCKET?"}; !reflect.DeepEqual(got, want) {
		t.Errorf("Strays = %q, want %q", got, want)
	}
}

func TestEverySettingIsWellFormed(t *testing.T) {
	seen := make(map[string]bool)
	for _, s := range settings.All() {
		if seen[s.Name] || s.Help == "" || strings.HasSuffix(s.Help, ".") || s.Name != strings.ToLower(s.Name) {
			t.Errorf("%s: name or help", s.Name)
		}
		seen[s.Name] = true
		if s.Kind != settings.Bool && s.Value == "" {
			t.Errorf("%s: no placeholder", s.Name)
		}
	}
}

func FuzzReadFile(f *testing.F) {
	f.Add("bucket: b\nenvironments:\n  a: {branch: [x]}\n")
	f.Add(twoEnvironments)
	f.Add("a: &a [*a]\n")
	f.Add("environments: {a: {applications: [{application-name: x}]}}")
	dir := f.TempDir()
	f.Fuzz(func(t *testing.T, text string) {
		name := filepath.Join(dir, settings.FileName)
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		file, err := settings.ReadFile(name)
		var mistake *settings.FileError
		if err != nil && !errors.As(err, &mistake) {
			t.Fatalf("ReadFile: %v", err)
		}
		if err == nil {
			_, _ = file.Pick("", "main")
		}
	})
}
