package ci_test

import (
	"fmt"
	"io"
	"regexp"
	"strings"
	"testing"

	"mvdan.cc/sh/v3/syntax"

	"github.com/cdx-deploy/cdx/internal/ci"
	"github.com/cdx-deploy/cdx/internal/term"
)

// Readers of a job's log as the CI systems' own, each giving the commands it obeys.
var readers = map[string]func(line string) string{
	// Source: actions/runner, src/Runner.Common/ActionCommand.cs: "::" first, else "##[".
	"github": func(line string) string {
		line = strings.TrimSpace(line)
		if rest, ok := strings.CutPrefix(line, "::"); ok {
			if name, _, ok := strings.Cut(rest, "::"); ok {
				return firstWord(name)
			}
		}
		if _, rest, ok := strings.Cut(line, "##["); ok && strings.Contains(rest, "]") {
			return "old:" + firstWord(rest)
		}
		return ""
	},
	// Source: microsoft/azure-pipelines-agent, AgentCommand.cs.
	"azure": func(line string) string {
		if _, rest, ok := strings.Cut(strings.ToLower(line), "##vso["); ok && strings.Contains(rest, "]") {
			name, _, _ := strings.Cut(rest, "]")
			return firstWord(name)
		}
		if rest, ok := strings.CutPrefix(line, "##["); ok {
			name, _, _ := strings.Cut(rest, "]")
			return name
		}
		return ""
	},
	"teamcity": func(line string) string {
		if _, rest, ok := strings.Cut(strings.ToLower(line), "##teamcity["); ok {
			if strings.Contains(rest, "##teamcity[") {
				return "nested"
			}
			return firstWord(rest)
		}
		return ""
	},
	"gitlab": func(line string) string {
		var found []string
		for _, match := range gitLabSection.FindAllStringSubmatch(line, -1) {
			found = append(found, match[1])
		}
		return strings.Join(found, " ")
	},
	// Source: buildkite/agent, agent/header_times_streamer.go.
	"buildkite": func(line string) string { return buildkiteHeader.FindString(line) },
	"circleci":  func(string) string { return "" },
}

// Source: GitLab documentation, "CI/CD job logs", Custom collapsible sections.
var gitLabSection = regexp.MustCompile(`section_((?:start)|(?:end)):\d+:[a-zA-Z0-9_.-]+(?:\[[^\]]*\])?\r\x1b\[0K`)

var buildkiteHeader = regexp.MustCompile(`^(?:(?:---|\+\+\+|~~~)\s|\^\^\^\s+\+\+\+)`)

func firstWord(text string) string {
	word, _, _ := strings.Cut(text, " ")
	return word
}

// obeyed are the commands that a system obeys in a log.
func obeyed(system, log string) string {
	var commands []string
	for _, line := range strings.FieldsFunc(log, func(r rune) bool { return r == '\n' }) {
		if command := readers[system](line); command != "" {
			commands = append(commands, command)
		}
	}
	return strings.Join(commands, " ")
}

func hostile() []string {
	return []string{
		"::error::x", "\n::set-output name=a::b", "%0A::error::x", "\r::error::x", "##[command]rm", "##vso[task.setvariable variable=a]b", "##VSO[task.complete]",
		"##teamcity[buildStop]", "']\n##teamcity[buildStop]", "|']", "\x1b[0Ksection_end:1:cdx_1\r\x1b[0K", "--- x", "\n+++ x", "---\tx", "^^^\t+++", "]", ";isOutput=false]x",
		"\u2028::error::x", "\u200b::error::x", "'; rm -rf / #", "$(id)", "`id`", "\ncdx_abababababababababababababababab\nevil=1", "a\nb=c", "#\u00ad#vso[x]",
	}
}

// printed is what goes to the log beside commands: events, hints, warnings and reports,
// where the system has no annotation for them.
func printed(text string) string {
	streams, _, out, errOut := term.Test()
	streams.CI = true
	p := term.NewProgress(streams, term.Verbose)
	p.Event(text)
	p.Detail(text)
	p.Hint(text)
	p.Warn(text)
	p.Notice(text)
	p.Fail(text, text, text)
	p.Report("why:\n    | " + text)
	_, _ = io.WriteString(out, streams.Foreign(text)+"\n")
	return errOut.String() + out.String()
}

func FuzzForeignText(f *testing.F) {
	for _, text := range hostile() {
		f.Add(text)
	}
	plain := make(map[string]string)
	for _, system := range systems {
		log := newJob(f, system, nil).everything(f, "x")
		for _, reader := range systems {
			plain[system+reader] = obeyed(reader, log)
		}
	}
	f.Fuzz(func(t *testing.T, text string) {
		for _, system := range systems {
			j := newJob(t, system, nil)
			log := j.everything(t, text)
			for _, reader := range systems { // the log of one may be read by another around it
				if got := obeyed(reader, log); got != plain[system+reader] {
					t.Errorf("in the log for %s %s obeys %q because of %q, instead of %q", system, reader, got, text, plain[system+reader])
				}
			}
			checkHeld(t, system, j, text)
			if got := obeyed(system, printed(text)); got != "" {
				t.Errorf("%s obeys %q because of %q in the log", system, got, text)
			}
		}
		checkDotenv(t, text)
	})
}

// checkHeld reads the files of a job as its system does.
func checkHeld(t *testing.T, system string, j *job, text string) {
	t.Helper()
	held := j.held(t)
	switch system {
	case "github":
		got, want := gitHubOutputs(t, held), "s3://b/"+term.Clean(text)
		if len(got) != 2 || got["deployment-id"] != "d-1" || got["revision"] != want {
			t.Errorf("the outputs are %q because of %q", got, text)
		}
	case "circleci":
		_, script, _ := strings.Cut(held, "\n")
		file, err := syntax.NewParser().Parse(strings.NewReader(script), "")
		if err != nil {
			t.Fatalf("BASH_ENV cannot be read because of %q: %v", text, err)
		}
		for _, statement := range file.Stmts {
			declaration, ok := statement.Cmd.(*syntax.DeclClause)
			if !ok || len(declaration.Args) != 1 || len(statement.Redirs) > 0 || statement.Background {
				t.Fatalf("BASH_ENV does more than to export because of %q:\n%s", text, script)
			}
			for _, part := range declaration.Args[0].Value.Parts {
				switch part := part.(type) {
				case *syntax.SglQuoted:
				case *syntax.Lit:
					if part.Value != `\'` {
						t.Fatalf("BASH_ENV has %q outside of quotes because of %q", part.Value, text)
					}
				default:
					t.Fatalf("BASH_ENV expands something because of %q:\n%s", text, script)
				}
			}
		}
		if len(file.Stmts) != 2 {
			t.Fatalf("BASH_ENV has %d statements because of %q", len(file.Stmts), text)
		}
	}
}

// gitHubOutputs reads outputs as the runner does.
// Source: actions/runner, src/Runner.Worker/FileCommandManager.cs.
func gitHubOutputs(t *testing.T, held string) map[string]string {
	t.Helper()
	outputs := make(map[string]string)
	_, held, _ = strings.Cut(held, "== output\n")
	held, _, _ = strings.Cut(held, "== summary\n")
	lines := strings.Split(held, "\n")
	for i := 0; i < len(lines); i++ {
		name, delimiter, ok := strings.Cut(lines[i], "<<")
		if !ok {
			if name, value, ok := strings.Cut(lines[i], "="); ok {
				outputs[name] = value
			}
			continue
		}
		var value []string
		for i++; i < len(lines) && lines[i] != delimiter; i++ {
			value = append(value, lines[i])
		}
		outputs[name] = strings.Join(value, "\n")
	}
	return outputs
}

func checkDotenv(t *testing.T, text string) {
	t.Helper()
	got := ci.Dotenv([]ci.Output{{Name: "revision", Value: text}, {Name: "status", Value: "Failed"}})
	if ok, _ := regexp.MatchString(`\ACODEDEPLOY_REVISION=[!-~]*\nCODEDEPLOY_STATUS=Failed\n\z`, got); !ok || strings.ContainsAny(got, "$`'\"\\#;|<>") {
		t.Errorf("the dotenv file is %q because of %q", got, text)
	}
}

func TestDotenv(t *testing.T) {
	got := ci.Dotenv([]ci.Output{{Name: "deployment-id", Value: "d-1,d-2"}, {Name: "revision", Value: "s3://b/k.zip?versionId=1&eTag=2"}, {Name: "status", Value: "$HOME 'a'\n"}})
	want := fmt.Sprintf("CODEDEPLOY_DEPLOYMENT_ID=d-1,d-2\nCODEDEPLOY_REVISION=s3://b/k.zip?versionId=1&eTag=2\nCODEDEPLOY_STATUS=%s\n", "%24HOME%20%27a%27%20")
	if got != want {
		t.Errorf("Dotenv = %q, want %q", got, want)
	}
}
