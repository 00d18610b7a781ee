package wait_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/codedeploy"
	"github.com/aws/aws-sdk-go-v2/service/codedeploy/types"
	"github.com/aws/smithy-go"

	"github.com/cdx-deploy/cdx/pkg/wait"
)

// stub answers GetDeployment by a function of the number of calls before, and has no targets.
type stub struct {
	get   func(ctx context.Context, call int) (*types.DeploymentInfo, error)
	calls int
}

func (s *stub) GetDeployment(ctx context.Context, _ *codedeploy.GetDeploymentInput, _ ...func(*codedeploy.Options)) (*codedeploy.GetDeploymentOutput, error) {
	info, err := s.get(ctx, s.calls)
	s.calls++
	if err != nil {
		return nil, err
	}
	return &codedeploy.GetDeploymentOutput{DeploymentInfo: info}, nil
}

func (s *stub) ListDeploymentTargets(context.Context, *codedeploy.ListDeploymentTargetsInput, ...func(*codedeploy.Options)) (*codedeploy.ListDeploymentTargetsOutput, error) {
	return &codedeploy.ListDeploymentTargetsOutput{}, nil
}

func (s *stub) BatchGetDeploymentTargets(context.Context, *codedeploy.BatchGetDeploymentTargetsInput, ...func(*codedeploy.Options)) (*codedeploy.BatchGetDeploymentTargetsOutput, error) {
	return &codedeploy.BatchGetDeploymentTargetsOutput{}, nil
}

func inStatus(status types.DeploymentStatus) *types.DeploymentInfo {
	return &types.DeploymentInfo{Status: status, CreateTime: aws.Time(time.Now())}
}

func denied() error {
	return answer(400, &smithy.GenericAPIError{Code: "AccessDeniedException", Message: "not authorized"})
}

// kindOf names the error a wait ended with, as a caller tells them apart.
func kindOf(err error) string {
	var failed *wait.FailedError
	var stopped *wait.StoppedError
	var timeout *wait.TimeoutError
	var lost *wait.LostError
	var none *wait.NotFoundError
	switch {
	case err == nil:
		return "ok"
	case errors.As(err, &lost):
		return "lost"
	case errors.As(err, &failed):
		return "failed"
	case errors.As(err, &stopped):
		return "stopped"
	case errors.As(err, &timeout):
		return "timeout"
	case errors.As(err, &none):
		return "not found"
	case errors.Is(err, context.Canceled):
		return "canceled"
	case errors.Is(err, context.DeadlineExceeded):
		return "deadline"
	}
	return fmt.Sprintf("%T", err)
}

// exitPaths are the ways for a wait to go on once a status was seen for a while. Each returns
// what the service answers from then on.
var exitPaths = map[string]func(status types.DeploymentStatus, cancel func()) (*types.DeploymentInfo, error){
	"stays": func(s types.DeploymentStatus, _ func()) (*types.DeploymentInfo, error) { return inStatus(s), nil },
	"ends":  func(types.DeploymentStatus, func()) (*types.DeploymentInfo, error) { return inStatus("Succeeded"), nil },
	"fails": func(types.DeploymentStatus, func()) (*types.DeploymentInfo, error) { return inStatus("Failed"), nil },
	"stops": func(types.DeploymentStatus, func()) (*types.DeploymentInfo, error) { return inStatus("Stopped"), nil },
	"cancel": func(s types.DeploymentStatus, cancel func()) (*types.DeploymentInfo, error) {
		cancel()
		return inStatus(s), nil
	},
	"denied": func(types.DeploymentStatus, func()) (*types.DeploymentInfo, error) { return nil, denied() },
	"expired": func(types.DeploymentStatus, func()) (*types.DeploymentInfo, error) {
		return nil, answer(400, &smithy.GenericAPIError{Code: "ExpiredTokenException"})
	},
	"deleted": func(types.DeploymentStatus, func()) (*types.DeploymentInfo, error) {
		return nil, &types.DeploymentDoesNotExistException{}
	},
	"throttled": func(types.DeploymentStatus, func()) (*types.DeploymentInfo, error) {
		return nil, answer(400, &smithy.GenericAPIError{Code: "ThrottlingException"})
	},
	"server error": func(types.DeploymentStatus, func()) (*types.DeploymentInfo, error) {
		return nil, answer(500, &smithy.GenericAPIError{Code: "InternalFailure"})
	},
	"network": func(types.DeploymentStatus, func()) (*types.DeploymentInfo, error) { return nil, errors.New("reset") },
}

// exitOf is how a wait ends on each path after a status that is not final.
var exitOf = map[string]string{
	"stays": "timeout", "ends": "ok", "fails": "failed", "stops": "stopped", "cancel": "canceled", "denied": "lost",
	"expired": "lost", "deleted": "lost", "throttled": "timeout", "server error": "timeout", "network": "timeout",
}

func TestEveryStatusOnEveryExitPath(t *testing.T) {
	ended := map[types.DeploymentStatus]string{"Succeeded": "ok", "Failed": "failed", "Stopped": "stopped"}
	for _, status := range append(types.DeploymentStatus("").Values(), "Simmering") {
		for path, next := range exitPaths {
			for _, until := range []wait.Until{wait.UntilFinal, wait.UntilReady} {
				want := exitOf[path]
				if ended[status] != "" {
					want = ended[status]
				} else if until == wait.UntilReady && status == types.DeploymentStatusReady {
					want = "ok"
				}
				t.Run(fmt.Sprintf("%s then %s until %d", status, path, until), func(t *testing.T) {
					if got := exitAfter(t, status, next, until); got != want {
						t.Errorf("the wait ended %q, want %q", got, want)
					}
				})
			}
		}
	}
}

// exitAfter follows a deployment that is in status for a while and then goes on by next.
func exitAfter(t *testing.T, status types.DeploymentStatus, next func(types.DeploymentStatus, func()) (*types.DeploymentInfo, error), until wait.Until) (kind string) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		began := time.Now()
		api := &stub{get: func(_ context.Context, call int) (*types.DeploymentInfo, error) {
			if call < 5 {
				return inStatus(status), nil
			}
			return next(status, cancel)
		}}
		o, err := wait.For(ctx, api, "d-1", wait.Options{Timeout: 10 * time.Minute, Until: until})
		kind = kindOf(err)
		if o == nil || o.ID != "d-1" || o.Status() == "" {
			t.Errorf("outcome %+v, want one with a status", o)
		}
		if err != nil && !strings.Contains(err.Error(), "d-1") {
			t.Errorf("error %q does not name the deployment", err)
		}
		if kind == "timeout" && time.Since(began) != 10*time.Minute {
			t.Errorf("timed out after %v, want 10 m", time.Since(began))
		}
	})
	return kind
}

func TestBeforeAnythingWasSeen(t *testing.T) {
	none := func() error { return &types.DeploymentDoesNotExistException{Message: aws.String("no")} }
	for name, tt := range map[string]struct {
		answer func(call int) error
		opts   wait.Options
		want   string
		calls  int
	}{
		"no such deployment":            {func(int) error { return none() }, wait.Options{}, "not found", 1},
		"a malformed ID":                {func(int) error { return &types.InvalidDeploymentIdException{} }, wait.Options{Fresh: true}, "not found", 1},
		"a fresh one that is not there": {func(int) error { return none() }, wait.Options{Fresh: true}, "lost", 3},
		"denied":                        {func(int) error { return denied() }, wait.Options{}, "lost", 3},
		"somebody else's endpoint":      {func(int) error { return refusedBy("UnknownOperationException", 404) }, wait.Options{}, "lost", 3},
		"network loss":                  {func(int) error { return errors.New("unreachable") }, wait.Options{Timeout: time.Minute}, "timeout", 0},
		"denied twice": {func(call int) error {
			if call%3 == 2 {
				return answer(400, &smithy.GenericAPIError{Code: "Throttling"})
			}
			return denied()
		}, wait.Options{Timeout: time.Minute}, "timeout", 0},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				api := &stub{get: func(_ context.Context, call int) (*types.DeploymentInfo, error) { return nil, tt.answer(call) }}
				o, err := wait.For(t.Context(), api, "d-1", tt.opts)
				if got := kindOf(err); got != tt.want {
					t.Errorf("For = %v (%s), want %s", err, got, tt.want)
				}
				if tt.calls != 0 && api.calls != tt.calls {
					t.Errorf("%d calls, want %d", api.calls, tt.calls)
				}
				if o.Info != nil || o.Status() != "" {
					t.Errorf("outcome %+v, want an empty one", o)
				}
			})
		})
	}
}

func TestHungServerHangsNothing(t *testing.T) {
	hang := func(ctx context.Context, _ int) (*types.DeploymentInfo, error) { <-ctx.Done(); return nil, ctx.Err() }
	t.Run("until the timeout", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			began, beats := time.Now(), 0
			_, err := wait.For(t.Context(), &stub{get: hang}, "d-1", wait.Options{
				Timeout: 5 * time.Minute, Heartbeat: 10 * time.Second, OnEvent: func(e wait.Event) {
					if _, ok := e.(wait.Heartbeat); ok {
						beats++
					}
				},
			})
			if took := time.Since(began); kindOf(err) != "timeout" || took > 5*time.Minute+5*time.Second {
				t.Errorf("For = %v after %v, want a TimeoutError after 5 m", err, took)
			}
			if beats < 20 {
				t.Errorf("%d heartbeats in 5 m, want one every 10 s of silence", beats)
			}
		})
	})
	for _, limit := range []time.Duration{time.Second, 3 * time.Second, 17 * time.Second, 40 * time.Second} {
		t.Run("for "+limit.String(), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				began := time.Now()
				_, err := wait.For(t.Context(), &stub{get: hang}, "d-1", wait.Options{Timeout: limit})
				if over := time.Since(began) - limit; kindOf(err) != "timeout" || over > 5*time.Second {
					t.Errorf("For = %v, %v late, want a TimeoutError at most 5 s late", err, over)
				}
			})
		})
	}
	t.Run("until the context ends", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			why := errors.New("SIGTERM")
			ctx, cancel := context.WithCancelCause(t.Context())
			time.AfterFunc(7*time.Second, func() { cancel(why) })
			began := time.Now()
			_, err := wait.For(ctx, &stub{get: hang}, "d-1", wait.Options{})
			if !errors.Is(err, context.Canceled) || !errors.Is(err, why) || time.Since(began) != 7*time.Second {
				t.Errorf("For = %v after %v, want Canceled and its cause after 7 s", err, time.Since(began))
			}
		})
	})
}

func TestTimeoutLooksALastTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		api := &stub{get: func(context.Context, int) (*types.DeploymentInfo, error) {
			if time.Since(began) >= 29*time.Second {
				return inStatus("Succeeded"), nil
			}
			return inStatus("InProgress"), nil
		}}
		if _, err := wait.For(t.Context(), api, "d-1", wait.Options{Timeout: 30 * time.Second, Interval: 12 * time.Second}); err != nil {
			t.Errorf("For = %v, want the success that came a second before the timeout", err)
		}
	})
}

func TestErrorsReadWell(t *testing.T) {
	refusal := errors.New("access denied")
	for _, tt := range []struct {
		err  error
		want string
	}{
		{&wait.FailedError{ID: "d-1", Status: "Failed", Code: "HEALTH_CONSTRAINTS", Reason: "too many failed"}, "deployment d-1 ended Failed: HEALTH_CONSTRAINTS: too many failed"},
		{&wait.FailedError{ID: "d-1", Status: "Failed"}, "deployment d-1 ended Failed"},
		{&wait.FailedError{ID: "d-1", Status: "Succeeded", FailedTargets: 2, Targets: 9}, "deployment d-1 ended Succeeded, but 2 of its 9 targets failed"},
		{&wait.StoppedError{ID: "d-1", Code: "MANUAL_STOP"}, "deployment d-1 ended Stopped: MANUAL_STOP"},
		{&wait.TimeoutError{ID: "d-1", Status: "InProgress", Timeout: time.Hour}, "deployment d-1 is still InProgress after 1h0m0s: timed out"},
		{&wait.TimeoutError{ID: "d-1", Timeout: time.Hour}, "deployment d-1: timed out after 1h0m0s without an answer about its status"},
		{&wait.LostError{ID: "d-1", Status: "Ready", Err: refusal}, "deployment d-1 can no longer be followed (last seen Ready): access denied"},
		{&wait.LostError{ID: "d-1", Err: refusal}, "deployment d-1 can no longer be followed (no status seen): access denied"},
		{&wait.NotFoundError{ID: "d 1", Err: refusal}, `no deployment "d 1": access denied`},
	} {
		if got := tt.err.Error(); got != tt.want {
			t.Errorf("%T says\n%s, want\n%s", tt.err, got, tt.want)
		}
	}
	if !errors.Is(&wait.LostError{Err: refusal}, refusal) || !errors.Is(&wait.NotFoundError{Err: refusal}, refusal) {
		t.Error("LostError or NotFoundError does not unwrap to its cause")
	}
}

func TestLook(t *testing.T) {
	forbidden := denied()
	for name, test := range map[string]struct {
		info *types.DeploymentInfo
		err  error
		want string
	}{
		"under way":   {inStatus(types.DeploymentStatusInProgress), nil, "nil"},
		"not started": {inStatus(types.DeploymentStatusCreated), nil, "nil"},
		"failed":      {inStatus(types.DeploymentStatusFailed), nil, "nil"},
		"no such one": {nil, &types.DeploymentDoesNotExistException{}, "NotFoundError"},
		"no ID":       {nil, &types.InvalidDeploymentIdException{}, "NotFoundError"},
		"denied":      {nil, forbidden, "other"},
		"nothing":     {nil, nil, "other"},
	} {
		t.Run(name, func(t *testing.T) {
			api := &stub{get: func(context.Context, int) (*types.DeploymentInfo, error) { return test.info, test.err }}
			outcome, err := wait.Look(t.Context(), api, "d-1")
			var missing *wait.NotFoundError
			got := "other"
			switch {
			case err == nil:
				got = "nil"
			case errors.As(err, &missing):
				got = "NotFoundError"
			}
			if got != test.want || outcome == nil || test.err != nil && !errors.Is(err, test.err) {
				t.Errorf("Look = %v, %v; want %s", outcome, err, test.want)
			}
			if test.info != nil && outcome.Status() != test.info.Status {
				t.Errorf("status %s, want %s", outcome.Status(), test.info.Status)
			}
		})
	}
}
