package report

import (
	"time"

	"github.com/cdx-deploy/cdx/internal/awsjson"
	"github.com/cdx-deploy/cdx/pkg/diff"
)

type comparisonJSON struct {
	Directory            string        `json:"directory"`
	ApplicationName      string        `json:"applicationName,omitempty"`
	DeploymentGroupNames []string      `json:"deploymentGroupNames,omitempty"`
	DeploymentID         string        `json:"deploymentId,omitempty"`
	Deployed             string        `json:"deployed,omitempty"`
	Revision             awsjson.Value `json:"revision"`
	Same                 bool          `json:"same"`
	Basis                diff.Basis    `json:"basis"`
	ModesCompared        bool          `json:"modesCompared"`
	Entries              int           `json:"entries"`
	Totals               totals        `json:"totals"`
	Changes              []changeJSON  `json:"changes"`
	AppSpecDiff          string        `json:"appSpecDiff,omitempty"`
	Read                 readJSON      `json:"read"`
}

type changeJSON struct {
	Path     string    `json:"path"`
	Change   diff.Kind `json:"change"`
	Role     diff.Role `json:"role,omitempty"`
	Contents bool      `json:"contents,omitempty"`
	Mode     bool      `json:"mode,omitempty"`
	Old      *sideJSON `json:"old,omitempty"`
	New      *sideJSON `json:"new,omitempty"`
}

type sideJSON struct {
	Type   string `json:"type"`           // file, folder or link
	Mode   string `json:"mode,omitempty"` // octal, four digits; empty where it is not known
	Size   int64  `json:"size"`           // in bytes
	Target string `json:"target,omitempty"`
}

type readJSON struct {
	Bytes    int64 `json:"bytes"`
	Requests int   `json:"requests"`
	Size     int64 `json:"size"` // of the whole object
}

// DifferencesJSON gives comparisons the form that programs read, which schema/output.json
// describes.
func DifferencesJSON(all []Compared) any {
	out := make([]comparisonJSON, len(all))
	for i, c := range all {
		d := c.Difference
		one := comparisonJSON{
			Directory: c.Directory, ApplicationName: c.Application, DeploymentGroupNames: c.Groups, DeploymentID: c.DeploymentID,
			Revision: awsjson.Value{Of: c.Revision}, Same: len(d.Changes) == 0, Basis: d.Basis, ModesCompared: !d.ModesUnknown && d.Basis != diff.ByText,
			Entries: d.Entries, Totals: totalsOf(d), Changes: make([]changeJSON, len(d.Changes)), AppSpecDiff: d.AppSpecDiff,
			Read: readJSON{c.BytesRead, c.Requests, c.Size},
		}
		if !c.Deployed.IsZero() {
			one.Deployed = c.Deployed.UTC().Format(time.RFC3339)
		}
		for i, change := range d.Changes {
			one.Changes[i] = changeJSON{change.Path, change.Kind, change.Role, change.Contents, change.Mode, fileForPrograms(change.Old), fileForPrograms(change.New)}
		}
		out[i] = one
	}
	return out
}

func fileForPrograms(f *diff.File) *sideJSON {
	if f == nil {
		return nil
	}
	out := &sideJSON{Type: typeOf(f), Size: f.Size, Target: f.Target}
	if f.ModeKnown {
		out.Mode = octal(f.Mode)
	}
	return out
}
