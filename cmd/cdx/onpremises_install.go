package main

import (
	"cmp"
	"errors"
	"slices"
	"strings"

	"github.com/aws/smithy-go"
	"github.com/spf13/cobra"

	"github.com/cdx-deploy/cdx/internal/onpremises"
	"github.com/cdx-deploy/cdx/internal/settings"
)

func newOnPremisesInstallCmd(p *program) *cobra.Command {
	c := &cobra.Command{
		Use:   "install",
		Short: "Print the commands that install the agent on an instance",
		Long: `Prints the commands that put the configuration file in its place and install the
CodeDeploy agent, for you to read and to type on the instance. It runs none of them,
and sends nothing. Version 2 of the agent needs no Ruby.`,
		Example: `  cdx on-premises install --os ubuntu --region eu-central-1`,
		Args:    arguments(0, 0),
		RunE: func(c *cobra.Command, _ []string) error {
			return p.printSteps(c, func(set *settings.Set, system string) ([]onpremises.Step, error) {
				region, err := p.regionOf(c, set)
				if err != nil {
					return nil, err
				}
				version := map[string]int{"v1": 1, "v2": 2}[cmp.Or(set.String("agent"), "v1")]
				if version == 0 {
					return nil, &usageError{message: "--agent both: an instance has one agent", hint: "give --agent v1 or --agent v2"}
				}
				steps, err := onpremises.Install(system, region, valueOf(c, "config-file"), version)
				if as[*onpremises.InputError](err) {
					return nil, &usageError{message: err.Error(), hint: "give --agent v1"}
				}
				return steps, err
			})
		},
	}
	addOS(c)
	settings.AddFlags(c.Flags(), "agent")
	addConfigFile(c, "what register has written, as it is called on the instance")
	return c
}

func newOnPremisesUninstallCmd(p *program) *cobra.Command {
	c := &cobra.Command{
		Use:   "uninstall",
		Short: "Print the commands that remove the agent from an instance",
		Long: `Prints the commands that remove the CodeDeploy agent and its configuration, for you to
type on the instance. It runs none of them, and sends nothing.`,
		Example: `  cdx on-premises uninstall --os windows`,
		Args:    arguments(0, 0),
		RunE: func(c *cobra.Command, _ []string) error {
			return p.printSteps(c, func(_ *settings.Set, system string) ([]onpremises.Step, error) {
				return onpremises.Uninstall(system), nil
			})
		},
	}
	addOS(c)
	return c
}

func addOS(c *cobra.Command) {
	c.Flags().String("os", "", "`OS` of the instance: "+strings.Join(onpremises.OSes(), ", "))
	_ = c.RegisterFlagCompletionFunc("os", cobra.FixedCompletions(onpremises.OSes(), cobra.ShellCompDirectiveNoFileComp)) // the flag is there
}

// addConfigFile defines --config-file.
func addConfigFile(c *cobra.Command, about string) {
	c.Flags().Var(&oneText{placeholder: "FILE", text: onpremises.FileName}, "config-file", about+" (default "+onpremises.FileName+")")
}

// regionOf is the region that the settings or those of AWS name. Nothing is sent.
func (p *program) regionOf(c *cobra.Command, set *settings.Set) (string, error) {
	clients, err := p.clients(c.Context(), set)
	if err != nil {
		return "", err
	}
	return clients.region, nil
}

// printSteps prints the steps for the operating system that --os names.
func (p *program) printSteps(c *cobra.Command, of func(set *settings.Set, system string) ([]onpremises.Step, error)) error {
	set, err := p.load(c)
	if err != nil {
		return err
	}
	system := valueOf(c, "os")
	if !slices.Contains(onpremises.OSes(), system) {
		message := "--os: " + system + " is none of " + strings.Join(onpremises.OSes(), ", ")
		if system == "" {
			message = "--os is missing: the operating system of the instance"
		}
		return &usageError{message: message, hint: "type, for example: " + c.CommandPath() + " --os " + nearestOf(system, onpremises.OSes())}
	}
	steps, err := of(set, system)
	if err != nil {
		return err
	}
	p.answered(struct {
		Os                string
		ConfigurationFile string
		Steps             []onpremises.Step
	}{system, onpremises.ConfigurationFile(system), steps})
	for i, step := range steps {
		if i > 0 {
			p.out.line("")
		}
		p.out.line("# " + step.About)
		for _, command := range step.Commands {
			p.out.line(command)
		}
	}
	return nil
}

// refusalOf is the code of AWS's refusal; empty for what is none.
func refusalOf(err error) string {
	var refused smithy.APIError
	if errors.As(err, &refused) {
		return refused.ErrorCode()
	}
	return ""
}
