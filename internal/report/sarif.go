package report

import (
	"cmp"
	"net/url"
	"path/filepath"
	"slices"
	"strings"

	"github.com/cdx-deploy/cdx/internal/term"
	"github.com/cdx-deploy/cdx/pkg/appspec"
)

// sarifSchema is what SARIF logs are valid against.
const sarifSchema = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"

// informationURI is where people read about cdx.
const informationURI = "https://github.com/cdx-deploy/cdx"

// SARIFLog is findings in the Static Analysis Results Interchange Format 2.1.0.
type SARIFLog struct {
	Schema  string     `json:"$schema"`
	Version string     `json:"version"`
	Runs    []sarifRun `json:"runs"`
}

type sarifRun struct {
	Tool        sarifTool         `json:"tool"`
	ColumnKind  string            `json:"columnKind"`
	Invocations []sarifInvocation `json:"invocations"`
	Results     []sarifResult     `json:"results"`
}

type sarifTool struct {
	Driver sarifDriver `json:"driver"`
}

type sarifDriver struct {
	Name           string      `json:"name"`
	Version        string      `json:"version"`
	InformationURI string      `json:"informationUri"`
	Rules          []sarifRule `json:"rules"`
}

type sarifRule struct {
	ID               string             `json:"id"`
	ShortDescription sarifText          `json:"shortDescription"`
	FullDescription  sarifText          `json:"fullDescription"`
	Help             sarifText          `json:"help"`
	HelpURI          string             `json:"helpUri"`
	Default          sarifConfiguration `json:"defaultConfiguration"`
}

type sarifText struct {
	Text string `json:"text"`
}

type sarifConfiguration struct {
	Level string `json:"level"`
}

type sarifInvocation struct {
	ExecutionSuccessful bool `json:"executionSuccessful"` // whether every file could be checked
}

type sarifResult struct {
	RuleID    string          `json:"ruleId"`
	RuleIndex int             `json:"ruleIndex"`
	Level     string          `json:"level"`
	Message   sarifText       `json:"message"`
	Locations []sarifLocation `json:"locations"`
}

type sarifLocation struct {
	Physical sarifPhysical  `json:"physicalLocation"`
	Logical  []sarifLogical `json:"logicalLocations,omitempty"`
}

type sarifPhysical struct {
	Artifact sarifArtifact `json:"artifactLocation"`
	Region   sarifRegion   `json:"region"`
}

type sarifArtifact struct {
	URI string `json:"uri"`
}

type sarifRegion struct {
	StartLine   int `json:"startLine"`
	StartColumn int `json:"startColumn"`
}

type sarifLogical struct {
	FullyQualifiedName string `json:"fullyQualifiedName"`
}

// SARIF gives findings the form that code scanning services read. It describes the
// rules that have findings. The version is cdx's; complete is false when some files
// could not be checked.
func SARIF(files []CheckedFile, version string, complete bool) SARIFLog {
	run := sarifRun{
		Tool:        sarifTool{sarifDriver{Name: "cdx", Version: version, InformationURI: informationURI, Rules: []sarifRule{}}},
		ColumnKind:  "unicodeCodePoints",
		Invocations: []sarifInvocation{{complete}},
		Results:     []sarifResult{},
	}
	index := map[string]int{}
	for _, r := range rulesOf(files) {
		index[r.Name] = len(run.Tool.Driver.Rules)
		run.Tool.Driver.Rules = append(run.Tool.Driver.Rules, describedRule(r))
	}
	for _, file := range files {
		for _, f := range file.Findings {
			run.Results = append(run.Results, sarifFinding(file, f, index[f.Rule]))
		}
	}
	return SARIFLog{Schema: sarifSchema, Version: "2.1.0", Runs: []sarifRun{run}}
}

// rulesOf returns the rules that have findings, sorted by name.
func rulesOf(files []CheckedFile) []appspec.Rule {
	found := map[string]bool{}
	for _, file := range files {
		for _, f := range file.Findings {
			found[f.Rule] = true
		}
	}
	return slices.DeleteFunc(appspec.Rules(), func(r appspec.Rule) bool { return !found[r.Name] })
}

func describedRule(r appspec.Rule) sarifRule {
	return sarifRule{
		ID:               r.Name,
		ShortDescription: sarifText{r.Summary},
		FullDescription:  sarifText{r.Why},
		Help:             sarifText{r.Why + "\n\n" + r.Fix},
		HelpURI:          informationURI + "/blob/main/docs/rules.md#" + r.Name,
		Default:          sarifConfiguration{string(r.Severity)},
	}
}

func sarifFinding(file CheckedFile, f appspec.Finding, rule int) sarifResult {
	location := sarifLocation{Physical: sarifPhysical{
		Artifact: sarifArtifact{fileURI(file.Path)},
		Region:   sarifRegion{f.Line, f.Column},
	}}
	if f.Where != "" {
		location.Logical = []sarifLogical{{term.Line(f.Where)}}
	}
	return sarifResult{
		RuleID: f.Rule, RuleIndex: rule, Level: string(f.Severity),
		Message: sarifText{cmp.Or(sentences(f), f.Rule)}, Locations: []sarifLocation{location},
	}
}

// fileURI is a path as a URI: relative ones stay so.
func fileURI(name string) string {
	slashed := filepath.ToSlash(name)
	if !filepath.IsAbs(name) {
		return (&url.URL{Path: slashed}).String()
	}
	return (&url.URL{Scheme: "file", Path: "/" + strings.TrimPrefix(slashed, "/")}).String()
}
