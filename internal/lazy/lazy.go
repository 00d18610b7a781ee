// Package lazy puts off what most runs of cdx never need.
package lazy

import (
	"regexp"
	"sync"
)

// Regexp returns a function that gives the regular expression, compiled when it is
// first asked for. It panics then if text is none.
func Regexp(text string) func() *regexp.Regexp {
	return sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(text) })
}
