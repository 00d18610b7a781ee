package local_test

import (
	"reflect"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/codedeploy"
	"github.com/aws/aws-sdk-go-v2/service/codedeploy/types"

	"github.com/cdx-deploy/cdx/pkg/local"
)

// canary is a traffic routing configuration in two steps.
func canary(percentage, minutes int32) *types.TrafficRoutingConfig {
	return &types.TrafficRoutingConfig{
		Type: types.TrafficRoutingTypeTimeBasedCanary, TimeBasedCanary: &types.TimeBasedCanary{CanaryInterval: minutes, CanaryPercentage: percentage},
	}
}

func TestDeploymentConfigsKeepEverySetting(t *testing.T) {
	p := listen(t, local.Options{})
	for _, in := range []codedeploy.CreateDeploymentConfigInput{
		{
			DeploymentConfigName: aws.String("zonal"), ComputePlatform: types.ComputePlatformServer,
			MinimumHealthyHosts: &types.MinimumHealthyHosts{Type: types.MinimumHealthyHostsTypeHostCount, Value: 3},
			ZonalConfig: &types.ZonalConfig{
				FirstZoneMonitorDurationInSeconds: aws.Int64(600), MonitorDurationInSeconds: aws.Int64(60),
				MinimumHealthyHostsPerZone: &types.MinimumHealthyHostsPerZone{Type: types.MinimumHealthyHostsPerZoneTypeFleetPercent, Value: 25},
			},
		},
		{DeploymentConfigName: aws.String("canary"), ComputePlatform: types.ComputePlatformEcs, TrafficRoutingConfig: canary(20, 7)},
		{DeploymentConfigName: aws.String("linear"), ComputePlatform: types.ComputePlatformLambda, TrafficRoutingConfig: &types.TrafficRoutingConfig{
			Type: types.TrafficRoutingTypeTimeBasedLinear, TimeBasedLinear: &types.TimeBasedLinear{LinearInterval: 2, LinearPercentage: 5},
		}},
		{DeploymentConfigName: aws.String("once"), ComputePlatform: types.ComputePlatformLambda, TrafficRoutingConfig: &types.TrafficRoutingConfig{
			Type: types.TrafficRoutingTypeAllAtOnce,
		}},
	} {
		must[*codedeploy.CreateDeploymentConfigOutput](t)(p.codedeploy.CreateDeploymentConfig(t.Context(), &in))
		got := must[*codedeploy.GetDeploymentConfigOutput](t)(p.codedeploy.GetDeploymentConfig(t.Context(), &codedeploy.GetDeploymentConfigInput{
			DeploymentConfigName: in.DeploymentConfigName,
		})).DeploymentConfigInfo
		want := &types.DeploymentConfigInfo{
			ComputePlatform: in.ComputePlatform, CreateTime: got.CreateTime, DeploymentConfigId: got.DeploymentConfigId, DeploymentConfigName: in.DeploymentConfigName,
			MinimumHealthyHosts: in.MinimumHealthyHosts, TrafficRoutingConfig: in.TrafficRoutingConfig, ZonalConfig: in.ZonalConfig,
		}
		if !reflect.DeepEqual(got, want) || got.CreateTime == nil || got.DeploymentConfigId == nil {
			t.Errorf("%s: %+v", *in.DeploymentConfigName, got)
		}
	}
}

// The guide says that this one, and only this one, counts the instances that are deployed to.
func TestOneAtATime(t *testing.T) {
	p := listen(t, local.Options{})
	got := must[*codedeploy.GetDeploymentConfigOutput](t)(p.codedeploy.GetDeploymentConfig(t.Context(), &codedeploy.GetDeploymentConfigInput{
		DeploymentConfigName: aws.String("CodeDeployDefault.OneAtATime"),
	})).DeploymentConfigInfo.MinimumHealthyHosts
	if got.Type != "MOST_CONCURRENCY" || got.Value != 1 {
		t.Errorf("%+v", got)
	}
}

func TestDeploymentConfigSettingExceptions(t *testing.T) {
	c := listen(t, local.Options{}).codedeploy
	hosts := &types.MinimumHealthyHosts{Type: types.MinimumHealthyHostsTypeHostCount, Value: 1}
	for want, list := range map[string][]codedeploy.CreateDeploymentConfigInput{
		"InvalidTrafficRoutingConfigurationException": {
			{ComputePlatform: types.ComputePlatformLambda, TrafficRoutingConfig: canary(0, 5)},
			{ComputePlatform: types.ComputePlatformLambda, TrafficRoutingConfig: canary(100, 5)},
			{ComputePlatform: types.ComputePlatformEcs, TrafficRoutingConfig: canary(10, 0)},
			{ComputePlatform: types.ComputePlatformEcs, TrafficRoutingConfig: &types.TrafficRoutingConfig{Type: types.TrafficRoutingTypeTimeBasedLinear}},
			{ComputePlatform: types.ComputePlatformEcs, TrafficRoutingConfig: &types.TrafficRoutingConfig{Type: "x"}},
			{ComputePlatform: types.ComputePlatformEcs, TrafficRoutingConfig: canary(10, 5), MinimumHealthyHosts: hosts},
		},
		"InvalidMinimumHealthyHostValueException": {
			{MinimumHealthyHosts: &types.MinimumHealthyHosts{Type: "MOST_CONCURRENCY", Value: 1}},
			{MinimumHealthyHosts: &types.MinimumHealthyHosts{Type: types.MinimumHealthyHostsTypeHostCount, Value: -1}},
			{MinimumHealthyHosts: hosts, TrafficRoutingConfig: canary(10, 5)},
		},
		"InvalidZonalDeploymentConfigurationException": {
			{MinimumHealthyHosts: hosts, ZonalConfig: &types.ZonalConfig{MonitorDurationInSeconds: aws.Int64(-1)}},
			{MinimumHealthyHosts: hosts, ZonalConfig: &types.ZonalConfig{MinimumHealthyHostsPerZone: &types.MinimumHealthyHostsPerZone{Type: "x"}}},
		},
	} {
		for i, in := range list {
			in.DeploymentConfigName = aws.String("bad")
			if _, err := c.CreateDeploymentConfig(t.Context(), &in); code(err) != want {
				t.Errorf("%s, %d: %v", want, i, err)
			}
		}
	}
}
