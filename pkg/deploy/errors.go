package deploy

import (
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"sync"

	"github.com/aws/aws-sdk-go-v2/service/codedeploy/types"
	smithy "github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"

	"github.com/cdx-deploy/cdx/pkg/revision"
)

// LostError says that a deployment may have been created: the request was sent, its
// answer was lost, and the deployment could not be found.
type LostError struct {
	Application string
	Group       string
	Err         error // how the answer was lost
	LookErr     error // why looking for the deployment ended early; nil when all the time was used
}

// Error says what is not known.
func (e *LostError) Error() string {
	text := fmt.Sprintf("a deployment to %s may have been created: the answer was lost (%v)", e.Group, e.Err)
	if e.LookErr != nil {
		return text + fmt.Sprintf(", and it could not be looked for: %v", e.LookErr)
	}
	return text + ", and no such deployment has appeared"
}

// Unwrap returns the causes. An interrupt is one of them.
func (e *LostError) Unwrap() []error {
	if e.LookErr == nil {
		return []error{e.Err}
	}
	return []error{e.Err, e.LookErr}
}

// ActiveError says that another deployment is in the way: a deployment group has one
// active deployment at a time.
type ActiveError struct {
	ID       string                  // of the active deployment, like "d-ABCDEF123"
	Group    string                  // the deployment group
	Revision *types.RevisionLocation // what it deploys; nil unless [IfActiveAttach] looked
	Err      error                   // CodeDeploy's answer
}

// Error names the active deployment.
func (e *ActiveError) Error() string {
	text := fmt.Sprintf("deployment %s to %s is active", e.ID, e.Group)
	if e.Revision != nil {
		text += " with another revision, " + revision.Describe(e.Revision)
	}
	return text
}

// Unwrap returns CodeDeploy's answer.
func (e *ActiveError) Unwrap() error { return e.Err }

// activePattern finds the ID in both of the texts that CodeDeploy answers with:
// "… already has an active Deployment 'd-ABCDEF123'" and "… is already deploying
// deployment 'd-ABCDEF123'". The limit has other texts too, without an ID.
var activePattern = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`(?i)(?:active|deploying) deployment '(d-[0-9A-Za-z-]+)'`)
})

// activeError reads the active deployment from CodeDeploy's refusal; nil when the
// refusal is about something else.
func activeError(err error, group string) *ActiveError {
	var limit *types.DeploymentLimitExceededException
	if !errors.As(err, &limit) {
		return nil
	}
	found := activePattern().FindStringSubmatch(limit.ErrorMessage())
	if found == nil {
		return nil
	}
	return &ActiveError{ID: found[1], Group: group, Err: err}
}

// httpStatus is the status of the answer that made err, or 0 when none came.
func httpStatus(err error) int {
	var response *smithyhttp.ResponseError
	if errors.As(err, &response) && response.Response != nil {
		return response.HTTPStatusCode()
	}
	return 0
}

// IsDenied reports whether AWS refused a request because the permission for it is missing.
// The refusal of a HEAD request has no code, only the status.
func IsDenied(err error) bool {
	var api smithy.APIError
	if httpStatus(err) == http.StatusForbidden {
		return true
	}
	return errors.As(err, &api) && (api.ErrorCode() == "AccessDeniedException" || api.ErrorCode() == "AccessDenied")
}
