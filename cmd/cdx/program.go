package main

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/cdx-deploy/cdx/internal/checkout"
	"github.com/cdx-deploy/cdx/internal/infile"
	"github.com/cdx-deploy/cdx/internal/settings"
	"github.com/cdx-deploy/cdx/internal/term"
)

// program is what all commands share: the streams, the environment, and, once a
// command has loaded them, the settings.
type program struct {
	streams  *term.Streams
	environ  []string
	out      *output
	progress *term.Progress
	file     *settings.File
	accounts map[account]*clients
	strays   bool     // misspelt variables have been told
	local    *clients // of the service inside this process, when there is one
	job      job      // what the CI system and the files of the run are told
	mistake  error    // of whoever asked for help
}

func newProgram(streams *term.Streams, environ []string) *program {
	progress := term.NewProgress(streams, term.Normal)
	return &program{
		streams:  streams,
		environ:  environ,
		out:      newOutput(progress.Out(), "text"),
		progress: progress,
		accounts: make(map[account]*clients),
	}
}

// lookupEnv looks a variable up in the environment the program was given.
func (p *program) lookupEnv(name string) (string, bool) {
	prefix := name + "="
	for _, pair := range p.environ {
		if value, ok := strings.CutPrefix(pair, prefix); ok {
			return value, true
		}
	}
	return "", false
}

// load reads the settings that do not depend on an environment of cdx.yml,
// unless one was asked for by name, and sets output and progress up.
func (p *program) load(c *cobra.Command) (*settings.Set, error) {
	sets, err := p.resolve(c, false, "")
	if err != nil {
		return nil, err
	}
	return sets[0], nil
}

// loadEnvironment reads the settings of the environment that is named or whose
// branch matches: one set for each application.
func (p *program) loadEnvironment(c *cobra.Command, facts checkout.Facts) ([]*settings.Set, error) {
	return p.resolve(c, true, facts.EnvironmentBranch())
}

func (p *program) resolve(c *cobra.Command, match bool, branch string) ([]*settings.Set, error) {
	source := settings.Source{Flags: c.Flags(), LookupEnv: p.lookupEnv}
	sets, err := settings.Resolve(source)
	if err != nil {
		return nil, err
	}
	if err := p.setUp(c, sets[0]); err != nil {
		return nil, err
	}
	source.File, err = settings.Load(".", sets[0].String("config"))
	if err != nil {
		var kind *infile.KindError
		if errors.Is(err, os.ErrNotExist) || errors.As(err, &kind) {
			return nil, &usageError{message: err.Error(), hint: "give an existing file to --config"}
		}
		return nil, err
	}
	p.file = source.File
	name := sets[0].String("env")
	if match || name != "" {
		source.Environment, err = source.File.Pick(name, branch)
		if err != nil {
			return nil, err
		}
	}
	sets, err = settings.Resolve(source)
	if err != nil {
		return nil, err
	}
	if err := p.setUp(c, sets[0]); err != nil {
		return nil, err
	}
	p.warnStrays()
	return sets, nil
}

// warnStrays says, once, which CDX_… variables look like misspelt settings.
func (p *program) warnStrays() {
	if p.strays {
		return
	}
	p.strays = true
	for _, stray := range settings.Strays(p.environ) {
		p.progress.Warn(stray)
	}
}

// setUp makes output and progress what the settings ask for. It refuses a form of
// output that the command does not have.
func (p *program) setUp(c *cobra.Command, set *settings.Set) error {
	output, _ := settings.Lookup("output")
	if format := set.String("output"); slices.Contains(output.Also, format) && c.Name() != output.AlsoFor {
		return &usageError{message: fmt.Sprintf("%s: %s is for cdx %s only", set.Origin("output"), format, output.AlsoFor), hint: "give --output text, json or jsonl"}
	}
	p.out = newOutput(p.progress.Out(), set.String("output"))
	level := term.Normal
	switch {
	case set.Bool("quiet"):
		level = term.Quiet
	case set.Bool("verbose"), set.Bool("debug"):
		level = term.Verbose
	}
	p.progress.SetLevel(level)
	if form := set.String("progress"); form == "plain" || form == "auto" && p.streams.CI {
		p.progress.Plain()
	}
	if color := set.String("color"); color != "auto" {
		p.streams.OutColor, p.streams.ErrColor = color == "on", color == "on"
	}
	p.useCI(set)
	p.job.hands = c.Flags().Lookup("dotenv") != nil
	p.out.ci = p.streams.CI
	return p.useFiles(set)
}
