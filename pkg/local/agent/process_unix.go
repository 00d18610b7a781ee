//go:build unix

package agent

import (
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"syscall"
)

const (
	shell       = "/bin/sh"
	defaultPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
)

// isExecutable reports whether the agent, which is root, could execute a file.
func isExecutable(_ string, info fs.FileInfo) bool { return info.Mode()&0o111 != 0 }

// family is a process and those that it starts: a process group. One that is gone is no error.
type family struct{ leader int }

// prepare puts a process that is about to start into a process group of its own.
func (f *family) prepare(cmd *exec.Cmd) { cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} }

// begin takes over the process, which has started.
func (f *family) begin(p *os.Process) { f.leader = p.Pid }

func (f *family) ask()  { _ = syscall.Kill(-f.leader, syscall.SIGTERM) }
func (f *family) kill() { _ = syscall.Kill(-f.leader, syscall.SIGKILL) }

// isAlive reports whether any process is left.
func (f *family) isAlive() bool { return syscall.Kill(-f.leader, 0) == nil }

// leave gives up what the family was held by. Processes that are left go on.
func (f *family) leave() {}

// isNoProgram reports whether a file is no program and names no interpreter.
func isNoProgram(err error) bool { return errors.Is(err, syscall.ENOEXEC) }

func isTextBusy(err error) bool { return errors.Is(err, syscall.ETXTBSY) }
