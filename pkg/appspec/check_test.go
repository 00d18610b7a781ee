package appspec

import (
	"fmt"
	"strings"
	"testing"
	"testing/fstest"
	"time"
)

func revisionFS(contents map[string]string) fstest.MapFS {
	files := fstest.MapFS{}
	for path, content := range contents {
		files[path] = &fstest.MapFile{Data: []byte(content)}
	}
	return files
}

func TestCheckAgainstFiles(t *testing.T) {
	const script = "#!/bin/sh\ntrue\n"
	tests := []struct {
		name, text string
		files      map[string]string
		want       string // "line:rule severity", space-separated
	}{
		{"all is there", inFiles("web", "/srv/shop") + "hooks:\n  AfterInstall:\n    - location: /bin/go.sh\n", map[string]string{"web/a": "", "bin/go.sh": script}, ""},
		{"the whole revision", inFiles("/", "/srv/shop"), map[string]string{"a": ""}, ""},
		{"misspelt source", inFiles("buidl", "/srv/shop"), map[string]string{"build/a": ""}, "4:source-not-found error"},
		{"case of a directory", inFiles("Build/a", "/srv/shop"), map[string]string{"build/a": ""}, "4:path-case error"},
		{"case on Windows", onWindows(`Build\a`, `C:\shop`), map[string]string{"build/a": ""}, "4:path-case warning"},
		{"script in another directory", withLocation("linux", "go.sh"), map[string]string{"bin/go.sh": script}, "5:script-not-found error"},
		{"directory as script", withLocation("linux", "bin"), map[string]string{"bin/go.sh": script}, "5:script-not-found error"},
		{"a real file with a wildcard", inFiles("a*b", "/srv/shop"), map[string]string{"a*b": ""}, ""},
		{"a real path like an instance's", withLocation("linux", "/home/app/go.sh"), map[string]string{"home/app/go.sh": script}, ""},
		{"a real file with a blank", withLocation("linux", "'a b.sh'"), map[string]string{"a b.sh": script}, "5:location-with-arguments error"},
		{"a real file with a blank on Windows", withLocation("windows", "'a b.bat'"), map[string]string{"a b.bat": "rem\n"}, ""},
		{"outside the revision", inFiles("../a", "/srv/shop"), map[string]string{"b": ""}, "4:path-parent warning"},
		{"two directories with one name in both", inFiles("a", "/srv") + "  - source: b\n    destination: /srv\n", map[string]string{"a/x/y": "", "b/x/y": "", "b/x/z": ""}, "6:destination-conflict error"},
		{"two directories side by side", inFiles("a", "/srv") + "  - source: b\n    destination: /srv\n", map[string]string{"a/x/y": "", "b/x/z": ""}, ""},
		{"two entries for one file", inFiles("a", "/srv") + "permissions:\n  - object: /srv\n    mode: 755\n  - object: /srv/x\n    pattern: '*.sh'\n    owner: ann\n", map[string]string{"a/x/y.sh": ""}, "9:permission-overlap error"},
		{"two entries that do not meet", inFiles("a", "/srv") + "permissions:\n  - object: /srv\n    pattern: '*'\n    mode: 755\n  - object: /srv/x\n    owner: ann\n", map[string]string{"a/x/y.sh": ""}, ""},
		{"an except that keeps them apart", inFiles("a", "/srv") + "permissions:\n  - object: /srv\n    except: [x.sh]\n    mode: 755\n  - object: /srv\n    pattern: x.sh\n    owner: ann\n", map[string]string{"a/x.sh": "", "a/y": ""}, ""},
		{"a pattern without a match", inFiles("a", "/srv") + "permissions:\n  - object: /srv\n    pattern: '*.sh'\n    mode: 755\n", map[string]string{"a/x/y.sh": ""}, "7:permission-matches-nothing warning"},
		{"a pattern for a file", inFiles("a/run", "/srv") + "permissions:\n  - object: /srv/run\n    pattern: '*'\n    mode: 755\n", map[string]string{"a/run": ""}, "7:pattern-on-file error"},
		{"a pattern for a directory", inFiles("a/run", "/srv/run") + "permissions:\n  - object: /srv/run\n    pattern: '*'\n    mode: 755\n", map[string]string{"a/run/x": ""}, ""},
		{"crlf without shebang", withLocation("linux", "go.sh"), map[string]string{"go.sh": "true\r\nfalse\r\n"}, "5:script-line-endings error"},
		{"crlf in python", withLocation("linux", "go.py"), map[string]string{"go.py": "#!/usr/bin/python3\r\npass\r\n"}, "5:script-line-endings error"},
		{"crlf on Windows", withLocation("windows", "go.bat"), map[string]string{"go.bat": "rem\r\n"}, ""},
		{"utf-16 script", withLocation("linux", "go.sh"), map[string]string{"go.sh": "\xff\xfe#\x00"}, "5:script-bom error"},
		{"python without shebang", withLocation("linux", "go.py"), map[string]string{"go.py": "pass\n"}, "5:script-shebang warning"},
		{"relative interpreter", withLocation("linux", "go.sh"), map[string]string{"go.sh": "#!bash\n"}, "5:script-shebang warning"},
		{"env without a program", withLocation("linux", "go.sh"), map[string]string{"go.sh": "#!/usr/bin/env -S\n"}, "5:script-shebang warning"},
		{"env with a program", withLocation("linux", "go.sh"), map[string]string{"go.sh": "#!/usr/bin/env -S A=b bash -e\nif\n"}, "5:script-syntax warning"},
		{"korn shell", withLocation("linux", "go.sh"), map[string]string{"go.sh": "#!/bin/ksh\nprint hi |&\n"}, ""},
		{"program", withLocation("linux", "go"), map[string]string{"go": "\x7fELF\x00\r\n"}, ""},
		{"another program", withLocation("linux", "go"), map[string]string{"go": "MZ\x00\x00&\r"}, ""},
		{"perl", withLocation("linux", "go.pl"), map[string]string{"go.pl": "#!/usr/bin/perl\nif (1) { print }\n"}, ""},
		{"nohup", withLocation("linux", "go.sh"), map[string]string{"go.sh": "nohup node a.js &\n"}, "5:script-background warning"},
		{"background in a function", withLocation("linux", "go.sh"), map[string]string{"go.sh": "f() { node a.js & }\nf\n"}, "5:script-background warning"},
		{"background with one redirection", withLocation("linux", "go.sh"), map[string]string{"go.sh": "node a.js > log &\n"}, "5:script-background warning"},
		{"background with both in one", withLocation("linux", "go.sh"), map[string]string{"go.sh": "node a.js &> log &\n"}, ""},
		{"background with two files", withLocation("linux", "go.sh"), map[string]string{"go.sh": "node a.js > log 2> err &\n"}, ""},
		{"background in a redirected group", withLocation("linux", "go.sh"), map[string]string{"go.sh": "{ node a.js & } >> log 2>&1\n"}, ""},
		{"background after exec", withLocation("linux", "go.sh"), map[string]string{"go.sh": "exec > log 2>&1\nnode a.js &\n"}, ""},
		{"background with wait", withLocation("linux", "go.sh"), map[string]string{"go.sh": "a &\nb &\nwait\n"}, ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			findings := Check(Parse(FileName, []byte(test.text)), Options{Files: revisionFS(test.files)})
			if got := summary(findings); got != test.want {
				t.Errorf("findings %q, want %q: %+v", got, test.want, findings)
			}
		})
	}
}

func summary(findings []Finding) string {
	var parts []string
	for _, f := range findings {
		parts = append(parts, fmt.Sprintf("%d:%s %s", f.Line, f.Rule, f.Severity))
	}
	return strings.Join(parts, " ")
}

func TestCheckLeftOut(t *testing.T) {
	files := revisionFS(map[string]string{"build/a.key": "", "build/b": "", "node_modules/x/y": ""})
	leftOut := func(path string) (string, bool) {
		return "*.key in .cdxignore", strings.HasSuffix(path, ".key") || path == "node_modules"
	}
	text := inFiles("build/a.key", "/a") + "  - source: node_modules/x\n    destination: /x\n  - source: build\n    destination: /a\n"
	findings := Check(Parse(FileName, []byte(text)), Options{Files: files, LeftOut: leftOut})
	if got, want := summary(findings), "4:left-out error 6:left-out error"; got != want {
		t.Errorf("findings %q, want %q", got, want)
	}
	if f, _ := find(findings, "left-out"); !strings.Contains(f.Message, "*.key in .cdxignore") {
		t.Errorf("the message does not name the rule: %s", f.Message)
	}
}

func TestCheckSuggests(t *testing.T) {
	files := revisionFS(map[string]string{"scripts/start.sh": "true\n", "deploy/stop.sh": "true\n"})
	for location, want := range map[string]string{"scripts/strat.sh": "scripts/start.sh", "stop.sh": "deploy/stop.sh"} {
		findings := Check(Parse(FileName, []byte(withLocation("linux", location))), Options{Files: files})
		if f, ok := find(findings, "script-not-found"); !ok || f.Fix != "did you mean "+want+"?" {
			t.Errorf("%s: fix %q, want %s", location, f.Fix, want)
		}
	}
}

// TestSeverityByAgent holds the policy: without an agent, what v1 refuses is an error and
// what only v2 refuses a warning; with one, it is judged alone.
func TestSeverityByAgent(t *testing.T) {
	tests := []struct {
		text, rule string
		want       map[Agent]Severity
	}{
		{inScript("timeout: '300'"), "timeout-not-integer", map[Agent]Severity{"": "warning", AgentV1: "", AgentV2: "error", AgentBoth: "error"}},
		{inScript("timeout: 5m"), "timeout-misread", map[Agent]Severity{"": "error", AgentV1: "error", AgentV2: "error", AgentBoth: "error"}},
		{inPermission("mode: 0755"), "mode-octal", map[Agent]Severity{"": "error", AgentV1: "error", AgentV2: "", AgentBoth: "error"}},
		{inHooks("Deploy:\n    - location: a"), "hook-unknown", map[Agent]Severity{"": "warning", AgentV1: "warning", AgentV2: "warning", AgentBoth: "warning"}},
		{"version: 0.0\nos: linux\nos: linux\n", "duplicate-key", map[Agent]Severity{"": "warning", AgentV1: "warning", AgentV2: "error", AgentBoth: "error"}},
		{strings.Replace(ecsFile("80"), "0.0", "1", 1), "service-version", map[Agent]Severity{"": "warning", AgentV1: "error", AgentV2: "error", AgentBoth: "error"}},
		{lambdaFile("1", ""), "property-missing", map[Agent]Severity{"": "error", AgentV1: "error", AgentV2: "error", AgentBoth: "error"}},
	}
	for _, test := range tests {
		for agent, want := range test.want {
			f, _ := find(Check(Parse(FileName, []byte(test.text)), Options{Agent: agent}), test.rule)
			if f.Severity != want {
				t.Errorf("%s for agent %q is %q, want %q", test.rule, agent, f.Severity, want)
			}
		}
	}
}

func TestDisable(t *testing.T) {
	f := Parse(FileName, []byte(inScript("timeout: 5m\n      args: x")))
	if got, want := summary(Check(f, Options{Disable: []string{"timeout-misread"}})), "7:unknown-key warning"; got != want {
		t.Errorf("findings %q, want %q", got, want)
	}
}

func TestPlatform(t *testing.T) {
	tests := map[string]Platform{
		inFiles("a", "/b"): Server, "version: 0.0\n": "", "- a\n": "", "": "", ecsFile("80"): ECS, lambdaFile("1", "2"): Lambda,
		strings.ToLower(ecsFile("80")): ECS, strings.Replace(ecsFile("80"), "AWS::ECS::Service", "AWS::ECS", 1): ECS,
		strings.Replace(lambdaFile("1", "2"), "Type: AWS::Lambda::Function", "", 1): Lambda,
		"Resources: [{a: &a {b: *a}}]\n":                                            "",
		"hooks:\n":                                                                  Server,
	}
	for text, want := range tests {
		if got := Parse(FileName, []byte(text)).Platform(); got != want {
			t.Errorf("%q is for %q, want %q", text, got, want)
		}
	}
	findings := Check(Parse(FileName, []byte(inFiles("a", "/b"))), Options{Platform: Lambda})
	if _, ok := find(findings, "resources-shape"); !ok {
		t.Errorf("a forced platform is not checked: %+v", findings)
	}
}

func TestLimits(t *testing.T) {
	large := Check(Parse(FileName, make([]byte, 10<<20)), Options{})
	if got, want := summary(large), "1:file-too-large error"; got != want {
		t.Errorf("10 MiB: %q, want %q", got, want)
	}
	nodes := Check(Parse(FileName, []byte("a: ["+strings.Repeat("a,", MaxNodes)+"]")), Options{})
	if got, want := summary(nodes), "1:file-too-large error"; got != want {
		t.Errorf("many nodes: %q, want %q", got, want)
	}
	accepted := map[string]bool{
		"hooks": true, "files": true, "comments": true, "lines": true, "plain": true, "grants": true, "unknown": true, "keys": true, "permissions": true,
		"aliases": true,
	}
	for name, text := range hostileFiles(MaxSize / 32) {
		start := time.Now()
		f := Parse(FileName, text)
		Check(f, Options{})
		if _, err := f.Spec(AgentV2); (err == nil) != accepted[name] {
			t.Errorf("%s: agent v2 says %v", name, err)
		}
		if took := time.Since(start); took > 10*time.Second {
			t.Errorf("%s took %v", name, took)
		}
	}
}

func TestLine(t *testing.T) {
	f := Parse("dir/x.yml", []byte("\ufeffa: b\r\nc: é\rd\n"))
	for number, want := range map[int]string{0: "", 1: "a: b", 2: "c: é", 3: "d", 4: "", 5: ""} {
		if got := f.Line(number); got != want {
			t.Errorf("Line(%d) = %q, want %q", number, got, want)
		}
	}
	if f.Lines() != 4 || f.Name() != "dir/x.yml" {
		t.Errorf("Lines = %d, Name = %q", f.Lines(), f.Name())
	}
}

func TestEvents(t *testing.T) {
	for _, event := range ReservedServerEvents() {
		for _, other := range ServerEvents() {
			if event == other {
				t.Errorf("%s is both", event)
			}
		}
	}
	if len(ServerEvents()) != 9 || len(ECSEvents()) != 5 || len(LambdaEvents()) != 2 {
		t.Error("the user guide has 9, 5 and 2 lifecycle events that run something")
	}
}

func TestMisspeltRulesInComments(t *testing.T) {
	tests := []struct{ line, want string }{
		{"timeout: 60 # cdx:ignore timeout-misraed", "6:ignore-unknown warning"},
		{"timeout: 60 # cdx:ignore nonsense, timeout-misread", "6:ignore-unknown warning"},
		{"timeout: 60 # cdx:ignore timeout-misread, mode-octla", "6:ignore-unknown warning"},
		{"timeout: 60 # cdx:ignore timeout-misread since the well-known app wants it", ""},
		{"timeout: 60 # cdx:ignore", ""},
	}
	for _, test := range tests {
		if got := summary(Check(Parse("appspec.yml", []byte(inScript(test.line))), Options{})); got != test.want {
			t.Errorf("%s: %s, want %s", test.line, got, test.want)
		}
	}
	finding := Check(Parse("appspec.yml", []byte("# cdx:ignore mode-octla\n"+inScript("timeout: 60"))), Options{})
	if len(finding) != 1 || finding[0].Line != 1 || finding[0].Column != 14 || finding[0].Fix != "write mode-octal" {
		t.Errorf("found %+v", finding)
	}
}
