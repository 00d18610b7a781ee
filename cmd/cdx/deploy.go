package main

import (
	"cmp"
	"context"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/codedeploy/types"
	"github.com/spf13/cobra"

	"github.com/cdx-deploy/cdx/internal/checkout"
	"github.com/cdx-deploy/cdx/internal/settings"
	"github.com/cdx-deploy/cdx/pkg/appspec"
	"github.com/cdx-deploy/cdx/pkg/deploy"
	"github.com/cdx-deploy/cdx/pkg/revision"
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
  cdx deploy --wait -a my-app -g blue -g green \
    --revision 's3://my-bucket/my-app.zip?eTag=…'
  cdx deploy --local --yes examples/hello`,
		Args: arguments(0, 1),
		RunE: func(c *cobra.Command, args []string) error { return p.deploy(c, args) },
	}
	settings.AddFlags(c.Flags(), "application-name", "deployment-group-name", "description", "revision-description")
	settings.AddFlags(c.Flags(), "revision", "github-location", "github")
	settings.AddFlags(c.Flags(), createFlags...)
	settings.AddFlags(c.Flags(), fillFlags...)
	settings.AddFlags(c.Flags(), "serial", "if-active", "skip-current", "dry-run")
	settings.AddFlags(c.Flags(), waitFlags...)
	settings.AddFlags(c.Flags(), "report", "dotenv")
	settings.AddFlags(c.Flags(), uploadFlags...)
	settings.AddFlags(c.Flags(), packageFlags...)
	settings.AddFlags(c.Flags(), localFlags...)
	c.Flags().Lookup("s3-location").Usage = "where to upload, s3://BUCKET/KEY, or what to deploy that is there, bucket=…,key=…,bundleType=…"
	return c
}

func (p *program) deploy(c *cobra.Command, args []string) error {
	ctx := c.Context()
	facts := checkout.Read(ctx, ".", p.lookupEnv)
	sets, err := p.loadEnvironment(c, facts)
	if err != nil {
		return err
	}
	if err := checkDirectory(sets, args); err != nil {
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
	if err == nil {
		err = checkIdle(set, rev != nil)
	}
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
		return p.checkAppSpec(u.set, upload.pkg)
	}
	u.upload = upload
	upload.description, err = revisionDescription(u.set, "revision-description")
	return err
}
