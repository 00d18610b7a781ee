package deploy

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/codedeploy/types"
	smithyhttp "github.com/aws/smithy-go/transport/http"
)

// responseError is an answer of some service, like the one that gives credentials.
type responseError struct{ response *http.Response }

func (e *responseError) Error() string { return "refresh failed" }
func (e *responseError) Unwrap() error {
	return &smithyhttp.ResponseError{Response: &smithyhttp.Response{Response: e.response}, Err: errors.New("no credentials")}
}

func TestActiveErrorReadsBothTexts(t *testing.T) {
	for text, want := range map[string]string{
		"The Deployment Group 'blue' already has an active Deployment 'd-ABCDEF123'":          "d-ABCDEF123",
		"Deployment Group 'd-XYZ' is already deploying deployment 'd-1'":                      "d-1",
		"deployment group 'blue' is already deploying deployment 'd-QWERTY789'":               "d-QWERTY789",
		"The account has reached the limit of 1300 concurrent deployments":                    "",
		"The Deployment Group 'd-ABC' has too many deployments":                               "",
		"The Deployment Group 'blue' already has an active Deployment 'arn:aws:codedeploy:x'": "",
	} {
		err := fmt.Errorf("wrapped: %w", &types.DeploymentLimitExceededException{Message: aws.String(text)})
		active := activeError(err, "blue")
		if active == nil && want != "" || active != nil && (active.ID != want || !errors.Is(active, err)) {
			t.Errorf("%s: %+v", text, active)
		}
	}
	if activeError(errors.New("already has an active Deployment 'd-1'"), "blue") != nil {
		t.Error("another error was taken for it")
	}
}

// busy makes a service whose group has an active deployment until one is awaited.
func busy(s *service, key string) {
	id := s.add(request{"status": "InProgress", "revision": request{
		"revisionType": "S3", "s3Location": request{"bucket": "b", "key": key, "bundleType": "zip", "eTag": "e"},
	}})
	s.fault = on("CreateDeployment", func(_ int, in request, w http.ResponseWriter, _ *http.Request) {
		s.mu.Lock()
		active := s.find(id)["status"] == "InProgress"
		s.mu.Unlock()
		if active {
			refuse(w, 400, "DeploymentLimitExceededException", "The Deployment Group 'blue' already has an active Deployment '"+id+"'")
			return
		}
		reply(w, request{"deploymentId": s.create(in)})
	})
}

func TestIfActiveFail(t *testing.T) {
	inBubble(t, func(t *testing.T, s *service) {
		busy(s, "a.zip")
		_, err := Create(t.Context(), s.client(), input(), Options{})
		var active *ActiveError
		if !errors.As(err, &active) || active.ID != "d-001" || active.Group != "blue" {
			t.Fatalf("Create = %v", err)
		}
		if want := "create deployment of application shop: deployment d-001 to blue is active"; err.Error() != want {
			t.Errorf("Create = %v, want %s", err, want)
		}
	})
}

func TestIfActiveAttach(t *testing.T) {
	inBubble(t, func(t *testing.T, s *service) {
		busy(s, "a.zip")
		got, err := Create(t.Context(), s.client(), input(), Options{IfActive: IfActiveAttach})
		if err != nil || *got != (Created{ID: "d-001", Attached: true}) {
			t.Errorf("the same revision: %+v, %v", got, err)
		}
	})
	inBubble(t, func(t *testing.T, s *service) {
		busy(s, "other.zip")
		_, err := Create(t.Context(), s.client(), input(), Options{IfActive: IfActiveAttach})
		want := "create deployment of application shop: deployment d-001 to blue is active with another revision, s3://b/other.zip?eTag=e"
		if err == nil || err.Error() != want {
			t.Errorf("another revision: %v", err)
		}
	})
	inBubble(t, func(t *testing.T, s *service) {
		busy(s, "a.zip")
		s.fault = denying(s.fault, "GetDeployment")
		_, err := Create(t.Context(), s.client(), input(), Options{IfActive: IfActiveAttach})
		var active *ActiveError
		if !errors.As(err, &active) || active.Revision != nil {
			t.Errorf("without permission to look: %v", err)
		}
	})
}

func TestIfActiveWait(t *testing.T) {
	inBubble(t, func(t *testing.T, s *service) {
		busy(s, "other.zip")
		awaited := 0
		got, err := Create(t.Context(), s.client(), input(), Options{IfActive: IfActiveWait, Await: func(_ context.Context, id string) error {
			if awaited++; awaited == 2 { // the group is busy for a moment longer
				s.mu.Lock()
				defer s.mu.Unlock()
				s.find(id)["status"] = "Failed"
			}
			return nil
		}})
		if err != nil || *got != (Created{ID: "d-002"}) || awaited != 2 {
			t.Errorf("Create = %+v, %v after waiting %d times", got, err, awaited)
		}
	})
	inBubble(t, func(t *testing.T, s *service) {
		busy(s, "other.zip")
		gone := errors.New("access lost")
		_, err := Create(t.Context(), s.client(), input(), Options{IfActive: IfActiveWait, Await: func(context.Context, string) error { return gone }})
		if !errors.Is(err, gone) || len(s.deployments) != 1 {
			t.Errorf("Create = %v", err)
		}
		if _, err := Create(t.Context(), s.client(), input(), Options{IfActive: IfActiveWait}); err == nil || err.Error() != "deploy: IfActiveWait without Await" {
			t.Errorf("without Await: %v", err)
		}
	})
}

func TestIfActiveWaitGivesUpOnOneThatHasEnded(t *testing.T) {
	inBubble(t, func(t *testing.T, s *service) {
		busy(s, "other.zip")
		began, awaited := time.Now(), 0
		_, err := Create(t.Context(), s.client(), input(), Options{IfActive: IfActiveWait, Await: func(context.Context, string) error {
			awaited++ // it has ended, and the service goes on to name it
			return nil
		}})
		var active *ActiveError
		if !errors.As(err, &active) || active.ID != "d-001" || awaited != maxEnded {
			t.Errorf("Create = %v after waiting %d times", err, awaited)
		}
		if took := time.Since(began); took < 30*time.Second || took > 3*time.Minute {
			t.Errorf("it took %v", took)
		}
	})
}

func TestActiveDeploymentIsOurs(t *testing.T) {
	inBubble(t, func(t *testing.T, s *service) {
		s.fault = on("CreateDeployment", func(_ int, in request, w http.ResponseWriter, _ *http.Request) {
			id := s.create(in) // as if a proxy had sent the request twice
			refuse(w, 400, "DeploymentLimitExceededException", "The Deployment Group 'blue' already has an active Deployment '"+id+"'")
		})
		for _, policy := range []IfActive{IfActiveFail, IfActiveWait, IfActiveAttach} {
			got, err := Create(t.Context(), s.client(), input(), Options{IfActive: policy, Await: func(context.Context, string) error {
				t.Error("waited for our own deployment")
				return nil
			}})
			if err != nil || !got.Adopted {
				t.Errorf("%s: %+v, %v", policy, got, err)
			}
		}
	})
}

// TestChaos lets everything go wrong at random. There must never be two deployments,
// and the result must tell what there is.
func TestChaos(t *testing.T) {
	for seed := range uint64(500) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) { chaos(t, rand.New(rand.NewPCG(seed, 1))) })
		})
	}
}

func chaos(t *testing.T, random *rand.Rand) {
	s := newService(t)
	roll := func(n int) int {
		s.mu.Lock()
		defer s.mu.Unlock()
		return random.IntN(n)
	}
	s.dial = func(int) error {
		if roll(4) == 0 {
			return errors.New("connection refused")
		}
		return nil
	}
	s.fault = func(op string, _ int, in request, w http.ResponseWriter, r *http.Request) bool {
		if op == "CreateDeployment" && roll(2) == 0 {
			return misbehave(s, roll(6), in, w, r)
		}
		return op != "CreateDeployment" && roll(3) == 0 && misbehave(s, roll(4), nil, w, r)
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	if roll(3) == 0 {
		defer time.AfterFunc(time.Duration(roll(90_000))*time.Millisecond, cancel).Stop()
	}
	got, err := Create(ctx, s.client(), input(), Options{AnswerTimeout: 20 * time.Second})
	synctest.Wait()
	var lost *LostError
	switch {
	case len(s.deployments) > 1:
		t.Errorf("%d deployments: %q", len(s.deployments), s.calls)
	case err == nil && (len(s.deployments) != 1 || got.ID != s.deployments[0]["deploymentId"]):
		t.Errorf("Create = %+v, but there are %v", got, s.deployments)
	case err != nil && !errors.As(err, &lost) && len(s.deployments) > 0:
		t.Errorf("Create = %v, but there is a deployment", err)
	}
}

// misbehave answers wrongly in one of several ways; the last two only after the
// deployment was created.
func misbehave(s *service, how int, in request, w http.ResponseWriter, r *http.Request) bool {
	switch how {
	case 0:
		drop(w)
	case 1:
		refuse(w, 500, "InternalFailure", "")
	case 2:
		refuse(w, 400, "ThrottlingException", "Rate exceeded")
	case 3:
		hang(r)
	case 4:
		s.create(in)
		drop(w)
	default:
		s.create(in)
		hang(r)
	}
	return true
}
