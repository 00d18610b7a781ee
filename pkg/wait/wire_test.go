package wait_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/codedeploy"

	"github.com/cdx-deploy/cdx/pkg/wait"
)

// wire is a CodeDeploy that speaks AWS JSON 1.1 over HTTP, by a script for each operation.
type wire struct {
	t      *testing.T
	server *httptest.Server

	mu      sync.Mutex
	scripts map[string]script
	calls   map[string]int
}

// script answers the n-th call (from 0) of an operation.
type script func(n int, in request) reply

// request is what the client sent.
type request struct {
	DeploymentID  string              `json:"deploymentId"`
	TargetIDs     []string            `json:"targetIds"`
	NextToken     string              `json:"nextToken"`
	TargetFilters map[string][]string `json:"targetFilters"`
	AccessKey     string              `json:"-"`
}

// reply is an HTTP answer. A zero status drops the connection instead; a negative one never
// answers.
type reply struct {
	status int
	body   string
	date   time.Time // of the answer; zero means now
}

func ok(format string, args ...any) reply {
	return reply{status: 200, body: fmt.Sprintf(format, args...)}
}

func refuse(code string) reply {
	return reply{status: 400, body: fmt.Sprintf(`{"__type": "com.amazonaws.codedeploy#%s", "message": "for a reason"}`, code)}
}

// deployment answers GetDeployment with that status and further fields, like `"startTime": 1`.
func deployment(status string, fields ...string) reply {
	return ok(`{"deploymentInfo": {%s}}`, strings.Join(append(fields, fmt.Sprintf(`"status": %q`, status)), ","))
}

// inTurn plays one reply after the other, the last for ever.
func inTurn(replies ...reply) script {
	return func(n int, _ request) reply { return replies[min(n, len(replies)-1)] }
}

// newWire starts a service. Operations without a script have no targets to tell of.
func newWire(t *testing.T, scripts map[string]script) *wire {
	w := &wire{t: t, scripts: scripts, calls: map[string]int{}}
	w.server = httptest.NewServer(w)
	t.Cleanup(w.server.Close)
	return w
}

func (w *wire) ServeHTTP(rw http.ResponseWriter, r *http.Request) {
	operation, ok := strings.CutPrefix(r.Header.Get("X-Amz-Target"), "CodeDeploy_20141006.")
	if !ok {
		w.t.Errorf("request for %q", r.Header.Get("X-Amz-Target"))
	}
	body, _ := io.ReadAll(r.Body)
	in := request{AccessKey: accessKey(r)}
	if err := json.Unmarshal(body, &in); err != nil {
		w.t.Errorf("%s: %v", operation, err)
	}
	w.answer(rw, r, w.next(operation, in))
}

func (w *wire) next(operation string, in request) reply {
	w.mu.Lock()
	defer w.mu.Unlock()
	n := w.calls[operation]
	w.calls[operation]++
	if s := w.scripts[operation]; s != nil {
		return s(n, in)
	}
	return reply{status: 200, body: `{}`}
}

func (w *wire) answer(rw http.ResponseWriter, r *http.Request, out reply) {
	switch {
	case out.status == 0:
		panic(http.ErrAbortHandler)
	case out.status < 0:
		<-r.Context().Done()
		return
	}
	if !out.date.IsZero() {
		rw.Header().Set("Date", out.date.UTC().Format(http.TimeFormat))
	}
	rw.Header().Set("Content-Type", "application/x-amz-json-1.1")
	rw.WriteHeader(out.status)
	_, _ = io.WriteString(rw, out.body)
}

// accessKey returns the key that the request was signed with.
func accessKey(r *http.Request) string {
	_, rest, _ := strings.Cut(r.Header.Get("Authorization"), "Credential=")
	key, _, _ := strings.Cut(rest, "/")
	return key
}

func (w *wire) count(operation string) int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.calls[operation]
}

// client returns a client of the service that signs with the given credentials; nil means some
// that never expire.
func (w *wire) client(creds aws.CredentialsProvider) *codedeploy.Client {
	if creds == nil {
		creds = credentials.NewStaticCredentialsProvider("AKID", "SECRET", "")
	}
	return codedeploy.New(codedeploy.Options{
		Region: "eu-west-1", BaseEndpoint: &w.server.URL, Credentials: creds, HTTPClient: w.server.Client(),
	})
}

// follow waits for d-1 with millisecond pauses and returns the events as text too.
func (w *wire) follow(opts wait.Options) (*wait.Outcome, []string, error) {
	var lines []string
	opts.Interval = time.Millisecond
	opts.OnEvent = func(e wait.Event) { lines = append(lines, line(e)) }
	outcome, err := wait.For(w.t.Context(), w.client(nil), "d-1", opts)
	return outcome, lines, err
}

// line says an event in one line, without what depends on the time.
func line(e wait.Event) string {
	who := e.Head().DeploymentID
	if e.Head().Rollback {
		who += " (rollback)"
	}
	switch e := e.(type) {
	case wait.StatusChanged:
		return fmt.Sprintf("%s: %s -> %s", who, e.From, e.To)
	case wait.CountsChanged:
		return fmt.Sprintf("%s: %+v", who, e.Counts)
	case wait.TargetChanged:
		return fmt.Sprintf("%s: %s%s: %s -> %s", who, e.Target.ID, e.Target.Label, e.From, e.To)
	case wait.LifecycleChanged:
		return fmt.Sprintf("%s: %s: %s %s %v", who, e.Target.ID, e.Event.Name, e.Event.Status, e.Event.Duration)
	case wait.TrafficShifted:
		return fmt.Sprintf("%s: %s: %g %%", who, e.Target.ID, e.Percent)
	case wait.Ready:
		return fmt.Sprintf("%s: ready, %s, %v left", who, e.Action, e.Left.Round(time.Minute))
	case wait.RollbackStarted:
		return fmt.Sprintf("%s: rollback %s: %s", who, e.RollbackID, e.Message)
	case wait.RollbackEnded:
		return fmt.Sprintf("%s: ended %s", who, e.Outcome.Status)
	case wait.Notice:
		return fmt.Sprintf("%s: %s: %s", who, e.Kind, e.Message)
	case wait.Retrying:
		return fmt.Sprintf("%s: retrying: %s (%d)", who, e.Reason, e.Attempt)
	case wait.Resumed:
		return fmt.Sprintf("%s: resumed after %d", who, e.Attempts)
	case wait.Heartbeat:
		return fmt.Sprintf("%s: still %s", who, e.Status)
	}
	return fmt.Sprintf("%T", e)
}

func expectLines(t *testing.T, got []string, want ...string) {
	t.Helper()
	if g, w := strings.Join(got, "\n"), strings.Join(want, "\n"); g != w {
		t.Errorf("events:\n%s\nwant:\n%s", g, w)
	}
}
