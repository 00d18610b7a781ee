package main

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/cdx-deploy/cdx/internal/report"
	"github.com/cdx-deploy/cdx/internal/suggest"
)

// many is how many arguments a command takes that has no limit.
const many = math.MaxInt

// arguments checks how many arguments a command is given, and that they are among its
// ValidArgs, if it has any. A mistake is misuse, and said in words of our own.
func arguments(least, most int) cobra.PositionalArgs {
	return func(c *cobra.Command, args []string) error {
		if len(args) < least || len(args) > most {
			return wrongCount(c, args, least, most)
		}
		return wrongArgument(c, args)
	}
}

func wrongCount(c *cobra.Command, args []string, least, most int) error {
	name, given := strings.TrimPrefix(c.CommandPath(), "cdx "), len(args)
	mistake := &usageError{hint: "see: " + c.CommandPath() + " --help"}
	switch {
	case given < least && len(c.ValidArgs) > 0:
		mistake.message = name + ": which one? There are " + strings.Join(c.ValidArgs, ", ")
		mistake.hint = "type, for example: " + c.CommandPath() + " " + c.ValidArgs[0]
	case most == 0:
		mistake.message = fmt.Sprintf("%s takes no arguments, and got %q", name, args[0])
	case least == most:
		mistake.message = fmt.Sprintf("%s accepts %s, received %d", name, report.Counted(least, "argument"), given)
	case given < least:
		mistake.message = fmt.Sprintf("%s requires at least %s, only received %d", name, report.Counted(least, "argument"), given)
	default:
		mistake.message = fmt.Sprintf("%s accepts at most %s, received %d", name, report.Counted(most, "argument"), given)
	}
	return mistake
}

// wrongArgument refuses an argument that is none of those that a command knows; nil if
// there is none.
func wrongArgument(c *cobra.Command, args []string) error {
	for _, arg := range args {
		if len(c.ValidArgs) > 0 && !slices.Contains(c.ValidArgs, arg) {
			return &usageError{
				message: fmt.Sprintf("%s: %q is none of %s", strings.TrimPrefix(c.CommandPath(), "cdx "), arg, strings.Join(c.ValidArgs, ", ")),
				hint:    "type, for example: " + c.CommandPath() + " " + nearestOf(arg, c.ValidArgs),
			}
		}
	}
	return nil
}

// nearestOf is the value that was most likely meant, or the first.
func nearestOf(name string, values []string) string {
	if nearest, ok := suggest.Nearest(name, values); ok {
		return nearest
	}
	return values[0]
}

// unknownCommand refuses an argument that is none of a command's subcommands.
func unknownCommand(c *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	var names []string
	for _, sub := range c.Commands() {
		if sub.IsAvailableCommand() {
			names = append(names, sub.Name())
		}
	}
	hint := "see: " + c.CommandPath() + " --help"
	if nearest, ok := suggest.Nearest(args[0], names); ok {
		hint = "did you mean: " + c.CommandPath() + " " + nearest
	}
	return &usageError{message: fmt.Sprintf("unknown command %q", args[0]), hint: hint}
}
