//go:build unix

package main

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/creack/pty"

	"github.com/cdx-deploy/cdx/internal/term"
)

// onTerminal runs cdx on a terminal, types keys once the screen shows what is awaited, and
// returns all that the screen has shown.
func onTerminal(t *testing.T, await, keys string, args ...string) (shown string, code int) {
	t.Helper()
	return onTerminalOf(t, 80, []string{"TERM=xterm"}, await, keys, args...)
}

// onTerminalOf is onTerminal for a width and an environment.
func onTerminalOf(t *testing.T, columns uint16, environ []string, await, keys string, args ...string) (shown string, code int) {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	command := exec.Command(self, args...)
	command.Args[0] = "cdx"
	command.Dir = t.TempDir()
	command.Env = append([]string{"GORACE=" + os.Getenv("GORACE"), "PATH=" + os.Getenv("PATH"), "HOME=" + command.Dir}, environ...)
	screen, err := pty.StartWithSize(command, &pty.Winsize{Rows: 24, Cols: columns})
	if err != nil {
		t.Skip("no pseudo-terminals here: ", err)
	}
	defer screen.Close()
	watchdog := time.AfterFunc(20*time.Second, func() { _ = command.Process.Kill() })
	defer watchdog.Stop()
	var all bytes.Buffer
	chunk := make([]byte, 4096)
	for {
		n, err := screen.Read(chunk)
		all.Write(chunk[:n])
		if await != "" && strings.Contains(all.String(), await) {
			await = ""
			if _, err := screen.WriteString(keys); err != nil {
				t.Error(err)
			}
		}
		if err != nil { // the program has ended and closed the terminal
			break
		}
	}
	var exit *exec.ExitError
	if err := command.Wait(); err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	return all.String(), command.ProcessState.ExitCode()
}

// slowRevision makes a directory whose deployment takes as long as a glance.
func slowRevision(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range map[string]string{
		"appspec.yml": "version: 0.0\nos: linux\nhooks:\n  BeforeInstall:\n    - location: slow.sh\n",
		"slow.sh":     "#!/bin/sh\nsleep 1\n",
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// TestOnATerminal deploys for real at a terminal: the spinner's line shows how the
// deployment stands, and Ctrl-C ends it with an explanation.
func TestOnATerminal(t *testing.T) {
	t.Parallel()
	dir := slowRevision(t)
	for _, test := range []struct {
		name, await, keys string
		code              int
		want              []string
	}{
		{"to its end", "Run them?", "y\r", 0, []string{"hooks that run on this machine", "InProgress: 0 of 1 target succeeded, 1 in progress (", "\r\x1b[K", "Succeeded after"}},
		{"Ctrl-C", "BeforeInstall InProgress", "\x03", 130, []string{"cdx: interrupted", "the local service ends, and deployment d-"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			args := []string{"deploy", "--local", "--color", "off", dir}
			if test.code != 0 {
				args = append(args, "--yes", "--verbose")
			}
			shown, code := onTerminal(t, test.await, test.keys, args...)
			if code != test.code {
				t.Errorf("exit code %d, want %d", code, test.code)
			}
			for _, want := range test.want {
				if !strings.Contains(shown, want) {
					t.Errorf("%q was not shown", want)
				}
			}
			if strings.Contains(shown, "goroutine ") || t.Failed() {
				t.Errorf("the screen showed:\n%q", shown)
			}
		})
	}
}

// TestTerminalManners deploys at terminals of several kinds.
func TestTerminalManners(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		columns uint16
		environ []string
		args    []string
		spins   bool
		escapes bool
	}{
		"narrow":                   {40, []string{"TERM=xterm"}, nil, true, true},
		"for a screen reader":      {80, []string{"TERM=xterm", "CDX_PROGRESS=plain", "NO_COLOR=1"}, nil, false, false},
		"dumb":                     {80, []string{"TERM=dumb"}, nil, false, false},
		"TERM unset":               {80, nil, nil, false, false},
		"a CI system's terminal":   {80, []string{"TERM=xterm", "CI=true", "NO_COLOR=1"}, nil, false, false},
		"a spinner under CI":       {80, []string{"TERM=xterm", "CI=true"}, []string{"--progress", "spinner"}, true, true},
		"plain on a dumb terminal": {80, []string{"TERM=dumb"}, []string{"--progress", "spinner"}, false, false},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := slowRevision(t)
			args := append([]string{"deploy", "--local", "--yes"}, test.args...)
			shown, code := onTerminalOf(t, test.columns, test.environ, "", "", append(args, dir)...)
			if code != exitDone || !strings.Contains(shown, "Succeeded after") {
				t.Errorf("exit code %d", code)
			}
			if got := strings.Contains(shown, "\r\x1b[K"); got != test.spins {
				t.Errorf("a spinner: %v, want %v", got, test.spins)
			}
			if got := strings.Contains(shown, "\x1b"); got != test.escapes {
				t.Errorf("escape sequences: %v, want %v", got, test.escapes)
			}
			if t.Failed() {
				t.Errorf("the screen showed:\n%q", shown)
			}
		})
	}
}

// TestHelpOnNarrowTerminals keeps the help within the terminal. What cannot be broken,
// such as the name of a flag with its value, may be wider.
func TestHelpOnNarrowTerminals(t *testing.T) {
	t.Parallel()
	for _, columns := range []uint16{40, 60, 80} {
		for _, args := range [][]string{{"--help"}, {"deploy", "--help"}, {"validate", "--help"}, {"local", "--help"}} {
			shown, code := onTerminalOf(t, columns, []string{"TERM=xterm"}, "", "", args...)
			if code != exitDone {
				t.Errorf("cdx %v: exit code %d", args, code)
			}
			for line := range strings.Lines(shown) {
				line = strings.TrimRight(line, "\r\n")
				if term.Width(line) > int(columns) && strings.Contains(strings.TrimLeft(line, " "), "  ") {
					t.Errorf("cdx %v at %d columns: %q is %d wide", args, columns, line, term.Width(line))
				}
			}
		}
	}
}
