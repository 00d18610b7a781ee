package group_test

import (
	"context"
	"errors"
	"flag"
	"net/http/httptest"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/codedeploy"
	"github.com/aws/aws-sdk-go-v2/service/codedeploy/types"

	"github.com/cdx-deploy/cdx/pkg/group"
	"github.com/cdx-deploy/cdx/pkg/local"
)

var update = flag.Bool("update", false, "rewrite golden files")

// service returns a client of the embedded service with an application for each platform.
func service(t *testing.T) *codedeploy.Client {
	t.Helper()
	served, err := local.New(local.Options{Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(served.Handler())
	t.Cleanup(func() {
		server.Close()
		if err := served.Close(); err != nil {
			t.Error(err)
		}
	})
	pair := served.Credentials()
	client := codedeploy.New(codedeploy.Options{
		BaseEndpoint: &server.URL, Region: served.Region(), RetryMaxAttempts: 1,
		Credentials: credentials.NewStaticCredentialsProvider(pair.AccessKeyID, pair.SecretAccessKey, ""),
	})
	for _, platform := range types.ComputePlatformServer.Values() {
		if _, err := client.CreateApplication(t.Context(), &codedeploy.CreateApplicationInput{
			ApplicationName: aws.String(strings.ToLower(string(platform))), ComputePlatform: platform,
		}); err != nil && platform != "Kubernetes" {
			t.Fatal(err)
		}
	}
	return client
}

// examples are files of every kind of group.
func examples(t *testing.T) map[string]*group.Group {
	t.Helper()
	names, err := filepath.Glob(filepath.Join("testdata", "kinds", "*.yml"))
	if err != nil || len(names) < 8 {
		t.Fatalf("examples: %v, %v", names, err)
	}
	all := make(map[string]*group.Group)
	for _, name := range names {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		groups, err := group.Parse(name, text)
		if err != nil || len(groups) != 1 {
			t.Fatalf("%d groups, %v", len(groups), err)
		}
		all[strings.TrimSuffix(filepath.Base(name), ".yml")] = groups[0].Group
	}
	return all
}

// TestAppliedExportChangesNothing creates a group of each kind, writes it as a file, and
// expects that applying the file has nothing to do.
func TestAppliedExportChangesNothing(t *testing.T) {
	client := service(t)
	for name, wanted := range examples(t) {
		t.Run(name, func(t *testing.T) {
			plan := look(t, client, wanted)
			if plan.Info != nil || plan.Nothing() || len(plan.Changes) == 0 {
				t.Fatalf("a group that is not there: %+v", plan)
			}
			applied, err := plan.Apply(t.Context(), client)
			if err != nil || len(applied.Left) > 0 {
				t.Fatalf("%+v, %v", applied, err)
			}
			if plan := look(t, client, wanted); !plan.Nothing() {
				t.Errorf("the file that made it: %+v", plan.Changes)
			}
			exported := group.FromInfo(applied.Info).File(applied.Info.ComputePlatform)
			golden(t, filepath.Join("testdata", "kinds", name+".golden"), exported)
			again, err := group.Parse("exported.yml", exported)
			if err != nil || len(again) != 1 {
				t.Fatalf("the exported file: %v", err)
			}
			same := look(t, client, again[0].Group)
			if !same.Nothing() || group.UpdateInput(same.Info, again[0].Group) != nil {
				t.Errorf("the exported file: %+v", same.Changes)
			}
			if applied, err := same.Apply(t.Context(), nil); err != nil || applied.Info == nil {
				t.Errorf("nothing to do: %+v, %v", applied, err)
			}
		})
	}
}

// TestEveryKindBecomesEveryOther updates a group of each kind to each other one of its
// application, and back.
func TestEveryKindBecomesEveryOther(t *testing.T) {
	client := service(t)
	all := examples(t)
	for from, first := range all {
		for to, second := range all {
			if from == to || *first.ApplicationName != *second.ApplicationName {
				continue
			}
			t.Run(from+" becomes "+to, func(t *testing.T) {
				for _, wanted := range []*group.Group{first, second, first} {
					renamed := *wanted
					renamed.DeploymentGroupName = aws.String(from + "-" + to)
					applied, err := look(t, client, &renamed).Apply(t.Context(), client)
					if err != nil || len(applied.Left) > 0 {
						t.Fatalf("%+v, %v", applied, err)
					}
				}
			})
		}
	}
}

func look(t *testing.T, client group.API, wanted *group.Group) *group.Plan {
	t.Helper()
	plan, err := group.Look(t.Context(), client, wanted)
	if err != nil {
		t.Fatal(err)
	}
	return plan
}

func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	if *update {
		if err := os.WriteFile(name, got, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(name)
	if err != nil || string(want) != string(got) {
		t.Errorf("%s: %v\n%s", name, err, got)
	}
}

// TestClearing takes everything away that a group has, and expects the empty forms.
func TestClearing(t *testing.T) {
	info := &types.DeploymentGroupInfo{
		ApplicationName: aws.String("a"), DeploymentGroupName: aws.String("g"), ServiceRoleArn: aws.String("arn:aws:iam::1:role/r"),
		ComputePlatform: types.ComputePlatformServer, DeploymentConfigName: aws.String("Own"),
		DeploymentStyle:           &types.DeploymentStyle{DeploymentType: types.DeploymentTypeBlueGreen, DeploymentOption: types.DeploymentOptionWithTrafficControl},
		Ec2TagFilters:             []types.EC2TagFilter{{Key: aws.String("k")}},
		OnPremisesTagSet:          &types.OnPremisesTagSet{OnPremisesTagSetList: [][]types.TagFilter{{{Key: aws.String("k")}}, {{Key: aws.String("l")}}}},
		AutoScalingGroups:         []types.AutoScalingGroup{{Name: aws.String("asg"), Hook: aws.String("hook")}},
		LoadBalancerInfo:          &types.LoadBalancerInfo{ElbInfoList: []types.ELBInfo{{Name: aws.String("lb")}}},
		AlarmConfiguration:        &types.AlarmConfiguration{Enabled: true, Alarms: []types.Alarm{{Name: aws.String("cpu")}}},
		TriggerConfigurations:     []types.TriggerConfig{{TriggerName: aws.String("t")}},
		AutoRollbackConfiguration: &types.AutoRollbackConfiguration{Enabled: true, Events: []types.AutoRollbackEvent{types.AutoRollbackEventDeploymentFailure}},
		OutdatedInstancesStrategy: types.OutdatedInstancesStrategyIgnore, TerminationHookEnabled: true,
		BlueGreenDeploymentConfiguration: &types.BlueGreenDeploymentConfiguration{
			DeploymentReadyOption: &types.DeploymentReadyOption{ActionOnTimeout: types.DeploymentReadyActionContinueDeployment},
		},
	}
	wanted := &group.Group{ApplicationName: info.ApplicationName, DeploymentGroupName: info.DeploymentGroupName, ServiceRoleArn: info.ServiceRoleArn}
	got := group.UpdateInput(info, wanted)
	want := &codedeploy.UpdateDeploymentGroupInput{
		ApplicationName: info.ApplicationName, CurrentDeploymentGroupName: info.DeploymentGroupName,
		DeploymentConfigName:      aws.String("CodeDeployDefault.OneAtATime"),
		DeploymentStyle:           &types.DeploymentStyle{DeploymentType: types.DeploymentTypeInPlace, DeploymentOption: types.DeploymentOptionWithoutTrafficControl},
		Ec2TagFilters:             []types.EC2TagFilter{},
		OnPremisesTagSet:          &types.OnPremisesTagSet{OnPremisesTagSetList: [][]types.TagFilter{}},
		AutoScalingGroups:         []string{},
		LoadBalancerInfo:          &types.LoadBalancerInfo{},
		AlarmConfiguration:        &types.AlarmConfiguration{Alarms: []types.Alarm{}},
		TriggerConfigurations:     []types.TriggerConfig{},
		AutoRollbackConfiguration: &types.AutoRollbackConfiguration{Events: []types.AutoRollbackEvent{}},
		OutdatedInstancesStrategy: types.OutdatedInstancesStrategyUpdate, TerminationHookEnabled: aws.Bool(false),
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
}

// TestCopiedScalingGroupsStay leaves the Auto Scaling groups alone that CodeDeploy
// replaces in every deployment, unless the file names some.
func TestCopiedScalingGroupsStay(t *testing.T) {
	info := &types.DeploymentGroupInfo{
		ComputePlatform: types.ComputePlatformServer, AutoScalingGroups: []types.AutoScalingGroup{{Name: aws.String("CodeDeploy_g_d-1")}},
		BlueGreenDeploymentConfiguration: &types.BlueGreenDeploymentConfiguration{
			GreenFleetProvisioningOption: &types.GreenFleetProvisioningOption{Action: types.GreenFleetProvisioningActionCopyAutoScalingGroup},
			DeploymentReadyOption:        &types.DeploymentReadyOption{ActionOnTimeout: types.DeploymentReadyActionContinueDeployment},
		},
	}
	silent := &group.Group{BlueGreenDeploymentConfiguration: &types.BlueGreenDeploymentConfiguration{
		GreenFleetProvisioningOption: info.BlueGreenDeploymentConfiguration.GreenFleetProvisioningOption,
	}}
	if changes := group.Changes(info, silent); len(changes) > 0 {
		t.Errorf("%+v", changes)
	}
	named := *silent
	named.AutoScalingGroups = []string{"mine"}
	named.BlueGreenDeploymentConfiguration = &types.BlueGreenDeploymentConfiguration{
		DeploymentReadyOption: &types.DeploymentReadyOption{ActionOnTimeout: types.DeploymentReadyActionStopDeployment, WaitTimeInMinutes: 5},
	}
	in := group.UpdateInput(info, &named)
	if in == nil || !reflect.DeepEqual(in.AutoScalingGroups, []string{"mine"}) ||
		in.BlueGreenDeploymentConfiguration.GreenFleetProvisioningOption == nil || in.BlueGreenDeploymentConfiguration.DeploymentReadyOption.WaitTimeInMinutes != 5 {
		t.Errorf("%+v", in)
	}
}

// TestSameSelection reads one selection of tags in all the ways it may be written.
func TestSameSelection(t *testing.T) {
	filters := []types.EC2TagFilter{{Key: aws.String("a"), Value: aws.String("1"), Type: types.EC2TagFilterTypeKeyAndValue}, {Key: aws.String("b"), Type: types.EC2TagFilterTypeKeyOnly}}
	untyped := []types.EC2TagFilter{{Key: aws.String("b")}, {Key: aws.String("a"), Value: aws.String("1")}}
	set := &types.EC2TagSet{Ec2TagSetList: [][]types.EC2TagFilter{filters}}
	for name, info := range map[string]*types.DeploymentGroupInfo{
		"filters": {Ec2TagFilters: filters}, "set": {Ec2TagSet: set}, "both": {Ec2TagFilters: filters, Ec2TagSet: set},
	} {
		for as, wanted := range map[string]*group.Group{
			"filters": {Ec2TagFilters: filters}, "set": {Ec2TagSet: set}, "filters without types in another order": {Ec2TagFilters: untyped},
		} {
			if changes := group.Changes(info, wanted); len(changes) > 0 {
				t.Errorf("%s as %s: %+v", name, as, changes)
			}
		}
	}
	partly := []types.EC2TagFilter{{Key: aws.String("a"), Value: aws.String("2"), Type: types.EC2TagFilterTypeKeyAndValue}, {Key: aws.String("a"), Value: aws.String("1")}}
	typed := []types.EC2TagFilter{filters[0], partly[0]}
	if changes := group.Changes(&types.DeploymentGroupInfo{Ec2TagFilters: typed}, &group.Group{Ec2TagFilters: partly}); len(changes) > 0 {
		t.Errorf("filters of which one has no type: %+v", changes)
	}
	if g := group.FromInfo(&types.DeploymentGroupInfo{Ec2TagFilters: filters, Ec2TagSet: set}); g.Ec2TagSet != nil {
		t.Error("a selection that AWS answers twice is written twice")
	}
	if untyped[0].Type != "" {
		t.Error("comparing changed what it was given")
	}
	in := group.UpdateInput(&types.DeploymentGroupInfo{Ec2TagFilters: filters}, &group.Group{
		Ec2TagSet: &types.EC2TagSet{Ec2TagSetList: [][]types.EC2TagFilter{{{Key: aws.String("c")}}}},
	})
	if in.Ec2TagFilters != nil || in.Ec2TagSet == nil {
		t.Errorf("filters become a set: %+v", in)
	}
}

// refusing answers each operation with an error, after some that succeed.
type refusing struct {
	group.API
	get, create, update error
	gets                int
}

var errRefused = errors.New("refused")

func (r *refusing) GetDeploymentGroup(ctx context.Context, in *codedeploy.GetDeploymentGroupInput, opts ...func(*codedeploy.Options)) (*codedeploy.GetDeploymentGroupOutput, error) {
	if r.gets--; r.gets < 0 && r.get != nil {
		return nil, r.get
	}
	return r.API.GetDeploymentGroup(ctx, in, opts...)
}

func (r *refusing) CreateDeploymentGroup(ctx context.Context, in *codedeploy.CreateDeploymentGroupInput, opts ...func(*codedeploy.Options)) (*codedeploy.CreateDeploymentGroupOutput, error) {
	if r.create != nil {
		return nil, r.create
	}
	return r.API.CreateDeploymentGroup(ctx, in, opts...)
}

func (r *refusing) UpdateDeploymentGroup(ctx context.Context, in *codedeploy.UpdateDeploymentGroupInput, opts ...func(*codedeploy.Options)) (*codedeploy.UpdateDeploymentGroupOutput, error) {
	if r.update != nil {
		return nil, r.update
	}
	return r.API.UpdateDeploymentGroup(ctx, in, opts...)
}

func TestRefusals(t *testing.T) {
	client := service(t)
	wanted := examples(t)["tags"]
	if _, err := group.Look(t.Context(), &refusing{API: client, get: errRefused}, wanted); !errors.Is(err, errRefused) {
		t.Errorf("look: %v", err)
	}
	elsewhere := *wanted
	elsewhere.ApplicationName = aws.String("missing")
	var missing *types.ApplicationDoesNotExistException
	if _, err := group.Look(t.Context(), client, &elsewhere); !errors.As(err, &missing) {
		t.Errorf("an application that is not there: %v", err)
	}
	plan := look(t, client, wanted)
	if _, err := plan.Apply(t.Context(), &refusing{API: client, create: errRefused}); !errors.Is(err, errRefused) || !strings.Contains(err.Error(), "create deployment group tags of server") {
		t.Errorf("create: %v", err)
	}
	if applied, err := plan.Apply(t.Context(), &refusing{API: client, get: errRefused}); err != nil || applied.Info != nil || applied.Left != nil {
		t.Errorf("a group that may not be looked at afterwards: %+v, %v", applied, err)
	}
	// Created meanwhile: by a request whose answer was lost, or by somebody else.
	if _, err := plan.Apply(t.Context(), client); err != nil {
		t.Errorf("it is there as it should be: %v", err)
	}
	var exists *types.DeploymentGroupAlreadyExistsException
	other := &group.Plan{Group: &group.Group{ApplicationName: wanted.ApplicationName, DeploymentGroupName: wanted.DeploymentGroupName, ServiceRoleArn: wanted.ServiceRoleArn}}
	if _, err := other.Apply(t.Context(), client); !errors.As(err, &exists) {
		t.Errorf("it is there, but differs: %v", err)
	}
	changed := *wanted
	changed.AutoScalingGroups = []string{"new"}
	plan = look(t, client, &changed)
	if _, err := plan.Apply(t.Context(), &refusing{API: client, update: errRefused}); !errors.Is(err, errRefused) {
		t.Errorf("update: %v", err)
	}
	if _, err := plan.Apply(t.Context(), client); err != nil {
		t.Error(err)
	}
}

func TestDiff(t *testing.T) {
	for _, test := range []struct {
		name     string
		old, new string
		want     string
	}{
		{"new", "", "a:\n  - x\n", "+ a:|+   - x"},
		{"gone", "a: 1\n", "", "- a: 1"},
		{"within", "a:\n  - x\n  - y\n  - z\n", "a:\n  - x\n  - w\n  - z\n", "  a:|    - x|-   - y|+   - w|    - z"},
		{"longer", "a:\n  - y\n", "a:\n  - x\n  - y\n  - z\n", "  a:|+   - x|    - y|+   - z"},
	} {
		if got := strings.Join(group.Change{Old: test.old, New: test.new}.Diff(), "|"); got != test.want {
			t.Errorf("%s: %s", test.name, got)
		}
	}
}
