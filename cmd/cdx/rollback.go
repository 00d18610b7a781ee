package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/cdx-deploy/cdx/internal/awsapi"
	"github.com/cdx-deploy/cdx/internal/settings"
	"github.com/cdx-deploy/cdx/pkg/deploy"
	"github.com/cdx-deploy/cdx/pkg/revision"
)

func newRollbackCmd(p *program) *cobra.Command {
	c := &cobra.Command{
		Use:   "rollback",
		Short: "Deploy the last successful revision again",
		Long: `Deploys to each deployment group the newest revision that was deployed to it
successfully and differs from the one attempted last, after a look whether its
object in S3 is still the same. --to N goes back to the Nth of such revisions.
Prints the ID of each deployment; with --wait it follows them to their end.`,
		Example: `  cdx rollback --wait -a my-app -g production
  cdx rollback --wait -a my-app -g production --to 2`,
		Args: arguments(0, 0),
		RunE: func(c *cobra.Command, _ []string) error { return p.rollback(c) },
	}
	settings.AddFlags(c.Flags(), groupFlags...)
	settings.AddFlags(c.Flags(), "to", "description")
	settings.AddFlags(c.Flags(), createFlags...)
	settings.AddFlags(c.Flags(), "serial", "if-active", "dry-run")
	settings.AddFlags(c.Flags(), waitFlags...)
	settings.AddFlags(c.Flags(), "report", "dotenv")
	return c
}

func (p *program) rollback(c *cobra.Command) error {
	named, err := p.groups(c)
	if err != nil {
		return err
	}
	if err := checkTargets(named); err != nil {
		return err
	}
	var units []*unit
	var found []string
	for _, u := range named {
		if err := checkIdleWaiting(u.set); err != nil {
			return err
		}
		for _, group := range u.groups {
			back, text, err := p.rollbackOf(c.Context(), u, group)
			if err != nil {
				return err
			}
			units, found = append(units, back), append(found, text)
		}
	}
	for _, text := range found {
		p.progress.Event(text)
	}
	return p.deployAll(c.Context(), units)
}

// rollbackOf is what rolls one group back: a revision that was deployed to it before
// and that can still be fetched. text says so.
func (p *program) rollbackOf(ctx context.Context, u *unit, group string) (back *unit, text string, err error) {
	if _, err := u.input(group); err != nil {
		return nil, "", err
	}
	clients, err := p.clients(ctx, u.set)
	if err != nil {
		return nil, "", err
	}
	about := awsapi.Context{Application: u.application, DeploymentGroup: group}
	to := u.set.Number("to")
	candidate, err := deploy.PickRollback(ctx, clients.codeDeploy, u.application, group, to)
	if err != nil {
		return nil, "", clients.explaining(noCandidate(u, group, err, clients.flags), about)
	}
	if err := deploy.CheckObject(ctx, clients.s3, candidate.Revision); err != nil {
		var gone *deploy.GoneError
		if errors.As(err, &gone) {
			err = &hintedError{fmt.Errorf("roll %s back: %w", group, err), fmt.Sprintf("to go back one revision further: cdx rollback -a %s -g %s --to %d%s", revision.ShellQuote(u.application), revision.ShellQuote(group), to+1, clients.flags)}
		}
		return nil, "", clients.explaining(err, about)
	}
	back = &unit{
		set: u.set, application: u.application, groups: []string{group}, revision: candidate.Revision,
		description: "rollback to the revision of deployment " + candidate.DeploymentID,
	}
	if u.set.Bool("dry-run") {
		seen, err := deploy.LookAtGroup(ctx, clients.codeDeploy, u.application, group, nil)
		if err != nil {
			return nil, "", clients.explaining(err, about)
		}
		back.seen = []*deploy.Group{seen}
	}
	return back, fmt.Sprintf("%s goes back to %s, deployed %s by deployment %s",
		group, revision.Describe(candidate.Revision), candidate.Deployed.UTC().Format("2006-01-02 15:04 MST"), candidate.DeploymentID), nil
}

// noCandidate completes what is said when there is nothing to roll back to.
func noCandidate(u *unit, group string, err error, flags string) error {
	var none *deploy.NoCandidateError
	if !errors.As(err, &none) {
		return err
	}
	return &hintedError{err, fmt.Sprintf("see what was deployed: cdx list -a %s -g %s%s", revision.ShellQuote(u.application), revision.ShellQuote(group), flags)}
}
