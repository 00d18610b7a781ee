package settings

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/cdx-deploy/cdx/internal/infile"
	"github.com/cdx-deploy/cdx/internal/suggest"
	"go.yaml.in/yaml/v3"
)

// FileName is the name of the project's settings file.
const FileName = "cdx.yml"

// File is a cdx.yml that was read and found in order.
type File struct {
	Path         string // as given or found
	Dir          string // its folder: relative paths in it start here
	block        block
	Environments []Environment // in the file's order
}

// Environment is one entry of a cdx.yml's environments.
type Environment struct {
	Name         string
	Branches     []string // patterns in path.Match syntax; empty: chosen by name only
	block        block
	applications []block
}

// block holds the settings of one mapping.
type block map[string]entry

type entry struct {
	value any // string or []string
	line  int
}

// FileError is a mistake in a cdx.yml.
type FileError struct {
	Path    string
	Line    int // 0 when it concerns the whole file
	Message string
}

func (e *FileError) Error() string {
	if e.Line == 0 {
		return e.Path + ": " + e.Message
	}
	return fmt.Sprintf("%s:%d: %s", e.Path, e.Line, e.Message)
}

// maxFileBytes bounds what is read of a cdx.yml.
const maxFileBytes = 1 << 20

// ReadFile reads the cdx.yml at name. Its errors are a [*FileError], or the
// file system's.
func ReadFile(name string) (*File, error) {
	data, err := infile.Read(name, maxFileBytes)
	if err != nil {
		return nil, fmt.Errorf("read settings: %w", err)
	}
	if len(data) > maxFileBytes {
		return nil, &FileError{Path: name, Message: "larger than 1 MiB"}
	}
	return parseFile(name, data)
}

func parseFile(name string, data []byte) (*File, error) {
	file := &File{Path: name, Dir: filepath.Dir(name), block: block{}}
	var doc yaml.Node
	decoder := yaml.NewDecoder(bytes.NewReader(data))
	switch err := decoder.Decode(&doc); {
	case errors.Is(err, io.EOF):
		return file, nil
	case err != nil:
		return nil, syntaxError(name, err)
	}
	r := &reader{file: file}
	r.top(doc.Content[0])
	if err := decoder.Decode(new(yaml.Node)); !errors.Is(err, io.EOF) {
		r.fail(0, "more than one YAML document: keep one")
	}
	if r.err != nil {
		return nil, r.err
	}
	return file, nil
}

// syntaxError moves the line that yaml.v3 puts into its text into the FileError.
func syntaxError(name string, err error) error {
	message := strings.TrimPrefix(err.Error(), "yaml: ")
	line := 0
	if rest, ok := strings.CutPrefix(message, "line "); ok {
		number, text, _ := strings.Cut(rest, ": ")
		line, _ = strconv.Atoi(number)
		message = text
	}
	return &FileError{Path: name, Line: line, Message: "not YAML: " + message}
}

// reader collects the settings of a file and stops at the first mistake.
type reader struct {
	file *File
	err  error
}

func (r *reader) fail(line int, format string, args ...any) {
	if r.err == nil {
		r.err = &FileError{Path: r.file.Path, Line: line, Message: fmt.Sprintf(format, args...)}
	}
}

// pairs calls do for each key of a mapping and reports what is no mapping and
// what stands twice.
func (r *reader) pairs(node *yaml.Node, what string, do func(key, value *yaml.Node)) {
	if isNull(node) {
		return
	}
	if node.Kind != yaml.MappingNode {
		r.fail(node.Line, "%s: expected a mapping of names to values", what)
		return
	}
	lines := make(map[string]int)
	for i := 0; i+1 < len(node.Content) && r.err == nil; i += 2 {
		key, value := node.Content[i], resolved(node.Content[i+1])
		if first, twice := lines[key.Value]; twice {
			r.fail(key.Line, "%s stands here and on line %d: keep one of them", key.Value, first)
			return
		}
		lines[key.Value] = key.Line
		do(key, value)
	}
}

func (r *reader) top(node *yaml.Node) {
	r.pairs(node, FileName, func(key, value *yaml.Node) {
		if key.Value == "environments" {
			r.environments(value)
			return
		}
		r.setting(r.file.block, key, value, "environments")
	})
}

func (r *reader) environments(node *yaml.Node) {
	r.pairs(node, "environments", func(key, value *yaml.Node) {
		env := Environment{Name: key.Value, block: block{}}
		r.pairs(value, "environments."+key.Value, func(key, value *yaml.Node) { r.environment(&env, key, value) })
		r.file.Environments = append(r.file.Environments, env)
	})
}

func (r *reader) environment(env *Environment, key, value *yaml.Node) {
	switch key.Value {
	case "branch":
		env.Branches = r.list(key, value)
		for _, pattern := range env.Branches {
			if _, err := path.Match(pattern, ""); err != nil {
				r.fail(value.Line, "branch: %q is no pattern: %v", pattern, err)
			}
		}
	case "applications":
		r.applications(env, value)
	default:
		r.setting(env.block, key, value, "applications", "branch")
	}
}

func (r *reader) applications(env *Environment, node *yaml.Node) {
	if node.Kind != yaml.SequenceNode {
		r.fail(node.Line, "applications: expected a list of mappings, each with its application-name")
		return
	}
	for _, item := range node.Content {
		item, b := resolved(item), block{}
		r.pairs(item, "applications", func(key, value *yaml.Node) {
			if s, ok := Lookup(key.Value); ok && s.OfRun() {
				r.fail(key.Line, "%s is for the whole run: write it above applications", s.Name)
			}
			r.setting(b, key, value)
		})
		if _, ok := b["application-name"]; !ok {
			r.fail(item.Line, "applications: this entry has no application-name")
		}
		env.applications = append(env.applications, b)
	}
}

// setting takes one key; also names further keys that are known in this place.
func (r *reader) setting(into block, key, value *yaml.Node, also ...string) {
	s, ok := Lookup(key.Value)
	switch {
	case key.Tag == "!!merge":
		r.fail(key.Line, "<< is not supported: write the settings out")
	case !ok:
		r.fail(key.Line, "%s", unknown(key.Value, also))
	case s.Trust == NotInFile:
		r.fail(key.Line, "%s may not stand in %s, which comes with the checkout: use --%s or %s", s.Name, FileName, s.Name, s.Variable())
	case s.Trust == FlagOnly:
		r.fail(key.Line, "%s may not stand in %s: use --%s", s.Name, FileName, s.Name)
	case isNull(value):
		r.fail(key.Line, "%s has no value", s.Name)
	case s.Kind == Strings:
		into[s.Name] = entry{r.list(key, value), key.Line}
	default:
		into[s.Name] = entry{r.scalar(s, key, value), key.Line}
	}
}

func unknown(name string, also []string) string {
	known := slices.Clone(also)
	for _, s := range All() {
		if s.Trust == InFile {
			known = append(known, s.Name)
		}
	}
	if nearest, ok := suggest.Nearest(name, known); ok {
		return fmt.Sprintf("unknown setting %q: did you mean %s?", name, nearest)
	}
	return fmt.Sprintf("unknown setting %q: cdx config lists those that there are", name)
}

func (r *reader) scalar(s Setting, key, value *yaml.Node) string {
	if value.Kind != yaml.ScalarNode {
		r.fail(value.Line, "%s: expected a single value", s.Name)
		return ""
	}
	if err := s.check(value.Value); err != nil {
		r.fail(value.Line, "%s: %v", s.Name, err)
	}
	if strings.HasPrefix(value.Value, "file://") {
		r.fail(value.Line, "%s: file:// may not stand in %s, which comes with the checkout: use --%s or %s", s.Name, FileName, s.Name, s.Variable())
	}
	if s.Path {
		return r.path(s.Name, value)
	}
	return value.Value
}

// path resolves a path of the file; it may not leave the file's folder, also
// not through a symbolic link.
func (r *reader) path(name string, value *yaml.Node) string {
	local := filepath.FromSlash(value.Value)
	if !filepath.IsLocal(local) && local != "." {
		r.fail(value.Line, "%s: %q leads out of the folder of %s", name, value.Value, FileName)
		return ""
	}
	root, err := os.OpenRoot(r.file.Dir)
	if err != nil {
		r.fail(value.Line, "%s: %v", name, err)
		return ""
	}
	defer root.Close()
	if _, err := root.Stat(local); err != nil && !errors.Is(err, fs.ErrNotExist) {
		r.fail(value.Line, "%s: %q leads out of the folder of %s: %v", name, value.Value, FileName, err)
	}
	return filepath.Join(r.file.Dir, local)
}

func (r *reader) list(key, value *yaml.Node) []string {
	items := []*yaml.Node{value}
	if value.Kind == yaml.SequenceNode {
		items = value.Content
	}
	var list []string
	for _, item := range items {
		item = resolved(item)
		if item.Kind != yaml.ScalarNode || isNull(item) || item.Value == "" {
			r.fail(item.Line, "%s: expected a value or a list of values", key.Value)
			return nil
		}
		list = append(list, item.Value)
	}
	return list
}

// resolved returns what an alias stands for, and any other node as it is.
func resolved(node *yaml.Node) *yaml.Node {
	if node.Kind == yaml.AliasNode {
		return node.Alias
	}
	return node
}

func isNull(node *yaml.Node) bool { return node.Kind == yaml.ScalarNode && node.Tag == "!!null" }
