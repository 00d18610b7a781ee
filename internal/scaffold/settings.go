package scaffold

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"

	"github.com/cdx-deploy/cdx/pkg/appspec"
)

// Settings is a cdx.yml to be written.
type Settings struct {
	Comment      []string // at the top, a line each
	Pairs        []Pair   // for all environments
	Environments []Environment
	Footer       []string // comments at the end
}

// Pair is a setting with its value, or its values.
type Pair struct {
	Name    string
	Values  []string
	Comment string // above it; empty for none
}

// Environment is an environment of a cdx.yml.
type Environment struct {
	Name         string
	Branches     []string // patterns; none: chosen by its name only
	Pairs        []Pair
	Applications [][]Pair // each with its application-name; none: the environment is one application
}

// Text is the file.
func (s *Settings) Text() string {
	w := &yamlWriter{}
	for _, line := range s.Comment {
		w.comment(line)
	}
	w.pairs(s.Pairs)
	if len(s.Environments) > 0 {
		w.line("environments:")
	}
	for _, env := range s.Environments {
		w.environment(env)
	}
	for _, line := range s.Footer {
		w.comment(line)
	}
	return w.String()
}

type yamlWriter struct {
	strings.Builder
	indent string
	first  string // instead of the last two characters of the next line's indent
}

func (w *yamlWriter) line(text string) {
	indent := w.indent
	if w.first != "" {
		indent, w.first = strings.TrimSuffix(indent, "  ")+w.first, ""
	}
	w.WriteString(indent + text + "\n")
}

func (w *yamlWriter) comment(text string) {
	if text == "" {
		w.WriteString("\n")
		return
	}
	w.line("# " + text)
}

func (w *yamlWriter) pairs(pairs []Pair) {
	for _, pair := range pairs {
		if pair.Comment != "" {
			w.comment(pair.Comment)
		}
		w.line(scalar(pair.Name) + ": " + list(pair.Values))
	}
}

func (w *yamlWriter) environment(env Environment) {
	w.indent = "  "
	if len(env.Branches)+len(env.Pairs)+len(env.Applications) == 0 {
		w.line(scalar(env.Name) + ": {}")
		w.indent = ""
		return
	}
	w.line(scalar(env.Name) + ":")
	w.indent = "    "
	if len(env.Branches) > 0 {
		w.line("branch: " + list(env.Branches))
	}
	w.pairs(env.Pairs)
	if len(env.Applications) > 0 {
		w.line("applications:")
	}
	for _, pairs := range env.Applications { // each has a name at least
		w.indent, w.first = "        ", "- "
		w.pairs(pairs)
	}
	w.indent = ""
}

// list is one value as it is, and several in brackets.
func list(values []string) string {
	if len(values) == 1 {
		return scalar(values[0])
	}
	quoted := make([]string, len(values))
	for i, value := range values {
		if quoted[i] = scalar(value); strings.ContainsAny(quoted[i][:1], "\"") || !strings.ContainsAny(value, "{}") {
			continue
		}
		quoted[i] = `"` + value + `"` // braces mean something between brackets
	}
	return "[" + strings.Join(quoted, ", ") + "]"
}

// plainInYAML are the characters that mean nothing to YAML, also in brackets.
const plainInYAML = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_./-+=@"

// scalar writes text so that YAML reads the same text: as it is where that is sure,
// else in double quotes, in JSON's way, which YAML shares.
// Source: YAML 1.2.2, 7.3.1 and 10.3.2; YAML 1.1 for yes, no, on and off.
func scalar(text string) string {
	plain := text != "" && !strings.ContainsAny(text[:1], "-=@")
	for _, r := range text {
		plain = plain && strings.ContainsRune(plainInYAML+"{}", r)
	}
	if strings.ContainsAny(text, "{}") {
		plain = plain && text[0] != '{' && !strings.Contains(text, "}{")
	}
	switch strings.ToLower(text) {
	case "null", "yes", "no", "on", "off", "y", "n", ".inf", ".nan", "...":
		return `"` + text + `"`
	}
	if _, err := strconv.ParseFloat(text, 64); plain && err != nil {
		return text
	}
	data, err := json.Marshal(text)
	if err != nil {
		return `""` // a string is always JSON
	}
	var b strings.Builder
	for _, r := range string(data) {
		if r >= 0x7f && r < 0xa0 { // JSON takes these as they are, YAML does not
			fmt.Fprintf(&b, `\u%04x`, r)
			continue
		}
		b.WriteRune(r)
	}
	return b.String()
}

// Defaults is the cdx.yml of a project that deploys from one branch to one deployment
// group. Empty values are left out, with a comment that shows them.
func Defaults(platform appspec.Platform, application, bucket, region string, groups []string) *Settings {
	s := &Settings{
		Comment: []string{
			"Settings of cdx: a flag --bucket beats the variable CDX_BUCKET, that beats this file.",
			"cdx config shows them all, and where each value comes from.",
		},
		Pairs: []Pair{{Name: "application-name", Values: []string{application}}},
	}
	s.Pairs = append(s.Pairs, Pair{Name: "deployment-group-name", Values: groups})
	switch platform {
	case appspec.ECS:
		s.optional("task-definition", "", "The task definition is put into appspec.yml; CI gives it as CDX_TASK_DEFINITION.", "arn:aws:ecs:eu-central-1:111122223333:task-definition/web:1")
	case appspec.Lambda:
		s.optional("lambda-current-version", "", "The versions are put into appspec.yml: alias is the one that the alias names now, and CI gives the other as CDX_LAMBDA_TARGET_VERSION.", "alias")
	default:
		s.Pairs = append(s.Pairs, Pair{Name: "git-modes", Values: []string{"true"}, Comment: "Files have mode 644 or 755, whoever packages them: the service's account has to read them."})
		s.optional("bucket", bucket, "S3 bucket for revisions: has to be there before the first cdx deploy.", "my-bucket")
	}
	s.optional("region", region, "Without it, the region is found as the AWS CLI finds it.", "eu-central-1")
	s.Footer = append(s.Footer,
		"",
		"For several environments, each with its branches, indent what differs below a name:",
		"environments:",
		"  production:",
		"    branch: main",
		"    deployment-group-name: "+list(groups),
		"  staging:",
		"    branch: develop",
		"    deployment-group-name: staging",
	)
	return s
}

func (s *Settings) optional(name, value, comment, example string) {
	if value != "" {
		s.Pairs = append(s.Pairs, Pair{Name: name, Values: []string{value}})
		return
	}
	s.Footer = append(s.Footer, comment, name+": "+example)
}
