package prune

import (
	"errors"
	"fmt"

	smithyhttp "github.com/aws/smithy-go/transport/http"
)

// ErrChanged says that another object has come under an object's key since it was looked
// at. It was not deleted.
var ErrChanged = errors.New("another object has its key now, which was left alone")

// IncompleteError says that CodeDeploy told less than it was asked for, so that what is
// needed is not known.
type IncompleteError struct {
	Application     string
	What            string // deployment groups or revisions
	Asked, Answered int
}

// Error names the numbers.
func (e *IncompleteError) Error() string {
	return fmt.Sprintf("CodeDeploy told of %d of %d %s of %s, so what is needed is not known", e.Answered, e.Asked, e.What, e.Application)
}

// ObjectError says why an object was not deleted. It wraps [ErrChanged] or the SDK's
// error.
type ObjectError struct {
	Object Object
	Err    error
}

// Error names the object.
func (e *ObjectError) Error() string { return fmt.Sprintf("delete %s: %v", e.Object.URL(), e.Err) }

// Unwrap is the cause.
func (e *ObjectError) Unwrap() error { return e.Err }

// PartialError says that not all was deleted. It wraps what went wrong: each object's
// error, or the context's.
type PartialError struct {
	Deleted  []Object
	Failed   []*ObjectError
	NotTried []Object
	Cause    error // why it ended before all were tried; nil when there were too many failures
}

// Error counts.
func (e *PartialError) Error() string {
	text := fmt.Sprintf("%d of %d objects deleted", len(e.Deleted), len(e.Deleted)+len(e.Failed)+len(e.NotTried))
	if len(e.NotTried) > 0 {
		text += fmt.Sprintf(", %d not tried", len(e.NotTried))
	}
	switch {
	case len(e.Failed) > 0:
		text += ": " + e.Failed[0].Error()
	case e.Cause != nil:
		text += ": " + e.Cause.Error()
	}
	return text
}

// Unwrap are the causes.
func (e *PartialError) Unwrap() []error {
	var all []error
	if e.Cause != nil {
		all = append(all, e.Cause)
	}
	for _, failed := range e.Failed {
		all = append(all, failed)
	}
	return all
}

// is reports that err is, or wraps, an error of a type.
func is[T error](err error) bool {
	var target T
	return errors.As(err, &target)
}

// hasStatus reports that the answer had a status.
func hasStatus(err error, status int) bool {
	var response *smithyhttp.ResponseError
	return errors.As(err, &response) && response.HTTPStatusCode() == status
}
