package slim

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"io"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/codedeploy/types"
	"github.com/aws/smithy-go"
)

// refusal is the error that an answer tells of. Its code stands in a header, or in the
// body's member __type or code, perhaps with a name space before and an address behind it.
// A body without a word has no code.
// Source: Smithy 2.0, AWS JSON 1.1 protocol, "Operation error serialization".
func refusal(header string, body []byte) error {
	var told struct {
		Type    string `json:"__type"`
		Code    any
		Message string
	}
	if err := json.NewDecoder(bytes.NewReader(body)).Decode(&told); err != nil && !errors.Is(err, io.EOF) {
		return garbled(err, body)
	}
	code, _ := told.Code.(string)
	code = sanitized(cmp.Or(header, told.Type, code, unknown))
	var message *string
	if told.Message != "" {
		message = &told.Message
	}
	if known := exception(code, message); known != nil {
		return known
	}
	return &smithy.GenericAPIError{Code: code, Message: cmp.Or(told.Message, unknown)}
}

// unknown is the SDK's word for what an answer does not tell.
const unknown = "UnknownError"

// sanitized is a code without what may stand around it.
func sanitized(code string) string {
	code, _, _ = strings.Cut(code, ":")
	if _, after, found := strings.Cut(code, "#"); found {
		return after
	}
	return code
}

// exception is a refusal that this program tells apart from others by its type; nil for
// any other.
func exception(code string, message *string) error {
	switch strings.ToLower(code) { // the SDK takes any capitals
	case "applicationalreadyexistsexception":
		return &types.ApplicationAlreadyExistsException{Message: message}
	case "applicationdoesnotexistexception":
		return &types.ApplicationDoesNotExistException{Message: message}
	case "deploymentalreadycompletedexception":
		return &types.DeploymentAlreadyCompletedException{Message: message}
	case "deploymentconfigalreadyexistsexception":
		return &types.DeploymentConfigAlreadyExistsException{Message: message}
	case "deploymentconfigdoesnotexistexception":
		return &types.DeploymentConfigDoesNotExistException{Message: message}
	case "deploymentdoesnotexistexception":
		return &types.DeploymentDoesNotExistException{Message: message}
	case "deploymentgroupalreadyexistsexception":
		return &types.DeploymentGroupAlreadyExistsException{Message: message}
	case "deploymentgroupdoesnotexistexception":
		return &types.DeploymentGroupDoesNotExistException{Message: message}
	case "deploymentidrequiredexception":
		return &types.DeploymentIdRequiredException{Message: message}
	case "deploymentisnotinreadystateexception":
		return &types.DeploymentIsNotInReadyStateException{Message: message}
	case "deploymentlimitexceededexception":
		return &types.DeploymentLimitExceededException{Message: message}
	case "deploymentnotstartedexception":
		return &types.DeploymentNotStartedException{Message: message}
	case "deploymenttargetdoesnotexistexception":
		return &types.DeploymentTargetDoesNotExistException{Message: message}
	case "deploymenttargetlistsizeexceededexception":
		return &types.DeploymentTargetListSizeExceededException{Message: message}
	case "instancenotregisteredexception":
		return &types.InstanceNotRegisteredException{Message: message}
	case "instancenamealreadyregisteredexception":
		return &types.InstanceNameAlreadyRegisteredException{Message: message}
	case "invaliddeploymentidexception":
		return &types.InvalidDeploymentIdException{Message: message}
	case "invalidnexttokenexception":
		return &types.InvalidNextTokenException{Message: message}
	case "invalidroleexception":
		return &types.InvalidRoleException{Message: message}
	case "revisiondoesnotexistexception":
		return &types.RevisionDoesNotExistException{Message: message}
	case "throttlingexception":
		return &types.ThrottlingException{Message: message}
	case "unsupportedactionfordeploymenttypeexception":
		return &types.UnsupportedActionForDeploymentTypeException{Message: message}
	}
	return nil
}
