package deploy

import (
	"context"
	"errors"
	"io"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/codedeploy"
	"github.com/aws/aws-sdk-go-v2/service/codedeploy/types"

	"github.com/cdx-deploy/cdx/pkg/revision"
)

func input() *codedeploy.CreateDeploymentInput {
	return &codedeploy.CreateDeploymentInput{
		ApplicationName: aws.String("shop"), DeploymentGroupName: aws.String("blue"), Description: aws.String("build 42"),
		Revision: revision.FromS3("b", "a.zip", types.BundleTypeZip, "e", ""),
	}
}

// inBubble runs a test with a service on a clock that needs no time.
func inBubble(t *testing.T, test func(t *testing.T, s *service)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) { test(t, newService(t)) })
}

func TestCreate(t *testing.T) {
	inBubble(t, func(t *testing.T, s *service) {
		in := input()
		got, err := Create(t.Context(), s.client(), in, Options{})
		if err != nil || *got != (Created{ID: "d-001"}) {
			t.Fatalf("Create = %+v, %v", got, err)
		}
		description := s.deployments[0]["description"].(string)
		if !regexp.MustCompile(`^build 42 \[cdx [0-9a-f]{16}\]$`).MatchString(description) || UserDescription(description) != "build 42" {
			t.Errorf("description %q", description)
		}
		if *in.Description != "build 42" || s.count("CreateDeployment") != 1 || len(s.calls) != 1 {
			t.Errorf("the input is now %q, calls %q", *in.Description, s.calls)
		}

		in.Description = nil
		if _, err := Create(t.Context(), s.client(), in, Options{}); err != nil {
			t.Fatal(err)
		}
		if second := s.deployments[0]["description"].(string); UserDescription(second) != "" || strings.HasSuffix(description, second) {
			t.Errorf("the second deployment's description %q", second)
		}
	})
}

func TestDescriptionLength(t *testing.T) {
	inBubble(t, func(t *testing.T, s *service) {
		in := input()
		in.Description = aws.String(strings.Repeat("é", MaxUserDescription))
		if _, err := Create(t.Context(), s.client(), in, Options{}); err != nil {
			t.Error(err)
		}
		if n := len([]rune(s.deployments[0]["description"].(string))); n != maxDescription {
			t.Errorf("%d characters were sent", n)
		}
		in.Description = aws.String(*in.Description + "x")
		_, err := Create(t.Context(), s.client(), in, Options{})
		var long *DescriptionError
		if !errors.As(err, &long) || err.Error() != "description has 234 characters, at most 233 are possible" || s.count("CreateDeployment") != 1 {
			t.Errorf("Create = %v", err)
		}
	})
}

func TestUserDescription(t *testing.T) {
	for text, want := range map[string]string{
		"":                                     "",
		"x [cdx 0123456789abcdef]":             "x",
		"[cdx 0123456789abcdef]":               "",
		"[cdx 0123456789abcdef] x":             "[cdx 0123456789abcdef] x",
		"x [cdx 0123456789abcdeg]":             "x [cdx 0123456789abcdeg]",
		"a [cdx 0123456789abcdef]\n[cdx none]": "a [cdx 0123456789abcdef]\n[cdx none]",
	} {
		if got := UserDescription(text); got != want {
			t.Errorf("UserDescription(%q) = %q, want %q", text, got, want)
		}
	}
}

// answers are ways to lose an answer.
var answers = map[string]func(w http.ResponseWriter, r *http.Request){
	"the connection breaks off": func(w http.ResponseWriter, _ *http.Request) { drop(w) },
	"500":                       func(w http.ResponseWriter, _ *http.Request) { refuse(w, 500, "InternalFailure", "") },
	"503 of a proxy":            func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(503) },
	"no answer":                 func(_ http.ResponseWriter, r *http.Request) { hang(r) },
	"no JSON":                   func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "<html>") },
	"half an answer": func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Length", "100")
		_, _ = io.WriteString(w, `{"deploymentId`)
	},
	"no ID": func(w http.ResponseWriter, _ *http.Request) { reply(w, request{}) },
}

func TestLostAnswerIsAdopted(t *testing.T) {
	for name, answer := range answers {
		for _, lag := range []time.Duration{0, 40 * time.Second} {
			t.Run(name+" "+lag.String(), func(t *testing.T) {
				inBubble(t, func(t *testing.T, s *service) {
					for range 5 {
						s.add(request{"description": "build 42 [cdx 0123456789abcdef]", "status": "Succeeded"})
					}
					s.fault = on("CreateDeployment", func(_ int, in request, w http.ResponseWriter, r *http.Request) {
						s.create(in)
						s.mu.Lock()
						s.hidden = time.Now().Add(lag)
						s.mu.Unlock()
						answer(w, r)
					})
					var lost error
					got, err := Create(t.Context(), s.client(), input(), Options{AnswerTimeout: 10 * time.Second, OnLost: func(err error) { lost = err }})
					if err != nil || *got != (Created{ID: "d-006", Adopted: true}) {
						t.Errorf("Create = %+v, %v", got, err)
					}
					if lost == nil || s.count("CreateDeployment") != 1 || len(s.deployments) != 6 {
						t.Errorf("OnLost(%v), calls %q", lost, s.calls)
					}
				})
			})
		}
	}
}

func TestLostAnswerWithoutDeployment(t *testing.T) {
	for name, answer := range answers {
		t.Run(name, func(t *testing.T) {
			inBubble(t, func(t *testing.T, s *service) {
				s.fault = on("CreateDeployment", func(_ int, _ request, w http.ResponseWriter, r *http.Request) { answer(w, r) })
				start := time.Now()
				_, err := Create(t.Context(), s.client(), input(), Options{AnswerTimeout: time.Second})
				var lost *LostError
				if !errors.As(err, &lost) || lost.Application != "shop" || lost.Group != "blue" || lost.LookErr != nil {
					t.Fatalf("Create = %v, want a *LostError", err)
				}
				if !strings.Contains(err.Error(), "a deployment to blue may have been created: the answer was lost (") || !strings.HasSuffix(err.Error(), ", and no such deployment has appeared") {
					t.Errorf("Create = %v", err)
				}
				if took := time.Since(start); took < time.Minute || took > 62*time.Second || s.count("CreateDeployment") != 1 {
					t.Errorf("looked for %v with %q", took, s.calls)
				}
			})
		})
	}
}

func TestAdoptionWithFewPermissions(t *testing.T) {
	lose := func(s *service) func(string, int, request, http.ResponseWriter, *http.Request) bool {
		return on("CreateDeployment", func(_ int, in request, w http.ResponseWriter, _ *http.Request) {
			s.create(in)
			drop(w)
		})
	}
	t.Run("one by one", func(t *testing.T) {
		inBubble(t, func(t *testing.T, s *service) {
			s.add(request{"status": "Failed"})
			s.fault = denying(lose(s), "BatchGetDeployments")
			if got, err := Create(t.Context(), s.client(), input(), Options{}); err != nil || got.ID != "d-002" || !got.Adopted {
				t.Errorf("Create = %+v, %v", got, err)
			}
		})
	})
	for _, denied := range [][]string{{"ListDeployments"}, {"BatchGetDeployments", "GetDeployment"}} {
		t.Run("without "+strings.Join(denied, " and "), func(t *testing.T) {
			inBubble(t, func(t *testing.T, s *service) {
				s.fault = denying(lose(s), denied...)
				start := time.Now()
				_, err := Create(t.Context(), s.client(), input(), Options{})
				var lost *LostError
				if !errors.As(err, &lost) || !IsDenied(lost.LookErr) || !strings.Contains(err.Error(), "and it could not be looked for: operation error CodeDeploy") {
					t.Errorf("Create = %v", err)
				}
				if time.Since(start) > time.Second {
					t.Errorf("it took %v to see that looking is not allowed", time.Since(start))
				}
			})
		})
	}
}

func TestAdoptionOutlivesFaultsOfTheLook(t *testing.T) {
	inBubble(t, func(t *testing.T, s *service) {
		s.fault = func(op string, nth int, in request, w http.ResponseWriter, _ *http.Request) bool {
			switch {
			case op == "CreateDeployment":
				s.create(in)
				drop(w)
			case nth < 5:
				refuse(w, 400, "ThrottlingException", "Rate exceeded")
			case nth == 6:
				drop(w)
			default:
				return false
			}
			return true
		}
		if got, err := Create(t.Context(), s.client(), input(), Options{}); err != nil || !got.Adopted {
			t.Errorf("Create = %+v, %v", got, err)
		}
	})
	inBubble(t, func(t *testing.T, s *service) {
		s.fault = func(_ string, _ int, _ request, w http.ResponseWriter, _ *http.Request) bool {
			refuse(w, 500, "InternalFailure", "")
			return true
		}
		_, err := Create(t.Context(), s.client(), input(), Options{})
		var lost *LostError
		if !errors.As(err, &lost) || lost.LookErr == nil || s.count("CreateDeployment") != 1 {
			t.Errorf("Create = %v", err)
		}
	})
}

func TestThrottleIsRetried(t *testing.T) {
	inBubble(t, func(t *testing.T, s *service) {
		s.fault = on("CreateDeployment", func(nth int, in request, w http.ResponseWriter, _ *http.Request) {
			switch nth {
			case 1:
				refuse(w, 400, "ThrottlingException", "Rate exceeded")
			case 2:
				w.WriteHeader(429)
			case 3:
				refuse(w, 503, "ThrottlingException", "Rate exceeded")
			default:
				reply(w, request{"deploymentId": s.create(in)})
			}
		})
		var pauses []time.Duration
		got, err := Create(t.Context(), s.client(), input(), Options{OnRetry: func(_ error, pause time.Duration) { pauses = append(pauses, pause) }})
		if err != nil || *got != (Created{ID: "d-001"}) || len(s.deployments) != 1 {
			t.Errorf("Create = %+v, %v", got, err)
		}
		if len(pauses) != 3 || pauses[2] < 2*time.Second || pauses[2] > 4*time.Second {
			t.Errorf("pauses %v", pauses)
		}
	})
}

func TestThrottledForGood(t *testing.T) {
	for attempts, want := range map[int]int{0: defaultMaxThrottled, 1: 1} {
		inBubble(t, func(t *testing.T, s *service) {
			s.fault = on("CreateDeployment", func(_ int, _ request, w http.ResponseWriter, _ *http.Request) {
				refuse(w, 400, "ThrottlingException", "Rate exceeded")
			})
			_, err := Create(t.Context(), s.client(), input(), Options{MaxAttempts: attempts})
			var throttle *types.ThrottlingException
			if !errors.As(err, &throttle) || isLost(err) || s.count("CreateDeployment") != want {
				t.Errorf("Create = %v after %d requests", err, s.count("CreateDeployment"))
			}
		})
	}
}

func TestNoConnection(t *testing.T) {
	refused := errors.New("connection refused")
	inBubble(t, func(t *testing.T, s *service) {
		s.dial = func(nth int) error {
			if nth < 3 {
				return refused
			}
			return nil
		}
		if got, err := Create(t.Context(), s.client(), input(), Options{}); err != nil || got.Adopted || len(s.deployments) != 1 {
			t.Errorf("Create = %+v, %v", got, err)
		}
	})
	inBubble(t, func(t *testing.T, s *service) {
		s.dial = func(int) error { return refused }
		_, err := Create(t.Context(), s.client(), input(), Options{})
		var lost *LostError
		if !errors.Is(err, refused) || errors.As(err, &lost) || s.dials != maxUnconnected {
			t.Errorf("Create = %v after %d dials", err, s.dials)
		}
	})
}

func TestRefusals(t *testing.T) {
	inBubble(t, func(t *testing.T, s *service) {
		s.fault = on("CreateDeployment", func(_ int, _ request, w http.ResponseWriter, _ *http.Request) {
			refuse(w, 400, "DeploymentGroupDoesNotExistException", "No Deployment Group found for name: blue")
		})
		_, err := Create(t.Context(), s.client(), input(), Options{})
		var missing *types.DeploymentGroupDoesNotExistException
		if !errors.As(err, &missing) || !strings.HasPrefix(err.Error(), "create deployment of application shop: ") || s.count("CreateDeployment") != 1 {
			t.Errorf("Create = %v", err)
		}
	})
}

func TestNothingWasSent(t *testing.T) {
	sts := &http.Response{StatusCode: 500, Body: http.NoBody}
	for name, options := range map[string]func(*codedeploy.Options){
		"no credentials": func(o *codedeploy.Options) {
			o.Credentials = aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
				return aws.Credentials{}, &responseError{sts}
			})
		},
		"no region": func(o *codedeploy.Options) { o.Region, o.BaseEndpoint = "", nil },
	} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, func(t *testing.T, s *service) {
				_, err := Create(t.Context(), s.client(options), input(), Options{})
				var lost *LostError
				if err == nil || errors.As(err, &lost) || len(s.calls) != 0 {
					t.Errorf("Create = %v", err)
				}
			})
		})
	}
}

func TestWrongClockIsCorrected(t *testing.T) {
	inBubble(t, func(t *testing.T, s *service) {
		s.fault = on("CreateDeployment", func(nth int, in request, w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Date", time.Now().Add(time.Hour).UTC().Format(http.TimeFormat))
			if nth == 1 {
				refuse(w, 400, "InvalidSignatureException", "Signature expired")
				return
			}
			reply(w, request{"deploymentId": s.create(in)})
		})
		if got, err := Create(t.Context(), s.client(), input(), Options{}); err != nil || got.ID != "d-001" {
			t.Errorf("Create = %+v, %v", got, err)
		}
	})
}

func TestInterrupt(t *testing.T) {
	canceled := func(t *testing.T) context.Context {
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(2*time.Second, cancel)
		return ctx
	}
	var lost *LostError
	inBubble(t, func(t *testing.T, s *service) { // before anything is sent
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if _, err := Create(ctx, s.client(), input(), Options{}); !errors.Is(err, context.Canceled) || errors.As(err, &lost) || len(s.calls) != 0 {
			t.Errorf("before: %v", err)
		}
	})
	inBubble(t, func(t *testing.T, s *service) { // the answer comes within the grace
		s.fault = on("CreateDeployment", func(_ int, in request, w http.ResponseWriter, _ *http.Request) {
			time.Sleep(6 * time.Second)
			reply(w, request{"deploymentId": s.create(in)})
		})
		if got, err := Create(canceled(t), s.client(), input(), Options{}); err != nil || got.ID != "d-001" {
			t.Errorf("within the grace: %+v, %v", got, err)
		}
	})
	inBubble(t, func(t *testing.T, s *service) { // it does not
		s.fault = on("CreateDeployment", func(_ int, _ request, _ http.ResponseWriter, r *http.Request) { hang(r) })
		start := time.Now()
		_, err := Create(canceled(t), s.client(), input(), Options{})
		if !errors.Is(err, context.Canceled) || !errors.As(err, &lost) || time.Since(start) != 7*time.Second || s.count("ListDeployments") != 0 {
			t.Errorf("after the grace: %v, %q", err, s.calls)
		}
	})
	inBubble(t, func(t *testing.T, s *service) { // between two attempts
		s.fault = on("CreateDeployment", func(_ int, _ request, w http.ResponseWriter, _ *http.Request) { w.WriteHeader(429) })
		_, err := Create(canceled(t), s.client(), input(), Options{})
		if !errors.Is(err, context.Canceled) || errors.As(err, &lost) {
			t.Errorf("between two attempts: %v", err)
		}
	})
	inBubble(t, func(t *testing.T, s *service) { // while looking
		s.fault = on("CreateDeployment", func(_ int, _ request, w http.ResponseWriter, _ *http.Request) { drop(w) })
		_, err := Create(canceled(t), s.client(), input(), Options{})
		if !errors.Is(err, context.Canceled) || !errors.As(err, &lost) {
			t.Errorf("while looking: %v", err)
		}
	})
}
