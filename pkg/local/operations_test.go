package local_test

//lint:file-ignore SA1019 deprecated operations and shapes are tested as well

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/codedeploy"
	"github.com/aws/aws-sdk-go-v2/service/codedeploy/types"

	"github.com/cdx-deploy/cdx/pkg/local"
)

func must[T any](t *testing.T) func(T, error) T {
	return func(v T, err error) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

func TestApplications(t *testing.T) {
	p := listen(t, local.Options{})
	c, ctx := p.codedeploy, t.Context()
	created := must[*codedeploy.CreateApplicationOutput](t)(c.CreateApplication(ctx, &codedeploy.CreateApplicationInput{
		ApplicationName: aws.String("fn"), ComputePlatform: types.ComputePlatformLambda, Tags: []types.Tag{{Key: aws.String("a"), Value: aws.String("1")}},
	}))
	got := must[*codedeploy.GetApplicationOutput](t)(c.GetApplication(ctx, &codedeploy.GetApplicationInput{ApplicationName: aws.String("fn")})).Application
	if *got.ApplicationId != *created.ApplicationId || got.ComputePlatform != types.ComputePlatformLambda || time.Since(*got.CreateTime) > time.Minute {
		t.Errorf("%+v", got)
	}
	batch := must[*codedeploy.BatchGetApplicationsOutput](t)(c.BatchGetApplications(ctx, &codedeploy.BatchGetApplicationsInput{ApplicationNames: []string{"app", "fn"}}))
	if len(batch.ApplicationsInfo) != 2 || batch.ApplicationsInfo[0].ComputePlatform != types.ComputePlatformServer {
		t.Errorf("%+v", batch.ApplicationsInfo)
	}
	if _, err := c.UpdateApplication(ctx, &codedeploy.UpdateApplicationInput{ApplicationName: app, NewApplicationName: aws.String("renamed")}); err != nil {
		t.Fatal(err)
	}
	list := must[*codedeploy.ListApplicationsOutput](t)(c.ListApplications(ctx, &codedeploy.ListApplicationsInput{}))
	if !slices.Equal(list.Applications, []string{"fn", "renamed"}) || list.NextToken != nil {
		t.Errorf("%+v", list)
	}
	g := must[*codedeploy.GetDeploymentGroupOutput](t)(c.GetDeploymentGroup(ctx, &codedeploy.GetDeploymentGroupInput{ApplicationName: aws.String("renamed"), DeploymentGroupName: group}))
	if *g.DeploymentGroupInfo.ApplicationName != "renamed" {
		t.Errorf("%+v", g.DeploymentGroupInfo)
	}
	if _, err := c.DeleteApplication(ctx, &codedeploy.DeleteApplicationInput{ApplicationName: aws.String("fn")}); err != nil {
		t.Fatal(err)
	}
	if _, err := c.GetApplication(ctx, &codedeploy.GetApplicationInput{ApplicationName: aws.String("fn")}); code(err) != "ApplicationDoesNotExistException" {
		t.Error(err)
	}
}

func TestPages(t *testing.T) {
	p := listen(t, local.Options{})
	var want []string
	for i := range 205 {
		name := fmt.Sprintf("group-%03d", i)
		want = append(want, name)
		if err := p.service.Ensure("pages", name, ""); err != nil {
			t.Fatal(err)
		}
	}
	var got []string
	pages := codedeploy.NewListDeploymentGroupsPaginator(p.codedeploy, &codedeploy.ListDeploymentGroupsInput{ApplicationName: aws.String("pages")})
	var sizes []int
	for pages.HasMorePages() {
		out := must[*codedeploy.ListDeploymentGroupsOutput](t)(pages.NextPage(t.Context()))
		got = append(got, out.DeploymentGroups...)
		sizes = append(sizes, len(out.DeploymentGroups))
	}
	if !slices.Equal(got, want) || !slices.Equal(sizes, []int{100, 100, 5}) {
		t.Errorf("%v", sizes)
	}
	first := must[*codedeploy.ListDeploymentGroupsOutput](t)(p.codedeploy.ListDeploymentGroups(t.Context(), &codedeploy.ListDeploymentGroupsInput{ApplicationName: aws.String("pages")}))
	must[*codedeploy.DeleteDeploymentGroupOutput](t)(p.codedeploy.DeleteDeploymentGroup(t.Context(), &codedeploy.DeleteDeploymentGroupInput{ApplicationName: aws.String("pages"), DeploymentGroupName: aws.String("group-100")}))
	_, err := p.codedeploy.ListDeploymentGroups(t.Context(), &codedeploy.ListDeploymentGroupsInput{ApplicationName: aws.String("pages"), NextToken: first.NextToken})
	if code(err) != "InvalidNextTokenException" {
		t.Errorf("a page whose first line is gone: %v", err)
	}
}

func TestDeploymentGroups(t *testing.T) {
	p := listen(t, local.Options{})
	c, ctx := p.codedeploy, t.Context()
	must[*codedeploy.CreateDeploymentGroupOutput](t)(c.CreateDeploymentGroup(ctx, &codedeploy.CreateDeploymentGroupInput{
		ApplicationName: app, DeploymentGroupName: aws.String("full"), ServiceRoleArn: role, AutoScalingGroups: []string{"asg"},
		Ec2TagFilters: []types.EC2TagFilter{{Key: aws.String("Name"), Value: aws.String("x"), Type: types.EC2TagFilterTypeKeyAndValue}},
		AutoRollbackConfiguration: &types.AutoRollbackConfiguration{
			Enabled: true, Events: []types.AutoRollbackEvent{types.AutoRollbackEventDeploymentFailure},
		},
		TriggerConfigurations:     []types.TriggerConfig{{TriggerName: aws.String("t"), TriggerTargetArn: role, TriggerEvents: []types.TriggerEventType{types.TriggerEventTypeDeploymentStart}}},
		OutdatedInstancesStrategy: types.OutdatedInstancesStrategyIgnore, TerminationHookEnabled: aws.Bool(true),
		AlarmConfiguration: &types.AlarmConfiguration{Enabled: true, Alarms: []types.Alarm{{Name: aws.String("alarm")}}},
		Tags:               []types.Tag{{Key: aws.String("team"), Value: aws.String("a")}},
	}))
	batch := must[*codedeploy.BatchGetDeploymentGroupsOutput](t)(c.BatchGetDeploymentGroups(ctx, &codedeploy.BatchGetDeploymentGroupsInput{
		ApplicationName: app, DeploymentGroupNames: []string{"full", "none"},
	}))
	if len(batch.DeploymentGroupsInfo) != 1 || !strings.Contains(aws.ToString(batch.ErrorMessage), "none") {
		t.Fatalf("%+v", batch)
	}
	g := batch.DeploymentGroupsInfo[0]
	if *g.AutoScalingGroups[0].Name != "asg" || *g.Ec2TagFilters[0].Key != "Name" || !g.AutoRollbackConfiguration.Enabled || !g.TerminationHookEnabled ||
		*g.TriggerConfigurations[0].TriggerName != "t" || *g.AlarmConfiguration.Alarms[0].Name != "alarm" ||
		*g.DeploymentConfigName != "CodeDeployDefault.OneAtATime" || g.DeploymentStyle.DeploymentType != types.DeploymentTypeInPlace {
		t.Errorf("%+v", g)
	}
	must[*codedeploy.UpdateDeploymentGroupOutput](t)(c.UpdateDeploymentGroup(ctx, &codedeploy.UpdateDeploymentGroupInput{
		ApplicationName: app, CurrentDeploymentGroupName: aws.String("full"), NewDeploymentGroupName: aws.String("renamed"),
		Ec2TagFilters: []types.EC2TagFilter{}, DeploymentConfigName: aws.String("CodeDeployDefault.AllAtOnce"),
	}))
	got := must[*codedeploy.GetDeploymentGroupOutput](t)(c.GetDeploymentGroup(ctx, &codedeploy.GetDeploymentGroupInput{ApplicationName: app, DeploymentGroupName: aws.String("renamed")})).DeploymentGroupInfo
	if len(got.Ec2TagFilters) != 0 || *got.DeploymentConfigName != "CodeDeployDefault.AllAtOnce" || len(got.AutoScalingGroups) != 1 || *got.DeploymentGroupId != *g.DeploymentGroupId {
		t.Errorf("%+v", got)
	}
	list := must[*codedeploy.ListDeploymentGroupsOutput](t)(c.ListDeploymentGroups(ctx, &codedeploy.ListDeploymentGroupsInput{ApplicationName: app}))
	if !slices.Equal(list.DeploymentGroups, []string{"group", "renamed"}) || *list.ApplicationName != "app" {
		t.Errorf("%+v", list)
	}
}

func TestDeploymentConfigs(t *testing.T) {
	p := listen(t, local.Options{})
	c, ctx := p.codedeploy, t.Context()
	created := must[*codedeploy.CreateDeploymentConfigOutput](t)(c.CreateDeploymentConfig(ctx, &codedeploy.CreateDeploymentConfigInput{
		DeploymentConfigName: aws.String("Canary"), ComputePlatform: types.ComputePlatformLambda,
		TrafficRoutingConfig: &types.TrafficRoutingConfig{
			Type: types.TrafficRoutingTypeTimeBasedCanary, TimeBasedCanary: &types.TimeBasedCanary{CanaryInterval: 3, CanaryPercentage: 20},
		},
	}))
	got := must[*codedeploy.GetDeploymentConfigOutput](t)(c.GetDeploymentConfig(ctx, &codedeploy.GetDeploymentConfigInput{DeploymentConfigName: aws.String("Canary")})).DeploymentConfigInfo
	if *got.DeploymentConfigId != *created.DeploymentConfigId || got.TrafficRoutingConfig.TimeBasedCanary.CanaryPercentage != 20 {
		t.Errorf("%+v", got)
	}
	list := must[*codedeploy.ListDeploymentConfigsOutput](t)(c.ListDeploymentConfigs(ctx, &codedeploy.ListDeploymentConfigsInput{}))
	if len(list.DeploymentConfigsList) != 18 {
		t.Errorf("%v", list.DeploymentConfigsList)
	}
	for _, name := range list.DeploymentConfigsList {
		info := must[*codedeploy.GetDeploymentConfigOutput](t)(c.GetDeploymentConfig(ctx, &codedeploy.GetDeploymentConfigInput{DeploymentConfigName: &name})).DeploymentConfigInfo
		server := info.ComputePlatform == types.ComputePlatformServer
		if *info.DeploymentConfigName != name || server != (info.MinimumHealthyHosts != nil) || server == (info.TrafficRoutingConfig != nil) {
			t.Errorf("%s: %+v", name, info)
		}
	}
	must[*codedeploy.DeleteDeploymentConfigOutput](t)(c.DeleteDeploymentConfig(ctx, &codedeploy.DeleteDeploymentConfigInput{DeploymentConfigName: aws.String("Canary")}))
	if _, err := c.GetDeploymentConfig(ctx, &codedeploy.GetDeploymentConfigInput{DeploymentConfigName: aws.String("Canary")}); code(err) != "DeploymentConfigDoesNotExistException" {
		t.Error(err)
	}
}

func TestRevisions(t *testing.T) {
	p := listen(t, local.Options{})
	c, ctx := p.codedeploy, t.Context()
	for _, key := range []string{"x/1", "x/2", "y/1"} {
		must[*codedeploy.RegisterApplicationRevisionOutput](t)(c.RegisterApplicationRevision(ctx, &codedeploy.RegisterApplicationRevisionInput{
			ApplicationName: app, Revision: zipAt(key), Description: aws.String("about " + key),
		}))
		time.Sleep(2 * time.Millisecond) // times of registration have milliseconds
	}
	deployed := p.upload(t, "deployed.zip", goodHook)
	p.await(t, p.create(t, deployed), hasEnded)
	list := func(change func(*codedeploy.ListApplicationRevisionsInput)) string {
		in := &codedeploy.ListApplicationRevisionsInput{ApplicationName: app}
		change(in)
		out := must[*codedeploy.ListApplicationRevisionsOutput](t)(c.ListApplicationRevisions(ctx, in))
		var keys []string
		for _, r := range out.Revisions {
			keys = append(keys, *r.S3Location.Key)
		}
		return strings.Join(keys, " ")
	}
	for want, change := range map[string]func(*codedeploy.ListApplicationRevisionsInput){
		"x/1 x/2 y/1 deployed.zip": func(*codedeploy.ListApplicationRevisionsInput) {},
		"deployed.zip y/1 x/2 x/1": func(in *codedeploy.ListApplicationRevisionsInput) {
			in.SortBy, in.SortOrder = types.ApplicationRevisionSortByRegisterTime, types.SortOrderDescending
		},
		"deployed.zip": func(in *codedeploy.ListApplicationRevisionsInput) { in.Deployed = types.ListStateFilterActionInclude },
		"x/1 x/2 y/1":  func(in *codedeploy.ListApplicationRevisionsInput) { in.Deployed = types.ListStateFilterActionExclude },
		"x/1 x/2": func(in *codedeploy.ListApplicationRevisionsInput) {
			in.S3Bucket, in.S3KeyPrefix, in.SortBy = aws.String("bucket"), aws.String("x/"), types.ApplicationRevisionSortByLastUsedTime
		},
		"": func(in *codedeploy.ListApplicationRevisionsInput) {
			in.S3Bucket, in.SortBy = aws.String("none"), types.ApplicationRevisionSortByFirstUsedTime
		},
	} {
		if got := list(change); got != want {
			t.Errorf("list %q, want %q", got, want)
		}
	}
	got := must[*codedeploy.GetApplicationRevisionOutput](t)(c.GetApplicationRevision(ctx, &codedeploy.GetApplicationRevisionInput{ApplicationName: app, Revision: deployed}))
	if got.RevisionInfo.FirstUsedTime == nil || !slices.Equal(got.RevisionInfo.DeploymentGroups, []string{"group"}) || got.RevisionInfo.Description != nil {
		t.Errorf("%+v", got.RevisionInfo)
	}
	batch := must[*codedeploy.BatchGetApplicationRevisionsOutput](t)(c.BatchGetApplicationRevisions(ctx, &codedeploy.BatchGetApplicationRevisionsInput{
		ApplicationName: app, Revisions: []types.RevisionLocation{*zipAt("x/1"), *zipAt("none")},
	}))
	if len(batch.Revisions) != 1 || *batch.Revisions[0].GenericRevisionInfo.Description != "about x/1" || batch.ErrorMessage == nil {
		t.Errorf("%+v", batch)
	}
}

func TestListDeployments(t *testing.T) {
	p := listen(t, local.Options{})
	if err := p.service.Ensure("other", "group", ""); err != nil {
		t.Fatal(err)
	}
	good := p.create(t, p.upload(t, "one.zip", goodHook))
	p.await(t, good, hasEnded)
	bad := p.create(t, zipAt("none"))
	p.await(t, bad, hasEnded)
	other := p.create(t, zipAt("none"), func(in *codedeploy.CreateDeploymentInput) { in.ApplicationName = aws.String("other") })
	p.await(t, other, hasEnded)
	now := time.Now()
	for _, test := range []struct {
		in   codedeploy.ListDeploymentsInput
		want []string
	}{
		{codedeploy.ListDeploymentsInput{}, []string{other, bad, good}},
		{codedeploy.ListDeploymentsInput{ApplicationName: app, DeploymentGroupName: group}, []string{bad, good}},
		{codedeploy.ListDeploymentsInput{ApplicationName: app, DeploymentGroupName: group, IncludeOnlyStatuses: []types.DeploymentStatus{"Succeeded", "Stopped"}}, []string{good}},
		{codedeploy.ListDeploymentsInput{CreateTimeRange: &types.TimeRange{Start: aws.Time(now.Add(-time.Hour)), End: aws.Time(now.Add(time.Hour))}}, []string{other, bad, good}},
		{codedeploy.ListDeploymentsInput{CreateTimeRange: &types.TimeRange{Start: aws.Time(now.Add(time.Hour))}}, []string{}},
		{codedeploy.ListDeploymentsInput{CreateTimeRange: &types.TimeRange{End: aws.Time(now.Add(-time.Hour))}}, []string{}},
	} {
		out := must[*codedeploy.ListDeploymentsOutput](t)(p.codedeploy.ListDeployments(t.Context(), &test.in))
		if !slices.Equal(out.Deployments, test.want) {
			t.Errorf("%+v: %v, want %v", test.in, out.Deployments, test.want)
		}
	}
	batch := must[*codedeploy.BatchGetDeploymentsOutput](t)(p.codedeploy.BatchGetDeployments(t.Context(), &codedeploy.BatchGetDeploymentsInput{DeploymentIds: []string{good, "d-000000000", bad}}))
	if len(batch.DeploymentsInfo) != 2 || batch.DeploymentsInfo[0].DeploymentOverview.Succeeded != 1 || batch.DeploymentsInfo[1].Status != types.DeploymentStatusFailed {
		t.Errorf("%+v", batch.DeploymentsInfo)
	}
}

func TestTargets(t *testing.T) {
	p := listen(t, local.Options{})
	c, ctx := p.codedeploy, t.Context()
	id := aws.String(p.create(t, p.upload(t, "one.zip", goodHook)))
	p.await(t, *id, hasEnded)
	for status, n := range map[string]int{"Succeeded": 1, "Failed": 0} {
		out := must[*codedeploy.ListDeploymentTargetsOutput](t)(c.ListDeploymentTargets(ctx, &codedeploy.ListDeploymentTargetsInput{
			DeploymentId: id, TargetFilters: map[string][]string{"TargetStatus": {status}},
		}))
		if len(out.TargetIds) != n {
			t.Errorf("%s: %v", status, out.TargetIds)
		}
	}
	one := must[*codedeploy.GetDeploymentTargetOutput](t)(c.GetDeploymentTarget(ctx, &codedeploy.GetDeploymentTargetInput{DeploymentId: id, TargetId: aws.String("local")})).DeploymentTarget
	if one.DeploymentTargetType != types.DeploymentTargetTypeInstanceTarget || one.InstanceTarget.Status != types.TargetStatusSucceeded ||
		*one.InstanceTarget.DeploymentId != *id || one.InstanceTarget.LastUpdatedAt == nil {
		t.Errorf("%+v", one.InstanceTarget)
	}
	list := must[*codedeploy.ListDeploymentInstancesOutput](t)(c.ListDeploymentInstances(ctx, &codedeploy.ListDeploymentInstancesInput{
		DeploymentId: id, InstanceStatusFilter: []types.InstanceStatus{types.InstanceStatusSucceeded},
	}))
	if !slices.Equal(list.InstancesList, []string{"local"}) {
		t.Errorf("%+v", list)
	}
	instance := must[*codedeploy.GetDeploymentInstanceOutput](t)(c.GetDeploymentInstance(ctx, &codedeploy.GetDeploymentInstanceInput{DeploymentId: id, InstanceId: aws.String("local")}))
	if len(instance.InstanceSummary.LifecycleEvents) != 7 {
		t.Errorf("%+v", instance)
	}
	batch := must[*codedeploy.BatchGetDeploymentInstancesOutput](t)(c.BatchGetDeploymentInstances(ctx, &codedeploy.BatchGetDeploymentInstancesInput{
		DeploymentId: id, InstanceIds: []string{"local", "none"},
	}))
	if len(batch.InstancesSummary) != 1 || batch.ErrorMessage == nil {
		t.Errorf("%+v", batch)
	}
}

func TestOnPremisesInstances(t *testing.T) {
	p := listen(t, local.Options{})
	c, ctx := p.codedeploy, t.Context()
	tag := func(key, value string) types.Tag { return types.Tag{Key: &key, Value: &value} }
	for _, name := range []string{"one", "two"} {
		user := aws.String("arn:aws:iam::000000000000:user/" + name)
		must[*codedeploy.RegisterOnPremisesInstanceOutput](t)(c.RegisterOnPremisesInstance(ctx, &codedeploy.RegisterOnPremisesInstanceInput{InstanceName: &name, IamUserArn: user}))
	}
	must[*codedeploy.AddTagsToOnPremisesInstancesOutput](t)(c.AddTagsToOnPremisesInstances(ctx, &codedeploy.AddTagsToOnPremisesInstancesInput{
		InstanceNames: []string{"one"}, Tags: []types.Tag{tag("a", "1"), tag("b", "2")},
	}))
	must[*codedeploy.RemoveTagsFromOnPremisesInstancesOutput](t)(c.RemoveTagsFromOnPremisesInstances(ctx, &codedeploy.RemoveTagsFromOnPremisesInstancesInput{
		InstanceNames: []string{"one"}, Tags: []types.Tag{tag("b", "2"), tag("a", "other")},
	}))
	must[*codedeploy.DeregisterOnPremisesInstanceOutput](t)(c.DeregisterOnPremisesInstance(ctx, &codedeploy.DeregisterOnPremisesInstanceInput{InstanceName: aws.String("two")}))
	got := must[*codedeploy.GetOnPremisesInstanceOutput](t)(c.GetOnPremisesInstance(ctx, &codedeploy.GetOnPremisesInstanceInput{InstanceName: aws.String("one")})).InstanceInfo
	if len(got.Tags) != 1 || *got.Tags[0].Key != "a" || *got.IamUserArn != "arn:aws:iam::000000000000:user/one" || got.DeregisterTime != nil {
		t.Errorf("%+v", got)
	}
	batch := must[*codedeploy.BatchGetOnPremisesInstancesOutput](t)(c.BatchGetOnPremisesInstances(ctx, &codedeploy.BatchGetOnPremisesInstancesInput{InstanceNames: []string{"one", "two", "three"}}))
	if len(batch.InstanceInfos) != 2 || batch.InstanceInfos[1].DeregisterTime == nil {
		t.Errorf("%+v", batch.InstanceInfos)
	}
	filter := func(kind types.TagFilterType, key, value string) []types.TagFilter {
		return []types.TagFilter{{Type: kind, Key: &key, Value: &value}}
	}
	for _, test := range []struct {
		in   codedeploy.ListOnPremisesInstancesInput
		want []string
	}{
		{codedeploy.ListOnPremisesInstancesInput{}, []string{"one", "two"}},
		{codedeploy.ListOnPremisesInstancesInput{RegistrationStatus: types.RegistrationStatusDeregistered}, []string{"two"}},
		{codedeploy.ListOnPremisesInstancesInput{TagFilters: filter(types.TagFilterTypeKeyOnly, "a", "")}, []string{"one"}},
		{codedeploy.ListOnPremisesInstancesInput{TagFilters: filter(types.TagFilterTypeValueOnly, "", "1")}, []string{"one"}},
		{codedeploy.ListOnPremisesInstancesInput{TagFilters: filter(types.TagFilterTypeKeyAndValue, "a", "2")}, []string{}},
	} {
		out := must[*codedeploy.ListOnPremisesInstancesOutput](t)(c.ListOnPremisesInstances(ctx, &test.in))
		if !slices.Equal(out.InstanceNames, test.want) {
			t.Errorf("%+v: %v", test.in, out.InstanceNames)
		}
	}
	session := aws.String("arn:aws:sts::000000000000:assumed-role/hosts/two")
	must[*codedeploy.RegisterOnPremisesInstanceOutput](t)(c.RegisterOnPremisesInstance(ctx, &codedeploy.RegisterOnPremisesInstanceInput{InstanceName: aws.String("two"), IamSessionArn: session}))
	got = must[*codedeploy.GetOnPremisesInstanceOutput](t)(c.GetOnPremisesInstance(ctx, &codedeploy.GetOnPremisesInstanceInput{InstanceName: aws.String("two")})).InstanceInfo
	if *got.IamSessionArn != *session || got.IamUserArn != nil || got.DeregisterTime != nil || len(got.Tags) != 0 {
		t.Errorf("registered again: %+v", got)
	}
}

func TestTags(t *testing.T) {
	p := listen(t, local.Options{})
	c, ctx := p.codedeploy, t.Context()
	arn := aws.String("arn:aws:codedeploy:us-east-1:000000000000:deploymentgroup:app/group")
	for _, value := range []string{"1", "2"} {
		must[*codedeploy.TagResourceOutput](t)(c.TagResource(ctx, &codedeploy.TagResourceInput{ResourceArn: arn, Tags: []types.Tag{
			{Key: aws.String("a"), Value: &value}, {Key: aws.String("b"), Value: &value},
		}}))
	}
	must[*codedeploy.UntagResourceOutput](t)(c.UntagResource(ctx, &codedeploy.UntagResourceInput{ResourceArn: arn, TagKeys: []string{"b"}}))
	got := must[*codedeploy.ListTagsForResourceOutput](t)(c.ListTagsForResource(ctx, &codedeploy.ListTagsForResourceInput{ResourceArn: arn})).Tags
	if len(got) != 1 || *got[0].Key != "a" || *got[0].Value != "2" {
		t.Errorf("%+v", got)
	}
	names := must[*codedeploy.ListGitHubAccountTokenNamesOutput](t)(c.ListGitHubAccountTokenNames(ctx, &codedeploy.ListGitHubAccountTokenNamesInput{}))
	if len(names.TokenNameList) != 0 {
		t.Errorf("%+v", names)
	}
}
