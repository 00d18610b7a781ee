//go:build unix

package main

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/creack/pty"
)

// prompt is a shell at a terminal, with its own completion of cdx.
type prompt struct {
	t      *testing.T
	screen *os.File
	mu     sync.Mutex
	shown  bytes.Buffer
}

func startShell(t *testing.T, environ []string, shell string, args ...string) *prompt {
	t.Helper()
	path, err := exec.LookPath(shell)
	if err != nil {
		t.Skip("no " + shell + " here")
	}
	command := exec.Command(path, args...)
	command.Dir = t.TempDir()
	command.Env = append([]string{"GORACE=" + os.Getenv("GORACE"), "PATH=" + os.Getenv("PATH"), "HOME=" + command.Dir, "TERM=xterm", "PS1=> "}, environ...)
	screen, err := pty.StartWithSize(command, &pty.Winsize{Rows: 40, Cols: 120})
	if err != nil {
		t.Skip("no pseudo-terminals here: ", err)
	}
	p := &prompt{t: t, screen: screen}
	done := make(chan struct{})
	go func() {
		defer close(done)
		chunk := make([]byte, 4096)
		for {
			n, err := screen.Read(chunk)
			p.mu.Lock()
			p.shown.Write(chunk[:n])
			p.mu.Unlock()
			if err != nil {
				return
			}
		}
	}()
	t.Cleanup(func() {
		_ = command.Process.Kill()
		_ = command.Wait()
		screen.Close()
		<-done
	})
	return p
}

// types types keys and waits until the screen shows something after that.
func (p *prompt) types(keys, await string) {
	p.t.Helper()
	p.mu.Lock()
	from := p.shown.Len()
	p.mu.Unlock()
	if _, err := p.screen.WriteString(keys); err != nil {
		p.t.Fatal(err)
	}
	for deadline := time.Now().Add(20 * time.Second); time.Now().Before(deadline); time.Sleep(10 * time.Millisecond) {
		p.mu.Lock()
		shown := p.shown.String()[from:]
		p.mu.Unlock()
		if strings.Contains(readable(shown), await) {
			return
		}
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.t.Fatalf("typed %q, and %q never came; shown:\n%q", keys, await, p.shown.String()[from:])
}

// escapes are the sequences that a shell's editor draws with.
var escapes = regexp.MustCompile(`\x1b\[[0-9;?]*[A-Za-z]|\r`)

// readable is what an eye sees of text for a terminal, as long as it only moves back.
func readable(shown string) string {
	var seen []rune
	for _, r := range escapes.ReplaceAllString(shown, "") {
		if r == '\b' {
			seen = seen[:max(0, len(seen)-1)]
			continue
		}
		seen = append(seen, r)
	}
	return string(seen)
}

// script is the path of a completion script of the repository.
func script(t *testing.T, name string) string {
	t.Helper()
	path, err := filepath.Abs(filepath.Join("..", "..", "completions", name))
	if err != nil {
		t.Fatal(err)
	}
	return path
}

// TestShellsComplete drives the real shells with the scripts of the repository.
func TestShellsComplete(t *testing.T) {
	t.Parallel()
	t.Run("bash", func(t *testing.T) {
		t.Parallel()
		p := startShell(t, nil, "bash", "--norc", "--noprofile", "-i")
		p.types("bind 'set enable-bracketed-paste off'; bind 'set bell-style none'; . "+script(t, "cdx.bash")+"; echo loaded\n", "\nloaded\n")
		p.types("cdx roll\t--dry", "cdx rollback --dry")
		p.types("\x15cdx deploy --file-exists-b\tOVER\t--if-a\tatt\t", "--file-exists-behavior OVERWRITE --if-active attach ")
		p.types("\x15cdx deploy --on-timeout=st\t-", "--on-timeout=stop")
		p.types("\x15cdx deploy --file-exists-behavior \t\t", "keep files that exist already")
	})
	t.Run("zsh", func(t *testing.T) {
		t.Parallel()
		p := startShell(t, nil, "zsh", "-f", "-i")
		p.types("autoload -U compinit; compinit -u -D; . "+script(t, "cdx.zsh")+"; echo loaded\n", "\nloaded\n")
		p.types("cdx roll\t--dry", "cdx rollback --dry")
		p.types("\x15cdx deploy --file-exists-b\tOVER\t-", "OVERWRITE -")
		p.types("\x15cdx deploy --on-timeout=st\t-", "stop")
		p.types("\x15cdx deploy --file-exists-behavior \t", "keep files that exist already")
	})
	t.Run("fish", func(t *testing.T) {
		t.Parallel()
		fishCompletes(t, "cdx roll", "rollback\t")
		fishCompletes(t, "cdx deploy --file-exists-behavior ", "RETAIN\tkeep files that exist already\n")
		fishCompletes(t, "cdx deploy --on-timeout=st", "--on-timeout=stop\tstop the deployment\n")
		fishCompletes(t, "cdx deploy --skip-", "--skip-current\t")
	})
}

func fishCompletes(t *testing.T, line, want string) {
	t.Helper()
	path, err := exec.LookPath("fish")
	if err != nil {
		t.Skip("no fish here")
	}
	command := exec.Command(path, "--no-config", "-c", "source $argv[1]; complete -C $argv[2]", "--", script(t, "cdx.fish"), line)
	command.Dir = t.TempDir()
	command.Env = []string{"GORACE=" + os.Getenv("GORACE"), "PATH=" + os.Getenv("PATH"), "HOME=" + command.Dir}
	out, err := command.CombinedOutput()
	if err != nil || !strings.Contains(string(out), want) {
		t.Errorf("%q completes to %q, %v; want %q", line, out, err, want)
	}
}
