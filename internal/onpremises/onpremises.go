// Package onpremises registers on-premises instances with CodeDeploy, as `aws deploy
// register` does: the identity of the instance's agent, its configuration file, the
// registration and its tags; and takes all that back.
package onpremises

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"unicode/utf8"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/codedeploy"
	"github.com/aws/aws-sdk-go-v2/service/codedeploy/types"
	"github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"
)

// API is the part of the CodeDeploy client that this package calls.
type API interface {
	GetOnPremisesInstance(context.Context, *codedeploy.GetOnPremisesInstanceInput, ...func(*codedeploy.Options)) (*codedeploy.GetOnPremisesInstanceOutput, error)
	RegisterOnPremisesInstance(context.Context, *codedeploy.RegisterOnPremisesInstanceInput, ...func(*codedeploy.Options)) (*codedeploy.RegisterOnPremisesInstanceOutput, error)
	DeregisterOnPremisesInstance(context.Context, *codedeploy.DeregisterOnPremisesInstanceInput, ...func(*codedeploy.Options)) (*codedeploy.DeregisterOnPremisesInstanceOutput, error)
	AddTagsToOnPremisesInstances(context.Context, *codedeploy.AddTagsToOnPremisesInstancesInput, ...func(*codedeploy.Options)) (*codedeploy.AddTagsToOnPremisesInstancesOutput, error)
	RemoveTagsFromOnPremisesInstances(context.Context, *codedeploy.RemoveTagsFromOnPremisesInstancesInput, ...func(*codedeploy.Options)) (*codedeploy.RemoveTagsFromOnPremisesInstancesOutput, error)
}

// IAM sends requests to IAM: see awsapi.IAM.
type IAM interface {
	Call(ctx context.Context, action string, parameters map[string]string, out any) error
}

// InputError says that something cannot be right, before anything is sent.
type InputError struct{ Reason string }

// Error is the reason.
func (e *InputError) Error() string { return e.Reason }

// RegisteredError says that an instance of this name is registered already, with another
// identity than is wanted.
type RegisteredError struct {
	Name, ARN string // ARN of the IAM user or session
}

// Error names both.
func (e *RegisteredError) Error() string {
	return fmt.Sprintf("on-premises instance %s is registered already, as %s", e.Name, e.ARN)
}

// What CodeDeploy allows.
// Source: AWS CLI, awscli/customizations/codedeploy/utils.py.
const (
	maxNameLength     = 100
	maxTags           = 10
	maxTagKeyLength   = 128
	maxTagValueLength = 256
)

// CheckName refuses what cannot be an instance's name, with an [*InputError].
func CheckName(name string) error {
	switch {
	case name == "":
		return &InputError{"the instance's name is empty"}
	case strings.HasPrefix(name, "i-"):
		return &InputError{fmt.Sprintf("the name %s begins with i-, as only those of EC2 instances do", name)}
	case len(name) > maxNameLength:
		return &InputError{fmt.Sprintf("the instance's name has more than %d characters", maxNameLength)}
	}
	for _, r := range name {
		if !strings.ContainsRune("+=,.@_-", r) && (r > 'z' || r < '0' || r > '9' && r < 'A' || r > 'Z' && r < 'a') {
			return &InputError{fmt.Sprintf("the name %q has characters other than letters, digits and +=,.@_-", name)}
		}
	}
	return nil
}

// CheckTags refuses tags that CodeDeploy would, with an [*InputError].
func CheckTags(tags []types.Tag) error {
	if len(tags) > maxTags {
		return &InputError{fmt.Sprintf("an on-premises instance has at most %d tags", maxTags)}
	}
	for _, tag := range tags {
		switch key := aws.ToString(tag.Key); {
		case key == "":
			return &InputError{"a tag has no key: write Key=…,Value=…"}
		case utf8.RuneCountInString(key) > maxTagKeyLength:
			return &InputError{fmt.Sprintf("the tag %.20s… has a key of more than %d characters", key, maxTagKeyLength)}
		case utf8.RuneCountInString(aws.ToString(tag.Value)) > maxTagValueLength:
			return &InputError{fmt.Sprintf("the tag %s has a value of more than %d characters", key, maxTagValueLength)}
		}
	}
	return nil
}

// UserPath is the path of IAM users that belong to one on-premises instance each.
// Source: AWS CLI, awscli/customizations/codedeploy/register.py.
const UserPath = "/AWS/CodeDeploy/"

// IsOwnUser reports an IAM user that was made for an instance, and belongs to nothing else.
func IsOwnUser(arn string) bool { return strings.Contains(arn, ":user"+UserPath) }

// userName is the name in the ARN of an IAM user.
func userName(arn string) string { return arn[strings.LastIndex(arn, "/")+1:] }

// Find looks for an instance, registered now or before; nil when there is none.
func Find(ctx context.Context, api API, name string) (*types.InstanceInfo, error) {
	out, err := api.GetOnPremisesInstance(ctx, &codedeploy.GetOnPremisesInstanceInput{InstanceName: &name})
	switch {
	case codeOf(err) == "InstanceNotRegisteredException":
		return nil, nil
	case err != nil:
		return nil, fmt.Errorf("look at on-premises instance %s: %w", name, err)
	}
	return out.InstanceInfo, nil
}

// IdentityOf is the ARN of an instance's IAM user or session.
func IdentityOf(info *types.InstanceInfo) string {
	if arn := aws.ToString(info.IamUserArn); arn != "" {
		return arn
	}
	return aws.ToString(info.IamSessionArn)
}

// codeOf is the code of AWS's refusal; empty for what is none.
func codeOf(err error) string {
	var refused smithy.APIError
	if errors.As(err, &refused) {
		return refused.ErrorCode()
	}
	return ""
}

// isRefused reports that a request was certainly not carried out: it was answered so.
func isRefused(err error) bool {
	var response *smithyhttp.ResponseError
	return errors.As(err, &response) && response.HTTPStatusCode() >= http.StatusBadRequest && response.HTTPStatusCode() < http.StatusInternalServerError
}
