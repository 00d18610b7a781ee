// Package complete finds what a shell completes beyond commands and flags: names that
// CodeDeploy keeps, by way of a cache, names of the AWS configuration, and what the
// fixed values of settings mean. It never asks anybody anything, and whatever goes
// wrong means fewer choices.
package complete

import (
	"context"
	"slices"
	"strings"
	"time"
	"unicode"
)

// Choice is one thing that can be completed.
type Choice struct {
	Value  string    `json:"value"`
	About  string    `json:"about,omitempty"`  // a few words; may be empty
	Status string    `json:"status,omitempty"` // a deployment's, else empty
	Since  time.Time `json:"since,omitzero"`   // when a deployment was created, else zero
}

// Describe is what is shown beside the choice at the time now.
func (c Choice) Describe(now time.Time) string {
	if c.Status == "" {
		return c.About
	}
	text := c.Status
	if !c.Since.IsZero() {
		text += ", " + age(now.Sub(c.Since)) + " ago"
	}
	if c.About != "" {
		text += ", " + c.About
	}
	return text
}

// Harmless reports whether a shell may be offered the value: names with quotes,
// expansions, control characters or such that turn the writing direction are better
// typed by hand.
func (c Choice) Harmless() bool {
	return c.Value != "" && !strings.ContainsFunc(c.Value, func(r rune) bool {
		return unicode.IsControl(r) || unicode.Is(unicode.Cf, r) || strings.ContainsRune("\"'`$\\;&|<>(){}[]*?!#~", r)
	})
}

// Finder answers queries from a cache, and has the cache refreshed when it is too
// old, waiting a moment for that.
type Finder struct {
	Cache    Cache
	Patience time.Duration // how long to wait for fresh names

	// Refresh starts to fetch a query's answer into the cache, which may go on after
	// this program, and returns what is closed when there is nothing to wait for any
	// more. Nil: nothing is fetched.
	Refresh func(Query) (<-chan struct{}, error)
}

// Find returns the choices for a query, none where nothing is known. It takes little
// longer than the Finder's patience.
func (f Finder) Find(ctx context.Context, q Query) []Choice {
	now := f.Cache.now()
	kept := f.Cache.read(q)
	if kept.fresh(q, now) || kept.triedLately(now) || f.Refresh == nil {
		return kept.usable(now)
	}
	// What comes to ask next shall not ask AWS too, however slowly the answer comes.
	kept.Tried = now
	if f.Cache.write(q, kept) != nil {
		return kept.usable(now)
	}
	done, err := f.Refresh(q)
	if err != nil {
		return kept.usable(now)
	}
	patience := time.NewTimer(f.Patience)
	defer patience.Stop()
	select {
	case <-done:
	case <-patience.C:
	case <-ctx.Done():
	}
	return f.Cache.read(q).usable(f.Cache.now())
}

// Fill fetches a query's answer into the cache.
func (c Cache) Fill(ctx context.Context, api API, q Query) error {
	choices, err := q.fetch(ctx, api)
	if err != nil {
		return err
	}
	choices = slices.DeleteFunc(choices, func(one Choice) bool { return !one.Harmless() })
	return c.write(q, entry{Fetched: c.now(), Tried: c.now(), Choices: choices})
}
