package appspec

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write the golden files anew")

// TestCheckGolden compares the findings of testdata/check/*.yml and *.json with the .golden
// file of the same name, for the default policy and for each agent.
func TestCheckGolden(t *testing.T) {
	inputs, err := filepath.Glob("testdata/check/*.*")
	if err != nil || len(inputs) == 0 {
		t.Fatalf("no test data: %v", err)
	}
	for _, input := range inputs {
		if strings.HasSuffix(input, ".golden") {
			continue
		}
		t.Run(filepath.Base(input), func(t *testing.T) {
			data, err := os.ReadFile(input)
			if err != nil {
				t.Fatal(err)
			}
			f := Parse(filepath.Base(input), data)
			var got strings.Builder
			fmt.Fprintf(&got, "platform %q\n", f.Platform())
			for _, agent := range []Agent{"", AgentV1, AgentV2} {
				fmt.Fprintf(&got, "agent %q\n", agent)
				for _, finding := range Check(f, Options{Agent: agent}) {
					got.WriteString("\t" + describe(finding) + "\n")
				}
			}
			compareGolden(t, input+".golden", got.String())
		})
	}
}

func describe(f Finding) string {
	text := fmt.Sprintf("%d:%d %s %s %s: %s", f.Line, f.Column, f.Severity, f.Rule, f.Where, f.Message)
	if f.Expected != "" {
		text += " | expected " + f.Expected
	}
	if f.Fix != "" {
		text += " | " + f.Fix
	}
	return fmt.Sprintf("%s | %v", text, f.Agents)
}

func compareGolden(t *testing.T, name, got string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(name, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("findings differ from %s (go test -update writes it anew):\n%s", name, got)
	}
}
