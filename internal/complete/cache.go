package complete

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"
)

const (
	// namesFresh and deploymentsFresh are how long an answer is not asked for again.
	namesFresh       = 5 * time.Minute
	deploymentsFresh = 20 * time.Second

	// usableFor is how long an old answer serves when there is no new one in time.
	usableFor = time.Hour

	// retryPause is how long nothing is tried again after an attempt without an answer.
	retryPause = 15 * time.Second

	// keptFor is how long a file that nobody has renewed stays.
	keptFor = 24 * time.Hour
)

// Cache keeps answers in files that only their owner may read.
type Cache struct {
	Dir   string           // the folder, which is made when needed
	Scope string           // whose names: account, profile and region in some form
	Now   func() time.Time // nil: time.Now
}

// entry is what a file holds.
type entry struct {
	Fetched time.Time `json:"fetched,omitzero"`
	Tried   time.Time `json:"tried,omitzero"`
	Choices []Choice  `json:"choices,omitempty"`
}

func (e entry) fresh(q Query, now time.Time) bool {
	limit := namesFresh
	if q.Kind == Deployments {
		limit = deploymentsFresh
	}
	return within(e.Fetched, limit, now)
}

func (e entry) triedLately(now time.Time) bool { return within(e.Tried, retryPause, now) }

func (e entry) usable(now time.Time) []Choice {
	if !within(e.Fetched, usableFor, now) {
		return nil
	}
	return e.Choices
}

// within reports whether now is at most limit after a time; a clock that was turned
// back makes everything old.
func within(at time.Time, limit time.Duration, now time.Time) bool {
	passed := now.Sub(at)
	return passed >= 0 && passed < limit
}

func (c Cache) now() time.Time {
	if c.Now != nil {
		return c.Now()
	}
	return time.Now()
}

// path names the file of a query. Its name tells nothing about account or names.
func (c Cache) path(q Query) string {
	text := strings.Join(append([]string{c.Scope, string(q.Kind), q.Application}, q.Groups...), "\x00")
	sum := sha256.Sum256([]byte(text))
	return filepath.Join(c.Dir, hex.EncodeToString(sum[:16])+".json")
}

// read returns what is kept for a query, or an empty entry.
func (c Cache) read(q Query) entry {
	var kept entry
	data, err := os.ReadFile(c.path(q))
	if err != nil || json.Unmarshal(data, &kept) != nil {
		return entry{}
	}
	return kept
}

// write replaces what is kept for a query, whole or not at all, and clears away what
// is older than a day.
func (c Cache) write(q Query, e entry) error {
	if err := os.MkdirAll(c.Dir, 0o700); err != nil {
		return fmt.Errorf("keep names: %w", err)
	}
	data, err := json.Marshal(e)
	if err != nil {
		return fmt.Errorf("keep names: %w", err)
	}
	f, err := os.CreateTemp(c.Dir, "new-*") // readable for its owner only
	if err != nil {
		return fmt.Errorf("keep names: %w", err)
	}
	_, err = f.Write(data)
	err = errors.Join(err, f.Close())
	if err == nil {
		err = os.Rename(f.Name(), c.path(q))
	}
	if err != nil {
		return fmt.Errorf("keep names: %w", errors.Join(err, os.Remove(f.Name())))
	}
	c.tidy()
	return nil
}

// tidy removes old files. What cannot be removed does no harm.
func (c Cache) tidy() {
	old := c.now().Add(-keptFor)
	_ = filepath.WalkDir(c.Dir, func(name string, file fs.DirEntry, err error) error {
		if err != nil || file.IsDir() {
			return nil
		}
		if info, err := file.Info(); err == nil && info.ModTime().Before(old) {
			_ = os.Remove(name)
		}
		return nil
	})
}
