package schema

import (
	"os"
	"path/filepath"
	"testing"

	"go.yaml.in/yaml/v3"

	"github.com/cdx-deploy/cdx/internal/settings"
)

// TestSettingsSchemaAgreesWithTheProgram lets both judge the same files.
func TestSettingsSchemaAgreesWithTheProgram(t *testing.T) {
	tests := map[string]struct {
		text string
		fine bool
	}{
		"nothing":                       {"", true},
		"settings":                      {"application-name: shop\nbucket: b\ntimeout: 1h30m\nignore-hidden-files: true\nexclude: ['*.log']\n", true},
		"numbers that need no quotes":   {"application-name: 2048\ncompression-level: 9\nmax-unpacked: 500MiB\ncli-read-timeout: 0\n", true},
		"a list of one":                 {"deployment-group-name: web\nexclude: tests\n", true},
		"environments":                  {"environments:\n  production:\n    branch: [main, release/*]\n    deployment-group-name: [blue, green]\n  staging:\n    branch: development\n", true},
		"applications":                  {"environments:\n  production:\n    applications:\n      - application-name: api\n        source: api\n      - application-name: web\n        source: web\n", true},
		"an empty environment":          {"environments:\n  production:\n", true},
		"an unknown key":                {"aplication-name: shop\n", false},
		"a value that is none":          {"symlinks: keep\n", false},
		"not true or false":             {"git-modes: maybe\n", false},
		"a time without unit":           {"timeout: 90\n", false},
		"a size of something else":      {"max-unpacked: 10 apples\n", false},
		"what a checkout may not say":   {"profile: admin\n", false},
		"yes":                           {"yes: true\n", false},
		"a flag":                        {"dry-run: true\n", false},
		"the same in an environment":    {"environments:\n  production:\n    endpoint-url: http://127.0.0.1\n", false},
		"a file elsewhere":              {"description: file:///etc/passwd\n", false},
		"branch at the top":             {"branch: main\n", false},
		"environments inside":           {"environments:\n  production:\n    environments: {}\n", false},
		"applications at the top":       {"applications:\n  - application-name: api\n", false},
		"an application without a name": {"environments:\n  production:\n    applications:\n      - source: api\n", false},
		"a run's setting in a block":    {"environments:\n  production:\n    applications:\n      - application-name: api\n        serial: true\n", false},
		"a list for a single value":     {"bucket: [a, b]\n", false},
		"a mapping for a list":          {"exclude: {a: b}\n", false},
		"no mapping":                    {"- bucket\n", false},
	}
	schema := load(t)["cdx.schema.json"]
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), settings.FileName)
			if err := os.WriteFile(path, []byte(test.text), 0o600); err != nil {
				t.Fatal(err)
			}
			if _, err := settings.ReadFile(path); (err == nil) != test.fine {
				t.Errorf("the program says %v", err)
			}
			var value any
			if err := yaml.Unmarshal([]byte(test.text), &value); err != nil {
				t.Fatal(err)
			}
			if err := schema.Validate(plain(value)); (err == nil) != test.fine {
				t.Errorf("the schema says %v", err)
			}
		})
	}
}
