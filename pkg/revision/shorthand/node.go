package shorthand

// kind is what was written at a place of the value.
type kind int

const (
	textNode   kind = iota // a string, in shorthand also what will become a number or boolean
	numberNode             // JSON only
	boolNode               // JSON only
	nullNode               // JSON only
	listNode
	structNode
)

// maxDepth bounds nesting. API structures nest four levels at most.
const maxDepth = 100

// node is one parsed value with the byte offset it stands at.
type node struct {
	kind    kind
	offset  int
	text    string   // of a textNode, numberNode or boolNode
	items   []node   // of a listNode
	members []member // of a structNode, in the order written
}

// member is one name and its value in a structNode.
type member struct {
	name   string
	offset int
	value  node
}

// put adds m, or replaces the value of the member that has its name already.
func (n *node) put(m member) {
	for i := range n.members {
		if n.members[i].name == m.name {
			n.members[i] = m
			return
		}
	}
	n.members = append(n.members, m)
}

// describe names what the node is, for "must be a list, not …".
func (n node) describe() string {
	switch n.kind {
	case numberNode:
		return "the number " + n.text
	case boolNode:
		return n.text
	case nullNode:
		return "null"
	case listNode:
		return "a list"
	case structNode:
		return "a structure"
	default:
		return quote(n.text)
	}
}
