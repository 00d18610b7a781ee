package flock_test

import (
	"path/filepath"
	"testing"

	"github.com/cdx-deploy/cdx/pkg/local/internal/flock"
)

func TestTake(t *testing.T) {
	name := filepath.Join(t.TempDir(), "lock")
	first, err := flock.Take(name)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := flock.Take(name); !flock.Held(err) {
		t.Errorf("a second lock: %v", err)
	}
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
	again, err := flock.Take(name)
	if err != nil {
		t.Fatal(err)
	}
	if err := again.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := flock.Take(filepath.Join(name, "below")); err == nil || flock.Held(err) {
		t.Errorf("a lock that cannot be: %v", err)
	}
}
