package main

import (
	"encoding/json"
	"maps"
	"slices"

	"github.com/cdx-deploy/cdx/internal/settings"
)

// settingsSchema is the JSON Schema of cdx.yml, made of the table of settings. What a
// checkout may not decide is no key of it.
func settingsSchema() []byte {
	run, application, definitions := make(map[string]any), make(map[string]any), make(map[string]any)
	for _, s := range settings.All() {
		if s.Trust != settings.InFile {
			continue
		}
		definitions[s.Name] = settingSchema(s)
		if run[s.Name] = map[string]any{"$ref": "#/definitions/" + s.Name}; !s.OfRun() {
			application[s.Name] = run[s.Name]
		}
	}
	environment := maps.Clone(run)
	environment["branch"] = withHelp(schemaList(schemaScalar("")), "branches that choose this environment, as names or patterns such as release/*")
	environment["applications"] = map[string]any{
		"type": "array", "description": "several applications, each with its own settings",
		"items": schemaObject(application, "application-name"),
	}
	top := maps.Clone(run)
	top["environments"] = map[string]any{
		"type": []string{"object", "null"}, "description": "settings by environment, such as staging or production",
		"additionalProperties": schemaObject(environment),
	}
	schema := schemaObject(top)
	schema["$schema"] = "http://json-schema.org/draft-07/schema#"
	schema["$id"] = "https://raw.githubusercontent.com/cdx-deploy/cdx/main/schema/cdx.schema.json"
	schema["title"] = "cdx.yml, the settings of cdx"
	schema["definitions"] = definitions
	text, err := json.MarshalIndent(schema, "", "  ")
	if err != nil {
		panic(err) // maps, lists and texts
	}
	return append(text, '\n')
}

func schemaObject(properties map[string]any, required ...string) map[string]any {
	schema := map[string]any{"type": []string{"object", "null"}, "properties": properties, "additionalProperties": false}
	if len(required) > 0 {
		schema["type"], schema["required"] = "object", required
	}
	return schema
}

func withHelp(schema map[string]any, text string) map[string]any {
	schema["description"] = text
	return schema
}

// settingSchema is what may stand behind a setting's key.
func settingSchema(s settings.Setting) map[string]any {
	var schema map[string]any
	switch {
	case s.Kind == settings.Bool:
		schema = map[string]any{"type": "boolean"}
	case s.Kind == settings.Strings:
		schema = schemaList(schemaScalar(""))
	case len(s.Values) > 0:
		schema = map[string]any{"enum": schemaValues(s)}
	case s.Kind == settings.Duration:
		schema = map[string]any{"type": "string", "pattern": `^([0-9]+(\.[0-9]+)?(ns|us|µs|ms|s|m|h))+$`}
	case s.Kind == settings.Size:
		schema = schemaScalar(`^[0-9]+ *([KMGT]iB)?$`)
	case s.Kind == settings.Seconds, s.Kind == settings.Number:
		schema = schemaScalar(`^[0-9]+$`)
	default:
		schema = schemaScalar("")
		schema["not"] = map[string]any{"type": "string", "pattern": "^file://"}
	}
	if s.Default != "" {
		schema["default"] = s.Default
		if s.Kind == settings.Number {
			schema["default"] = json.Number(s.Default)
		}
	}
	return withHelp(schema, s.Help)
}

// schemaValues are the fixed values of a setting, those that are digits as numbers too.
func schemaValues(s settings.Setting) []any {
	var all []any
	for _, value := range slices.Concat(s.Values, s.Also) {
		all = append(all, value)
		if json.Valid([]byte(value)) {
			all = append(all, json.Number(value))
		}
	}
	return all
}

// schemaScalar is a single value, which need not be quoted; text has to match the pattern.
func schemaScalar(pattern string) map[string]any {
	schema := map[string]any{"type": []string{"string", "number", "boolean"}}
	if pattern != "" {
		schema["pattern"] = pattern
	}
	return schema
}

func schemaList(item map[string]any) map[string]any {
	list := map[string]any{"type": "array", "items": item}
	return map[string]any{"anyOf": []any{item, list}}
}
