package flock_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"sync"
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

// TestCloseWhileProcessesStart closes locks while processes are started elsewhere, which have every open
// file for a moment: a lock that was given back can be taken at once.
func TestCloseWhileProcessesStart(t *testing.T) {
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	stop := make(chan struct{})
	var starters sync.WaitGroup
	for range 4 {
		starters.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
					_ = exec.CommandContext(t.Context(), program, "-test.run=^$").Run()
				}
			}
		})
	}
	defer starters.Wait()
	defer close(stop)
	name := filepath.Join(t.TempDir(), "lock")
	for i := range 2000 {
		lock, err := flock.Take(name)
		if err != nil {
			t.Fatalf("after %d times: %v", i, err)
		}
		if err := lock.Close(); err != nil {
			t.Fatal(err)
		}
	}
}
