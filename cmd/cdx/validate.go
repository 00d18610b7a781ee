package main

import (
	"cmp"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/cdx-deploy/cdx/internal/report"
	"github.com/cdx-deploy/cdx/internal/settings"
	"github.com/cdx-deploy/cdx/internal/suggest"
	"github.com/cdx-deploy/cdx/internal/term"
	"github.com/cdx-deploy/cdx/pkg/appspec"
	"github.com/cdx-deploy/cdx/pkg/bundle"
)

func newValidateCmd(p *program) *cobra.Command {
	c := &cobra.Command{
		Use:   "validate [PATH…]",
		Short: "Check AppSpec files, or directories that hold one",
		Long: `Checks AppSpec files as the CodeDeploy agents read them, YAML or JSON, for
servers, ECS and Lambda, and the files that they name. A PATH is an AppSpec file,
a directory that holds an appspec.yml, or - for standard input. The default is
what push would take: the AppSpec file of the current directory.

A comment "# cdx:ignore RULE" in the AppSpec file turns a rule off for its line,
or for the line below it.

Exits with 0 when there is no error, 3 when there is one, and 1 when a file
cannot be read.`,
		Example: `  cdx validate
  cdx validate --agent both deploy/appspec.yml
  cdx validate --fix services/*/appspec.yml
  cdx validate --explain mode-octal
  cdx validate --output github`,
		RunE: func(c *cobra.Command, args []string) error { return p.validate(c, args) },
	}
	settings.AddFlags(c.Flags(), "agent", "platform", "no-files", "disable", "warnings-as-errors", "fix", "rules", "explain",
		"source", "appspec", "ignore-hidden-files", "include", "exclude", "symlinks")
	// No setting, since cdx plan has one of that name.
	c.Flags().Bool("diff", false, "print what --fix would change as a patch, and change nothing")
	return c
}

func (p *program) validate(c *cobra.Command, args []string) error {
	set, err := p.load(c)
	if err != nil {
		return err
	}
	if set.Bool("rules") || set.IsSet("explain") {
		return p.rules(set, args)
	}
	v, err := newValidation(c, set, args)
	if err != nil {
		return err
	}
	files, err := v.checkAll(c.Context(), set, args)
	if c.Context().Err() != nil {
		return c.Context().Err()
	}
	p.printFindings(v, files, err)
	return join(err, verdict(files, set.Bool("warnings-as-errors")))
}

// validation is what cdx validate was asked to do.
type validation struct {
	options appspec.Options
	bundle  bundle.Options // the ignore rules
	noFiles bool
	fix     bool
	diff    bool
	stdin   io.Reader
	mended  []byte // standard input after --fix
}

func newValidation(c *cobra.Command, set *settings.Set, args []string) (*validation, error) {
	diff, err := c.Flags().GetBool("diff")
	if err != nil {
		return nil, err
	}
	v := &validation{
		options: appspec.Options{
			Agent:    appspec.Agent(set.String("agent")),
			Platform: appspec.Platform(set.String("platform")),
			Disable:  splitNames(set.Strings("disable")),
		},
		bundle: bundle.Options{
			IgnoreHidden: set.Bool("ignore-hidden-files"),
			Include:      set.Strings("include"),
			Exclude:      set.Strings("exclude"),
			Symlinks:     bundle.SymlinkPolicy(set.String("symlinks")),
		},
		noFiles: set.Bool("no-files"),
		fix:     set.Bool("fix") && !diff,
		diff:    diff,
		stdin:   c.InOrStdin(),
	}
	return v, v.refuse(set, args)
}

// splitNames parts names that stand in one value, with commas between them.
func splitNames(values []string) []string {
	var names []string
	for _, value := range values {
		names = append(names, strings.FieldsFunc(value, func(r rune) bool { return r == ',' || r == ' ' })...)
	}
	return names
}

// refuse says what does not go together.
func (v *validation) refuse(set *settings.Set, args []string) error {
	if unknown := appspec.UnknownRules(v.options.Disable); len(unknown) > 0 {
		return unknownRule(set.Origin("disable"), unknown[0])
	}
	format, inputs := set.String("output"), 0
	for _, arg := range args {
		if arg == standardInput {
			inputs++
		}
	}
	switch {
	case v.diff && (format == "sarif" || format == "github"):
		return &usageError{message: "--diff has no form for --output " + format, hint: "give --output text or json"}
	case inputs > 1:
		return &usageError{message: "standard input can be checked only once", hint: "give - once"}
	case v.fix && inputs > 0 && (len(args) > 1 || format != "text"):
		return &usageError{message: "--fix prints what it makes of standard input, which leaves no room for other results", hint: "give - alone, without --output"}
	case len(args) > 0 && set.IsSet("appspec") && set.Trusted("appspec"):
		return &usageError{message: fmt.Sprintf("PATH %q and %s both name what to check", args[0], set.Origin("appspec")), hint: "give one of them"}
	}
	return nil
}

// unknownRule is the mistake of naming a rule that does not exist.
func unknownRule(origin, name string) error {
	mistake := &usageError{message: fmt.Sprintf("%s: there is no rule %q", origin, name), hint: "see all with: cdx validate --rules"}
	if nearest, ok := suggest.Nearest(name, ruleNames()); ok {
		mistake.hint = "did you mean " + nearest + "?"
	}
	return mistake
}

// printFindings prints the result: findings on standard output, unless --diff or
// --fix have another use for it.
func (p *program) printFindings(v *validation, files []report.CheckedFile, failed error) {
	for _, file := range files {
		if text := report.FixedText(p.streams.ErrStyle(), file); text != "" {
			p.progress.Report(text)
		}
	}
	switch {
	case p.out.structured():
		result := report.FindingsJSON(files)
		if failed != nil {
			result.Error = &errorResult{Message: failed.Error(), Hint: cmp.Or(hintOf(failed), nextStep(failed)), ExitCode: codeOf(failed)}
		}
		p.out.object(result)
	case p.out.format == "sarif":
		p.out.object(report.SARIF(files, versionName(), failed == nil))
	case p.out.format == "github":
		p.out.text(report.Annotations(p.inWorkspace(files)))
	case v.diff || v.mended != nil:
		p.printMended(v, files)
	default:
		p.out.text(p.harmless(report.FindingsText(p.streams.OutStyle(), files)))
	}
}

func (p *program) printMended(v *validation, files []report.CheckedFile) {
	p.out.text(string(v.mended))
	for _, file := range files {
		if p.streams.OutTerminal || p.streams.CI {
			p.out.text(p.streams.Foreign(file.Diff))
		} else {
			p.out.text(file.Diff)
		}
	}
	if text := report.FindingsText(p.streams.ErrStyle(), files); text != "" {
		p.progress.Report(text)
	}
}

// harmless keeps text that has been cleaned from being commands to a CI system.
func (p *program) harmless(text string) string {
	if p.streams.CI {
		return term.Neutralise(text)
	}
	return text
}

// verdict is an error that needs no further words where findings were printed.
func verdict(files []report.CheckedFile, warningsToo bool) error {
	var wrong []string
	for _, file := range files {
		if appspec.HasErrors(file.Findings) || warningsToo && len(file.Findings) > 0 {
			wrong = append(wrong, file.Path)
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
