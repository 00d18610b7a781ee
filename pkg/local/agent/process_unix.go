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

// ownGroup puts a process into a process group of its own.
func ownGroup(cmd *exec.Cmd) { cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} }

// askGroup and killGroup signal a process group; one that is gone is no error.
func askGroup(p *os.Process)  { _ = syscall.Kill(-p.Pid, syscall.SIGTERM) }
func killGroup(p *os.Process) { _ = syscall.Kill(-p.Pid, syscall.SIGKILL) }

// isGroupAlive reports whether any process of a group is left.
func isGroupAlive(p *os.Process) bool { return syscall.Kill(-p.Pid, 0) == nil }

// isNoProgram reports whether a file is no program and names no interpreter.
func isNoProgram(err error) bool { return errors.Is(err, syscall.ENOEXEC) }

func isTextBusy(err error) bool { return errors.Is(err, syscall.ETXTBSY) }
