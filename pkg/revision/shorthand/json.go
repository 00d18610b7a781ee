package shorthand

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
)

// jsonReader turns JSON into nodes that keep their place.
type jsonReader struct {
	text string
	dec  *json.Decoder
}

// parseJSON reads text as exactly one JSON value.
func parseJSON(text string) (node, error) {
	dec := json.NewDecoder(bytes.NewReader([]byte(text)))
	dec.UseNumber()
	r := &jsonReader{text: text, dec: dec}
	root, err := r.value(0)
	if err != nil {
		return node{}, err
	}
	end := int(dec.InputOffset())
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return node{}, errorAt(text, end, "", "expected nothing more after the JSON value")
	}
	return root, nil
}

// value reads one JSON value of any kind.
func (r *jsonReader) value(depth int) (node, error) {
	offset := r.next()
	if depth > maxDepth {
		return node{}, errorAt(r.text, offset, "", "nested too deeply")
	}
	token, err := r.dec.Token()
	if err != nil {
		return node{}, r.syntaxError(offset, err)
	}
	switch t := token.(type) {
	case json.Delim:
		return r.nested(t, offset, depth)
	case string:
		return node{kind: textNode, offset: offset, text: t}, nil
	case json.Number:
		return node{kind: numberNode, offset: offset, text: t.String()}, nil
	case bool:
		return node{kind: boolNode, offset: offset, text: fmt.Sprint(t)}, nil
	default:
		return node{kind: nullNode, offset: offset}, nil
	}
}

// nested reads an array or object to its end. Of two members with one name the
// later counts, as in Python.
func (r *jsonReader) nested(open json.Delim, offset, depth int) (node, error) {
	n := node{kind: listNode, offset: offset}
	if open == '{' {
		n.kind = structNode
	}
	for r.dec.More() {
		m := member{offset: r.next()}
		if n.kind == structNode {
			token, err := r.dec.Token()
			if err != nil {
				return node{}, r.syntaxError(m.offset, err)
			}
			m.name = fmt.Sprint(token) // the decoder lets nothing but a string stand here
		}
		var err error
		if m.value, err = r.value(depth + 1); err != nil {
			return node{}, err
		}
		if n.kind == structNode {
			n.put(m)
		} else {
			n.items = append(n.items, m.value)
		}
	}
	at := r.next()
	if _, err := r.dec.Token(); err != nil {
		return node{}, r.syntaxError(at, err)
	}
	return n, nil
}

// next is the offset at which the next token begins.
func (r *jsonReader) next() int {
	at := int(r.dec.InputOffset())
	rest := r.text[at:]
	return at + len(rest) - len(strings.TrimLeft(rest, " \t\r\n,:"))
}

// syntaxError reports what encoding/json complains about, at the token it began to read.
func (r *jsonReader) syntaxError(offset int, err error) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return errorAt(r.text, len(r.text), "", "the JSON value is not finished")
	}
	return errorAt(r.text, offset, "", "invalid JSON: %v", err)
}
