package main

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/cdx-deploy/cdx/internal/checkout"
	"github.com/cdx-deploy/cdx/internal/report"
	"github.com/cdx-deploy/cdx/internal/settings"
	"github.com/cdx-deploy/cdx/pkg/revision"
)

func newDiffCmd(p *program) *cobra.Command {
	c := &cobra.Command{
		Use:   "diff [DIR]",
		Short: "Show what deploying a directory would change",
		Long: `Compares what ships of a directory with the revision that runs in each deployment
group, which is that of the last deployment that succeeded, or with the one that
--revision or --s3-location names. Shows the AppSpec file and its hooks first, then
what else would be added, removed or changed. Nothing is sent.

Of a zip it reads the central directory and no file: a few hundred KiB of a large
bundle. Files are the same that have one size and one CRC-32; a bundle that cdx
made of the very same directory is known by its digest. A tar or tgz is read whole,
and with --patch twice. An AppSpec file for ECS or Lambda is compared as text.
Owners and time stamps are not compared, nor the modes of a zip that has none.

Exits with 0 whether anything differs or not. With --exit-code it exits with 8 when
anything does; 1 keeps its meaning, so that a script never takes a network that
failed for a difference.`,
		Example: `  cdx diff -a my-app -g production
  cdx diff --stat --revision s3://my-bucket/my-app.zip build
  cdx diff -a my-app -g production --patch - | less`,
		GroupID: furtherCommands,
		Args:    arguments(0, 1),
		RunE:    func(c *cobra.Command, args []string) error { return p.diff(c, args) },
	}
	settings.AddFlags(c.Flags(), groupFlags...)
	settings.AddFlags(c.Flags(), "revision", "s3-location", "stat", "patch", "exit-code")
	settings.AddFlags(c.Flags(), packageFlags...)
	c.Flags().Lookup("deployment-group-name").Usage = "deployment group whose revision to compare with (repeatable)"
	c.Flags().Lookup("revision").Usage = "compare with what push printed, s3://BUCKET/KEY?versionId=…&eTag=…"
	c.Flags().Lookup("s3-location").Usage = "compare with bucket=…,key=…,bundleType=…, as the AWS CLI names a revision"
	return c
}

// differsError says that something would change, where --exit-code asks.
type differsError struct{ directories []string }

// Error names the directories.
func (e *differsError) Error() string {
	return strings.Join(e.directories, ", ") + ": deploying it would change something"
}

func (p *program) diff(c *cobra.Command, args []string) error {
	ctx := c.Context()
	facts := checkout.Read(ctx, ".", p.lookupEnv)
	sets, err := p.loadEnvironment(c, facts)
	if err != nil {
		return err
	}
	if err := p.usePatch(sets[0]); err != nil {
		return err
	}
	var all []*comparison
	var problems []error // which keep nothing else from being compared
	for _, set := range sets {
		found, problem, err := p.comparisons(ctx, set, args)
		if err != nil {
			return err
		}
		all, problems = append(all, found...), append(problems, problem)
	}
	if sets[0].String("patch") != "" && len(all) > 1 {
		return severalPatches(all)
	}
	var compared []*comparison
	for _, one := range all {
		if err := p.compare(ctx, one); err != nil {
			problems = append(problems, err)
			continue
		}
		compared = append(compared, one)
	}
	if len(compared) == 0 || ctx.Err() != nil {
		return join(problems...)
	}
	if err := p.writePatch(ctx, sets[0].String("patch"), compared); err != nil {
		return join(append(problems, err)...)
	}
	p.printDifferences(sets[0], compared)
	return join(append(problems, differing(sets[0], compared))...)
}

func severalPatches(all []*comparison) error {
	var names []string
	for _, one := range all {
		names = append(names, one.name())
	}
	return &usageError{message: fmt.Sprintf("--patch: there are %d comparisons, of %s", len(all), strings.Join(names, " and ")), hint: "name one deployment group with -g, or a revision with --revision"}
}

// differing is the error of --exit-code.
func differing(set *settings.Set, all []*comparison) error {
	if !set.Bool("exit-code") {
		return nil
	}
	var directories []string
	for _, one := range all {
		if len(one.Difference.Changes) > 0 {
			directories = append(directories, one.Directory)
		}
	}
	if len(directories) == 0 {
		return nil
	}
	hint := "to see it line by line, give --patch -"
	if set.String("patch") != "" {
		hint = "leave --exit-code out to exit with 0 all the same"
	}
	return &hintedError{&differsError{distinct(directories)}, hint}
}

// printDifferences prints the comparisons, unless standard output has the patch.
func (p *program) printDifferences(set *settings.Set, all []*comparison) {
	var shown []report.Compared
	for _, one := range all {
		shown = append(shown, one.Compared)
	}
	switch {
	case set.String("patch") == "-":
	case p.out.structured():
		p.out.part(func(r *result) { r.Comparisons = report.DifferencesJSON(shown) })
	default:
		style := p.streams.OutStyle()
		for _, c := range shown {
			text := report.DifferenceText(style, c, set.Bool("verbose"))
			if set.Bool("stat") {
				text = report.DifferenceStat(style, c)
			}
			p.out.text(p.harmless(text))
		}
	}
}

// name tells a comparison from others of the same run.
func (c *comparison) name() string {
	if len(c.Groups) > 0 {
		return c.Directory + " with " + report.WhatRuns(c.Groups)
	}
	return c.Directory + " with " + revision.Describe(c.Revision)
}
