package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/codedeploy/types"
	"github.com/spf13/cobra"

	"github.com/cdx-deploy/cdx/internal/awsapi"
	"github.com/cdx-deploy/cdx/internal/checkout"
	"github.com/cdx-deploy/cdx/internal/report"
	"github.com/cdx-deploy/cdx/internal/settings"
	"github.com/cdx-deploy/cdx/pkg/appspec"
	"github.com/cdx-deploy/cdx/pkg/deploy"
	"github.com/cdx-deploy/cdx/pkg/revision"
	"github.com/cdx-deploy/cdx/pkg/wait"
)

func newDeployCmd(p *program) *cobra.Command {
	c := &cobra.Command{
		Use:   "deploy [DIR]",
		Short: "Deploy a directory, or a revision that is there already",
		Long: `Pushes the directory as "cdx push" does and creates a deployment of it to each
deployment group, or deploys a revision that is there already. Prints the ID of
each deployment as soon as it exists. With --wait it follows them to their end.

An AppSpec file for ECS or Lambda is itself the revision and needs no bucket.
--local deploys on this machine, with an embedded CodeDeploy and S3.`,
		Example: `  cdx deploy --wait -a my-app -g production --bucket my-bucket
  cdx deploy --wait -a my-app -g blue -g green --revision 's3://my-bucket/my-app.zip?eTag=…'
  cdx deploy --local --yes examples/hello`,
		Args: usage(cobra.MaximumNArgs(1)),
		RunE: func(c *cobra.Command, args []string) error { return p.deploy(c, args) },
	}
	settings.AddFlags(c.Flags(), "application-name", "deployment-group-name", "description", "revision-description")
	settings.AddFlags(c.Flags(), "revision", "github-location", "github")
	settings.AddFlags(c.Flags(), createFlags...)
	settings.AddFlags(c.Flags(), fillFlags...)
	settings.AddFlags(c.Flags(), "serial", "if-active", "skip-current", "dry-run")
	settings.AddFlags(c.Flags(), waitFlags...)
	settings.AddFlags(c.Flags(), uploadFlags...)
	settings.AddFlags(c.Flags(), packageFlags...)
	settings.AddFlags(c.Flags(), localFlags...)
	return c
}

func (p *program) deploy(c *cobra.Command, args []string) error {
	ctx := c.Context()
	facts := checkout.Read(ctx, ".", p.lookupEnv)
	sets, err := p.loadEnvironment(c, facts)
	if err != nil {
		return err
	}
	if sets[0].Bool("local") {
		return p.deployLocally(ctx, sets, args, facts)
	}
	var units []*unit
	for _, set := range sets {
		u, err := p.planUnit(ctx, set, args, facts, defaults{})
		if err != nil {
			return err
		}
		units = append(units, u)
	}
	return p.launch(ctx, units)
}

// unit is one application to deploy: what, to which groups.
type unit struct {
	set         *settings.Set
	application string
	groups      []string
	upload      *upload                 // nil when the revision is there already
	revision    *types.RevisionLocation // nil until an upload is done
	content     appspec.Platform        // of an AppSpec file that is itself the revision
	dir         string                  // that is deployed; empty when the revision is there already
	description string                  // of the deployment, where the settings have none
	seen        []*deploy.Group         // what was seen of each group; nil until it was looked at
}

// planUnit does everything that can go wrong without a request.
func (p *program) planUnit(ctx context.Context, set *settings.Set, args []string, facts checkout.Facts, or defaults) (*unit, error) {
	u := &unit{set: set, application: cmp.Or(set.String("application-name"), or.application), groups: distinct(set.Strings("deployment-group-name"))}
	if len(u.groups) == 0 && or.group != "" {
		u.groups = []string{or.group}
	}
	if u.application == "" {
		return nil, missing("application-name", "the CodeDeploy application")
	}
	if len(u.groups) == 0 {
		return nil, missing("deployment-group-name", "the deployment group to deploy to")
	}
	in, err := u.input(u.groups[0])
	if err != nil {
		return nil, err
	}
	if err := deploy.CheckDescription(aws.ToString(in.Description)); err != nil {
		return nil, err
	}
	rev, err := p.existingRevision(set, args, facts)
	if err != nil || rev != nil {
		u.revision = rev
		return u, err
	}
	return u, p.planDirectory(ctx, u, args, facts, or)
}

// distinct returns the names in their order, each once.
func distinct(names []string) []string {
	var once []string
	for _, name := range names {
		if !slices.Contains(once, name) {
			once = append(once, name)
		}
	}
	return once
}

// planDirectory makes the directory's bundle, or its AppSpec file, the revision.
func (p *program) planDirectory(ctx context.Context, u *unit, args []string, facts checkout.Facts, or defaults) error {
	upload, err := p.planUpload(ctx, u.set, args, facts, or)
	if err != nil {
		return err
	}
	u.dir = upload.pkg.dir
	if upload.pkg.tree == nil {
		u.revision, u.content = revision.FromAppSpec(upload.pkg.content), upload.pkg.appSpec.Platform()
		return nil
	}
	u.upload = upload
	upload.description, err = readParameter("revision-description", u.set.String("revision-description"))
	return err
}

// launch uploads what has to be, creates the deployments and follows them when
// that is asked for. Nothing is deployed before everything is uploaded.
func (p *program) launch(ctx context.Context, units []*unit) error {
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

// create creates the deployment of a unit to one of its groups and prints its ID. It
// returns nil where the group runs the revision already and is to be left alone.
func (p *program) create(ctx context.Context, u *unit, i int) (*running, error) {
	group := u.groups[i]
	if u.seen != nil && u.seen[i].Runs(u.revision) {
		if p.current(u, i); u.set.Bool("skip-current") {
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
	created, err := deploy.Create(ctx, clients.codeDeploy, in, p.createOptions(u.set, clients))
	if err != nil {
		return nil, clients.explaining(advised(fmt.Errorf("deploy %s to %s: %w", u.application, group, err)), awsapi.Context{
			Application: u.application, DeploymentGroup: group, DeploymentConfig: u.set.String("deployment-config-name"),
		})
	}
	p.progress.Event(fmt.Sprintf("deployment %s: %s to %s%s", created.ID, u.application, group, how(created)))
	p.out.line(created.ID)
	p.out.deployment(types.DeploymentInfo{DeploymentId: &created.ID, ApplicationName: &u.application, DeploymentGroupName: &group, Revision: u.revision}, nil)
	return &running{set: u.set, id: created.ID, group: group, clients: clients, fresh: true, again: p.again(u, group)}, nil
}

// again is the command that deploys a unit again where the revision cannot be named:
// on this machine, and an AppSpec file.
func (p *program) again(u *unit, group string) string {
	switch {
	case p.local != nil:
		return "cdx deploy --local " + quoted(u.dir)
	case u.content != "":
		return fmt.Sprintf("cdx deploy --wait -a %s -g %s %s", u.application, group, quoted(u.dir))
	default:
		return ""
	}
}

// quoted is an argument as a shell takes it.
func quoted(text string) string {
	if strings.ContainsFunc(text, func(r rune) bool { return !strings.ContainsRune(plainInShell, r) }) || text == "" {
		return "'" + strings.ReplaceAll(text, "'", `'\''`) + "'"
	}
	return text
}

// plainInShell are the characters that mean nothing to a shell.
const plainInShell = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-./+=:,@%"

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
// one that may exist.
func advised(err error) error {
	var other *deploy.ActiveError
	var lost *deploy.LostError
	switch {
	case errors.As(err, &other):
		return &hintedError{err, fmt.Sprintf("follow it with: cdx wait %s; or give --if-active wait to deploy after it", other.ID)}
	case errors.As(err, &lost):
		return &hintedError{err, fmt.Sprintf("see whether it is there: cdx list -a %s -g %s", lost.Application, lost.Group)}
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

// createOptions are what the settings say about creating a deployment once.
func (p *program) createOptions(set *settings.Set, clients *clients) deploy.Options {
	return deploy.Options{
		IfActive: deploy.IfActive(set.String("if-active")),
		Await: func(ctx context.Context, id string) error {
			p.progress.Event(fmt.Sprintf("deployment %s is active: waiting for its end", id))
			outcome, err := wait.For(ctx, clients.codeDeploy, id, wait.Options{Interval: set.Duration("poll-interval"), Timeout: set.Duration("timeout"), Heartbeat: heartbeat, OnEvent: p.onEvent(false)})
			if ended(outcome) {
				return nil
			}
			return err
		},
		OnRetry: func(err error, pause time.Duration) {
			p.progress.Detail(fmt.Sprintf("CreateDeployment was not accepted (%s); again in %s", awsapi.Explain(err, awsapi.Context{}).Summary, report.Seconds(pause)))
		},
		OnLost: func(err error) {
			p.progress.Warn(fmt.Sprintf("the answer to CreateDeployment was lost (%s); looking for the deployment", awsapi.Explain(err, awsapi.Context{}).Summary))
		},
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

func (p *program) hintFollow(created []*running) {
	ids := ""
	for _, r := range created {
		ids += " " + r.id
	}
	if ids != "" {
		p.progress.Hint("to follow: cdx wait" + ids + created[0].clients.flags)
	}
}
