package scaffold

import (
	"reflect"
	"testing"

	"go.yaml.in/yaml/v3"

	"github.com/cdx-deploy/cdx/pkg/appspec"
)

// TestScalarsAreReadAsWritten writes texts that YAML would like to be something else.
func TestScalarsAreReadAsWritten(t *testing.T) {
	for _, text := range []string{
		"", "plain", "apps/{APPLICATION}/{BRANCH}-{SHORT_COMMIT}.zip", "{BRANCH}.zip", "a: b", "#x", "null", "~", "Yes", "no", "1.5", "0x1f", "- a",
		"*x", "&x", "release/*", "a\"b", "a'b", "ä ö", "a\nb", "line\u2028break", "<tag>", "a, b", "[x]", "%TAG", "@x", "=", "...", "true", "2026-01-02", "\x7f", "a{b}{c}",
	} {
		var got struct {
			One  string
			List []string
		}
		if err := yaml.Unmarshal([]byte("one: "+scalar(text)+"\nlist: "+list([]string{text, "x"})+"\n"), &got); err != nil {
			t.Errorf("%q: %v", text, err)
		}
		if got.One != text || !reflect.DeepEqual(got.List, []string{text, "x"}) {
			t.Errorf("%q written as %s became %q", text, scalar(text), got)
		}
	}
}

func TestSettingsText(t *testing.T) {
	s := &Settings{
		Comment: []string{"Top."},
		Pairs:   []Pair{{Name: "wait", Values: []string{"true"}, Comment: "why"}},
		Environments: []Environment{
			{Name: "staging", Branches: []string{"develop"}, Pairs: []Pair{{Name: "deployment-group-name", Values: []string{"a", "b"}}}},
			{Name: "both", Branches: []string{"main", "release/*"}, Applications: [][]Pair{
				{{Name: "application-name", Values: []string{"x"}}, {Name: "source", Values: []string{"x"}}},
				{{Name: "application-name", Values: []string{"y"}}},
			}},
			{Name: "empty"},
		},
		Footer: []string{"", "End."},
	}
	golden(t, "settings", s.Text())
	golden(t, "defaults", Defaults(appspec.Server, "shop", "", "", []string{"production"}).Text())
	golden(t, "defaults-ecs", Defaults(appspec.ECS, "shop", "", "", []string{"production"}).Text())
	golden(t, "defaults-lambda", Defaults(appspec.Lambda, "shop", "", "", []string{"production"}).Text())
	golden(t, "defaults-given", Defaults(appspec.Server, "shop", "my-bucket", "eu-west-1", []string{"blue", "green"}).Text())
}
