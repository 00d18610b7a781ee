package main

import (
	"fmt"
	"os"

	"github.com/cdx-deploy/cdx/internal/foreign"
	"github.com/cdx-deploy/cdx/internal/infile"
	"github.com/cdx-deploy/cdx/internal/scaffold"
	"github.com/cdx-deploy/cdx/pkg/appspec"
)

// noteResult is something that could not be carried over from another system's file.
type noteResult struct {
	File    string `json:"file"`
	Line    int    `json:"line"`
	Message string `json:"message"`
}

func (n noteResult) text() string { return fmt.Sprintf("%s:%d: %s", n.File, n.Line, n.Message) }

// maxForeignBytes bounds what is read of another system's file.
const maxForeignBytes = 1 << 20

// composeFrom makes a cdx.yml of another system's file.
func (in *initiation) composeFrom(name string) (*composition, error) {
	data, err := readForeign(name)
	if err != nil {
		return nil, err
	}
	read, err := foreign.Read(name, data)
	if err != nil {
		return nil, &usageError{message: err.Error(), hint: "give the circle.yml, .circleci/config.yml or .travis.yml that deploys with CodeDeploy"}
	}
	c := &composition{files: []scaffold.File{{Path: scaffold.SettingsName, Mode: 0o644, Text: read.Settings.Text(), What: "settings of cdx, from " + name}}}
	if environments := read.Settings.Environments; len(environments) > 0 {
		c.environment = environments[0].Name
	}
	for _, note := range read.Notes {
		c.notes = append(c.notes, noteResult{name, note.Line, note.Message})
	}
	in.p.progress.Event(fmt.Sprintf("found %s in %s", read.Describe(), name))
	in.addCI(c, scaffold.Look(os.DirFS(in.dir), localName("app"), "", appspec.Server), in.ci)
	return c, nil
}

func readForeign(name string) ([]byte, error) {
	data, err := infile.Read(name, maxForeignBytes)
	if err != nil {
		return nil, &usageError{message: fmt.Sprintf("--from: %v", err), hint: "give the file of the other CI system, such as circle.yml"}
	}
	if len(data) > maxForeignBytes {
		return nil, &usageError{message: fmt.Sprintf("--from: %s is larger than 1 MiB", name), hint: "give the file of the other CI system, such as circle.yml"}
	}
	return data, nil
}
