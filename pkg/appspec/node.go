package appspec

import (
	"strconv"

	"go.yaml.in/yaml/v3"
)

// isPlain tells whether a scalar is written without quotes and not as a block.
func isPlain(n *yaml.Node) bool {
	return n.Style&(yaml.SingleQuotedStyle|yaml.DoubleQuotedStyle|yaml.LiteralStyle|yaml.FoldedStyle) == 0
}

// explicitTag returns the tag that is written before a node, "" if there is none. Tags
// of YAML's own are short, like "!!str".
func explicitTag(n *yaml.Node) string {
	if n.Style&yaml.TaggedStyle == 0 {
		return ""
	}
	return n.ShortTag()
}

// deref follows aliases to the node they stand for; an alias has no children of its own.
func deref(n *yaml.Node) *yaml.Node {
	for n.Kind == yaml.AliasNode && n.Alias != nil {
		n = n.Alias
	}
	return n
}

// place is a value in the file and which agents read it there: with duplicate keys and
// merge keys the agents may take different ones.
type place struct {
	node  *yaml.Node // never an alias
	where string     // like "hooks.BeforeInstall[0].runas"
	by    agents
}

// items returns the elements of a list.
func (p place) items() []place {
	if p.node.Kind != yaml.SequenceNode {
		return nil
	}
	items := make([]place, len(p.node.Content))
	for i, n := range p.node.Content {
		items[i] = place{node: deref(n), where: p.where + "[" + strconv.Itoa(i) + "]", by: p.by}
	}
	return items
}

// below returns the path of a key in the mapping.
func (p place) below(key string) string {
	if p.where == "" {
		return key
	}
	return p.where + "." + key
}

// key returns the values that the agents find under a name: none, one, or two when they
// take different ones.
func (p place) key(name string) []place {
	first, second := v1Lookup(p.node, name), v2Lookup(p.node, name)
	where := p.below(name)
	var found []place
	switch {
	case first == second && first != nil:
		found = append(found, place{deref(first), where, p.by})
	default:
		if first != nil && p.by&byV1 != 0 {
			found = append(found, place{deref(first), where, byV1})
		}
		if second != nil && p.by&^byV1 != 0 {
			found = append(found, place{deref(second), where, p.by &^ byV1})
		}
	}
	return found
}

// lookup returns what one agent finds under a name, nil if nothing.
func lookup(n *yaml.Node, name string, by agents) *yaml.Node {
	found := v2Lookup(n, name)
	if by == byV1 {
		found = v1Lookup(n, name)
	}
	if found == nil {
		return nil
	}
	return deref(found)
}

// v1Lookup returns the value that Psych's hash has under a name: of equal keys the last,
// inline merge keys included. Merging by alias is refused as an alias.
func v1Lookup(n *yaml.Node, name string) *yaml.Node {
	if n.Kind != yaml.MappingNode {
		return nil
	}
	var found *yaml.Node
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, value := deref(n.Content[i]), n.Content[i+1]
		switch {
		case key.Kind != yaml.ScalarNode:
		case key.Value == name && ruby(key).kind == rubyString:
			found = value
		case isMergeKey(key):
			if merged := v1Merged(value, name); merged != nil {
				found = merged
			}
		}
	}
	return found
}

func isMergeKey(key *yaml.Node) bool {
	return key.Kind == yaml.ScalarNode && key.Value == "<<" && explicitTag(key) != "!!str"
}

// v1Merged looks a name up in the value of a merge key: of several mappings the first wins.
func v1Merged(n *yaml.Node, name string) *yaml.Node {
	if n.Kind != yaml.SequenceNode {
		return v1Lookup(n, name)
	}
	for _, item := range n.Content {
		if found := v1Lookup(item, name); found != nil {
			return found
		}
	}
	return nil
}

// v2Lookup returns the first value under a name; a second one is refused.
func v2Lookup(n *yaml.Node, name string) *yaml.Node {
	if n.Kind != yaml.MappingNode {
		return nil
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		if key := deref(n.Content[i]); key.Kind == yaml.ScalarNode && key.Value == name {
			return n.Content[i+1]
		}
	}
	return nil
}
