package group_test

import (
	"math/rand/v2"
	"reflect"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/codedeploy"
	"github.com/aws/aws-sdk-go-v2/service/codedeploy/types"

	"github.com/cdx-deploy/cdx/pkg/group"
)

// rounds is how many random groups a property is tried on.
const rounds = 300

// TestAnyExportChangesNothing writes random groups, as AWS may describe them, as files,
// and expects that applying them has nothing to do.
func TestAnyExportChangesNothing(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for range rounds {
		info := randomInfo(random)
		before := copyOf(info)
		text := group.FromInfo(info).File(info.ComputePlatform)
		groups, err := group.Parse("exported.yml", text)
		if err != nil {
			t.Fatalf("%v\n%s", err, text)
		}
		if changes := group.Changes(info, groups[0].Group); len(changes) > 0 || group.UpdateInput(info, groups[0].Group) != nil {
			t.Fatalf("%+v\n%s", changes, text)
		}
		if !reflect.DeepEqual(info, before) {
			t.Fatalf("what AWS answered was changed:\n%s", text)
		}
	}
}

// TestAnyUpdateArrives makes any random group of any other, by the rules of
// UpdateDeploymentGroup, and expects that nothing differs then.
func TestAnyUpdateArrives(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 4))
	for range rounds {
		info, wanted := randomInfo(random), group.FromInfo(randomInfo(random))
		in := group.UpdateInput(info, wanted)
		if in == nil {
			continue
		}
		if in.Ec2TagFilters != nil && in.Ec2TagSet != nil || in.OnPremisesInstanceTagFilters != nil && in.OnPremisesTagSet != nil {
			t.Fatalf("two selections in one request: %+v", in)
		}
		carryOut(info, in)
		if left := group.Changes(info, wanted); len(left) > 0 {
			t.Fatalf("left: %+v\nwanted:\n%s", left, wanted.YAML())
		}
	}
}

// carryOut changes a group as the service does: what is given replaces what there is, and
// one way to select instances takes the other's place.
// Source: CodeDeploy API Reference, UpdateDeploymentGroup.
func carryOut(info *types.DeploymentGroupInfo, in *codedeploy.UpdateDeploymentGroupInput) {
	from, to := reflect.ValueOf(in).Elem(), reflect.ValueOf(info).Elem()
	for i := range from.NumField() {
		name := from.Type().Field(i).Name
		into := to.FieldByName(name)
		if from.Field(i).IsZero() || !into.IsValid() || into.Type() != from.Field(i).Type() {
			continue
		}
		into.Set(from.Field(i))
	}
	if in.AutoScalingGroups != nil {
		info.AutoScalingGroups = nil
		for _, name := range in.AutoScalingGroups {
			info.AutoScalingGroups = append(info.AutoScalingGroups, types.AutoScalingGroup{Name: &name})
		}
	}
	if in.TerminationHookEnabled != nil {
		info.TerminationHookEnabled = *in.TerminationHookEnabled
	}
	switch {
	case in.Ec2TagSet != nil:
		info.Ec2TagFilters = nil
	case in.Ec2TagFilters != nil:
		info.Ec2TagSet = nil
	}
	switch {
	case in.OnPremisesTagSet != nil:
		info.OnPremisesInstanceTagFilters = nil
	case in.OnPremisesInstanceTagFilters != nil:
		info.OnPremisesTagSet = nil
	}
}

// randomInfo is a group as AWS may describe it, with names that YAML finds difficult.
func randomInfo(random *rand.Rand) *types.DeploymentGroupInfo {
	info := new(types.DeploymentGroupInfo)
	randomise(random, reflect.ValueOf(info).Elem())
	info.ApplicationName, info.DeploymentGroupName = aws.String("app"), aws.String("group")
	info.ServiceRoleArn = aws.String("arn:aws:iam::1:role/r")
	info.ComputePlatform = types.ComputePlatformServer.Values()[random.IntN(3)]
	if info.DeploymentConfigName != nil && *info.DeploymentConfigName == "" {
		info.DeploymentConfigName = nil
	}
	if random.IntN(2) == 0 {
		info.Ec2TagSet = nil
	} else {
		info.Ec2TagFilters = nil
	}
	if random.IntN(2) == 0 {
		info.OnPremisesTagSet = nil
	} else {
		info.OnPremisesInstanceTagFilters = nil
	}
	return info
}

var difficult = []string{"web", "yes", "null", "2026", "a: b", "# c", "*x", "é", "0x1f", "~", "true", "a\nb", " "}

func randomise(random *rand.Rand, v reflect.Value) {
	switch v.Kind() {
	case reflect.Pointer:
		if v.Type().Elem().Kind() == reflect.Struct && v.Type().Elem().Name() == "Time" || random.IntN(3) == 0 {
			return
		}
		v.Set(reflect.New(v.Type().Elem()))
		randomise(random, v.Elem())
	case reflect.Struct:
		for i := range v.NumField() {
			if v.Type().Field(i).IsExported() {
				randomise(random, v.Field(i))
			}
		}
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), random.IntN(4), 4))
		for i := range v.Len() {
			randomise(random, v.Index(i))
		}
	case reflect.String:
		v.SetString(difficult[random.IntN(len(difficult))])
		if v.Type() != reflect.TypeFor[string]() {
			v.SetString("VALUE_" + string(rune('A'+random.IntN(4))))
		}
	case reflect.Bool:
		v.SetBool(random.IntN(2) == 0)
	case reflect.Int32:
		v.SetInt(int64(random.IntN(3)))
	}
}

// copyOf copies what lies behind pointers and in slices too.
func copyOf(info *types.DeploymentGroupInfo) *types.DeploymentGroupInfo {
	whole := new(types.DeploymentGroupInfo)
	deepCopy(reflect.ValueOf(whole).Elem(), reflect.ValueOf(info).Elem())
	return whole
}

func deepCopy(to, from reflect.Value) {
	switch from.Kind() {
	case reflect.Pointer:
		if !from.IsNil() {
			to.Set(reflect.New(from.Type().Elem()))
			deepCopy(to.Elem(), from.Elem())
		}
	case reflect.Struct:
		for i := range from.NumField() {
			if from.Type().Field(i).IsExported() {
				deepCopy(to.Field(i), from.Field(i))
			}
		}
	case reflect.Slice:
		if !from.IsNil() {
			to.Set(reflect.MakeSlice(from.Type(), from.Len(), from.Len()))
			for i := range from.Len() {
				deepCopy(to.Index(i), from.Index(i))
			}
		}
	default:
		to.Set(from)
	}
}
