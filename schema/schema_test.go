// Package schema holds no code: its tests keep the JSON Schemas of AppSpec files in
// step with the rules of pkg/appspec, and that of cdx.yml with internal/settings.
package schema

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"go.yaml.in/yaml/v3"

	"github.com/cdx-deploy/cdx/pkg/appspec"
)

const base = "https://raw.githubusercontent.com/cdx-deploy/cdx/main/schema/"

// load returns the schemas by file name, each found under its published address.
func load(t *testing.T) map[string]*jsonschema.Schema {
	t.Helper()
	names, err := fs.Glob(os.DirFS("."), "*.schema.json")
	if err != nil || len(names) == 0 {
		t.Fatalf("schemas: %v, %v", names, err)
	}
	compiler := jsonschema.NewCompiler()
	for _, name := range names {
		f, err := os.Open(name)
		if err != nil {
			t.Fatal(err)
		}
		doc, err := jsonschema.UnmarshalJSON(f)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if err := f.Close(); err != nil {
			t.Fatal(err)
		}
		if id := doc.(map[string]any)["$id"]; id != base+name {
			t.Errorf("%s calls itself %v", name, id)
		}
		if err := compiler.AddResource(base+name, doc); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
	}
	schemas := map[string]*jsonschema.Schema{}
	for _, name := range names {
		compiled, err := compiler.Compile(base + name)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		schemas[name] = compiled
	}
	return schemas
}

// decoded reads an example as an editor does; ok is false for what is no YAML, which
// no schema gets to see.
func decoded(e appspec.Example) (value any, ok bool) {
	if err := yaml.Unmarshal([]byte(e.AppSpec), &value); err != nil {
		return nil, false
	}
	return plain(value), true
}

// plain turns the keys of mappings into texts, as in JSON.
func plain(value any) any {
	switch value := value.(type) {
	case map[string]any:
		for key, child := range value {
			value[key] = plain(child)
		}
	case map[any]any:
		texts := map[string]any{}
		for key, child := range value {
			texts[fmt.Sprint(key)] = plain(child)
		}
		return texts
	case []any:
		for i, child := range value {
			value[i] = plain(child)
		}
	}
	return value
}

// caught are the rules whose breaking the schemas notice. The others are about
// spelling that YAML hides, about several values at once, or about other files.
var caught = []string{
	"acls-shape", "capacity-provider", "container-port", "context-invalid", "context-range", "context-user",
	"destination-missing", "document-shape", "empty-file", "empty-path", "except-invalid", "file-exists-behavior",
	"files-overwrite", "files-shape", "hook-at-top-level", "hook-reserved", "hook-unknown", "hooks-shape",
	"lambda-version", "location-missing", "mode-invalid", "mode-misread", "network-configuration", "object-missing",
	"os-invalid", "owner-not-text", "path-glob", "path-not-text", "path-tilde", "path-variable", "pattern-not-text",
	"permissions-on-windows", "permissions-shape", "property-missing", "resource-type", "resources-shape",
	"service-hook", "service-version", "source-missing", "sudo-not-boolean", "timeout-invalid", "timeout-misread",
	"timeout-not-integer", "timeout-too-long", "type-invalid", "unknown-key", "version-invalid",
}

// TestSchemasAgreeWithRules judges the examples of all rules, each by the schema of
// its platform and by the one that picks the platform's.
func TestSchemasAgreeWithRules(t *testing.T) {
	schemas := load(t)
	var found []string
	for _, r := range appspec.Rules() {
		for _, name := range schemasFor(r.Fires) {
			if value, ok := decoded(r.Fires); ok && schemas[name].Validate(value) != nil && !slices.Contains(found, r.Name) {
				found = append(found, r.Name)
			}
		}
		value, ok := decoded(r.Silent)
		for _, name := range schemasFor(r.Silent) {
			if err := schemas[name].Validate(value); !ok || err != nil {
				t.Errorf("%s: %s refuses the example that is fine: %v", r.Name, name, err)
			}
		}
	}
	if !slices.Equal(found, caught) {
		t.Errorf("the schemas catch\n\t%q", strings.Join(found, `", "`))
	}
}

// schemasFor names the schemas that an example is for.
func schemasFor(e appspec.Example) []string {
	platform := appspec.Parse(appspec.FileName, []byte(e.AppSpec)).Platform()
	if platform == "" {
		platform = appspec.Server
	}
	return []string{"appspec.schema.json", "appspec-" + string(platform) + ".schema.json"}
}

// TestSchemasAcceptTheExamples looks at the directories in examples, which deploy.
func TestSchemasAcceptTheExamples(t *testing.T) {
	schemas := load(t)
	names, err := filepath.Glob("../examples/*/appspec.yml")
	if err != nil || len(names) == 0 {
		t.Fatalf("examples: %v, %v", names, err)
	}
	for _, name := range names {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		value, _ := decoded(appspec.Example{AppSpec: string(text)})
		if err := schemas["appspec.schema.json"].Validate(value); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}
