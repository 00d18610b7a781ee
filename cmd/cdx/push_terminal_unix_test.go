//go:build unix

package main

import (
	"net/http"
	"regexp"
	"sync"
	"testing"
	"time"
)

// TestPushOnATerminal sends a bundle part by part at a terminal: the spinner's line tells
// entries, bytes in and out, the rate and the time that is left, and is gone in the end.
func TestPushOnATerminal(t *testing.T) {
	t.Parallel()
	p := newPusher(t)
	var line sync.Mutex
	p.faults.mu.Lock()
	p.faults.planned["UploadPart"] = &fault{func(f *faults, w http.ResponseWriter, r *http.Request) {
		line.Lock()
		defer line.Unlock()
		time.Sleep(300 * time.Millisecond)
		f.serve(w, r)
	}, -1}
	p.faults.mu.Unlock()
	shown, code := onTerminalOf(t, 200, append(p.environ, "TERM=xterm"), "", "",
		"push", "--color", "off", "-a", "app", "--bucket", "bucket", "--key", "a.zip", p.dir)
	if code != 0 {
		t.Errorf("exit code %d", code)
	}
	for _, want := range []string{
		`uploading .*tree \(22\.0 MiB in 2 files\) to s3://bucket/a\.zip\r\n`,
		`uploading: 2 of 2 entries, 22\.0 MiB of 22\.0 MiB read, [0-9.]+ MiB sent`,
		`MiB sent, [0-9.]+ MiB/s, about [0-9]+s left`,
		`\r\x1b\[K(.|\n)*uploaded 22\.0 MiB`,
		`registered as a revision of app\r\n`,
		`s3://bucket/a\.zip\?eTag=[0-9a-f]+-5\r\n`,
	} {
		if !regexp.MustCompile(want).MatchString(shown) {
			t.Errorf("%s was not shown", want)
		}
	}
	if t.Failed() {
		t.Errorf("the screen showed:\n%q", shown)
	}
}
