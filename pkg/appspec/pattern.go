package appspec

import (
	"regexp"
	"sync"
)

// pattern is a regular expression that is compiled when it is first used: to compile
// all of them takes longer than to check a file.
func pattern(text string) func() *regexp.Regexp {
	return sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(text) })
}
