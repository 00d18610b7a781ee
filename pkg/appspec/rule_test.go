package appspec

import (
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
)

// run checks an example as a command would.
func (e Example) run(agent Agent) []Finding {
	name := e.Name
	if name == "" {
		name = FileName
	}
	opts := Options{Agent: agent, Final: e.Final}
	if e.Files != nil {
		files := fstest.MapFS{}
		for path, content := range e.Files {
			files[path] = &fstest.MapFile{Data: []byte(content)}
		}
		opts.Files = files
	}
	if e.LeftOut != "" {
		opts.LeftOut = func(path string) (string, bool) { return "ignore rule", path == e.LeftOut }
	}
	text := e.AppSpec
	if e.Size > len(text) {
		text += strings.Repeat("x", e.Size-len(text))
	}
	return Check(Parse(name, []byte(text)), opts)
}

func find(findings []Finding, rule string) (Finding, bool) {
	i := slices.IndexFunc(findings, func(f Finding) bool { return f.Rule == rule })
	if i < 0 {
		return Finding{}, false
	}
	return findings[i], true
}

func TestRuleExamples(t *testing.T) {
	for _, r := range Rules() {
		t.Run(r.Name, func(t *testing.T) {
			fired := r.Fires.run("")
			f, ok := find(fired, r.Name)
			if !ok {
				t.Fatalf("the example does not fire; findings: %+v", fired)
			}
			if f.Message == "" || f.Where == "" {
				t.Errorf("the finding says too little: %+v", f)
			}
			if f.Severity == SeverityError && r.Severity != SeverityError {
				t.Errorf("severity is %s, the rule promises at worst %s", f.Severity, r.Severity)
			}
			if f, ok := find(r.Silent.run(""), r.Name); ok {
				t.Errorf("the other example fires: %+v", f)
			}
			for _, f := range r.Silent.run("") {
				if f.Severity == SeverityError {
					t.Errorf("the example that is fine has an error: %+v", f)
				}
			}
		})
	}
}

func TestRulesAreDescribed(t *testing.T) {
	name := regexp.MustCompile(`^[a-z0-9]+(-[a-z0-9]+)*$`)
	rules := Rules()
	for i, r := range rules {
		if !name.MatchString(r.Name) {
			t.Errorf("%q is no rule name", r.Name)
		}
		if i > 0 && rules[i-1].Name >= r.Name {
			t.Errorf("%q follows %q", r.Name, rules[i-1].Name)
		}
		for _, text := range []string{r.Summary, r.Why, r.Fix, r.Source} {
			if text == "" {
				t.Errorf("%s has an empty description", r.Name)
			}
		}
		if strings.HasSuffix(r.Summary, ".") {
			t.Errorf("%s: the summary is a phrase, without full stop", r.Name)
		}
		if len(r.Platforms) == 0 {
			t.Errorf("%s applies nowhere", r.Name)
		}
	}
}

func TestUnknownRules(t *testing.T) {
	got := UnknownRules([]string{"mode-octal", "mode-octl", "hook-unknown", ""})
	if want := []string{"mode-octl", ""}; !slices.Equal(got, want) {
		t.Errorf("UnknownRules = %q, want %q", got, want)
	}
}
