//go:build !windows

package awsapi

import "syscall"

// errRefused is what connecting returns where nothing listens.
const errRefused = syscall.ECONNREFUSED
