package report

import (
	"fmt"
	"slices"
	"sort"
	"strings"

	"github.com/cdx-deploy/cdx/internal/term"
	"github.com/cdx-deploy/cdx/pkg/local/agent"
)

// Difference is how one plan differs from another, on an instance with nothing on it.
type Difference struct {
	From   string            `json:"from"`   // the other revision's name
	Paths  []PathDifference  `json:"paths"`  // in byte order
	Events []EventDifference `json:"events"` // in the order of the events
}

// PathDifference is a file, folder or link that only one plan has, or has otherwise.
type PathDifference struct {
	Path   string   `json:"path"`
	Change string   `json:"change"`         // added, removed or changed
	What   []string `json:"what,omitempty"` // of a change, like "mode 0644 to 0755"
}

// EventDifference is a lifecycle event whose scripts are not the same.
type EventDifference struct {
	Name   string   `json:"name"`
	Before []string `json:"before"`
	After  []string `json:"after"`
}

// Compare says how a plan differs from another one. Same reports whether two files,
// theirs and then ours, of one size have the same contents.
func Compare(from string, theirs, ours *agent.Plan, same func(theirs, ours *agent.Step) (bool, error)) (*Difference, error) {
	d := &Difference{From: from, Paths: []PathDifference{}, Events: []EventDifference{}}
	before := make(map[string]*agent.Step, len(theirs.Steps))
	for i := range theirs.Steps {
		before[theirs.Steps[i].Path] = &theirs.Steps[i]
	}
	for i := range ours.Steps {
		step := &ours.Steps[i]
		old := before[step.Path]
		delete(before, step.Path)
		if err := d.path(old, step, same); err != nil {
			return nil, err
		}
	}
	for path := range before {
		d.Paths = append(d.Paths, PathDifference{Path: path, Change: "removed"})
	}
	sort.Slice(d.Paths, func(i, j int) bool { return d.Paths[i].Path < d.Paths[j].Path })
	d.events(theirs.Events, ours.Events)
	return d, nil
}

func (d *Difference) path(old, step *agent.Step, same func(theirs, ours *agent.Step) (bool, error)) error {
	if old == nil {
		d.Paths = append(d.Paths, PathDifference{Path: step.Path, Change: "added"})
		return nil
	}
	what := attributes(old, step)
	if kindOf(old) == "file" && kindOf(step) == "file" {
		equal := old.Size == step.Size
		if equal {
			var err error
			if equal, err = same(old, step); err != nil {
				return err
			}
		}
		if !equal {
			what = append(what, "contents")
		}
	}
	if what != nil {
		d.Paths = append(d.Paths, PathDifference{Path: step.Path, Change: "changed", What: what})
	}
	return nil
}

// attributes says what besides the contents is not the same.
func attributes(old, step *agent.Step) (what []string) {
	for _, a := range [][3]string{
		{"type", kindOf(old), kindOf(step)},
		{"mode", octal(old.Mode), octal(step.Mode)},
		{"owner", orDash(old.Owner), orDash(step.Owner)},
		{"group", orDash(old.Group), orDash(step.Group)},
		{"target", old.Link, step.Link},
	} {
		if a[1] != a[2] {
			what = append(what, fmt.Sprintf("%s %s to %s", a[0], a[1], a[2]))
		}
	}
	return what
}

// events compares the scripts of a revision's own events: those of the previous one
// are the same for both.
func (d *Difference) events(theirs, ours []agent.PlannedEvent) {
	for i := range ours {
		before, after := scriptTexts(theirs[i].Scripts), scriptTexts(ours[i].Scripts)
		if !slices.Equal(before, after) {
			d.Events = append(d.Events, EventDifference{Name: ours[i].Name, Before: before, After: after})
		}
	}
}

func scriptTexts(scripts []agent.PlannedScript) []string {
	texts := make([]string, len(scripts))
	for i := range scripts {
		texts[i] = scriptText(&scripts[i])
	}
	return texts
}

func (w *planWriter) difference(p Planned) {
	d := p.Difference
	if len(d.Paths)+len(d.Events) == 0 {
		w.section(fmt.Sprintf("%s installs the same as %s and runs the same hooks", term.Line(p.Name), term.Line(d.From)))
		return
	}
	w.section(fmt.Sprintf("%s, compared with %s", term.Line(p.Name), term.Line(d.From)))
	for _, path := range d.Paths {
		switch path.Change {
		case "added":
			w.printf("  %s\n", w.style.Green("+ "+term.Line(path.Path)))
		case "removed":
			w.printf("  %s\n", w.style.Red("- "+term.Line(path.Path)))
		default:
			w.printf("  %s  %s\n", w.style.Yellow("~ "+term.Line(path.Path)), term.Line(strings.Join(path.What, ", ")))
		}
	}
	for _, event := range d.Events {
		w.printf("  %s\n", event.Name)
		for _, script := range event.Before {
			w.printf("    %s\n", w.style.Red("- "+script))
		}
		for _, script := range event.After {
			w.printf("    %s\n", w.style.Green("+ "+script))
		}
	}
}
