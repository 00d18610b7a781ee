//go:build unix

package main

import (
	"os/exec"
	"syscall"
)

// detach takes a program away from the terminal: it can neither ask there nor be
// interrupted from there.
func detach(command *exec.Cmd) { command.SysProcAttr = &syscall.SysProcAttr{Setsid: true} }
