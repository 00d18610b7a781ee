package main

import (
	"context"
	"flag"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/codedeploy"
	"github.com/aws/aws-sdk-go-v2/service/codedeploy/types"

	"github.com/cdx-deploy/cdx/internal/term"
	"github.com/cdx-deploy/cdx/pkg/local"
)

var chaosRuns = flag.Int("chaos", 30, "how many runs TestChaos makes, each with a seed of its own")

// TestChaos runs cdx deploy --wait against the embedded service over HTTP, which throttles,
// fails, loses answers and is slow, each time by another seed. Every run must create one
// deployment at most and exit with the code of what has become of it.
func TestChaos(t *testing.T) {
	service, err := local.New(local.Options{Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := service.Close(); err != nil {
			t.Error(err)
		}
	})
	if err := service.Ensure("", "", "bucket"); err != nil {
		t.Fatal(err)
	}
	dirs := chaosDirs(t)
	t.Setenv("AWS_ACCESS_KEY_ID", service.Credentials().AccessKeyID)
	t.Setenv("AWS_SECRET_ACCESS_KEY", service.Credentials().SecretAccessKey)
	t.Setenv("AWS_CONFIG_FILE", filepath.Join(dirs[0], "none"))
	t.Setenv("AWS_EC2_METADATA_DISABLED", "true")
	calm := httptest.NewServer(service.Handler())
	t.Cleanup(calm.Close)
	client := localClients(service, calm.URL).codeDeploy
	seeds := make(chan uint64)
	var codes sync.Map
	var running sync.WaitGroup
	for range 30 { // they mostly pause
		running.Go(func() {
			for seed := range seeds {
				codes.Store(chaosRun(t, service, client, dirs[seed%2], seed), true)
			}
		})
	}
	for seed := range *chaosRuns {
		seeds <- uint64(seed)
	}
	close(seeds)
	running.Wait()
	for _, code := range []int{exitDone, exitFailed} {
		if _, ok := codes.Load(code); !ok {
			t.Errorf("no run ended with exit code %d: the faults are too many", code)
		}
	}
}

// chaosDirs are two directories to deploy: one that succeeds and one that fails.
func chaosDirs(t *testing.T) (dirs [2]string) {
	for i, script := range []string{"#!/bin/sh\nexit 0\n", "#!/bin/sh\nexit 1\n"} {
		dirs[i] = t.TempDir()
		for name, text := range map[string]string{
			"appspec.yml": "version: 0.0\nos: linux\nhooks:\n  BeforeInstall:\n    - location: hook.sh\n",
			"hook.sh":     script,
		} {
			if err := os.WriteFile(filepath.Join(dirs[i], name), []byte(text), 0o700); err != nil {
				t.Fatal(err)
			}
		}
	}
	return dirs
}

func chaosRun(t *testing.T, service *local.Service, client *codedeploy.Client, dir string, seed uint64) (code int) {
	application := fmt.Sprintf("app-%d", seed)
	if err := service.Ensure(application, "group", ""); err != nil {
		t.Error(err)
		return exitRefused
	}
	trouble := &chaos{next: service.Handler(), random: rand.New(rand.NewPCG(seed, 1))}
	trouble.often = 0.05 + 0.3*trouble.random.Float64()
	server := httptest.NewServer(trouble)
	defer server.Close()
	streams, _, _, said := term.Test()
	p := newProgram(streams, []string{"CDX_POLL_INTERVAL=5ms"})
	root := newRootCmd(p)
	root.SetArgs([]string{"deploy", "--wait", "--region", "us-east-1", "--endpoint-url", server.URL, "-a", application, "-g", "group", "--bucket", "bucket", dir})
	ctx := t.Context()
	code = p.finish(ctx, root.ExecuteContext(ctx))
	if want := chaosWant(ctx, t, client, application); code != want {
		t.Errorf("seed %d: exit code %d, want %d; faults: %v\n%s", seed, code, want, trouble.done, said)
	}
	return code
}

// chaosWant is the exit code that fits what the service knows.
func chaosWant(ctx context.Context, t *testing.T, client *codedeploy.Client, application string) int {
	group := "group"
	listed, err := client.ListDeployments(ctx, &codedeploy.ListDeploymentsInput{ApplicationName: &application, DeploymentGroupName: &group})
	if err != nil || len(listed.Deployments) > 1 {
		t.Errorf("%s: deployments %v, %v; want one at most", application, listed, err)
		return -1
	}
	if len(listed.Deployments) == 0 {
		return exitRefused
	}
	out, err := client.GetDeployment(ctx, &codedeploy.GetDeploymentInput{DeploymentId: &listed.Deployments[0]})
	switch {
	case err != nil:
		t.Error(err)
		return -1
	case out.DeploymentInfo.Status == types.DeploymentStatusSucceeded:
		return exitDone
	case out.DeploymentInfo.Status == types.DeploymentStatusFailed:
		return exitFailed
	default:
		return -1 // cdx left before the end
	}
}

// chaos serves what next answers, and often something else.
type chaos struct {
	next   http.Handler
	often  float64
	mu     sync.Mutex
	random *rand.Rand
	done   []string
}

// afterwards are the faults that carry the request out; before, those that do not. Only
// the former, and throttling, are safe for CreateDeployment here: whether a request arrived
// of which nothing is heard is looked for during a minute, which is tested with a clock of
// its own elsewhere.
var (
	afterwards = []string{"drop", "fail after", "cut", "slow"}
	before     = []string{"throttle", "fail", "gateway", "vanish"}
)

func (c *chaos) pick(operation string) string {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.random.Float64() >= c.often {
		return ""
	}
	kinds := append(append([]string(nil), afterwards...), before...)
	if operation == "CreateDeployment" {
		kinds = append(append([]string(nil), afterwards...), "throttle")
	}
	kind := kinds[c.random.IntN(len(kinds))]
	c.done = append(c.done, operation+" "+kind)
	return kind
}

func (c *chaos) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	switch kind := c.pick(operationOf(r)); kind {
	case "throttle", "fail":
		kinds[kind](nil, w, r)
	case "gateway":
		w.Header().Set("Content-Type", "text/html")
		w.WriteHeader(http.StatusBadGateway)
		_, _ = w.Write([]byte("<html>bad gateway</html>"))
	case "vanish":
		panic(http.ErrAbortHandler)
	case "drop":
		(&faults{next: c.next}).drop(w, r)
	case "fail after":
		c.next.ServeHTTP(httptest.NewRecorder(), r)
		kinds["fail"](nil, w, r)
	case "cut":
		c.cut(w, r)
	case "slow":
		time.Sleep(20 * time.Millisecond)
		c.next.ServeHTTP(w, r)
	default:
		c.next.ServeHTTP(w, r)
	}
}

// cut sends half of the answer.
func (c *chaos) cut(w http.ResponseWriter, r *http.Request) {
	answer := httptest.NewRecorder()
	c.next.ServeHTTP(answer, r)
	for name, values := range answer.Header() {
		w.Header()[name] = values
	}
	w.Header().Set("Content-Length", fmt.Sprint(answer.Body.Len()+1))
	w.WriteHeader(answer.Code)
	_, _ = w.Write(answer.Body.Bytes()[:answer.Body.Len()/2])
	panic(http.ErrAbortHandler)
}
