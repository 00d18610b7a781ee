package agent

import (
	"errors"
	"io/fs"
	"os"
	"os/exec"

	"golang.org/x/sys/windows"
)

const (
	shell       = "cmd.exe"
	defaultPath = `C:\Windows\system32;C:\Windows`
)

// isExecutable is always so: what can run depends on the file's extension.
func isExecutable(string, fs.FileInfo) bool { return true }

// family is a process and those that it starts: a job object. The agent on an instance ends the process
// alone, and what it started goes on; here that would be left running on somebody's machine.
type family struct {
	process *os.Process
	job     windows.Handle // zero: there is none, and the process is ended alone
}

// prepare does nothing: a process joins a job once it has started.
func (f *family) prepare(*exec.Cmd) {}

// begin takes over the process, which has started. What it starts before it is in the job stays out of it.
func (f *family) begin(p *os.Process) {
	f.process = p
	job, err := windows.CreateJobObject(nil, nil)
	if err != nil {
		return
	}
	process, err := windows.OpenProcess(windows.PROCESS_SET_QUOTA|windows.PROCESS_TERMINATE, false, uint32(p.Pid))
	if err == nil {
		err = errors.Join(windows.AssignProcessToJobObject(job, process), windows.CloseHandle(process))
	}
	if err != nil {
		_ = windows.CloseHandle(job)
		return
	}
	f.job = job
}

// ask ends the processes: there is no other way to tell a process without a window.
func (f *family) ask() { f.kill() }

func (f *family) kill() {
	if f.job == 0 || windows.TerminateJobObject(f.job, 1) != nil {
		_ = f.process.Kill()
	}
}

// isAlive says no: what was told to end has no say in it.
func (f *family) isAlive() bool { return false }

// leave gives up what the family was held by. Processes that are left go on.
func (f *family) leave() {
	if f.job != 0 {
		_ = windows.CloseHandle(f.job)
		f.job = 0
	}
}

func isNoProgram(error) bool { return false }

func isTextBusy(error) bool { return false }
