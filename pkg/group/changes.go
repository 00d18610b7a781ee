package group

import (
	"reflect"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/codedeploy"
	"github.com/aws/aws-sdk-go-v2/service/codedeploy/types"
)

// Change is a setting that differs between a group and the file that describes it.
type Change struct {
	Setting  string // the API's name, like "autoScalingGroups"
	Old, New string // the setting as YAML, with its name; empty where it is not set
}

// Changes are the settings in which the group that AWS describes differs from the
// wanted one, in the order of a file; none when applying it would change nothing.
// Defaults, the order of lists and the ways to write one selection of tags make no
// difference. A nil info stands for a group that is still to be created for the platform
// that is not known yet.
func Changes(info *types.DeploymentGroupInfo, wanted *Group) []Change {
	old, to := new(Group), wanted
	if info != nil {
		old = FromInfo(info).normal(info.ComputePlatform)
		to = wanted.completed(info).normal(info.ComputePlatform)
	}
	from, into := reflect.ValueOf(old).Elem(), reflect.ValueOf(to).Elem()
	var changes []Change
	for i := firstSetting; i < from.NumField(); i++ {
		change := Change{Setting: memberName(i), Old: setting(i, from.Field(i)), New: setting(i, into.Field(i))}
		if change.Old != change.New {
			changes = append(changes, change)
		}
	}
	return changes
}

// setting writes one member of a group.
func setting(i int, v reflect.Value) string {
	if isUnset(v) {
		return ""
	}
	one := reflect.New(reflect.TypeFor[Group]())
	one.Elem().Field(i).Set(v)
	return string(one.Interface().(*Group).YAML())
}

// completed is the group with what CodeDeploy fills in by itself, where the file says
// nothing about it: the settings of blue/green deployments, for which there is no empty
// form, and Auto Scaling groups that every deployment replaces by copies.
func (g *Group) completed(info *types.DeploymentGroupInfo) *Group {
	whole := *g
	blueGreen := types.BlueGreenDeploymentConfiguration{}
	if there := info.BlueGreenDeploymentConfiguration; there != nil {
		blueGreen = *there
	}
	if given := g.BlueGreenDeploymentConfiguration; given != nil {
		blueGreen.DeploymentReadyOption = or(given.DeploymentReadyOption, blueGreen.DeploymentReadyOption)
		blueGreen.GreenFleetProvisioningOption = or(given.GreenFleetProvisioningOption, blueGreen.GreenFleetProvisioningOption)
		blueGreen.TerminateBlueInstancesOnDeploymentSuccess = or(given.TerminateBlueInstancesOnDeploymentSuccess, blueGreen.TerminateBlueInstancesOnDeploymentSuccess)
	}
	whole.BlueGreenDeploymentConfiguration = &blueGreen
	green := blueGreen.GreenFleetProvisioningOption
	if len(g.AutoScalingGroups) == 0 && green != nil && green.Action == types.GreenFleetProvisioningActionCopyAutoScalingGroup {
		whole.AutoScalingGroups = FromInfo(info).AutoScalingGroups
	}
	whole.dropUnset()
	return &whole
}

func or[T any](given, otherwise *T) *T {
	if given != nil {
		return given
	}
	return otherwise
}

// UpdateInput is the request that makes the group that AWS describes the wanted one. It
// has the settings that differ, those that are to go in their empty form; nil when
// nothing differs.
func UpdateInput(info *types.DeploymentGroupInfo, wanted *Group) *codedeploy.UpdateDeploymentGroupInput {
	changes := Changes(info, wanted)
	if len(changes) == 0 {
		return nil
	}
	in := &codedeploy.UpdateDeploymentGroupInput{
		ApplicationName: info.ApplicationName, CurrentDeploymentGroupName: info.DeploymentGroupName,
	}
	whole := wanted.completed(info)
	whole.DeploymentStyle = wholeStyle(whole.DeploymentStyle, info.ComputePlatform)
	whole.dropUnset()
	from, empty, to := reflect.ValueOf(whole).Elem(), reflect.ValueOf(cleared(info.ComputePlatform)).Elem(), reflect.ValueOf(in).Elem()
	for i := firstSetting; i < from.NumField(); i++ {
		if !changed(changes, memberName(i)) {
			continue
		}
		value := from.Field(i)
		if isUnset(value) {
			value = empty.Field(i)
		}
		to.FieldByName(from.Type().Field(i).Name).Set(value)
	}
	old, none := FromInfo(info), cleared("")
	if in.Ec2TagFilters != nil || in.Ec2TagSet != nil {
		in.Ec2TagFilters, in.Ec2TagSet = inOneForm(whole.Ec2TagFilters, whole.Ec2TagSet, old.Ec2TagSet, none.Ec2TagFilters, none.Ec2TagSet)
	}
	if in.OnPremisesInstanceTagFilters != nil || in.OnPremisesTagSet != nil {
		in.OnPremisesInstanceTagFilters, in.OnPremisesTagSet = inOneForm(whole.OnPremisesInstanceTagFilters, whole.OnPremisesTagSet, old.OnPremisesTagSet, none.OnPremisesInstanceTagFilters, none.OnPremisesTagSet)
	}
	if in.BlueGreenDeploymentConfiguration != nil && len(whole.AutoScalingGroups) > 0 {
		in.AutoScalingGroups = whole.AutoScalingGroups // AWS wants them named again
	}
	return in
}

// changed reports whether one of the settings is among the changes.
func changed(changes []Change, settings ...string) bool {
	return slices.ContainsFunc(changes, func(c Change) bool { return slices.Contains(settings, c.Setting) })
}

// cleared has the form of each setting that takes it away: lists are removed by empty
// ones, the rest is set back to its default.
// Source: CodeDeploy API Reference, UpdateDeploymentGroup.
func cleared(platform types.ComputePlatform) *Group {
	return &Group{
		DeploymentConfigName:         aws.String(defaultConfig(platform)),
		DeploymentStyle:              wholeStyle(nil, platform),
		Ec2TagFilters:                []types.EC2TagFilter{},
		Ec2TagSet:                    &types.EC2TagSet{Ec2TagSetList: [][]types.EC2TagFilter{}},
		OnPremisesInstanceTagFilters: []types.TagFilter{},
		OnPremisesTagSet:             &types.OnPremisesTagSet{OnPremisesTagSetList: [][]types.TagFilter{}},
		AutoScalingGroups:            []string{},
		TerminationHookEnabled:       aws.Bool(false),
		EcsServices:                  []types.ECSService{},
		LoadBalancerInfo:             &types.LoadBalancerInfo{},
		TriggerConfigurations:        []types.TriggerConfig{},
		AlarmConfiguration:           &types.AlarmConfiguration{Alarms: []types.Alarm{}},
		AutoRollbackConfiguration:    &types.AutoRollbackConfiguration{Events: []types.AutoRollbackEvent{}},
		OutdatedInstancesStrategy:    types.OutdatedInstancesStrategyUpdate,
	}
}

// Diff writes the change as lines that begin with "- " for what goes, "+ " for what
// comes, and two blanks for what stays beside it.
func (c Change) Diff() []string { return diffLines(lines(c.Old), lines(c.New)) }

func lines(text string) []string {
	if text == "" {
		return nil
	}
	return strings.Split(strings.TrimSuffix(text, "\n"), "\n")
}
