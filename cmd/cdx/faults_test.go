package main

import (
	"bytes"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
)

// faults serves what the embedded service answers, except where a script has asked
// for something else. It knows operations by their AWS names.
type faults struct {
	next http.Handler

	mu      sync.Mutex
	planned map[string]*fault
	counts  map[string]int
	headers map[string]http.Header // of the last request of an operation
	ended   chan struct{}
}

// fault is what happens to the next requests of one operation.
type fault struct {
	do   func(f *faults, w http.ResponseWriter, r *http.Request)
	left int // requests it still applies to; negative: all
}

// kinds are the faults by name.
var kinds = map[string]func(f *faults, w http.ResponseWriter, r *http.Request){
	"deny":     refuse(http.StatusBadRequest, http.StatusForbidden, "AccessDeniedException", "AccessDenied", "User: arn:aws:iam::123456789012:user/ci is not authorized to perform this action"),
	"expire":   refuse(http.StatusBadRequest, http.StatusBadRequest, "ExpiredTokenException", "ExpiredToken", "The security token included in the request is expired"),
	"throttle": refuse(http.StatusBadRequest, http.StatusServiceUnavailable, "ThrottlingException", "SlowDown", "Rate exceeded"),
	"fail":     refuse(http.StatusInternalServerError, http.StatusInternalServerError, "InternalFailure", "InternalError", "We encountered an internal error. Please try again."),
	"move":     move,
	"drop":     (*faults).drop,
	"hang":     (*faults).hang,

	"reset":     (*faults).reset,
	"slow":      (*faults).slow,
	"corrupt":   (*faults).corrupt,
	"forge":     (*faults).forge,
	"elsewhere": (*faults).elsewhere,
}

var move = refuse(http.StatusBadRequest, http.StatusMovedPermanently, "PermanentRedirect", "PermanentRedirect", "The bucket is in this region: eu-west-1. Please use this region to retry the request")

func faultKinds() []string { return slices.Sorted(maps.Keys(kinds)) }

// set plans count faults of an operation, after some requests that are answered.
func (f *faults) set(operation, kind string, count, after int) bool {
	do, ok := kinds[kind]
	if !ok {
		return false
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.planned == nil {
		f.planned = make(map[string]*fault)
	}
	if after > 0 && count >= 0 {
		do, count = answerFirst(do, after), count+after
	}
	f.planned[operation] = &fault{do, count}
	return true
}

// answerFirst answers some requests as usual before a fault applies.
func answerFirst(do func(*faults, http.ResponseWriter, *http.Request), some int) func(*faults, http.ResponseWriter, *http.Request) {
	var seen atomic.Int64
	return func(f *faults, w http.ResponseWriter, r *http.Request) {
		if seen.Add(1) <= int64(some) {
			f.serve(w, r)
			return
		}
		do(f, w, r)
	}
}

// end lets requests go that hang.
func (f *faults) end() { close(f.done()) }

func (f *faults) done() chan struct{} {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.ended == nil {
		f.ended = make(chan struct{})
	}
	return f.ended
}

func (f *faults) count(operation string) int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.counts[operation]
}

func (f *faults) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	operation := operationOf(r)
	f.keepHeader(operation, r.Header)
	if do := f.take(operation); do != nil {
		do(f, w, r)
		return
	}
	f.serve(w, r)
}

// take returns what is planned for a request of the operation, if anything.
func (f *faults) take(operation string) func(*faults, http.ResponseWriter, *http.Request) {
	f.mu.Lock()
	defer f.mu.Unlock()
	planned := f.planned[operation]
	if planned == nil || planned.left == 0 {
		return nil
	}
	planned.left--
	return planned.do
}

func (f *faults) note(operation string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.counts == nil {
		f.counts = make(map[string]int)
	}
	f.counts[operation]++
}

// drop carries the request out and then cuts the connection, so that the answer
// is lost.
func (f *faults) drop(_ http.ResponseWriter, r *http.Request) {
	f.next.ServeHTTP(httptest.NewRecorder(), r)
	panic(http.ErrAbortHandler)
}

// hang never answers.
func (f *faults) hang(_ http.ResponseWriter, r *http.Request) {
	select {
	case <-r.Context().Done():
	case <-f.done():
	}
}

// refuse answers an error in the manner of the API that is asked.
func refuse(codeDeployStatus, s3Status int, codeDeployCode, s3Code, message string) func(*faults, http.ResponseWriter, *http.Request) {
	return func(_ *faults, w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body) // a client that is still sending sees the connection cut, not the answer
		if isCodeDeploy(r) {
			w.Header().Set("Content-Type", "application/x-amz-json-1.1")
			w.WriteHeader(codeDeployStatus)
			fmt.Fprintf(w, `{"__type":%q,"message":%q}`, codeDeployCode, message)
			return
		}
		w.Header().Set("Content-Type", "application/xml")
		w.WriteHeader(s3Status)
		if r.Method != http.MethodHead {
			var body bytes.Buffer
			fmt.Fprintf(&body, "<Error><Code>%s</Code><Message>%s</Message></Error>", s3Code, message)
			if isSTS(r) {
				body = *bytes.NewBufferString("<ErrorResponse>" + body.String() + "</ErrorResponse>")
			}
			_, _ = body.WriteTo(w)
		}
	}
}

// isSTS tells the security token service's requests from S3's.
func isSTS(r *http.Request) bool {
	return r.Method == http.MethodPost && r.URL.Path == "/" && r.URL.RawQuery == "" && !isCodeDeploy(r)
}

func isCodeDeploy(r *http.Request) bool { return r.Header.Get("X-Amz-Target") != "" }

func operationOf(r *http.Request) string {
	if _, name, ok := strings.Cut(r.Header.Get("X-Amz-Target"), "."); ok {
		return name
	}
	query := r.URL.Query()
	_, key, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/"), "/")
	switch {
	case isSTS(r):
		return "GetCallerIdentity"
	case r.Method == http.MethodHead && key == "":
		return "HeadBucket"
	case r.Method == http.MethodGet && query.Has("versioning"):
		return "GetBucketVersioning"
	case r.Method == http.MethodGet && query.Has("encryption"):
		return "GetBucketEncryption"
	case r.Method == http.MethodGet && query.Has("publicAccessBlock"):
		return "GetPublicAccessBlock"
	case r.Method == http.MethodPut && query.Has("partNumber"):
		return "UploadPart"
	case r.Method == http.MethodPost && query.Has("uploads"):
		return "CreateMultipartUpload"
	case r.Method == http.MethodPost && query.Has("uploadId"):
		return "CompleteMultipartUpload"
	case r.Method == http.MethodDelete && query.Has("uploadId"):
		return "AbortMultipartUpload"
	case r.Method == http.MethodHead:
		return "HeadObject"
	case r.Method == http.MethodGet && key != "":
		return "GetObject"
	case r.Method == http.MethodPut:
		return "PutObject"
	default:
		return r.Method
	}
}
