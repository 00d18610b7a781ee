// Package foreign reads the files of CI systems that deploy with CodeDeploy, and makes
// the cdx.yml that does the same: CircleCI 1.0's circle.yml, .circleci/config.yml with
// CircleCI's aws-code-deploy orb, and Travis CI's .travis.yml.
//
// What cannot be carried over becomes a [Note] with its line. Credentials are never
// copied.
package foreign

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"sort"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/cdx-deploy/cdx/internal/scaffold"
	"github.com/cdx-deploy/cdx/pkg/bundle"
	"github.com/cdx-deploy/cdx/pkg/push"
)

// Note is something that cdx.yml does not say as the file did.
type Note struct {
	Line    int // 1-based, in the file that was read
	Message string
}

// Result is what a file becomes.
type Result struct {
	Settings *scaffold.Settings
	Notes    []Note // sorted by line
	System   string // that the file is of, such as "CircleCI 1.0"
	Count    int    // deployments that were carried over
}

// Describe says what was found: "2 deployments of Travis CI".
func (r *Result) Describe() string {
	if r.Count == 1 {
		return "1 deployment of " + r.System
	}
	return fmt.Sprintf("%d deployments of %s", r.Count, r.System)
}

// ErrNothing says that a file deploys nothing with CodeDeploy.
var ErrNothing = errors.New("deploys nothing with CodeDeploy")

// Read reads a file. Which system it is of is told by its keys. An error says that it
// is no YAML, or wraps [ErrNothing].
func Read(name string, data []byte) (*Result, error) {
	var document yaml.Node
	if err := yaml.Unmarshal(data, &document); err != nil {
		return nil, fmt.Errorf("%s: %s", name, strings.TrimPrefix(err.Error(), "yaml: "))
	}
	r := &reader{name: name}
	if len(document.Content) > 0 {
		r.top(document.Content[0])
	}
	if len(r.deployments) == 0 {
		if len(r.notes) > 0 {
			return nil, fmt.Errorf("%s %w (line %d: %s)", name, ErrNothing, r.notes[0].Line, r.notes[0].Message)
		}
		return nil, fmt.Errorf("%s %w", name, ErrNothing)
	}
	settings := r.settings()
	sort.SliceStable(r.notes, func(i, j int) bool { return r.notes[i].Line < r.notes[j].Line })
	return &Result{Settings: settings, Notes: slices.Compact(r.notes), System: r.system, Count: len(r.deployments)}, nil
}

// deployment is one application that is deployed when something is built.
type deployment struct {
	environment string
	branches    []string // patterns; none: any, or none that cdx.yml can name
	pairs       []scaffold.Pair
}

// set adds a setting, in place of what was said of it before; an empty value says
// nothing.
func (d *deployment) set(name, value string) {
	if value == "" {
		return
	}
	d.pairs = slices.DeleteFunc(d.pairs, func(p scaffold.Pair) bool { return p.Name == name })
	d.pairs = append(d.pairs, scaffold.Pair{Name: name, Values: []string{value}})
}

// reader collects deployments and notes.
type reader struct {
	name        string
	system      string
	deployments []deployment
	notes       []Note
}

func (r *reader) note(line int, format string, args ...any) {
	r.notes = append(r.notes, Note{line, fmt.Sprintf(format, args...)})
}

func (r *reader) top(node *yaml.Node) {
	top := pairsOf(node)
	switch {
	case travisJobs(top) != nil:
		r.system = "Travis CI"
		r.travis(top)
	case top.value("orbs") != nil || top.value("workflows") != nil || top.value("jobs") != nil && top.value("deploy") == nil:
		r.system = "CircleCI's aws-code-deploy orb"
		r.orbs(top)
	case top.value("deployment") != nil:
		r.system = "CircleCI 1.0"
		r.circle(top)
	default:
		r.system = "Travis CI"
		r.travis(top)
	}
}

// pair is one entry of a mapping.
type pair struct {
	key   string
	line  int
	value *yaml.Node
}

type pairs []pair

// maxDepth bounds how far aliases of aliases are followed.
const maxDepth = 20

// pairsOf are the entries of a mapping, those of merged mappings last; nothing of
// anything else.
func pairsOf(node *yaml.Node) pairs { return collect(node, make(map[*yaml.Node]bool)) }

// collect goes through each mapping once, however often and by itself it is merged.
func collect(node *yaml.Node, seen map[*yaml.Node]bool) (all pairs) {
	node = resolved(node)
	if node == nil || node.Kind != yaml.MappingNode || seen[node] {
		return nil
	}
	seen[node] = true
	var merged pairs
	for i := 0; i+1 < len(node.Content); i += 2 {
		key, value := node.Content[i], resolved(node.Content[i+1])
		if key.Tag != "!!merge" {
			all = append(all, pair{key.Value, key.Line, value})
			continue
		}
		for _, source := range items(value) {
			merged = append(merged, collect(source, seen)...)
		}
	}
	for _, p := range merged {
		if all.find(p.key) == nil {
			all = append(all, p)
		}
	}
	return all
}

func (ps pairs) find(key string) *pair {
	for i := range ps {
		if ps[i].key == key {
			return &ps[i]
		}
	}
	return nil
}

func (ps pairs) value(key string) *yaml.Node {
	if p := ps.find(key); p != nil {
		return p.value
	}
	return nil
}

// resolved returns what an alias stands for.
func resolved(node *yaml.Node) *yaml.Node {
	for range maxDepth {
		if node == nil || node.Kind != yaml.AliasNode {
			return node
		}
		node = node.Alias
	}
	return nil
}

// items are the entries of a list, or the one value that stands for it.
func items(node *yaml.Node) []*yaml.Node {
	node = resolved(node)
	switch {
	case node == nil || node.Tag == "!!null":
		return nil
	case node.Kind != yaml.SequenceNode:
		return []*yaml.Node{node}
	}
	var all []*yaml.Node
	for _, item := range node.Content {
		if item = resolved(item); item != nil {
			all = append(all, item)
		}
	}
	return all
}

// text returns a scalar's text; anything else is no text, and noted.
func (r *reader) text(p pair) string {
	if p.value == nil || p.value.Tag == "!!null" {
		return ""
	}
	if p.value.Kind != yaml.ScalarNode {
		r.note(p.line, "%s has no single value here: give it in cdx.yml yourself", p.key)
		return ""
	}
	if strings.HasPrefix(p.value.Value, "file://") {
		r.note(p.line, "%s: cdx.yml reads no other files: give the value itself", p.key)
		return ""
	}
	return p.value.Value
}

// oneOf is text where it is one of the values that a setting may have.
func (r *reader) oneOf(p pair, text string, values ...string) string {
	if text == "" || slices.Contains(values, text) {
		return text
	}
	r.note(p.line, "%s: cdx has %s, not %q", p.key, strings.Join(values, ", "), text)
	return ""
}

// bundleType takes only the types that cdx makes.
func (r *reader) bundleType(p pair) string {
	return r.oneOf(p, strings.ToLower(r.plain(p)), "zip", "tar", "tgz")
}

// patterns are the branches of a list.
func (r *reader) patterns(node *yaml.Node) (branches []string) {
	for _, item := range items(node) {
		if item.Kind != yaml.ScalarNode || item.Value == "" {
			continue
		}
		if pattern, ok := r.pattern(item.Line, item.Value); ok {
			branches = append(branches, pattern)
		}
	}
	return branches
}

// source makes a folder one that cdx.yml may name; the whole directory is none.
func (r *reader) source(p pair) string {
	text := strings.Trim(strings.TrimPrefix(strings.TrimSpace(r.text(p)), "./"), "/")
	switch {
	case text == "" || text == ".":
		return ""
	case slices.Contains(strings.Split(text, "/"), "..") || strings.ContainsAny(text, `$<>\`) || strings.HasPrefix(text, "~"):
		r.note(p.line, "%s: %q is no folder below cdx.yml: give source yourself", p.key, text)
		return ""
	}
	return text
}

// key checks a key template, and returns nothing for one that cdx would refuse.
func (r *reader) key(line int, name, template string) string {
	if template == "" {
		return ""
	}
	values := make(map[string]string)
	for _, variable := range push.VariableNames() {
		values[variable] = "1"
	}
	_, err := push.ExpandKey(template, push.Variables{Values: values, Untrusted: true, LookupEnv: func(string) (string, bool) { return "1", true }})
	if err != nil {
		r.note(line, "%s: %v: give key yourself", name, err)
		return ""
	}
	return template
}

// bundled says where cdx makes another kind of bundle than the old system did, which
// made a zip whatever the key was.
func (r *reader) bundled(line int, key string) {
	if kind, known := bundle.TypeForKey(key); known && kind != bundle.Zip {
		r.note(line, "the key ends as that of a %s, and was given a zip: cdx makes a %s; for a zip, change the key", kind, kind)
	}
}

// pattern turns a branch, or a regular expression between slashes, into a pattern of
// cdx.yml. ok is false for an expression that has none.
func (r *reader) pattern(line int, text string) (pattern string, ok bool) {
	inner, regular := strings.CutPrefix(text, "/")
	if !regular || !strings.HasSuffix(inner, "/") {
		return escaped(text), true
	}
	inner = strings.TrimSuffix(strings.TrimPrefix(strings.TrimSuffix(inner, "/"), "^"), "$")
	if inner == "" {
		r.note(line, "%s matches every branch: leave branch out", text)
		return "", false
	}
	glob := strings.NewReplacer(`.*`, "*", `.+`, "?*", `\/`, "/", `\.`, ".", `\-`, "-").Replace(inner)
	if regexp.MustCompile(`[\\^$|()+{}\[\]]|\.\?|[^*]\?$`).MatchString(glob) || strings.Contains(regexp.MustCompile(`\\.|\.[*+]`).ReplaceAllString(inner, ""), ".") {
		r.note(line, "no pattern of cdx.yml says %s: give the environment its branch yourself, such as release-*", text)
		return "", false
	}
	if strings.Contains(glob, "*") {
		r.note(line, "%s became %s, of which * does not match a slash", text, glob)
	}
	return glob, true
}

// escaped keeps the characters of a name from being those of a pattern.
func escaped(name string) string {
	return strings.NewReplacer(`\`, `\\`, `*`, `\*`, `?`, `\?`, `[`, `\[`).Replace(name)
}
