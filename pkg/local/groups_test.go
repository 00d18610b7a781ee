package local_test

import (
	"reflect"
	"slices"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/codedeploy"
	"github.com/aws/aws-sdk-go-v2/service/codedeploy/types"

	"github.com/cdx-deploy/cdx/pkg/local"
)

// fullGroup is a request that gives a value to every setting that a group of servers can have.
func fullGroup(name string) *codedeploy.CreateDeploymentGroupInput {
	topic := aws.String("arn:aws:sns:us-east-1:000000000000:topic")
	return &codedeploy.CreateDeploymentGroupInput{
		ApplicationName: app, DeploymentGroupName: &name, ServiceRoleArn: role,
		AlarmConfiguration: &types.AlarmConfiguration{
			Enabled: true, IgnorePollAlarmFailure: true, Alarms: []types.Alarm{{Name: aws.String("errors")}},
		},
		AutoRollbackConfiguration: &types.AutoRollbackConfiguration{Enabled: true, Events: []types.AutoRollbackEvent{
			types.AutoRollbackEventDeploymentFailure, types.AutoRollbackEventDeploymentStopOnAlarm,
		}},
		AutoScalingGroups: []string{"asg-1", "asg-2"},
		BlueGreenDeploymentConfiguration: &types.BlueGreenDeploymentConfiguration{
			DeploymentReadyOption:        &types.DeploymentReadyOption{ActionOnTimeout: types.DeploymentReadyActionStopDeployment, WaitTimeInMinutes: 30},
			GreenFleetProvisioningOption: &types.GreenFleetProvisioningOption{Action: types.GreenFleetProvisioningActionCopyAutoScalingGroup},
			TerminateBlueInstancesOnDeploymentSuccess: &types.BlueInstanceTerminationOption{
				Action: types.InstanceActionTerminate, TerminationWaitTimeInMinutes: 5,
			},
		},
		DeploymentConfigName: aws.String("CodeDeployDefault.HalfAtATime"),
		DeploymentStyle: &types.DeploymentStyle{
			DeploymentOption: types.DeploymentOptionWithTrafficControl, DeploymentType: types.DeploymentTypeBlueGreen,
		},
		Ec2TagSet: &types.EC2TagSet{Ec2TagSetList: [][]types.EC2TagFilter{
			{{Key: aws.String("Role"), Value: aws.String("web"), Type: types.EC2TagFilterTypeKeyAndValue}},
			{{Key: aws.String("Stage"), Type: types.EC2TagFilterTypeKeyOnly}, {Value: aws.String("b"), Type: types.EC2TagFilterTypeValueOnly}},
		}},
		LoadBalancerInfo: &types.LoadBalancerInfo{
			ElbInfoList:         []types.ELBInfo{{Name: aws.String("classic")}},
			TargetGroupInfoList: []types.TargetGroupInfo{{Name: aws.String("targets")}},
		},
		OnPremisesTagSet: &types.OnPremisesTagSet{OnPremisesTagSetList: [][]types.TagFilter{
			{{Key: aws.String("Rack"), Value: aws.String("1"), Type: types.TagFilterTypeKeyAndValue}},
		}},
		OutdatedInstancesStrategy: types.OutdatedInstancesStrategyIgnore,
		Tags:                      []types.Tag{{Key: aws.String("team"), Value: aws.String("a")}},
		TerminationHookEnabled:    aws.Bool(true),
		TriggerConfigurations: []types.TriggerConfig{{
			TriggerName: aws.String("t"), TriggerTargetArn: topic, TriggerEvents: []types.TriggerEventType{types.TriggerEventTypeDeploymentFailure},
		}},
	}
}

// fullServices is a request that gives a value to every setting that is an ECS group's only.
func fullServices(application, name string) *codedeploy.CreateDeploymentGroupInput {
	return &codedeploy.CreateDeploymentGroupInput{
		ApplicationName: &application, DeploymentGroupName: &name, ServiceRoleArn: role,
		DeploymentStyle: &types.DeploymentStyle{
			DeploymentOption: types.DeploymentOptionWithTrafficControl, DeploymentType: types.DeploymentTypeBlueGreen,
		},
		EcsServices: []types.ECSService{{ClusterName: aws.String("cluster"), ServiceName: aws.String("service")}},
		LoadBalancerInfo: &types.LoadBalancerInfo{TargetGroupPairInfoList: []types.TargetGroupPairInfo{{
			TargetGroups:     []types.TargetGroupInfo{{Name: aws.String("blue")}, {Name: aws.String("green")}},
			ProdTrafficRoute: &types.TrafficRoute{ListenerArns: []string{"arn:aws:elasticloadbalancing:us-east-1:000000000000:listener/app/l/1/2"}},
			TestTrafficRoute: &types.TrafficRoute{ListenerArns: []string{"arn:aws:elasticloadbalancing:us-east-1:000000000000:listener/app/l/1/3"}},
		}}},
	}
}

// checkKept compares every field of a request that has a value with the group's field of that name.
func checkKept(t *testing.T, in *codedeploy.CreateDeploymentGroupInput, got *types.DeploymentGroupInfo) {
	t.Helper()
	given, kept := reflect.ValueOf(in).Elem(), reflect.ValueOf(got).Elem()
	for i := range given.NumField() {
		name := given.Type().Field(i).Name
		if slices.Contains([]string{"AutoScalingGroups", "Tags", "TerminationHookEnabled"}, name) || !given.Type().Field(i).IsExported() || given.Field(i).IsZero() {
			continue
		}
		if !reflect.DeepEqual(given.Field(i).Interface(), kept.FieldByName(name).Interface()) {
			t.Errorf("%s is not kept: %+v", name, kept.FieldByName(name).Interface())
		}
	}
}

// groupOf is GetDeploymentGroup.
func (p *peer) groupOf(t *testing.T, application, name string) *types.DeploymentGroupInfo {
	t.Helper()
	in := &codedeploy.GetDeploymentGroupInput{ApplicationName: &application, DeploymentGroupName: &name}
	return must[*codedeploy.GetDeploymentGroupOutput](t)(p.codedeploy.GetDeploymentGroup(t.Context(), in)).DeploymentGroupInfo
}

func TestGroupsKeepEverySetting(t *testing.T) {
	dir := t.TempDir()
	full, services := fullGroup("full"), fullServices("containers", "services")
	p := listen(t, local.Options{Dir: dir, Keep: true})
	must[*codedeploy.CreateApplicationOutput](t)(p.codedeploy.CreateApplication(t.Context(), &codedeploy.CreateApplicationInput{
		ApplicationName: aws.String("containers"), ComputePlatform: types.ComputePlatformEcs,
	}))
	must[*codedeploy.CreateDeploymentGroupOutput](t)(p.codedeploy.CreateDeploymentGroup(t.Context(), full))
	must[*codedeploy.CreateDeploymentGroupOutput](t)(p.codedeploy.CreateDeploymentGroup(t.Context(), services))
	look := func(p *peer) {
		got := p.groupOf(t, "app", "full")
		checkKept(t, full, got)
		if len(got.AutoScalingGroups) != 2 || *got.AutoScalingGroups[1].Name != "asg-2" || !got.TerminationHookEnabled ||
			aws.ToString(got.AutoScalingGroups[1].Hook) == "" || aws.ToString(got.AutoScalingGroups[1].TerminationHook) == "" {
			t.Errorf("Auto Scaling groups: %+v", got.AutoScalingGroups)
		}
		checkKept(t, services, p.groupOf(t, "containers", "services"))
	}
	look(p)
	if err := p.service.Close(); err != nil {
		t.Fatal(err)
	}
	look(listen(t, local.Options{Dir: dir, Keep: true}))
}

func TestGroupsWithoutSettings(t *testing.T) {
	p := listen(t, local.Options{})
	got := p.groupOf(t, "app", "group")
	if got.OutdatedInstancesStrategy != types.OutdatedInstancesStrategyUpdate || got.Ec2TagFilters == nil || got.OnPremisesInstanceTagFilters == nil ||
		got.AutoScalingGroups == nil || got.TriggerConfigurations == nil {
		t.Errorf("AWS has UPDATE and empty lists: %+v", got)
	}
}

// An empty list, or a structure with one, takes a setting away; what is not given stays.
func TestUpdateTakesSettingsAway(t *testing.T) {
	p := listen(t, local.Options{})
	must[*codedeploy.CreateDeploymentGroupOutput](t)(p.codedeploy.CreateDeploymentGroup(t.Context(), fullGroup("full")))
	must[*codedeploy.UpdateDeploymentGroupOutput](t)(p.codedeploy.UpdateDeploymentGroup(t.Context(), &codedeploy.UpdateDeploymentGroupInput{
		ApplicationName: app, CurrentDeploymentGroupName: aws.String("full"), AutoScalingGroups: []string{}, TriggerConfigurations: []types.TriggerConfig{},
		AlarmConfiguration: &types.AlarmConfiguration{}, AutoRollbackConfiguration: &types.AutoRollbackConfiguration{},
		Ec2TagFilters:    []types.EC2TagFilter{{Key: aws.String("Role"), Type: types.EC2TagFilterTypeKeyOnly}},
		OnPremisesTagSet: &types.OnPremisesTagSet{OnPremisesTagSetList: [][]types.TagFilter{}}, TerminationHookEnabled: aws.Bool(false),
	}))
	got := p.groupOf(t, "app", "full")
	if len(got.AutoScalingGroups)+len(got.TriggerConfigurations)+len(got.AlarmConfiguration.Alarms)+len(got.OnPremisesTagSet.OnPremisesTagSetList) != 0 ||
		got.AutoRollbackConfiguration.Enabled || got.TerminationHookEnabled {
		t.Errorf("what is taken away is there: %+v", got)
	}
	if got.Ec2TagSet != nil || len(got.Ec2TagFilters) != 1 {
		t.Errorf("a group has tag filters or a tag set: %+v, %+v", got.Ec2TagSet, got.Ec2TagFilters)
	}
	if *got.DeploymentConfigName != "CodeDeployDefault.HalfAtATime" || got.BlueGreenDeploymentConfiguration == nil || got.LoadBalancerInfo == nil {
		t.Errorf("what is not named is gone: %+v", got)
	}
}

// Names change, and what belongs to a name goes with it.
func TestRenames(t *testing.T) {
	p := listen(t, local.Options{})
	c, ctx := p.codedeploy, t.Context()
	id := p.create(t, p.upload(t, "one.zip", goodHook))
	p.await(t, id, hasEnded)
	tag := func(arn string) {
		must[*codedeploy.TagResourceOutput](t)(c.TagResource(ctx, &codedeploy.TagResourceInput{
			ResourceArn: &arn, Tags: []types.Tag{{Key: aws.String("k"), Value: aws.String("v")}},
		}))
	}
	tags := func(arn string) int {
		return len(must[*codedeploy.ListTagsForResourceOutput](t)(c.ListTagsForResource(ctx, &codedeploy.ListTagsForResourceInput{ResourceArn: &arn})).Tags)
	}
	const prefix = "arn:aws:codedeploy:us-east-1:000000000000:"
	tag(prefix + "application:app")
	tag(prefix + "deploymentgroup:app/group")
	must[*codedeploy.UpdateDeploymentGroupOutput](t)(c.UpdateDeploymentGroup(ctx, &codedeploy.UpdateDeploymentGroupInput{
		ApplicationName: app, CurrentDeploymentGroupName: group, NewDeploymentGroupName: aws.String("g2"),
	}))
	must[*codedeploy.UpdateApplicationOutput](t)(c.UpdateApplication(ctx, &codedeploy.UpdateApplicationInput{
		ApplicationName: app, NewApplicationName: aws.String("a2"),
	}))
	if tags(prefix+"application:a2") != 1 || tags(prefix+"deploymentgroup:a2/g2") != 1 {
		t.Error("the tags did not go with the names")
	}
	list := must[*codedeploy.ListDeploymentsOutput](t)(c.ListDeployments(ctx, &codedeploy.ListDeploymentsInput{
		ApplicationName: aws.String("a2"), DeploymentGroupName: aws.String("g2"),
	}))
	if !slices.Equal(list.Deployments, []string{id}) {
		t.Errorf("deployments of the renamed group: %v", list.Deployments)
	}
	if got := p.groupOf(t, "a2", "g2"); *got.LastSuccessfulDeployment.DeploymentId != id || got.TargetRevision == nil {
		t.Errorf("%+v", got)
	}
	must[*codedeploy.DeleteApplicationOutput](t)(c.DeleteApplication(ctx, &codedeploy.DeleteApplicationInput{ApplicationName: aws.String("a2")}))
	if err := p.service.Ensure("a2", "g2", ""); err != nil {
		t.Fatal(err)
	}
	if tags(prefix+"application:a2")+tags(prefix+"deploymentgroup:a2/g2") != 0 {
		t.Error("tags of a deleted application are back")
	}
}

// The deployment groups of a revision are those whose target revision it is.
func TestTargetRevisions(t *testing.T) {
	p := listen(t, local.Options{})
	first, second, bad := p.upload(t, "first.zip", goodHook), p.upload(t, "second.zip", goodHook), zipAt("none.zip")
	groupsOf := func(r *types.RevisionLocation) []string {
		out := must[*codedeploy.GetApplicationRevisionOutput](t)(p.codedeploy.GetApplicationRevision(t.Context(), &codedeploy.GetApplicationRevisionInput{ApplicationName: app, Revision: r}))
		batch := must[*codedeploy.BatchGetApplicationRevisionsOutput](t)(p.codedeploy.BatchGetApplicationRevisions(t.Context(), &codedeploy.BatchGetApplicationRevisionsInput{ApplicationName: app, Revisions: []types.RevisionLocation{*r}}))
		if !slices.Equal(out.RevisionInfo.DeploymentGroups, batch.Revisions[0].GenericRevisionInfo.DeploymentGroups) {
			t.Errorf("get %v, batch get %v", out.RevisionInfo.DeploymentGroups, batch.Revisions[0].GenericRevisionInfo.DeploymentGroups)
		}
		return out.RevisionInfo.DeploymentGroups
	}
	p.await(t, p.create(t, first), hasEnded)
	if got := groupsOf(first); !slices.Equal(got, []string{"group"}) {
		t.Errorf("after its deployment: %v", got)
	}
	p.await(t, p.create(t, second), hasEnded)
	p.await(t, p.create(t, bad), hasEnded)
	if got := groupsOf(first); len(got) != 0 {
		t.Errorf("after the next deployment: %v", got)
	}
	if got := groupsOf(second); !slices.Equal(got, []string{"group"}) {
		t.Errorf("after a deployment that failed: %v", got)
	}
	if got := groupsOf(bad); len(got) != 0 {
		t.Errorf("the revision of a deployment that failed: %v", got)
	}
}

func TestGroupSettingExceptions(t *testing.T) {
	c := listen(t, local.Options{}).codedeploy
	for want, changes := range map[string][]func(*codedeploy.CreateDeploymentGroupInput){
		"InvalidRoleException": {func(in *codedeploy.CreateDeploymentGroupInput) { in.ServiceRoleArn = aws.String("role") }},
		"InvalidAutoScalingGroupException": {
			func(in *codedeploy.CreateDeploymentGroupInput) { in.AutoScalingGroups = []string{""} },
			func(in *codedeploy.CreateDeploymentGroupInput) { in.AutoScalingGroups = make([]string, 11) },
		},
		"InvalidEC2TagException": {
			func(in *codedeploy.CreateDeploymentGroupInput) {
				in.Ec2TagSet.Ec2TagSetList = [][]types.EC2TagFilter{{{Key: aws.String("k"), Type: "x"}}}
			},
			func(in *codedeploy.CreateDeploymentGroupInput) {
				in.Ec2TagSet, in.Ec2TagFilters = nil, []types.EC2TagFilter{{Type: "x"}}
			},
		},
		"InvalidTagException": {
			func(in *codedeploy.CreateDeploymentGroupInput) {
				in.OnPremisesTagSet.OnPremisesTagSetList = [][]types.TagFilter{{{Key: aws.String("k"), Type: "x"}}}
			},
			func(in *codedeploy.CreateDeploymentGroupInput) {
				in.OnPremisesTagSet, in.OnPremisesInstanceTagFilters = nil, []types.TagFilter{{Type: "x"}}
			},
		},
		"TagSetListLimitExceededException": {
			func(in *codedeploy.CreateDeploymentGroupInput) {
				in.Ec2TagSet.Ec2TagSetList = [][]types.EC2TagFilter{{}, {}, {}, {}}
			},
			func(in *codedeploy.CreateDeploymentGroupInput) {
				in.OnPremisesTagSet.OnPremisesTagSetList = [][]types.TagFilter{{}, {}, {}, {}}
			},
		},
		"InvalidTriggerConfigException": {
			func(in *codedeploy.CreateDeploymentGroupInput) { in.TriggerConfigurations[0].TriggerName = nil },
			func(in *codedeploy.CreateDeploymentGroupInput) {
				in.TriggerConfigurations[0].TriggerTargetArn = aws.String("topic")
			},
			func(in *codedeploy.CreateDeploymentGroupInput) { in.TriggerConfigurations[0].TriggerEvents = nil },
			func(in *codedeploy.CreateDeploymentGroupInput) {
				in.TriggerConfigurations[0].TriggerEvents = []types.TriggerEventType{"x"}
			},
		},
		"TriggerTargetsLimitExceededException": {func(in *codedeploy.CreateDeploymentGroupInput) {
			in.TriggerConfigurations = slices.Repeat(in.TriggerConfigurations, 11)
		}},
		"InvalidBlueGreenDeploymentConfigurationException": {
			func(in *codedeploy.CreateDeploymentGroupInput) {
				in.BlueGreenDeploymentConfiguration.DeploymentReadyOption.ActionOnTimeout = "x"
			},
			func(in *codedeploy.CreateDeploymentGroupInput) {
				in.BlueGreenDeploymentConfiguration.GreenFleetProvisioningOption.Action = "x"
			},
			func(in *codedeploy.CreateDeploymentGroupInput) {
				in.BlueGreenDeploymentConfiguration.TerminateBlueInstancesOnDeploymentSuccess.Action = "x"
			},
			func(in *codedeploy.CreateDeploymentGroupInput) {
				in.BlueGreenDeploymentConfiguration.TerminateBlueInstancesOnDeploymentSuccess.TerminationWaitTimeInMinutes = 2881
			},
		},
		"InvalidLoadBalancerInfoException": {
			func(in *codedeploy.CreateDeploymentGroupInput) { in.LoadBalancerInfo.ElbInfoList[0].Name = nil },
			func(in *codedeploy.CreateDeploymentGroupInput) { in.LoadBalancerInfo.TargetGroupInfoList[0].Name = nil },
			func(in *codedeploy.CreateDeploymentGroupInput) {
				in.LoadBalancerInfo.TargetGroupInfoList = slices.Repeat(in.LoadBalancerInfo.TargetGroupInfoList, 11)
			},
		},
		"InvalidTargetGroupPairException": {
			func(in *codedeploy.CreateDeploymentGroupInput) {
				in.LoadBalancerInfo.TargetGroupPairInfoList = make([]types.TargetGroupPairInfo, 1)
			},
			func(in *codedeploy.CreateDeploymentGroupInput) {
				in.LoadBalancerInfo = fullServices("a", "b").LoadBalancerInfo
				in.LoadBalancerInfo.TargetGroupPairInfoList[0].TargetGroups[1].Name = aws.String("")
			},
		},
		"InvalidInputException": {func(in *codedeploy.CreateDeploymentGroupInput) { in.OutdatedInstancesStrategy = "x" }},
	} {
		for i, change := range changes {
			in := fullGroup("bad")
			change(in)
			if _, err := c.CreateDeploymentGroup(t.Context(), in); code(err) != want {
				t.Errorf("%s, %d: %v", want, i, err)
			}
		}
	}
}
