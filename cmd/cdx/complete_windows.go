package main

import (
	"os/exec"
	"syscall"

	"golang.org/x/sys/windows"
)

// detach takes a program away from the console: it can neither ask there nor be
// interrupted from there.
func detach(command *exec.Cmd) {
	command.SysProcAttr = &syscall.SysProcAttr{CreationFlags: windows.DETACHED_PROCESS, HideWindow: true}
}
