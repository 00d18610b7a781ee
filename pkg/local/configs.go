package local

import (
	"context"
	"maps"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/codedeploy"
	"github.com/aws/aws-sdk-go-v2/service/codedeploy/types"
)

// predefinedPrefix begins the names of the configurations that every account has.
const predefinedPrefix = "CodeDeployDefault."

// predefined finds one of the configurations that every account has.
// Source: AWS CodeDeploy User Guide, "Working with deployment configurations".
func predefined(name string) *types.DeploymentConfigInfo {
	for _, config := range predefinedConfigs() {
		if *config.DeploymentConfigName == name {
			return &config
		}
	}
	return nil
}

func predefinedConfigs() []types.DeploymentConfigInfo {
	lambda, ecs := types.ComputePlatformLambda, types.ComputePlatformEcs
	return []types.DeploymentConfigInfo{
		serverConfig("OneAtATime", mostConcurrency, 1),
		serverConfig("HalfAtATime", types.MinimumHealthyHostsTypeFleetPercent, 50),
		serverConfig("AllAtOnce", types.MinimumHealthyHostsTypeFleetPercent, 0),
		canaryConfig(lambda, "LambdaCanary10Percent5Minutes", 5),
		canaryConfig(lambda, "LambdaCanary10Percent10Minutes", 10),
		canaryConfig(lambda, "LambdaCanary10Percent15Minutes", 15),
		canaryConfig(lambda, "LambdaCanary10Percent30Minutes", 30),
		linearConfig(lambda, "LambdaLinear10PercentEvery1Minute", 1),
		linearConfig(lambda, "LambdaLinear10PercentEvery2Minutes", 2),
		linearConfig(lambda, "LambdaLinear10PercentEvery3Minutes", 3),
		linearConfig(lambda, "LambdaLinear10PercentEvery10Minutes", 10),
		trafficConfig(lambda, "LambdaAllAtOnce", &types.TrafficRoutingConfig{Type: types.TrafficRoutingTypeAllAtOnce}),
		canaryConfig(ecs, "ECSCanary10Percent5Minutes", 5),
		canaryConfig(ecs, "ECSCanary10Percent15Minutes", 15),
		linearConfig(ecs, "ECSLinear10PercentEvery1Minutes", 1),
		linearConfig(ecs, "ECSLinear10PercentEvery3Minutes", 3),
		trafficConfig(ecs, "ECSAllAtOnce", &types.TrafficRoutingConfig{Type: types.TrafficRoutingTypeAllAtOnce}),
	}
}

// mostConcurrency is what OneAtATime has, and nobody else can have: deploy to that many instances at a time.
// Source: AWS CodeDeploy API Reference, MinimumHealthyHosts.
const mostConcurrency types.MinimumHealthyHostsType = "MOST_CONCURRENCY"

func serverConfig(name string, kind types.MinimumHealthyHostsType, value int32) types.DeploymentConfigInfo {
	return types.DeploymentConfigInfo{
		ComputePlatform: types.ComputePlatformServer, DeploymentConfigName: aws.String(predefinedPrefix + name),
		DeploymentConfigId:  aws.String(uuidOf(name)),
		MinimumHealthyHosts: &types.MinimumHealthyHosts{Type: kind, Value: value},
	}
}

func trafficConfig(platform types.ComputePlatform, name string, routing *types.TrafficRoutingConfig) types.DeploymentConfigInfo {
	return types.DeploymentConfigInfo{
		ComputePlatform: platform, DeploymentConfigName: aws.String(predefinedPrefix + name),
		DeploymentConfigId: aws.String(uuidOf(name)), TrafficRoutingConfig: routing,
	}
}

func canaryConfig(platform types.ComputePlatform, name string, minutes int32) types.DeploymentConfigInfo {
	return trafficConfig(platform, name, &types.TrafficRoutingConfig{
		Type:            types.TrafficRoutingTypeTimeBasedCanary,
		TimeBasedCanary: &types.TimeBasedCanary{CanaryInterval: minutes, CanaryPercentage: 10},
	})
}

func linearConfig(platform types.ComputePlatform, name string, minutes int32) types.DeploymentConfigInfo {
	return trafficConfig(platform, name, &types.TrafficRoutingConfig{
		Type:            types.TrafficRoutingTypeTimeBasedLinear,
		TimeBasedLinear: &types.TimeBasedLinear{LinearInterval: minutes, LinearPercentage: 10},
	})
}

// findConfig checks a name and finds its configuration.
func (a *api) findConfig(name *string) (*types.DeploymentConfigInfo, error) {
	valid, err := requireConfigName(name)
	if err != nil {
		return nil, err
	}
	if config := a.configs[valid]; config != nil {
		return config, nil
	}
	if config := predefined(valid); config != nil {
		return config, nil
	}
	return nil, exception("DeploymentConfigDoesNotExistException", "No deployment configuration found for name: %s", valid)
}

// maxConfigs is how many deployment configurations a user may make.
// Source: AWS CodeDeploy User Guide, "Quotas".
const maxConfigs = 50

func (a *api) createDeploymentConfig(_ context.Context, in *codedeploy.CreateDeploymentConfigInput) (*codedeploy.CreateDeploymentConfigOutput, error) {
	name, err := requireConfigName(in.DeploymentConfigName)
	if err != nil {
		return nil, err
	}
	if strings.HasPrefix(name, predefinedPrefix) {
		return nil, exception("InvalidDeploymentConfigNameException", "Deployment configuration names cannot begin with %s", predefinedPrefix)
	}
	if a.configs[name] != nil {
		return nil, exception("DeploymentConfigAlreadyExistsException", "Deployment configuration already exists: %s", name)
	}
	if len(a.configs) >= maxConfigs {
		return nil, exception("DeploymentConfigLimitExceededException", "The maximum number of custom deployment configurations is %d", maxConfigs)
	}
	if err := checkConfig(in); err != nil {
		return nil, err
	}
	platform := in.ComputePlatform
	if platform == "" {
		platform = types.ComputePlatformServer
	}
	a.configs[name] = &types.DeploymentConfigInfo{
		ComputePlatform: platform, CreateTime: now(), DeploymentConfigId: aws.String(newUUID()), DeploymentConfigName: &name,
		MinimumHealthyHosts: in.MinimumHealthyHosts, TrafficRoutingConfig: in.TrafficRoutingConfig, ZonalConfig: in.ZonalConfig,
	}
	return &codedeploy.CreateDeploymentConfigOutput{DeploymentConfigId: a.configs[name].DeploymentConfigId}, nil
}

// checkConfig checks what a new configuration says against its platform.
func checkConfig(in *codedeploy.CreateDeploymentConfigInput) error {
	if !known(in.ComputePlatform, in.ComputePlatform.Values()) {
		return exception("InvalidComputePlatformException", "Invalid compute platform: %s", in.ComputePlatform)
	}
	if in.ComputePlatform == types.ComputePlatformLambda || in.ComputePlatform == types.ComputePlatformEcs {
		if in.MinimumHealthyHosts != nil || in.ZonalConfig != nil || !validRouting(in.TrafficRoutingConfig) {
			return exception("InvalidTrafficRoutingConfigurationException", "The traffic routing configuration is missing or not valid")
		}
		return nil
	}
	hosts := in.MinimumHealthyHosts
	if in.TrafficRoutingConfig != nil || hosts == nil || !isOne(hosts.Type) || !validMinimum(hosts.Type == types.MinimumHealthyHostsTypeFleetPercent, hosts.Value) {
		return exception("InvalidMinimumHealthyHostValueException", "The minimum number of healthy hosts is missing or not valid")
	}
	return checkZonal(in.ZonalConfig)
}

// validMinimum reports whether a minimum of healthy hosts leaves something to deploy to.
func validMinimum(percent bool, value int32) bool { return value >= 0 && (!percent || value < 100) }

// validRouting reports whether a configuration says how traffic is shifted, whole.
func validRouting(routing *types.TrafficRoutingConfig) bool {
	if routing == nil {
		return false
	}
	partOf := func(percentage, minutes int32) bool { return percentage > 0 && percentage < 100 && minutes > 0 }
	switch canary, linear := routing.TimeBasedCanary, routing.TimeBasedLinear; routing.Type {
	case types.TrafficRoutingTypeTimeBasedCanary:
		return linear == nil && canary != nil && partOf(canary.CanaryPercentage, canary.CanaryInterval)
	case types.TrafficRoutingTypeTimeBasedLinear:
		return canary == nil && linear != nil && partOf(linear.LinearPercentage, linear.LinearInterval)
	case types.TrafficRoutingTypeAllAtOnce:
		return canary == nil && linear == nil
	}
	return false
}

func checkZonal(zonal *types.ZonalConfig) error {
	if zonal == nil {
		return nil
	}
	valid := aws.ToInt64(zonal.MonitorDurationInSeconds) >= 0 && aws.ToInt64(zonal.FirstZoneMonitorDurationInSeconds) >= 0
	if hosts := zonal.MinimumHealthyHostsPerZone; hosts != nil {
		valid = valid && isOne(hosts.Type) && validMinimum(hosts.Type == types.MinimumHealthyHostsPerZoneTypeFleetPercent, hosts.Value)
	}
	if !valid {
		return exception("InvalidZonalDeploymentConfigurationException", "The zonal configuration is not valid")
	}
	return nil
}

func (a *api) getDeploymentConfig(_ context.Context, in *codedeploy.GetDeploymentConfigInput) (*codedeploy.GetDeploymentConfigOutput, error) {
	config, err := a.findConfig(in.DeploymentConfigName)
	if err != nil {
		return nil, err
	}
	return &codedeploy.GetDeploymentConfigOutput{DeploymentConfigInfo: config}, nil
}

func (a *api) listDeploymentConfigs(_ context.Context, in *codedeploy.ListDeploymentConfigsInput) (*codedeploy.ListDeploymentConfigsOutput, error) {
	names := slices.Collect(maps.Keys(a.configs))
	for _, config := range predefinedConfigs() {
		names = append(names, *config.DeploymentConfigName)
	}
	slices.Sort(names)
	listed, next, err := page(names, in.NextToken)
	if err != nil {
		return nil, err
	}
	return &codedeploy.ListDeploymentConfigsOutput{DeploymentConfigsList: listed, NextToken: next}, nil
}

func (a *api) deleteDeploymentConfig(_ context.Context, in *codedeploy.DeleteDeploymentConfigInput) (*codedeploy.DeleteDeploymentConfigOutput, error) {
	name, err := requireConfigName(in.DeploymentConfigName)
	if err != nil {
		return nil, err
	}
	if predefined(name) != nil {
		return nil, exception("InvalidOperationException", "Default deployment configurations cannot be deleted: %s", name)
	}
	for _, app := range a.applications {
		for _, g := range app.groups {
			if aws.ToString(g.info.DeploymentConfigName) == name {
				return nil, exception("DeploymentConfigInUseException", "The deployment configuration %s is in use", name)
			}
		}
	}
	delete(a.configs, name)
	return &codedeploy.DeleteDeploymentConfigOutput{}, nil
}
