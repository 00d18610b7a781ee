package report_test

import (
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/codedeploy/types"

	"github.com/cdx-deploy/cdx/internal/report"
)

func TestGroupSettings(t *testing.T) {
	last := &types.LastDeploymentInfo{DeploymentId: aws.String("d-1"), Status: types.DeploymentStatusInProgress, CreateTime: aws.Time(time.Date(2026, 2, 3, 4, 5, 6, 0, time.UTC))}
	got := report.Group(&types.DeploymentGroupInfo{
		DeploymentGroupName: aws.String("web\x1b[31m"), ComputePlatform: types.ComputePlatformServer,
		DeploymentStyle: &types.DeploymentStyle{DeploymentType: "ROLLING", DeploymentOption: types.DeploymentOptionWithoutTrafficControl},
		Ec2TagSet: &types.EC2TagSet{Ec2TagSetList: [][]types.EC2TagFilter{
			{{Key: aws.String("role"), Value: aws.String("web"), Type: types.EC2TagFilterTypeKeyAndValue}, {Key: aws.String("role"), Value: aws.String("api")}},
			{{Value: aws.String("eu"), Type: types.EC2TagFilterTypeValueOnly}},
		}},
		OnPremisesTagSet:          &types.OnPremisesTagSet{OnPremisesTagSetList: [][]types.TagFilter{{{Key: aws.String("rack"), Type: types.TagFilterTypeKeyOnly}}}},
		LoadBalancerInfo:          &types.LoadBalancerInfo{ElbInfoList: []types.ELBInfo{{Name: aws.String("old")}}},
		AlarmConfiguration:        &types.AlarmConfiguration{Enabled: true, IgnorePollAlarmFailure: true, Alarms: []types.Alarm{{Name: aws.String("cpu")}}},
		AutoRollbackConfiguration: &types.AutoRollbackConfiguration{Events: []types.AutoRollbackEvent{types.AutoRollbackEventDeploymentStopOnRequest, "NEW_EVENT"}},
		BlueGreenDeploymentConfiguration: &types.BlueGreenDeploymentConfiguration{
			GreenFleetProvisioningOption:              &types.GreenFleetProvisioningOption{Action: types.GreenFleetProvisioningActionDiscoverExisting},
			DeploymentReadyOption:                     &types.DeploymentReadyOption{ActionOnTimeout: types.DeploymentReadyActionContinueDeployment},
			TerminateBlueInstancesOnDeploymentSuccess: &types.BlueInstanceTerminationOption{Action: types.InstanceActionKeepAlive},
		},
		LastAttemptedDeployment: last,
	}, report.Screen{})
	golden(t, "group.golden", got)
	listed := report.Groups([]types.DeploymentGroupInfo{{
		DeploymentGroupName: aws.String("g"), EcsServices: []types.ECSService{{ClusterName: aws.String("c"), ServiceName: aws.String("s")}},
		LastSuccessfulDeployment: last, LastAttemptedDeployment: last,
	}, {
		DeploymentGroupName: aws.String("h"), AutoScalingGroups: []types.AutoScalingGroup{{Name: aws.String("a")}}, OnPremisesInstanceTagFilters: []types.TagFilter{{Key: aws.String("k")}},
	}}, report.Screen{})
	golden(t, "groups.golden", listed)
}
