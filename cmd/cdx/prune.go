package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/cdx-deploy/cdx/internal/report"
	"github.com/cdx-deploy/cdx/internal/settings"
	"github.com/cdx-deploy/cdx/pkg/prune"
	"github.com/cdx-deploy/cdx/pkg/revision"
)

// keptRevisions is how many revisions that succeeded each deployment group keeps, unless
// --keep says otherwise, and keptFor is the default of --min-age.
const (
	keptRevisions = 5
	keptFor       = 24 * time.Hour
)

func newPruneCmd(p *program) *cobra.Command {
	c := &cobra.Command{
		Use:     "prune",
		GroupID: furtherCommands,
		Short:   "Delete the S3 objects of revisions that nothing needs",
		Long: `Finds the S3 objects of an application's revisions that no deployment group needs,
and with --delete deletes them. Without it, nothing is changed: it shows what would
go, and why the rest stays. Needed is, for each deployment group of each application
that has registered the object: the target revision, those of the last, the last
successful and all active deployments, what these replaced, the last --keep that
succeeded, what a rollback would bring back, and what is younger than --min-age.

Only objects of registered revisions are deleted, and only if they are still those
that were registered; in a bucket with versions the very version. --delete asks on
a terminal and elsewhere wants --yes. docs/prune.md has more.`,
		Example: `  cdx prune -a my-app --bucket my-bucket
  cdx prune -a my-app --bucket my-bucket --keep 3 --min-age 720h --delete --yes`,
		Args: arguments(0, 0),
		RunE: func(c *cobra.Command, _ []string) error { return p.prune(c) },
	}
	settings.AddFlags(c.Flags(), "application-name", "bucket")
	flags := c.Flags()
	flags.String("s3-key-prefix", "", "only revisions whose keys begin with `PREFIX`")
	flags.Var(&limit{n: keptRevisions}, "keep", "revisions that succeeded last and stay, for each deployment group (default 5)")
	flags.Duration("min-age", keptFor, "leave what was registered, used or uploaded within `TIME` (default 24h)")
	flags.Bool("unshared", false, "no other application uses the objects: do not look at the others")
	flags.Bool("delete", false, "delete what is not needed")
	return c
}

func (p *program) prune(c *cobra.Command) error {
	set, err := p.load(c)
	if err != nil {
		return err
	}
	deletes := valueOf(c, "delete") == "true"
	if deletes && !set.Bool("yes") && !p.canAsk() {
		return notPruned()
	}
	in, err := p.inApplication(c)
	if err != nil {
		return err
	}
	run := &pruning{p: p, ofApplication: in, bucket: in.set.String("bucket"), deleted: make(map[string]bool)}
	if run.bucket == "" {
		return missing("bucket", "the S3 bucket of the revisions")
	}
	if run.options, err = run.read(c); err != nil {
		return err
	}
	if err := run.look(c.Context()); err != nil {
		return err
	}
	p.foreign(report.Prune(run.plan, bytesText, p.screen()))
	defer func() { p.out.part(func(r *result) { r.Objects = report.PruneJSON(run.plan, run.isDeleted) }) }()
	if !deletes {
		run.tell(run.command(c))
		return nil
	}
	return run.delete(c.Context(), run.command(c))
}

func notPruned() error {
	return &usageError{message: "nothing was deleted: that was not confirmed", hint: "give --yes to do it, or leave --delete out to see what would be deleted"}
}

// pruning is a run of prune.
type pruning struct {
	*ofApplication
	p       *program
	bucket  string
	options prune.Options
	plan    *prune.Plan
	deleted map[string]bool // by identity
}

// read makes the library's options of the flags.
func (r *pruning) read(c *cobra.Command) (prune.Options, error) {
	minAge, err := c.Flags().GetDuration("min-age")
	if err == nil && minAge < 0 {
		err = &usageError{message: "--min-age is below zero", hint: "give a time such as 24h, or 0"}
	}
	return prune.Options{
		Application: r.application, Bucket: r.bucket, KeyPrefix: valueOf(c, "s3-key-prefix"),
		Keep: c.Flags().Lookup("keep").Value.(*limit).n, MinAge: minAge, Unshared: valueOf(c, "unshared") == "true",
	}, err
}

func (r *pruning) look(ctx context.Context) error {
	plan, err := prune.Look(ctx, r.clients.codeDeploy, r.clients.s3, r.options)
	if err != nil {
		return r.explaining(fmt.Errorf("find out what is needed, so nothing was deleted: %w", err), "")
	}
	r.plan = plan
	return nil
}

// command is the one that does the same.
func (r *pruning) command(c *cobra.Command) string {
	text := "cdx prune" + r.flags() + " --bucket " + revision.ShellQuote(r.bucket)
	for _, name := range []string{"s3-key-prefix", "keep", "min-age"} {
		if c.Flags().Changed(name) {
			text += " --" + name + " " + revision.ShellQuote(valueOf(c, name))
		}
	}
	if r.options.Unshared {
		text += " --unshared"
	}
	return text + " --delete"
}

// tell sums up what was found.
func (r *pruning) tell(command string) {
	if len(r.plan.Objects) == 0 {
		r.p.progress.Event(fmt.Sprintf("%s has registered no revision in bucket %s", r.application, r.bucket))
		r.p.progress.Hint("see where its revisions are: cdx revisions list" + r.flags())
		return
	}
	unneeded, needed, gone := len(r.plan.In(prune.Unneeded)), len(r.plan.In(prune.Needed)), len(r.plan.In(prune.Gone))
	r.p.progress.Event(fmt.Sprintf("%s, %s, not needed; %s needed; %s gone already",
		report.Counted(unneeded, "object"), bytesText(r.plan.SizeBytes()), report.Counted(needed, "revision"), report.Counted(gone, "revision")))
	if unneeded > 0 {
		r.p.progress.Hint("to delete what is not needed: " + command)
	}
}

func (r *pruning) delete(ctx context.Context, command string) error {
	objects := r.plan.In(prune.Unneeded)
	if len(objects) == 0 {
		r.p.progress.Event("nothing to delete")
		return nil
	}
	if r.plan.MFADelete {
		return &hintedError{fmt.Errorf("bucket %s deletes versions only with the code of an MFA device: nothing was deleted", r.bucket),
			"as the owner of the account, for each: aws s3api delete-object --bucket " + revision.ShellQuote(r.bucket) + " --key KEY --version-id VERSION --mfa 'SERIAL CODE'"}
	}
	if !r.set.Bool("yes") {
		question := fmt.Sprintf("Delete %s, %s, of bucket %s for good?", report.Counted(len(objects), "object"), bytesText(r.plan.SizeBytes()), r.bucket)
		if err := r.p.confirm(ctx, r.set, question, "nothing was deleted"); as[*usageError](err) {
			return notPruned()
		} else if err != nil {
			return err
		}
		if err := r.lookAgain(ctx, objects); err != nil {
			return err
		}
		objects = r.plan.In(prune.Unneeded)
	}
	err := prune.Delete(ctx, r.clients.s3, objects, func(o prune.Object) {
		r.deleted[identity(o)] = true
		r.p.progress.Event(revision.Describe(&o.Revision) + " deleted")
	})
	if err != nil {
		return r.failed(ctx, err, command)
	}
	r.p.progress.Event(fmt.Sprintf("%s, %s, deleted", report.Counted(len(objects), "object"), bytesText(r.plan.SizeBytes())))
	return nil
}

// lookAgain looks again, because an answer may take its time: what was shown and has come
// to be needed stays, and so does what was not shown.
func (r *pruning) lookAgain(ctx context.Context, shown []prune.Object) error {
	known := make(map[string]bool)
	for _, o := range shown {
		known[identity(o)] = true
	}
	if err := r.look(ctx); err != nil {
		return err
	}
	for i := range r.plan.Objects {
		o := &r.plan.Objects[i]
		if o.State == prune.Unneeded && !known[identity(*o)] {
			o.State, o.Reasons = prune.Needed, []string{"was not among those that were shown"}
		}
	}
	return nil
}

// identity tells objects apart.
func identity(o prune.Object) string { return o.URL() + "\x00" + o.VersionID + "\x00" + o.ETag }

func (r *pruning) isDeleted(o prune.Object) bool { return r.deleted[identity(o)] }

// shownFailures is how many objects that could not be deleted are named.
const shownFailures = 10

// failed says what was and what was not deleted.
func (r *pruning) failed(ctx context.Context, err error, command string) error {
	if ctx.Err() != nil { // the error is not told then
		r.p.progress.Warn("half-way: " + err.Error())
	}
	var partial *prune.PartialError
	if errors.As(err, &partial) {
		for i, failed := range partial.Failed {
			if i == shownFailures {
				r.p.progress.Warn(fmt.Sprintf("and %s more", report.Counted(len(partial.Failed)-i, "object")))
				break
			}
			r.p.progress.Warn("not deleted: " + revision.Describe(&failed.Object.Revision))
		}
	}
	return r.explaining(&hintedError{fmt.Errorf("half-way: %w", err), "run it again to go on: " + command}, "")
}
