package main

import (
	"cmp"
	"context"
	"fmt"
	"reflect"
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

func newConfigsCmd(p *program) *cobra.Command {
	return newFamilyCmd("configs", "List, show, create and delete deployment configurations",
		`Looks after CodeDeploy's deployment configurations: how many instances, or how much
traffic, at once. Not to be confused with "cdx config", which is about cdx.yml.`,
		newConfigsListCmd(p), newConfigsShowCmd(p), newConfigsCreateCmd(p), newConfigsDeleteCmd(p))
}

func newConfigsListCmd(p *program) *cobra.Command {
	c := &cobra.Command{
		Use:   "list",
		Short: "List the deployment configurations, your own first",
		Long: `Lists the deployment configurations of the account, its own before those that are
built in, and says what each does.`,
		Example: `  cdx configs list`,
		Args:    arguments(0, 0),
		RunE: func(c *cobra.Command, _ []string) error {
			_, clients, err := p.setUpAccount(c)
			if err != nil {
				return err
			}
			infos, err := inventory.Configs(c.Context(), clients.codeDeploy, limitOf(c))
			if err != nil {
				return clients.explaining(err, awsapi.Context{})
			}
			p.answered(struct{ DeploymentConfigsInfo []types.DeploymentConfigInfo }{infos})
			p.foreign(report.Configs(infos, p.screen()))
			return nil
		},
	}
	addLimit(c.Flags(), "deployment configurations", 0)
	return c
}

func newConfigsShowCmd(p *program) *cobra.Command {
	return &cobra.Command{
		Use:   "show CONFIG",
		Short: "Show a deployment configuration and who uses it",
		Long: `Shows in words what a deployment configuration does, and which deployment groups use
it. With --output json it prints what GetDeploymentConfig answers.`,
		Example: `  cdx configs show CodeDeployDefault.HalfAtATime`,
		Args:    arguments(1, 1),
		RunE: func(c *cobra.Command, args []string) error {
			_, clients, err := p.setUpAccount(c)
			if err != nil {
				return err
			}
			return p.showConfig(c.Context(), clients, args[0])
		},
	}
}

func (p *program) showConfig(ctx context.Context, clients *clients, name string) error {
	out, err := clients.codeDeploy.GetDeploymentConfig(ctx, &codedeploy.GetDeploymentConfigInput{DeploymentConfigName: &name})
	if err != nil {
		err = clients.explaining(fmt.Errorf("look at deployment configuration %s: %w", name, err), awsapi.Context{DeploymentConfig: name})
		if as[*types.DeploymentConfigDoesNotExistException](err) {
			return &hintedError{err, nearest(name, clients.names(awsapi.DeploymentConfig, ""), "cdx configs list"+clients.flags)}
		}
		return err
	}
	if p.out.structured() {
		p.answered(out)
		return nil
	}
	users, err := inventory.ConfigUsers(ctx, clients.codeDeploy, []string{name})
	if err != nil {
		explained := awsapi.Explain(err, awsapi.Context{})
		p.progress.Warn("who uses it could not be seen: " + explained.Summary)
	}
	p.foreign(report.Config(out.DeploymentConfigInfo, users[name], p.screen()))
	return nil
}

func newConfigsCreateCmd(p *program) *cobra.Command {
	c := &cobra.Command{
		Use:   "create CONFIG",
		Short: "Create a deployment configuration",
		Long: `Creates a deployment configuration and prints its ID. It cannot be changed later. The
flags are those of "aws deploy create-deployment-config": for servers
--minimum-healthy-hosts and perhaps --zonal-config, for Lambda and ECS
--traffic-routing-config.`,
		Example: `  cdx configs create Quarter --minimum-healthy-hosts type=FLEET_PERCENT,value=75
  cdx configs create Slow --compute-platform Lambda \
    --traffic-routing-config file://slow.json`,
		Args: arguments(1, 1),
		RunE: func(c *cobra.Command, args []string) error { return p.createConfig(c, args[0]) },
	}
	addInputFlags(c.Flags(), new(codedeploy.CreateDeploymentConfigInput), "DeploymentConfigName")
	return c
}

func (p *program) createConfig(c *cobra.Command, name string) error {
	in := &codedeploy.CreateDeploymentConfigInput{}
	if err := readInputFlags(c, in); err != nil {
		return err
	}
	in.DeploymentConfigName = &name
	switch {
	case inventory.IsBuiltIn(name):
		return &usageError{message: fmt.Sprintf("%s: names that begin with %s are AWS's own", name, inventory.BuiltInPrefix), hint: "choose another name"}
	case in.MinimumHealthyHosts == nil && in.TrafficRoutingConfig == nil:
		return &usageError{message: "how to deploy is missing", hint: "give --minimum-healthy-hosts for servers, --traffic-routing-config for Lambda and ECS"}
	}
	set, clients, err := p.setUpAccount(c)
	if err != nil {
		return err
	}
	var sent attempts
	out, err := clients.codeDeploy.CreateDeploymentConfig(c.Context(), in, sent.count)
	if as[*types.DeploymentConfigAlreadyExistsException](err) && sent.several() {
		if made := clients.madeConfig(c.Context(), in); made != nil {
			out, err = made, nil
		}
	}
	if err != nil {
		err = clients.explaining(fmt.Errorf("create deployment configuration %s: %w", name, err), awsapi.Context{})
		if as[*types.DeploymentConfigAlreadyExistsException](err) {
			return &hintedError{err, "see it: cdx configs show " + revision.ShellQuote(name) + reach(set)}
		}
		return err
	}
	p.answered(out)
	p.out.line(aws.ToString(out.DeploymentConfigId))
	p.progress.Event("deployment configuration " + name + " created")
	return nil
}

// madeConfig is the answer that was lost if the deployment configuration is the one asked
// for; nil if it is another, or cannot be seen.
func (c *clients) madeConfig(ctx context.Context, in *codedeploy.CreateDeploymentConfigInput) *codedeploy.CreateDeploymentConfigOutput {
	out, err := c.codeDeploy.GetDeploymentConfig(ctx, &codedeploy.GetDeploymentConfigInput{DeploymentConfigName: in.DeploymentConfigName})
	if err != nil || out.DeploymentConfigInfo == nil {
		return nil
	}
	made := out.DeploymentConfigInfo
	if !isNew(made.CreateTime) || made.ComputePlatform != cmp.Or(in.ComputePlatform, types.ComputePlatformServer) ||
		!reflect.DeepEqual(made.MinimumHealthyHosts, in.MinimumHealthyHosts) || !reflect.DeepEqual(made.ZonalConfig, in.ZonalConfig) ||
		!reflect.DeepEqual(made.TrafficRoutingConfig, in.TrafficRoutingConfig) {
		return nil
	}
	return &codedeploy.CreateDeploymentConfigOutput{DeploymentConfigId: made.DeploymentConfigId}
}

func newConfigsDeleteCmd(p *program) *cobra.Command {
	c := &cobra.Command{
		Use:   "delete CONFIG…",
		Short: "Delete deployment configurations of your own",
		Long: `Deletes deployment configurations that no deployment group uses. One that is used is
refused, with the names of the groups; built-in ones cannot be deleted. Asks on a
terminal and elsewhere wants --yes.`,
		Example: `  cdx configs delete Quarter`,
		Args:    arguments(1, many),
		RunE:    func(c *cobra.Command, args []string) error { return p.deleteConfigs(c, args) },
	}
	addDryRun(c)
	return c
}

func (p *program) deleteConfigs(c *cobra.Command, names []string) error {
	for _, name := range names {
		if inventory.IsBuiltIn(name) {
			return &usageError{message: name + " is built in: it cannot be deleted", hint: "see which are your own: cdx configs list"}
		}
	}
	ctx, nothing := c.Context(), "nothing was deleted"
	set, clients, err := p.loadToChange(c, nothing)
	if err != nil {
		return err
	}
	if names, err = p.present("deployment configuration", names, clients.names(awsapi.DeploymentConfig, ""), "cdx configs list"+reach(set)); err != nil {
		return err
	}
	unused, err := p.checkUnused(ctx, set, clients, names)
	if err != nil {
		return err
	}
	p.announce(c, set, "to be deleted: deployment configuration "+strings.Join(names, ", ")+unused)
	if isDryRun(c) {
		return nil
	}
	if err := p.confirm(ctx, set, "Delete "+them(len(names), "deployment configuration")+"?", nothing); err != nil {
		return err
	}
	explain := func(err error, name string) error {
		if refusalOf(err) == "DeploymentConfigInUseException" {
			err = &hintedError{err, "give the deployment groups that use it another one first; see which: cdx configs show " + revision.ShellQuote(name) + reach(set)}
		}
		return clients.explaining(err, awsapi.Context{DeploymentConfig: name})
	}
	deleting := &deletion{kind: "deployment configuration", names: names, explain: explain, remove: func(ctx context.Context, name string) error {
		_, err := clients.codeDeploy.DeleteDeploymentConfig(ctx, &codedeploy.DeleteDeploymentConfigInput{DeploymentConfigName: &name})
		return err
	}}
	return deleting.run(ctx, p)
}

// checkUnused refuses configurations that deployment groups use, as AWS would, but with
// the names of the groups. It returns what is then known about the others; where the
// groups may not be seen, AWS's own refusal has to do.
func (p *program) checkUnused(ctx context.Context, set *settings.Set, clients *clients, names []string) (string, error) {
	users, err := inventory.ConfigUsers(ctx, clients.codeDeploy, names)
	switch {
	case ctx.Err() != nil:
		return "", ctx.Err()
	case err != nil:
		p.progress.Warn("who uses it could not be seen: " + awsapi.Explain(err, awsapi.Context{}).Summary + "; AWS refuses to delete what is in use")
		return "", nil
	}
	var failed []error
	for _, name := range names {
		if using := users[name]; len(using) > 0 {
			failed = append(failed, &hintedError{
				fmt.Errorf("deployment configuration %s is in use, and nothing was deleted: %s", name, strings.Join(report.ConfigUsers(using), ", ")),
				fmt.Sprintf("give the group another one first: cdx groups update %s -a %s --deployment-config-name NAME%s",
					revision.ShellQuote(aws.ToString(using[0].DeploymentGroupName)), revision.ShellQuote(aws.ToString(using[0].ApplicationName)), reach(set)),
			})
		}
	}
	return ", which no deployment group uses", join(failed...)
}
