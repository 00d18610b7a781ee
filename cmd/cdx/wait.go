package main

import (
	"github.com/spf13/cobra"

	"github.com/cdx-deploy/cdx/internal/settings"
)

func newWaitCmd(p *program) *cobra.Command {
	c := &cobra.Command{
		Use:   "wait [ID…]",
		Short: "Follow deployments to their end",
		Long: `Follows deployments until each has Succeeded, Failed or Stopped, explains a
failure, and prints a line "ID STATUS" for each. Without an ID it reads IDs, or
what "aws deploy create-deployment" prints, from standard input.`,
		Example: `  cdx wait d-ABCDEF123
  aws deploy create-deployment … | cdx wait --timeout 20m`,
		RunE: func(c *cobra.Command, args []string) error { return p.wait(c, args) },
	}
	settings.AddFlags(c.Flags(), waitFlags[1:]...)
	settings.AddFlags(c.Flags(), "report", "dotenv")
	c.AddCommand(newDeploymentSuccessfulCmd(p))
	return c
}

func (p *program) wait(c *cobra.Command, ids []string) error {
	set, err := p.load(c)
	if err != nil {
		return err
	}
	if len(ids) == 0 {
		if ids, err = p.idsFromInput(c.Context()); err != nil {
			return err
		}
	}
	all, err := p.byID(c, set, ids)
	if err != nil {
		return err
	}
	outcomes, err := p.follow(c.Context(), all)
	for _, outcome := range outcomes {
		if outcome.Status() != "" {
			p.out.line(outcome.ID + " " + string(outcome.Status()))
		}
	}
	return err
}
