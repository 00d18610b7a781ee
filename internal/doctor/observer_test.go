package doctor

import (
	"errors"
	"net/http"
	"testing"

	"github.com/aws/smithy-go"
	"github.com/aws/smithy-go/middleware"
	smithyhttp "github.com/aws/smithy-go/transport/http"
)

// TestObserverCallsNothingAllowed that AWS has not decided: what is throttled, refused
// for its signature, or answered by a proxy.
func TestObserverCallsNothingAllowed(t *testing.T) {
	answer := func(status int, code string) error {
		var err error = &smithy.DeserializationError{Err: errors.New("a page")}
		if code != "" {
			err = &smithy.GenericAPIError{Code: code}
		}
		return &smithyhttp.ResponseError{Response: &smithyhttp.Response{Response: &http.Response{StatusCode: status, Header: http.Header{"X-Amz-Request-Id": {"1"}}}}, Err: err}
	}
	proxy := &smithyhttp.ResponseError{Response: &smithyhttp.Response{Response: &http.Response{StatusCode: http.StatusNotFound}}, Err: &smithy.GenericAPIError{Code: "NotFound"}}
	for name, test := range map[string]struct {
		err              error
		answered, denied bool
	}{
		"no error":          {nil, true, false},
		"a proxy's 404":     {proxy, false, false},
		"no such name":      {answer(400, "ApplicationDoesNotExistException"), true, false},
		"no such bucket":    {answer(404, "NotFound"), true, false},
		"denied":            {answer(400, "AccessDeniedException"), false, true},
		"denied, no body":   {answer(403, "Forbidden"), false, true},
		"throttled":         {answer(400, "ThrottlingException"), false, false},
		"busy":              {answer(503, "SlowDown"), false, false},
		"expired":           {answer(400, "ExpiredTokenException"), false, false},
		"a proxy's page":    {answer(404, ""), false, false},
		"a proxy's refusal": {answer(400, ""), false, false},
		"without a word":    {answer(400, "UnknownError"), false, false},
		"no connection":     {errors.New("no route"), false, false},
	} {
		var o Observer
		o.note("GetApplication", middleware.Metadata{}, test.err)
		if answered, denied := o.was("GetApplication"); answered != test.answered || denied != test.denied {
			t.Errorf("%s: answered %t, denied %t", name, answered, denied)
		}
	}
}
