// Package integrations holds no code: its tests keep what CI systems are given true.
package integrations

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"

	"github.com/cdx-deploy/cdx/internal/settings"
)

func read(t *testing.T, path string) string {
	t.Helper()
	data, err := os.ReadFile(filepath.FromSlash(path))
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// documents are those of a YAML file.
func documents(t *testing.T, path string) []map[string]any {
	t.Helper()
	decoder := yaml.NewDecoder(strings.NewReader(read(t, path)))
	var all []map[string]any
	for {
		var document map[string]any
		err := decoder.Decode(&document)
		if err == io.EOF {
			return all
		}
		if err != nil {
			t.Fatalf("%s: %v", path, err)
		}
		all = append(all, document)
	}
}

// at goes down a document by keys and indices.
func at(t *testing.T, value any, path ...any) any {
	t.Helper()
	for _, step := range path {
		switch step := step.(type) {
		case string:
			value = value.(map[string]any)[step]
		case int:
			value = value.([]any)[step]
		}
		if value == nil {
			t.Fatalf("there is nothing at %v", path)
		}
	}
	return value
}

func TestTheInstallScriptIsTheSameEverywhere(t *testing.T) {
	want := read(t, "install.sh")
	component := documents(t, "gitlab/templates/deploy.yml")[1]
	for name, got := range map[string]any{
		"the GitLab component": at(t, component, "$[[ inputs.job ]]", "before_script", 0),
		"the CircleCI orb":     at(t, documents(t, "circleci/orb.yml")[0], "commands", "install", "steps", 0, "run", "command"),
	} {
		if got != want {
			t.Errorf("%s installs cdx by another script than install.sh", name)
		}
	}
	if strings.Contains(want, "<<") {
		t.Error("install.sh holds <<, which CircleCI takes for a parameter")
	}
}

func TestInputsAreDocumented(t *testing.T) {
	guide := read(t, "../docs/ci.md")
	action := documents(t, "../action.yml")[0]
	orb := documents(t, "circleci/orb.yml")[0]
	for what, inputs := range map[string]any{
		"input of action.yml":            at(t, action, "inputs"),
		"output of action.yml":           at(t, action, "outputs"),
		"input of the GitLab component":  at(t, documents(t, "gitlab/templates/deploy.yml")[0], "spec", "inputs"),
		"parameter of the orb's install": at(t, orb, "commands", "install", "parameters"),
		"parameter of the orb's deploy":  at(t, orb, "commands", "deploy", "parameters"),
		"parameter of the orb's job":     at(t, orb, "jobs", "deploy", "parameters"),
	} {
		for name, input := range inputs.(map[string]any) {
			if text, _ := input.(map[string]any)["description"].(string); text == "" {
				t.Errorf("%s %s has no description", what, name)
			}
			if !strings.Contains(guide, "`"+name+"`") {
				t.Errorf("docs/ci.md does not name the %s `%s`", what, name)
			}
		}
	}
}

// interpolation matches what a CI system puts into a script before a shell reads it.
var interpolation = regexp.MustCompile(`\$\{\{|\$\[\[|<< *parameters|\$\(`)

func TestNothingIsInterpolatedIntoScripts(t *testing.T) {
	scripts := make(map[string]string)
	var collect func(path string, value any)
	collect = func(path string, value any) {
		switch value := value.(type) {
		case map[string]any:
			for key, part := range value {
				collect(path+"/"+key, part)
			}
		case []any:
			for i, part := range value {
				collect(fmt.Sprintf("%s/%d", path, i), part)
			}
		case string:
			if regexp.MustCompile(`/(run|command|commands/\d+|script|script/\d+|before_script/\d+)$`).MatchString(path) {
				scripts[path] = value
			}
		}
	}
	files, err := filepath.Glob("*/*.yml")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range append(files, "../action.yml", "gitlab/templates/deploy.yml") {
		for _, document := range documents(t, file) {
			collect(file, document)
		}
	}
	if len(scripts) < 12 {
		t.Errorf("only %d scripts were found", len(scripts))
	}
	install := read(t, "install.sh")
	for path, script := range scripts {
		if found := interpolation.FindString(script); found != "" && script != install {
			t.Errorf("%s holds %s: give the value as an environment variable", path, found)
		}
	}
}

var (
	call = regexp.MustCompile(`(?m)\bcdx"? ((?:deploy|push|wait|status|validate|rollback)\b.*)$`)
	flag = regexp.MustCompile(`--([a-z][a-z0-9-]*)`)
)

func TestFlagsExist(t *testing.T) {
	var seen int
	for _, pattern := range []string{"*/*", "*/templates/*", "../docs/ci.md"} {
		files, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		for _, file := range files {
			if info, err := os.Stat(file); err != nil || info.IsDir() {
				continue
			}
			text := read(t, file)
			var flags [][]string
			for _, line := range call.FindAllString(text, -1) {
				flags = append(flags, flag.FindAllStringSubmatch(line, -1)...)
			}
			if _, args, ok := strings.Cut(text, "args: |"); ok {
				args, _, _ = strings.Cut(args, "- uses")
				flags = append(flags, flag.FindAllStringSubmatch(args, -1)...)
			}
			for _, match := range flags {
				seen++
				if _, ok := settings.Lookup(match[1]); !ok {
					t.Errorf("%s uses --%s, which cdx has not", file, match[1])
				}
			}
		}
	}
	if seen < 20 {
		t.Errorf("only %d flags were found", seen)
	}
}

// example matches a block of the guide that is a file here.
var example = regexp.MustCompile("(?s)<!-- (integrations/[^ ]+) -->\n\n```[a-z]+\n(.*?)```\n")

func TestExamplesOfTheGuideAreTheseFiles(t *testing.T) {
	shown := make(map[string]bool)
	for _, match := range example.FindAllStringSubmatch(read(t, "../docs/ci.md"), -1) {
		shown[match[1]] = true
		if match[2] != read(t, "../"+match[1]) {
			t.Errorf("the example of docs/ci.md is not %s", match[1])
		}
	}
	for _, file := range []string{"github/deploy.yml", "github/validate.yml", "gitlab/example.yml", "circleci/config.yml", "jenkins/Jenkinsfile", "buildkite/pipeline.yml", "azure/azure-pipelines.yml", "teamcity/deploy.sh"} {
		if !shown["integrations/"+file] {
			t.Errorf("docs/ci.md does not show %s", file)
		}
	}
}

func TestArchivesAreNamedAsReleasesNameThem(t *testing.T) {
	release := read(t, "../.goreleaser.yml")
	for _, want := range []string{
		`name_template: "cdx_{{ .Version }}_{{ .Os }}_{{ .Arch }}"`, "name_template: checksums.txt", "formats: [tar.gz]", "goos: windows\n        formats: [zip]",
	} {
		if !strings.Contains(release, want) {
			t.Errorf(".goreleaser.yml has no %s, which install.sh relies on", want)
		}
	}
}
