package appspec

import (
	"os"
	"path/filepath"
	"testing"
	"testing/fstest"
	"time"
	"unicode/utf8"
)

// addSeeds adds the examples of all rules, the golden inputs, and what is known to
// surprise YAML parsers.
func addSeeds(f *testing.F) {
	for _, r := range Rules() {
		f.Add([]byte(r.Fires.AppSpec))
		f.Add([]byte(r.Silent.AppSpec))
	}
	inputs, err := filepath.Glob("testdata/check/*.*")
	if err != nil {
		f.Fatal(err)
	}
	for _, input := range inputs {
		if filepath.Ext(input) == ".golden" {
			continue
		}
		data, err := os.ReadFile(input)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	for _, seed := range []string{
		"a:\r\n\r b: \u2028c\u0085- ", "? &a [*a]\n: *a", "a: &a {<<: *a}", "--- |\n---\n...\n", "%YAML 1.2\n--- {a: b, c: d?, e: \"\\/\"}", "a: |9\n x", "\ufeff- a\n", "a: !!binary ==\n",
		"{{a}}: b", "a: >\n\n\n", "a:\n\n\n\n", "\"a\\\n b\": c", "hooks: {? {}: []}", "'", "\"\\", "a: *", "\x00", "\xff\xfe", "- - - - - a", "a: b: c", "x: !a,b c",
	} {
		f.Add([]byte(seed))
	}
}

// FuzzParse checks that no text makes the parser panic, and that it knows its lines.
func FuzzParse(f *testing.F) {
	addSeeds(f)
	f.Fuzz(func(t *testing.T, data []byte) {
		file := Parse(FileName, data)
		file.Platform()
		for _, agent := range []Agent{AgentV1, AgentV2} {
			if spec, err := file.Spec(agent); err == nil && spec.OS != "linux" && spec.OS != "windows" {
				t.Errorf("agent %s accepts the operating system %q", agent, spec.OS)
			}
		}
		if lines := file.Lines(); lines < 1 || file.Line(lines+1) != "" || file.Line(0) != "" {
			t.Errorf("%d lines", lines)
		}
	})
}

// FuzzCheck checks that findings lie inside the file and agree with what the agents accept.
func FuzzCheck(f *testing.F) {
	addSeeds(f)
	files := fstest.MapFS{"bin/go.sh": {Data: []byte("#!/bin/sh\n")}, "build/a": {}}
	f.Fuzz(func(t *testing.T, data []byte) {
		start := time.Now()
		file := Parse(FileName, data)
		for _, opts := range []Options{{}, {Agent: AgentV1, Platform: Server}, {Agent: AgentV2, Platform: Server}, {Platform: ECS}, {Platform: Lambda, Agent: AgentBoth}, {Files: files}} {
			findings := Check(file, opts)
			for _, finding := range findings {
				checkFinding(t, file, finding)
			}
			if _, err := file.Spec(opts.Agent); opts.Platform == Server && err != nil && !HasErrors(findings) {
				t.Errorf("agent %s refuses the file (%v), but there is no error: %+v", opts.Agent, err, findings)
			}
		}
		if took := time.Since(start); took > 10*time.Second {
			t.Errorf("took %v", took)
		}
	})
}

func checkFinding(t *testing.T, file *File, f Finding) {
	t.Helper()
	if f.Line < 1 || f.Line > file.Lines() || f.Column < 1 || f.Column > utf8.RuneCountInString(file.Line(f.Line))+1 {
		t.Errorf("position outside the file: %+v", f)
	}
	if f.Rule == "" || f.Message == "" {
		t.Errorf("the finding says too little: %+v", f)
	}
}

// FuzzFix checks what Fix promises, for any text.
func FuzzFix(f *testing.F) {
	addSeeds(f)
	f.Fuzz(func(t *testing.T, data []byte) {
		checkFixed(t, data, Options{})
		checkFixed(t, data, Options{Agent: AgentV2})
	})
}
