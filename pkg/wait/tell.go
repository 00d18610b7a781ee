package wait

import (
	"context"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/codedeploy/types"
)

func (f *follower) header() Header {
	return Header{DeploymentID: f.id, Time: time.Now(), Rollback: f.rollback}
}

func (f *follower) tell(e Event) {
	f.told = time.Now()
	if f.opts.OnEvent != nil {
		f.opts.OnEvent(e)
	}
}

// silence returns a channel that fires when the next heartbeat is due, and what stops it.
func (f *follower) silence() (<-chan time.Time, func()) {
	if f.opts.Heartbeat <= 0 {
		return nil, func() {}
	}
	timer := time.NewTimer(time.Until(f.told.Add(f.opts.Heartbeat)))
	return timer.C, func() { timer.Stop() }
}

func (f *follower) beat() {
	now := time.Now()
	f.tell(Heartbeat{
		Header: f.header(), Status: f.status(), Counts: f.counts,
		Age: f.age.now(now), Waited: now.Sub(f.began), Left: f.ready.left(now, f.info),
	})
}

// sleep pauses, heartbeats aside, and returns an error that wraps ctx's when ctx ends first.
func (f *follower) sleep(ctx context.Context, pause time.Duration) error {
	timer := time.NewTimer(pause)
	defer timer.Stop()
	for {
		silence, stop := f.silence()
		select {
		case <-ctx.Done():
			stop()
			return f.interrupted(ctx)
		case <-timer.C:
			stop()
			return nil
		case <-silence:
			f.beat()
		}
	}
}

// within makes a call that may take that long, with heartbeats while it takes. It returns when
// the call has returned.
func within[T any](ctx context.Context, f *follower, limit time.Duration, call func(context.Context) (T, error)) (T, error) {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	type answer struct {
		out T
		err error
	}
	answers := make(chan answer, 1)
	go func() {
		out, err := call(ctx)
		answers <- answer{out, err}
	}()
	for {
		silence, stop := f.silence()
		select {
		case a := <-answers:
			stop()
			return a.out, a.err
		case <-silence:
			f.beat()
		}
	}
}

// readiness is what is known of a deployment's time in status Ready.
type readiness struct {
	since time.Time // when Ready was entered, by this machine's clock; zero while not known
	told  bool      // for this stay in Ready
}

// enter takes note of a new status after the one before, which is empty for the first ever seen.
func (r *readiness) enter(now time.Time, before types.DeploymentStatus) {
	*r = readiness{}
	if before != "" {
		r.since = now
	}
}

// tellReady tells once that the deployment waits for somebody.
func (f *follower) tellReady() {
	if f.info.Status != types.DeploymentStatusReady || f.ready.told {
		return
	}
	now := time.Now()
	if f.ready.since.IsZero() {
		f.ready.since = now.Add(-f.readyBefore(now))
	}
	f.ready.told = true
	e := Ready{Header: f.header(), Left: f.ready.left(now, f.info)}
	if option := readyOption(f.info); option != nil {
		e.Action = option.ActionOnTimeout
		if option.WaitTimeInMinutes > 0 {
			e.Deadline = now.Add(e.Left)
		}
	}
	f.tell(e)
}

// tellTermination tells once that nothing but the end of the original targets is waited for.
func (f *follower) tellTermination() {
	if f.leaving || !f.info.InstanceTerminationWaitTimeStarted || final(f.info.Status) {
		return
	}
	f.leaving = true
	message := "the traffic is rerouted; the original targets are kept for a while before they are terminated"
	if config := f.info.BlueGreenDeploymentConfiguration; config != nil && config.TerminateBlueInstancesOnDeploymentSuccess != nil {
		if minutes := config.TerminateBlueInstancesOnDeploymentSuccess.TerminationWaitTimeInMinutes; minutes > 0 {
			message = fmt.Sprintf("the traffic is rerouted; the original targets are kept for %v before they are terminated", time.Duration(minutes)*time.Minute)
		}
	}
	f.tell(Notice{Header: f.header(), Kind: NoticeTermination, Message: message})
}

// readyBefore estimates how long a deployment had been Ready when it was first seen: since its
// targets last changed.
func (f *follower) readyBefore(now time.Time) time.Duration {
	changed := f.targets.changed()
	if served := f.age.service(now); !changed.IsZero() && served.After(changed) {
		return served.Sub(changed)
	}
	return 0
}

// left is the time until the deadline of the stay in Ready; zero when there is none.
func (r *readiness) left(now time.Time, info *types.DeploymentInfo) time.Duration {
	option := readyOption(info)
	if option == nil || option.WaitTimeInMinutes <= 0 || r.since.IsZero() || info.Status != types.DeploymentStatusReady {
		return 0
	}
	deadline := r.since.Add(time.Duration(option.WaitTimeInMinutes) * time.Minute)
	return max(0, deadline.Sub(now))
}

// readyOption is what the deployment does when nobody reroutes the traffic; nil when not told.
func readyOption(info *types.DeploymentInfo) *types.DeploymentReadyOption {
	if info == nil || info.BlueGreenDeploymentConfiguration == nil {
		return nil
	}
	return info.BlueGreenDeploymentConfiguration.DeploymentReadyOption
}
