package main

import (
	"context"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/codedeploy/types"
	"github.com/spf13/cobra"

	"github.com/cdx-deploy/cdx/internal/awsapi"
	"github.com/cdx-deploy/cdx/internal/report"
	"github.com/cdx-deploy/cdx/internal/settings"
	"github.com/cdx-deploy/cdx/pkg/deploy"
)

func newListCmd(p *program) *cobra.Command {
	c := &cobra.Command{
		Use:     "list",
		GroupID: furtherCommands,
		Short:   "List the deployments of a deployment group, newest first",
		Long: `Lists the deployments of a deployment group, newest first: status, when it was
created, how long it took, who created it, and the revision.`,
		Example: `  cdx list -a my-app -g production
  cdx list -a my-app -g production --max-items 100 --output json`,
		Args: arguments(0, 0),
		RunE: func(c *cobra.Command, _ []string) error { return p.list(c) },
	}
	settings.AddFlags(c.Flags(), groupFlags...)
	settings.AddFlags(c.Flags(), "max-items")
	return c
}

func (p *program) list(c *cobra.Command) error {
	units, err := p.groups(c)
	if err != nil {
		return err
	}
	several := len(units) > 1 || len(units[0].groups) > 1
	for i, u := range units {
		for j, group := range u.groups {
			deployments, err := p.history(c.Context(), u, group)
			if err != nil {
				return err
			}
			for _, info := range deployments {
				p.out.deployment(info, nil)
			}
			if i+j > 0 {
				p.out.line("")
			}
			if several {
				p.out.line("# " + u.application + " " + group)
			}
			p.foreign(report.History(deployments, time.Now(), p.screen()))
		}
	}
	return nil
}

// history reads as much of a group's history as is asked for.
func (p *program) history(ctx context.Context, u *unit, group string) ([]types.DeploymentInfo, error) {
	clients, err := p.clients(ctx, u.set)
	if err != nil {
		return nil, err
	}
	var deployments []types.DeploymentInfo
	for info, err := range deploy.History(ctx, clients.codeDeploy, u.application, group) {
		if err != nil {
			return nil, clients.explaining(err, awsapi.Context{Application: u.application, DeploymentGroup: group})
		}
		if deployments = append(deployments, info); len(deployments) == u.set.Number("max-items") {
			break
		}
	}
	return deployments, nil
}
