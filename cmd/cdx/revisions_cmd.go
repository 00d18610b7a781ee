package main

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/codedeploy"
	"github.com/aws/aws-sdk-go-v2/service/codedeploy/types"
	"github.com/spf13/cobra"

	"github.com/cdx-deploy/cdx/internal/awsapi"
	"github.com/cdx-deploy/cdx/internal/inventory"
	"github.com/cdx-deploy/cdx/internal/report"
	"github.com/cdx-deploy/cdx/internal/settings"
	"github.com/cdx-deploy/cdx/pkg/push"
	"github.com/cdx-deploy/cdx/pkg/revision"
)

func newRevisionsCmd(p *program) *cobra.Command {
	return newFamilyCmd("revisions", "List, show and register revisions",
		`Looks after the revisions that an application knows. CodeDeploy forgets none of them;
"cdx prune" deletes the S3 objects of those that nobody needs.`,
		newRevisionsListCmd(p), newRevisionsShowCmd(p), newRevisionsRegisterCmd(p))
}

// listedRevisions is how many revisions are listed unless --limit says otherwise.
const listedRevisions = 25

func newRevisionsListCmd(p *program) *cobra.Command {
	c := &cobra.Command{
		Use:   "list",
		Short: "List the revisions of an application, newest first",
		Long: `Lists the revisions of an application: when each was registered and last used, which
deployment groups need it now, and whether its S3 object is still there with its
eTag: present, gone, replaced by another, or not checked where the permission
to look is missing. With --output json it prints what BatchGetApplicationRevisions
answers, each revision with the state of its object.`,
		Example: `  cdx revisions list -a my-app
  cdx revisions list -a my-app --deployed include
  cdx revisions list -a my-app --s3-bucket my-bucket --s3-key-prefix releases/`,
		Args: arguments(0, 0),
		RunE: func(c *cobra.Command, _ []string) error { return p.listRevisions(c) },
	}
	settings.AddFlags(c.Flags(), "application-name")
	addInputFlags(c.Flags(), new(codedeploy.ListApplicationRevisionsInput), "ApplicationName", "NextToken")
	addLimit(c.Flags(), "revisions", listedRevisions)
	return c
}

// listedRevision is a revision in the JSON output: AWS's RevisionInfo and its object.
type listedRevision struct {
	types.RevisionInfo
	Object string
}

func (p *program) listRevisions(c *cobra.Command) error {
	request := codedeploy.ListApplicationRevisionsInput{SortBy: types.ApplicationRevisionSortByRegisterTime, SortOrder: types.SortOrderDescending}
	if err := readInputFlags(c, &request); err != nil {
		return err
	}
	in, err := p.inApplication(c)
	if err != nil {
		return err
	}
	request.ApplicationName = &in.application
	most := limitOf(c)
	infos, err := inventory.Revisions(c.Context(), in.clients.codeDeploy, request, most+1) // one more tells whether there are more
	if err != nil {
		return in.explaining(err, "")
	}
	if len(infos) > most {
		infos = infos[:most]
		p.progress.Hint("there are more revisions; to list so many: --limit N")
	}
	objects := inventory.Objects(c.Context(), in.clients.s3, infos)
	listed := make([]listedRevision, len(infos))
	for i := range infos {
		listed[i] = listedRevision{infos[i], string(objects[i])}
	}
	p.answered(struct {
		ApplicationName string
		Revisions       []listedRevision
	}{in.application, listed})
	p.foreign(report.Revisions(infos, objects, p.screen()))
	return nil
}

func newRevisionsShowCmd(p *program) *cobra.Command {
	c := &cobra.Command{
		Use:   "show REVISION",
		Short: "Show a revision",
		Long: `Shows a revision: when it was registered, first and last used, which deployment
groups need it now, and whether its S3 object is still there. REVISION is what
"cdx push" or "cdx revisions list" print, s3://BUCKET/KEY,
bucket=…,key=…,bundleType=… or repository=OWNER/NAME,commitId=ID. With --output json
it prints what GetApplicationRevision answers, with the state of the object.`,
		Example: `  cdx revisions show -a my-app s3://my-bucket/releases/42.zip`,
		Args:    arguments(1, 1),
		RunE:    func(c *cobra.Command, args []string) error { return p.showRevision(c, args[0]) },
	}
	settings.AddFlags(c.Flags(), "application-name")
	return c
}

func (p *program) showRevision(c *cobra.Command, text string) error {
	find, err := revisionFinder(text)
	if err != nil {
		return err
	}
	in, err := p.inApplication(c)
	if err != nil {
		return err
	}
	out, err := find(c.Context(), in)
	if err != nil {
		return err
	}
	object := inventory.LookAtObject(c.Context(), in.clients.s3, out.Revision)
	p.answered(struct {
		ApplicationName *string
		Revision        *types.RevisionLocation
		RevisionInfo    *types.GenericRevisionInfo
		Object          string
	}{out.ApplicationName, out.Revision, out.RevisionInfo, string(object)})
	p.foreign(report.Revision(types.RevisionInfo{RevisionLocation: out.Revision, GenericRevisionInfo: out.RevisionInfo}, object, p.screen()))
	return nil
}

// revisionFinder is how a revision is found that is named in any of its notations, or as it
// stands in a list.
func revisionFinder(text string) (func(context.Context, *ofApplication) (*codedeploy.GetApplicationRevisionOutput, error), error) {
	if strings.HasPrefix(text, "github.com/") || strings.HasPrefix(strings.TrimPrefix(text, "AppSpec "), "sha256:") {
		return func(ctx context.Context, in *ofApplication) (*codedeploy.GetApplicationRevisionOutput, error) {
			return in.listed(ctx, text)
		}, nil
	}
	rev, err := parseRevision(text)
	return func(ctx context.Context, in *ofApplication) (*codedeploy.GetApplicationRevisionOutput, error) {
		return in.getRevision(ctx, rev)
	}, err
}

// listed finds a revision by what a list tells of it, among the newest ones.
func (a *ofApplication) listed(ctx context.Context, text string) (*codedeploy.GetApplicationRevisionOutput, error) {
	infos, err := inventory.Revisions(ctx, a.clients.codeDeploy, codedeploy.ListApplicationRevisionsInput{
		ApplicationName: &a.application, SortBy: types.ApplicationRevisionSortByRegisterTime, SortOrder: types.SortOrderDescending,
	}, manyRevisions)
	if err != nil {
		return nil, a.explaining(err, "")
	}
	for _, info := range infos {
		if told := revision.Describe(info.RevisionLocation); told == text || told == "AppSpec "+text {
			return &codedeploy.GetApplicationRevisionOutput{ApplicationName: &a.application, Revision: info.RevisionLocation, RevisionInfo: info.GenericRevisionInfo}, nil
		}
	}
	return nil, &hintedError{fmt.Errorf("%s has no revision %s among its newest %d", a.application, text, manyRevisions), "see which there are: cdx revisions list" + a.flags()}
}

// parseRevision reads a revision in any of its notations.
func parseRevision(text string) (*types.RevisionLocation, error) {
	parse := revision.ParseS3Location
	switch trimmed := strings.TrimSpace(text); {
	case strings.HasPrefix(trimmed, "s3://"):
		parse = revision.ParseURL
	case strings.HasPrefix(trimmed, "repository=") || strings.HasPrefix(trimmed, "commitId="):
		parse = revision.ParseGitHubLocation
	}
	rev, err := parse(text)
	if err != nil {
		return nil, &usageError{message: fmt.Sprintf("%q is no revision: %v", text, err), hint: "give what cdx push prints, s3://BUCKET/KEY, bucket=…,key=…,bundleType=… or repository=OWNER/NAME,commitId=ID"}
	}
	return rev, nil
}

// getRevision looks at a revision. One in S3 without an eTag is found also if exactly one
// of its key is registered with one.
func (a *ofApplication) getRevision(ctx context.Context, rev *types.RevisionLocation) (*codedeploy.GetApplicationRevisionOutput, error) {
	get := func(rev *types.RevisionLocation) (*codedeploy.GetApplicationRevisionOutput, error) {
		return a.clients.codeDeploy.GetApplicationRevision(ctx, &codedeploy.GetApplicationRevisionInput{ApplicationName: &a.application, Revision: rev})
	}
	out, err := get(rev)
	var missing *types.RevisionDoesNotExistException
	if !errors.As(err, &missing) {
		return out, a.explaining(err, "")
	}
	err = a.explaining(fmt.Errorf("look at revision %s of %s: %w", revision.Describe(rev), a.application, err), "")
	alike, listErr := a.alike(ctx, rev)
	switch {
	case listErr != nil || len(alike) == 0:
		return nil, &hintedError{err, "see which there are: cdx revisions list" + a.flags()}
	case len(alike) == 1 && rev.S3Location != nil && aws.ToString(rev.S3Location.ETag) == "" && aws.ToString(rev.S3Location.Version) == "":
		out, err := get(&alike[0])
		return out, a.explaining(err, "")
	}
	var texts []string
	for i := range alike[:min(5, len(alike))] {
		texts = append(texts, revision.ShellQuote(revision.URL(&alike[i])))
	}
	return nil, &hintedError{err, "registered with this key: " + strings.Join(texts, ", ")}
}

// alike are the revisions in S3 that have the same key, newest first.
func (a *ofApplication) alike(ctx context.Context, rev *types.RevisionLocation) ([]types.RevisionLocation, error) {
	if rev.S3Location == nil {
		return nil, nil
	}
	infos, err := inventory.Revisions(ctx, a.clients.codeDeploy, codedeploy.ListApplicationRevisionsInput{
		ApplicationName: &a.application, S3Bucket: rev.S3Location.Bucket, S3KeyPrefix: rev.S3Location.Key,
		SortBy: types.ApplicationRevisionSortByRegisterTime, SortOrder: types.SortOrderDescending,
	}, manyRevisions)
	var same []types.RevisionLocation
	for _, info := range infos {
		if at := info.RevisionLocation.S3Location; at != nil && aws.ToString(at.Key) == aws.ToString(rev.S3Location.Key) {
			same = append(same, *info.RevisionLocation)
		}
	}
	return same, err
}

func newRevisionsRegisterCmd(p *program) *cobra.Command {
	c := &cobra.Command{
		Use:   "register REVISION",
		Short: "Make a revision that is there already known to an application",
		Long: `Registers what is in S3 or at GitHub already with an application, and prints the
revision. An object in S3 has to be there; without an eTag it is registered with
that of the object that is there now. Doing so again is harmless. REVISION is
s3://BUCKET/KEY, what "cdx push" prints, bucket=…,key=…,bundleType=… or
repository=OWNER/NAME,commitId=ID.`,
		Example: `  cdx revisions register -a my-app s3://my-bucket/releases/42.zip \
    --description "build 42"
  cdx revisions register -a my-app \
    repository=me/my-app,commitId=0123456789012345678901234567890123456789`,
		Args: arguments(1, 1),
		RunE: func(c *cobra.Command, args []string) error { return p.registerRevision(c, args[0]) },
	}
	settings.AddFlags(c.Flags(), "application-name")
	c.Flags().String("description", "", "`TEXT` that describes the revision")
	return c
}

func (p *program) registerRevision(c *cobra.Command, text string) error {
	rev, err := parseRevision(text)
	if err != nil {
		return err
	}
	in, err := p.inApplication(c)
	if err != nil {
		return err
	}
	ctx := c.Context()
	switch state := inventory.Pin(ctx, in.clients.s3, rev); state {
	case inventory.Gone, inventory.Replaced:
		return in.explaining(&hintedError{fmt.Errorf("register revision %s of %s: its object is %s", revision.Describe(rev), in.application, state), "check bucket, key and eTag, or push it: cdx push"}, "")
	case inventory.NotChecked:
		p.progress.Warn("whether the object is there was not checked: the permission to look is missing (s3:GetObject), or S3 did not answer")
	}
	if err := push.Register(ctx, in.clients.codeDeploy, in.application, rev, valueOf(c, "description")); err != nil {
		return in.clients.explaining(err, awsapi.Context{Application: in.application})
	}
	p.out.revision(rev)
	p.out.line(p.streams.Foreign(notation(rev)))
	p.progress.Event(fmt.Sprintf("revision %s registered with %s", revision.Describe(rev), in.application))
	p.progress.Hint("to deploy it: cdx deploy " + byFlag(rev) + in.flags() + " -g GROUP")
	return nil
}

// notation is a revision as other commands take it.
func notation(rev *types.RevisionLocation) string {
	if rev.S3Location != nil {
		return revision.URL(rev)
	}
	return revision.Shorthand(rev)
}

// byFlag is the flag of cdx deploy that names a revision.
func byFlag(rev *types.RevisionLocation) string {
	if rev.S3Location != nil {
		return "--revision " + revision.ShellQuote(revision.URL(rev))
	}
	return "--github-location " + revision.ShellQuote(revision.Shorthand(rev))
}
