package main

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/codedeploy/types"

	"github.com/cdx-deploy/cdx/internal/awsapi"
	"github.com/cdx-deploy/cdx/internal/report"
	"github.com/cdx-deploy/cdx/internal/settings"
	"github.com/cdx-deploy/cdx/pkg/deploy"
	"github.com/cdx-deploy/cdx/pkg/revision"
	"github.com/cdx-deploy/cdx/pkg/wait"
)

// running is a deployment that was created.
type running struct {
	set     *settings.Set
	id      string
	group   string
	clients *clients
	fresh   bool   // created in this run
	again   string // the command that deploys the same again; empty: by its revision
}

// about is what the program knows of a deployment beside what the service tells.
func (r *running) about() report.About {
	return report.About{Console: r.clients.console, Again: r.again, Flags: r.clients.flags}
}

// creating is how the deployment of a unit to one of its groups is created.
type creating struct {
	program   *program
	unit      *unit
	group     int // of the unit
	following *following
	follow    bool          // it is followed from when it exists
	turn      chan struct{} // is closed when the creation is over, or has to wait

	created *running // nil also where the group runs the revision already and is to be left alone
	err     error
}

func (p *program) creating(u *unit, group int, f *following, follow bool) *creating {
	return &creating{program: p, unit: u, group: group, following: f, follow: follow, turn: make(chan struct{})}
}

// run creates the deployment, unless ctx has ended.
func (c *creating) run(ctx context.Context) {
	yield := sync.OnceFunc(func() { close(c.turn) })
	defer yield()
	if c.err = context.Cause(ctx); c.err != nil {
		return
	}
	c.created, c.err = c.create(ctx, yield)
	if c.created != nil && c.follow {
		c.following.add(ctx, c.created)
	}
}

// create creates the deployment and prints its ID, outside of what is told of deployments
// that are followed. It calls yield before it waits.
func (c *creating) create(ctx context.Context, yield func()) (*running, error) {
	p, u, group := c.program, c.unit, c.unit.groups[c.group]
	if u.seen != nil && u.seen[c.group].Runs(u.revision) {
		if p.current(u, c.group); u.set.Bool("skip-current") {
			return nil, nil
		}
	}
	in, err := u.input(group)
	if err != nil {
		return nil, err
	}
	clients, err := p.clients(ctx, u.set)
	if err != nil {
		return nil, err
	}
	created, err := deploy.Create(ctx, clients.codeDeploy, in, p.createOptions(u.set, clients, c.following, yield))
	if err != nil {
		return nil, uncreated(u, group, clients, err)
	}
	p.out.deployment(types.DeploymentInfo{DeploymentId: &created.ID, ApplicationName: &u.application, DeploymentGroupName: &group, Revision: u.revision}, nil)
	c.following.fold.outside(func() {
		p.progress.Event(fmt.Sprintf("deployment %s: %s to %s%s", created.ID, u.application, group, how(created)))
		p.out.line(created.ID)
		p.hand(ctx) // at once, for a job that is cancelled later
	})
	return &running{set: u.set, id: created.ID, group: group, clients: clients, fresh: true, again: p.again(u, group)}, nil
}

// uncreated completes why the deployment to a group could not be created.
func uncreated(u *unit, group string, clients *clients, err error) error {
	return clients.explaining(advised(fmt.Errorf("deploy %s to %s: %w", u.application, group, err), clients.flags), awsapi.Context{
		Application: u.application, DeploymentGroup: group, DeploymentConfig: u.set.String("deployment-config-name"),
	})
}

// current says that a group runs the revision already.
func (p *program) current(u *unit, i int) {
	text := fmt.Sprintf("%s runs this revision already, by deployment %s", u.groups[i], u.seen[i].CurrentID)
	if u.set.Bool("skip-current") {
		p.progress.Event(text + ": nothing to deploy")
		return
	}
	p.progress.Event(text + "; --skip-current would leave it at that")
}

// advised completes what is said of an active deployment that is in the way, and of
// one that may exist. The flags reach the same account.
func advised(err error, flags string) error {
	var other *deploy.ActiveError
	var lost *deploy.LostError
	switch {
	case errors.As(err, &other):
		return &hintedError{err, fmt.Sprintf("follow it with: cdx wait %s%s; or give --if-active wait to deploy after it", revision.ShellQuote(other.ID), flags)}
	case errors.As(err, &lost):
		return &hintedError{err, fmt.Sprintf("see whether it is there: cdx list -a %s -g %s%s", revision.ShellQuote(lost.Application), revision.ShellQuote(lost.Group), flags)}
	default:
		return err
	}
}

// how says what is unusual about the way a deployment came about.
func how(created *deploy.Created) string {
	switch {
	case created.Adopted:
		return " (the answer was lost; the deployment was found)"
	case created.Attached:
		return " (it was active already, with this revision)"
	default:
		return ""
	}
}

// createOptions are what the settings say about creating a deployment once, beside what is
// followed. Before the creation waits, yield is called.
func (p *program) createOptions(set *settings.Set, clients *clients, beside *following, yield func()) deploy.Options {
	await := p.awaiting(set, clients, beside)
	return deploy.Options{
		IfActive: deploy.IfActive(set.String("if-active")),
		Await: func(ctx context.Context, id string) error {
			yield()
			return await(ctx, id)
		},
		OnRetry: func(err error, pause time.Duration) {
			p.progress.Detail(fmt.Sprintf("CreateDeployment was not accepted (%s); again in %s", awsapi.Explain(err, awsapi.Context{}).Summary, report.Seconds(pause)))
		},
		OnLost: func(err error) {
			yield()
			p.progress.Warn(fmt.Sprintf("the answer to CreateDeployment was lost (%s); looking for the deployment", awsapi.Explain(err, awsapi.Context{}).Summary))
		},
	}
}

// awaiting is what waits for the ends of deployments that are in the way of another, for
// the time-out at most, all together.
func (p *program) awaiting(set *settings.Set, clients *clients, beside *following) func(ctx context.Context, id string) error {
	var began time.Time
	timeout := set.Duration("timeout")
	return func(ctx context.Context, id string) error {
		r := &running{set: set, id: id, clients: clients}
		options := p.waitOptions(r, beside.rate)
		options.Until = wait.UntilFinal
		if began.IsZero() {
			began = time.Now()
		} else if timeout > 0 {
			if options.Timeout = timeout - time.Since(began); options.Timeout <= 0 {
				return fmt.Errorf("the deployment group stays busy: %w", &wait.TimeoutError{ID: id, Timeout: timeout})
			}
		}
		beside.fold.outside(func() { p.progress.Event(fmt.Sprintf("deployment %s is active: waiting for its end", id)) })
		options.OnEvent = beside.telling(r)
		outcome, err := wait.For(ctx, clients.codeDeploy, id, options)
		beside.watching.over(id)
		beside.fold.end(func() { p.progress.Event(report.Ending(outcome)) })
		if ended(outcome) {
			return nil
		}
		var late *wait.TimeoutError
		if errors.As(err, &late) {
			late.Timeout = timeout // and not what was left of it
		}
		return err
	}
}

// ended reports whether a deployment is no longer active.
func ended(outcome *wait.Outcome) bool {
	switch outcome.Status() {
	case types.DeploymentStatusSucceeded, types.DeploymentStatusFailed, types.DeploymentStatusStopped:
		return true
	default:
		return false
	}
}
