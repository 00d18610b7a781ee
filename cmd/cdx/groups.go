package main

import (
	"context"
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/codedeploy"
	"github.com/aws/aws-sdk-go-v2/service/codedeploy/types"
	"github.com/spf13/cobra"

	"github.com/cdx-deploy/cdx/internal/inventory"
	"github.com/cdx-deploy/cdx/internal/report"
	"github.com/cdx-deploy/cdx/internal/settings"
	"github.com/cdx-deploy/cdx/pkg/revision"
)

func newGroupsCmd(p *program) *cobra.Command {
	return newFamilyCmd("groups", "List, show, create, change and delete deployment groups",
		`Looks after the deployment groups of an application. "groups export" and "groups
apply" keep them in files.`,
		newGroupsListCmd(p), newGroupsShowCmd(p), newGroupsCreateCmd(p), newGroupsUpdateCmd(p), newGroupsDeleteCmd(p),
		newGroupsExportCmd(p), newGroupsApplyCmd(p))
}

func newGroupsListCmd(p *program) *cobra.Command {
	c := &cobra.Command{
		Use:   "list",
		Short: "List the deployment groups of an application",
		Long: `Lists the deployment groups of an application: what each deploys to, and its last
deployments. With --output json it prints what BatchGetDeploymentGroups answers.`,
		Example: `  cdx groups list -a my-app`,
		Args:    arguments(0, 0),
		RunE: func(c *cobra.Command, _ []string) error {
			in, err := p.inApplication(c)
			if err != nil {
				return err
			}
			infos, err := inventory.Groups(c.Context(), in.clients.codeDeploy, in.application, limitOf(c))
			if err != nil {
				return in.explaining(err, "")
			}
			p.answered(struct{ DeploymentGroupsInfo []types.DeploymentGroupInfo }{infos})
			p.foreign(report.Groups(infos, p.screen()))
			return nil
		},
	}
	settings.AddFlags(c.Flags(), "application-name")
	addLimit(c.Flags(), "deployment groups", 0)
	return c
}

func newGroupsShowCmd(p *program) *cobra.Command {
	c := &cobra.Command{
		Use:   "show [GROUP]",
		Short: "Show all settings of a deployment group",
		Long: `Shows a deployment group: what it deploys to and how, load balancers, triggers,
alarms and rollback, and its last deployments. Without a name it takes the one
that the settings name. With --output json it prints what GetDeploymentGroup
answers.`,
		Example: `  cdx groups show production -a my-app
  cdx groups show production -a my-app --output json`,
		Args: arguments(0, 1),
		RunE: func(c *cobra.Command, args []string) error {
			in, err := p.inApplication(c)
			if err != nil {
				return err
			}
			name, err := in.group(args)
			if err != nil {
				return err
			}
			out, err := in.getGroup(c.Context(), name)
			if err != nil {
				return err
			}
			p.answered(out)
			p.foreign(report.Group(out.DeploymentGroupInfo, p.screen()))
			return nil
		},
	}
	settings.AddFlags(c.Flags(), "application-name")
	return c
}

// group is the deployment group that an argument names, or else the settings.
func (a *ofApplication) group(args []string) (string, error) {
	names := a.set.Strings("deployment-group-name")
	if len(args) == 1 {
		names = args
	}
	switch {
	case len(names) == 1 && names[0] != "":
		return names[0], nil
	case len(names) < 2:
		return "", &usageError{message: "the deployment group is missing", hint: "name one; see which there are: cdx groups list" + a.flags()}
	}
	return "", &usageError{message: "the settings name several deployment groups: " + strings.Join(names, ", "), hint: "name one of them"}
}

func (a *ofApplication) getGroup(ctx context.Context, name string) (*codedeploy.GetDeploymentGroupOutput, error) {
	out, err := a.clients.codeDeploy.GetDeploymentGroup(ctx, &codedeploy.GetDeploymentGroupInput{ApplicationName: &a.application, DeploymentGroupName: &name})
	if err != nil {
		return nil, a.explaining(fmt.Errorf("look at deployment group %s of %s: %w", name, a.application, err), name)
	}
	return out, nil
}

func newGroupsDeleteCmd(p *program) *cobra.Command {
	c := &cobra.Command{
		Use:   "delete GROUP…",
		Short: "Delete deployment groups",
		Long: `Deletes deployment groups, after saying whether a deployment to one is active. What is
deployed on the instances stays there. Asks on a terminal and elsewhere wants --yes.`,
		Example: `  cdx groups delete staging -a my-app
  cdx groups delete blue green -a my-app --dry-run`,
		Args: arguments(1, many),
		RunE: func(c *cobra.Command, args []string) error { return p.deleteGroups(c, args) },
	}
	settings.AddFlags(c.Flags(), "application-name")
	addDryRun(c)
	return c
}

func (p *program) deleteGroups(c *cobra.Command, names []string) error {
	ctx, nothing := c.Context(), "nothing was deleted"
	set, err := p.load(c)
	if err != nil {
		return err
	}
	if err := p.mayChange(c, set, nothing); err != nil {
		return err
	}
	in, err := p.inApplication(c)
	if err != nil {
		return err
	}
	there, err := inventory.GroupNames(ctx, in.clients.codeDeploy, in.application, 0)
	if err != nil {
		return in.explaining(err, "")
	}
	if names, err = p.present("deployment group", names, there, "cdx groups list"+in.flags()); err != nil {
		return err
	}
	for _, name := range names {
		out, err := in.getGroup(ctx, name)
		if err != nil {
			return err
		}
		for _, line := range report.GroupDependents(out.DeploymentGroupInfo, p.errScreen()) {
			p.announce(c, set, "to be deleted: "+line)
		}
	}
	if isDryRun(c) {
		return nil
	}
	if err := p.confirm(ctx, in.set, "Delete "+them(len(names), "deployment group")+" of "+in.application+"?", nothing); err != nil {
		return err
	}
	deleting := &deletion{kind: "deployment group", names: names, remove: p.removeGroup(in), explain: in.explaining}
	return deleting.run(ctx, p)
}

// removeGroup deletes one deployment group.
func (p *program) removeGroup(in *ofApplication) func(context.Context, string) error {
	return func(ctx context.Context, name string) error {
		out, err := in.clients.codeDeploy.DeleteDeploymentGroup(ctx, &codedeploy.DeleteDeploymentGroupInput{
			ApplicationName: &in.application, DeploymentGroupName: &name,
		})
		if err != nil {
			return err
		}
		p.warnHooks(out.HooksNotCleanedUp)
		return nil
	}
}

// warnHooks says which lifecycle hooks of Auto Scaling groups CodeDeploy has left behind.
func (p *program) warnHooks(left []types.AutoScalingGroup) {
	for _, group := range left {
		p.progress.Warn(fmt.Sprintf("the lifecycle hook %s of Auto Scaling group %s could not be removed", aws.ToString(group.Hook), aws.ToString(group.Name)))
		p.progress.Hint("remove it, or new instances wait for it: aws autoscaling delete-lifecycle-hook --auto-scaling-group-name " +
			revision.ShellQuote(aws.ToString(group.Name)) + " --lifecycle-hook-name " + revision.ShellQuote(aws.ToString(group.Hook)))
	}
}
