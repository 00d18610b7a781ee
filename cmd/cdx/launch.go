package main

import (
	"context"
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

// atOnce creates all deployments and then follows all. One that cannot be created
// does not keep cdx from following the others.
func (p *program) atOnce(ctx context.Context, units []*unit) error {
	var created []*running
	var failed []error
	for _, u := range units {
		for i := range u.groups {
			if ctx.Err() != nil {
				failed = append(failed, context.Cause(ctx))
				continue
			}
			r, err := p.create(ctx, u, i)
			if err != nil {
				failed = append(failed, err)
				continue
			}
			if r != nil {
				created = append(created, r)
			}
		}
	}
	var followed, left []*running
	for _, r := range created {
		if r.set.Bool("wait") || p.local != nil {
			followed = append(followed, r)
		} else {
			left = append(left, r)
		}
	}
	p.hintFollow(left)
	_, err := p.follow(ctx, followed)
	return join(append(failed, err)...)
}

// inTurn creates and follows one deployment after the other and stops at the
// first that does not succeed.
func (p *program) inTurn(ctx context.Context, units []*unit) error {
	for _, u := range units {
		for i := range u.groups {
			r, err := p.create(ctx, u, i)
			if err != nil {
				return err
			}
			if r == nil {
				continue
			}
			if _, err := p.follow(ctx, []*running{r}); err != nil {
				return err
			}
		}
	}
	return nil
}

func (p *program) hintFollow(created []*running) {
	ids := ""
	for _, r := range created {
		ids += " " + r.id
	}
	if ids != "" {
		p.progress.Hint("to follow: cdx wait" + ids + created[0].clients.flags)
	}
}
