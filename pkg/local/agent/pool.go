package agent

import (
	"runtime"
	"sync"
)

// maxWorkers limits how many files are written at once: more than a few only get in each other's way.
const maxWorkers = 4

// worker is one of a pool's goroutines with the folders that it has open.
type worker struct {
	from, to dirCache
}

// pool writes files at once. Two jobs of one key never overlap, and run in the order of their coming.
type pool struct {
	jobs    chan func(*worker) error
	workers sync.WaitGroup
	pending sync.WaitGroup
	busy    map[string]bool // keys since the last drain

	mu  sync.Mutex
	err error // of the first job that failed
}

// newPool starts the workers; close ends them.
func newPool() *pool {
	p := &pool{jobs: make(chan func(*worker) error, 64), busy: map[string]bool{}}
	for range min(runtime.GOMAXPROCS(0), maxWorkers) {
		p.workers.Go(p.work)
	}
	return p
}

func (p *pool) work() {
	var w worker
	defer w.from.drop()
	defer w.to.drop()
	for job := range p.jobs {
		if p.failure() == nil {
			p.fail(job(&w))
		}
		p.pending.Done()
	}
}

func (p *pool) failure() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.err
}

func (p *pool) fail(err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.err == nil {
		p.err = err
	}
}

// do has a job done and returns the error of an earlier one.
func (p *pool) do(key string, job func(*worker) error) error {
	if p.busy[key] {
		if err := p.drain(); err != nil {
			return err
		}
	}
	p.busy[key] = true
	p.pending.Add(1)
	p.jobs <- job
	return p.failure()
}

// drain waits until every job is done and returns the first error.
func (p *pool) drain() error {
	p.pending.Wait()
	clear(p.busy)
	return p.failure()
}

// close waits for the jobs and ends the workers.
func (p *pool) close() {
	close(p.jobs)
	p.workers.Wait()
}
