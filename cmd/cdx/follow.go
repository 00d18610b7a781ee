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
	"github.com/cdx-deploy/cdx/pkg/deploy"
	"github.com/cdx-deploy/cdx/pkg/revision"
	"github.com/cdx-deploy/cdx/pkg/wait"
)

// waitFlags are the settings of following a deployment.
var waitFlags = []string{"wait", "timeout", "poll-interval", "until", "strict", "on-timeout", "on-interrupt"}

// heartbeat keeps a silent job alive: some CI systems kill one after ten minutes.
const heartbeat = time.Minute

// localInterval is the pause between two looks at the service inside this process,
// which nobody else has to share.
const localInterval = 100 * time.Millisecond

// follow follows deployments to their end, all at once. It returns what was seen
// of each, and the error that is to become the exit code.
func (p *program) follow(ctx context.Context, all []*running) ([]*wait.Outcome, error) {
	f := p.following(len(all) > 1)
	for _, r := range all {
		f.add(ctx, r)
	}
	return f.end()
}

// following is the deployments that are followed at once.
type following struct {
	program  *program
	several  bool // there may be more than one
	rate     *wait.Rate
	watching *watching
	fold     *fold
	waits    sync.WaitGroup

	mu  sync.Mutex
	all []*followed
}

// followed is what became of following a deployment.
type followed struct {
	outcome *wait.Outcome
	err     error
}

// following follows the deployments that are added, until its end is called, which it has
// to be.
func (p *program) following(several bool) *following {
	return &following{program: p, several: several, rate: wait.NewRate(0), watching: p.watch(), fold: p.fold()}
}

// add begins to follow a deployment. Several may be added at once, but not at the end.
func (f *following) add(ctx context.Context, r *running) {
	options := f.program.waitOptions(r, f.rate)
	options.OnEvent = f.telling(r)
	one := &followed{}
	f.mu.Lock()
	f.all = append(f.all, one)
	f.mu.Unlock()
	f.waits.Go(func() {
		outcome, err := wait.For(ctx, r.clients.codeDeploy, r.id, options)
		f.watching.over(r.id)
		f.fold.end(func() { f.program.ended(r, outcome) })
		one.outcome, one.err = outcome, f.program.afterwards(ctx, r, outcome, r.clients.explaining(err, awsapi.Context{}))
	})
}

// telling makes a deployment one of those that are told of, and returns what tells it.
func (f *following) telling(r *running) func(wait.Event) {
	f.watching.add(r.id)
	f.fold.add(r)
	tell := f.program.onEvent(f.several, r.clients.flags)
	return func(e wait.Event) {
		f.fold.inside(func() {
			f.watching.note(e)
			tell(e)
		})
	}
}

// end waits until all have ended. It returns what was seen of each, in the order in
// which they were added, and the error that is to become the exit code.
func (f *following) end() ([]*wait.Outcome, error) {
	f.waits.Wait()
	f.watching.stop()
	outcomes, failed := make([]*wait.Outcome, len(f.all)), make([]error, len(f.all))
	for i, one := range f.all {
		outcomes[i], failed[i] = one.outcome, one.err
	}
	return outcomes, join(failed...)
}

// waitOptions are what the deployment's own settings say about following it. All
// waits of a run share the rate, unless their pause is fixed.
func (p *program) waitOptions(r *running, rate *wait.Rate) wait.Options {
	options := wait.Options{
		Interval:  r.set.Duration("poll-interval"),
		Timeout:   r.set.Duration("timeout"),
		Strict:    r.set.Bool("strict"),
		Heartbeat: heartbeat,
		Fresh:     r.fresh,
	}
	if r.set.String("until") == "ready" {
		options.Until = wait.UntilReady
	}
	switch {
	case options.Interval == 0 && p.local != nil:
		options.Interval = localInterval
	case options.Interval == 0:
		options.Rate = rate
	}
	return options
}

// onEvent prints events, one at a time. The flags reach the deployment's account.
func (p *program) onEvent(several bool, flags string) func(wait.Event) {
	return func(e wait.Event) {
		p.out.event(report.EventJSON(e))
		line, weight := report.Event(e, several)
		if endsWithCommand(e) {
			line += flags
		}
		if _, beat := e.(wait.Heartbeat); beat && p.progress.Spins() {
			weight = report.Detail // the spinner's line says it all the time
		}
		switch weight {
		case report.Detail:
			p.progress.Detail(line)
		case report.Warning:
			p.progress.Warn(line)
		default:
			p.progress.Event(line)
		}
	}
}

// endsWithCommand reports whether the line about an event ends with what can be typed.
func endsWithCommand(e wait.Event) bool {
	notice, _ := e.(wait.Notice)
	_, ready := e.(wait.Ready)
	return ready || notice.Kind == wait.NoticeTermination
}

// ended prints how a deployment ended and, if it failed, why.
func (p *program) ended(r *running, outcome *wait.Outcome) {
	if outcome.Info == nil {
		return // there is nothing but the error to tell
	}
	p.saw(r, outcome, true)
	p.out.deployment(seen(outcome))
	if outcome.Status() == types.DeploymentStatusSucceeded && !outcome.Partial() {
		p.progress.Notice(report.Ending(outcome))
	} else {
		p.progress.Event(report.Ending(outcome))
	}
	if text := report.Diagnosis(outcome, p.streams.ErrStyle(), r.about()); text != "" {
		p.progress.Report(text)
	}
}

// seen is what the result says about a deployment.
func seen(outcome *wait.Outcome) (types.DeploymentInfo, []types.DeploymentTarget) {
	var targets []types.DeploymentTarget
	for _, target := range outcome.Targets {
		targets = append(targets, target.Detail)
	}
	return *outcome.Info, targets
}

// afterwards does what the settings say about a deployment that still runs when
// the wait is over.
func (p *program) afterwards(ctx context.Context, r *running, outcome *wait.Outcome, err error) error {
	action := ""
	again := "goes on; to follow it again: cdx wait " + revision.ShellQuote(r.id) + r.clients.flags
	var timeout *wait.TimeoutError
	switch {
	case errors.As(err, &timeout):
		action = r.set.String("on-timeout")
	case err == nil || ctx.Err() == nil:
		return err
	case !ended(outcome):
		action = r.set.String("on-interrupt")
	default: // nobody wants its rollback stopped
		if undone := outcome.Rollback; undone != nil && undone.Outcome != nil && !ended(undone.Outcome) {
			p.progress.Hint("the rollback " + again)
		}
		return err
	}
	if p.local != nil {
		p.progress.Event("the local service ends, and deployment " + r.id + " with it")
		return err
	}
	if action != "leave" {
		return join(err, p.stop(ctx, r, action == "rollback"))
	}
	if timeout != nil {
		return &hintedError{err, "the deployment " + again}
	}
	p.progress.Hint("the deployment " + again) // an interrupt goes without one
	return err
}

// stopTime is how long stopping a deployment may take when cdx itself is ending.
const stopTime = 20 * time.Second

// stop asks for the end of a deployment that is followed no longer.
func (p *program) stop(ctx context.Context, r *running, rollback bool) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopTime)
	defer cancel()
	if _, err := deploy.Stop(ctx, r.clients.codeDeploy, r.id, &rollback); err != nil {
		return r.clients.explaining(err, awsapi.Context{})
	}
	text := fmt.Sprintf("deployment %s: asked to stop", r.id)
	if rollback {
		text += " and roll back"
	}
	p.progress.Event(text)
	p.progress.Hint(fmt.Sprintf("to see how it ends: cdx wait %s%s", revision.ShellQuote(r.id), r.clients.flags))
	return nil
}
