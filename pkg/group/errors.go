package group

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// Error is a mistake in a file.
type Error struct {
	File         string // as given to [Parse]
	Line, Column int    // 1-based; columns count characters
	Where        string // member that is wrong, like "loadBalancerInfo.elbInfoList[0]"; empty for the file as a whole
	Message      string // what was found and what was expected
	Nearest      string // the known name that an unknown one most likely means; else empty
}

// Error returns one line, beginning with file:line:column.
func (e *Error) Error() string {
	text := fmt.Sprintf("%s:%d:%d: ", e.File, e.Line, e.Column)
	if e.Where != "" {
		text += e.Where + ": "
	}
	text += e.Message
	if e.Nearest != "" {
		text += fmt.Sprintf(": did you mean %q?", e.Nearest)
	}
	return text
}

// Errors are all mistakes in a file, in the order of their places.
type Errors []*Error

// Error returns a line for each mistake.
func (e Errors) Error() string {
	lines := make([]string, len(e))
	for i, one := range e {
		lines[i] = one.Error()
	}
	return strings.Join(lines, "\n")
}

// Unwrap returns the mistakes.
func (e Errors) Unwrap() []error {
	errs := make([]error, len(e))
	for i, one := range e {
		errs[i] = one
	}
	return errs
}

func (e Errors) sort() {
	slices.SortStableFunc(e, func(a, b *Error) int { return cmp.Or(a.Line-b.Line, a.Column-b.Column) })
}
