package report_test

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/cdx-deploy/cdx/internal/report"
	"github.com/cdx-deploy/cdx/internal/term"
	"github.com/cdx-deploy/cdx/pkg/appspec"
)

// oneFinding is a file with one finding.
func oneFinding(path, text string, f appspec.Finding) []report.CheckedFile {
	return []report.CheckedFile{report.Checked(appspec.Parse(path, []byte(text)), appspec.Server, []appspec.Finding{f})}
}

// brokenExamples checks the example that fires of every rule.
func brokenExamples() []report.CheckedFile {
	var files []report.CheckedFile
	for _, r := range appspec.Rules() {
		file := appspec.Parse("services/"+r.Name+"/appspec.yml", []byte(r.Fires.AppSpec))
		files = append(files, report.Checked(file, file.Platform(), appspec.Check(file, appspec.Options{Agent: appspec.AgentBoth, Final: true})))
	}
	return files
}

// TestCaret sees that the caret stands under the character that the column counts,
// as a terminal shows it.
func TestCaret(t *testing.T) {
	for name, tt := range map[string]struct {
		line   string
		column int
		source string // as printed, behind the line number
		caret  string
	}{
		"ASCII":              {"a: b", 4, "a: b", "   ^"},
		"first":              {"a: b", 1, "a: b", "^"},
		"behind the end":     {"a: b", 9, "a: b", "    ^"},
		"tab":                {"a:\tb", 4, "a:\tb", "  \t^"},
		"two bytes":          {"é: b", 4, "é: b", "   ^"},
		"wide":               {"漢: b", 4, "漢: b", "    ^"},
		"combining":          {"e\u0301: b", 5, "e\u0301: b", "   ^"},
		"emoji of several":   {"👨‍👩‍👧: b", 8, "👨‍👩‍👧: b", "    ^"},
		"control characters": {"a\x1b[31m: b", 9, "a: b", "   ^"},
		"not UTF-8":          {"\xff: b", 4, "\uFFFD: b", "   ^"},
		"long": {strings.Repeat("x", 200) + ": b" + strings.Repeat("y", 200), 204,
			"…" + strings.Repeat("x", 37) + ": b" + strings.Repeat("y", 79) + "…", strings.Repeat(" ", 41) + "^"},
		"long behind": {"a: " + strings.Repeat("z", 200), 4, "a: " + strings.Repeat("z", 116) + "…", "   ^"},
	} {
		t.Run(name, func(t *testing.T) {
			files := oneFinding("f", tt.line, appspec.Finding{Rule: "r", Line: 1, Column: tt.column, Message: "m"})
			lines := strings.Split(report.FindingsText(term.Style{}, files), "\n")
			if got, want := lines[1], "    1 | "+tt.source; got != want {
				t.Errorf("line\n%q\nwant\n%q", got, want)
			}
			if got, want := lines[2], "      | "+tt.caret; got != want {
				t.Errorf("caret\n%q\nwant\n%q", got, want)
			}
		})
	}
}

// TestAnnotations sees that nothing in a finding can end an annotation early or add
// another.
func TestAnnotations(t *testing.T) {
	files := oneFinding("a:b,c%\r\n::error::evil", "x", appspec.Finding{
		Rule: "some-rule", Severity: appspec.SeverityWarning, Line: 1, Column: 2, Agents: []appspec.Agent{appspec.AgentV2},
		Message: "100%\r\n::error::evil", Expected: "a: b, c", Fix: "write \x1b[31mred",
	})
	want := "::warning file=a%3Ab%2Cc%25%0A%3A%3Aerror%3A%3Aevil,line=1,col=2,title=cdx%3A some-rule::100%25 ::error::evil (agent v2)%0Aexpected: a: b, c%0Afix: write red\n"
	if got := report.Annotations(files); got != want {
		t.Errorf("annotations:\n%q\nwant\n%q", got, want)
	}
	if got := report.Annotations(nil); got != "" {
		t.Errorf("annotations of nothing: %q", got)
	}
}

// TestSARIFIsValid holds the log against the published schema.
func TestSARIFIsValid(t *testing.T) {
	schema := sarifSchema(t)
	for name, files := range map[string][]report.CheckedFile{
		"everything": brokenExamples(),
		"nothing":    nil,
		"odd names":  oneFinding(filepath.Join("a b", "100%", "ä:#?.yml"), "x", appspec.Finding{Rule: "mode-octal", Severity: "error", Line: 1, Column: 1}),
		"absolute":   oneFinding(filepath.Join(t.TempDir(), "appspec.yml"), "x", appspec.Finding{Rule: "mode-octal", Severity: "error", Line: 1, Column: 1}),
	} {
		t.Run(name, func(t *testing.T) {
			data, err := json.Marshal(report.SARIF(files, "v1.2.3", true))
			if err != nil {
				t.Fatal(err)
			}
			log, err := jsonschema.UnmarshalJSON(bytes.NewReader(data))
			if err != nil {
				t.Fatal(err)
			}
			if err := schema.Validate(log); err != nil {
				t.Error(err)
			}
		})
	}
}

func sarifSchema(t *testing.T) *jsonschema.Schema {
	t.Helper()
	const name = "testdata/sarif-schema-2.1.0.json"
	f, err := os.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	doc, err := jsonschema.UnmarshalJSON(f)
	if err != nil {
		t.Fatal(err)
	}
	compiler := jsonschema.NewCompiler()
	compiler.AssertFormat()
	if err := compiler.AddResource(name, doc); err != nil {
		t.Fatal(err)
	}
	schema, err := compiler.Compile(name)
	if err != nil {
		t.Fatal(err)
	}
	return schema
}

// TestSARIFRefersToItsRules sees that each result names its rule twice alike, and that
// file names are relative references.
func TestSARIFRefersToItsRules(t *testing.T) {
	data, err := json.Marshal(report.SARIF(brokenExamples(), "devel", false))
	if err != nil {
		t.Fatal(err)
	}
	var log struct {
		Runs []struct {
			Tool struct {
				Driver struct{ Rules []struct{ ID string } }
			}
			Invocations []struct{ ExecutionSuccessful bool }
			Results     []struct {
				RuleID    string
				RuleIndex int
				Locations []struct {
					PhysicalLocation struct{ ArtifactLocation struct{ URI string } }
				}
			}
		}
	}
	if err := json.Unmarshal(data, &log); err != nil {
		t.Fatal(err)
	}
	run := log.Runs[0]
	if run.Invocations[0].ExecutionSuccessful {
		t.Error("the run is called complete")
	}
	for _, result := range run.Results {
		if rule := run.Tool.Driver.Rules[result.RuleIndex].ID; rule != result.RuleID {
			t.Errorf("a result of %s points to %s", result.RuleID, rule)
		}
		if uri := result.Locations[0].PhysicalLocation.ArtifactLocation.URI; !strings.HasPrefix(uri, "services/") {
			t.Errorf("URI %s", uri)
		}
	}
}

func TestFixedText(t *testing.T) {
	file := report.CheckedFile{Path: "f", Fixed: []appspec.Finding{{Rule: "mode-octal", Line: 3, Column: 7, Message: "420"}, {Rule: "x", Line: 4, Column: 1, Message: "y"}}}
	if got, want := report.FixedText(term.Style{}, file), "f:3:7: fixed: 420 [mode-octal]\nf:4:1: fixed: y [x]\n"; got != want {
		t.Errorf("FixedText = %q, want %q", got, want)
	}
}

// TestEveryRuleExplained sees that what is said about rules is fit for a terminal.
func TestEveryRuleExplained(t *testing.T) {
	rules := appspec.Rules()
	if got := strings.Count(report.RulesText(rules), "\n"); got != len(rules) {
		t.Errorf("%d lines for %d rules", got, len(rules))
	}
	for _, r := range rules {
		text := report.ExplanationText(term.Style{}, r)
		for _, part := range []string{r.Summary, "--disable " + r.Name, "cdx:ignore " + r.Name, strings.Fields(r.Why)[0], strings.Fields(r.Fix)[0]} {
			if !strings.Contains(text, part) {
				t.Errorf("%s: the explanation lacks %q", r.Name, part)
			}
		}
		if term.Clean(text) != text || strings.ContainsAny(text, "\t") {
			t.Errorf("%s: the explanation has characters that cannot be seen: %q", r.Name, text)
		}
	}
	if list := report.RulesJSON(rules); len(list) != len(rules) || list[0].Name != rules[0].Name || list[0].Agents == nil {
		t.Errorf("RulesJSON: %d rules", len(list))
	}
}

func TestVisible(t *testing.T) {
	if got, want := report.Visible("a\tb\r\nc\x00\ufeffé\u00a0"), `a\tb\r`+"\n"+`c\x00\ufeffé\u00a0`; got != want {
		t.Errorf("Visible = %q, want %q", got, want)
	}
}

// TestFewerFindings sees that of too many findings errors are reported first, in the
// file's order.
func TestFewerFindings(t *testing.T) {
	var findings []appspec.Finding
	for line := range 3 * report.MaxFindings {
		f := appspec.Finding{Severity: appspec.SeverityWarning, Line: line}
		if line%10 == 9 {
			f.Severity = appspec.SeverityError
		}
		findings = append(findings, f)
	}
	checked := report.Checked(appspec.Parse("f", nil), appspec.Server, findings)
	errors, last := 0, -1
	for _, f := range checked.Findings {
		if f.Line <= last {
			t.Fatalf("line %d after %d", f.Line, last)
		}
		last = f.Line
		if f.Severity == appspec.SeverityError {
			errors++
		}
	}
	if len(checked.Findings) != report.MaxFindings || checked.Omitted != 2*report.MaxFindings || errors != 3*report.MaxFindings/10 {
		t.Errorf("%d findings, %d of them errors, %d omitted", len(checked.Findings), errors, checked.Omitted)
	}
}
