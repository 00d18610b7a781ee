package group

import (
	"reflect"

	"github.com/aws/aws-sdk-go-v2/service/codedeploy/types"
)

// enumeration is a type of the SDK whose values are known.
type enumeration struct {
	of  reflect.Type
	are []string
}

// enumerations are those that a Group leads to.
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
	}
}

func enumerate[T ~string](values []T) enumeration {
	e := enumeration{of: reflect.TypeFor[T]()}
	for _, value := range values {
		e.are = append(e.are, string(value))
	}
	return e
}
