package main

import (
	"fmt"
	"math"
	"strings"
	"sync"
	"time"

	"github.com/cdx-deploy/cdx/internal/report"
	"github.com/cdx-deploy/cdx/internal/term"
	"github.com/cdx-deploy/cdx/pkg/bundle"
)

const (
	// statusInterval is the time between two texts of the spinner's line.
	statusInterval = 100 * time.Millisecond

	// lineInterval is the time between two lines where there is no spinner. CI systems
	// end jobs that say nothing for long.
	lineInterval = 10 * time.Second

	// rateAfter is how long a phase must run before it tells rate and remaining time.
	rateAfter = time.Second
)

// meter tells how the passes over a directory advance: on the spinner's line, or
// without one in a line from time to time. The functions that it hands to the libraries
// may be called from any goroutine.
type meter struct {
	progress *term.Progress
	took     time.Duration // of the phases that have ended

	mu      sync.Mutex
	phase   string // like "uploading"
	begun   time.Time
	entries int   // in the whole tree
	content int64 // bytes in it
	passed  bundle.Progress
	sending bool  // the phase's rate is that of what is sent, not of what is read
	sent    int64 // bytes of the bundle that S3 has taken
}

// begin starts a phase of the meter for a tree. The function that it returns ends
// the phase, and must be called.
func (m *meter) begin(phase string, tree *bundle.Tree, sending bool) (end func()) {
	m.mu.Lock()
	m.phase, m.sending, m.begun = phase, sending, time.Now()
	m.entries, m.content = len(tree.Entries()), tree.ContentBytes()
	m.passed, m.sent = bundle.Progress{}, 0
	m.mu.Unlock()
	stop := m.tell()
	return func() {
		stop()
		m.progress.Status("")
		m.took += time.Since(m.begun)
	}
}

// tell says how the phase stands from time to time until it is stopped.
func (m *meter) tell() (stop func()) {
	interval, say := lineInterval, m.progress.Event
	if m.progress.Spins() {
		interval, say = statusInterval, m.progress.Status
	}
	done := make(chan struct{})
	var telling sync.WaitGroup
	telling.Go(func() {
		ticker := time.NewTicker(interval)
		defer ticker.Stop()
		for {
			select {
			case <-done:
				return
			case <-ticker.C:
				say(m.text(time.Now()))
			}
		}
	})
	return func() {
		close(done)
		telling.Wait()
	}
}

// advance notes how far a pass over the files has come.
func (m *meter) advance(passed bundle.Progress) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.passed = passed
}

// uploaded notes how much S3 has taken.
func (m *meter) uploaded(bytes int64) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.sent = bytes
}

// text is the state in one line.
func (m *meter) text(now time.Time) string {
	m.mu.Lock()
	defer m.mu.Unlock()
	parts := []string{
		fmt.Sprintf("%s: %d of %d entries", m.phase, m.passed.Files, m.entries),
		fmt.Sprintf("%s of %s read", bytesText(m.passed.BytesIn), bytesText(m.content)),
	}
	done, total := m.passed.BytesIn, m.content
	if m.sending {
		parts = append(parts, bytesText(m.sent)+" sent")
		done, total = m.sent, m.expected()
	}
	if elapsed := now.Sub(m.begun); elapsed >= rateAfter && done > 0 {
		perSecond := float64(done) / elapsed.Seconds()
		left := math.Ceil(float64(max(0, total-done)) / perSecond)
		parts = append(parts, bytesText(int64(perSecond))+"/s", "about "+report.Seconds(time.Duration(left)*time.Second)+" left")
	}
	return strings.Join(parts, ", ")
}

// expected is the size that the bundle will have if the rest is compressed as well as
// what is read by now. The lock is held.
func (m *meter) expected() int64 {
	if m.passed.BytesIn == 0 {
		return m.passed.BytesOut
	}
	return int64(float64(m.passed.BytesOut) * float64(m.content) / float64(m.passed.BytesIn))
}

// summary says what became of an upload of size bytes.
func (m *meter) summary(size int64, reused bool) string {
	took := report.Seconds(m.took)
	if reused {
		return fmt.Sprintf("already there with the same content: 0 bytes uploaded, %s reused, in %s", bytesText(size), took)
	}
	text := fmt.Sprintf("uploaded %s", bytesText(size))
	if m.content >= size { // of a few small files it says nothing
		text += fmt.Sprintf(", %d %% of %s,", 100*size/m.content, bytesText(m.content))
	}
	return text + " in " + took
}
