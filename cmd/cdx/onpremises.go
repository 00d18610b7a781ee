package main

import (
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/codedeploy"
	"github.com/aws/aws-sdk-go-v2/service/codedeploy/types"
	"github.com/spf13/cobra"

	"github.com/cdx-deploy/cdx/internal/awsapi"
	"github.com/cdx-deploy/cdx/internal/inventory"
	"github.com/cdx-deploy/cdx/internal/onpremises"
	"github.com/cdx-deploy/cdx/internal/report"
	"github.com/cdx-deploy/cdx/internal/settings"
	"github.com/cdx-deploy/cdx/pkg/revision"
)

func newOnPremisesCmd(p *program) *cobra.Command {
	return newFamilyCmd("on-premises", "Register, tag and list instances outside of AWS",
		`Looks after on-premises instances: machines outside of EC2 that CodeDeploy deploys
to. docs/on-premises.md takes one from nothing to its first deployment.`,
		newOnPremisesListCmd(p), newOnPremisesShowCmd(p), newOnPremisesRegisterCmd(p), newOnPremisesDeregisterCmd(p),
		newOnPremisesTagCmd(p), newOnPremisesUntagCmd(p), newOnPremisesInstallCmd(p), newOnPremisesUninstallCmd(p))
}

func newOnPremisesListCmd(p *program) *cobra.Command {
	c := &cobra.Command{
		Use:   "list",
		Short: "List on-premises instances",
		Long: `Lists on-premises instances, registered now or before: when, with which tags, and
the IAM user or session that is their identity. With --output json it prints what
BatchGetOnPremisesInstances answers.`,
		Example: `  cdx on-premises list --registration-status Registered
  cdx on-premises list --tag-filters Key=app,Value=web,Type=KEY_AND_VALUE`,
		Args: arguments(0, 0),
		RunE: func(c *cobra.Command, _ []string) error {
			var request codedeploy.ListOnPremisesInstancesInput
			if err := readInputFlags(c, &request); err != nil {
				return err
			}
			_, clients, err := p.setUpAccount(c)
			if err != nil {
				return err
			}
			infos, err := inventory.Instances(c.Context(), clients.codeDeploy, request, limitOf(c))
			if err != nil {
				return clients.explaining(err, awsapi.Context{})
			}
			p.answered(struct{ InstanceInfos []types.InstanceInfo }{infos})
			p.foreign(report.Instances(infos, p.screen()))
			return nil
		},
	}
	addInputFlags(c.Flags(), new(codedeploy.ListOnPremisesInstancesInput), "NextToken")
	addLimit(c.Flags(), "instances", 0)
	return c
}

func newOnPremisesShowCmd(p *program) *cobra.Command {
	return &cobra.Command{
		Use:   "show INSTANCE",
		Short: "Show an on-premises instance",
		Long: `Shows an on-premises instance: its identity, when it was registered and deregistered,
and its tags. With --output json it prints what GetOnPremisesInstance answers.`,
		Example: `  cdx on-premises show web-1`,
		Args:    arguments(1, 1),
		RunE: func(c *cobra.Command, args []string) error {
			set, clients, err := p.setUpAccount(c)
			if err != nil {
				return err
			}
			info, err := p.findInstance(c, set, clients, args[0])
			if err != nil {
				return err
			}
			p.answered(struct{ InstanceInfo *types.InstanceInfo }{info})
			p.foreign(report.Instance(info, p.screen()))
			return nil
		},
	}
}

// findInstance finds an instance, or says which was probably meant.
func (p *program) findInstance(c *cobra.Command, set *settings.Set, clients *clients, name string) (*types.InstanceInfo, error) {
	if err := onpremises.CheckName(name); err != nil {
		return nil, &usageError{message: err.Error(), hint: "see which there are: cdx on-premises list" + reach(set)}
	}
	info, err := onpremises.Find(c.Context(), clients.codeDeploy, name)
	if err != nil {
		return nil, clients.explaining(err, awsapi.Context{})
	}
	if info != nil {
		return info, nil
	}
	there, _ := inventory.Instances(c.Context(), clients.codeDeploy, codedeploy.ListOnPremisesInstancesInput{}, 0) // for a suggestion only
	var names []string
	for _, one := range there {
		names = append(names, *one.InstanceName)
	}
	return nil, &hintedError{fmt.Errorf("there is no on-premises instance %q", name), nearest(name, names, "cdx on-premises list"+reach(set))}
}

// addTags defines --tags.
func addTags(c *cobra.Command) {
	c.Flags().Var(&texts{placeholder: "TAG"}, "tags", "tag, Key=…,Value=… (repeatable)")
}

// instanceTags reads --tags, as CodeDeploy takes them.
func instanceTags(c *cobra.Command) ([]types.Tag, error) {
	var in codedeploy.AddTagsToOnPremisesInstancesInput
	if err := readInputFlags(c, &in); err != nil {
		return nil, err
	}
	if err := onpremises.CheckTags(in.Tags); err != nil {
		return nil, &usageError{message: "--tags: " + err.Error(), hint: "write, for example: --tags Key=app,Value=web"}
	}
	return in.Tags, nil
}

func newOnPremisesTagCmd(p *program) *cobra.Command {
	c := &cobra.Command{
		Use:   "tag INSTANCE…",
		Short: "Add tags to on-premises instances",
		Long: `Adds tags to on-premises instances. A tag whose key an instance has already gets the
new value. Deployment groups choose instances by their tags.`,
		Example: `  cdx on-premises tag web-1 web-2 --tags Key=app,Value=web \
    --tags Key=stage,Value=test`,
		Args: arguments(1, many),
		RunE: func(c *cobra.Command, args []string) error {
			return p.changeTags(c, args, "tagged", func(clients *clients, tags []types.Tag) error {
				_, err := clients.codeDeploy.AddTagsToOnPremisesInstances(c.Context(), &codedeploy.AddTagsToOnPremisesInstancesInput{InstanceNames: args, Tags: tags})
				return err
			})
		},
	}
	addTags(c)
	return c
}

func newOnPremisesUntagCmd(p *program) *cobra.Command {
	c := &cobra.Command{
		Use:   "untag INSTANCE…",
		Short: "Remove tags from on-premises instances",
		Long: `Removes tags from on-premises instances. One that only a deployment group's filter
matches no more gets no further deployments; what runs there stays.`,
		Example: `  cdx on-premises untag web-1 --tags Key=stage,Value=test`,
		Args:    arguments(1, many),
		RunE: func(c *cobra.Command, args []string) error {
			return p.changeTags(c, args, "untagged", func(clients *clients, tags []types.Tag) error {
				_, err := clients.codeDeploy.RemoveTagsFromOnPremisesInstances(c.Context(), &codedeploy.RemoveTagsFromOnPremisesInstancesInput{InstanceNames: args, Tags: tags})
				return err
			})
		},
	}
	addTags(c)
	return c
}

// changeTags adds or removes tags in one request: all instances get them, or none.
func (p *program) changeTags(c *cobra.Command, names []string, done string, change func(*clients, []types.Tag) error) error {
	tags, err := instanceTags(c)
	if err != nil {
		return err
	}
	if len(tags) == 0 {
		return &usageError{message: "--tags is missing", hint: "write, for example: " + c.CommandPath() + " " + revision.ShellQuote(names[0]) + " --tags Key=app,Value=web"}
	}
	set, clients, err := p.setUpAccount(c)
	if err != nil {
		return err
	}
	if err := change(clients, tags); err != nil {
		return &hintedError{clients.explaining(fmt.Errorf("no instance was %s: %w", done, err), awsapi.Context{}), "see which there are: cdx on-premises list" + reach(set)}
	}
	p.progress.Event(strings.Join(names, ", ") + " " + done)
	return nil
}
