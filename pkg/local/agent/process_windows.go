package agent

import (
	"io/fs"
	"os"
	"os/exec"
)

const (
	shell       = "cmd.exe"
	defaultPath = `C:\Windows\system32;C:\Windows`
)

// isExecutable is always so: what can run depends on the file's extension.
func isExecutable(string, fs.FileInfo) bool { return true }

// ownGroup does nothing: the agent uses no process groups on Windows.
func ownGroup(*exec.Cmd) {}

// askGroup and killGroup end the process alone, as the agent does: what it started goes on.
func askGroup(p *os.Process)  { _ = p.Kill() }
func killGroup(p *os.Process) { _ = p.Kill() }

// isGroupAlive knows of no groups.
func isGroupAlive(*os.Process) bool { return false }

func isNoProgram(error) bool { return false }

func isTextBusy(error) bool { return false }
