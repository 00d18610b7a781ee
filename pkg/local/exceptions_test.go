package local_test

//lint:file-ignore SA1019 deprecated operations and shapes are tested as well

import (
	"context"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/codedeploy"
	"github.com/aws/aws-sdk-go-v2/service/codedeploy/types"

	"github.com/cdx-deploy/cdx/pkg/local"
)

// Names that the tests of exceptions use.
var (
	app, group, none, role = aws.String("app"), aws.String("group"), aws.String("none"), aws.String("arn:aws:iam::1:role/r")
	badName                = aws.String("what?")
	longName               = aws.String(strings.Repeat("x", 101))
	badToken               = aws.String("no token")
	blankName, slashName   = aws.String("my app"), aws.String("my/app")
	longTag                = []types.Tag{{Key: aws.String("k"), Value: aws.String(strings.Repeat("é", 257))}}
)

func zipAt(key string) *types.RevisionLocation {
	return &types.RevisionLocation{RevisionType: types.RevisionLocationTypeS3, S3Location: &types.S3Location{
		Bucket: aws.String("bucket"), Key: &key, BundleType: types.BundleTypeZip,
	}}
}

func contentOf(text string) *types.RevisionLocation {
	return &types.RevisionLocation{RevisionType: types.RevisionLocationTypeAppSpecContent, AppSpecContent: &types.AppSpecContent{Content: &text}}
}

// call makes an exceptional call and returns its error.
type call func(context.Context, *codedeploy.Client) error

// asking adapts one of the client's methods.
func asking[In, Out any](method func(*codedeploy.Client, context.Context, *In, ...func(*codedeploy.Options)) (*Out, error), in *In) call {
	return func(ctx context.Context, c *codedeploy.Client) error {
		_, err := method(c, ctx, in)
		return err
	}
}

// check makes the calls and compares the names of the exceptions.
func check(t *testing.T, c *codedeploy.Client, calls []struct {
	want string
	call call
}) {
	t.Helper()
	for i, test := range calls {
		if err := test.call(t.Context(), c); code(err) != test.want {
			t.Errorf("call %d: %v, want %q", i, err, test.want)
		}
	}
}

func TestApplicationExceptions(t *testing.T) {
	c := listen(t, local.Options{}).codedeploy
	check(t, c, []struct {
		want string
		call call
	}{
		{"ApplicationNameRequiredException", asking((*codedeploy.Client).CreateApplication, &codedeploy.CreateApplicationInput{ApplicationName: aws.String("")})},
		{"InvalidApplicationNameException", asking((*codedeploy.Client).CreateApplication, &codedeploy.CreateApplicationInput{ApplicationName: badName})},
		{"InvalidApplicationNameException", asking((*codedeploy.Client).CreateApplication, &codedeploy.CreateApplicationInput{ApplicationName: longName})},
		{"InvalidApplicationNameException", asking((*codedeploy.Client).CreateApplication, &codedeploy.CreateApplicationInput{ApplicationName: blankName})},
		{"InvalidApplicationNameException", asking((*codedeploy.Client).CreateApplication, &codedeploy.CreateApplicationInput{ApplicationName: slashName})},
		{"InvalidTagsToAddException", asking((*codedeploy.Client).CreateApplication, &codedeploy.CreateApplicationInput{ApplicationName: none, Tags: longTag})},
		{"ApplicationAlreadyExistsException", asking((*codedeploy.Client).CreateApplication, &codedeploy.CreateApplicationInput{ApplicationName: app})},
		{"InvalidComputePlatformException", asking((*codedeploy.Client).CreateApplication, &codedeploy.CreateApplicationInput{ApplicationName: none, ComputePlatform: "x"})},
		{"InvalidTagsToAddException", asking((*codedeploy.Client).CreateApplication, &codedeploy.CreateApplicationInput{ApplicationName: none, Tags: []types.Tag{{}}})},
		{"ApplicationDoesNotExistException", asking((*codedeploy.Client).GetApplication, &codedeploy.GetApplicationInput{ApplicationName: none})},
		{"ApplicationNameRequiredException", asking((*codedeploy.Client).BatchGetApplications, &codedeploy.BatchGetApplicationsInput{ApplicationNames: []string{}})},
		{"ApplicationDoesNotExistException", asking((*codedeploy.Client).BatchGetApplications, &codedeploy.BatchGetApplicationsInput{ApplicationNames: []string{"app", "none"}})},
		{"BatchLimitExceededException", asking((*codedeploy.Client).BatchGetApplications, &codedeploy.BatchGetApplicationsInput{ApplicationNames: make([]string, 101)})},
		{"InvalidNextTokenException", asking((*codedeploy.Client).ListApplications, &codedeploy.ListApplicationsInput{NextToken: badToken})},
		{"ApplicationDoesNotExistException", asking((*codedeploy.Client).UpdateApplication, &codedeploy.UpdateApplicationInput{ApplicationName: none})},
		{"ApplicationAlreadyExistsException", asking((*codedeploy.Client).UpdateApplication, &codedeploy.UpdateApplicationInput{ApplicationName: app, NewApplicationName: app})},
		{"InvalidApplicationNameException", asking((*codedeploy.Client).UpdateApplication, &codedeploy.UpdateApplicationInput{ApplicationName: app, NewApplicationName: badName})},
		{"", asking((*codedeploy.Client).UpdateApplication, &codedeploy.UpdateApplicationInput{ApplicationName: app})},
		{"ApplicationNameRequiredException", asking((*codedeploy.Client).DeleteApplication, &codedeploy.DeleteApplicationInput{ApplicationName: aws.String("")})},
		{"", asking((*codedeploy.Client).DeleteApplication, &codedeploy.DeleteApplicationInput{ApplicationName: none})},
	})
}

func TestDeploymentGroupExceptions(t *testing.T) {
	c := listen(t, local.Options{}).codedeploy
	create := func(change func(*codedeploy.CreateDeploymentGroupInput)) call {
		in := &codedeploy.CreateDeploymentGroupInput{ApplicationName: app, DeploymentGroupName: aws.String("other"), ServiceRoleArn: role}
		change(in)
		return asking((*codedeploy.Client).CreateDeploymentGroup, in)
	}
	update := func(change func(*codedeploy.UpdateDeploymentGroupInput)) call {
		in := &codedeploy.UpdateDeploymentGroupInput{ApplicationName: app, CurrentDeploymentGroupName: group}
		change(in)
		return asking((*codedeploy.Client).UpdateDeploymentGroup, in)
	}
	check(t, c, []struct {
		want string
		call call
	}{
		{"ApplicationDoesNotExistException", create(func(in *codedeploy.CreateDeploymentGroupInput) { in.ApplicationName = none })},
		{"DeploymentGroupNameRequiredException", create(func(in *codedeploy.CreateDeploymentGroupInput) { in.DeploymentGroupName = aws.String("") })},
		{"InvalidDeploymentGroupNameException", create(func(in *codedeploy.CreateDeploymentGroupInput) { in.DeploymentGroupName = badName })},
		{"InvalidDeploymentGroupNameException", create(func(in *codedeploy.CreateDeploymentGroupInput) { in.DeploymentGroupName = blankName })},
		{"InvalidDeploymentGroupNameException", create(func(in *codedeploy.CreateDeploymentGroupInput) { in.DeploymentGroupName = slashName })},
		{"InvalidDeploymentConfigNameException", create(func(in *codedeploy.CreateDeploymentGroupInput) { in.DeploymentConfigName = aws.String("") })},
		{"DeploymentGroupAlreadyExistsException", create(func(in *codedeploy.CreateDeploymentGroupInput) { in.DeploymentGroupName = group })},
		{"RoleRequiredException", create(func(in *codedeploy.CreateDeploymentGroupInput) { in.ServiceRoleArn = aws.String("") })},
		{"InvalidTagsToAddException", create(func(in *codedeploy.CreateDeploymentGroupInput) { in.Tags = []types.Tag{{}} })},
		{"DeploymentConfigDoesNotExistException", create(func(in *codedeploy.CreateDeploymentGroupInput) { in.DeploymentConfigName = none })},
		{"InvalidDeploymentConfigNameException", create(func(in *codedeploy.CreateDeploymentGroupInput) {
			in.DeploymentConfigName = aws.String("CodeDeployDefault.ECSAllAtOnce")
		})},
		{"InvalidDeploymentStyleException", create(func(in *codedeploy.CreateDeploymentGroupInput) {
			in.DeploymentStyle = &types.DeploymentStyle{DeploymentType: "x"}
		})},
		{"InvalidEC2TagCombinationException", create(func(in *codedeploy.CreateDeploymentGroupInput) {
			in.Ec2TagFilters, in.Ec2TagSet = []types.EC2TagFilter{}, &types.EC2TagSet{}
		})},
		{"InvalidOnPremisesTagCombinationException", create(func(in *codedeploy.CreateDeploymentGroupInput) {
			in.OnPremisesInstanceTagFilters, in.OnPremisesTagSet = []types.TagFilter{}, &types.OnPremisesTagSet{}
		})},
		{"InvalidAutoRollbackConfigException", create(func(in *codedeploy.CreateDeploymentGroupInput) {
			in.AutoRollbackConfiguration = &types.AutoRollbackConfiguration{Enabled: true}
		})},
		{"InvalidAutoRollbackConfigException", create(func(in *codedeploy.CreateDeploymentGroupInput) {
			in.AutoRollbackConfiguration = &types.AutoRollbackConfiguration{Events: []types.AutoRollbackEvent{"x"}}
		})},
		{"InvalidAlarmConfigException", create(func(in *codedeploy.CreateDeploymentGroupInput) {
			in.AlarmConfiguration = &types.AlarmConfiguration{Enabled: true}
		})},
		{"AlarmsLimitExceededException", create(func(in *codedeploy.CreateDeploymentGroupInput) {
			in.AlarmConfiguration = &types.AlarmConfiguration{Alarms: make([]types.Alarm, 51)}
		})},
		{"DeploymentGroupDoesNotExistException", update(func(in *codedeploy.UpdateDeploymentGroupInput) { in.CurrentDeploymentGroupName = none })},
		{"InvalidDeploymentGroupNameException", update(func(in *codedeploy.UpdateDeploymentGroupInput) { in.NewDeploymentGroupName = badName })},
		{"", create(func(*codedeploy.CreateDeploymentGroupInput) {})},
		{"DeploymentGroupAlreadyExistsException", update(func(in *codedeploy.UpdateDeploymentGroupInput) { in.NewDeploymentGroupName = aws.String("other") })},
		{"DeploymentConfigDoesNotExistException", update(func(in *codedeploy.UpdateDeploymentGroupInput) { in.DeploymentConfigName = none })},
		{"DeploymentGroupDoesNotExistException", asking((*codedeploy.Client).GetDeploymentGroup, &codedeploy.GetDeploymentGroupInput{ApplicationName: app, DeploymentGroupName: none})},
		{"DeploymentGroupNameRequiredException", asking((*codedeploy.Client).BatchGetDeploymentGroups, &codedeploy.BatchGetDeploymentGroupsInput{ApplicationName: app, DeploymentGroupNames: []string{}})},
		{"InvalidDeploymentGroupNameException", asking((*codedeploy.Client).BatchGetDeploymentGroups, &codedeploy.BatchGetDeploymentGroupsInput{ApplicationName: app, DeploymentGroupNames: []string{"my group"}})},
		{"ApplicationDoesNotExistException", asking((*codedeploy.Client).ListDeploymentGroups, &codedeploy.ListDeploymentGroupsInput{ApplicationName: none})},
		{"InvalidNextTokenException", asking((*codedeploy.Client).ListDeploymentGroups, &codedeploy.ListDeploymentGroupsInput{ApplicationName: app, NextToken: badToken})},
		{"", asking((*codedeploy.Client).DeleteDeploymentGroup, &codedeploy.DeleteDeploymentGroupInput{ApplicationName: app, DeploymentGroupName: none})},
		{"DeploymentGroupNameRequiredException", asking((*codedeploy.Client).DeleteDeploymentGroup, &codedeploy.DeleteDeploymentGroupInput{ApplicationName: app, DeploymentGroupName: aws.String("")})},
	})
}

func TestDeploymentConfigExceptions(t *testing.T) {
	c := listen(t, local.Options{}).codedeploy
	create := func(change func(*codedeploy.CreateDeploymentConfigInput)) call {
		in := &codedeploy.CreateDeploymentConfigInput{
			DeploymentConfigName: aws.String("mine"), MinimumHealthyHosts: &types.MinimumHealthyHosts{Type: types.MinimumHealthyHostsTypeHostCount, Value: 1},
		}
		change(in)
		return asking((*codedeploy.Client).CreateDeploymentConfig, in)
	}
	remove := func(name string) call {
		return asking((*codedeploy.Client).DeleteDeploymentConfig, &codedeploy.DeleteDeploymentConfigInput{DeploymentConfigName: &name})
	}
	check(t, c, []struct {
		want string
		call call
	}{
		{"DeploymentConfigNameRequiredException", create(func(in *codedeploy.CreateDeploymentConfigInput) { in.DeploymentConfigName = aws.String("") })},
		{"InvalidDeploymentConfigNameException", create(func(in *codedeploy.CreateDeploymentConfigInput) {
			in.DeploymentConfigName = aws.String("CodeDeployDefault.Mine")
		})},
		{"InvalidDeploymentConfigNameException", create(func(in *codedeploy.CreateDeploymentConfigInput) { in.DeploymentConfigName = blankName })},
		{"InvalidDeploymentConfigNameException", create(func(in *codedeploy.CreateDeploymentConfigInput) { in.DeploymentConfigName = slashName })},
		{"InvalidMinimumHealthyHostValueException", create(func(in *codedeploy.CreateDeploymentConfigInput) { in.MinimumHealthyHosts = nil })},
		{"InvalidMinimumHealthyHostValueException", create(func(in *codedeploy.CreateDeploymentConfigInput) {
			in.MinimumHealthyHosts = &types.MinimumHealthyHosts{Type: types.MinimumHealthyHostsTypeFleetPercent, Value: 100}
		})},
		{"InvalidComputePlatformException", create(func(in *codedeploy.CreateDeploymentConfigInput) { in.ComputePlatform = "x" })},
		{"InvalidTrafficRoutingConfigurationException", create(func(in *codedeploy.CreateDeploymentConfigInput) { in.ComputePlatform = types.ComputePlatformLambda })},
		{"", create(func(*codedeploy.CreateDeploymentConfigInput) {})},
		{"DeploymentConfigAlreadyExistsException", create(func(*codedeploy.CreateDeploymentConfigInput) {})},
		{"DeploymentConfigDoesNotExistException", asking((*codedeploy.Client).GetDeploymentConfig, &codedeploy.GetDeploymentConfigInput{DeploymentConfigName: none})},
		{"InvalidNextTokenException", asking((*codedeploy.Client).ListDeploymentConfigs, &codedeploy.ListDeploymentConfigsInput{NextToken: badToken})},
		{"InvalidOperationException", remove("CodeDeployDefault.AllAtOnce")},
		{"", asking((*codedeploy.Client).UpdateDeploymentGroup, &codedeploy.UpdateDeploymentGroupInput{
			ApplicationName: app, CurrentDeploymentGroupName: group, DeploymentConfigName: aws.String("mine"),
		})},
		{"DeploymentConfigInUseException", remove("mine")},
		{"DeploymentConfigNameRequiredException", remove("")},
		{"", remove("none")},
	})
}

func TestRevisionExceptions(t *testing.T) {
	p := listen(t, local.Options{})
	c := p.codedeploy
	if _, err := c.CreateApplication(t.Context(), &codedeploy.CreateApplicationInput{ApplicationName: aws.String("ecs"), ComputePlatform: types.ComputePlatformEcs}); err != nil {
		t.Fatal(err)
	}
	register := func(name string, r *types.RevisionLocation) call {
		return asking((*codedeploy.Client).RegisterApplicationRevision, &codedeploy.RegisterApplicationRevisionInput{ApplicationName: &name, Revision: r})
	}
	list := func(change func(*codedeploy.ListApplicationRevisionsInput)) call {
		in := &codedeploy.ListApplicationRevisionsInput{ApplicationName: app}
		change(in)
		return asking((*codedeploy.Client).ListApplicationRevisions, in)
	}
	yaml := zipAt("a")
	yaml.S3Location.BundleType = types.BundleTypeYaml
	typeless := zipAt("a")
	typeless.S3Location.BundleType = ""
	wrongDigest := contentOf("version: 0.0")
	wrongDigest.AppSpecContent.Sha256 = aws.String("00")
	github := &types.RevisionLocation{RevisionType: types.RevisionLocationTypeGitHub, GitHubLocation: &types.GitHubLocation{Repository: none, CommitId: none}}
	commit := &types.GitHubLocation{Repository: aws.String("o/r"), CommitId: aws.String(strings.Repeat("a", 40))}
	check(t, c, []struct {
		want string
		call call
	}{
		{"ApplicationDoesNotExistException", register("none", zipAt("a"))},
		{"InvalidRevisionException", register("app", &types.RevisionLocation{})},
		{"InvalidRevisionException", register("app", &types.RevisionLocation{RevisionType: types.RevisionLocationTypeS3})},
		{"InvalidRevisionException", register("app", zipAt(""))},
		{"InvalidRevisionException", register("app", yaml)},
		{"InvalidRevisionException", register("app", typeless)},
		{"InvalidRevisionException", register("app", github)},
		{"InvalidRevisionException", register("app", contentOf("version: 0.0"))},
		{"InvalidRevisionException", register("app", &types.RevisionLocation{RevisionType: types.RevisionLocationTypeGitHub, GitHubLocation: commit, S3Location: &types.S3Location{}})},
		{"InvalidRevisionException", register("ecs", &types.RevisionLocation{RevisionType: types.RevisionLocationTypeS3, S3Location: yaml.S3Location, String_: &types.RawString{}})},
		{"InvalidRevisionException", register("ecs", &types.RevisionLocation{RevisionType: types.RevisionLocationTypeAppSpecContent, String_: &types.RawString{}})},
		{"InvalidRevisionException", register("ecs", zipAt("a"))},
		{"InvalidRevisionException", register("ecs", github)},
		{"InvalidRevisionException", register("ecs", contentOf(""))},
		{"InvalidRevisionException", register("ecs", wrongDigest)},
		{"", register("ecs", contentOf("version: 0.0"))},
		{"", register("ecs", yaml)},
		{"DescriptionTooLongException", asking((*codedeploy.Client).RegisterApplicationRevision, &codedeploy.RegisterApplicationRevisionInput{
			ApplicationName: app, Revision: zipAt("a"), Description: aws.String(strings.Repeat("é", 257)),
		})},
		{"RevisionDoesNotExistException", asking((*codedeploy.Client).GetApplicationRevision, &codedeploy.GetApplicationRevisionInput{ApplicationName: app, Revision: zipAt("none")})},
		{"RevisionRequiredException", asking((*codedeploy.Client).BatchGetApplicationRevisions, &codedeploy.BatchGetApplicationRevisionsInput{ApplicationName: app, Revisions: []types.RevisionLocation{}})},
		{"BatchLimitExceededException", asking((*codedeploy.Client).BatchGetApplicationRevisions, &codedeploy.BatchGetApplicationRevisionsInput{ApplicationName: app, Revisions: make([]types.RevisionLocation, 26)})},
		{"InvalidSortByException", list(func(in *codedeploy.ListApplicationRevisionsInput) { in.SortBy = "x" })},
		{"InvalidSortOrderException", list(func(in *codedeploy.ListApplicationRevisionsInput) { in.SortOrder = "x" })},
		{"InvalidDeployedStateFilterException", list(func(in *codedeploy.ListApplicationRevisionsInput) { in.Deployed = "x" })},
		{"BucketNameFilterRequiredException", list(func(in *codedeploy.ListApplicationRevisionsInput) { in.S3KeyPrefix = aws.String("x") })},
		{"InvalidNextTokenException", list(func(in *codedeploy.ListApplicationRevisionsInput) { in.NextToken = badToken })},
	})
}

func TestDeploymentExceptions(t *testing.T) {
	p := listen(t, local.Options{})
	create := func(change func(*codedeploy.CreateDeploymentInput)) call {
		in := &codedeploy.CreateDeploymentInput{ApplicationName: app, DeploymentGroupName: group, Revision: zipAt("a")}
		change(in)
		return asking((*codedeploy.Client).CreateDeployment, in)
	}
	list := func(change func(*codedeploy.ListDeploymentsInput)) call {
		in := &codedeploy.ListDeploymentsInput{ApplicationName: app, DeploymentGroupName: group}
		change(in)
		return asking((*codedeploy.Client).ListDeployments, in)
	}
	id, unknown := aws.String(p.create(t, zipAt("missing"))), aws.String("d-000000000")
	p.await(t, *id, hasEnded)
	check(t, p.codedeploy, []struct {
		want string
		call call
	}{
		{"ApplicationDoesNotExistException", create(func(in *codedeploy.CreateDeploymentInput) { in.ApplicationName = none })},
		{"DeploymentGroupNameRequiredException", create(func(in *codedeploy.CreateDeploymentInput) { in.DeploymentGroupName = nil })},
		{"DeploymentGroupDoesNotExistException", create(func(in *codedeploy.CreateDeploymentInput) { in.DeploymentGroupName = none })},
		{"RevisionRequiredException", create(func(in *codedeploy.CreateDeploymentInput) { in.Revision = nil })},
		{"InvalidRevisionException", create(func(in *codedeploy.CreateDeploymentInput) { in.Revision = zipAt("") })},
		{"DeploymentConfigDoesNotExistException", create(func(in *codedeploy.CreateDeploymentInput) { in.DeploymentConfigName = none })},
		{"InvalidDeploymentConfigNameException", create(func(in *codedeploy.CreateDeploymentInput) {
			in.DeploymentConfigName = aws.String("CodeDeployDefault.LambdaAllAtOnce")
		})},
		{"DescriptionTooLongException", create(func(in *codedeploy.CreateDeploymentInput) { in.Description = aws.String(strings.Repeat("x", 257)) })},
		{"InvalidFileExistsBehaviorException", create(func(in *codedeploy.CreateDeploymentInput) { in.FileExistsBehavior = "x" })},
		{"InvalidAutoRollbackConfigException", create(func(in *codedeploy.CreateDeploymentInput) {
			in.AutoRollbackConfiguration = &types.AutoRollbackConfiguration{Enabled: true}
		})},
		{"InvalidAlarmConfigException", create(func(in *codedeploy.CreateDeploymentInput) {
			in.OverrideAlarmConfiguration = &types.AlarmConfiguration{Enabled: true}
		})},
		{"DeploymentIdRequiredException", asking((*codedeploy.Client).GetDeployment, &codedeploy.GetDeploymentInput{DeploymentId: aws.String("")})},
		{"InvalidDeploymentIdException", asking((*codedeploy.Client).GetDeployment, &codedeploy.GetDeploymentInput{DeploymentId: none})},
		{"DeploymentDoesNotExistException", asking((*codedeploy.Client).GetDeployment, &codedeploy.GetDeploymentInput{DeploymentId: unknown})},
		{"DeploymentIdRequiredException", asking((*codedeploy.Client).BatchGetDeployments, &codedeploy.BatchGetDeploymentsInput{DeploymentIds: []string{}})},
		{"InvalidDeploymentIdException", asking((*codedeploy.Client).BatchGetDeployments, &codedeploy.BatchGetDeploymentsInput{DeploymentIds: []string{"x"}})},
		{"BatchLimitExceededException", asking((*codedeploy.Client).BatchGetDeployments, &codedeploy.BatchGetDeploymentsInput{DeploymentIds: make([]string, 26)})},
		{"ApplicationDoesNotExistException", list(func(in *codedeploy.ListDeploymentsInput) { in.ApplicationName = none })},
		{"DeploymentGroupDoesNotExistException", list(func(in *codedeploy.ListDeploymentsInput) { in.DeploymentGroupName = none })},
		{"DeploymentGroupNameRequiredException", list(func(in *codedeploy.ListDeploymentsInput) { in.DeploymentGroupName = nil })},
		{"ApplicationNameRequiredException", list(func(in *codedeploy.ListDeploymentsInput) { in.ApplicationName, in.DeploymentGroupName = nil, group })},
		{"InvalidDeploymentStatusException", list(func(in *codedeploy.ListDeploymentsInput) { in.IncludeOnlyStatuses = []types.DeploymentStatus{"x"} })},
		{"InvalidTimeRangeException", list(func(in *codedeploy.ListDeploymentsInput) {
			in.CreateTimeRange = &types.TimeRange{Start: aws.Time(time.Now()), End: aws.Time(time.Now().Add(-time.Hour))}
		})},
		{"InvalidNextTokenException", list(func(in *codedeploy.ListDeploymentsInput) { in.NextToken = badToken })},
		{"DeploymentDoesNotExistException", asking((*codedeploy.Client).StopDeployment, &codedeploy.StopDeploymentInput{DeploymentId: unknown})},
		{"DeploymentAlreadyCompletedException", asking((*codedeploy.Client).StopDeployment, &codedeploy.StopDeploymentInput{DeploymentId: id})},
		{"DeploymentAlreadyCompletedException", asking((*codedeploy.Client).ContinueDeployment, &codedeploy.ContinueDeploymentInput{DeploymentId: id})},
		{"DeploymentAlreadyCompletedException", asking((*codedeploy.Client).SkipWaitTimeForInstanceTermination, &codedeploy.SkipWaitTimeForInstanceTerminationInput{DeploymentId: id})},
		{"UnsupportedActionForDeploymentTypeException", asking((*codedeploy.Client).PutLifecycleEventHookExecutionStatus, &codedeploy.PutLifecycleEventHookExecutionStatusInput{DeploymentId: id})},
	})
}

func TestTargetExceptions(t *testing.T) {
	p := listen(t, local.Options{})
	id, unknown := aws.String(p.create(t, zipAt("missing"))), aws.String("d-000000000")
	p.await(t, *id, hasEnded)
	list := func(filters map[string][]string) call {
		return asking((*codedeploy.Client).ListDeploymentTargets, &codedeploy.ListDeploymentTargetsInput{DeploymentId: id, TargetFilters: filters})
	}
	check(t, p.codedeploy, []struct {
		want string
		call call
	}{
		{"DeploymentDoesNotExistException", asking((*codedeploy.Client).ListDeploymentTargets, &codedeploy.ListDeploymentTargetsInput{DeploymentId: unknown})},
		{"InvalidTargetFilterNameException", list(map[string][]string{"x": {"y"}})},
		{"InvalidInstanceStatusException", list(map[string][]string{"TargetStatus": {"y"}})},
		{"InvalidInstanceTypeException", list(map[string][]string{"ServerInstanceLabel": {"y"}})},
		{"InvalidNextTokenException", asking((*codedeploy.Client).ListDeploymentTargets, &codedeploy.ListDeploymentTargetsInput{DeploymentId: id, NextToken: badToken})},
		{"DeploymentTargetIdRequiredException", asking((*codedeploy.Client).BatchGetDeploymentTargets, &codedeploy.BatchGetDeploymentTargetsInput{DeploymentId: id, TargetIds: []string{}})},
		{"DeploymentTargetListSizeExceededException", asking((*codedeploy.Client).BatchGetDeploymentTargets, &codedeploy.BatchGetDeploymentTargetsInput{DeploymentId: id, TargetIds: make([]string, 26)})},
		{"DeploymentTargetDoesNotExistException", asking((*codedeploy.Client).BatchGetDeploymentTargets, &codedeploy.BatchGetDeploymentTargetsInput{DeploymentId: id, TargetIds: []string{"x"}})},
		{"DeploymentTargetIdRequiredException", asking((*codedeploy.Client).GetDeploymentTarget, &codedeploy.GetDeploymentTargetInput{DeploymentId: id, TargetId: aws.String("")})},
		{"DeploymentTargetDoesNotExistException", asking((*codedeploy.Client).GetDeploymentTarget, &codedeploy.GetDeploymentTargetInput{DeploymentId: id, TargetId: none})},
		{"InstanceDoesNotExistException", asking((*codedeploy.Client).GetDeploymentInstance, &codedeploy.GetDeploymentInstanceInput{DeploymentId: id, InstanceId: none})},
		{"InstanceIdRequiredException", asking((*codedeploy.Client).GetDeploymentInstance, &codedeploy.GetDeploymentInstanceInput{DeploymentId: id, InstanceId: aws.String("")})},
		{"InstanceIdRequiredException", asking((*codedeploy.Client).BatchGetDeploymentInstances, &codedeploy.BatchGetDeploymentInstancesInput{DeploymentId: id, InstanceIds: []string{}})},
		{"InvalidInstanceStatusException", asking((*codedeploy.Client).ListDeploymentInstances, &codedeploy.ListDeploymentInstancesInput{DeploymentId: id, InstanceStatusFilter: []types.InstanceStatus{"x"}})},
		{"InvalidInstanceTypeException", asking((*codedeploy.Client).ListDeploymentInstances, &codedeploy.ListDeploymentInstancesInput{DeploymentId: id, InstanceTypeFilter: []types.InstanceType{"x"}})},
		{"BatchLimitExceededException", asking((*codedeploy.Client).BatchGetDeploymentInstances, &codedeploy.BatchGetDeploymentInstancesInput{DeploymentId: id, InstanceIds: make([]string, 26)})},
	})
}

func elevenTags() []types.Tag {
	tags := make([]types.Tag, 11)
	for i := range tags {
		tags[i] = types.Tag{Key: aws.String(strconv.Itoa(i))}
	}
	return tags
}

func TestInstanceAndTagExceptions(t *testing.T) {
	p := listen(t, local.Options{})
	register := func(change func(*codedeploy.RegisterOnPremisesInstanceInput)) call {
		in := &codedeploy.RegisterOnPremisesInstanceInput{InstanceName: aws.String("host"), IamUserArn: role}
		change(in)
		return asking((*codedeploy.Client).RegisterOnPremisesInstance, in)
	}
	tags := []types.Tag{{Key: aws.String("k"), Value: aws.String("v")}}
	tag := func(arn string, tags []types.Tag) call {
		return asking((*codedeploy.Client).TagResource, &codedeploy.TagResourceInput{ResourceArn: &arn, Tags: tags})
	}
	appARN := "arn:aws:codedeploy:us-east-1:000000000000:application:app"
	check(t, p.codedeploy, []struct {
		want string
		call call
	}{
		{"InstanceNameRequiredException", register(func(in *codedeploy.RegisterOnPremisesInstanceInput) { in.InstanceName = aws.String("") })},
		{"InvalidInstanceNameException", register(func(in *codedeploy.RegisterOnPremisesInstanceInput) { in.InstanceName = badName })},
		{"InvalidInstanceNameException", register(func(in *codedeploy.RegisterOnPremisesInstanceInput) { in.InstanceName = aws.String("i-1") })},
		{"InvalidInstanceNameException", asking((*codedeploy.Client).BatchGetOnPremisesInstances, &codedeploy.BatchGetOnPremisesInstancesInput{InstanceNames: []string{"my host"}})},
		{"IamArnRequiredException", register(func(in *codedeploy.RegisterOnPremisesInstanceInput) { in.IamUserArn = nil })},
		{"MultipleIamArnsProvidedException", register(func(in *codedeploy.RegisterOnPremisesInstanceInput) { in.IamSessionArn = role })},
		{"InvalidIamUserArnException", register(func(in *codedeploy.RegisterOnPremisesInstanceInput) { in.IamUserArn = none })},
		{"InvalidIamSessionArnException", register(func(in *codedeploy.RegisterOnPremisesInstanceInput) { in.IamUserArn, in.IamSessionArn = nil, none })},
		{"", register(func(*codedeploy.RegisterOnPremisesInstanceInput) {})},
		{"InstanceNameAlreadyRegisteredException", register(func(*codedeploy.RegisterOnPremisesInstanceInput) {})},
		{"IamUserArnAlreadyRegisteredException", register(func(in *codedeploy.RegisterOnPremisesInstanceInput) { in.InstanceName = aws.String("host2") })},
		{"", register(func(in *codedeploy.RegisterOnPremisesInstanceInput) {
			in.InstanceName, in.IamUserArn, in.IamSessionArn = aws.String("host3"), nil, role
		})},
		{"IamSessionArnAlreadyRegisteredException", register(func(in *codedeploy.RegisterOnPremisesInstanceInput) {
			in.InstanceName, in.IamUserArn, in.IamSessionArn = aws.String("host4"), nil, role
		})},
		{"InvalidTagFilterException", asking((*codedeploy.Client).ListOnPremisesInstances, &codedeploy.ListOnPremisesInstancesInput{TagFilters: []types.TagFilter{{Key: none}}})},
		{"InstanceLimitExceededException", asking((*codedeploy.Client).AddTagsToOnPremisesInstances, &codedeploy.AddTagsToOnPremisesInstancesInput{InstanceNames: make([]string, 101), Tags: tags})},
		{"InvalidTagException", asking((*codedeploy.Client).AddTagsToOnPremisesInstances, &codedeploy.AddTagsToOnPremisesInstancesInput{InstanceNames: []string{"host"}, Tags: []types.Tag{{}}})},
		{"InvalidTagException", asking((*codedeploy.Client).AddTagsToOnPremisesInstances, &codedeploy.AddTagsToOnPremisesInstancesInput{InstanceNames: []string{"host"}, Tags: longTag})},
		{"TagLimitExceededException", asking((*codedeploy.Client).AddTagsToOnPremisesInstances, &codedeploy.AddTagsToOnPremisesInstancesInput{InstanceNames: []string{"host"}, Tags: elevenTags()})},
		{"", asking((*codedeploy.Client).DeregisterOnPremisesInstance, &codedeploy.DeregisterOnPremisesInstanceInput{InstanceName: aws.String("host3")})},
		{"InstanceNotRegisteredException", asking((*codedeploy.Client).RemoveTagsFromOnPremisesInstances, &codedeploy.RemoveTagsFromOnPremisesInstancesInput{InstanceNames: []string{"host3"}, Tags: tags})},
		{"InstanceNotRegisteredException", asking((*codedeploy.Client).GetOnPremisesInstance, &codedeploy.GetOnPremisesInstanceInput{InstanceName: none})},
		{"InstanceNameRequiredException", asking((*codedeploy.Client).DeregisterOnPremisesInstance, &codedeploy.DeregisterOnPremisesInstanceInput{InstanceName: aws.String("")})},
		{"", asking((*codedeploy.Client).DeregisterOnPremisesInstance, &codedeploy.DeregisterOnPremisesInstanceInput{InstanceName: none})},
		{"InstanceNameRequiredException", asking((*codedeploy.Client).BatchGetOnPremisesInstances, &codedeploy.BatchGetOnPremisesInstancesInput{InstanceNames: []string{}})},
		{"InvalidRegistrationStatusException", asking((*codedeploy.Client).ListOnPremisesInstances, &codedeploy.ListOnPremisesInstancesInput{RegistrationStatus: "x"})},
		{"InvalidNextTokenException", asking((*codedeploy.Client).ListOnPremisesInstances, &codedeploy.ListOnPremisesInstancesInput{NextToken: badToken})},
		{"InstanceNameRequiredException", asking((*codedeploy.Client).AddTagsToOnPremisesInstances, &codedeploy.AddTagsToOnPremisesInstancesInput{InstanceNames: []string{}, Tags: tags})},
		{"TagRequiredException", asking((*codedeploy.Client).AddTagsToOnPremisesInstances, &codedeploy.AddTagsToOnPremisesInstancesInput{InstanceNames: []string{"host"}, Tags: []types.Tag{}})},
		{"InstanceNotRegisteredException", asking((*codedeploy.Client).AddTagsToOnPremisesInstances, &codedeploy.AddTagsToOnPremisesInstancesInput{InstanceNames: []string{"host", "none"}, Tags: tags})},
		{"ResourceArnRequiredException", tag("", tags)},
		{"InvalidArnException", tag("arn:aws:s3:::bucket", tags)},
		{"ArnNotSupportedException", tag("arn:aws:codedeploy:us-east-1:000000000000:instance:x", tags)},
		{"ApplicationDoesNotExistException", tag("arn:aws:codedeploy:us-east-1:000000000000:application:none", tags)},
		{"DeploymentGroupDoesNotExistException", tag("arn:aws:codedeploy:us-east-1:000000000000:deploymentgroup:app/none", tags)},
		{"TagRequiredException", tag(appARN, []types.Tag{})},
		{"InvalidTagsToAddException", tag(appARN, []types.Tag{{}})},
		{"TagRequiredException", asking((*codedeploy.Client).UntagResource, &codedeploy.UntagResourceInput{ResourceArn: &appARN, TagKeys: []string{}})},
		{"ResourceArnRequiredException", asking((*codedeploy.Client).ListTagsForResource, &codedeploy.ListTagsForResourceInput{ResourceArn: aws.String("")})},
		{"GitHubAccountTokenNameRequiredException", asking((*codedeploy.Client).DeleteGitHubAccountToken, &codedeploy.DeleteGitHubAccountTokenInput{})},
		{"GitHubAccountTokenDoesNotExistException", asking((*codedeploy.Client).DeleteGitHubAccountToken, &codedeploy.DeleteGitHubAccountTokenInput{TokenName: none})},
		{"", asking((*codedeploy.Client).DeleteResourcesByExternalId, &codedeploy.DeleteResourcesByExternalIdInput{})},
	})
}

// TestQuotas makes as much as AWS allows, and one more.
func TestQuotas(t *testing.T) {
	t.Parallel()
	c := listen(t, local.Options{}).codedeploy
	fill := func(limit int, want string, create func(name *string) call) {
		t.Helper()
		for i := range limit {
			if err := create(aws.String("n"+strconv.Itoa(i)))(t.Context(), c); err != nil {
				t.Fatal(err)
			}
		}
		if err := create(aws.String("last"))(t.Context(), c); code(err) != want {
			t.Errorf("%v, want %s", err, want)
		}
	}
	fill(999, "ApplicationLimitExceededException", func(name *string) call { // and the one of every test
		return asking((*codedeploy.Client).CreateApplication, &codedeploy.CreateApplicationInput{ApplicationName: name})
	})
	fill(999, "DeploymentGroupLimitExceededException", func(name *string) call {
		return asking((*codedeploy.Client).CreateDeploymentGroup, &codedeploy.CreateDeploymentGroupInput{ApplicationName: app, DeploymentGroupName: name, ServiceRoleArn: role})
	})
	fill(50, "DeploymentConfigLimitExceededException", func(name *string) call {
		return asking((*codedeploy.Client).CreateDeploymentConfig, &codedeploy.CreateDeploymentConfigInput{
			DeploymentConfigName: name, MinimumHealthyHosts: &types.MinimumHealthyHosts{Type: types.MinimumHealthyHostsTypeHostCount, Value: 1},
		})
	})
}
