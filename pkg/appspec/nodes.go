package appspec

import (
	"bytes"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"
)

var (
	yamlAlias = &Rule{
		Name: "yaml-alias", refuses: byV1,
		Summary: "an alias, which agent v1 refuses on Ruby 3.1 and newer",
		Why:     "Agent v1 loads the file without aliases since Psych 4 and stops with BadAlias. An older Ruby, and agent v2, accept it.",
		Fix:     "Repeat the text instead.",
		Source:  "ruby/psych lib/psych.rb, load and safe_load, since 4.0",
		Fires:   Example{AppSpec: "version: 0.0\nos: linux\nhooks:\n  AfterInstall: &scripts\n    - location: bin/go.sh\n  ApplicationStart: *scripts\n"},
		Silent:  Example{AppSpec: "version: 0.0\nos: linux\nhooks:\n  AfterInstall: &scripts\n    - location: bin/go.sh\n"},
	}
	yamlDate = &Rule{
		Name: "yaml-date", refuses: byV1,
		Summary: "a date or time without quotes, which agent v1 refuses on Ruby 3.1 and newer",
		Why:     "Agent v1 loads the file without the class Date since Psych 4 and stops with DisallowedClass, wherever the date stands.",
		Fix:     "Put it between quotes.",
		Source:  "ruby/psych lib/psych/scalar_scanner.rb; lib/psych.rb, safe_load, since 4.0",
		Fires:   Example{AppSpec: "version: 0.0\nos: linux\nx-released: 2024-05-01\n"},
		Silent:  Example{AppSpec: "version: 0.0\nos: linux\nx-released: '2024-05-01'\n"},
	}
	yamlTag = &Rule{
		Name: "yaml-tag", refuses: byV1,
		Summary: "a tag that agent v1 refuses or cannot convert",
		Why:     "Tags like !ruby/object or !!set ask for classes that agent v1 does not load (DisallowedClass); !!float before something else than a number is an error. Tags of one's own, like !Sub, are fine.",
		Fix:     "Remove the tag.",
		Source:  "ruby/psych lib/psych/visitors/to_ruby.rb; lib/psych.rb, safe_load",
		Fires:   Example{AppSpec: "version: 0.0\nos: linux\nx-owners: !!set {ann: null}\n"},
		Silent:  Example{AppSpec: "version: 0.0\nos: linux\nfiles:\n  - source: !Sub build\n    destination: /srv/shop\n"},
	}
	yamlMerge = &Rule{
		Name: "yaml-merge", warns: byV2,
		Summary: "a merge key, which agent v2 ignores",
		Why:     "Agent v1 merges the mapping in (an alias it refuses); to agent v2 << is an unknown key, and within hooks an event that it refuses.",
		Fix:     "Write the settings out.",
		Source:  "ruby/psych lib/psych/visitors/to_ruby.rb, revive_hash; dtolnay/serde-yaml, which has no merge keys",
		Fires:   Example{AppSpec: inScript("<<: {timeout: 5}")},
		Silent:  Example{AppSpec: inScript("timeout: 5")},
	}
	duplicateKey = &Rule{
		Name: "duplicate-key", refuses: byV2, warns: byV1 | byService, Platforms: everyPlatform(),
		Summary: "a key that is there twice",
		Why:     "Agent v1 takes the later value and forgets the earlier one without a word; agent v2 refuses a setting that it knows, and takes the later one of two equal events.",
		Fix:     "Put the entries together under one key.",
		Source:  "ruby/psych lib/psych/visitors/to_ruby.rb, revive_hash; serde's derive, duplicate field",
		Fires:   Example{AppSpec: "version: 0.0\nos: linux\nfiles:\n  - source: a\n    destination: /srv/a\nfiles:\n  - source: b\n    destination: /srv/b\n"},
		Silent:  Example{AppSpec: "version: 0.0\nos: linux\nfiles:\n  - source: a\n    destination: /srv/a\n  - source: b\n    destination: /srv/b\n"},
	}
	keyNotText = &Rule{
		Name: "key-not-text", refuses: byV2, warns: byV1,
		Summary: "a list or mapping as a key",
		Why:     "Agent v1 ignores it, agent v2 refuses it where it expects the name of a setting. It often comes from {{…}} without quotes.",
		Fix:     "Put a template's braces between quotes, or remove the key.",
		Source:  "dtolnay/serde-yaml src/de.rs, deserialize_identifier",
		Fires:   Example{AppSpec: "version: 0.0\nos: linux\n? [a]\n: b\n"},
		Silent:  Example{AppSpec: "version: 0.0\nos: linux\nx-a: b\n"},
	}
)

func nodeRules() []*Rule {
	return []*Rule{yamlAlias, yamlDate, yamlTag, yamlMerge, duplicateKey, keyNotText}
}

// step is one part of the way from the root to a node.
type step struct {
	parent *step
	key    string // empty in a list
	index  int
}

// where is the path in a finding's notation.
func (s *step) where() string {
	var parts []string
	for ; s != nil; s = s.parent {
		switch {
		case s.key == "":
			parts = append(parts, "["+strconv.Itoa(s.index)+"]")
		case s.parent == nil:
			parts = append(parts, s.key)
		default:
			parts = append(parts, "."+s.key)
		}
	}
	slices.Reverse(parts)
	return strings.Join(parts, "")
}

// nodes reports what is wrong with the YAML of a node and everything in it, whatever the
// settings mean.
func (c *checker) nodes(n *yaml.Node, at *step) {
	switch n.Kind {
	case yaml.AliasNode:
		c.report(yamlAlias, c.placeOf(n, at), fmt.Sprintf("agent v1 refuses the alias *%s on Ruby 3.1 and newer", n.Value), "the text itself", "repeat what &"+n.Value+" stands for")
	case yaml.ScalarNode:
		c.scalarNode(n, at)
	case yaml.SequenceNode:
		c.tag(n, at)
		for i, item := range n.Content {
			c.flowScalar(n, item, at)
			c.nodes(item, &step{parent: at, index: i})
		}
	case yaml.MappingNode:
		c.tag(n, at)
		c.mappingNode(n, at)
	}
}

func (c *checker) placeOf(n *yaml.Node, at *step) place {
	where := at.where()
	if at == nil {
		where = "document"
	}
	return place{node: n, where: where, by: c.by}
}

func (c *checker) scalarNode(n *yaml.Node, at *step) {
	c.escapes(n, at)
	c.tag(n, at)
	if !isPlain(n) && n.Style&yaml.TaggedStyle == 0 {
		return
	}
	switch ruby(n).kind {
	case rubyDate:
		c.report(yamlDate, c.placeOf(n, at), fmt.Sprintf("agent v1 refuses the date %s on Ruby 3.1 and newer", n.Value), "text between quotes", "'"+n.Value+"'").edit = c.replacing(n, "'"+n.Value+"'")
	case rubyMalformed:
		c.report(yamlTag, c.placeOf(n, at), "agent v1 cannot convert "+strings.TrimSpace(explicitTag(n)+" "+quoted(n.Value)), "text between quotes", "")
	}
}

// escapes reports what yaml.v3 accepts within double quotes and the agents' parsers do not.
func (c *checker) escapes(n *yaml.Node, at *step) {
	if n.Style&yaml.DoubleQuotedStyle == 0 || !strings.Contains(n.Value, "'") {
		return
	}
	start := c.file.offset(n)
	text := c.file.source.text[start:]
	for i := bytes.IndexByte(text, '"') + 1; i < len(text) && text[i] != '"'; i++ {
		if text[i] != '\\' {
			continue
		}
		if i++; i < len(text) && text[i] == '\'' {
			c.reportAt(yamlSyntax, start+i-1, c.placeOf(n, at), "found unknown escape character", "' without a backslash", "remove the backslash").edit = &edit{start: start + i - 1, end: start + i}
			return
		}
	}
}

// flowScalar reports a text within [] or {} that ends with a colon, which yaml.v3 accepts
// and the agents' parsers do not.
func (c *checker) flowScalar(parent, n *yaml.Node, at *step) {
	if parent.Style&yaml.FlowStyle == 0 || !isPlain(n) || !strings.HasSuffix(n.Value, ":") {
		return
	}
	if _, end, ok := c.extent(n); ok && end < len(c.file.source.text) && strings.IndexByte(",?[]{}", c.file.source.text[end]) >= 0 {
		c.report(yamlSyntax, c.placeOf(n, at), "found unexpected ':' after "+quoted(strings.TrimSuffix(n.Value, ":")), "a space after the colon", "put a space after the colon")
	}
}

func (c *checker) tag(n *yaml.Node, at *step) {
	if n.Style&yaml.TaggedStyle == 0 {
		return
	}
	if strings.ContainsAny(explicitTag(n), ",[]{}") {
		c.report(yamlSyntax, c.placeOf(n, at), "did not find expected whitespace or line break after a tag", "a tag without brackets and commas", "")
	} else if ruby(n).kind == rubyDisallowed {
		c.report(yamlTag, c.placeOf(n, at), "agent v1 refuses the tag "+explicitTag(n), "no tag", "remove the tag")
	}
}

func (c *checker) mappingNode(n *yaml.Node, at *step) {
	firstLine := map[string]int{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		written, key := n.Content[i], deref(n.Content[i])
		c.flowScalar(n, written, at)
		c.flowScalar(n, n.Content[i+1], at)
		below := &step{parent: at, key: key.Value}
		if key.Kind != yaml.ScalarNode {
			c.nodes(written, below)
			c.notText(key, at)
			c.nodes(n.Content[i+1], below)
			continue
		}
		c.nodes(written, below)
		if line, again := firstLine[key.Value]; again {
			c.duplicate(written, below, line)
		} else {
			firstLine[key.Value], _ = c.file.source.position(c.file.offset(written))
		}
		if isMergeKey(key) {
			c.merge(written, below)
		}
		c.nodes(n.Content[i+1], below)
	}
}

// notText reports a key that is no text where a setting's name is expected.
func (c *checker) notText(key *yaml.Node, at *step) {
	if knownKeys(at) != nil || at.where() == "hooks" {
		c.report(keyNotText, c.placeOf(key, at), "the key is "+kindName(key), "the name of a setting", "")
	}
}

func (c *checker) duplicate(key *yaml.Node, at *step, firstLine int) {
	p := c.report(duplicateKey, c.placeOf(key, at), fmt.Sprintf("%s is already set in line %d; agent v1 takes only the later one", quoted(deref(key).Value), firstLine), "each key once", "")
	if c.by == byBoth && !slices.Contains(knownKeys(at.parent), deref(key).Value) {
		p.refuses, p.warns = 0, byBoth
	}
}

func (c *checker) merge(key *yaml.Node, at *step) {
	p := c.report(yamlMerge, c.placeOf(key, at), "agent v2 does not know merge keys", "the settings themselves", "write out what << merges in")
	if at.parent.where() == "hooks" {
		p.refusedBy(byV2 & c.by)
	}
}

// knownKeys returns the settings of the mapping at a path of a server file, nil where any
// key is allowed.
func knownKeys(at *step) []string {
	switch {
	case at == nil:
		return topKeys()
	case at.key == "context" && at.inList("permissions", 1):
		return contextKeys()
	case at.key != "":
		return nil
	case at.inList("files", 0):
		return fileKeys()
	case at.inList("permissions", 0):
		return permissionKeys()
	case at.parent != nil && at.parent.parent != nil && at.parent.parent.key == "hooks" && at.parent.parent.parent == nil:
		return scriptKeys()
	}
	return nil
}

// inList tells whether the step, or the one that many steps above, is an entry of a
// top-level list.
func (s *step) inList(section string, above int) bool {
	for ; above > 0 && s != nil; above-- {
		s = s.parent
	}
	return s != nil && s.key == "" && s.parent != nil && s.parent.key == section && s.parent.parent == nil
}
