package main

import (
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/cdx-deploy/cdx/internal/awsapi"
	"github.com/cdx-deploy/cdx/internal/onpremises"
	"github.com/cdx-deploy/cdx/internal/settings"
	"github.com/cdx-deploy/cdx/pkg/revision"
)

func newOnPremisesRegisterCmd(p *program) *cobra.Command {
	c := &cobra.Command{
		Use:   "register NAME",
		Short: "Register an instance and write the configuration of its agent",
		Long: `Registers an on-premises instance, as "aws deploy register" does, and writes the
configuration file of its agent with mode 0600. Without an identity it creates an IAM
user, its policy and an access key, whose secret stands in the file and nowhere else.
What was created is deleted again if the rest fails.

--iam-user-arn takes a user there is, and with --create-access-key makes a key for it
and writes the file. --iam-session-arn takes a session whose credentials something
keeps fresh in --aws-credentials-file on the instance.`,
		Example: `  cdx on-premises register web-1 --tags Key=app,Value=web
  cdx on-premises register web-2 \
    --iam-session-arn arn:aws:sts::111122223333:assumed-role/Deploy/web-2 \
    --aws-credentials-file /etc/codedeploy-agent/credentials`,
		Args: arguments(1, 1),
		RunE: func(c *cobra.Command, args []string) error { return p.registerInstance(c, args[0]) },
	}
	addTags(c)
	flags := c.Flags()
	flags.String("iam-user-arn", "", "`ARN` of an IAM user there is (default: one is created)")
	flags.Bool("create-access-key", false, "make an access key for --iam-user-arn and write the file")
	flags.String("iam-session-arn", "", "`ARN` of an IAM session")
	flags.String("aws-credentials-file", "", "`PATH` on the instance of the session's credentials")
	addConfigFile(c, "where to write the agent's configuration")
	flags.Bool("force", false, "overwrite the file")
	return c
}

func (p *program) registerInstance(c *cobra.Command, name string) error {
	tags, err := instanceTags(c)
	if err != nil {
		return err
	}
	r := onpremises.Registration{
		Name: name, UserARN: valueOf(c, "iam-user-arn"), CreateKey: valueOf(c, "create-access-key") == "true", SessionARN: valueOf(c, "iam-session-arn"),
		CredentialsFile: valueOf(c, "aws-credentials-file"), Tags: tags, File: valueOf(c, "config-file"), Overwrite: valueOf(c, "force") == "true",
		Tell: p.progress.Event,
	}
	if err := r.Check(); err != nil {
		return &usageError{message: err.Error(), hint: "see: cdx on-premises register --help"}
	}
	set, clients, err := p.setUpAccount(c)
	if err != nil {
		return err
	}
	r.Region = clients.region
	done, err := onpremises.Register(c.Context(), clients.codeDeploy, clients.iam, r)
	if err != nil {
		return clients.explaining(registerStep(err, &r, set), awsapi.Context{})
	}
	p.answered(done)
	p.out.line(done.IdentityARN)
	file := revision.ShellQuote(done.File)
	switch {
	case done.File != "":
		p.progress.Hint("move " + file + " to the instance; what to type there: cdx on-premises install --os OS --config-file " + file)
	case r.UserARN != "":
		p.progress.Hint("write region, iam_user_arn, aws_access_key_id and aws_secret_access_key into " + onpremises.ConfigurationFile("") + " on the instance; docs/on-premises.md shows the file")
	}
	return nil
}

// registerStep adds what to do about an error.
func registerStep(err error, r *onpremises.Registration, set *settings.Set) error {
	var exists *onpremises.ExistsError
	var registered *onpremises.RegisteredError
	var left *onpremises.LeftError
	name := revision.ShellQuote(r.Name)
	switch {
	case errors.As(err, &exists):
		return &usageError{message: err.Error() + ": nothing was registered", hint: "give --force to overwrite it, or another --config-file"}
	case errors.As(err, &registered):
		return &hintedError{err, "see it: cdx on-premises show " + name + reach(set) + "; add tags: cdx on-premises tag " + name + reach(set) + "; begin anew: cdx on-premises deregister " + name + reach(set)}
	case errors.As(err, &left):
		hint := "remove what is left:"
		for i, one := range left.Left {
			if i > 0 {
				hint += ";"
			}
			hint += " " + one.Remove
		}
		return &hintedError{err, hint}
	case as[*onpremises.TagsError](err):
		return &hintedError{err, "add them: cdx on-premises tag " + name + reach(set) + " --tags …"}
	}
	return &hintedError{fmt.Errorf("nothing was registered, and nothing is left behind: %w", err), registerHint(err, name)}
}

func registerHint(err error, name string) string {
	if refusalOf(err) == "EntityAlreadyExists" {
		return "there is an IAM user of that name: register another name, or take that user: --iam-user-arn ARN --create-access-key"
	}
	return "when that is mended, run it again; what an IAM user must be allowed for it is in docs/on-premises.md"
}

func newOnPremisesDeregisterCmd(p *program) *cobra.Command {
	c := &cobra.Command{
		Use:   "deregister INSTANCE",
		Short: "Deregister an on-premises instance and delete its IAM user",
		Long: `Removes the tags of an on-premises instance, deregisters it, and deletes its IAM user
with its access keys and policies, if the user was made for it: if its path is
/AWS/CodeDeploy/. A user of another path stays. What is deployed on the instance and
its agent stay too. Asks on a terminal and elsewhere wants --yes.`,
		Example: `  cdx on-premises deregister web-1
  cdx on-premises deregister web-1 --no-delete-iam-user --yes`,
		Args: arguments(1, 1),
		RunE: func(c *cobra.Command, args []string) error { return p.deregisterInstance(c, args[0]) },
	}
	c.Flags().Bool("no-delete-iam-user", false, "leave the IAM user")
	addDryRun(c)
	return c
}

func (p *program) deregisterInstance(c *cobra.Command, name string) error {
	ctx, nothing := c.Context(), "nothing was deregistered"
	set, clients, err := p.loadToChange(c, nothing)
	if err != nil {
		return err
	}
	info, err := p.findInstance(c, set, clients, name)
	if err != nil {
		return err
	}
	keepUser := valueOf(c, "no-delete-iam-user") == "true"
	steps := onpremises.Steps(info, keepUser)
	if arn := onpremises.IdentityOf(info); info.IamUserArn != nil && !keepUser && !onpremises.IsOwnUser(arn) {
		p.progress.Warn("the IAM user " + arn + " was not made for this instance alone, and stays")
	}
	if len(steps) == 0 {
		p.progress.Event(name + " is deregistered already")
		return nil
	}
	for _, step := range steps {
		p.announce(c, set, "to be done: "+step)
	}
	if isDryRun(c) {
		return nil
	}
	if err := p.confirm(ctx, set, "Deregister "+name+"?", nothing); err != nil {
		return err
	}
	if err := onpremises.Deregister(ctx, clients.codeDeploy, clients.iam, info, keepUser, p.progress.Event); err != nil {
		again := "run it again to go on: cdx on-premises deregister " + revision.ShellQuote(name) + reach(set)
		if refusalOf(err) == "DeleteConflict" {
			again = "somebody has given the IAM user more than register did: delete it in the console, or leave it with --no-delete-iam-user"
		}
		return clients.explaining(&hintedError{fmt.Errorf("half-way: %w", err), again}, awsapi.Context{})
	}
	p.progress.Hint("to remove the agent there: cdx on-premises uninstall --os OS")
	return nil
}
