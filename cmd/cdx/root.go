package main

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/cdx-deploy/cdx/internal/settings"
	"github.com/cdx-deploy/cdx/internal/suggest"
)

// commands make the commands of the first level, but for those that a table has many of.
var commands = []struct {
	name string
	make func(*program) *cobra.Command
}{
	{"push", newPushCmd}, {"deploy", newDeployCmd}, {"wait", newWaitCmd}, {"status", newStatusCmd}, {"list", newListCmd},
	{"stop", newStopCmd}, {"continue", newContinueCmd}, {"rollback", newRollbackCmd}, {"open", newOpenCmd},
	{"validate", newValidateCmd}, {"plan", newPlanCmd}, {"diff", newDiffCmd}, {"local", newLocalCmd},
	{"apps", newAppsCmd}, {"groups", newGroupsCmd}, {"configs", newConfigsCmd}, {"revisions", newRevisionsCmd}, {"prune", newPruneCmd},
	{"on-premises", newOnPremisesCmd}, {"init", newInitCmd}, {"config", newConfigCmd}, {"policy", newPolicyCmd}, {"doctor", newDoctorCmd},
	{"completion", newCompletionCmd}, {"version", newVersionCmd},
	{"create-deployment", newCreateDeploymentCmd},
}

// newRootCmd builds the command tree, as far as a command line needs it: where its first
// word is a command, the others are left out, for all of them take longer to make than
// an AppSpec file takes to check. Without a command line the tree is whole.
func newRootCmd(p *program, args ...string) *cobra.Command {
	root := newBareRootCmd(p)
	if len(args) > 0 {
		for _, command := range commands {
			if command.name == args[0] {
				root.AddCommand(command.make(p))
				return root
			}
		}
	}
	for _, command := range commands {
		root.AddCommand(command.make(p))
	}
	root.AddCommand(newAWSManagementCmds(p)...)
	root.AddCommand(newAWSOnPremisesCmds(p)...)
	for _, name := range awsOnly {
		root.AddCommand(newAWSOnlyCmd(name))
	}
	return root
}

// newBareRootCmd is the root of the tree.
func newBareRootCmd(p *program) *cobra.Command {
	root := &cobra.Command{
		Use:           "cdx",
		Short:         "Push, deploy and follow AWS CodeDeploy revisions",
		Long:          "cdx takes a directory to a finished AWS CodeDeploy deployment.",
		SilenceUsage:  true,
		SilenceErrors: true,
		Args:          unknownCommand,
		RunE: func(c *cobra.Command, _ []string) error {
			if asked, _ := c.Flags().GetBool("version"); asked {
				return p.printVersion(c)
			}
			return c.Help()
		},
		CompletionOptions: cobra.CompletionOptions{DisableDefaultCmd: true},
	}
	root.SetIn(p.streams.In)
	root.SetOut(p.streams.Out)
	root.SetErr(p.streams.Err)
	root.SetHelpFunc(p.help)
	root.SetFlagErrorFunc(flagError)
	root.PersistentFlags().SortFlags = false
	root.Flags().Bool("version", false, "print the version")
	settings.AddFlags(root.PersistentFlags(), "region", "profile", "endpoint-url", "env", "config", "output", "quiet", "verbose", "debug", "progress", "ci", "yes",
		"ca-bundle", "no-verify-ssl", "cli-connect-timeout", "cli-read-timeout", "color", "no-paginate", "no-cli-pager")
	root.AddGroup(&cobra.Group{ID: furtherCommands})
	return root
}

// flagError says what is wrong with the flags in words of our own.
func flagError(c *cobra.Command, err error) error {
	mistake := &usageError{message: err.Error(), hint: "see: " + c.CommandPath() + " --help"}
	var unknown *pflag.NotExistError
	var invalid *pflag.InvalidValueError
	var bare *pflag.ValueRequiredError
	switch {
	case errors.As(err, &invalid):
		mistake.message = invalidFlag(invalid)
	case errors.As(err, &bare):
		flag := "--" + bare.GetFlag().Name
		mistake.message, mistake.hint = flag+" needs a value", "write: "+flag+" "+bare.GetFlag().Value.Type()
	case errors.As(err, &unknown):
		unknownFlag(c, unknown, mistake)
	}
	return mistake
}

// invalidFlag says why a flag does not take its value.
func invalidFlag(err *pflag.InvalidValueError) string {
	reason := errors.Unwrap(err).Error()
	var number *strconv.NumError
	switch {
	case strings.HasPrefix(reason, "--"): // two flags that contradict each other
		return reason
	case errors.As(err, &number) && err.GetFlag().Value.Type() == "bool":
		reason = fmt.Sprintf("expected true or false, not %q", err.GetValue())
	case err.GetFlag().Value.Type() == "duration":
		reason = fmt.Sprintf("expected a time such as 90m or 24h, not %q", err.GetValue())
	case errors.As(err, &number):
		reason = fmt.Sprintf("expected a whole number, not %q", err.GetValue())
	}
	return "--" + err.GetFlag().Name + ": " + reason
}

func unknownFlag(c *cobra.Command, err *pflag.NotExistError, mistake *usageError) {
	name := err.GetSpecifiedName()
	if err.GetSpecifiedShortnames() != "" {
		mistake.message = "unknown flag: -" + name
	}
	if name == "query" {
		mistake.hint = "give --output json to jq, or use: aws deploy"
		return
	}
	if nearest, ok := suggest.Nearest(name, flagNames(c)); ok && len(name) > 1 {
		mistake.hint = "did you mean: --" + nearest
	}
}

func flagNames(c *cobra.Command) []string {
	var names []string
	c.Flags().VisitAll(func(f *pflag.Flag) {
		if !strings.HasPrefix(f.Name, "no-") || !f.Hidden {
			names = append(names, f.Name)
		}
	})
	return names
}
