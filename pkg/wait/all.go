package wait

import (
	"context"
	"sync"
)

// Result is what became of one of several waits.
type Result struct {
	ID      string
	Outcome *Outcome // never nil
	Err     error    // as [For] returns it
}

// All follows several deployments at once, each as [For] does, and returns the results in the
// order of the IDs when every wait is over. The waits share one [Rate], opts.Rate or, unless an
// Interval is set, one of 40 calls in any minute. OnEvent is called for one event at a time.
func All(ctx context.Context, api API, ids []string, opts Options) []Result {
	if opts.Rate == nil && opts.Interval == 0 {
		opts.Rate = NewRate(defaultRate)
	}
	if tell := opts.OnEvent; tell != nil {
		var mu sync.Mutex
		opts.OnEvent = func(e Event) {
			mu.Lock()
			defer mu.Unlock()
			tell(e)
		}
	}
	results := make([]Result, len(ids))
	var waits sync.WaitGroup
	for i, id := range ids {
		waits.Go(func() {
			outcome, err := For(ctx, api, id, opts)
			results[i] = Result{ID: id, Outcome: outcome, Err: err}
		})
	}
	waits.Wait()
	return results
}
