package main

import (
	"bytes"
	"os"
	"os/exec"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestParseIDs(t *testing.T) {
	for name, test := range map[string]struct {
		text string
		want []string // nil: a mistake
	}{
		"create-deployment":      {`{"deploymentId": "d-1"}`, []string{"d-1"}},
		"with a byte-order mark": {"\uFEFF{\"deploymentId\": \"d-1\"}\r\n", []string{"d-1"}},
		"several objects":        {"{\"deploymentId\": \"d-1\"}\n{\"deploymentId\": \"d-2\"}\n", []string{"d-1", "d-2"}},
		"objects on one line":    {`{"deploymentId": "d-1"} {"deploymentId": "d-2"}`, []string{"d-1", "d-2"}},
		"an array of objects":    {`[{"deploymentId": "d-1"}, {"deploymentId": "d-2"}]`, []string{"d-1", "d-2"}},
		"get-deployment":         {`{"deploymentInfo": {"deploymentId": "d-1", "status": "Created"}}`, []string{"d-1"}},
		"list-deployments":       {`{"deployments": ["d-1", "d-2"]}`, []string{"d-1", "d-2"}},
		"cdx deploy":             {`{"deployments": [{"deploymentId": "d-1"}], "revision": {}}`, []string{"d-1"}},
		"a word":                 {"d-1", []string{"d-1"}},
		"words on lines":         {"\uFEFFd-1\r\nd-2\n\n", []string{"d-1", "d-2"}},
		"words in quotes":        {"\"d-1\"\n'd-2'\n", []string{"d-1", "d-2"}},
		"words after commas":     {"d-1, d-2,", []string{"d-1", "d-2"}},
		"nothing":                {" \n", nil},
		"another word":           {"d-1 hello", nil},
		"another object":         {`{"id": "d-1"}`, nil},
		"another type":           {`{"deploymentId": 7}`, nil},
		"half an object":         {`{"deploymentId": "d-1"`, nil},
	} {
		got, err := parseIDs([]byte(test.text))
		if !slices.Equal(got, test.want) || (err == nil) != (test.want != nil) {
			t.Errorf("%s: %v, %v; want %v", name, got, err, test.want)
		}
	}
}

// FuzzParseIDs sees that whatever is piped in is a mistake or IDs.
func FuzzParseIDs(f *testing.F) {
	f.Add([]byte(`{"deploymentId": "d-1"}`))
	f.Add([]byte("\uFEFFd-1\r\n'd-2'"))
	f.Add([]byte(`[["d-1"], {"deployments": [[{}]]}]`))
	f.Fuzz(func(t *testing.T, data []byte) {
		ids, err := parseIDs(data)
		if (err == nil) != (len(ids) > 0) {
			t.Fatalf("IDs %q, error %v", ids, err)
		}
		for _, id := range ids {
			if !strings.HasPrefix(id, "d-") {
				t.Errorf("%q is no ID", id)
			}
		}
	})
}

// TestInterruptedWhileReading sees that the first Ctrl-C ends a wait that has got no ID yet.
func TestInterruptedWhileReading(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("no signals")
	}
	t.Parallel()
	quiet, writer, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer quiet.Close()
	defer writer.Close()
	stderr := &watched{pattern: regexp.MustCompile("standard input"), found: make(chan struct{})}
	var stdout bytes.Buffer
	command := exec.CommandContext(t.Context(), "cdx", "wait", "--verbose")
	command.Dir, command.Stdin, command.Stdout, command.Stderr = t.TempDir(), quiet, &stdout, stderr
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	watchdog := time.AfterFunc(20*time.Second, func() { _ = command.Process.Kill() })
	defer watchdog.Stop()
	<-stderr.found
	if err := command.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	_ = command.Wait() // the exit code tells
	if code := command.ProcessState.ExitCode(); code != exitInterrupted || !strings.Contains(stderr.String(), "cdx: interrupted") || stdout.Len() > 0 {
		t.Errorf("exit code %d, want %d; standard error:\n%s", code, exitInterrupted, stderr.String())
	}
}
