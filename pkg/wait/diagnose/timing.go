package diagnose

import (
	"cmp"
	"slices"
	"sort"
	"strings"
	"time"

	"github.com/cdx-deploy/cdx/pkg/wait"
)

// Timing tells how long one lifecycle event took on the targets on which it ended.
type Timing struct {
	Event                     string
	Targets                   int // on which it ended
	Shortest, Median, Longest time.Duration
	Slowest                   wait.TargetRef // where it took longest

	began time.Time // first, on any target
	place int       // in the order in which the service tells the events
}

// timings gathers how long each lifecycle event took.
func timings(targets []wait.Target) []Timing {
	took := map[string][]time.Duration{}
	byEvent := map[string]*Timing{}
	for _, target := range targets {
		for place, e := range target.Lifecycle {
			if e.Start.IsZero() || e.End.IsZero() {
				continue
			}
			took[e.Name] = append(took[e.Name], e.Duration)
			t := byEvent[e.Name]
			if t == nil {
				t = &Timing{Event: e.Name, Slowest: target.TargetRef, began: e.Start, place: place}
				byEvent[e.Name] = t
			}
			if e.Duration > t.Longest {
				t.Longest, t.Slowest = e.Duration, target.TargetRef
			}
			if e.Start.Before(t.began) {
				t.began = e.Start
			}
		}
	}
	var out []Timing
	for event, t := range byEvent {
		slices.Sort(took[event])
		t.Targets, t.Shortest, t.Median = len(took[event]), took[event][0], took[event][len(took[event])/2]
		out = append(out, *t)
	}
	sort.Slice(out, func(i, j int) bool {
		a, b := &out[i], &out[j]
		return cmp.Or(a.began.Compare(b.began), cmp.Compare(a.place, b.place), strings.Compare(a.Event, b.Event)) < 0
	})
	return out
}
