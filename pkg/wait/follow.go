package wait

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsmiddleware "github.com/aws/aws-sdk-go-v2/aws/middleware"
	"github.com/aws/aws-sdk-go-v2/service/codedeploy"
	"github.com/aws/aws-sdk-go-v2/service/codedeploy/types"
	"github.com/aws/smithy-go/middleware"
)

const (
	pollTimeout   = 15 * time.Second // one GetDeployment
	targetTimeout = 10 * time.Second // one call for targets
	lastTimeout   = 5 * time.Second  // the last GetDeployment, when the time is up

	// refusals is how many refusals running end a wait.
	refusals = 3
)

// follower follows one deployment.
type follower struct {
	api      API
	id       string
	opts     Options
	rollback bool // the deployment is the rollback of the one waited for
	rate     *Rate
	pacer    pacer
	began    time.Time
	deadline time.Time // zero: none

	info     *types.DeploymentInfo // the last answer; nil until there was one
	age      ageClock
	answered time.Time // when the last answer came
	told     time.Time // when the last event was told
	trouble  trouble
	warned   map[types.DeploymentStatus]bool
	ready    readiness
	leaving  bool // the wait before the termination of the original targets was told
	targets  tracker
	counts   Counts
	calls    Calls
	undone   *Rollback
}

// trouble counts failures of GetDeployment.
type trouble struct {
	running int // failures since the last answer
	refused int // refusals running
}

func newFollower(api API, id string, opts Options) *follower {
	f := &follower{
		api: api, id: id, opts: opts, rate: opts.Rate, pacer: newPacer(id, opts.Interval),
		began: time.Now(), warned: map[types.DeploymentStatus]bool{},
	}
	f.told, f.answered = f.began, f.began
	if opts.Timeout > 0 {
		f.deadline = f.began.Add(opts.Timeout)
	}
	if f.rate == nil && opts.Interval == 0 {
		f.rate = NewRate(defaultRate)
	}
	f.rate.join()
	f.targets = newTracker(f)
	return f
}

// run follows the deployment to its end and says how it ended, as [For] does.
func (f *follower) run(ctx context.Context) error {
	if err := f.follow(ctx); err != nil {
		return err
	}
	if !final(f.info.Status) {
		return nil // Ready, and nobody waits for more
	}
	f.targets.finish(ctx)
	return f.conclude(ctx)
}

// follow polls until the status is the one waited for.
func (f *follower) follow(ctx context.Context) error {
	for {
		pause, err := f.look(ctx)
		next := time.Now().Add(pause)
		if err != nil || f.info != nil && final(f.info.Status) {
			return err
		}
		if f.trouble.running == 0 {
			f.targets.watch(ctx)
			f.tellReady()
			if f.opts.Until == UntilReady && f.info.Status == types.DeploymentStatusReady {
				return nil
			}
		}
		if f.overdue() {
			return &TimeoutError{ID: f.id, Status: f.status(), Timeout: f.opts.Timeout}
		}
		if err := f.sleep(ctx, f.untilDeadline(time.Until(next))); err != nil {
			return err
		}
	}
}

// look asks once for the deployment and takes in the answer. It returns the pause until the next
// look, and an error if the wait cannot go on.
func (f *follower) look(ctx context.Context) (time.Duration, error) {
	if err := f.book(ctx); err != nil {
		return 0, err
	}
	creds := &credentialProbe{}
	f.calls.Deployment++
	out, err := within(ctx, f, f.pollTimeout(), func(ctx context.Context) (*codedeploy.GetDeploymentOutput, error) {
		return f.api.GetDeployment(ctx, &codedeploy.GetDeploymentInput{DeploymentId: &f.id}, creds.options)
	})
	switch {
	case err == nil && out != nil && out.DeploymentInfo != nil:
		f.takeIn(out.DeploymentInfo, out.ResultMetadata)
		return f.pacer.pause(f.age.now(time.Now()), f.rate.floor()), nil
	case ctx.Err() != nil:
		return 0, f.interrupted(ctx)
	case err == nil:
		err = errors.New("the service's answer holds no deployment")
	}
	return f.fail(err, creds)
}

// book waits until there is room for a poll.
func (f *follower) book(ctx context.Context) error {
	for {
		wait := f.rate.book(time.Now(), true)
		if wait == 0 || f.overdue() {
			return nil
		}
		if err := f.sleep(ctx, f.untilDeadline(wait)); err != nil {
			return err
		}
	}
}

// pollTimeout is how long GetDeployment may take: less when the time is nearly up.
func (f *follower) pollTimeout() time.Duration {
	if f.deadline.IsZero() {
		return pollTimeout
	}
	return min(pollTimeout, max(time.Until(f.deadline), lastTimeout))
}

// fail takes note of a failed look: it returns the pause until the next, or the error that ends
// the wait.
func (f *follower) fail(err error, creds *credentialProbe) (time.Duration, error) {
	if f.info == nil && (malformed(err) || missing(err) && !f.opts.Fresh) {
		return 0, &NotFoundError{ID: f.id, Err: err}
	}
	failed := classify(err, creds, f.info != nil || f.rollback)
	if missing(err) || malformed(err) {
		failed = failure{reason: RetryMissing, verdict: counted, err: err}
	}
	f.trouble.running++
	f.trouble.refused++
	switch {
	case failed.verdict == hopeless:
		return 0, f.lost(fmt.Errorf("the credentials have expired and cannot be refreshed: %w", err))
	case failed.verdict == passing:
		f.trouble.refused = 0
	case f.trouble.refused >= refusals:
		return 0, f.lost(fmt.Errorf("%s %d times running: %w", failed.reason, refusals, err))
	}
	pause := f.pacer.backoff(f.trouble.running, f.age.now(time.Now()), f.rate.floor())
	if n := f.trouble.running; n&(n-1) == 0 {
		f.tell(Retrying{Header: f.header(), Reason: failed.reason, Attempt: n, Pause: pause, Err: err})
	}
	return pause, nil
}

func (f *follower) lost(err error) error {
	return &LostError{ID: f.id, Status: f.status(), Err: err}
}

// takeIn takes in the service's answer and tells what is new in it.
func (f *follower) takeIn(info *types.DeploymentInfo, meta middleware.Metadata) {
	now := time.Now()
	served, exact := awsmiddleware.GetServerTime(meta)
	if !exact {
		served = latest(info.StartTime, info.CompleteTime)
	}
	f.age.observe(now, info.CreateTime, served, exact)
	if f.trouble.running > 0 {
		f.tell(Resumed{Header: f.header(), Attempts: f.trouble.running, Silence: now.Sub(f.answered)})
	}
	f.trouble, f.answered = trouble{}, now
	before := f.status()
	f.info = info
	if info.Status != before {
		f.ready.enter(now, before)
		f.tell(StatusChanged{Header: f.header(), From: before, To: info.Status, Info: info})
		f.warnUnknown(info.Status)
	}
	f.takeInCounts(info.DeploymentOverview)
	f.tellTermination()
}

func (f *follower) takeInCounts(o *types.DeploymentOverview) {
	if o == nil {
		return
	}
	counts := Counts{Pending: o.Pending, InProgress: o.InProgress, Ready: o.Ready, Succeeded: o.Succeeded, Failed: o.Failed, Skipped: o.Skipped}
	if counts != f.counts {
		f.counts = counts
		f.tell(CountsChanged{Header: f.header(), Counts: counts})
	}
}

// warnUnknown says once of a status that this program does not know it; the API may grow.
func (f *follower) warnUnknown(status types.DeploymentStatus) {
	if f.warned[status] || known(status) {
		return
	}
	f.warned[status] = true
	f.tell(Notice{Header: f.header(), Kind: NoticeUnknownStatus, Message: fmt.Sprintf("status %q is not known here; waiting on", status)})
}

func (f *follower) status() types.DeploymentStatus {
	if f.info == nil {
		return ""
	}
	return f.info.Status
}

func (f *follower) overdue() bool {
	return !f.deadline.IsZero() && !time.Now().Before(f.deadline)
}

// untilDeadline shortens a pause so that the last look is at the deadline.
func (f *follower) untilDeadline(pause time.Duration) time.Duration {
	if f.deadline.IsZero() {
		return pause
	}
	return max(0, min(pause, time.Until(f.deadline)))
}

// interrupted is the error of a wait that ctx ended.
func (f *follower) interrupted(ctx context.Context) error {
	cause := ctx.Err()
	if c := context.Cause(ctx); c != nil && !errors.Is(c, cause) {
		cause = &interruption{err: cause, cause: c}
	}
	return fmt.Errorf("stopped following deployment %s: %w", f.id, cause)
}

// outcome gathers what was seen.
func (f *follower) outcome() *Outcome {
	o := &Outcome{
		ID: f.id, Info: f.info, Counts: f.targets.counts(), Targets: f.targets.sorted(),
		TargetsDenied: f.targets.denied, Rollback: f.undone, Waited: time.Since(f.began), Calls: f.calls,
	}
	o.Undescribed = max(0, o.Counts.Failed-f.targets.failed())
	return o
}

// final reports whether a status is the end of a deployment.
// Source: CodeDeploy API Reference, DeploymentInfo, and the SDK's DeploymentSuccessful waiter.
func final(status types.DeploymentStatus) bool {
	switch status {
	case types.DeploymentStatusSucceeded, types.DeploymentStatusFailed, types.DeploymentStatusStopped:
		return true
	}
	return false
}

func known(status types.DeploymentStatus) bool {
	return slices.Contains(status.Values(), status)
}

// latest returns the latest of several moments; zero when there is none.
func latest(moments ...*time.Time) time.Time {
	var last time.Time
	for _, m := range moments {
		if t := aws.ToTime(m); t.After(last) {
			last = t
		}
	}
	return last
}
