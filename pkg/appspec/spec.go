package appspec

import (
	"time"

	"go.yaml.in/yaml/v3"
)

// Spec returns what the agent understands of a server file: v1 after YAML 1.1's typing,
// v2 as the text is written, both with defaults filled in. The error is a [*RefusedError]
// when the agent would refuse the file. Lists that aliases repeat are shared.
func (f *File) Spec(agent Agent) (*Spec, error) {
	c := check(f, Options{Agent: agent, Platform: Server})
	by := byV1
	if agent == AgentV2 {
		by = byV2
	}
	for _, p := range c.problems {
		if p.refuses&by != 0 {
			line, column := f.source.position(p.offset)
			message := p.says
			if message == "" {
				message = p.message
			}
			return nil, &RefusedError{Agent: agent, Message: message, Line: line, Column: column}
		}
	}
	r := reader{by: by, scripts: map[*yaml.Node][]Script{}}
	return r.spec(deref(f.root)), nil
}

// reader reads the settings of a file that its agent accepts.
type reader struct {
	by      agents
	scripts map[*yaml.Node][]Script // lists of scripts that were read before
}

func (r reader) spec(root *yaml.Node) *Spec {
	s := &Spec{OS: r.text(root, "os"), FileExistsBehavior: r.text(root, "file_exists_behavior"), Hooks: map[string][]Script{}}
	for _, entry := range r.list(root, "files") {
		s.Files = append(s.Files, FileMapping{Source: r.text(entry, "source"), Destination: r.text(entry, "destination")})
	}
	for _, entry := range r.list(root, "permissions") {
		s.Permissions = append(s.Permissions, r.permission(entry))
	}
	if hooks := lookup(root, "hooks", r.by); hooks != nil {
		r.hooks(hooks, s.Hooks)
	}
	return s
}

// list returns the entries of a list setting; none if it is absent.
func (r reader) list(n *yaml.Node, name string) []*yaml.Node {
	value := lookup(n, name, r.by)
	if value == nil || value.Kind != yaml.SequenceNode {
		return nil
	}
	items := make([]*yaml.Node, len(value.Content))
	for i, item := range value.Content {
		items[i] = deref(item)
	}
	return items
}

// text returns a setting as text; empty if it is absent.
func (r reader) text(n *yaml.Node, name string) string {
	value := lookup(n, name, r.by)
	if value == nil {
		return ""
	}
	return r.value(value)
}

func (r reader) value(n *yaml.Node) string {
	switch {
	case r.by == byV1:
		return ruby(n).text
	case rustAbsent(n):
		return ""
	}
	return n.Value
}

// texts returns a list of texts; nil if it is absent.
func (r reader) texts(n *yaml.Node, name string) []string {
	var texts []string
	for _, item := range r.list(n, name) {
		texts = append(texts, r.value(item))
	}
	return texts
}

func (r reader) permission(n *yaml.Node) Permission {
	p := Permission{
		Object: rubyStrip(r.text(n, "object")), Pattern: r.text(n, "pattern"), Except: r.texts(n, "except"), Type: r.texts(n, "type"),
		Owner: r.text(n, "owner"), Group: r.text(n, "group"), ACLs: r.texts(n, "acls"), Context: r.context(n),
	}
	if !r.stated(n, "pattern") {
		p.Pattern = "**"
	}
	if types := lookup(n, "type", r.by); types == nil || types.Kind == yaml.ScalarNode {
		p.Type = []string{"file", "directory"}
	}
	if r.stated(n, "mode") {
		p.Mode, _ = octalMode(r.text(n, "mode"))
	}
	return p
}

// stated tells whether a setting is there and not null.
func (r reader) stated(n *yaml.Node, name string) bool {
	value := lookup(n, name, r.by)
	if value == nil {
		return false
	}
	if r.by == byV1 {
		return ruby(value).kind != rubyNil
	}
	return !rustAbsent(value)
}

func (r reader) context(n *yaml.Node) *Context {
	context := lookup(n, "context", r.by)
	if context == nil || context.Kind != yaml.MappingNode {
		return nil
	}
	return &Context{User: r.text(context, "name"), Type: r.text(context, "type"), Range: r.text(context, "range")}
}

// hooks reads the events in their order, so that of two equal ones the later counts.
func (r reader) hooks(n *yaml.Node, events map[string][]Script) {
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, value := deref(n.Content[i]), n.Content[i+1]
		switch {
		case key.Kind != yaml.ScalarNode:
		case r.by == byV1 && isMergeKey(key) && value.Kind == yaml.MappingNode:
			r.hooks(value, events)
		case r.by == byV1:
			events[ruby(key).text] = r.event(deref(value))
		default:
			events[key.Value] = r.event(deref(value))
		}
	}
}

func (r reader) event(n *yaml.Node) []Script {
	if known, ok := r.scripts[n]; ok || n.Kind != yaml.SequenceNode {
		return known
	}
	scripts := make([]Script, 0, len(n.Content))
	for _, item := range n.Content {
		scripts = append(scripts, r.script(deref(item)))
	}
	r.scripts[n] = scripts
	return scripts
}

func (r reader) script(n *yaml.Node) Script {
	return Script{
		Location: rubyStrip(r.text(n, "location")), RunAs: rubyStrip(r.text(n, "runas")),
		Timeout: r.timeout(n), Sudo: r.sudo(n),
	}
}

func (r reader) timeout(n *yaml.Node) time.Duration {
	seconds := int64(hookSeconds)
	if value := lookup(n, "timeout", r.by); value != nil {
		read := v2Timeout
		if r.by == byV1 {
			read = v1Timeout
		}
		seconds, _ = read(value)
	}
	return time.Duration(seconds) * time.Second
}

func (r reader) sudo(n *yaml.Node) bool {
	value := lookup(n, "sudo", r.by)
	if value == nil {
		return false
	}
	if r.by == byV1 {
		return !ruby(value).falsy()
	}
	sudo, _ := rustBool(value)
	return sudo
}
