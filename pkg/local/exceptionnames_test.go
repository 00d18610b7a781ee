package local

import (
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/codedeploy/types"
	"github.com/aws/smithy-go"
)

// TestExceptionNames compares the exceptions that the service names with those of the API's model.
func TestExceptionNames(t *testing.T) {
	known := map[string]bool{ // those of the protocol and of what is in front of every service
		"InvalidSignatureException": true, "RequestEntityTooLargeException": true, "SerializationException": true, "UnknownOperationException": true,
	}
	for _, kind := range []smithy.APIError{
		&types.AlarmsLimitExceededException{}, &types.ApplicationAlreadyExistsException{},
		&types.ApplicationDoesNotExistException{}, &types.ApplicationLimitExceededException{},
		&types.ApplicationNameRequiredException{}, &types.ArnNotSupportedException{}, &types.BatchLimitExceededException{},
		&types.BucketNameFilterRequiredException{}, &types.DeploymentAlreadyCompletedException{},
		&types.DeploymentConfigAlreadyExistsException{}, &types.DeploymentConfigDoesNotExistException{},
		&types.DeploymentConfigInUseException{}, &types.DeploymentConfigLimitExceededException{},
		&types.DeploymentConfigNameRequiredException{}, &types.DeploymentDoesNotExistException{},
		&types.DeploymentGroupAlreadyExistsException{}, &types.DeploymentGroupDoesNotExistException{},
		&types.DeploymentGroupLimitExceededException{}, &types.DeploymentGroupNameRequiredException{},
		&types.DeploymentIdRequiredException{}, &types.DeploymentIsNotInReadyStateException{},
		&types.DeploymentLimitExceededException{}, &types.DeploymentNotStartedException{},
		&types.DeploymentTargetDoesNotExistException{}, &types.DeploymentTargetIdRequiredException{},
		&types.DeploymentTargetListSizeExceededException{}, &types.DescriptionTooLongException{},
		&types.GitHubAccountTokenDoesNotExistException{}, &types.GitHubAccountTokenNameRequiredException{},
		&types.IamArnRequiredException{}, &types.IamSessionArnAlreadyRegisteredException{},
		&types.IamUserArnAlreadyRegisteredException{}, &types.InstanceDoesNotExistException{},
		&types.InstanceIdRequiredException{}, &types.InstanceLimitExceededException{},
		&types.InstanceNameAlreadyRegisteredException{}, &types.InstanceNameRequiredException{},
		&types.InstanceNotRegisteredException{}, &types.InvalidAlarmConfigException{},
		&types.InvalidApplicationNameException{}, &types.InvalidArnException{},
		&types.InvalidAutoRollbackConfigException{}, &types.InvalidAutoScalingGroupException{},
		&types.InvalidBlueGreenDeploymentConfigurationException{}, &types.InvalidBucketNameFilterException{},
		&types.InvalidComputePlatformException{}, &types.InvalidDeployedStateFilterException{},
		&types.InvalidDeploymentConfigNameException{}, &types.InvalidDeploymentGroupNameException{},
		&types.InvalidDeploymentIdException{}, &types.InvalidDeploymentStatusException{},
		&types.InvalidDeploymentStyleException{}, &types.InvalidDeploymentWaitTypeException{},
		&types.InvalidEC2TagCombinationException{}, &types.InvalidEC2TagException{}, &types.InvalidECSServiceException{},
		&types.InvalidFileExistsBehaviorException{}, &types.InvalidIamSessionArnException{},
		&types.InvalidIamUserArnException{}, &types.InvalidIgnoreApplicationStopFailuresValueException{},
		&types.InvalidInputException{}, &types.InvalidInstanceNameException{}, &types.InvalidInstanceStatusException{},
		&types.InvalidInstanceTypeException{}, &types.InvalidLifecycleEventHookExecutionIdException{},
		&types.InvalidLifecycleEventHookExecutionStatusException{}, &types.InvalidLoadBalancerInfoException{},
		&types.InvalidMinimumHealthyHostValueException{}, &types.InvalidNextTokenException{},
		&types.InvalidOnPremisesTagCombinationException{}, &types.InvalidOperationException{},
		&types.InvalidRegistrationStatusException{}, &types.InvalidRevisionException{}, &types.InvalidRoleException{},
		&types.InvalidSortByException{}, &types.InvalidSortOrderException{}, &types.InvalidTagException{},
		&types.InvalidTagFilterException{}, &types.InvalidTagsToAddException{}, &types.InvalidTargetFilterNameException{},
		&types.InvalidTargetGroupPairException{}, &types.InvalidTargetInstancesException{},
		&types.InvalidTimeRangeException{}, &types.InvalidTrafficRoutingConfigurationException{},
		&types.InvalidTriggerConfigException{}, &types.InvalidUpdateOutdatedInstancesOnlyValueException{},
		&types.InvalidZonalDeploymentConfigurationException{}, &types.MultipleIamArnsProvidedException{},
		&types.ResourceArnRequiredException{}, &types.RevisionDoesNotExistException{}, &types.RevisionRequiredException{},
		&types.RoleRequiredException{}, &types.TagLimitExceededException{}, &types.TagRequiredException{},
		&types.TagSetListLimitExceededException{}, &types.ThrottlingException{},
		&types.TriggerTargetsLimitExceededException{}, &types.UnsupportedActionForDeploymentTypeException{},
	} {
		known[kind.ErrorCode()] = true
	}
	files, err := os.ReadDir(".")
	if err != nil {
		t.Fatal(err)
	}
	name := regexp.MustCompile(`"([A-Z][A-Za-z0-9]*Exception)"`)
	used := map[string]bool{}
	for _, file := range files {
		if !strings.HasSuffix(file.Name(), ".go") || strings.HasSuffix(file.Name(), "_test.go") {
			continue
		}
		text, err := os.ReadFile(file.Name())
		if err != nil {
			t.Fatal(err)
		}
		for _, found := range name.FindAllSubmatch(text, -1) {
			used[string(found[1])] = true
			if !known[string(found[1])] {
				t.Errorf("%s: %s is not in the model, or in the list of this test", file.Name(), found[1])
			}
		}
	}
	for code := range known {
		if !used[code] {
			t.Errorf("%s is not used", code)
		}
	}
}
