package local_test

//lint:file-ignore SA1019 deprecated operations and shapes are tested as well

import (
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/codedeploy"
	"github.com/aws/aws-sdk-go-v2/service/codedeploy/types"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/cdx-deploy/cdx/pkg/local"
)

const ecsAppSpec = `version: 0.0
Resources:
  - TargetService:
      Type: AWS::ECS::Service
      Properties:
        TaskDefinition: "arn:aws:ecs:us-east-1:111122223333:task-definition/my-task:1"
        LoadBalancerInfo:
          ContainerName: web
          ContainerPort: 80
Hooks:
  - BeforeInstall: "LambdaFunctionToValidateBeforeInstall"
`

const lambdaAppSpec = `{"version": 0.0, "Resources": [{"fn": {"Type": "AWS::Lambda::Function", "Properties":
  {"Name": "fn", "Alias": "live", "CurrentVersion": "1", "TargetVersion": "2"}}}]}`

// addGroup makes an application for a platform with one group, and returns a function that deploys to it.
func (p *peer) addGroup(t *testing.T, platform types.ComputePlatform, change func(*codedeploy.CreateDeploymentGroupInput)) func(*types.RevisionLocation) string {
	t.Helper()
	name := aws.String("app-" + string(platform))
	must[*codedeploy.CreateApplicationOutput](t)(p.codedeploy.CreateApplication(t.Context(), &codedeploy.CreateApplicationInput{ApplicationName: name, ComputePlatform: platform}))
	in := &codedeploy.CreateDeploymentGroupInput{ApplicationName: name, DeploymentGroupName: group, ServiceRoleArn: role}
	change(in)
	must[*codedeploy.CreateDeploymentGroupOutput](t)(p.codedeploy.CreateDeploymentGroup(t.Context(), in))
	return func(r *types.RevisionLocation) string {
		return p.create(t, r, func(in *codedeploy.CreateDeploymentInput) { in.ApplicationName = name })
	}
}

// service gives a group an ECS service.
func service(in *codedeploy.CreateDeploymentGroupInput) {
	in.EcsServices = []types.ECSService{{ClusterName: aws.String("cluster"), ServiceName: aws.String("web")}}
	in.DeploymentStyle = &types.DeploymentStyle{DeploymentType: types.DeploymentTypeBlueGreen, DeploymentOption: types.DeploymentOptionWithTrafficControl}
}

// readyWait makes a group wait for a person.
func readyWait(minutes int32) func(*codedeploy.CreateDeploymentGroupInput) {
	return func(in *codedeploy.CreateDeploymentGroupInput) {
		in.BlueGreenDeploymentConfiguration = &types.BlueGreenDeploymentConfiguration{DeploymentReadyOption: &types.DeploymentReadyOption{
			ActionOnTimeout: types.DeploymentReadyActionStopDeployment, WaitTimeInMinutes: minutes,
		}}
		in.DeploymentStyle = &types.DeploymentStyle{DeploymentType: types.DeploymentTypeBlueGreen, DeploymentOption: types.DeploymentOptionWithTrafficControl}
	}
}

func TestECSDeployment(t *testing.T) {
	p := listen(t, local.Options{})
	deploy := p.addGroup(t, types.ComputePlatformEcs, service)
	id := deploy(contentOf(ecsAppSpec))
	info := p.await(t, id, hasEnded)
	if info.Status != types.DeploymentStatusSucceeded || info.ComputePlatform != types.ComputePlatformEcs || info.DeploymentOverview.Succeeded != 1 ||
		*info.DeploymentConfigName != "CodeDeployDefault.ECSAllAtOnce" || info.FileExistsBehavior != "" {
		t.Errorf("%+v %+v", info, info.ErrorInformation)
	}
	text, events := p.events(t, id)
	if want := "BeforeInstall=Skipped Install=Succeeded AfterInstall=Succeeded AllowTestTraffic=Succeeded AfterAllowTestTraffic=Succeeded " +
		"BeforeAllowTraffic=Succeeded AllowTraffic=Succeeded AfterAllowTraffic=Succeeded"; text != want {
		t.Errorf("events %s", text)
	}
	if !strings.Contains(*events[0].Diagnostics.Message, "LambdaFunctionToValidateBeforeInstall is not called") {
		t.Errorf("hook %+v", events[0].Diagnostics)
	}
	target := must[*codedeploy.GetDeploymentTargetOutput](t)(p.codedeploy.GetDeploymentTarget(t.Context(), &codedeploy.GetDeploymentTargetInput{
		DeploymentId: &id, TargetId: aws.String("cluster:web"),
	})).DeploymentTarget
	if target.DeploymentTargetType != types.DeploymentTargetTypeEcsTarget || target.EcsTarget.Status != types.TargetStatusSucceeded ||
		target.EcsTarget.TaskSetsInfo[0].TrafficWeight != 0 || target.EcsTarget.TaskSetsInfo[1].TrafficWeight != 100 {
		t.Errorf("%+v", target)
	}
}

func TestECSExceptions(t *testing.T) {
	p := listen(t, local.Options{})
	deploy := p.addGroup(t, types.ComputePlatformEcs, service)
	ecs := aws.String("app-ECS")
	create := func(change func(*codedeploy.CreateDeploymentInput)) call {
		in := &codedeploy.CreateDeploymentInput{ApplicationName: ecs, DeploymentGroupName: group, Revision: contentOf(ecsAppSpec)}
		change(in)
		return asking((*codedeploy.Client).CreateDeployment, in)
	}
	id := aws.String(deploy(contentOf(ecsAppSpec)))
	p.await(t, *id, hasEnded)
	status := func(s types.LifecycleEventStatus) call {
		return asking((*codedeploy.Client).PutLifecycleEventHookExecutionStatus, &codedeploy.PutLifecycleEventHookExecutionStatusInput{
			DeploymentId: id, Status: s, LifecycleEventHookExecutionId: none,
		})
	}
	check(t, p.codedeploy, []struct {
		want string
		call call
	}{
		{"InvalidFileExistsBehaviorException", create(func(in *codedeploy.CreateDeploymentInput) { in.FileExistsBehavior = types.FileExistsBehaviorRetain })},
		{"InvalidUpdateOutdatedInstancesOnlyValueException", create(func(in *codedeploy.CreateDeploymentInput) { in.UpdateOutdatedInstancesOnly = true })},
		{"InvalidTargetInstancesException", create(func(in *codedeploy.CreateDeploymentInput) { in.TargetInstances = &types.TargetInstances{} })},
		{"InvalidRevisionException", create(func(in *codedeploy.CreateDeploymentInput) { in.Revision = zipAt("a") })},
		{"InvalidECSServiceException", asking((*codedeploy.Client).CreateDeploymentGroup, &codedeploy.CreateDeploymentGroupInput{
			ApplicationName: ecs, DeploymentGroupName: none, ServiceRoleArn: role,
		})},
		{"InvalidDeploymentStyleException", asking((*codedeploy.Client).UpdateDeploymentGroup, &codedeploy.UpdateDeploymentGroupInput{
			ApplicationName: ecs, CurrentDeploymentGroupName: group, DeploymentStyle: &types.DeploymentStyle{DeploymentType: types.DeploymentTypeInPlace},
		})},
		{"InvalidLifecycleEventHookExecutionIdException", status(types.LifecycleEventStatusSucceeded)},
		{"InvalidLifecycleEventHookExecutionStatusException", status(types.LifecycleEventStatusPending)},
		{"InvalidComputePlatformException", asking((*codedeploy.Client).ListDeploymentInstances, &codedeploy.ListDeploymentInstancesInput{DeploymentId: id})},
	})
}

func TestInvalidContentFailsTheDeployment(t *testing.T) {
	p := listen(t, local.Options{})
	deploy := p.addGroup(t, types.ComputePlatformLambda, func(*codedeploy.CreateDeploymentGroupInput) {})
	missing := zipAt("none")
	missing.S3Location.BundleType = types.BundleTypeYaml
	for name, revision := range map[string]*types.RevisionLocation{
		"syntax":   contentOf("version: 0.0\nResources: ["),
		"resource": contentOf(`{"version": 0.0, "Resources": []}`),
		"missing":  missing,
	} {
		id := deploy(revision)
		info := p.await(t, id, hasEnded)
		if info.Status != types.DeploymentStatusFailed || info.ErrorInformation.Code != types.ErrorCodeInvalidRevision || info.DeploymentOverview != nil ||
			!strings.Contains(*info.ErrorInformation.Message, "AppSpec file that specifies the deployment configuration is missing or has an invalid configuration") {
			t.Errorf("%s: %+v %+v", name, info, info.ErrorInformation)
		}
		list := must[*codedeploy.ListDeploymentTargetsOutput](t)(p.codedeploy.ListDeploymentTargets(t.Context(), &codedeploy.ListDeploymentTargetsInput{DeploymentId: &id}))
		if len(list.TargetIds) != 0 {
			t.Errorf("%s: %v", name, list.TargetIds)
		}
	}
}

func TestLambdaDeployment(t *testing.T) {
	p := listen(t, local.Options{})
	deploy := p.addGroup(t, types.ComputePlatformLambda, func(*codedeploy.CreateDeploymentGroupInput) {})
	_, err := p.s3.PutObject(t.Context(), &s3.PutObjectInput{Bucket: aws.String("bucket"), Key: aws.String("appspec.json"), Body: strings.NewReader(lambdaAppSpec)})
	if err != nil {
		t.Fatal(err)
	}
	stored := zipAt("appspec.json")
	stored.S3Location.BundleType = types.BundleTypeJson
	text := &types.RevisionLocation{RevisionType: types.RevisionLocationTypeString, String_: &types.RawString{Content: aws.String(lambdaAppSpec)}}
	for name, revision := range map[string]*types.RevisionLocation{"content": contentOf(lambdaAppSpec), "S3": stored, "String": text} {
		id := deploy(revision)
		if info := p.await(t, id, hasEnded); info.Status != types.DeploymentStatusSucceeded {
			t.Errorf("%s: %+v", name, info.ErrorInformation)
		}
		target := must[*codedeploy.GetDeploymentTargetOutput](t)(p.codedeploy.GetDeploymentTarget(t.Context(), &codedeploy.GetDeploymentTargetInput{
			DeploymentId: &id, TargetId: aws.String("fn"),
		})).DeploymentTarget.LambdaTarget
		if len(target.LifecycleEvents) != 3 || *target.LambdaFunctionInfo.TargetVersion != "2" || *target.LambdaFunctionInfo.FunctionAlias != "live" {
			t.Errorf("%s: %+v", name, target)
		}
	}
}

func TestReadyWaitsForAPerson(t *testing.T) {
	p := listen(t, local.Options{})
	deploy := p.addGroup(t, types.ComputePlatformServer, readyWait(60))
	next := func(id string, kind types.DeploymentWaitType) error {
		_, err := p.codedeploy.ContinueDeployment(t.Context(), &codedeploy.ContinueDeploymentInput{DeploymentId: &id, DeploymentWaitType: kind})
		return err
	}
	isReady := func(info *types.DeploymentInfo) bool { return info.Status == types.DeploymentStatusReady }

	id := deploy(p.upload(t, "one.zip", goodHook))
	if info := p.await(t, id, isReady); info.DeploymentOverview.Ready != 1 || info.DeploymentOverview.Pending != 1 {
		t.Errorf("%+v", info.DeploymentOverview)
	}
	if err := next(id, "x"); code(err) != "InvalidDeploymentWaitTypeException" {
		t.Error(err)
	}
	if err := next(id, types.DeploymentWaitTypeTerminationWait); code(err) != "DeploymentIsNotInReadyStateException" {
		t.Error(err)
	}
	must[*codedeploy.SkipWaitTimeForInstanceTerminationOutput](t)(p.codedeploy.SkipWaitTimeForInstanceTermination(t.Context(), &codedeploy.SkipWaitTimeForInstanceTerminationInput{DeploymentId: &id}))
	if err := next(id, types.DeploymentWaitTypeReadyWait); err != nil {
		t.Error(err)
	}
	info := p.await(t, id, hasEnded)
	if info.Status != types.DeploymentStatusSucceeded || info.DeploymentOverview.Succeeded != 2 {
		t.Errorf("%+v", info)
	}
	blue := must[*codedeploy.ListDeploymentTargetsOutput](t)(p.codedeploy.ListDeploymentTargets(t.Context(), &codedeploy.ListDeploymentTargetsInput{
		DeploymentId: &id, TargetFilters: map[string][]string{"ServerInstanceLabel": {"Blue"}},
	}))
	if len(blue.TargetIds) != 1 || blue.TargetIds[0] != "local-blue" {
		t.Errorf("%v", blue.TargetIds)
	}

	id = deploy(zipAt("two.zip"))
	p.await(t, id, isReady)
	must[*codedeploy.StopDeploymentOutput](t)(p.codedeploy.StopDeployment(t.Context(), &codedeploy.StopDeploymentInput{DeploymentId: &id}))
	if info := p.await(t, id, hasEnded); info.Status != types.DeploymentStatusStopped || info.DeploymentOverview.Skipped != 2 {
		t.Errorf("%+v %+v", info, info.DeploymentOverview)
	}
}

func TestReadyWaitElapses(t *testing.T) {
	p := listen(t, local.Options{})
	deploy := p.addGroup(t, types.ComputePlatformServer, readyWait(0))
	info := p.await(t, deploy(zipAt("one.zip")), hasEnded)
	if info.Status != types.DeploymentStatusStopped || info.ErrorInformation.Code != types.ErrorCodeTimeout {
		t.Errorf("%+v", info)
	}
}
