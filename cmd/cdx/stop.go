package main

import (
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/codedeploy/types"
	"github.com/spf13/cobra"

	"github.com/cdx-deploy/cdx/internal/awsapi"
	"github.com/cdx-deploy/cdx/internal/settings"
	"github.com/cdx-deploy/cdx/pkg/deploy"
	"github.com/cdx-deploy/cdx/pkg/revision"
)

func newStopCmd(p *program) *cobra.Command {
	c := &cobra.Command{
		Use:     "stop ID",
		GroupID: furtherCommands,
		Short:   "Stop a deployment",
		Long: `Asks CodeDeploy to stop a deployment and exits with 0 once that is accepted.
Targets that have the new revision keep it, unless the deployment is configured
to be rolled back, or --rollback is given.`,
		Example: `  cdx stop d-ABCDEF123
  cdx stop d-ABCDEF123 --rollback`,
		Args: arguments(1, 1),
		RunE: func(c *cobra.Command, args []string) error { return p.stopByID(c, args[0]) },
	}
	settings.AddFlags(c.Flags(), "rollback")
	return c
}

func (p *program) stopByID(c *cobra.Command, id string) error {
	set, err := p.load(c)
	if err != nil {
		return err
	}
	all, err := p.byID(c, set, []string{id})
	if err != nil {
		return err
	}
	var rollback *bool
	if set.IsSet("rollback") {
		rollback = aws.Bool(set.Bool("rollback"))
	}
	stopped, err := deploy.Stop(c.Context(), all[0].clients.codeDeploy, id, rollback)
	if err != nil {
		return all[0].clients.explaining(all[0].tooLate(err), awsapi.Context{})
	}
	p.out.deployment(types.DeploymentInfo{DeploymentId: &id}, nil)
	text := "deployment " + id + ": stopping"
	if stopped.Status == types.StopStatusSucceeded {
		text = "deployment " + id + ": stopped"
	}
	p.progress.Event(text)
	p.progress.Hint("to follow it to its end: cdx wait " + revision.ShellQuote(id) + all[0].clients.flags)
	return nil
}

func newContinueCmd(p *program) *cobra.Command {
	c := &cobra.Command{
		Use:     "continue ID",
		GroupID: furtherCommands,
		Short:   "Let a blue/green deployment that waits go on",
		Long: `Ends the wait of a blue/green deployment that is Ready: its traffic is rerouted
now. With --termination it ends the wait after that: the original targets are
terminated now. Exits with 0 once that is accepted.`,
		Example: `  cdx continue d-ABCDEF123
  cdx continue d-ABCDEF123 --termination`,
		Args: arguments(1, 1),
		RunE: func(c *cobra.Command, args []string) error { return p.continueByID(c, args[0]) },
	}
	settings.AddFlags(c.Flags(), "termination")
	return c
}

func (p *program) continueByID(c *cobra.Command, id string) error {
	set, err := p.load(c)
	if err != nil {
		return err
	}
	all, err := p.byID(c, set, []string{id})
	if err != nil {
		return err
	}
	waitType, then := types.DeploymentWaitTypeReadyWait, "the traffic is rerouted now"
	if set.Bool("termination") {
		waitType, then = types.DeploymentWaitTypeTerminationWait, "the original targets are terminated now"
	}
	if err := deploy.Continue(c.Context(), all[0].clients.codeDeploy, id, waitType); err != nil {
		return all[0].clients.explaining(all[0].tooLate(err), awsapi.Context{})
	}
	p.out.deployment(types.DeploymentInfo{DeploymentId: &id}, nil)
	p.progress.Event(fmt.Sprintf("deployment %s goes on: %s", id, then))
	p.progress.Hint("to follow it to its end: cdx wait " + revision.ShellQuote(id) + all[0].clients.flags)
	return nil
}

// tooLate completes what is said of a deployment that is over, or not yet at the point where
// it can be continued.
func (r *running) tooLate(err error) error {
	command := revision.ShellQuote(r.id) + r.clients.flags
	switch {
	case as[*types.DeploymentAlreadyCompletedException](err):
		return &hintedError{err, "see how it ended: cdx status " + command}
	case as[*types.DeploymentIsNotInReadyStateException](err):
		return &hintedError{err, "wait until it is ready: cdx wait --until ready " + command}
	default:
		return err
	}
}
