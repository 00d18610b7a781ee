package main

import (
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/cdx-deploy/cdx/internal/term"
)

const exitCodesHelp = `Exit codes:
  0  done              4  a deployment Failed     129, 130, 143
  1  refused           5  a deployment Stopped       hung up, interrupted,
  2  usage or settings 6  timed out waiting          terminated
  3  AppSpec file      7  outcome unknown         8  diff --exit-code: differs
`

// exitCodesNarrow is the same for terminals on which the table would break.
const exitCodesNarrow = `Exit codes:
  0  done
  1  refused
  2  usage or settings
  3  AppSpec file
  4  a deployment Failed
  5  a deployment Stopped
  6  timed out waiting
  7  outcome unknown
  8  diff --exit-code: differs
  129, 130, 143  hung up, interrupted, terminated
`

// helpWidth is the width that help is written for, in columns. A narrower terminal
// gets it wrapped.
const helpWidth = 80

// mainUses is what most people want, on the first screen.
const mainUses = `
  cdx push -a my-app --bucket my-bucket         pack and upload this directory
  cdx deploy --wait -a my-app -g production     push, deploy, follow to the end
  cdx validate appspec.yml                      check an AppSpec file
`

// furtherCommands is the group of the commands that the first screen only names.
const furtherCommands = "further"

// described are the commands that the first screen has a line for, and named those
// that share one, by what they are for. Any other follows them.
var (
	described = []string{"push", "deploy", "validate", "wait", "status", "rollback"}
	named     = []struct {
		title    string
		commands []string
	}{
		{"set up", []string{"init", "doctor", "policy", "config", "completion", "version"}},
		{"look", []string{"plan", "diff", "list", "revisions", "open"}},
		{"operate", []string{"stop", "continue", "prune", "local"}},
		{"manage", []string{"apps", "groups", "configs", "on-premises"}},
	}
)

// help prints a command's help, as wide as the terminal allows. It is no template,
// since cobra's templates keep the linker from leaving unused methods out, which
// doubles the binary. Help about a command that there is not is a mistake.
func (p *program) help(c *cobra.Command, _ []string) {
	if c.HasSubCommands() {
		if p.mistake = unknownCommand(c, c.Flags().Args()); p.mistake != nil {
			return
		}
	}
	width := min(p.streams.OutWidth(), helpWidth)
	text := helpText(c, width)
	if width < helpWidth {
		text = term.Wrap(text, width)
	}
	fmt.Fprint(c.OutOrStdout(), text)
}

// teachHelp lets "cdx help" refuse what is no command, as --help does.
func teachHelp(root *cobra.Command) {
	root.InitDefaultHelpCmd()
	for _, c := range root.Commands() {
		if c.Name() != "help" {
			continue
		}
		c.Run, c.RunE = nil, func(_ *cobra.Command, args []string) error {
			about, rest, err := root.Find(args)
			if err == nil && about.HasSubCommands() {
				err = unknownCommand(about, rest)
			}
			if err != nil {
				return err
			}
			return about.Help()
		}
	}
}

func helpText(c *cobra.Command, width int) string {
	var b strings.Builder
	text := c.Long
	if text == "" {
		text = c.Short + "."
	}
	b.WriteString(term.Wrap(text, width))
	if c.HasParent() {
		fmt.Fprintf(&b, "\nUsage:\n  %s\n", useLine(c))
	} else {
		b.WriteString(mainUses)
	}
	if c.Example != "" {
		fmt.Fprintf(&b, "\nExamples:\n%s\n", c.Example)
	}
	commandsHelp(&b, c)
	if c.HasParent() {
		flagsHelp(&b, "Flags", c.LocalNonPersistentFlags(), width)
		flagsHelp(&b, "Flags of every command", c.InheritedFlags(), width)
	}
	codes := exitCodesHelp
	if width < helpWidth {
		codes = exitCodesNarrow
	}
	b.WriteString("\n" + codes)
	return b.String()
}

func useLine(c *cobra.Command) string {
	if c.HasAvailableSubCommands() {
		return c.CommandPath() + " COMMAND"
	}
	return c.UseLine()
}

func commandsHelp(b *strings.Builder, c *cobra.Command) {
	if !c.HasAvailableSubCommands() {
		return
	}
	title := "Commands"
	if !c.HasParent() {
		title += " (cdx COMMAND --help says more)"
	}
	b.WriteString("\n" + title + ":\n")
	available := make(map[string]*cobra.Command)
	var names []string
	for _, sub := range c.Commands() {
		if sub.IsAvailableCommand() {
			available[sub.Name()] = sub
			names = append(names, sub.Name())
		}
	}
	if c.HasParent() {
		commandLines(b, available, names)
		return
	}
	commandLines(b, available, described)
	nameLines(b, names)
}

// commandLines writes a line for each of some commands.
func commandLines(b *strings.Builder, available map[string]*cobra.Command, names []string) {
	for _, name := range names {
		if sub := available[name]; sub != nil {
			fmt.Fprintf(b, "  %-11s %s\n", name, sub.Short)
		}
	}
}

// nameLines writes the names of the other commands, by what they are for.
func nameLines(b *strings.Builder, names []string) {
	rest := slices.DeleteFunc(slices.Clone(names), func(name string) bool { return slices.Contains(described, name) || name == "help" })
	take := func(wanted []string) (taken []string) {
		for _, name := range wanted {
			if at := slices.Index(rest, name); at >= 0 {
				taken, rest = append(taken, name), slices.Delete(rest, at, at+1)
			}
		}
		return taken
	}
	for _, line := range named {
		if taken := take(line.commands); len(taken) > 0 {
			fmt.Fprintf(b, "  %-11s %s\n", line.title+":", strings.Join(taken, ", "))
		}
	}
	if len(rest) > 0 {
		fmt.Fprintf(b, "  %-11s %s\n", "more:", strings.Join(rest, ", "))
	}
}

// flagsHelp lists flags, each with what it is for beside it, or below a long name.
func flagsHelp(b *strings.Builder, title string, flags *pflag.FlagSet, width int) {
	if !flags.HasAvailableFlags() {
		return
	}
	fmt.Fprintf(b, "\n%s:\n", title)
	column := flagColumn
	if width < helpWidth {
		column = narrowFlagColumn
	}
	indent := strings.Repeat(" ", column)
	flags.VisitAll(func(f *pflag.Flag) {
		if f.Hidden {
			return
		}
		name, text := shownFlag(f)
		if room := column - term.Width(name); room > 1 {
			name += strings.Repeat(" ", room)
		} else {
			name += "\n" + indent
		}
		usage := strings.TrimSuffix(term.Wrap(text, width-column), "\n")
		b.WriteString(name + strings.ReplaceAll(usage, "\n", "\n"+indent) + "\n")
	})
}

// Where the text about flags begins, on a terminal of usual width and on a narrower one.
const (
	flagColumn       = 36
	narrowFlagColumn = 10
)

// shownFlag is a flag as it is typed, with a placeholder for its value, and what it is
// for.
func shownFlag(f *pflag.Flag) (name, usage string) {
	name = "      --" + f.Name
	if f.Shorthand != "" {
		name = "  -" + f.Shorthand + ", --" + f.Name
	}
	value, usage := pflag.UnquoteUsage(f)
	if value != "" {
		name += " " + value
	}
	if f.DefValue != "" && f.Value.Type() == "string" { // a setting tells its default itself
		usage += " (default " + f.DefValue + ")"
	}
	return name, usage
}
