package fill_test

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"github.com/cdx-deploy/cdx/pkg/appspec/fill"
)

// ecs is a file with text in place of the properties.
func ecs(properties string) string {
	return "# ünïcode\nversion: 0.0\nResources:\n  - TargetService:\n      Type: AWS::ECS::Service\n      Properties:\n" + properties
}

func TestSet(t *testing.T) {
	const balancer = "        LoadBalancerInfo: {ContainerName: web, ContainerPort: 80} # stays\n"
	for name, test := range map[string]struct{ in, want string }{
		"a placeholder":          {ecs("        TaskDefinition: <TASK_DEFINITION> # the build's\n" + balancer), ecs("        TaskDefinition: \"arn:x\" # the build's\n" + balancer)},
		"in double quotes":       {ecs("        TaskDefinition: \"a\\\"b\"\n" + balancer), ecs("        TaskDefinition: \"arn:x\"\n" + balancer)},
		"in single quotes":       {ecs("        TaskDefinition: 'it''s'\n" + balancer), ecs("        TaskDefinition: \"arn:x\"\n" + balancer)},
		"no value":               {ecs("        TaskDefinition:\n" + balancer), ecs("        TaskDefinition: \"arn:x\"\n" + balancer)},
		"no value, with comment": {ecs("        TaskDefinition: # later\n" + balancer), ecs("        TaskDefinition: \"arn:x\" # later\n" + balancer)},
		"missing":                {ecs(balancer), ecs("        TaskDefinition: \"arn:x\"\n" + balancer)},
		"another case":           {ecs("        taskdefinition: y\n" + balancer), ecs("        taskdefinition: \"arn:x\"\n" + balancer)},
		"the last of two":        {ecs("        TaskDefinition: y\n        TaskDefinition: z\n"), ecs("        TaskDefinition: y\n        TaskDefinition: \"arn:x\"\n")},
		"CRLF":                   {strings.ReplaceAll(ecs(balancer), "\n", "\r\n"), strings.ReplaceAll(ecs("        TaskDefinition: \"arn:x\"\n"+balancer), "\n", "\r\n")},
		"after a wide character": {ecs("        {LoadBalancerInfo: \"漢\", TaskDefinition: old}\n"), ecs("        {LoadBalancerInfo: \"漢\", TaskDefinition: \"arn:x\"}\n")},
		"JSON": {
			`{"version":0.0,"Resources":[{"S":{"Type":"AWS::ECS::Service","Properties":{"TaskDefinition":"<T>","LoadBalancerInfo":{}}}}]}`,
			`{"version":0.0,"Resources":[{"S":{"Type":"AWS::ECS::Service","Properties":{"TaskDefinition":"arn:x","LoadBalancerInfo":{}}}}]}`,
		},
		"JSON, missing": {
			`{"Resources":[{"S":{"Properties":{"LoadBalancerInfo":{}}}}]}`,
			`{"Resources":[{"S":{"Properties":{"TaskDefinition": "arn:x", "LoadBalancerInfo":{}}}}]}`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := fill.Set([]byte(test.in), fill.TaskDefinition, "arn:x")
			if err != nil || string(got) != test.want {
				t.Errorf("Set = %v\n%s\nwant\n%s", err, got, test.want)
			}
		})
	}
}

func TestSetRefuses(t *testing.T) {
	for name, test := range map[string]struct {
		in, reason string
		line       int
	}{
		"no YAML":             {"a: [", "cannot be read", 0},
		"nothing":             {"", "cannot be read", 0},
		"a server's file":     {"version: 0.0\nos: linux\n", "no list of one resource", 0},
		"two resources":       {"Resources: [{a: {}}, {b: {}}]\n", "no list of one resource", 0},
		"no properties":       {"Resources:\n  - a: {Type: x}\n", "no Properties", 2},
		"empty properties":    {"Resources:\n  - a:\n      Properties: {}\n", "no Properties", 2},
		"a list":              {ecs("        TaskDefinition: [a]\n"), "cannot be replaced", 7},
		"an alias":            {ecs("        X: &a y\n        TaskDefinition: *a\n"), "cannot be replaced", 7},
		"an anchor":           {ecs("        TaskDefinition: &a y\n"), "cannot be replaced", 7},
		"a block":             {ecs("        TaskDefinition: |\n          y\n"), "cannot be replaced", 7},
		"a fold":              {ecs("        TaskDefinition: one\n          two\n"), "cannot be replaced", 7},
		"quotes on two lines": {ecs("        TaskDefinition: \"one\n          two\"\n"), "cannot be replaced", 7},
		"keys of many lines":  {"Resources: [{a: {Properties: \n ? b\n : c\n}}]", "", 0},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := fill.Set([]byte(test.in), fill.TaskDefinition, "arn:x")
			if test.reason == "" { // any notation may be refused, none may be spoilt
				if err == nil && fill.Get(got, fill.TaskDefinition) != "arn:x" {
					t.Errorf("Set spoils the file: %s", got)
				}
				return
			}
			var failed *fill.Error
			if !errors.As(err, &failed) || !strings.Contains(failed.Error(), test.reason) || failed.Line != test.line || failed.Property != fill.TaskDefinition {
				t.Errorf("Set = %q, %v; want an Error with line %d and %q", got, err, test.line, test.reason)
			}
		})
	}
}

func TestGet(t *testing.T) {
	lambda := []byte("Resources:\n  - f:\n      Properties: {Name: f, Alias: live, CurrentVersion: 007}\n")
	for property, want := range map[fill.Property]string{fill.FunctionName: "f", fill.FunctionAlias: "live", fill.CurrentVersion: "007", fill.TargetVersion: ""} {
		if got := fill.Get(lambda, property); got != want {
			t.Errorf("Get(%s) = %q, want %q", property, got, want)
		}
	}
	if got := fill.Get([]byte("- a"), fill.TargetVersion); got != "" {
		t.Errorf("Get of a list = %q", got)
	}
}

// FuzzSet looks for files that Set spoils.
func FuzzSet(f *testing.F) {
	f.Add([]byte(ecs("        TaskDefinition: <TASK_DEFINITION>\n")), "arn:aws:ecs:eu-west-1:1:task-definition/web:7")
	f.Add([]byte(ecs("        TaskDefinition: 'a'\n        B: \"\u2028\"\n")), "x")
	f.Add([]byte("\ufeffResources: [{a: {Properties: {b: \"\u0085\", TaskDefinition: c}}}]\r"), "")
	f.Add([]byte(`{"Resources":[{"a":{"Properties":{"x":1}}}]}`), "v")
	f.Fuzz(func(t *testing.T, text []byte, value string) {
		for _, r := range value {
			if r < ' ' || r > '~' {
				t.Skip()
			}
		}
		before := bytes.Clone(text)
		filled, err := fill.Set(text, fill.TaskDefinition, value)
		if !bytes.Equal(text, before) {
			t.Fatal("Set changes its input")
		}
		if err == nil && fill.Get(filled, fill.TaskDefinition) != value {
			t.Fatalf("Get = %q, want %q", fill.Get(filled, fill.TaskDefinition), value)
		}
	})
}
