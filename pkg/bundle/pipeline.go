package bundle

import (
	"context"
	"sync"
)

// pipeline works on units in parallel and hands them on in order.
//
// Only the given units exist: fill gets a free one, fills it and puts it; work runs on
// it in one of several goroutines; emit gets it in the order in which it was put, after
// which it is free again. So memory is bounded by the units, however slow emit is.
type pipeline[U any] struct {
	units []*U
	// fill puts units until there is no more to do. get returns nil when it must stop.
	fill func(ctx context.Context, get func() *U, put func(*U)) error
	// newWork makes the work of one goroutine.
	newWork func() (func(*U) error, error)
	emit    func(*U) error
}

// pending is a unit in work.
type pending[U any] struct {
	unit *U
	done chan error
}

// run returns the first error after all goroutines have ended.
func (p *pipeline[U]) run(ctx context.Context) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	free := make(chan *U, len(p.units))
	for _, unit := range p.units {
		free <- unit
	}
	ordered := make(chan pending[U], len(p.units))
	todo := make(chan pending[U], len(p.units))
	var group sync.WaitGroup
	defer group.Wait()
	group.Go(func() {
		defer close(ordered)
		defer close(todo)
		if err := p.feed(ctx, free, ordered, todo); err != nil {
			cancel(err)
		}
	})
	for range min(workers(), len(p.units)) {
		group.Go(func() { p.work(todo) })
	}
	return p.drain(ctx, cancel, ordered, free)
}

// feed runs fill; ordered and todo have room for every unit, so it never blocks there.
func (p *pipeline[U]) feed(ctx context.Context, free chan *U, ordered, todo chan pending[U]) error {
	get := func() *U {
		select {
		case unit := <-free:
			return unit
		case <-ctx.Done():
			return nil
		}
	}
	put := func(unit *U) {
		next := pending[U]{unit: unit, done: make(chan error, 1)}
		ordered <- next
		todo <- next
	}
	return p.fill(ctx, get, put)
}

func (p *pipeline[U]) work(todo chan pending[U]) {
	work, err := p.newWork()
	for next := range todo {
		if err == nil {
			next.done <- work(next.unit)
		} else {
			next.done <- err
		}
	}
}

// drain emits in order. After an error it only waits for what is under way.
func (p *pipeline[U]) drain(ctx context.Context, cancel context.CancelCauseFunc, ordered chan pending[U], free chan *U) error {
	for next := range ordered {
		err := <-next.done
		if err == nil && ctx.Err() == nil {
			err = p.emit(next.unit)
		}
		if err != nil {
			cancel(err)
		}
		free <- next.unit
	}
	return context.Cause(ctx)
}
