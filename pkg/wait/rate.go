package wait

import (
	"sync"
	"time"
)

const (
	ratePeriod    = time.Minute
	defaultRate   = 40  // calls a period
	pollShare     = 0.7 // part of the rate that polling the deployments' statuses may take
	reservedShare = 0.1 // part of the rate kept for the last look at targets
)

// Rate limits the calls of all waits that share it, so that following many deployments at once
// does not throttle the account. It is safe for concurrent use.
type Rate struct {
	mu      sync.Mutex
	limit   int
	waits   int         // that share it now
	polls   []time.Time // GetDeployment calls of the last period, oldest first
	targets []time.Time // calls for targets of the last period, oldest first
}

// NewRate returns a limit of that many calls in any minute; less than one means 40.
func NewRate(callsPerMinute int) *Rate {
	if callsPerMinute < 1 {
		callsPerMinute = defaultRate
	}
	return &Rate{limit: callsPerMinute}
}

// A nil Rate, which all methods below accept, limits nothing.

func (r *Rate) join() { r.count(1) }

func (r *Rate) leave() { r.count(-1) }

func (r *Rate) count(change int) {
	if r == nil {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.waits += change
}

// floor is the shortest pause with which the waits together stay within their share.
func (r *Rate) floor() time.Duration {
	if r == nil {
		return 0
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	return time.Duration(float64(ratePeriod) * float64(r.waits) / (pollShare * float64(r.limit)))
}

// book enters a call at the given moment. If that would be one too many it enters nothing and
// returns how long it takes until there is room.
func (r *Rate) book(now time.Time, poll bool) time.Duration {
	if r == nil {
		return 0
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.forget(now)
	if len(r.polls)+len(r.targets) >= r.limit {
		return r.oldest().Add(ratePeriod).Sub(now) + time.Millisecond
	}
	if poll {
		r.polls = append(r.polls, now)
	} else {
		r.targets = append(r.targets, now)
	}
	return 0
}

// spare is how many calls for targets a period has room for while the waits poll with the given
// pause, and how many of these are left now.
func (r *Rate) spare(now time.Time, pause time.Duration) (period, left int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.forget(now)
	polls := max(len(r.polls), r.waits*int(ratePeriod/pause+1))
	period = max(0, int((1-reservedShare)*float64(r.limit))-polls)
	return period / max(1, r.waits), period - len(r.targets)
}

func (r *Rate) forget(now time.Time) {
	r.polls = after(r.polls, now.Add(-ratePeriod))
	r.targets = after(r.targets, now.Add(-ratePeriod))
}

func (r *Rate) oldest() time.Time {
	switch {
	case len(r.polls) == 0:
		return r.targets[0]
	case len(r.targets) == 0 || r.polls[0].Before(r.targets[0]):
		return r.polls[0]
	}
	return r.targets[0]
}

// after returns the moments after start.
func after(moments []time.Time, start time.Time) []time.Time {
	for len(moments) > 0 && !moments[0].After(start) {
		moments = moments[1:]
	}
	return moments
}
