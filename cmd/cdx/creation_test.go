package main

import (
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"

	"github.com/cdx-deploy/cdx/internal/awsapi/slim"
	"github.com/cdx-deploy/cdx/internal/term"
	"github.com/cdx-deploy/cdx/pkg/wait"
)

// answering is an HTTP client that answers every request with the same kind of text.
type answering func() string

func (a answering) Do(*http.Request) (*http.Response, error) {
	return &http.Response{
		StatusCode: http.StatusOK,
		Header:     http.Header{"Content-Type": {"application/x-amz-json-1.1"}},
		Body:       io.NopCloser(strings.NewReader(a())),
	}, nil
}

func TestActiveDeploymentsAreAwaitedForOneTimeOut(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		service := answering(func() string {
			status := "InProgress"
			if took := time.Since(began); took >= 40*time.Minute && took < 41*time.Minute {
				status = "Succeeded"
			}
			return `{"deploymentInfo": {"deploymentId": "d-1", "status": "` + status + `"}}`
		})
		streams, _, _, _ := term.Test()
		p := newProgram(streams, nil)
		p.useCI(resolved(t))
		config := aws.Config{Region: "us-east-1", HTTPClient: service, Credentials: credentials.NewStaticCredentialsProvider("a", "b", "")}
		await := p.awaiting(resolved(t), &clients{codeDeploy: slim.NewFromConfig(config)}, p.following(false))
		if err := await(t.Context(), "d-1"); err != nil {
			t.Fatalf("the first: %v", err)
		}
		time.Sleep(2 * time.Minute)
		err := await(t.Context(), "d-2")
		var late *wait.TimeoutError
		if !errors.As(err, &late) || late.Timeout != time.Hour {
			t.Errorf("the second: %v", err)
		}
		if took := time.Since(began); took < 59*time.Minute || took > 61*time.Minute {
			t.Errorf("the time-out was over after %v", took)
		}
		time.Sleep(time.Minute)
		if err := await(t.Context(), "d-3"); exitCode(t.Context(), err) != exitTimeout || !strings.HasPrefix(err.Error(), "the deployment group stays busy: ") {
			t.Errorf("the third: %v", err)
		}
	})
}
