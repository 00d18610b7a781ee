package main

import (
	"os"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"

	"github.com/cdx-deploy/cdx/internal/term"
	"github.com/cdx-deploy/cdx/pkg/bundle"
)

// meterTree is a tree of two files with 3 MiB together.
func meterTree(t *testing.T) *bundle.Tree {
	t.Helper()
	dir := t.TempDir()
	for name, size := range map[string]int{"appspec.yml": 1 << 20, "data": 2 << 20} {
		if err := os.WriteFile(filepath.Join(dir, name), make([]byte, size), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	tree, err := bundle.Select(t.Context(), dir, bundle.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return tree
}

func TestMeterPrintsLinesWithoutSpinner(t *testing.T) {
	tree := meterTree(t)
	synctest.Test(t, func(t *testing.T) {
		streams, _, _, errOut := term.Test()
		m := &meter{progress: term.NewProgress(streams, term.Normal)}
		end := m.begin("hashing", tree, false)
		time.Sleep(9 * time.Second)
		end()
		if errOut.Len() != 0 {
			t.Errorf("a short phase prints %q", errOut)
		}
		end = m.begin("uploading", tree, true)
		m.advance(bundle.Progress{Files: 1, BytesIn: 3 << 19, BytesOut: 1 << 20})
		m.uploaded(1 << 19)
		time.Sleep(11 * time.Second)
		m.uploaded(1 << 20)
		time.Sleep(10 * time.Second)
		end()
		time.Sleep(time.Minute)
		const want = "uploading: 1 of 2 entries, 1.5 MiB of 3.0 MiB read, 512.0 KiB sent, 51.2 KiB/s, about 30s left\n" +
			"uploading: 1 of 2 entries, 1.5 MiB of 3.0 MiB read, 1.0 MiB sent, 51.2 KiB/s, about 20s left\n"
		if got := errOut.String(); got != want {
			t.Errorf("printed\n%s\nwant\n%s", got, want)
		}
		if got, want := m.summary(3<<18, false), "uploaded 768.0 KiB, 25 % of 3.0 MiB, in 30s"; got != want {
			t.Errorf("summary = %q, want %q", got, want)
		}
		if got, want := m.summary(3<<18, true), "already there with the same content: 0 bytes uploaded, 768.0 KiB reused, in 30s"; got != want {
			t.Errorf("summary = %q, want %q", got, want)
		}
	})
}

func TestMeterIsSilentWhenQuiet(t *testing.T) {
	tree := meterTree(t)
	synctest.Test(t, func(t *testing.T) {
		streams, _, _, errOut := term.Test()
		m := &meter{progress: term.NewProgress(streams, term.Quiet)}
		end := m.begin("hashing", tree, false)
		time.Sleep(time.Minute)
		end()
		if errOut.Len() != 0 {
			t.Errorf("printed %q", errOut)
		}
	})
}
