package local

import (
	"net/http"
	"strings"
	"sync"
	"time"
)

// retryInterval is the pause after a save that failed.
const retryInterval = time.Second

// keeper saves a state after every change, once for all the changes that came while it was saving.
type keeper struct {
	save     func() error
	onFailed func(error) // called when saving begins to fail; may be nil

	wake  chan struct{} // holds a token when there is something to save
	stop  chan struct{} // closed by end
	over  sync.Once     // end
	ended chan struct{} // closed when run has returned
	err   error         // of the last save, once run has returned

	mu   sync.Mutex
	next chan struct{} // closed when the save that begins next has ended, well or not
}

// newKeeper makes a keeper that begins to work with run.
func newKeeper(save func() error, onFailed func(error)) *keeper {
	return &keeper{
		save: save, onFailed: onFailed,
		wake: make(chan struct{}, 1), stop: make(chan struct{}), ended: make(chan struct{}), next: make(chan struct{}),
	}
}

// changed has everything saved that is there now. The channel is closed when that is done, or has failed.
func (k *keeper) changed() <-chan struct{} {
	k.mu.Lock()
	defer k.mu.Unlock()
	select {
	case k.wake <- struct{}{}:
	default: // it is going to be done
	}
	return k.next
}

// await returns when everything that is there now is saved, or cannot be.
func (k *keeper) await() {
	select {
	case <-k.changed():
	case <-k.ended: // what comes later is nobody's
	}
}

// run saves until end is called, and once more then.
func (k *keeper) run() {
	defer close(k.ended)
	failing := false
	for {
		var retry <-chan time.Time
		if failing {
			retry = time.After(retryInterval)
		}
		select {
		case <-k.stop:
			k.err = k.once()
			return
		case <-k.wake:
		case <-retry:
		}
		err := k.once()
		if err != nil && !failing && k.onFailed != nil {
			k.onFailed(err)
		}
		failing = err != nil
	}
}

// once saves, and lets those go on who wait for it.
func (k *keeper) once() error {
	k.mu.Lock()
	done := k.next
	k.next = make(chan struct{})
	k.mu.Unlock()
	defer close(done)
	return k.save()
}

// end ends run and returns what the last save said.
func (k *keeper) end() error {
	k.over.Do(func() { close(k.stop) })
	<-k.ended
	return k.err
}

// keeping answers requests that change the state once it is saved: what was answered is there after a crash.
func (s *Service) keeping(next http.Handler) http.Handler {
	if s.keeper == nil {
		return next
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if mayChange(r) {
			w = &lateAnswer{ResponseWriter: w, await: s.keeper.await}
		}
		next.ServeHTTP(w, r)
	})
}

// mayChange reports whether a request may change what is kept. Uploads that are not complete are not.
func mayChange(r *http.Request) bool {
	if target := r.Header.Get("X-Amz-Target"); target != "" {
		return !readsOnly(target)
	}
	if operationOf(r) == operationSTS {
		return false
	}
	switch r.Method {
	case http.MethodGet, http.MethodHead:
		return false
	case http.MethodPut:
		return !r.URL.Query().Has("uploadId")
	case http.MethodPost:
		return !r.URL.Query().Has("uploads")
	}
	return true
}

// readsOnly reports whether an operation of CodeDeploy changes nothing.
func readsOnly(target string) bool {
	name := strings.TrimPrefix(target, targetPrefix)
	return strings.HasPrefix(name, "Get") || strings.HasPrefix(name, "List") || strings.HasPrefix(name, "BatchGet")
}

// lateAnswer holds an answer that says that something was done until await returns.
type lateAnswer struct {
	http.ResponseWriter
	await   func()
	started bool
}

// WriteHeader implements [http.ResponseWriter].
func (a *lateAnswer) WriteHeader(status int) {
	if !a.started && status < 300 {
		a.await()
	}
	a.started = true
	a.ResponseWriter.WriteHeader(status)
}

// Write implements [http.ResponseWriter].
func (a *lateAnswer) Write(p []byte) (int, error) {
	if !a.started {
		a.WriteHeader(http.StatusOK)
	}
	return a.ResponseWriter.Write(p)
}

// Unwrap is for [http.ResponseController].
func (a *lateAnswer) Unwrap() http.ResponseWriter { return a.ResponseWriter }
