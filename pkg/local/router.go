package local

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/codedeploy"
	"github.com/aws/smithy-go"

	"github.com/cdx-deploy/cdx/pkg/local/awsjson"
)

// maxBody is the size of a request to CodeDeploy or STS. AppSpec content is the largest part of one.
const maxBody = 2 << 20

// targetPrefix precedes the operation's name in X-Amz-Target.
const targetPrefix = "CodeDeploy_20141006."

// route tells the services apart: CodeDeploy by X-Amz-Target, STS by the scope of the signature, and S3
// has the rest.
func (s *Service) route(s3 http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		signed, _ := parseSignature(r.Header.Get("Authorization"))
		switch {
		case r.Header.Get("X-Amz-Target") != "":
			s.serveCodeDeploy(w, r, signed)
		case signed.service == "sts":
			s.serveSTS(w, r, signed)
		case signed.service == "s3" || signed.service == "":
			s.serveS3(w, r, signed, s3)
		default:
			writeFailure(w, http.StatusBadRequest, "UnknownOperationException",
				"the service "+signed.service+" is not here")
		}
	})
}

// serveS3 refuses a wrong signature of this run's key. The hash of the payload is compared with the
// payload where that is read.
func (s *Service) serveS3(w http.ResponseWriter, r *http.Request, signed signature, s3 http.Handler) {
	if s.forged(r, signed, r.Header.Get("X-Amz-Content-Sha256")) {
		http.Error(w, `<Error><Code>SignatureDoesNotMatch</Code><Message>`+forgedMessage+`</Message></Error>`, http.StatusForbidden)
		return
	}
	s3.ServeHTTP(w, r)
}

// forgedMessage is AWS's own text.
const forgedMessage = "The request signature we calculated does not match the signature you provided. " +
	"Check your AWS Secret Access Key and signing method."

// forged reports whether a request names this run's access key without having been signed by it.
func (s *Service) forged(r *http.Request, signed signature, payloadHash string) bool {
	return signed.accessKey == s.credentials.AccessKeyID && !signed.signedBy(s.credentials, r, payloadHash)
}

// readBody reads a small request whole and verifies its signature. It has answered when it returns false.
func (s *Service) readBody(w http.ResponseWriter, r *http.Request, signed signature) ([]byte, bool) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	if tooLarge := (*http.MaxBytesError)(nil); errors.As(err, &tooLarge) {
		writeFailure(w, http.StatusRequestEntityTooLarge, "RequestEntityTooLargeException", "the request is too large")
		return nil, false
	}
	if err != nil {
		writeFailure(w, http.StatusBadRequest, "SerializationException", err.Error())
		return nil, false
	}
	if s.forged(r, signed, hashOf(body)) {
		writeFailure(w, http.StatusForbidden, "InvalidSignatureException", forgedMessage)
		return nil, false
	}
	return body, true
}

// serveCodeDeploy answers one operation of the AWS JSON 1.1 protocol.
func (s *Service) serveCodeDeploy(w http.ResponseWriter, r *http.Request, signed signature) {
	body, ok := s.readBody(w, r, signed)
	if !ok {
		return
	}
	name, found := strings.CutPrefix(r.Header.Get("X-Amz-Target"), targetPrefix)
	operation := s.api.operations[name]
	if !found || operation == nil || r.Method != http.MethodPost {
		writeFailure(w, http.StatusBadRequest, "UnknownOperationException", "")
		return
	}
	ctx := context.WithValue(r.Context(), callerKey{}, caller{vouchedFor: s.vouchedFor(r)})
	answer, err := operation(ctx, body)
	if err != nil {
		writeException(w, err)
		return
	}
	writeJSON(w, http.StatusOK, answer)
}

// operation decodes a request's body, carries it out and encodes the answer.
type operation func(ctx context.Context, body []byte) ([]byte, error)

// operate makes an operation of a method in the SDK's shapes.
func operate[In, Out any](a *api, method func(context.Context, *In) (*Out, error)) operation {
	return func(ctx context.Context, body []byte) ([]byte, error) {
		in := new(In)
		return a.operate(body, in, func() (any, error) { return method(ctx, in) })
	}
}

// operate fills in from a request's body, and encodes what method makes of it. The state is locked until the answer,
// which refers to it, is encoded.
func (a *api) operate(body []byte, in any, method func() (any, error)) ([]byte, error) {
	if err := awsjson.Unmarshal(body, in); err != nil {
		return nil, &smithy.GenericAPIError{Code: "SerializationException", Message: err.Error()}
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	out, err := method()
	if err != nil {
		return nil, err
	}
	if bare(out) { // AWS answers these with no body at all
		return nil, nil
	}
	return awsjson.Marshal(out)
}

// bare reports the answers without members that AWS leaves empty.
func bare(out any) bool {
	switch out.(type) {
	case *codedeploy.DeleteApplicationOutput, *codedeploy.DeleteDeploymentConfigOutput,
		*codedeploy.RegisterApplicationRevisionOutput, *codedeploy.UpdateApplicationOutput,
		*codedeploy.ContinueDeploymentOutput, *codedeploy.SkipWaitTimeForInstanceTerminationOutput,
		*codedeploy.RegisterOnPremisesInstanceOutput, *codedeploy.DeregisterOnPremisesInstanceOutput,
		*codedeploy.AddTagsToOnPremisesInstancesOutput, *codedeploy.RemoveTagsFromOnPremisesInstancesOutput:
		return true
	}
	return false
}

// writeException answers with an exception of the model, or with an internal failure.
func writeException(w http.ResponseWriter, err error) {
	var failure smithy.APIError
	if !errors.As(err, &failure) {
		writeFailure(w, http.StatusInternalServerError, "InternalFailure", err.Error())
		return
	}
	writeFailure(w, http.StatusBadRequest, failure.ErrorCode(), failure.ErrorMessage())
}

// writeFailure answers with an error as the AWS JSON 1.1 protocol has it.
func writeFailure(w http.ResponseWriter, status int, code, message string) {
	body := map[string]string{"__type": code}
	if message != "" {
		body["message"] = message
	}
	text, _ := json.Marshal(body) // strings cannot fail
	writeJSON(w, status, text)
}

func writeJSON(w http.ResponseWriter, status int, body []byte) {
	w.Header().Set("Content-Type", "application/x-amz-json-1.1")
	w.Header().Set("X-Amzn-Requestid", newUUID())
	w.WriteHeader(status)
	_, _ = io.Copy(w, bytes.NewReader(body)) // a client that is gone is no concern
}
