package appspec

import (
	"bytes"
	"io/fs"

	"go.yaml.in/yaml/v3"
)

// The largest file that is looked into. The agents have no such limits; no AppSpec file
// comes near them.
const (
	MaxSize  = 1 << 20 // bytes
	MaxNodes = 100_000 // YAML nodes: keys, values, lists and mappings
)

// File is an AppSpec file as [Parse] read it. It is safe for concurrent use.
type File struct {
	name    string
	source  source
	size    int
	root    *yaml.Node // of the first document; nil if there is none
	offsets offsets
	more    bool // something stands after the first document
	end     int  // byte offset of the first document's end
	shifted bool // a byte order mark breaks the file apart
	broken  *syntaxError
	nodes   int
}

// syntaxError is why a file is no YAML for the agents.
type syntaxError struct {
	rule     *Rule
	offset   int
	message  string
	expected string
	fix      string
	edit     *edit // a change that mends it safely; nil if there is none
}

// Parse reads an AppSpec file. It never fails: what is wrong with the file comes out of
// [Check]. The name is for messages only. The file keeps data, which must not change.
func Parse(name string, data []byte) *File {
	f := &File{name: name, size: len(data)}
	if len(data) > MaxSize {
		f.source = newSource(nil)
		f.broken = &syntaxError{rule: fileTooLarge, message: "the file is larger than 1 MiB"}
		return f
	}
	f.source = newSource(data)
	if f.broken = encodingError(data, f.source.text); f.broken != nil {
		return f
	}
	f.parse()
	if f.nodes = countNodes(f.root); f.nodes > MaxNodes {
		f.root = nil
		f.broken = &syntaxError{rule: fileTooLarge, message: "the file has more than 100,000 YAML nodes"}
	}
	return f
}

// parse reads the first document, which is all that an agent's settings come from.
func (f *File) parse() {
	text := f.source.text
	f.end, f.more = firstDocument(text)
	if f.source.bom {
		f.parseShifted(text)
		if !f.shifted {
			return
		}
	}
	f.offsets = newOffsets(text, 0)
	root, more, err := parseDocument(text[:f.end])
	if err != nil || more {
		if end := dedent(text[:f.end]); end > 0 {
			if first, _, again := parseDocument(text[:end]); again == nil && first.Kind == yaml.MappingNode {
				root, more, err, f.end = first, true, nil, end
			}
		}
	}
	f.root, f.more = root, f.more || more
	if err != nil {
		f.broken = f.explainSyntax(err)
	}
}

// dedent returns where a text whose first line is indented has a key or entry that is
// indented less, which ends the document for the agents' parsers, while yaml.v3 looks
// further for comments; 0 if there is none.
func dedent(text []byte) int {
	first := -1
	for _, start := range lineStarts(text, yamlBreak) {
		line := bytes.TrimLeft(text[start:], " ")
		indent := len(text) - start - len(line)
		switch {
		case len(line) == 0 || line[0] == '#' || yamlBreak(line) > 0 || first < 0 && (line[0] == '%' || isMarker(line, "---")):
		case first < 0:
			first = indent
		case indent < first && (isLetter(line[0]) || bytes.HasPrefix(line, []byte("- "))):
			return start
		case indent < first:
			return 0 // not a token that the parser certainly reads without an error
		}
	}
	return 0
}

// parseShifted reads a text as the agents do when it begins with a byte order mark: they
// take the mark for a character, so what follows stands one column to the right. That
// breaks a block mapping apart, and a document marker is none.
func (f *File) parseShifted(text []byte) {
	shifted := append([]byte(" "), text...)
	end, more := firstDocument(shifted)
	root, rest, err := parseDocument(shifted[:end])
	if err != nil || rest {
		f.shifted = true
		return
	}
	f.root, f.more, f.end = root, more, end-1
	f.offsets = newOffsets(text, 1)
}

// countNodes counts the nodes of a tree; an alias is one.
func countNodes(n *yaml.Node) int {
	if n == nil {
		return 0
	}
	count := 1
	for _, child := range n.Content {
		count += countNodes(child)
	}
	return count
}

// Name returns the name given to [Parse].
func (f *File) Name() string { return f.name }

// Lines returns how many lines the file has, as findings count them: a line ends with
// LF, CRLF or CR.
func (f *File) Lines() int { return len(f.source.starts) }

// Line returns the text of a line, counted from 1, without its line break and without a
// byte order mark; empty if there is no such line.
func (f *File) Line(number int) string { return string(f.source.line(number)) }

// offset returns where a node begins, as a byte offset in the source's text.
func (f *File) offset(n *yaml.Node) int {
	return f.offsets.at(n.Line, n.Column)
}

// Platform returns the platform that the file's own keys show; empty if they show none.
func (f *File) Platform() Platform {
	if f.root == nil || f.root.Kind != yaml.MappingNode {
		return ""
	}
	for i := 0; i+1 < len(f.root.Content); i += 2 {
		switch key := deref(f.root.Content[i]); key.Value {
		case "os", "files", "permissions", "hooks", "file_exists_behavior":
			if resources(f.root) == nil {
				return Server
			}
		}
	}
	return resourcePlatform(f.root)
}

// RefusedError reports that an agent refuses a file.
type RefusedError struct {
	Agent   Agent  // which agent
	Message string // in the agent's own words where they help, else what is wrong
	Line    int    // 1-based
	Column  int    // 1-based, counts characters
}

// Error says which agent refuses the file, and why.
func (e *RefusedError) Error() string {
	return "agent " + string(e.Agent) + " refuses the AppSpec file: " + e.Message
}

// Check returns everything that is wrong with the file, sorted by position.
func Check(f *File, opts Options) []Finding {
	return check(f, opts).judged()
}

func check(f *File, opts Options) *checker {
	c := &checker{file: f, options: opts, platform: opts.Platform, seen: map[*yaml.Node]bool{}}
	if c.platform == "" {
		c.platform = f.Platform()
	}
	if opts.Files != nil {
		c.revision = &revision{files: opts.Files, leftOut: opts.LeftOut, listed: map[string][]fs.DirEntry{}}
	}
	c.by = byBoth
	if c.platform == ECS || c.platform == Lambda {
		c.by = byService | byGuide
	}
	switch {
	case !c.document():
	case c.by == byBoth:
		c.server()
	default:
		c.service()
	}
	return c
}
