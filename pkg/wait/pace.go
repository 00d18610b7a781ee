package wait

import (
	"hash/fnv"
	"math/rand/v2"
	"time"
)

const (
	shortestPause = 2 * time.Second  // between two polls
	longestPause  = 15 * time.Second // between two polls
	jitter        = 0.1              // part by which a pause is longer or shorter at random
	agePart       = 20               // a pause is this part of the deployment's age
)

// pacer decides how long to pause between two polls.
type pacer struct {
	interval time.Duration // fixed pause; zero means adaptive
	rand     *rand.Rand
}

// newPacer returns a pacer whose jitter depends on the deployment's ID: waits for different
// deployments spread, and a wait is the same every time.
func newPacer(id string, interval time.Duration) pacer {
	hash := fnv.New64a()
	hash.Write([]byte(id))
	return pacer{interval: interval, rand: rand.New(rand.NewPCG(hash.Sum64(), 0))}
}

// pause returns the pause after an answer about a deployment of that age; an adaptive one is at
// least floor.
func (p pacer) pause(age, floor time.Duration) time.Duration {
	if p.interval > 0 {
		return p.interval
	}
	return p.spread(max(age/agePart, floor))
}

// backoff returns the pause after that many failures running.
func (p pacer) backoff(failures int, age, floor time.Duration) time.Duration {
	doubled := func(d time.Duration) time.Duration { return d << min(failures-1, 16) }
	if p.interval > 0 {
		return max(p.interval, min(doubled(p.interval), longestPause))
	}
	return p.spread(max(age/agePart, floor, min(doubled(shortestPause), longestPause)))
}

// spread brings a pause between the shortest and the longest, jitter included.
func (p pacer) spread(d time.Duration) time.Duration {
	low := scale(shortestPause, 1/(1-jitter))
	high := scale(longestPause, 1/(1+jitter))
	return scale(min(max(d, low), high), 1-jitter+2*jitter*p.rand.Float64())
}

func scale(d time.Duration, by float64) time.Duration { return time.Duration(float64(d) * by) }

// ageClock tells how old the deployment is, without trusting this machine's clock: it goes by
// time stamps of the service only, and by time that has passed here since.
type ageClock struct {
	created time.Time     // by the service's clock; zero until told
	age     time.Duration // when last observed
	at      time.Time     // when that was, here
}

// observe takes note of the service's time stamps: when the deployment was created, and a moment
// that is past already. That moment is the answer's own date, or else the latest time stamp in
// it, so that without a date the age is a lower bound.
func (c *ageClock) observe(now time.Time, created *time.Time, past time.Time, exact bool) {
	if c.at.IsZero() {
		c.at = now
	}
	if created != nil {
		c.created = *created
	}
	age := c.now(now)
	if told := past.Sub(c.created); !c.created.IsZero() && !past.IsZero() && told >= 0 && (exact || told > age) {
		age = told
	}
	c.age, c.at = age, now
}

// now returns the age at a moment of this machine's clock; zero before anything was observed.
func (c *ageClock) now(now time.Time) time.Duration {
	if c.at.IsZero() {
		return 0
	}
	return c.age + now.Sub(c.at)
}

// service returns the moment by the service's clock; zero before it is known.
func (c *ageClock) service(now time.Time) time.Time {
	if c.created.IsZero() {
		return time.Time{}
	}
	return c.created.Add(c.now(now))
}
