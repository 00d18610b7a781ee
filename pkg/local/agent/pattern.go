package agent

import (
	"regexp"
	"strings"
)

// matcher says whether a pattern of a permission matches a path below its object.
type matcher func(rel string) bool

// matchV1 compiles a pattern as agent v1 reads it: a "*" stands for any characters, everything else
// for itself, and nothing below the object's direct children ever matches. The pattern "**" alone,
// where all is set, matches at every depth; in except it does not.
// Source: aws/aws-codedeploy-agent, application_specification/linux_permission_info.rb.
func matchV1(pattern string, all bool) matcher {
	if pattern == "**" && all {
		return func(string) bool { return true }
	}
	parts := strings.Split(pattern, "*")
	return func(rel string) bool { return !strings.Contains(rel, "/") && matchStars(rel, parts) }
}

// matchStars reports whether name is the parts in order with anything between them.
func matchStars(name string, parts []string) bool {
	last := len(parts) - 1
	if last == 0 {
		return name == parts[0]
	}
	if !strings.HasPrefix(name, parts[0]) {
		return false
	}
	name = name[len(parts[0]):]
	for _, part := range parts[1:last] {
		at := strings.Index(name, part)
		if at < 0 {
			return false
		}
		name = name[at+len(part):]
	}
	return strings.HasSuffix(name, parts[last])
}

// matchV2 compiles a pattern as agent v2 reads it: "**" matches everything; without a "*" it is a
// path below the object; with one it is a glob ("?", "[ab]" and "{a,b}" too) for direct children.
// A malformed glob is a path.
// Source: aws/aws-codedeploy-agent, src/application_specification/pattern.rs.
func matchV2(pattern string) matcher {
	if pattern == "**" {
		return func(string) bool { return true }
	}
	exact := func(rel string) bool { return rel == pattern }
	if !strings.Contains(pattern, "*") {
		return exact
	}
	glob, ok := globRegexp(pattern)
	if !ok {
		return exact
	}
	return func(rel string) bool { return !strings.ContainsAny(rel, `/\`) && glob.MatchString(rel) }
}

// globRegexp translates the globs of Rust's globset crate, as far as names without a slash can tell.
func globRegexp(pattern string) (*regexp.Regexp, bool) {
	g := globber{rest: strings.TrimPrefix(pattern, "**/")}
	g.out.WriteString("(?s)^(?:")
	for g.rest != "" && !g.bad {
		g.token()
	}
	if g.bad || g.depth > 0 {
		return nil, false
	}
	g.out.WriteString(")$")
	re, err := regexp.Compile(g.out.String())
	return re, err == nil
}

// globber writes a regular expression for a glob, token by token.
type globber struct {
	rest  string
	out   strings.Builder
	depth int // open braces
	bad   bool
}

func (g *globber) token() {
	c := g.rest[0]
	g.rest = g.rest[1:]
	switch c {
	case '*':
		g.out.WriteString(".*")
	case '?':
		g.out.WriteString(".")
	case '{':
		g.depth++
		g.out.WriteString("(?:")
	case '}':
		g.close()
	case ',':
		g.comma()
	case '[':
		g.class()
	case '\\':
		g.escape()
	default:
		g.literal(c)
	}
}

func (g *globber) close() {
	g.depth--
	g.bad = g.depth < 0
	g.out.WriteString(")")
}

func (g *globber) comma() {
	if g.depth > 0 {
		g.out.WriteString("|")
		return
	}
	g.literal(',')
}

func (g *globber) escape() {
	if g.rest == "" {
		g.bad = true
		return
	}
	c := g.rest[0]
	g.rest = g.rest[1:]
	g.literal(c)
}

func (g *globber) literal(c byte) {
	if c < 0x80 {
		g.out.WriteString(regexp.QuoteMeta(string(rune(c))))
		return
	}
	g.out.WriteByte(c)
}

// class copies a character class; a "]" right after its start is a member.
func (g *globber) class() {
	negated := strings.HasPrefix(g.rest, "!") || strings.HasPrefix(g.rest, "^")
	if negated {
		g.rest = g.rest[1:]
	}
	end := -1
	if len(g.rest) > 1 {
		end = strings.IndexByte(g.rest[1:], ']') + 1
	}
	if end < 1 {
		g.bad = true
		return
	}
	g.out.WriteString("[")
	if negated {
		g.out.WriteString("^")
	}
	for _, r := range g.rest[:end] {
		if strings.ContainsRune(`\[]^&~`, r) {
			g.out.WriteString(`\`)
		}
		g.out.WriteRune(r)
	}
	g.out.WriteString("]")
	g.rest = g.rest[end+1:]
}
