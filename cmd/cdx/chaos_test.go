package main

import (
	"context"
	"flag"
	"fmt"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/codedeploy"
	"github.com/aws/aws-sdk-go-v2/service/codedeploy/types"

	"github.com/cdx-deploy/cdx/internal/awsapi/slim"
	"github.com/cdx-deploy/cdx/internal/term"
	"github.com/cdx-deploy/cdx/pkg/local"
)

var chaosRuns = flag.Int("chaos", 30, "how many runs TestChaos makes, each with a seed of its own")

// TestChaos runs cdx deploy --wait against the embedded service over HTTP, which throttles,
// fails, loses answers and is slow, has another clock, takes credentials for a few requests
// only, and tells what nobody has heard of, each time by another seed. Every run must create
// one deployment at most and exit with the code of what has become of it.
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
	issuer := &issuer{credentials: service.Credentials()}
	issuing := httptest.NewServer(issuer)
	t.Cleanup(issuing.Close)
	t.Setenv("AWS_CONTAINER_CREDENTIALS_FULL_URI", issuing.URL)
	t.Setenv("AWS_CONFIG_FILE", filepath.Join(dirs[0], "none"))
	t.Setenv("AWS_EC2_METADATA_DISABLED", "true")
	calm := httptest.NewServer(service.Handler())
	t.Cleanup(calm.Close)
	client := localClients(service, calm.URL).codeDeploy
	seeds := make(chan uint64)
	var codes, faults sync.Map
	var running sync.WaitGroup
	for range 30 { // they mostly pause
		running.Go(func() {
			for seed := range seeds {
				code, done := chaosRun(t, service, client, issuer, dirs[seed%3], seed)
				codes.Store(code, true)
				for _, fault := range done {
					_, kind, _ := strings.Cut(fault, " ")
					faults.Store(kind, true)
				}
			}
		})
	}
	for seed := range *chaosRuns {
		seeds <- uint64(seed)
	}
	close(seeds)
	running.Wait()
	for _, code := range []int{exitDone, exitFailed, exitStopped} {
		if _, ok := codes.Load(code); !ok {
			t.Errorf("no run ended with exit code %d: the faults are too many", code)
		}
	}
	for _, kind := range append(of("ListDeploymentTargets"), "not started", "skewed", "expire") {
		if _, ok := faults.Load(kind); !ok {
			t.Errorf("the fault %q never happened", kind)
		}
	}
}

// chaosDirs are directories to deploy: one that succeeds, one that fails, and one that takes
// a while, so that it can be stopped.
func chaosDirs(t *testing.T) (dirs [3]string) {
	for i, script := range []string{"#!/bin/sh\nexit 0\n", "#!/bin/sh\nexit 1\n", "#!/bin/sh\nsleep 1\n"} {
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

func chaosRun(t *testing.T, service *local.Service, client *slim.Client, issuer *issuer, dir string, seed uint64) (code int, done []string) {
	application := fmt.Sprintf("app-%d", seed)
	if err := service.Ensure(application, "group", ""); err != nil {
		t.Error(err)
		return exitRefused, nil
	}
	trouble := newChaos(service.Handler(), issuer, seed)
	server := httptest.NewServer(trouble)
	defer server.Close()
	streams, _, _, said := term.Test()
	p := newProgram(streams, []string{"CDX_POLL_INTERVAL=5ms"})
	root := newRootCmd(p)
	root.SetArgs([]string{"deploy", "--wait", "--region", "us-east-1", "--endpoint-url", server.URL, "-a", application, "-g", "group", "--bucket", "bucket", dir})
	ctx := t.Context()
	if seed%3 == 2 {
		defer chaosStop(ctx, t, client, application)()
	}
	code = p.finish(ctx, root.ExecuteContext(ctx))
	if want := chaosWant(ctx, t, client, application); code != want {
		t.Errorf("seed %d: exit code %d, want %d; faults: %v\n%s", seed, code, want, trouble.done, said)
	}
	return code, trouble.done
}

// chaosStop stops the application's deployment once there is one. What it returns waits
// until that is done, or nothing is left to be stopped.
func chaosStop(ctx context.Context, t *testing.T, client *slim.Client, application string) (end func()) {
	ctx, cancel := context.WithCancel(ctx)
	var stopping sync.WaitGroup
	stopping.Go(func() {
		group := "group"
		for ctx.Err() == nil {
			listed, err := client.ListDeployments(ctx, &codedeploy.ListDeploymentsInput{ApplicationName: &application, DeploymentGroupName: &group})
			if err == nil && len(listed.Deployments) > 0 {
				if _, err := client.StopDeployment(ctx, &codedeploy.StopDeploymentInput{DeploymentId: &listed.Deployments[0]}); err != nil && ctx.Err() == nil {
					t.Logf("%s was not stopped: %v", application, err)
				}
				return
			}
			select {
			case <-ctx.Done():
			case <-time.After(50 * time.Millisecond):
			}
		}
	})
	return func() {
		cancel()
		stopping.Wait()
	}
}

// chaosWant is the exit code that fits what the service knows.
func chaosWant(ctx context.Context, t *testing.T, client *slim.Client, application string) int {
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
	case out.DeploymentInfo.Status == types.DeploymentStatusStopped:
		return exitStopped
	default:
		return -1 // cdx left before the end
	}
}
