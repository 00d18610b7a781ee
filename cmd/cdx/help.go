package main

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

const exitCodesHelp = `Exit codes:
  0  done              4  a deployment Failed     129, 130, 143
  1  refused           5  a deployment Stopped       hung up, interrupted,
  2  usage or settings 6  timed out waiting          terminated
  3  AppSpec file      7  outcome unknown
`

// helpWidth is the width that help is wrapped to, in columns.
const helpWidth = 80

// help prints a command's help. It is no template, since cobra's templates keep
// the linker from leaving unused methods out, which doubles the binary.
func help(c *cobra.Command, _ []string) {
	var b strings.Builder
	text := c.Long
	if text == "" {
		text = c.Short + "."
	}
	fmt.Fprintf(&b, "%s\n\nUsage:\n  %s\n", text, useLine(c))
	if c.Example != "" {
		fmt.Fprintf(&b, "\nExamples:\n%s\n", c.Example)
	}
	commandsHelp(&b, c)
	if c.HasParent() {
		flagsHelp(&b, "Flags", c.LocalNonPersistentFlags())
		flagsHelp(&b, "Flags of every command", c.InheritedFlags())
	}
	b.WriteString("\n" + exitCodesHelp)
	if !c.HasParent() {
		b.WriteString("\nMore about a command and its flags: cdx COMMAND --help\n")
	}
	fmt.Fprint(c.OutOrStdout(), b.String())
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
	b.WriteString("\nCommands:\n")
	line := "  and"
	for _, sub := range c.Commands() {
		switch {
		case !sub.IsAvailableCommand():
		case sub.GroupID == furtherCommands || sub.Name() == "help":
			line += " " + sub.Name()
		default:
			fmt.Fprintf(b, "  %-11s %s\n", sub.Name(), sub.Short)
		}
	}
	if c.HasParent() {
		return
	}
	b.WriteString(line + "\n")
}

// furtherCommands is the group of the commands that the first screen only names.
const furtherCommands = "further"

func flagsHelp(b *strings.Builder, title string, flags *pflag.FlagSet) {
	if flags.HasAvailableFlags() {
		fmt.Fprintf(b, "\n%s:\n%s", title, flags.FlagUsagesWrapped(helpWidth))
	}
}
