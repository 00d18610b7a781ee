package wait

import (
	"context"
	"maps"
	"math"
	"slices"
	"sort"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/codedeploy/types"
)

const (
	smallSize     = 25               // up to so many targets all are read at every look
	fleetSize     = 100              // above so many targets only the failed ones are read
	fleetPause    = 30 * time.Second // between two lists of a fleet's failed targets
	maxDescribed  = 200              // failed targets of which details are read
	finishTimeout = 30 * time.Second // all calls of the last look at targets, pauses aside
	finishTries   = 3                // of the last look at targets
)

// tracker keeps what is known of the deployment's targets, reading no more than has changed.
type tracker struct {
	f        *follower
	known    map[string]*Target   // whose details were read
	readAt   map[string]time.Time // when a target's details were last asked for
	listed   []string             // all IDs, when the list is read in full
	listedOf int64                // number of targets by the overview, when the list was read
	denied   bool
	strange  bool          // a target of an unknown type was told
	spent    time.Duration // in calls since finish began
	failures int           // looks that failed, running
	rest     time.Time     // no look before that
	looked   time.Time     // last look
	cost     int           // calls of the last look
	counted  Counts        // the overview at the last look
}

func newTracker(f *follower) tracker {
	return tracker{f: f, known: map[string]*Target{}, readAt: map[string]time.Time{}, cost: 1}
}

// watch looks at targets that may have changed, if it is time to and the rate has room.
func (t *tracker) watch(ctx context.Context) {
	if t.denied || !started(t.f.info) {
		return
	}
	now := time.Now()
	room := t.room(now)
	if room == 0 || now.Before(t.rest) || t.fleet() && !t.fleetDue(now) {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, min(targetTimeout, t.f.untilDeadline(targetTimeout)+lastTimeout))
	defer cancel()
	l := &look{tracker: t, room: room}
	t.done(l, l.run(ctx))
}

// started reports whether a deployment may have targets to look at.
func started(info *types.DeploymentInfo) bool {
	return info.Status != types.DeploymentStatusCreated && info.Status != types.DeploymentStatusQueued
}

// room is how many calls the next look may make; none when it is not yet time for one.
func (t *tracker) room(now time.Time) int {
	if t.f.rate == nil {
		return math.MaxInt
	}
	pause := max(t.f.age.now(now)/agePart, t.f.rate.floor(), shortestPause)
	if t.f.opts.Interval > 0 {
		pause = t.f.opts.Interval
	}
	perPeriod, left := t.f.rate.spare(now, min(pause, longestPause))
	spacing := ratePeriod
	if perPeriod > 0 {
		spacing = min(ratePeriod, ratePeriod*time.Duration(t.cost)/time.Duration(perPeriod))
	}
	if left <= 0 || t.f.counts == t.counted && now.Sub(t.looked) < spacing {
		return 0
	}
	return left
}

// fleet reports whether there are so many targets that only failed ones are read.
func (t *tracker) fleet() bool { return t.size() > fleetSize }

// size is the number of targets, as far as known.
func (t *tracker) size() int64 {
	return max(t.f.counts.Total(), int64(len(t.listed)))
}

// fleetDue reports whether targets of a fleet failed that are not described yet.
func (t *tracker) fleetDue(now time.Time) bool {
	known := t.failed()
	return t.f.counts.Failed > known && known < maxDescribed && (t.f.opts.Interval > 0 || now.Sub(t.looked) >= fleetPause)
}

// done takes note of a look and of its error.
func (t *tracker) done(l *look, err error) {
	now := time.Now()
	t.looked, t.cost, t.counted = now, max(1, l.calls), t.f.counts
	if err == nil || t.denied {
		t.failures = 0
		return
	}
	t.failures++
	t.rest = now.Add(t.f.pacer.backoff(t.failures, t.f.age.now(now), 0))
}

// finish reads, once the deployment is final, what is needed to tell and explain its end.
func (t *tracker) finish(ctx context.Context) {
	t.spent = 0
	for try := range finishTries {
		if try > 0 && t.f.sleep(ctx, t.f.untilDeadline(t.f.pacer.backoff(try, 0, 0))) != nil {
			return
		}
		l := &look{tracker: t, room: math.MaxInt, last: true}
		if t.denied || l.run(ctx) == nil || t.denied {
			return
		}
	}
}

// keep takes in the details of a target and tells what is new.
func (t *tracker) keep(now Target) {
	before := t.known[now.ID]
	if before == nil {
		before = &Target{}
	}
	t.known[now.ID] = &now
	t.f.tellTarget(before, &now)
}

// forget drops a target that is no longer part of the deployment.
func (t *tracker) forget(id string) {
	delete(t.known, id)
	t.listed = slices.DeleteFunc(t.listed, func(other string) bool { return other == id })
}

// unfinished returns those of the targets of which more is to be learnt, those longest not asked
// for first.
func (t *tracker) unfinished(ids []string) []string {
	var out []string
	for _, id := range ids {
		if known := t.known[id]; known == nil || !known.over() {
			out = append(out, id)
		}
	}
	slices.SortStableFunc(out, func(a, b string) int { return t.readAt[a].Compare(t.readAt[b]) })
	return out
}

// failed is the number of failed targets whose details are known.
func (t *tracker) failed() int64 { return t.having(types.TargetStatusFailed) }

// having is the number of targets known to be in that status.
func (t *tracker) having(status types.TargetStatus) int64 {
	var n int64
	for _, target := range t.known {
		if target.Status == status {
			n++
		}
	}
	return n
}

// counts is the service's overview, or what the targets' details say where it gives none.
func (t *tracker) counts() Counts {
	counts := t.f.counts
	if counts.Total() == 0 {
		counts = Counts{
			Pending: t.having(types.TargetStatusPending), InProgress: t.having(types.TargetStatusInProgress),
			Ready: t.having(types.TargetStatusReady), Succeeded: t.having(types.TargetStatusSucceeded),
			Failed: t.having(types.TargetStatusFailed), Skipped: t.having(types.TargetStatusSkipped),
		}
	}
	return counts
}

// sorted returns the known targets in order of their IDs.
func (t *tracker) sorted() []Target {
	var out []Target
	for _, target := range t.known {
		out = append(out, *target)
	}
	sort.Slice(out, func(i, j int) bool { return out[i].ID < out[j].ID })
	return out
}

// changed is the latest time stamp on any target, by the service's clock; zero when none is known.
func (t *tracker) changed() time.Time {
	var last time.Time
	for target := range maps.Values(t.known) {
		if c := target.changed(); c.After(last) {
			last = c
		}
	}
	return last
}
