package main

import (
	"os"
	"syscall"
)

// peakOf is the most memory that a finished process had resident, in bytes.
// Source: getrusage(2), ru_maxrss, which Linux counts in KiB.
func peakOf(state *os.ProcessState) int64 {
	usage, ok := state.SysUsage().(*syscall.Rusage)
	if !ok {
		return 0
	}
	return usage.Maxrss << 10
}
