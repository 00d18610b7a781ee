package page

import (
	"cmp"
	"slices"
	"sort"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/codedeploy/types"

	"github.com/cdx-deploy/cdx/pkg/wait"
)

// maxSingle is how many targets have a row each; more are put together by how they fared.
const maxSingle = 50

// maxRows bounds the rows of targets that were put together.
const maxRows = 60

// row is a line of the timeline: one target, or several that fared alike.
type row struct {
	status  types.TargetStatus
	at      string // the lifecycle event that failed, and its script; empty for none
	targets []wait.Target
	bars    []bar
	traffic *float64 // part of the traffic that the new version receives, in percent
}

// bar is one lifecycle event in a row: from its first start to its last end.
type bar struct {
	name            string
	status          types.LifecycleEventStatus
	start, end      time.Time // zero when not told
	shortest, worst time.Duration
}

// rows are the lines of a deployment's timeline.
func rows(o *wait.Outcome) []row {
	if max(o.Counts.Total(), int64(len(o.Targets))) <= maxSingle {
		return single(o.Targets)
	}
	return together(o.Targets)
}

func single(targets []wait.Target) []row {
	var all []row
	for _, t := range targets {
		r := row{status: t.Status, targets: []wait.Target{t}, traffic: t.TrafficPercent}
		r.add(t)
		all = append(all, r)
	}
	return all
}

// together puts targets in one row that have the same status and failed at the same
// event in the same script; what failed comes first, and of that the largest.
func together(targets []wait.Target) []row {
	var all []row
	for _, t := range targets {
		at := failedAt(t)
		i := slices.IndexFunc(all, func(r row) bool { return r.status == t.Status && r.at == at })
		if i < 0 {
			i = len(all)
			all = append(all, row{status: t.Status, at: at})
		}
		all[i].targets = append(all[i].targets, t)
		all[i].add(t)
	}
	sort.SliceStable(all, func(i, j int) bool {
		a, b := all[i], all[j]
		return cmp.Or(cmp.Compare(rank(a.status), rank(b.status)), cmp.Compare(len(b.targets), len(a.targets))) < 0
	})
	return all
}

func rank(status types.TargetStatus) int {
	if status == types.TargetStatusFailed {
		return 0
	}
	return 1
}

// failedAt is where a target failed.
func failedAt(t wait.Target) string {
	for _, e := range t.Lifecycle {
		if e.Status == types.LifecycleEventStatusFailed {
			if e.Script != "" {
				return e.Name + " in " + e.Script
			}
			return e.Name
		}
	}
	return ""
}

// add takes a target's events into the row.
func (r *row) add(t wait.Target) {
	for _, e := range t.Lifecycle {
		i := slices.IndexFunc(r.bars, func(b bar) bool { return b.name == e.Name })
		if i < 0 {
			r.bars = append(r.bars, bar{name: e.Name, status: e.Status, start: e.Start, end: e.End, shortest: e.Duration, worst: e.Duration})
			continue
		}
		r.bars[i].widen(e)
	}
}

func (b *bar) widen(e wait.LifecycleEvent) {
	if !e.Start.IsZero() && (b.start.IsZero() || e.Start.Before(b.start)) {
		b.start = e.Start
	}
	if e.End.After(b.end) {
		b.end = e.End
	}
	b.shortest, b.worst = min(b.shortest, e.Duration), max(b.worst, e.Duration)
	if e.Status == types.LifecycleEventStatusFailed {
		b.status = e.Status
	}
}

// events are the names of the lifecycle events of all rows, in the order in which the
// targets have them.
func events(all []row) []string {
	var names []string
	for _, r := range all {
		at := 0
		for _, b := range r.bars {
			if i := slices.Index(names, b.name); i >= 0 {
				at = i + 1
				continue
			}
			names = slices.Insert(names, at, b.name)
			at++
		}
	}
	return names
}
