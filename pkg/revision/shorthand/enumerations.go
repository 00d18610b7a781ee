package shorthand

import (
	"reflect"

	"github.com/aws/aws-sdk-go-v2/service/codedeploy/types"
)

// enumeration is a type of the SDK whose values are known.
type enumeration struct {
	of  reflect.Type
	are []string
}

// Values are the values of an enumeration of the SDK, of those that inputs of CodeDeploy
// lead to; nil for any other type. They are taken by the interface of each, since finding
// a method by name keeps the linker from leaving unused ones out.
func Values(t reflect.Type) []string {
	if t.Kind() != reflect.String {
		return nil
	}
	for _, one := range enumerations() {
		if one.of == t {
			return one.are
		}
	}
	return nil
}

func enumerations() []enumeration {
	return []enumeration{
		enumerate(types.DeploymentOption("").Values()),
		enumerate(types.DeploymentType("").Values()),
		enumerate(types.EC2TagFilterType("").Values()),
		enumerate(types.TagFilterType("").Values()),
		enumerate(types.DeploymentReadyAction("").Values()),
		enumerate(types.GreenFleetProvisioningAction("").Values()),
		enumerate(types.InstanceAction("").Values()),
		enumerate(types.TriggerEventType("").Values()),
		enumerate(types.AutoRollbackEvent("").Values()),
		enumerate(types.OutdatedInstancesStrategy("").Values()),
		enumerate(types.ComputePlatform("").Values()),
		enumerate(types.ApplicationRevisionSortBy("").Values()),
		enumerate(types.SortOrder("").Values()),
		enumerate(types.ListStateFilterAction("").Values()),
		enumerate(types.MinimumHealthyHostsType("").Values()),
		enumerate(types.TrafficRoutingType("").Values()),
		enumerate(types.RegistrationStatus("").Values()),
	}
}

func enumerate[T ~string](values []T) enumeration {
	e := enumeration{of: reflect.TypeFor[T]()}
	for _, value := range values {
		e.are = append(e.are, string(value))
	}
	return e
}
