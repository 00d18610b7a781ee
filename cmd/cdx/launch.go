package main

import (
	"context"
	"fmt"
	"slices"
	"sync"
)

// launch uploads what has to be, creates the deployments and follows them when
// that is asked for. Nothing is deployed before everything is uploaded.
func (p *program) launch(ctx context.Context, units []*unit) error {
	if err := checkTargets(units); err != nil {
		return err
	}
	if err := p.prepareAll(ctx, units); err != nil {
		return err
	}
	if units[0].set.Bool("dry-run") {
		return p.dryRun(units)
	}
	if err := p.allBusy(ctx, units); err != nil {
		return err
	}
	for _, u := range units {
		if u.upload == nil {
			continue
		}
		clients, err := p.clients(ctx, u.set)
		if err != nil {
			return err
		}
		if u.revision, err = p.upload(ctx, clients, u.upload); err != nil {
			return err
		}
		p.out.revision(u.revision)
	}
	return p.deployAll(ctx, units)
}

// allBusy is why nothing of what is to be uploaded could be deployed: each group that
// would be deployed to has an active deployment, as far as the look at it told; in turn,
// the first one has.
func (p *program) allBusy(ctx context.Context, units []*unit) error {
	if !slices.ContainsFunc(units, func(u *unit) bool { return u.upload != nil }) {
		return nil
	}
	var failed []error
	for _, u := range units {
		clients, err := p.clients(ctx, u.set)
		if err != nil {
			return err
		}
		for i, group := range u.groups {
			active := u.activeIn(i)
			if active == nil {
				return nil
			}
			err := uncreated(u, group, clients, fmt.Errorf("create deployment of application %s: %w", u.application, active))
			if u.set.Bool("serial") {
				return err
			}
			failed = append(failed, err)
		}
	}
	return join(failed...)
}

// deployAll creates the deployments of revisions that are there, all at once or in
// turn. With --dry-run it prints the requests instead.
func (p *program) deployAll(ctx context.Context, units []*unit) error {
	switch {
	case units[0].set.Bool("dry-run"):
		return p.dryRun(units)
	case units[0].set.Bool("serial"):
		return p.inTurn(ctx, units)
	default:
		return p.atOnce(ctx, units)
	}
}

// atOnce creates all deployments in their order, and follows each from when it exists. One
// that has to wait before it can be created does not keep the next ones waiting, and one
// that cannot be created does not keep cdx from following the others.
func (p *program) atOnce(ctx context.Context, units []*unit) error {
	following := p.following(len(units) > 1 || len(units[0].groups) > 1)
	var waits sync.WaitGroup
	var all []*creating
	for _, u := range units {
		for i := range u.groups {
			one := p.creating(u, i, following, u.set.Bool("wait") || p.local != nil)
			all = append(all, one)
			waits.Go(func() { one.run(ctx) })
			<-one.turn
		}
	}
	waits.Wait()
	var left []*running
	var failed []error
	for _, one := range all {
		failed = append(failed, one.err)
		if one.created != nil && !one.follow {
			left = append(left, one.created)
		}
	}
	p.hintFollow(left)
	_, err := following.end()
	return join(append(failed, err)...)
}

// inTurn creates and follows one deployment after the other and stops at the
// first that does not succeed.
func (p *program) inTurn(ctx context.Context, units []*unit) error {
	for _, u := range units {
		for i := range u.groups {
			following := p.following(false)
			one := p.creating(u, i, following, true)
			one.run(ctx)
			_, err := following.end()
			if err := join(one.err, err); err != nil {
				return err
			}
		}
	}
	return nil
}

// hintFollow says how to follow the deployments, those of an account with one command.
func (p *program) hintFollow(created []*running) {
	var accounts []string
	ids := make(map[string]string)
	for _, r := range created {
		flags := r.clients.flags
		if ids[flags] == "" {
			accounts = append(accounts, flags)
		}
		ids[flags] += " " + r.id
	}
	for _, flags := range accounts {
		p.progress.Hint("to follow: cdx wait" + ids[flags] + flags)
	}
}
