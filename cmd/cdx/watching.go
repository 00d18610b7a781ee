package main

import (
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/codedeploy/types"

	"github.com/cdx-deploy/cdx/internal/report"
	"github.com/cdx-deploy/cdx/internal/term"
	"github.com/cdx-deploy/cdx/pkg/wait"
)

// watching is the spinner's line while deployments are followed: their status, how
// many targets are done, and the time it has taken.
type watching struct {
	progress *term.Progress
	began    time.Time
	stopped  chan struct{}
	ticking  sync.WaitGroup

	mu        sync.Mutex
	standings []*standing
}

// standing is how one deployment stands.
type standing struct {
	id       string
	status   types.DeploymentStatus
	counts   wait.Counts
	rollback bool
	over     bool
}

// watch shows how the deployments stand that are added, until stop is called.
func (p *program) watch() *watching {
	return &watching{progress: p.progress, began: time.Now(), stopped: make(chan struct{})}
}

// add takes in one more deployment. It is not called at the same time as stop.
func (w *watching) add(id string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.standings = append(w.standings, &standing{id: id})
	if len(w.standings) == 1 && w.progress.Spins() {
		w.ticking.Go(w.tick)
	}
}

func (w *watching) stop() {
	close(w.stopped)
	w.ticking.Wait()
	w.progress.Status("")
}

func (w *watching) tick() {
	ticker := time.NewTicker(time.Second)
	defer ticker.Stop()
	for {
		w.show()
		select {
		case <-ticker.C:
		case <-w.stopped:
			return
		}
	}
}

func (w *watching) show() { w.progress.Status(w.text(time.Since(w.began))) }

// note takes in what has happened, and shows it.
func (w *watching) note(e wait.Event) {
	defer w.show()
	w.mu.Lock()
	defer w.mu.Unlock()
	s := w.of(e.Head())
	switch e := e.(type) {
	case wait.StatusChanged:
		s.status = e.To
	case wait.CountsChanged:
		s.counts = e.Counts
	case wait.RollbackStarted:
		s.over = true
	case wait.RollbackEnded:
		s.over = true
	}
}

// of is the standing of the deployment that an event is about, which may be a
// rollback that was not known before.
func (w *watching) of(head wait.Header) *standing {
	for _, s := range w.standings {
		if s.id == head.DeploymentID {
			return s
		}
	}
	s := &standing{id: head.DeploymentID, rollback: head.Rollback}
	w.standings = append(w.standings, s)
	return s
}

// over takes note of the end of a wait.
func (w *watching) over(id string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.of(wait.Header{DeploymentID: id}).over = true
}

// text is the line after so much time; empty when no deployment goes on.
func (w *watching) text(elapsed time.Duration) string {
	w.mu.Lock()
	defer w.mu.Unlock()
	var parts []string
	for _, s := range w.standings {
		if !s.over {
			parts = append(parts, s.text())
		}
	}
	if len(parts) == 0 {
		return ""
	}
	return fmt.Sprintf("%s (%s)", strings.Join(parts, "; "), report.Seconds(elapsed.Truncate(time.Second)))
}

func (s *standing) text() string {
	text := s.id
	if s.rollback {
		text = "rollback " + text
	}
	if s.status != "" {
		text += " " + string(s.status)
	}
	if s.counts.Total() > 0 {
		text += ": " + report.Counts(s.counts)
	}
	return text
}
