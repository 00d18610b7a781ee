package slim

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/codedeploy/types"
	"github.com/aws/smithy-go"
)

// refusal is the error that an answer tells of. Its code stands in a header, or in the
// body's member __type, perhaps with a name space before and an address behind it.
// Source: Smithy 2.0, AWS JSON 1.1 protocol, "Operation error serialization".
func refusal(header string, body []byte) error {
	var told struct {
		Type    string `json:"__type"`
		Code    string `json:"code"`
		Message string `json:"message"`
		Capital string `json:"Message"`
	}
	if err := json.Unmarshal(body, &told); err != nil {
		return &smithy.DeserializationError{Err: fmt.Errorf("failed to decode response body, %w", err), Snapshot: body[:min(len(body), 1024)]}
	}
	code, message := "UnknownError", told.Message
	for _, one := range []string{told.Code, told.Type, header} {
		if one != "" {
			code = one
		}
	}
	code, _, _ = strings.Cut(code, ":")
	if _, after, found := strings.Cut(code, "#"); found {
		code = after
	}
	if message == "" {
		message = told.Capital
	}
	if message == "" {
		message = "UnknownError"
	}
	if known := exception(code, &message); known != nil {
		return known
	}
	return &smithy.GenericAPIError{Code: code, Message: message}
}

// exception is a refusal that this program tells apart from others by its type; nil for
// any other.
func exception(code string, message *string) error {
	switch code {
	case "ApplicationAlreadyExistsException":
		return &types.ApplicationAlreadyExistsException{Message: message}
	case "ApplicationDoesNotExistException":
		return &types.ApplicationDoesNotExistException{Message: message}
	case "DeploymentAlreadyCompletedException":
		return &types.DeploymentAlreadyCompletedException{Message: message}
	case "DeploymentConfigAlreadyExistsException":
		return &types.DeploymentConfigAlreadyExistsException{Message: message}
	case "DeploymentConfigDoesNotExistException":
		return &types.DeploymentConfigDoesNotExistException{Message: message}
	case "DeploymentDoesNotExistException":
		return &types.DeploymentDoesNotExistException{Message: message}
	case "DeploymentGroupAlreadyExistsException":
		return &types.DeploymentGroupAlreadyExistsException{Message: message}
	case "DeploymentGroupDoesNotExistException":
		return &types.DeploymentGroupDoesNotExistException{Message: message}
	case "DeploymentIdRequiredException":
		return &types.DeploymentIdRequiredException{Message: message}
	case "DeploymentIsNotInReadyStateException":
		return &types.DeploymentIsNotInReadyStateException{Message: message}
	case "DeploymentLimitExceededException":
		return &types.DeploymentLimitExceededException{Message: message}
	case "DeploymentNotStartedException":
		return &types.DeploymentNotStartedException{Message: message}
	case "DeploymentTargetDoesNotExistException":
		return &types.DeploymentTargetDoesNotExistException{Message: message}
	case "DeploymentTargetListSizeExceededException":
		return &types.DeploymentTargetListSizeExceededException{Message: message}
	case "InstanceNotRegisteredException":
		return &types.InstanceNotRegisteredException{Message: message}
	case "InstanceNameAlreadyRegisteredException":
		return &types.InstanceNameAlreadyRegisteredException{Message: message}
	case "InvalidDeploymentIdException":
		return &types.InvalidDeploymentIdException{Message: message}
	case "InvalidNextTokenException":
		return &types.InvalidNextTokenException{Message: message}
	case "InvalidRoleException":
		return &types.InvalidRoleException{Message: message}
	case "RevisionDoesNotExistException":
		return &types.RevisionDoesNotExistException{Message: message}
	case "ThrottlingException":
		return &types.ThrottlingException{Message: message}
	case "UnsupportedActionForDeploymentTypeException":
		return &types.UnsupportedActionForDeploymentTypeException{Message: message}
	}
	return nil
}
