package main

import (
	"context"
	"fmt"
	"path/filepath"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/codedeploy/types"

	"github.com/cdx-deploy/cdx/internal/awsapi"
	"github.com/cdx-deploy/cdx/internal/report"
	"github.com/cdx-deploy/cdx/internal/settings"
	"github.com/cdx-deploy/cdx/pkg/deploy"
	"github.com/cdx-deploy/cdx/pkg/diff"
	"github.com/cdx-deploy/cdx/pkg/revision"
)

// comparison is a directory and a revision to compare it with. The difference is there
// once it was.
type comparison struct {
	report.Compared
	pkg     *packaged
	clients *clients
}

// comparisons are what a directory is to be compared with. The problem is what keeps none of
// them from being made: a mistake in the AppSpec file, a group that runs nothing yet.
func (p *program) comparisons(ctx context.Context, set *settings.Set, args []string) (all []*comparison, problem, err error) {
	dir, err := directory(set, args)
	if err != nil {
		return nil, nil, err
	}
	rev, err := namedRevision(set)
	if err != nil {
		return nil, nil, err
	}
	application, groups := set.String("application-name"), distinct(set.Strings("deployment-group-name"))
	switch {
	case rev != nil:
	case application == "":
		return nil, nil, missing("application-name", "the CodeDeploy application")
	case len(groups) == 0:
		return nil, nil, missing("deployment-group-name", "the deployment group to compare with")
	}
	pkg, problem := p.packageDir(ctx, set, dir)
	if pkg == nil {
		return nil, nil, problem
	}
	if pkg.tree == nil {
		if err := p.checkAppSpec(set, pkg); err != nil {
			return nil, nil, err
		}
	}
	clients, err := p.clients(ctx, set)
	if err != nil {
		return nil, nil, err
	}
	one := comparison{report.Compared{Directory: dir, Revision: rev}, pkg, clients}
	if rev != nil {
		return []*comparison{&one}, problem, nil
	}
	one.Application = application
	all, err = p.runningIn(ctx, one, groups)
	return all, join(problem, err), nil
}

// namedRevision is the revision that a flag names, in any notation; nil for none.
func namedRevision(set *settings.Set) (*types.RevisionLocation, error) {
	name, other := "revision", "s3-location"
	if set.String(name) == "" {
		name, other = other, name
	}
	if set.String(name) == "" {
		return nil, nil
	}
	if set.String(other) != "" {
		return nil, &usageError{message: "--revision and --s3-location both name a revision", hint: "give one of them"}
	}
	text, err := readParameter(name, set.String(name))
	if err != nil {
		return nil, err
	}
	return parseRevision(text)
}

// runningIn looks what the deployment groups run, and puts those together that run the
// same. One that tells nothing keeps no other from being compared.
func (p *program) runningIn(ctx context.Context, with comparison, groups []string) ([]*comparison, error) {
	var all []*comparison
	var problems []error
next:
	for _, group := range groups {
		running, err := deploy.LookAtRunning(ctx, with.clients.codeDeploy, with.Application, group)
		if err != nil {
			problems = append(problems, with.clients.explaining(err, awsapi.Context{Application: with.Application, DeploymentGroup: group}))
			continue
		}
		if running.Revision == nil {
			problems = append(problems, &hintedError{fmt.Errorf("no deployment to %s of %s has succeeded yet: there is nothing to compare with", group, with.Application),
				"see what would ship: cdx push --list; or name a revision with --revision s3://BUCKET/KEY"})
			continue
		}
		p.warnAboutLater(group, running)
		for _, other := range all {
			if revision.Equal(other.Revision, running.Revision) {
				other.Groups = append(other.Groups, group)
				continue next
			}
		}
		one := with
		one.Revision, one.Groups, one.DeploymentID, one.Deployed = running.Revision, []string{group}, running.DeploymentID, running.Ended
		all = append(all, &one)
	}
	return all, join(problems...)
}

// warnAboutLater says that some targets may hold something else than what is compared
// with.
func (p *program) warnAboutLater(group string, running *deploy.Running) {
	if running.Later == nil {
		return
	}
	p.progress.Warn(fmt.Sprintf("deployment %s came after it and is %s: some targets of %s may run what that deploys; compared is what %s deployed",
		aws.ToString(running.Later.DeploymentId), running.Later.Status, group, running.DeploymentID))
}

// compare compares one directory with one revision.
func (p *program) compare(ctx context.Context, c *comparison) error {
	defer p.progress.Status("")
	switch rev := c.Revision; {
	case rev.GitHubLocation != nil:
		return c.refuseCommit()
	case rev.S3Location == nil:
		return c.compareTexts(textOf(rev))
	default:
		return c.clients.explaining(p.compareObject(ctx, c), awsapi.Context{Application: c.Application, Bucket: aws.ToString(rev.S3Location.Bucket)})
	}
}

// refuseCommit says how to compare with a commit, which only git can.
func (c *comparison) refuseCommit() error {
	at := c.Revision.GitHubLocation
	return &hintedError{
		fmt.Errorf("%s: commit %s of %s on GitHub is no bundle that cdx can read", c.name(), aws.ToString(at.CommitId), aws.ToString(at.Repository)),
		fmt.Sprintf("compare with git, in a clone: git diff %s -- %s", revision.ShellQuote(aws.ToString(at.CommitId)), revision.ShellQuote(c.Directory)),
	}
}

// compareObject compares with an object in S3.
func (p *program) compareObject(ctx context.Context, c *comparison) error {
	at := *c.Revision.S3Location
	if at.BundleType == "" {
		at.BundleType = revision.BundleTypeForKey(aws.ToString(at.Key))
	}
	if at.BundleType == types.BundleTypeYaml || at.BundleType == types.BundleTypeJson {
		text, err := diff.ReadText(ctx, c.clients.s3, &at)
		if err != nil {
			return err
		}
		return c.compareTexts(text, true)
	}
	if c.pkg.tree == nil {
		return c.otherPlatform()
	}
	opened, err := diff.Open(ctx, c.clients.s3, &at, diff.Options{OnRead: p.reading(revision.Describe(c.Revision))})
	if err != nil {
		return err
	}
	c.Difference, err = opened.Compare(ctx, c.pkg.tree)
	if err != nil {
		return err
	}
	c.Revision = &types.RevisionLocation{RevisionType: types.RevisionLocationTypeS3, S3Location: opened.Location()}
	c.Size = opened.Size()
	c.BytesRead, c.Requests = opened.Reads()
	p.progress.Detail(fmt.Sprintf("read %s of %s from S3; requests: %d", bytesText(c.BytesRead), bytesText(c.Size), c.Requests))
	if c.Difference.ModesUnknown {
		p.progress.Event("the bundle was made without Unix modes: they are not compared")
	}
	return nil
}

// reading tells on the spinner's line how much came from S3.
func (p *program) reading(what string) func(int64) {
	var told time.Time
	return func(bytes int64) {
		if now := time.Now(); p.progress.Spins() && now.Sub(told) > statusInterval {
			told = now
			p.progress.Status(fmt.Sprintf("reading %s: %s", what, bytesText(bytes)))
		}
	}
}

// textOf is the text of a revision that is one; known is false where CodeDeploy does not
// tell it.
func textOf(rev *types.RevisionLocation) (text []byte, known bool) {
	var content *string
	switch {
	case rev.AppSpecContent != nil:
		content = rev.AppSpecContent.Content
	//lint:ignore SA1019 old deployments have it
	case rev.String_ != nil:
		//lint:ignore SA1019 old deployments have it
		content = rev.String_.Content
	}
	return []byte(aws.ToString(content)), content != nil
}

// compareTexts compares AppSpec files for ECS or Lambda.
func (c *comparison) compareTexts(text []byte, known bool) error {
	switch ours := revision.FromAppSpec(c.pkg.content); {
	case c.pkg.tree != nil:
		return c.otherPlatform()
	case known:
		c.Difference = diff.CompareText(filepath.Base(c.pkg.appSpec.Name()), text, c.pkg.content)
	case revision.Equal(ours, c.Revision):
		c.Difference = diff.CompareText(filepath.Base(c.pkg.appSpec.Name()), c.pkg.content, c.pkg.content)
	default:
		return &hintedError{fmt.Errorf("%s: the AppSpec file is another one, and CodeDeploy does not tell its text", c.name()), "see the deployment: cdx status " + c.DeploymentID}
	}
	return nil
}

// otherPlatform is the mistake of comparing a revision for servers with one that is not.
func (c *comparison) otherPlatform() error {
	ours, theirs := "for servers", "an AppSpec file for ECS or Lambda"
	if c.pkg.tree == nil {
		ours, theirs = fmt.Sprintf("an AppSpec file for %s", c.pkg.appSpec.Platform()), "a bundle for servers"
	}
	return &usageError{message: fmt.Sprintf("%s: the directory is %s, the revision %s", c.name(), ours, theirs), hint: "name another deployment group with -g, or another AppSpec file with --appspec"}
}

// diffStep is about a revision that cannot be compared with.
func diffStep(err error) string {
	switch {
	case as[*diff.ReplacedError](err):
		return "to compare with what is there now, name it without eTag: --revision s3://BUCKET/KEY; to deploy again what was replaced, push it again"
	case as[*diff.GoneError](err):
		return "name another revision with --revision s3://BUCKET/KEY; instances that start now cannot fetch this one"
	case as[*diff.LimitError](err):
		return "unpack it and compare with: diff -r"
	case as[*diff.BrokenError](err):
		return "if it is a bundle of another type, say so: --s3-location bucket=…,key=…,bundleType=zip|tar|tgz; else push it again: no agent can unpack it"
	default:
		return ""
	}
}
