package main

import (
	"cmp"
	"context"
	"fmt"
	"strconv"
	"time"
	"unicode/utf8"

	"github.com/aws/aws-sdk-go-v2/service/codedeploy/types"
	"github.com/spf13/cobra"

	"github.com/cdx-deploy/cdx/internal/awsapi"
	"github.com/cdx-deploy/cdx/internal/checkout"
	"github.com/cdx-deploy/cdx/internal/report"
	"github.com/cdx-deploy/cdx/internal/settings"
	"github.com/cdx-deploy/cdx/pkg/push"
	"github.com/cdx-deploy/cdx/pkg/revision"
)

// uploadFlags are the settings that decide where a bundle goes, and in which form.
var uploadFlags = []string{
	"s3-location", "bucket", "key", "bundle-type", "compression-level", "no-overwrite", "force",
	"sse", "sse-kms-key-id", "storage-class", "tagging", "metadata", "acl", "expected-bucket-owner", "checksum-algorithm",
}

func newPushCmd(p *program) *cobra.Command {
	c := &cobra.Command{
		Use:   "push [DIR]",
		Short: "Package a directory, upload it to S3 and register it as a revision",
		Long: `Checks the directory's AppSpec file, packages the directory, uploads it to S3
and registers it as a revision of the application. Prints the revision, as
s3://BUCKET/KEY?versionId=…&eTag=…

What is there already with the same content is not uploaded again. --list shows
what would ship and what is left out, by which rule, and sends nothing.

The arguments of "aws deploy push" work unchanged.`,
		Example: `  cdx push -a my-app --bucket my-bucket
  cdx push -a my-app --bucket my-bucket --key "{BRANCH}-{BUILD_NUM}.zip" build
  cdx push --list build
  cdx push --application-name my-app --s3-location s3://my-bucket/my-app.zip \
    --source build`,
		Args: arguments(0, 1),
		RunE: func(c *cobra.Command, args []string) error { return p.push(c, args) },
	}
	settings.AddFlags(c.Flags(), "application-name", "description")
	settings.AddFlags(c.Flags(), uploadFlags...)
	settings.AddFlags(c.Flags(), packageFlags...)
	settings.AddFlags(c.Flags(), "list", "dotenv")
	return c
}

func (p *program) push(c *cobra.Command, args []string) error {
	ctx := c.Context()
	facts := checkout.Read(ctx, ".", p.lookupEnv)
	sets, err := p.loadEnvironment(c, facts)
	if err != nil {
		return err
	}
	if err := checkDirectory(sets, args); err != nil {
		return err
	}
	if sets[0].Bool("list") {
		return p.listFiles(ctx, sets, args)
	}
	var units []*unit
	for _, set := range sets {
		u, err := p.planUpload(ctx, set, args, facts, defaults{})
		if err != nil {
			return err
		}
		if u.pkg.tree == nil {
			return nothingToPush(u.pkg)
		}
		if u.description, err = revisionDescription(set, "description"); err != nil {
			return err
		}
		units = append(units, &unit{set: set, application: u.application, upload: u})
	}
	if err := p.prepareAll(ctx, units); err != nil {
		return err
	}
	for _, u := range units {
		clients, err := p.clients(ctx, u.set)
		if err != nil {
			return err
		}
		rev, err := p.upload(ctx, clients, u.upload)
		if err != nil {
			return err
		}
		p.out.revision(rev)
		p.out.line(revision.URL(rev))
		p.progress.Hint(fmt.Sprintf("to deploy it: cdx deploy -a %s -g GROUP --revision %s%s", revision.ShellQuote(u.application), revision.ShellQuote(revision.URL(rev)), clients.flags))
	}
	return nil
}

// maxRevisionDescription is the longest description of a revision, in characters.
// Source: AWS CodeDeploy User Guide, "CodeDeploy limits".
const maxRevisionDescription = 256

// revisionDescription is the description that a revision is registered with.
func revisionDescription(set *settings.Set, name string) (string, error) {
	text, err := readParameter(name, set.String(name))
	if length := utf8.RuneCountInString(text); length > maxRevisionDescription {
		return "", &usageError{
			message: fmt.Sprintf("--%s has %d characters, at most %d are possible", name, length, maxRevisionDescription),
			hint:    "shorten --" + name,
		}
	}
	return text, err
}

// nothingToPush is the mistake of pushing an AppSpec file that needs no bundle.
func nothingToPush(pkg *packaged) error {
	where := ""
	if pkg.dir != "." {
		where = " " + revision.ShellQuote(pkg.dir)
	}
	return &usageError{
		message: fmt.Sprintf("%s is an AppSpec file for %s: it is itself the revision, there is nothing to push", pkg.appSpec.Name(), pkg.appSpec.Platform()),
		hint:    "deploy it with: cdx deploy" + where,
	}
}

// upload is one directory on its way to S3.
type upload struct {
	set         *settings.Set
	application string
	pkg         *packaged
	bucket      string
	key         string          // a template until the directory is hashed
	variables   *push.Variables // of the template; nil for a key that is none
	object      push.ObjectOptions
	digest      string // empty until the directory is hashed
	description string // of the revision
}

// defaults are the names that stand in where the settings have none; an empty one
// makes the setting mandatory.
type defaults struct{ application, group, bucket string }

// planUpload does everything that can go wrong without a request, but for the hash,
// which may take a while.
func (p *program) planUpload(ctx context.Context, set *settings.Set, args []string, facts checkout.Facts, or defaults) (*upload, error) {
	u := &upload{set: set, application: cmp.Or(set.String("application-name"), or.application)}
	if u.application == "" {
		return nil, missing("application-name", "the CodeDeploy application")
	}
	dir, err := directory(set, args)
	if err != nil {
		return nil, err
	}
	if u.pkg, err = p.packageDir(ctx, set, dir); err != nil || u.pkg.tree == nil {
		return u, err
	}
	if u.bucket, u.key, err = destination(set, or.bucket); err != nil {
		return nil, err
	}
	if u.object, err = objectOptions(set); err != nil {
		return nil, err
	}
	if set.String("s3-location") != "" {
		return u, push.CheckKey(u.key)
	}
	u.variables = p.variables(set, u, facts)
	_, err = push.ExpandKey(u.key, *u.variables)
	return u, err
}

// hash reads the directory, which gives the digest and with it the key.
func (u *upload) hash(ctx context.Context) (err error) {
	defer u.pkg.meter.begin("hashing", u.pkg.tree, false)()
	if u.digest, err = u.pkg.tree.Hash(ctx); err != nil || u.variables == nil {
		return err
	}
	u.variables.Values[push.VarDigest] = u.digest
	u.key, err = push.ExpandKey(u.key, *u.variables)
	return err
}

// missing is the mistake of leaving out a setting that has no default.
func missing(name, what string) error {
	s, _ := settings.Lookup(name)
	return &usageError{
		message: fmt.Sprintf("--%s is missing: %s", name, what),
		hint:    fmt.Sprintf("give --%s %s, set %s, or write %s: … into cdx.yml", name, s.Value, s.Variable(), name),
	}
}

// destination returns bucket and key template of an upload. The key of
// --s3-location is taken as it is, as the AWS CLI does.
func destination(set *settings.Set, orBucket string) (bucket, key string, err error) {
	location := set.String("s3-location")
	if location == "" {
		bucket = cmp.Or(set.String("bucket"), orBucket)
		if bucket == "" {
			return "", "", missing("bucket", "the S3 bucket to upload to")
		}
		return bucket, set.String("key"), nil
	}
	for _, other := range []string{"bucket", "key"} {
		if set.IsSet(other) && set.Origin(other) == "--"+other {
			return "", "", &usageError{message: fmt.Sprintf("--s3-location and --%s both say where to upload", other), hint: "give one of them"}
		}
	}
	bucket, key, err = revision.SplitURL(location)
	if err != nil {
		return "", "", &usageError{message: "--s3-location: " + err.Error(), hint: "to upload, write --s3-location s3://BUCKET/KEY"}
	}
	return bucket, key, nil
}

// variables are those of key templates. The digest stands in for the one that only
// the hash will tell.
func (p *program) variables(set *settings.Set, u *upload, facts checkout.Facts) *push.Variables {
	commit := facts.Commit()
	return &push.Variables{
		Values: map[string]string{
			push.VarApplication: u.application,
			push.VarEnvironment: set.Environment,
			push.VarBranch:      facts.Branch(),
			push.VarCommit:      commit,
			push.VarShortCommit: commit[:min(7, len(commit))],
			push.VarBuildNum:    facts.BuildNum(),
			push.VarTag:         facts.Tag(),
			push.VarDigest:      "0",
			push.VarTimestamp:   push.Timestamp(time.Now()),
			push.VarBundleType:  string(u.pkg.bundleType),
		},
		LookupEnv: p.lookupEnv,
		Untrusted: !set.Trusted("key"),
	}
}

// upload sends a bundle and registers the revision it has become.
func (p *program) upload(ctx context.Context, clients *clients, u *upload) (*types.RevisionLocation, error) {
	size, files := u.pkg.tree.ContentBytes(), u.pkg.files()
	p.progress.Event(fmt.Sprintf("uploading %s (%s in %s) to s3://%s/%s", u.pkg.dir, bytesText(size), report.Counted(files, "file"), u.bucket, u.key))
	end := u.pkg.meter.begin("uploading", u.pkg.tree, true)
	object, err := push.Upload(ctx, clients.s3, u.pkg.tree, push.UploadOptions{
		Bucket:      u.bucket,
		Key:         u.key,
		Digest:      u.digest,
		Force:       u.set.Bool("force"),
		NoOverwrite: u.set.Bool("no-overwrite"),
		Object:      u.object,

		Region:          clients.region,
		ClientForRegion: clients.s3In,
		OnUploaded:      u.pkg.meter.uploaded,
	})
	end()
	about := awsapi.Context{Application: u.application, Bucket: u.bucket, BucketOwner: u.object.ExpectedBucketOwner}
	if err != nil {
		return nil, clients.explaining(err, about)
	}
	p.reportUpload(u, object)
	rev := object.Revision(types.BundleType(u.pkg.bundleType))
	if err := push.Register(ctx, clients.codeDeploy, u.application, rev, u.description); err != nil {
		return nil, clients.explaining(err, about)
	}
	p.progress.Event("registered as a revision of " + u.application)
	return rev, nil
}

// reportUpload says what became of an upload, and what its user should know.
func (p *program) reportUpload(u *upload, object *push.Object) {
	p.progress.Event(u.pkg.meter.summary(object.Size, object.Reused))
	if object.Replaced != "" {
		p.progress.Warn(fmt.Sprintf("s3://%s/%s replaced another object (eTag %s) in a bucket without versions: instances that start later can no longer fetch a revision that pins it; put {DIGEST} or {COMMIT} into the key",
			object.Bucket, object.Key, object.Replaced))
	}
	if object.Region != "" {
		p.progress.Warn(fmt.Sprintf("bucket %s is in %s: CodeDeploy needs it in the application's region", object.Bucket, object.Region))
	}
	if object.Stray {
		text, hint := stray(object.Bucket, object.Key)
		p.progress.Warn(text)
		p.progress.Hint(hint)
	}
	if object.Unseen {
		p.progress.Detail(fmt.Sprintf("could not look what s3://%s/%s was before, so it was uploaded in any case: permission s3:GetObject is missing", object.Bucket, object.Key))
	}
}

// bytesText renders a number of bytes for people.
func bytesText(n int64) string {
	const unit = 1024
	if n < unit {
		return strconv.FormatInt(n, 10) + " B"
	}
	value, prefix := float64(n)/unit, 0
	for value >= unit && prefix < 4 {
		value /= unit
		prefix++
	}
	return fmt.Sprintf("%.1f %ciB", value, "KMGTP"[prefix])
}
