package main

import (
	"cmp"
	"context"
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/codedeploy"
	"github.com/aws/aws-sdk-go-v2/service/codedeploy/types"
	"github.com/spf13/cobra"

	"github.com/cdx-deploy/cdx/internal/awsapi"
	"github.com/cdx-deploy/cdx/internal/inventory"
	"github.com/cdx-deploy/cdx/internal/report"
	"github.com/cdx-deploy/cdx/internal/settings"
	"github.com/cdx-deploy/cdx/pkg/revision"
)

func newAppsCmd(p *program) *cobra.Command {
	return newFamilyCmd("apps", "List, show, create and delete applications",
		"Looks after CodeDeploy applications.",
		newAppsListCmd(p), newAppsShowCmd(p), newAppsCreateCmd(p), newAppsDeleteCmd(p))
}

func newAppsListCmd(p *program) *cobra.Command {
	c := &cobra.Command{
		Use:   "list",
		Short: "List the applications of the account and region",
		Long: `Lists the applications of the account and region. With --output json it prints
what BatchGetApplications answers.`,
		Example: `  cdx apps list
  cdx apps list --region eu-west-1 --output json`,
		Args: arguments(0, 0),
		RunE: func(c *cobra.Command, _ []string) error {
			_, clients, err := p.setUpAccount(c)
			if err != nil {
				return err
			}
			infos, err := inventory.Applications(c.Context(), clients.codeDeploy, limitOf(c))
			if err != nil {
				return clients.explaining(err, awsapi.Context{})
			}
			p.answered(struct{ ApplicationsInfo []types.ApplicationInfo }{infos})
			p.foreign(report.Applications(infos, p.screen()))
			return nil
		},
	}
	addLimit(c.Flags(), "applications", 0)
	return c
}

// namedApplication makes an argument the application, in place of the setting.
func namedApplication(c *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	if c.Flags().Changed("application-name") {
		return &usageError{message: fmt.Sprintf("application %q and --application-name both name an application", args[0]), hint: "leave one of them out"}
	}
	return c.Flags().Set("application-name", args[0])
}

func newAppsShowCmd(p *program) *cobra.Command {
	c := &cobra.Command{
		Use:   "show [APPLICATION]",
		Short: "Show an application and its deployment groups",
		Long: `Shows an application and its deployment groups, each with its last deployment.
With --output json it prints what GetApplication answers.`,
		Example: `  cdx apps show my-app`,
		Args:    arguments(0, 1),
		RunE: func(c *cobra.Command, args []string) error {
			if err := namedApplication(c, args); err != nil {
				return err
			}
			return p.showApplication(c)
		},
	}
	settings.AddFlags(c.Flags(), "application-name")
	return c
}

func (p *program) showApplication(c *cobra.Command) error {
	in, err := p.inApplication(c)
	if err != nil {
		return err
	}
	out, err := in.clients.codeDeploy.GetApplication(c.Context(), &codedeploy.GetApplicationInput{ApplicationName: &in.application})
	if err != nil {
		return in.explaining(fmt.Errorf("look at application %s: %w", in.application, err), "")
	}
	if p.out.structured() {
		p.answered(out)
		return nil
	}
	groups, err := inventory.Groups(c.Context(), in.clients.codeDeploy, in.application, 0)
	if err != nil {
		return in.explaining(err, "")
	}
	p.foreign(report.Application(out.Application, groups, p.screen()))
	return nil
}

func newAppsCreateCmd(p *program) *cobra.Command {
	c := &cobra.Command{
		Use:   "create APPLICATION",
		Short: "Create an application",
		Long: `Creates an application and prints its ID. Its compute platform cannot be changed
later.`,
		Example: `  cdx apps create my-app
  cdx apps create my-functions --compute-platform Lambda`,
		Args: arguments(0, 1),
		RunE: func(c *cobra.Command, args []string) error {
			if err := namedApplication(c, args); err != nil {
				return err
			}
			return p.createApplication(c)
		},
	}
	settings.AddFlags(c.Flags(), "application-name")
	addInputFlags(c.Flags(), new(codedeploy.CreateApplicationInput), "ApplicationName")
	return c
}

func (p *program) createApplication(c *cobra.Command) error {
	in := new(codedeploy.CreateApplicationInput)
	if err := readInputFlags(c, in); err != nil {
		return err
	}
	of, err := p.inApplication(c)
	if err != nil {
		return err
	}
	in.ApplicationName = &of.application
	var sent attempts
	out, err := of.clients.codeDeploy.CreateApplication(c.Context(), in, sent.count)
	if as[*types.ApplicationAlreadyExistsException](err) && sent.several() {
		if made := of.madeApplication(c.Context(), in); made != nil {
			out, err = made, nil
		}
	}
	if err != nil {
		err = of.explaining(fmt.Errorf("create application %s: %w", of.application, err), "")
		if as[*types.ApplicationAlreadyExistsException](err) {
			return &hintedError{err, "see it: cdx apps show " + revision.ShellQuote(of.application) + reach(of.set)}
		}
		return err
	}
	p.answered(out)
	p.out.line(aws.ToString(out.ApplicationId))
	p.progress.Event("application " + of.application + " created")
	p.progress.Hint("to deploy, it needs a deployment group: cdx groups create GROUP --service-role-arn ARN" + of.flags())
	return nil
}

// madeApplication is the answer that was lost if the application is the one asked for; nil
// if it is another, or cannot be seen.
func (a *ofApplication) madeApplication(ctx context.Context, in *codedeploy.CreateApplicationInput) *codedeploy.CreateApplicationOutput {
	out, err := a.clients.codeDeploy.GetApplication(ctx, &codedeploy.GetApplicationInput{ApplicationName: in.ApplicationName})
	if err != nil || out.Application == nil || !isNew(out.Application.CreateTime) ||
		out.Application.ComputePlatform != cmp.Or(in.ComputePlatform, types.ComputePlatformServer) {
		return nil
	}
	return &codedeploy.CreateApplicationOutput{ApplicationId: out.Application.ApplicationId}
}

func newAppsDeleteCmd(p *program) *cobra.Command {
	c := &cobra.Command{
		Use:   "delete APPLICATION…",
		Short: "Delete applications with their deployment groups",
		Long: `Deletes applications, after saying what goes with them: their deployment groups and
the registrations of their revisions. Objects in S3 stay; "cdx prune" deletes those.
Asks on a terminal and elsewhere wants --yes.`,
		Example: `  cdx apps delete my-app
  cdx apps delete my-app --dry-run`,
		Args: arguments(1, many),
		RunE: func(c *cobra.Command, args []string) error { return p.deleteApplications(c, args) },
	}
	addDryRun(c)
	return c
}

// manyRevisions is how far the revisions of an application are counted.
const manyRevisions = 1000

func (p *program) deleteApplications(c *cobra.Command, names []string) error {
	ctx, nothing := c.Context(), "nothing was deleted"
	set, clients, err := p.loadToChange(c, nothing)
	if err != nil {
		return err
	}
	if names, err = p.present("application", names, clients.names(awsapi.Application, ""), "cdx apps list"+reach(set)); err != nil {
		return err
	}
	for _, name := range names {
		text, err := p.dependents(ctx, clients, name)
		if err != nil {
			return clients.explaining(err, awsapi.Context{Application: name})
		}
		p.announce(c, set, "to be deleted: "+text)
	}
	if isDryRun(c) {
		return nil
	}
	if err := p.confirm(ctx, set, "Delete "+them(len(names), "application")+"?", nothing); err != nil {
		return err
	}
	deleting := &deletion{
		kind: "application", names: names,
		remove: func(ctx context.Context, name string) error {
			_, err := clients.codeDeploy.DeleteApplication(ctx, &codedeploy.DeleteApplicationInput{ApplicationName: &name})
			return err
		},
		explain: func(err error, name string) error { return clients.explaining(err, awsapi.Context{Application: name}) },
	}
	return deleting.run(ctx, p)
}

// dependents names an application and what is deleted with it.
func (p *program) dependents(ctx context.Context, clients *clients, name string) (string, error) {
	groups, err := inventory.Groups(ctx, clients.codeDeploy, name, 0)
	if err != nil {
		return "", err
	}
	revisions, err := inventory.CountRevisions(ctx, clients.codeDeploy, name, manyRevisions)
	if err != nil {
		return "", err
	}
	lines := report.ApplicationDependents(groups, revisions, manyRevisions, p.errScreen())
	text := "application " + name
	if len(lines) > 0 {
		text += ", and with it:\n  " + strings.Join(lines, "\n  ")
	}
	return text, nil
}

// them names one thing, or a number of them.
func them(n int, kind string) string {
	if n == 1 {
		return "this " + kind
	}
	return fmt.Sprintf("these %d %ss", n, kind)
}
