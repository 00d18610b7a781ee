package deploy

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/codedeploy"
)

// service is a CodeDeploy that speaks AWS JSON 1.1 over HTTP, on connections in
// memory so that the tests can run on synctest's clock.
type service struct {
	t *testing.T
	// fault may answer a request itself, and returns true then. It may create the
	// deployment before that with create. nth counts an operation's requests from 1.
	fault func(op string, nth int, in request, w http.ResponseWriter, r *http.Request) bool
	dial  func(nth int) error // refuses connections; may be nil

	mu          sync.Mutex
	calls       []string
	dials       int
	deployments []map[string]any // newest first
	attempted   string           // the group's last attempted deployment
	platform    string           // of application and group
	hidden      time.Time        // until when ListDeployments shows nothing
	connections chan net.Conn
	done        chan struct{}
}

type request = map[string]any

func newService(t *testing.T) *service {
	s := &service{t: t, connections: make(chan net.Conn), done: make(chan struct{})}
	server := &http.Server{Handler: s}
	served := make(chan error)
	go func() { served <- server.Serve(s) }()
	t.Cleanup(func() {
		_ = server.Close()
		if err := <-served; !errors.Is(err, http.ErrServerClosed) {
			t.Error(err)
		}
	})
	return s
}

// client is a real SDK client whose connections end in s.
func (s *service) client(more ...func(*codedeploy.Options)) *codedeploy.Client {
	transport := &http.Transport{DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		s.mu.Lock()
		s.dials++
		nth := s.dials
		s.mu.Unlock()
		if s.dial != nil {
			if err := s.dial(nth); err != nil {
				return nil, &net.OpError{Op: "dial", Net: "tcp", Err: err}
			}
		}
		here, there := net.Pipe()
		select {
		case s.connections <- there:
			return here, nil
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}}
	s.t.Cleanup(transport.CloseIdleConnections)
	endpoint := "http://codedeploy.test"
	return codedeploy.New(codedeploy.Options{
		BaseEndpoint: &endpoint, Region: "eu-west-1", HTTPClient: &http.Client{Transport: transport},
		Credentials: credentials.NewStaticCredentialsProvider("AKID", "secret", ""),
	}, more...)
}

// Accept, Close and Addr make s a net.Listener.
func (s *service) Accept() (net.Conn, error) {
	select {
	case c := <-s.connections:
		return c, nil
	case <-s.done:
		return nil, net.ErrClosed
	}
}

func (s *service) Close() error {
	close(s.done)
	return nil
}

func (s *service) Addr() net.Addr { return &net.IPAddr{} }

func (s *service) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	_, op, _ := strings.Cut(r.Header.Get("X-Amz-Target"), ".")
	body, err := io.ReadAll(r.Body)
	var in request
	if err != nil || json.Unmarshal(body, &in) != nil {
		return
	}
	s.mu.Lock()
	s.calls = append(s.calls, op)
	s.mu.Unlock()
	if s.fault != nil && s.fault(op, s.count(op), in, w, r) {
		return
	}
	switch op {
	case "CreateDeployment":
		reply(w, request{"deploymentId": s.create(in)})
	case "GetApplication":
		reply(w, request{"application": request{"applicationName": "shop", "computePlatform": s.platform}})
	case "ListDeployments":
		s.list(in, w)
	case "GetDeployment":
		s.get(in, w)
	case "BatchGetDeployments":
		s.batch(in, w)
	case "GetDeploymentGroup":
		s.group(w)
	default:
		refuse(w, 400, "UnknownOperationException", op)
	}
}

func (s *service) count(op string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	n := 0
	for _, call := range s.calls {
		if call == op {
			n++
		}
	}
	return n
}

// create makes a deployment of a CreateDeployment request.
func (s *service) create(in request) (id string) {
	return s.add(request{"description": in["description"], "revision": in["revision"], "status": "Created"})
}

// add puts a deployment at the head of the history.
func (s *service) add(deployment request) (id string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	id = fmt.Sprintf("d-%03d", len(s.deployments)+1)
	deployment["deploymentId"] = id
	deployment["createTime"] = float64(time.Now().Unix()) + float64(len(s.deployments))
	s.deployments = append([]map[string]any{deployment}, s.deployments...)
	s.attempted = id
	return id
}

func (s *service) list(in request, w http.ResponseWriter) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if in["applicationName"] != "shop" || in["deploymentGroupName"] != "blue" {
		refuse(w, 400, "DeploymentGroupDoesNotExistException", "no such group")
		return
	}
	wanted, filtered := in["includeOnlyStatuses"].([]any)
	const size = 2
	from := 0
	if token, ok := in["nextToken"].(string); ok {
		_, _ = fmt.Sscan(token, &from)
	}
	var ids []string
	for _, d := range s.deployments {
		if time.Now().Before(s.hidden) || filtered && d["status"] != wanted[0] {
			continue
		}
		ids = append(ids, d["deploymentId"].(string))
	}
	out := request{"deployments": ids[min(from, len(ids)):min(from+size, len(ids))]}
	if from+size < len(ids) {
		out["nextToken"] = fmt.Sprint(from + size)
	}
	reply(w, out)
}

func (s *service) find(id any) request {
	for _, d := range s.deployments {
		if d["deploymentId"] == id {
			return d
		}
	}
	return nil
}

func (s *service) get(in request, w http.ResponseWriter) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if d := s.find(in["deploymentId"]); d != nil {
		reply(w, request{"deploymentInfo": d})
		return
	}
	refuse(w, 400, "DeploymentDoesNotExistException", "no such deployment")
}

func (s *service) batch(in request, w http.ResponseWriter) {
	s.mu.Lock()
	defer s.mu.Unlock()
	found := []any{}
	for _, id := range in["deploymentIds"].([]any) {
		if d := s.find(id); d != nil {
			found = append([]any{d}, found...) // not in the order asked for
		}
	}
	reply(w, request{"deploymentsInfo": found})
}

func (s *service) group(w http.ResponseWriter) {
	s.mu.Lock()
	defer s.mu.Unlock()
	info := request{"deploymentGroupName": "blue", "computePlatform": s.platform}
	if d := s.find(s.attempted); d != nil {
		info["lastAttemptedDeployment"] = request{"deploymentId": s.attempted, "status": d["status"]}
	}
	reply(w, request{"deploymentGroupInfo": info})
}

func reply(w http.ResponseWriter, body request) {
	w.Header().Set("Content-Type", "application/x-amz-json-1.1")
	_ = json.NewEncoder(w).Encode(body)
}

func refuse(w http.ResponseWriter, status int, code, message string) {
	w.Header().Set("Content-Type", "application/x-amz-json-1.1")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(request{"__type": code, "message": message})
}

// drop closes the connection without an answer.
func drop(w http.ResponseWriter) {
	if connection, _, err := w.(http.Hijacker).Hijack(); err == nil {
		_ = connection.Close()
	}
}

// hang does not answer until the client goes away.
func hang(r *http.Request) { <-r.Context().Done() }

// on makes a fault for one operation.
func on(op string, act func(nth int, in request, w http.ResponseWriter, r *http.Request)) func(string, int, request, http.ResponseWriter, *http.Request) bool {
	return func(now string, nth int, in request, w http.ResponseWriter, r *http.Request) bool {
		if now == op {
			act(nth, in, w, r)
		}
		return now == op
	}
}

// denying answers operations with AccessDeniedException, and leaves the rest to next.
func denying(next func(string, int, request, http.ResponseWriter, *http.Request) bool, ops ...string) func(string, int, request, http.ResponseWriter, *http.Request) bool {
	return func(op string, nth int, in request, w http.ResponseWriter, r *http.Request) bool {
		for _, denied := range ops {
			if op == denied {
				refuse(w, 400, "AccessDeniedException", "not authorized")
				return true
			}
		}
		return next != nil && next(op, nth, in, w, r)
	}
}
