package main

import (
	"fmt"
	"os"
	"path/filepath"
	"sync"

	"github.com/spf13/cobra"

	"github.com/cdx-deploy/cdx/internal/report"
	"github.com/cdx-deploy/cdx/internal/settings"
	"github.com/cdx-deploy/cdx/pkg/appspec"
)

func newValidateCmd(p *program) *cobra.Command {
	c := &cobra.Command{
		Use:   "validate [PATH…]",
		Short: "Check AppSpec files, or directories that hold one",
		Long: `Checks AppSpec files as the CodeDeploy agents read them, YAML or JSON, for
servers, ECS and Lambda, and the files that they name. A PATH is an AppSpec file
or a directory that holds an appspec.yml; the default is the current directory.

Exits with 0 when there is no error, 3 when there is one, and 1 when a file
cannot be read.`,
		Example: `  cdx validate
  cdx validate --agent both deploy/appspec.yml
  cdx validate --output json services/*/appspec.yml`,
		RunE: func(c *cobra.Command, args []string) error { return p.validate(c, args) },
	}
	settings.AddFlags(c.Flags(), "agent", "platform", "no-files", "disable", "warnings-as-errors")
	return c
}

func (p *program) validate(c *cobra.Command, args []string) error {
	set, err := p.load(c)
	if err != nil {
		return err
	}
	options, err := checkOptions(set)
	if err != nil {
		return err
	}
	if len(args) == 0 {
		args = []string{"."}
	}
	files, err := checkAll(args, options, !set.Bool("no-files"))
	p.printFindings(files)
	if err != nil {
		return err
	}
	return verdict(files, set.Bool("warnings-as-errors"))
}

func checkOptions(set *settings.Set) (appspec.Options, error) {
	options := appspec.Options{
		Agent:    appspec.Agent(set.String("agent")),
		Platform: appspec.Platform(set.String("platform")),
		Disable:  set.Strings("disable"),
	}
	if unknown := appspec.UnknownRules(options.Disable); len(unknown) > 0 {
		return options, &usageError{message: fmt.Sprintf("--disable %s: there is no such rule", unknown[0]), hint: "a finding names its rule in brackets"}
	}
	return options, nil
}

// checkAll checks the files at once and returns them in the order of the
// arguments, those that could not be read left out and reported.
func checkAll(paths []string, options appspec.Options, withFiles bool) ([]report.CheckedFile, error) {
	checked := make([]report.CheckedFile, len(paths))
	failed := make([]error, len(paths))
	var all sync.WaitGroup
	for i, path := range paths {
		all.Go(func() { checked[i], failed[i] = checkPath(path, options, withFiles) })
	}
	all.Wait()
	var readable []report.CheckedFile
	for i, failure := range failed {
		if failure == nil {
			readable = append(readable, checked[i])
		}
	}
	return readable, join(failed...)
}

func checkPath(path string, options appspec.Options, withFiles bool) (report.CheckedFile, error) {
	path, err := appSpecPath(path)
	if err != nil {
		return report.CheckedFile{}, err
	}
	data, err := readLimited(path)
	if err != nil {
		return report.CheckedFile{}, fmt.Errorf("read %s: %w", path, cause(err))
	}
	if withFiles {
		options.Files = os.DirFS(filepath.Dir(path))
	}
	file := appspec.Parse(path, data)
	platform := options.Platform
	if platform == "" {
		platform = file.Platform()
	}
	return report.CheckedFile{File: file, Platform: platform, Findings: appspec.Check(file, options)}, nil
}

// appSpecPath returns the AppSpec file that a path means.
func appSpecPath(path string) (string, error) {
	info, err := os.Stat(path)
	if err != nil {
		return "", fmt.Errorf("read %s: %w", path, cause(err))
	}
	if !info.IsDir() {
		return path, nil
	}
	name, err := appspec.Find(os.DirFS(path))
	if err != nil {
		return "", noAppSpec(path, err)
	}
	return filepath.Join(path, name), nil
}

func (p *program) printFindings(files []report.CheckedFile) {
	if p.out.structured() {
		p.out.object(report.FindingsJSON(files))
		return
	}
	p.out.text(report.FindingsText(p.streams.OutStyle(), files))
}

// verdict is an error that needs no further words where findings were printed.
func verdict(files []report.CheckedFile, warningsToo bool) error {
	var wrong []string
	for _, file := range files {
		if appspec.HasErrors(file.Findings) || warningsToo && len(file.Findings) > 0 {
			wrong = append(wrong, file.File.Name())
		}
	}
	switch len(wrong) {
	case 0:
		return nil
	case 1:
		return &appSpecError{message: wrong[0] + " is not in order"}
	default:
		return &appSpecError{message: fmt.Sprintf("%d of %d files are not in order", len(wrong), len(files))}
	}
}
