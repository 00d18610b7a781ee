package local

//lint:file-ignore SA1019 the revision type String is deprecated, and clients may still send it

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/codedeploy"
	"github.com/aws/aws-sdk-go-v2/service/codedeploy/types"
)

// checkRevision refuses a revision location that AWS refuses for the compute platform. One that it takes
// has the location that its type names, whole, and no other.
// Source: AWS CodeDeploy API Reference, RevisionLocation, S3Location and GitHubLocation.
func checkRevision(platform types.ComputePlatform, r *types.RevisionLocation) error {
	if r == nil {
		return exception("RevisionRequiredException", "RevisionLocation must be specified")
	}
	has := map[types.RevisionLocationType]bool{
		types.RevisionLocationTypeS3: r.S3Location != nil, types.RevisionLocationTypeGitHub: r.GitHubLocation != nil,
		types.RevisionLocationTypeAppSpecContent: r.AppSpecContent != nil, types.RevisionLocationTypeString: r.String_ != nil,
	}
	if !has[r.RevisionType] {
		return invalidRevision("The revision type %q is unknown or its location is missing", r.RevisionType)
	}
	for other, given := range has {
		if given && other != r.RevisionType {
			return invalidRevision("The revision type is %s, but a location of the type %s is given", r.RevisionType, other)
		}
	}
	switch r.RevisionType {
	case types.RevisionLocationTypeS3:
		return checkS3Location(platform, r.S3Location)
	case types.RevisionLocationTypeGitHub:
		return checkGitHubLocation(platform, r.GitHubLocation)
	}
	return checkContent(platform, inlineContent(r))
}

func invalidRevision(format string, args ...any) error {
	return exception("InvalidRevisionException", format, args...)
}

func checkS3Location(platform types.ComputePlatform, s3 *types.S3Location) error {
	if aws.ToString(s3.Bucket) == "" || aws.ToString(s3.Key) == "" {
		return invalidRevision("The S3 location needs a bucket and a key")
	}
	switch s3.BundleType {
	case types.BundleTypeZip, types.BundleTypeTar, types.BundleTypeTarGZip:
		if platform != types.ComputePlatformServer {
			return invalidRevision("BundleType must be either YAML or JSON")
		}
	case types.BundleTypeYaml, types.BundleTypeJson:
		if platform == types.ComputePlatformServer {
			return invalidRevision("BundleType must be one of tar, tgz or zip")
		}
	default:
		return invalidRevision("The bundle type %q is missing or unknown", s3.BundleType)
	}
	return nil
}

func checkGitHubLocation(platform types.ComputePlatform, github *types.GitHubLocation) error {
	if platform != types.ComputePlatformServer {
		return invalidRevision("A GitHub revision cannot be deployed to the compute platform %s", platform)
	}
	if strings.Count(aws.ToString(github.Repository), "/") != 1 || len(aws.ToString(github.CommitId)) != 40 {
		return invalidRevision("The GitHub location needs a repository, owner/name, and a commit ID of 40 characters")
	}
	return nil
}

// inlineContent is the AppSpec file that the location itself holds; nil when it is elsewhere.
func inlineContent(r *types.RevisionLocation) *types.AppSpecContent {
	switch {
	case r.RevisionType == types.RevisionLocationTypeString && r.String_ != nil:
		return &types.AppSpecContent{Content: r.String_.Content, Sha256: r.String_.Sha256}
	case r.RevisionType == types.RevisionLocationTypeAppSpecContent:
		return r.AppSpecContent
	}
	return nil
}

func checkContent(platform types.ComputePlatform, inline *types.AppSpecContent) error {
	if platform == types.ComputePlatformServer {
		return invalidRevision("AppSpec content cannot be deployed to the compute platform Server")
	}
	if aws.ToString(inline.Content) == "" {
		return invalidRevision("The AppSpec content is missing")
	}
	sum := sha256.Sum256([]byte(*inline.Content))
	if given := aws.ToString(inline.Sha256); given != "" && !strings.EqualFold(given, hex.EncodeToString(sum[:])) {
		return invalidRevision("The SHA256 of the AppSpec content does not match the content")
	}
	return nil
}

// revisionText names a location: two revisions are the same when every part of their locations is.
func revisionText(r *types.RevisionLocation) string {
	switch {
	case r.S3Location != nil:
		s3 := r.S3Location
		return strings.Join([]string{"s3", aws.ToString(s3.Bucket), aws.ToString(s3.Key), string(s3.BundleType),
			aws.ToString(s3.Version), strings.Trim(aws.ToString(s3.ETag), `"`)}, "\n")
	case r.GitHubLocation != nil:
		return strings.Join([]string{"github", aws.ToString(r.GitHubLocation.Repository), aws.ToString(r.GitHubLocation.CommitId)}, "\n")
	}
	if inline := inlineContent(r); inline != nil {
		return "content\n" + aws.ToString(inline.Content)
	}
	return ""
}

func (a *api) registerApplicationRevision(_ context.Context, in *codedeploy.RegisterApplicationRevisionInput) (*codedeploy.RegisterApplicationRevisionOutput, error) {
	app, err := a.findApplication(in.ApplicationName)
	if err != nil {
		return nil, err
	}
	if err := checkDescription(in.Description); err != nil {
		return nil, err
	}
	if err := checkRevision(app.info.ComputePlatform, in.Revision); err != nil {
		return nil, err
	}
	registered := app.register(in.Revision)
	take(&registered.GenericRevisionInfo.Description, in.Description)
	return &codedeploy.RegisterApplicationRevisionOutput{}, nil
}

// register adds a revision unless it is there.
func (app *application) register(r *types.RevisionLocation) *types.RevisionInfo {
	key := revisionText(r)
	if app.revisions[key] == nil {
		app.revisions[key] = &types.RevisionInfo{
			RevisionLocation:    r,
			GenericRevisionInfo: &types.GenericRevisionInfo{RegisterTime: now()},
		}
	}
	return app.revisions[key]
}

// view is a revision as the API shows it: with the groups whose target revision it is now.
func (app *application) view(registered *types.RevisionInfo) types.RevisionInfo {
	info := *registered.GenericRevisionInfo
	info.DeploymentGroups = []string{}
	text := revisionText(registered.RevisionLocation)
	for _, name := range slices.Sorted(maps.Keys(app.groups)) {
		if target := app.groups[name].info.TargetRevision; target != nil && revisionText(target) == text {
			info.DeploymentGroups = append(info.DeploymentGroups, name)
		}
	}
	return types.RevisionInfo{RevisionLocation: registered.RevisionLocation, GenericRevisionInfo: &info}
}

// use records a deployment of a revision.
func (app *application) use(r *types.RevisionLocation) {
	info := app.register(r).GenericRevisionInfo
	info.LastUsedTime = now()
	if info.FirstUsedTime == nil {
		info.FirstUsedTime = info.LastUsedTime
	}
}

func (a *api) getApplicationRevision(_ context.Context, in *codedeploy.GetApplicationRevisionInput) (*codedeploy.GetApplicationRevisionOutput, error) {
	app, err := a.findApplication(in.ApplicationName)
	if err != nil {
		return nil, err
	}
	if err := checkRevision(app.info.ComputePlatform, in.Revision); err != nil {
		return nil, err
	}
	registered := app.revisions[revisionText(in.Revision)]
	if registered == nil {
		return nil, exception("RevisionDoesNotExistException", "No revision found for the location in the application %s", *in.ApplicationName)
	}
	return &codedeploy.GetApplicationRevisionOutput{
		ApplicationName: in.ApplicationName, Revision: registered.RevisionLocation, RevisionInfo: app.view(registered).GenericRevisionInfo,
	}, nil
}

func (a *api) batchGetApplicationRevisions(_ context.Context, in *codedeploy.BatchGetApplicationRevisionsInput) (*codedeploy.BatchGetApplicationRevisionsOutput, error) {
	app, err := a.findApplication(in.ApplicationName)
	if err != nil {
		return nil, err
	}
	if len(in.Revisions) == 0 {
		return nil, exception("RevisionRequiredException", "Revisions must be specified")
	}
	if err := checkBatch(len(in.Revisions), 25); err != nil {
		return nil, err
	}
	out := &codedeploy.BatchGetApplicationRevisionsOutput{ApplicationName: in.ApplicationName, Revisions: []types.RevisionInfo{}}
	for _, location := range in.Revisions {
		if err := checkRevision(app.info.ComputePlatform, &location); err != nil {
			return nil, err
		}
		if registered := app.revisions[revisionText(&location)]; registered != nil {
			out.Revisions = append(out.Revisions, app.view(registered))
		} else {
			out.ErrorMessage = aws.String("Some revisions are not registered with the application " + *in.ApplicationName)
		}
	}
	return out, nil
}

func (a *api) listApplicationRevisions(_ context.Context, in *codedeploy.ListApplicationRevisionsInput) (*codedeploy.ListApplicationRevisionsOutput, error) {
	app, err := a.findApplication(in.ApplicationName)
	if err != nil {
		return nil, err
	}
	if err := checkRevisionFilter(in); err != nil {
		return nil, err
	}
	var infos []*types.RevisionInfo
	for _, info := range app.revisions {
		if app.listed(info, in) {
			infos = append(infos, info)
		}
	}
	slices.SortFunc(infos, revisionOrder(in))
	keys := make([]string, len(infos))
	for i, info := range infos {
		keys[i] = revisionText(info.RevisionLocation)
	}
	keys, next, err := page(keys, in.NextToken)
	if err != nil {
		return nil, err
	}
	out := &codedeploy.ListApplicationRevisionsOutput{Revisions: []types.RevisionLocation{}, NextToken: next}
	for _, key := range keys {
		out.Revisions = append(out.Revisions, *app.revisions[key].RevisionLocation)
	}
	return out, nil
}

func checkRevisionFilter(in *codedeploy.ListApplicationRevisionsInput) error {
	switch {
	case !known(in.SortBy, in.SortBy.Values()):
		return exception("InvalidSortByException", "The column %q cannot be sorted by", in.SortBy)
	case !known(in.SortOrder, in.SortOrder.Values()):
		return exception("InvalidSortOrderException", "The sort order %q is not valid", in.SortOrder)
	case !known(in.Deployed, in.Deployed.Values()):
		return exception("InvalidDeployedStateFilterException", "The deployed state filter %q is not valid", in.Deployed)
	case in.S3Bucket != nil && *in.S3Bucket == "":
		return exception("InvalidBucketNameFilterException", "The bucket name is empty")
	case in.S3KeyPrefix != nil && in.S3Bucket == nil:
		return exception("BucketNameFilterRequiredException", "A key prefix needs a bucket name")
	}
	return nil
}

// listed reports whether a revision passes the filters of a list.
func (app *application) listed(info *types.RevisionInfo, in *codedeploy.ListApplicationRevisionsInput) bool {
	deployed := in.Deployed != "" && len(app.view(info).GenericRevisionInfo.DeploymentGroups) > 0
	if in.Deployed == types.ListStateFilterActionInclude && !deployed || in.Deployed == types.ListStateFilterActionExclude && deployed {
		return false
	}
	if in.S3Bucket == nil {
		return true
	}
	s3 := info.RevisionLocation.S3Location
	return s3 != nil && aws.ToString(s3.Bucket) == *in.S3Bucket && strings.HasPrefix(aws.ToString(s3.Key), aws.ToString(in.S3KeyPrefix))
}

// revisionOrder compares revisions as a list asks for it; without a column, by the time of registration.
func revisionOrder(in *codedeploy.ListApplicationRevisionsInput) func(x, y *types.RevisionInfo) int {
	column := func(info *types.RevisionInfo) time.Time {
		switch in.SortBy {
		case types.ApplicationRevisionSortByFirstUsedTime:
			return aws.ToTime(info.GenericRevisionInfo.FirstUsedTime)
		case types.ApplicationRevisionSortByLastUsedTime:
			return aws.ToTime(info.GenericRevisionInfo.LastUsedTime)
		}
		return aws.ToTime(info.GenericRevisionInfo.RegisterTime)
	}
	return func(x, y *types.RevisionInfo) int {
		order := cmp.Or(column(x).Compare(column(y)), strings.Compare(revisionText(x.RevisionLocation), revisionText(y.RevisionLocation)))
		if in.SortOrder == types.SortOrderDescending {
			return -order
		}
		return order
	}
}
