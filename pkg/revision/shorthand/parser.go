package shorthand

import (
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// parser reads shorthand syntax. Its methods are the grammar's rules and behave as
// those of aws/aws-cli awscli/shorthand.py, with two differences: characters above
// U+FFFF may stand in unquoted values, and key@=file://… is refused.
type parser struct {
	text  string
	at    int // byte offset of the next character
	depth int
}

// parseShorthand reads: keyval *( "," keyval ).
func parseShorthand(text string) (node, error) {
	p := &parser{text: text}
	root := node{kind: structNode}
	seen := map[string]bool{}
	for {
		m, err := p.keyval((*parser).values)
		if err != nil {
			return node{}, err
		}
		if seen[m.name] {
			return node{}, p.errorf(m.offset, "second %q: values that contain a comma need quotes", m.name)
		}
		seen[m.name] = true
		root.members = append(root.members, m)
		if p.skipSpace(); p.atEnd() {
			return root, nil
		}
		if err := p.expect(','); err != nil {
			return node{}, err
		}
	}
}

// keyval reads: key [ "@" ] "=" value, with blanks allowed around each.
func (p *parser) keyval(value func(*parser) (node, error)) (member, error) {
	p.skipSpace()
	m := member{offset: p.at}
	m.name = p.key()
	p.skipSpace()
	fromFile := p.peek('@')
	if fromFile {
		p.at++
	}
	if err := p.expect('='); err != nil {
		return member{}, err
	}
	var err error
	if m.value, err = value(p); err != nil {
		return member{}, err
	}
	if fromFile && namesFile(m.value) {
		return member{}, p.errorf(m.value.offset, "a file can only stand for the whole value, as in file://%s.json", m.name)
	}
	return m, nil
}

// namesFile reports whether the AWS CLI would read a file for the value of key@=value.
func namesFile(n node) bool {
	if n.kind == textNode {
		return strings.HasPrefix(n.text, "file://") || strings.HasPrefix(n.text, "fileb://")
	}
	for _, item := range n.items {
		if namesFile(item) {
			return true
		}
	}
	return false
}

// key reads: *( alpha / digit / any of -_.#/: ), possibly nothing.
func (p *parser) key() string {
	start := p.at
	for !p.atEnd() && isKeyChar(p.text[p.at]) {
		p.at++
	}
	return p.text[start:p.at]
}

func isKeyChar(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || strings.IndexByte("-_.#/:", c) >= 0
}

// values reads: explicit-list / structure / value *( "," value ).
func (p *parser) values() (node, error) {
	if p.peek('[') || p.peek('{') {
		return p.nested()
	}
	first, err := p.value(isFirstFollow)
	if err != nil {
		return node{}, err
	}
	list := node{kind: listNode, offset: first.offset, items: []node{first}}
	for p.skipSpace(); p.peek(','); p.skipSpace() {
		comma := p.at
		p.at++
		p.skipSpace()
		item, err := p.furtherValue()
		p.skipSpace()
		switch {
		case err == nil && (p.atEnd() || p.peek(',')):
			list.items = append(list.items, item)
			continue
		case err != nil && (p.atEnd() || p.atQuote()):
			return node{}, err
		}
		if !p.peek(',') { // of two commas together, the AWS CLI overlooks one
			p.at = comma // what follows the comma is the next member: a=b,c=d
		}
		break
	}
	if len(list.items) == 1 {
		return first, nil
	}
	return list, nil
}

// furtherValue reads the second or a later value of an unbracketed list. It is
// never empty, and an unquoted one ends at "=" too.
func (p *parser) furtherValue() (node, error) {
	if !p.atQuote() && !p.startsWord() {
		return node{}, p.errorf(p.at, "expected a value, found %s", p.found())
	}
	return p.value(isFurtherFollow)
}

// element reads what may stand in brackets: a list, a structure or one value.
func (p *parser) element() (node, error) {
	if p.peek('[') || p.peek('{') {
		return p.nested()
	}
	return p.value(isFirstFollow)
}

// nested reads a bracketed list or structure, one level deeper.
func (p *parser) nested() (node, error) {
	if p.depth++; p.depth > maxDepth {
		return node{}, p.errorf(p.at, "nested too deeply")
	}
	defer func() { p.depth-- }()
	if p.peek('[') {
		return p.list()
	}
	return p.structure()
}

// list reads: "[" [ element *( "," element ) [ "," ] ] "]".
func (p *parser) list() (node, error) {
	n := node{kind: listNode, offset: p.at}
	p.at++
	for p.skipSpace(); !p.peek(']'); p.skipSpace() {
		item, err := p.element()
		if err != nil {
			return node{}, err
		}
		n.items = append(n.items, item)
		if err := p.separator(']'); err != nil {
			return node{}, err
		}
	}
	p.at++
	return n, nil
}

// structure reads: "{" [ keyval *( "," keyval ) [ "," ] ] "}". Of two members with
// one name the later counts.
func (p *parser) structure() (node, error) {
	n := node{kind: structNode, offset: p.at}
	p.at++
	for p.skipSpace(); !p.peek('}'); p.skipSpace() {
		m, err := p.keyval((*parser).element)
		if err != nil {
			return node{}, err
		}
		n.put(m)
		if err := p.separator('}'); err != nil {
			return node{}, err
		}
	}
	p.at++
	return n, nil
}

// separator reads the comma after an element, unless the closing bracket is next.
func (p *parser) separator(closing byte) error {
	p.skipSpace()
	if p.peek(closing) {
		return nil
	}
	return p.expect(',')
}

// value reads a quoted value, or an unquoted one that goes on as long as follows
// says, possibly an empty one.
func (p *parser) value(follows func(rune) bool) (node, error) {
	if p.atQuote() {
		return p.quoted(p.text[p.at])
	}
	n := node{offset: p.at}
	if !p.startsWord() {
		return n, nil
	}
	for !p.atEnd() {
		r, size := utf8.DecodeRuneInString(p.text[p.at:])
		if strings.HasPrefix(p.text[p.at:], `\,`) {
			size = 2
		} else if p.at > n.offset && !follows(r) {
			break
		}
		p.at += size
	}
	unescaped := strings.ReplaceAll(p.text[n.offset:p.at], `\,`, ",")
	n.text = strings.TrimRightFunc(unescaped, isSpace)
	return n, nil
}

// quoted reads a value in quotes, in which a backslash escapes the quote and itself.
// The value ends at the first quote that is not escaped; where there is none, the
// last escaped one ends it, and its backslash belongs to the value.
func (p *parser) quoted(quote byte) (node, error) {
	start, end := p.at+1, -1
	for i := start; i < len(p.text); i++ {
		if p.text[i] == '\\' && i+1 < len(p.text) && p.text[i+1] == quote {
			i++
			end = i
		} else if p.text[i] == quote {
			end = i
			break
		}
	}
	if end < 0 {
		return node{}, p.errorf(p.at, "the quote %c is not closed", quote)
	}
	text := strings.ReplaceAll(p.text[start:end], `\`+string(quote), string(quote))
	n := node{offset: p.at, text: strings.ReplaceAll(text, `\\`, `\`)}
	p.at = end + 1
	return n, nil
}

// startsWord reports whether an unquoted value can begin here.
func (p *parser) startsWord() bool {
	if p.atEnd() {
		return false
	}
	r, _ := utf8.DecodeRuneInString(p.text[p.at:])
	return r > ' ' && !strings.ContainsRune(`"',=[{`, r)
}

func isFirstFollow(r rune) bool {
	return (r >= ' ' || isSpace(r)) && !strings.ContainsRune(`"',]}`, r)
}

func isFurtherFollow(r rune) bool {
	return (r >= ' ' || isSpace(r)) && !strings.ContainsRune(`"',=`, r)
}

// isSpace is Python's idea of white space: Unicode's, and the four separators.
func isSpace(r rune) bool {
	return unicode.IsSpace(r) || 0x1c <= r && r <= 0x1f
}

// skipSpace skips ASCII white space, the only kind the grammar allows between tokens.
func (p *parser) skipSpace() {
	for !p.atEnd() && strings.IndexByte(" \t\n\r\v\f", p.text[p.at]) >= 0 {
		p.at++
	}
}

// expect reads c with the blanks around it.
func (p *parser) expect(c byte) error {
	p.skipSpace()
	if !p.peek(c) {
		return p.errorf(p.at, "expected %q, found %s", string(c), p.found())
	}
	p.at++
	p.skipSpace()
	return nil
}

func (p *parser) peek(c byte) bool { return !p.atEnd() && p.text[p.at] == c }

func (p *parser) atQuote() bool { return p.peek('"') || p.peek('\'') }

func (p *parser) atEnd() bool { return p.at >= len(p.text) }

// found names what stands at the current place.
func (p *parser) found() string {
	if p.atEnd() {
		return "the end"
	}
	r, _ := utf8.DecodeRuneInString(p.text[p.at:])
	return strconv.Quote(string(r))
}

func (p *parser) errorf(offset int, format string, args ...any) error {
	return errorAt(p.text, offset, "", format, args...)
}
