package wait_test

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/codedeploy/types"

	"github.com/cdx-deploy/cdx/pkg/wait"
)

// measured is what one simulated wait took.
type measured struct {
	delay          time.Duration // from the deployment's end until it was told
	overrun        time.Duration // from the deployment's end until For returned
	polls, targets int
	worstMinute    int
	outcome        *wait.Outcome
	err            error
}

// simulate follows s, created now, in fake time.
func simulate(t *testing.T, s *sim, opts wait.Options) measured {
	t.Helper()
	return simulateAPI(t, s, s, opts)
}

// simulateAPI does so through api, which stands before s.
func simulateAPI(t *testing.T, s *sim, api wait.API, opts wait.Options) measured {
	t.Helper()
	var m measured
	synctest.Test(t, func(t *testing.T) {
		s.created = time.Now()
		if s.kind == "" {
			s.kind = types.DeploymentTargetTypeInstanceTarget
		}
		if s.pageSize == 0 {
			s.pageSize = 100
		}
		end := s.created.Add(s.duration)
		tell := opts.OnEvent
		opts.OnEvent = func(e wait.Event) {
			if c, ok := e.(wait.StatusChanged); ok && !c.Rollback && c.To == s.end {
				m.delay = c.Time.Sub(end)
			}
			if tell != nil {
				tell(e)
			}
		}
		m.outcome, m.err = wait.For(t.Context(), api, "d-SIM", opts)
		m.overrun = time.Since(end)
	})
	m.polls, m.targets = s.count()
	m.worstMinute = s.worstMinute()
	return m
}

// TestPollingBars measures detection delay and API calls over deployments from 5 s to 12 h and
// from 1 to 1,000 targets, every call taking 200 ms.
func TestPollingBars(t *testing.T) {
	durations := []time.Duration{5 * time.Second, 20 * time.Second, time.Minute, 3 * time.Minute, 10 * time.Minute, time.Hour, 12 * time.Hour}
	for _, duration := range durations {
		for _, targets := range []int{1, 3, 25, 26, 100, 101, 1000} {
			t.Run(fmt.Sprintf("%v with %d targets", duration, targets), func(t *testing.T) {
				checkBars(t, duration, targets)
			})
		}
	}
}

func checkBars(t *testing.T, duration time.Duration, targets int) {
	runs := 9
	if duration > time.Hour {
		runs = 1
	} else if targets == 1000 {
		runs = 3
	}
	var delays []time.Duration
	spread := min(max(2*time.Second, duration/20), 15*time.Second) // the ends fall anywhere in a pause
	for run := range runs {
		s := &sim{
			duration: duration + spread*time.Duration(run)/time.Duration(runs), targets: targets, end: types.DeploymentStatusSucceeded,
			trouble: func(context.Context, string) error { time.Sleep(200 * time.Millisecond); return nil },
		}
		m := simulate(t, s, wait.Options{})
		if m.err != nil || m.outcome.Status() != types.DeploymentStatusSucceeded {
			t.Fatalf("ended %v with %v, want Succeeded", m.outcome.Status(), m.err)
		}
		if m.overrun > 16*time.Second {
			t.Errorf("noticed after %v, returned after %v, want at most 16 s", m.delay, m.overrun)
		}
		if m.worstMinute > 40 {
			t.Errorf("%d calls within a minute, want at most 40", m.worstMinute)
		}
		if most := int(s.duration/(5*time.Second)) + 1; s.duration >= 10*time.Minute && m.polls > most {
			t.Errorf("%d polls in %v, want at most %d", m.polls, s.duration, most)
		}
		if gap := s.longestGap(); gap > time.Second {
			t.Errorf("a poll came %v too late", gap)
		}
		delays = append(delays, m.delay)
		t.Logf("%v: told after %v, returned after %v, %d polls, %d calls for targets, %d in the worst minute", s.duration, m.delay, m.overrun, m.polls, m.targets, m.worstMinute)
	}
	slices.Sort(delays)
	if median, most := delays[len(delays)/2], max(2*time.Second, duration/20); median > most {
		t.Errorf("median delay %v, want at most %v", median, most)
	}
}

func TestFleetIsReadSparingly(t *testing.T) {
	for _, duration := range []time.Duration{time.Minute, 20 * time.Minute, 5 * time.Hour} {
		t.Run(duration.String(), func(t *testing.T) {
			var before, after runtime.MemStats
			s := &sim{duration: duration, targets: 1000, failing: 30, end: types.DeploymentStatusSucceeded}
			runtime.ReadMemStats(&before)
			m := simulate(t, s, wait.Options{})
			runtime.ReadMemStats(&after)
			if m.err != nil || !m.outcome.Partial() || m.outcome.Counts.Failed != 30 {
				t.Errorf("For = %v, counts %+v, want a partial success with 30 failed", m.err, m.outcome.Counts)
			}
			if len(m.outcome.Targets) != 30 || m.outcome.Undescribed != 0 {
				t.Errorf("%d targets described, %d not, want the 30 failed", len(m.outcome.Targets), m.outcome.Undescribed)
			}
			if m.targets > 60 {
				t.Errorf("%d calls for targets, want at most 60", m.targets)
			}
			t.Logf("%d polls, %d calls for targets, %d in the worst minute", m.polls, m.targets, m.worstMinute)
			if heap := int64(after.HeapAlloc) - int64(before.HeapAlloc); heap > 50<<20 {
				t.Errorf("%d MiB more in use, want under 50", heap>>20)
			}
		})
	}
}

func TestOnlyTargetsUnderWayAreRead(t *testing.T) {
	s := &sim{duration: time.Hour, targets: 100, failing: 3, end: types.DeploymentStatusFailed}
	over, overBeforeTheEnd := 0, 0
	m := simulate(t, s, wait.Options{OnEvent: func(e wait.Event) {
		switch e := e.(type) {
		case wait.TargetChanged:
			if e.To == types.TargetStatusSucceeded || e.To == types.TargetStatusFailed {
				over++
			}
		case wait.StatusChanged:
			overBeforeTheEnd = over
		}
	}})
	if over != 100 || overBeforeTheEnd < 90 || len(m.outcome.Targets) != 100 {
		t.Errorf("%d targets told to be over, %d before the end, %d described; want 100, at least the 90 of the first nine waves, 100", over, overBeforeTheEnd, len(m.outcome.Targets))
	}
	if m.targets > 21*m.polls/10 {
		t.Errorf("%d calls for targets in %d polls, want at most a list and a batch each", m.targets, m.polls)
	}
}

func TestTargetsThatCannotBeReadAreLeftAlone(t *testing.T) {
	s := &sim{duration: 10 * time.Minute, targets: 4, end: types.DeploymentStatusSucceeded}
	s.trouble = func(_ context.Context, operation string) error {
		if operation == "GetDeployment" {
			return nil
		}
		return refusedBy("InternalFailure", 500)
	}
	m := simulate(t, s, wait.Options{})
	if m.err != nil || m.targets > 45 || m.delay > 16*time.Second || m.overrun > m.delay+10*time.Second {
		t.Errorf("For = %v, %d failing calls for targets in 10 m, told %v and returned %v after the end; want success, at most 45, 16 s and 10 s more", m.err, m.targets, m.delay, m.overrun)
	}
}

func TestHugeFleetEndsRightly(t *testing.T) {
	for _, failing := range []int{0, 1, 500, 10_000} {
		t.Run(fmt.Sprint(failing), func(t *testing.T) {
			s := &sim{duration: 10 * time.Minute, targets: 10_000, failing: failing, end: types.DeploymentStatusFailed}
			m := simulate(t, s, wait.Options{})
			var failed *wait.FailedError
			if !errors.As(m.err, &failed) || failed.FailedTargets != int64(failing) || failed.Targets != 10_000 {
				t.Fatalf("For = %#v, want a FailedError with %d of 10000", m.err, failing)
			}
			described := int64(len(m.outcome.Targets))
			if described > 200 || described+m.outcome.Undescribed != int64(failing) {
				t.Errorf("%d targets described, %d not, of %d", described, m.outcome.Undescribed, failing)
			}
			if m.worstMinute > 40 || m.overrun > 16*time.Second {
				t.Errorf("%d calls within a minute, returned %v after the end", m.worstMinute, m.overrun)
			}
		})
	}
}

func TestSeveralWaitsShareARate(t *testing.T) {
	for _, waits := range []int{2, 5, 20} {
		t.Run(fmt.Sprint(waits), func(t *testing.T) {
			s := &sim{
				duration: 5 * time.Minute, targets: 8, end: types.DeploymentStatusSucceeded,
				kind: types.DeploymentTargetTypeInstanceTarget, pageSize: 100,
			}
			synctest.Test(t, func(t *testing.T) {
				s.created = time.Now()
				for _, r := range wait.All(t.Context(), s, slices.Repeat([]string{"d-SIM"}, waits), wait.Options{}) {
					if r.Err != nil || len(r.Outcome.Targets) != 8 {
						t.Errorf("For = %v with %d targets, want success with all 8", r.Err, len(r.Outcome.Targets))
					}
				}
				if late := time.Since(s.created) - s.duration; late > time.Duration(waits)*5*time.Second+10*time.Second {
					t.Errorf("all was over %v after the end", late)
				}
			})
			if worst := s.worstMinute(); worst > 40 {
				t.Errorf("%d calls within a minute, want at most 40", worst)
			}
		})
	}
}
