package main

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/codedeploy/types"
	"github.com/spf13/cobra"

	"github.com/cdx-deploy/cdx/internal/awsapi"
	"github.com/cdx-deploy/cdx/internal/checkout"
	"github.com/cdx-deploy/cdx/internal/report"
	"github.com/cdx-deploy/cdx/internal/settings"
	"github.com/cdx-deploy/cdx/internal/term"
	"github.com/cdx-deploy/cdx/pkg/deploy"
	"github.com/cdx-deploy/cdx/pkg/revision"
	"github.com/cdx-deploy/cdx/pkg/wait"
)

func newStatusCmd(p *program) *cobra.Command {
	c := &cobra.Command{
		Use:   "status [ID…]",
		Short: "Look once at a deployment",
		Long: `Looks once at deployments and shows what each is doing and, if it failed, why.
Without an ID it looks at the deployment group's latest. Exits with 0 whatever
the status; "cdx wait ID" turns that into an exit code. --report writes a page
with the timeline of each target.`,
		Example: `  cdx status d-ABCDEF123
  cdx status -a my-app -g production --output json
  cdx status --report deployment.html d-ABCDEF123`,
		RunE: func(c *cobra.Command, args []string) error { return p.status(c, args) },
	}
	settings.AddFlags(c.Flags(), groupFlags...)
	settings.AddFlags(c.Flags(), "report", "dotenv")
	return c
}

func (p *program) status(c *cobra.Command, ids []string) error {
	all, err := p.named(c, ids)
	if err != nil {
		return err
	}
	var failed []error
	for i, r := range all {
		outcome, err := wait.Look(c.Context(), r.clients.codeDeploy, r.id)
		if err != nil {
			failed = append(failed, r.clients.explaining(err, awsapi.Context{}))
			continue
		}
		p.saw(r, outcome, false)
		p.out.deployment(seen(outcome))
		if i > 0 {
			p.out.line("")
		}
		p.show(r, outcome)
	}
	return join(failed...)
}

// show prints a deployment and, if it failed, why.
func (p *program) show(r *running, outcome *wait.Outcome) {
	p.out.line(strings.TrimRight(p.streams.Foreign(report.Status(outcome, time.Now())), "\n"))
	if text := report.Diagnosis(outcome, p.streams.OutStyle(), r.about()); text != "" {
		if p.streams.CI {
			text = term.Neutralise(text)
		}
		p.out.line("\n" + strings.TrimRight(text, "\n"))
	}
	if outcome.Status() == types.DeploymentStatusReady {
		p.progress.Hint("it waits for somebody to reroute the traffic: cdx continue " + revision.ShellQuote(r.id) + r.clients.flags)
	}
}

// named are the deployments of the IDs or, without any, the latest of each
// deployment group that the settings name.
func (p *program) named(c *cobra.Command, ids []string) ([]*running, error) {
	if len(ids) == 0 {
		return p.latest(c)
	}
	set, err := p.load(c)
	if err != nil {
		return nil, err
	}
	return p.byID(c, set, ids)
}

// byID are the deployments of the IDs.
func (p *program) byID(c *cobra.Command, set *settings.Set, ids []string) ([]*running, error) {
	if err := checkIDs(c, ids); err != nil {
		return nil, err
	}
	clients, err := p.clients(c.Context(), set)
	if err != nil {
		return nil, err
	}
	var all []*running
	for _, id := range distinct(ids) {
		all = append(all, &running{set: set, id: id, clients: clients})
	}
	return all, nil
}

// checkIDs finds what is no deployment ID before anything is sent.
func checkIDs(c *cobra.Command, ids []string) error {
	for _, id := range ids {
		if strings.HasPrefix(id, "d-") {
			continue
		}
		command := c.CommandPath()
		if c.Flags().Lookup("deployment-id") != nil {
			command += " --deployment-id"
		}
		return &usageError{message: fmt.Sprintf("%q is no deployment ID", id), hint: fmt.Sprintf("give an ID such as d-ABCDEF123: %s d-ABCDEF123", command)}
	}
	return nil
}

func (p *program) latest(c *cobra.Command) ([]*running, error) {
	units, err := p.groups(c)
	if err != nil {
		return nil, err
	}
	var all []*running
	for _, u := range units {
		clients, err := p.clients(c.Context(), u.set)
		if err != nil {
			return nil, err
		}
		for _, group := range u.groups {
			id, err := p.latestOf(c.Context(), clients, u.application, group)
			if err != nil {
				return nil, err
			}
			if id != "" {
				all = append(all, &running{set: u.set, id: id, group: group, clients: clients})
			}
		}
	}
	return all, nil
}

func (p *program) latestOf(ctx context.Context, clients *clients, application, group string) (string, error) {
	id, err := deploy.Latest(ctx, clients.codeDeploy, application, group)
	if err == nil && id == "" {
		p.progress.Event(fmt.Sprintf("nothing was deployed to %s of %s yet", group, application))
	}
	return id, clients.explaining(err, awsapi.Context{Application: application, DeploymentGroup: group})
}

// groupFlags are the settings that name deployment groups.
var groupFlags = []string{"application-name", "deployment-group-name"}

// groups are the deployment groups that the settings name, by application.
func (p *program) groups(c *cobra.Command) ([]*unit, error) {
	sets, err := p.loadEnvironment(c, checkout.Read(c.Context(), ".", p.lookupEnv))
	if err != nil {
		return nil, err
	}
	var units []*unit
	for _, set := range sets {
		u := &unit{set: set, application: set.String("application-name"), groups: distinct(set.Strings("deployment-group-name"))}
		if u.application == "" {
			return nil, missing("application-name", "the CodeDeploy application")
		}
		if len(u.groups) == 0 {
			return nil, missing("deployment-group-name", "the deployment group")
		}
		units = append(units, u)
	}
	return units, nil
}
