// Package group keeps CodeDeploy deployment groups in YAML files: it writes a group
// that exists as such a file, reads files, says what applying one would change, and
// makes the requests that do so.
//
// A file is the input of CreateDeploymentGroup, in YAML and with the API's own names,
// so that the AWS CLI takes it too (create-deployment-group --cli-input-yaml). What a
// file leaves out is at its default after it was applied, with two exceptions for what
// CodeDeploy itself fills in: blueGreenDeploymentConfiguration, and the
// autoScalingGroups of a group that replaces them in every deployment.
package group

import (
	"reflect"

	"github.com/aws/aws-sdk-go-v2/service/codedeploy"
	"github.com/aws/aws-sdk-go-v2/service/codedeploy/types"

	"github.com/cdx-deploy/cdx/pkg/revision/shorthand"
)

// Group is a deployment group as a file describes it: the members of
// CreateDeploymentGroup's input, in the order in which they are written. A nil or empty
// member is one that the file leaves out.
type Group struct {
	ApplicationName                  *string // may be left out of a file; then the caller gives it
	DeploymentGroupName              *string
	ServiceRoleArn                   *string
	DeploymentConfigName             *string
	DeploymentStyle                  *types.DeploymentStyle
	Ec2TagFilters                    []types.EC2TagFilter
	Ec2TagSet                        *types.EC2TagSet
	OnPremisesInstanceTagFilters     []types.TagFilter
	OnPremisesTagSet                 *types.OnPremisesTagSet
	AutoScalingGroups                []string
	TerminationHookEnabled           *bool
	EcsServices                      []types.ECSService
	LoadBalancerInfo                 *types.LoadBalancerInfo
	BlueGreenDeploymentConfiguration *types.BlueGreenDeploymentConfiguration
	TriggerConfigurations            []types.TriggerConfig
	AlarmConfiguration               *types.AlarmConfiguration
	AutoRollbackConfiguration        *types.AutoRollbackConfiguration
	OutdatedInstancesStrategy        types.OutdatedInstancesStrategy
}

// firstSetting is the index of the first member of a Group that is not its name.
const firstSetting = 2

// FromInfo is the group that AWS describes, with what is set of it. info is not changed,
// and its parts are shared.
func FromInfo(info *types.DeploymentGroupInfo) *Group {
	g := new(Group)
	from, to := reflect.ValueOf(info).Elem(), reflect.ValueOf(g).Elem()
	for i := range to.NumField() {
		member, same := to.Type().Field(i), from.FieldByName(to.Type().Field(i).Name)
		if same.Type() == member.Type {
			to.Field(i).Set(same)
		}
	}
	for _, scaling := range info.AutoScalingGroups {
		if scaling.Name != nil {
			g.AutoScalingGroups = append(g.AutoScalingGroups, *scaling.Name)
		}
	}
	if info.TerminationHookEnabled {
		g.TerminationHookEnabled = &info.TerminationHookEnabled
	}
	dropSame(g.Ec2TagFilters, &g.Ec2TagSet, ec2Lists)
	dropSame(g.OnPremisesInstanceTagFilters, &g.OnPremisesTagSet, onPremisesLists)
	g.dropUnset()
	return g
}

// dropUnset removes what means the same as its absence.
func (g *Group) dropUnset() {
	if len(ec2Lists(g.Ec2TagSet)) == 0 {
		g.Ec2TagSet = nil
	}
	if len(onPremisesLists(g.OnPremisesTagSet)) == 0 {
		g.OnPremisesTagSet = nil
	}
	if lb := g.LoadBalancerInfo; lb != nil && len(lb.ElbInfoList)+len(lb.TargetGroupInfoList)+len(lb.TargetGroupPairInfoList) == 0 {
		g.LoadBalancerInfo = nil
	}
	if alarms := g.AlarmConfiguration; alarms != nil && !alarms.Enabled && !alarms.IgnorePollAlarmFailure && len(alarms.Alarms) == 0 {
		g.AlarmConfiguration = nil
	}
	if rollback := g.AutoRollbackConfiguration; rollback != nil && !rollback.Enabled && len(rollback.Events) == 0 {
		g.AutoRollbackConfiguration = nil
	}
	if b := g.BlueGreenDeploymentConfiguration; b != nil && *b == (types.BlueGreenDeploymentConfiguration{}) {
		g.BlueGreenDeploymentConfiguration = nil
	}
	if hook := g.TerminationHookEnabled; hook != nil && !*hook {
		g.TerminationHookEnabled = nil
	}
}

// FromCreateInput is the group that a request would make; parts are shared.
func FromCreateInput(in *codedeploy.CreateDeploymentGroupInput) *Group {
	g := new(Group)
	from, to := reflect.ValueOf(in).Elem(), reflect.ValueOf(g).Elem()
	for i := range to.NumField() {
		to.Field(i).Set(from.FieldByName(to.Type().Field(i).Name))
	}
	g.dropUnset()
	return g
}

// CreateInput is the request that makes the group.
func (g *Group) CreateInput() *codedeploy.CreateDeploymentGroupInput {
	in := new(codedeploy.CreateDeploymentGroupInput)
	from, to := reflect.ValueOf(g).Elem(), reflect.ValueOf(in).Elem()
	for i := range from.NumField() {
		to.FieldByName(from.Type().Field(i).Name).Set(from.Field(i))
	}
	return in
}

// memberName is the API's name of the i-th member of a Group.
func memberName(i int) string {
	t := reflect.TypeFor[Group]()
	return shorthand.MemberName(t, t.Field(i).Name)
}

// isUnset reports a member that is not written.
func isUnset(v reflect.Value) bool {
	return v.IsZero() || v.Kind() == reflect.Slice && v.Len() == 0
}
