package main

import (
	"context"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/codedeploy"
	"github.com/aws/aws-sdk-go-v2/service/codedeploy/types"
	"github.com/spf13/cobra"

	"github.com/cdx-deploy/cdx/internal/settings"
	"github.com/cdx-deploy/cdx/pkg/group"
	"github.com/cdx-deploy/cdx/pkg/revision"
)

func newGroupsCreateCmd(p *program) *cobra.Command {
	c := &cobra.Command{
		Use:   "create GROUP",
		Short: "Create a deployment group",
		Long: `Creates a deployment group and prints its ID. The flags are those of "aws deploy
create-deployment-group", in its shorthand syntax, as JSON or as file://NAME; one
that takes a list there is repeated here, or takes a list in JSON.`,
		Example: `  cdx groups create production -a my-app \
    --service-role-arn arn:aws:iam::111122223333:role/CodeDeploy \
    --ec2-tag-filters Key=app,Value=my-app,Type=KEY_AND_VALUE
  cdx groups create web -a my-service \
    --service-role-arn arn:aws:iam::111122223333:role/CodeDeploy \
    --ecs-services clusterName=main,serviceName=web \
    --load-balancer-info file://pair.json`,
		Args: oneGroup,
		RunE: func(c *cobra.Command, args []string) error { return p.createGroup(c, args[0]) },
	}
	settings.AddFlags(c.Flags(), "application-name")
	addInputFlags(c.Flags(), new(codedeploy.CreateDeploymentGroupInput), "ApplicationName", "DeploymentGroupName")
	return c
}

// oneGroup wants one name, and says what further ones probably are.
func oneGroup(_ *cobra.Command, args []string) error {
	switch len(args) {
	case 0:
		return &usageError{message: "the name of the deployment group is missing", hint: "give it as argument"}
	case 1:
		return nil
	}
	return &usageError{message: fmt.Sprintf("unexpected argument %q", args[1]), hint: "repeat the flag for each item of a list: --auto-scaling-groups a --auto-scaling-groups b"}
}

func (p *program) createGroup(c *cobra.Command, name string) error {
	in := new(codedeploy.CreateDeploymentGroupInput)
	if err := readInputFlags(c, in); err != nil {
		return err
	}
	if aws.ToString(in.ServiceRoleArn) == "" {
		return &usageError{message: "--service-role-arn is missing: the role that CodeDeploy takes", hint: "give --service-role-arn ARN; cdx policy service-role prints what it needs"}
	}
	of, err := p.inApplication(c)
	if err != nil {
		return err
	}
	in.ApplicationName, in.DeploymentGroupName = &of.application, &name
	var sent attempts
	out, err := of.clients.codeDeploy.CreateDeploymentGroup(c.Context(), in, sent.count)
	if as[*types.DeploymentGroupAlreadyExistsException](err) && sent.several() {
		if made := of.madeGroup(c.Context(), in); made != nil {
			out, err = made, nil
		}
	}
	if err != nil {
		err = of.explaining(fmt.Errorf("create deployment group %s of %s: %w", name, of.application, err), name)
		if as[*types.DeploymentGroupAlreadyExistsException](err) {
			return &hintedError{err, "see it: cdx groups show " + revision.ShellQuote(name) + of.flags() + "; change it: cdx groups update " + revision.ShellQuote(name) + of.flags()}
		}
		return err
	}
	p.answered(out)
	p.out.line(aws.ToString(out.DeploymentGroupId))
	p.progress.Event(fmt.Sprintf("deployment group %s of %s created", name, of.application))
	return nil
}

// madeGroup is the answer that was lost if the deployment group is as asked for; nil if it
// is not, or cannot be seen.
func (a *ofApplication) madeGroup(ctx context.Context, in *codedeploy.CreateDeploymentGroupInput) *codedeploy.CreateDeploymentGroupOutput {
	out, err := a.getGroup(ctx, *in.DeploymentGroupName)
	if err != nil || len(group.Changes(out.DeploymentGroupInfo, group.FromCreateInput(in))) > 0 {
		return nil
	}
	return &codedeploy.CreateDeploymentGroupOutput{DeploymentGroupId: out.DeploymentGroupInfo.DeploymentGroupId}
}

func newGroupsUpdateCmd(p *program) *cobra.Command {
	c := &cobra.Command{
		Use:   "update GROUP",
		Short: "Change settings of a deployment group",
		Long: `Changes those settings of a deployment group that flags name, and no others. The
flags are those of "aws deploy update-deployment-group"; a list replaces the one
there is, and '[]' removes it.`,
		Example: `  cdx groups update production -a my-app \
    --deployment-config-name CodeDeployDefault.HalfAtATime
  cdx groups update production -a my-app \
    --auto-scaling-groups web-a --auto-scaling-groups web-b
  cdx groups update production -a my-app --trigger-configurations '[]'`,
		Args: oneGroup,
		RunE: func(c *cobra.Command, args []string) error { return p.updateGroup(c, args[0]) },
	}
	settings.AddFlags(c.Flags(), "application-name")
	addInputFlags(c.Flags(), new(codedeploy.UpdateDeploymentGroupInput), "ApplicationName", "CurrentDeploymentGroupName")
	return c
}

func (p *program) updateGroup(c *cobra.Command, name string) error {
	in := new(codedeploy.UpdateDeploymentGroupInput)
	if !anyInput(c, in, "ApplicationName") {
		return &usageError{message: "nothing to change: no flag names a setting", hint: "see: cdx groups update --help"}
	}
	if err := readInputFlags(c, in); err != nil {
		return err
	}
	of, err := p.inApplication(c)
	if err != nil {
		return err
	}
	in.ApplicationName, in.CurrentDeploymentGroupName = &of.application, &name
	var sent attempts
	out, err := of.clients.codeDeploy.UpdateDeploymentGroup(c.Context(), in, sent.count)
	if err != nil {
		err = of.explaining(fmt.Errorf("update deployment group %s of %s: %w", name, of.application, err), name)
		renamed := aws.ToString(in.NewDeploymentGroupName)
		switch {
		case as[*types.DeploymentGroupAlreadyExistsException](err):
			return &hintedError{err, "choose another name; see the one that has it: cdx groups show " + revision.ShellQuote(renamed) + of.flags()}
		case as[*types.DeploymentGroupDoesNotExistException](err) && renamed != "" && sent.several():
			return &hintedError{err, "the answer to a request before was lost; see whether it has renamed the group: cdx groups show " + revision.ShellQuote(renamed) + of.flags()}
		}
		return err
	}
	p.answered(out)
	p.warnHooks(out.HooksNotCleanedUp)
	p.progress.Event(fmt.Sprintf("deployment group %s of %s updated", name, of.application))
	return nil
}
