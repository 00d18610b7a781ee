package appspec

import (
	"errors"
	"os"
	"reflect"
	"strings"
	"testing"
	"time"
)

func TestSpecComplete(t *testing.T) {
	data, err := os.ReadFile("testdata/check/complete.yml")
	if err != nil {
		t.Fatal(err)
	}
	want := &Spec{
		OS: "linux",
		Files: []FileMapping{
			{Source: "web/", Destination: "/srv/shop/web"},
			{Source: "conf/shop.env", Destination: "/etc/shop"},
		},
		FileExistsBehavior: "OVERWRITE",
		Permissions: []Permission{{
			Object: "/srv/shop/web", Pattern: "**", Except: []string{"*.key"}, Type: []string{"file"}, Owner: "shop", Group: "web",
			Mode: "640", ACLs: []string{"u:backup:r", "m::rw"}, Context: &Context{User: "system_u", Type: "httpd_sys_content_t", Range: "s0"},
		}},
		Hooks: map[string][]Script{
			"ApplicationStop": {{Location: "bin/stop.sh", Timeout: time.Minute, RunAs: "shop"}},
			"AfterInstall":    {{Location: "bin/go.sh", Timeout: time.Hour, Sudo: true}},
		},
	}
	for _, agent := range []Agent{AgentV1, AgentV2} {
		got, err := Parse(FileName, data).Spec(agent)
		if err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%s: Spec = %+v, %v\nwant %+v", agent, got, err, want)
		}
	}
}

// TestSpecDiffers holds what both agents accept, each in its own way.
func TestSpecDiffers(t *testing.T) {
	mode := func(s *Spec) any { return s.Permissions[0].Mode }
	script := func(s *Spec) any { return s.Hooks["AfterInstall"][0] }
	tests := []struct {
		name, text string
		of         func(*Spec) any
		v1, v2     any
	}{
		{"octal mode", inPermission("mode: 0644"), mode, "420", "0644"},
		{"short mode", inPermission("mode: 75"), mode, "075", "075"},
		{"empty mode", inPermission("mode: ''"), mode, "000", "000"},
		{"no mode", inPermission("mode:"), mode, "", ""},
		{"boolean words", inScript("runas: no"), script, Script{Location: "bin/go.sh", Timeout: time.Hour, RunAs: "false"}, Script{Location: "bin/go.sh", Timeout: time.Hour, RunAs: "no"}},
		{"merge key", inScript("<<: {timeout: 5}"), script, Script{Location: "bin/go.sh", Timeout: 5 * time.Second}, Script{Location: "bin/go.sh", Timeout: time.Hour}},
		{"merge keys in a list", inScript("<<: [{timeout: 5}, {timeout: 6, runas: ann}]"), script, Script{Location: "bin/go.sh", Timeout: 5 * time.Second, RunAs: "ann"}, Script{Location: "bin/go.sh", Timeout: time.Hour}},
		{"numbers as text", inPermission("owner: 0x10"), func(s *Spec) any { return s.Permissions[0].Owner }, "16", "0x10"},
		{"blanks", withLocation("linux", "' bin/go.sh '"), script, Script{Location: "bin/go.sh", Timeout: time.Hour}, Script{Location: "bin/go.sh", Timeout: time.Hour}},
		{"equal events", inHooks("AfterInstall:\n    - location: a\n  AfterInstall:\n    - location: b"), script, Script{Location: "b", Timeout: time.Hour}, Script{Location: "b", Timeout: time.Hour}},
		{"null pattern", inPermission("pattern: ~"), func(s *Spec) any { return s.Permissions[0].Pattern }, "**", "**"},
		{"empty type", inPermission("type: []"), func(s *Spec) any { return len(s.Permissions[0].Type) }, 0, 0},
		{"no type", inPermission("type:"), func(s *Spec) any { return len(s.Permissions[0].Type) }, 2, 2},
		{"hexadecimal timeout", inScript("timeout: 0x3C"), script, Script{Location: "bin/go.sh", Timeout: time.Minute}, Script{Location: "bin/go.sh", Timeout: time.Minute}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			f := Parse(FileName, []byte(test.text))
			for agent, want := range map[Agent]any{AgentV1: test.v1, AgentV2: test.v2} {
				spec, err := f.Spec(agent)
				if err != nil {
					t.Errorf("%s: %v", agent, err)
				} else if got := test.of(spec); !reflect.DeepEqual(got, want) {
					t.Errorf("%s reads %+v, want %+v", agent, got, want)
				}
			}
		})
	}
}

// TestSpecOneAgent holds what only one agent accepts.
func TestSpecOneAgent(t *testing.T) {
	tests := []struct {
		name, text string
		accepts    Agent
		check      func(*Spec) bool
	}{
		{"octal mode with a 9", inPermission("mode: 0755"), AgentV2, func(s *Spec) bool { return s.Permissions[0].Mode == "0755" }},
		{"alias", inHooks("AfterInstall: &s\n    - location: a\n  ApplicationStart: *s"), AgentV2, func(s *Spec) bool { return s.Hooks["ApplicationStart"][0].Location == "a" }},
		{"date", inFiles("2024-05-01", "/srv"), AgentV2, func(s *Spec) bool { return s.Files[0].Source == "2024-05-01" }},
		{"exponent", "version: 0e0\nos: linux\n", AgentV2, func(s *Spec) bool { return s.OS == "linux" }},
		{"octal timeout", inScript("timeout: 0o17"), AgentV2, func(s *Spec) bool { return s.Hooks["AfterInstall"][0].Timeout == 15*time.Second }},
		{"clock timeout", inScript("timeout: 1:30"), AgentV1, func(s *Spec) bool { return s.Hooks["AfterInstall"][0].Timeout == 90*time.Minute }},
		{"unit", inScript("timeout: 5m"), AgentV1, func(s *Spec) bool { return s.Hooks["AfterInstall"][0].Timeout == 5*time.Second }},
		{"huge timeout", inScript("timeout: 99999999999999999999"), AgentV1, func(s *Spec) bool { return s.Hooks["AfterInstall"][0].Timeout > 0 }},
		{"no as timeout", inScript("timeout: no"), AgentV1, func(s *Spec) bool { return s.Hooks["AfterInstall"][0].Timeout == time.Hour }},
		{"sudo text", inScript("sudo: 'false'"), AgentV1, func(s *Spec) bool { return s.Hooks["AfterInstall"][0].Sudo }},
		{"duplicate", "version: 0.0\nos: solaris\nos: linux\n", AgentV1, func(s *Spec) bool { return s.OS == "linux" }},
		{"two documents", "version: 0.0\nos: linux\n---\nos: windows\n", AgentV1, func(s *Spec) bool { return s.OS == "linux" }},
		{"null section", "version: 0.0\nos: linux\nhooks: ~\n", AgentV1, func(s *Spec) bool { return len(s.Hooks) == 0 }},
		{"empty destination", inFiles("a", "''"), AgentV1, func(s *Spec) bool { return s.Files[0].Destination == "" }},
		{"zero in base 16", "version: 0x0\nos: linux\n", AgentV1, func(s *Spec) bool { return s.OS == "linux" }},
		{"indented first document", "  version: 0.0\n  os: linux\nfiles:\n  - source: a\n", AgentV1, func(s *Spec) bool { return len(s.Files) == 0 }},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			f := Parse(FileName, []byte(test.text))
			for _, agent := range []Agent{AgentV1, AgentV2} {
				spec, err := f.Spec(agent)
				var refused *RefusedError
				switch {
				case agent == test.accepts && err != nil:
					t.Errorf("%s: %v", agent, err)
				case agent == test.accepts && !test.check(spec):
					t.Errorf("%s reads %+v", agent, spec)
				case agent != test.accepts && !errors.As(err, &refused):
					t.Errorf("%s: err = %v, want a RefusedError", agent, err)
				}
			}
		})
	}
}

func TestSpecRefused(t *testing.T) {
	_, err := Parse(FileName, []byte("version: 0.2\nos: linux\n")).Spec(AgentV1)
	var refused *RefusedError
	if !errors.As(err, &refused) {
		t.Fatalf("err = %v, want a RefusedError", err)
	}
	if refused.Agent != AgentV1 || refused.Line != 1 || refused.Column != 10 || !strings.HasPrefix(refused.Message, "The deployment failed because an invalid version value (0.2)") {
		t.Errorf("refused = %+v", refused)
	}
	if !strings.Contains(refused.Error(), "agent v1 refuses") {
		t.Errorf("Error() = %q", refused.Error())
	}
}
