package group

import (
	"reflect"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/codedeploy/types"
)

// normal is the group in the form in which two of the same settings are equal: with the
// defaults of the compute platform, without what means nothing, lists sorted whose order
// means nothing. The group itself is not changed.
func (g *Group) normal(platform types.ComputePlatform) *Group {
	n := *g
	n.dropUnset()
	if aws.ToString(n.DeploymentConfigName) == "" {
		n.DeploymentConfigName = aws.String(defaultConfig(platform))
	}
	n.DeploymentStyle = wholeStyle(n.DeploymentStyle, platform)
	if n.OutdatedInstancesStrategy == "" {
		n.OutdatedInstancesStrategy = types.OutdatedInstancesStrategyUpdate
	}
	asFilters(&n.Ec2TagFilters, &n.Ec2TagSet, ec2Lists)
	asFilters(&n.OnPremisesInstanceTagFilters, &n.OnPremisesTagSet, onPremisesLists)
	copyAndSort(reflect.ValueOf(&n).Elem())
	if n.typeFilters() {
		copyAndSort(reflect.ValueOf(&n).Elem())
	}
	return &n
}

// defaultConfig is the deployment configuration of a group that names none.
// Source: CodeDeploy API Reference, CreateDeploymentGroup, deploymentConfigName.
func defaultConfig(platform types.ComputePlatform) string {
	switch platform {
	case types.ComputePlatformLambda:
		return "CodeDeployDefault.LambdaAllAtOnce"
	case types.ComputePlatformEcs:
		return "CodeDeployDefault.ECSAllAtOnce"
	}
	return "CodeDeployDefault.OneAtATime"
}

// wholeStyle fills in what a deployment style leaves out. Servers are deployed to in
// place, Lambda and ECS always blue/green.
// Source: CodeDeploy User Guide, "Overview of deployment types".
func wholeStyle(style *types.DeploymentStyle, platform types.ComputePlatform) *types.DeploymentStyle {
	whole := types.DeploymentStyle{DeploymentType: types.DeploymentTypeInPlace, DeploymentOption: types.DeploymentOptionWithoutTrafficControl}
	if platform == types.ComputePlatformLambda || platform == types.ComputePlatformEcs {
		whole = types.DeploymentStyle{DeploymentType: types.DeploymentTypeBlueGreen, DeploymentOption: types.DeploymentOptionWithTrafficControl}
	}
	if style != nil && style.DeploymentType != "" {
		whole.DeploymentType = style.DeploymentType
	}
	if style != nil && style.DeploymentOption != "" {
		whole.DeploymentOption = style.DeploymentOption
	}
	return &whole
}

// copyAndSort sorts every list below v by what it would be written as, in copies. No list
// of a group has an order that means anything: they are all selections and names.
func copyAndSort(v reflect.Value) {
	switch v.Kind() {
	case reflect.Pointer:
		if v.IsNil() || v.Type().Elem().Kind() != reflect.Struct {
			return
		}
		whole := reflect.New(v.Type().Elem())
		whole.Elem().Set(v.Elem())
		v.Set(whole)
		copyAndSort(v.Elem())
	case reflect.Struct:
		for i := range v.NumField() {
			if v.Type().Field(i).IsExported() {
				copyAndSort(v.Field(i))
			}
		}
	case reflect.Slice:
		type item struct {
			value reflect.Value
			text  string // as it is written
		}
		items := make([]*item, v.Len())
		for i := range items {
			value := reflect.New(v.Type().Elem()).Elem()
			value.Set(v.Index(i))
			copyAndSort(value)
			items[i] = &item{value, string(encode(nodeOf(value)))}
		}
		slices.SortStableFunc(items, func(a, b *item) int { return strings.Compare(a.text, b.text) })
		sorted := reflect.MakeSlice(v.Type(), 0, len(items))
		for _, one := range items {
			sorted = reflect.Append(sorted, one.value)
		}
		v.Set(sorted)
	}
}
