package report

import "github.com/cdx-deploy/cdx/pkg/appspec"

// Findings is the JSON form of findings:
// {"files":[{"path","platform","valid","findings":[…]}]}.
type Findings struct {
	Files []fileJSON `json:"files"`
	Error any        `json:"error,omitempty"` // why some files could not be checked
}

type fileJSON struct {
	Path     string        `json:"path"`
	Platform string        `json:"platform"`
	Valid    bool          `json:"valid"`
	Findings []findingJSON `json:"findings"`
	Omitted  int           `json:"omitted,omitempty"`
	Fixed    []findingJSON `json:"fixed,omitempty"`
	Diff     string        `json:"diff,omitempty"`
}

type findingJSON struct {
	Rule     string          `json:"rule"`
	Severity string          `json:"severity"`
	Line     int             `json:"line"`
	Column   int             `json:"column"`
	Where    string          `json:"where"`
	Message  string          `json:"message"`
	Expected string          `json:"expected"`
	Agents   []appspec.Agent `json:"agents"`
	Fix      string          `json:"fix"`
}

// FindingsJSON gives findings the form that programs read. A file is valid when
// none of its findings is an error.
func FindingsJSON(files []CheckedFile) Findings {
	out := Findings{Files: make([]fileJSON, 0, len(files))}
	for _, file := range files {
		out.Files = append(out.Files, fileJSON{
			Path:     file.Path,
			Platform: string(file.Platform),
			Valid:    !appspec.HasErrors(file.Findings),
			Findings: findingsJSON(file.Findings),
			Omitted:  file.Omitted,
			Fixed:    findingsJSON(file.Fixed),
			Diff:     file.Diff,
		})
	}
	return out
}

func findingsJSON(findings []appspec.Finding) []findingJSON {
	list := make([]findingJSON, 0, len(findings))
	for _, f := range findings {
		list = append(list, findingJSON{
			Rule: f.Rule, Severity: string(f.Severity), Line: f.Line, Column: f.Column, Where: f.Where,
			Message: f.Message, Expected: f.Expected, Agents: append([]appspec.Agent{}, f.Agents...), Fix: f.Fix,
		})
	}
	return list
}
