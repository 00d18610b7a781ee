package agent

import (
	"context"
	"errors"
	"os"

	"github.com/cdx-deploy/cdx/pkg/appspec"
)

// install removes what the previous deployment of the group installed and installs this one's files.
// From then on this revision is the last successful one for the agent, whatever comes after.
func (r *run) install(ctx context.Context) (err error) {
	archive := r.group.archive(r.d.ID)
	spec, err := r.readSpec(archive, true)
	if err != nil {
		return err
	}
	host, err := openHostRoot(r.root)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, host.close()) }()
	revision, err := os.OpenRoot(archive)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, revision.Close()) }()
	plan, err := r.planInstall(ctx, revision, spec)
	if err != nil {
		return err
	}
	if err := r.execute(ctx, &installer{host: host, revision: revision}, plan); err != nil {
		return err
	}
	return r.remember()
}

// remember makes this revision the last successful one. Who vouches for it is on record first, so that a
// crash in between takes trust away and never gives it.
func (r *run) remember() error {
	vouched := ""
	if r.d.Vouched {
		vouched = r.d.ID
	}
	if err := r.group.point(vouchedSuffix, vouched); err != nil {
		return err
	}
	return r.group.point("_last_successful_install", r.d.ID)
}

// planInstall plans Install and reports what will not be applied.
func (r *run) planInstall(ctx context.Context, revision *os.Root, spec *appspec.Spec) (*Plan, error) {
	installed, err := r.group.installed()
	if err != nil {
		return nil, err
	}
	plan, err := NewPlan(ctx, revision.FS(), spec, PlanOptions{
		Root: r.root, Agent: r.opts.Agent, FileExistsBehavior: r.d.FileExistsBehavior,
		Installed: installed, LoadBalancer: r.d.LoadBalancer,
		RevisionName: revision.Name(), MaxEntries: r.opts.MaxEntries,
	})
	if err != nil {
		return nil, err
	}
	r.result.Plan = plan
	for _, n := range plan.Notices {
		if n.Kind != NoticeRunAs {
			r.notice(n)
		}
	}
	return plan, nil
}

// execute carries out a plan and keeps the record for the next one. As with the real agent, the old
// record is gone once its files are, and the new one grows with what is written.
func (r *run) execute(ctx context.Context, in *installer, plan *Plan) (err error) {
	if err := in.remove(ctx, plan); err != nil {
		return err
	}
	name := r.group.instructions("-cleanup")
	if err := ignoreMissing(os.Remove(name)); err != nil {
		return err
	}
	if failure := plan.failure(); failure != nil && failure.AfterSteps == 0 {
		return agentError(failure.Message)
	}
	record, err := os.OpenFile(name, os.O_CREATE|os.O_WRONLY|os.O_TRUNC|os.O_APPEND, 0o644)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, record.Close()) }()
	in.record = record
	return in.install(ctx, plan)
}
