//go:build unix

package main

import (
	"os"
	"syscall"
)

// keepOwner gives a file the owner and group of another where they differ.
func keepOwner(f *os.File, like os.FileInfo) error {
	info, err := f.Stat()
	if err != nil {
		return err
	}
	is, known := info.Sys().(*syscall.Stat_t)
	want, alsoKnown := like.Sys().(*syscall.Stat_t)
	if !known || !alsoKnown || is.Uid == want.Uid && is.Gid == want.Gid {
		return nil
	}
	return f.Chown(int(want.Uid), int(want.Gid))
}
