package report

import (
	"fmt"
	"strings"
	"text/tabwriter"
)

// facts are lines of a name and what there is to say, in two columns.
type facts struct {
	b strings.Builder
	w *tabwriter.Writer
}

func newFacts() *facts {
	f := new(facts)
	f.w = tabwriter.NewWriter(&f.b, 0, 0, 2, ' ', 0)
	return f
}

// add writes a fact, unless there is nothing to say.
func (f *facts) add(name, text string) {
	if text != "" {
		fmt.Fprintf(f.w, "%s\t%s\n", name, oneLine(text))
	}
}

// each writes a fact for every text, the name only before the first.
func (f *facts) each(name string, texts []string) {
	for i, text := range texts {
		if i > 0 {
			name = ""
		}
		f.add(name, text)
	}
}

func (f *facts) String() string {
	_ = f.w.Flush() // a strings.Builder takes everything
	return f.b.String()
}
