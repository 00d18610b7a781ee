package report

import (
	"fmt"
	"io/fs"
	"time"

	"github.com/cdx-deploy/cdx/pkg/local/agent"
)

type planJSON struct {
	Directory  string         `json:"directory"`
	Previous   string         `json:"previous,omitempty"`
	Remove     []string       `json:"remove"`
	Steps      []stepJSON     `json:"steps"`
	Conflicts  []conflictJSON `json:"conflicts"`
	Events     []eventJSON    `json:"events"`
	Difference *Difference    `json:"difference,omitempty"`
}

type stepJSON struct {
	Path     string `json:"path"`
	Type     string `json:"type"` // file, folder or link
	Source   string `json:"source,omitempty"`
	Target   string `json:"target,omitempty"` // of a link
	Mode     string `json:"mode"`             // octal, four digits
	Size     int64  `json:"size"`             // in bytes
	Owner    string `json:"owner,omitempty"`
	Group    string `json:"group,omitempty"`
	Replaces bool   `json:"replaces,omitempty"`
}

type conflictJSON struct {
	Path    string   `json:"path"`
	Sources []string `json:"sources,omitempty"`
	Message string   `json:"message"`
}

type eventJSON struct {
	Name     string       `json:"name"`
	Previous bool         `json:"previous,omitempty"` // the scripts are the previous deployment's
	Scripts  []scriptJSON `json:"scripts"`
}

type scriptJSON struct {
	Location string `json:"location"`
	RunAs    string `json:"runas,omitempty"`
	Timeout  int64  `json:"timeout"` // in seconds
	Missing  bool   `json:"missing,omitempty"`
}

// PlansJSON gives plans the form that programs read:
// [{"directory","remove":[…],"steps":[…],"conflicts":[…],"events":[…]}].
func PlansJSON(plans []Planned) any {
	out := make([]planJSON, len(plans))
	for i, p := range plans {
		out[i] = planJSON{
			Directory: p.Name, Previous: p.Previous, Remove: append([]string{}, p.Plan.Remove...),
			Steps: stepsJSON(p.Plan.Steps), Conflicts: conflictsJSON(p.Plan.Conflicts), Events: plannedEventsJSON(p.Plan.Events),
			Difference: p.Difference,
		}
	}
	return out
}

func stepsJSON(steps []agent.Step) []stepJSON {
	out := make([]stepJSON, len(steps))
	for i := range steps {
		s := &steps[i]
		out[i] = stepJSON{
			Path: s.Path, Type: kindOf(s), Source: s.Source, Target: s.Link, Mode: octal(s.Mode), Size: s.Size,
			Owner: s.Owner, Group: s.Group, Replaces: s.Replaces,
		}
	}
	return out
}

// octal writes a mode as chmod takes it.
func octal(mode fs.FileMode) string {
	bits := uint32(mode.Perm())
	for i, special := range []fs.FileMode{fs.ModeSticky, fs.ModeSetgid, fs.ModeSetuid} {
		if mode&special != 0 {
			bits |= 0o1000 << i
		}
	}
	return fmt.Sprintf("%04o", bits)
}

func conflictsJSON(conflicts []agent.Conflict) []conflictJSON {
	out := make([]conflictJSON, len(conflicts))
	for i, c := range conflicts {
		out[i] = conflictJSON{Path: c.Path, Sources: c.Sources, Message: c.Message}
	}
	return out
}

func plannedEventsJSON(events []agent.PlannedEvent) []eventJSON {
	out := make([]eventJSON, len(events))
	for i, e := range events {
		out[i] = eventJSON{Name: e.Name, Previous: e.Previous, Scripts: make([]scriptJSON, len(e.Scripts))}
		for j, s := range e.Scripts {
			out[i].Scripts[j] = scriptJSON{Location: s.Location, RunAs: s.RunAs, Timeout: int64(s.Timeout / time.Second), Missing: s.Missing}
		}
	}
	return out
}
