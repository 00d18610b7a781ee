package local

import (
	"errors"
	"fmt"
	"regexp"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/smithy-go"
)

// exception is an exception of the API's model with a message. It is named by its code, because the SDK's types for
// all of them would make the program larger by a tenth of a megabyte.
func exception(code, format string, args ...any) error {
	return &smithy.GenericAPIError{Code: code, Message: fmt.Sprintf(format, args...), Fault: smithy.FaultClient}
}

// Names have up to maxName characters, none but letters, digits and those of namePunctuation.
// Source: AWS CodeDeploy API Reference, "applicationName" and its like, length constraints; user guide, "Quotas".
const (
	maxName         = 100
	namePunctuation = "._+=,@-"
)

func allowedInName(r rune) bool {
	return r < utf8.RuneSelf && (unicode.IsLetter(r) || unicode.IsDigit(r) || strings.ContainsRune(namePunctuation, r))
}

// requireName checks a name, or answers with one of the two exceptions.
func requireName(name *string, what string, missing, invalid string) (string, error) {
	switch text := aws.ToString(name); {
	case text == "":
		return "", exception(missing, "%s must be specified", what)
	case len(text) > maxName:
		return "", exception(invalid, "%s cannot be longer than %d characters", what, maxName)
	case strings.ContainsFunc(text, func(r rune) bool { return !allowedInName(r) }):
		return "", exception(invalid, "%s contains invalid characters: only letters, digits and %s are allowed", what, namePunctuation)
	default:
		return text, nil
	}
}

func requireApplicationName(name *string) (string, error) {
	return requireName(name, "Application name",
		"ApplicationNameRequiredException", "InvalidApplicationNameException")
}

func requireGroupName(name *string) (string, error) {
	return requireName(name, "Deployment group name",
		"DeploymentGroupNameRequiredException", "InvalidDeploymentGroupNameException")
}

func requireConfigName(name *string) (string, error) {
	return requireName(name, "Deployment configuration name",
		"DeploymentConfigNameRequiredException", "InvalidDeploymentConfigNameException")
}

func requireInstanceName(name *string) (string, error) {
	return requireName(name, "Instance name",
		"InstanceNameRequiredException", "InvalidInstanceNameException")
}

// findApplication checks a name and finds its application.
func (a *api) findApplication(name *string) (*application, error) {
	valid, err := requireApplicationName(name)
	if err != nil {
		return nil, err
	}
	if app := a.applications[valid]; app != nil {
		return app, nil
	}
	return nil, exception("ApplicationDoesNotExistException", "No application found for name: %s", valid)
}

// findGroup checks two names and finds their group.
func (a *api) findGroup(applicationName, groupName *string) (*application, *group, error) {
	app, err := a.findApplication(applicationName)
	if err != nil {
		return nil, nil, err
	}
	valid, err := requireGroupName(groupName)
	if err != nil {
		return nil, nil, err
	}
	if g := app.groups[valid]; g != nil {
		return app, g, nil
	}
	return nil, nil, exception("DeploymentGroupDoesNotExistException", "No Deployment Group found for name: %s", valid)
}

// deploymentIDPattern is what CodeDeploy's IDs look like.
var deploymentIDPattern = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^d-[A-Z0-9]{9}$`) })

// findDeployment checks an ID and finds its deployment.
func (a *api) findDeployment(id *string) (*deployment, error) {
	switch {
	case aws.ToString(id) == "":
		return nil, exception("DeploymentIdRequiredException", "Deployment ID must be specified")
	case !deploymentIDPattern().MatchString(*id):
		return nil, exception("InvalidDeploymentIdException", "Specified DeploymentId is not in the valid format: %s", *id)
	}
	if d := a.deployments[*id]; d != nil {
		return d, nil
	}
	return nil, exception("DeploymentDoesNotExistException", "The deployment %s could not be found", *id)
}

// maxDescription is the length of a description in characters.
// Source: AWS CodeDeploy User Guide, "Quotas".
const maxDescription = 256

func checkDescription(text *string) error {
	if utf8.RuneCountInString(aws.ToString(text)) > maxDescription {
		return exception("DescriptionTooLongException", "Description cannot be longer than %d characters", maxDescription)
	}
	return nil
}

// checkBatch refuses a batch request for more than limit things.
func checkBatch(n, limit int) error {
	if n > limit {
		return exception("BatchLimitExceededException", "The maximum number of names or IDs in a batch is %d", limit)
	}
	return nil
}

// known reports whether value is empty or one of an enumeration's.
func known[E ~string](value E, values []E) bool {
	for _, v := range values {
		if v == value {
			return true
		}
	}
	return value == ""
}

// hasCode reports whether err is the exception of that code.
func hasCode(err error, code string) bool {
	var failure smithy.APIError
	return errors.As(err, &failure) && failure.ErrorCode() == code
}

// messageOf is what an exception says, or any other error.
func messageOf(err error) string {
	if failure := smithy.APIError(nil); errors.As(err, &failure) {
		return failure.ErrorMessage()
	}
	return err.Error()
}
