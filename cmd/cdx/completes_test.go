package main

import (
	"os/exec"
	"regexp"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

// completes demands that a command line completes to what matches a pattern, at once or,
// since names are fetched in the background, soon: completes PATTERN ARG….
func completes(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: completes PATTERN ARG…")
	}
	pattern := regexp.MustCompile("(?m)" + args[0])
	var out []byte
	for deadline := time.Now().Add(20 * time.Second); time.Now().Before(deadline); time.Sleep(20 * time.Millisecond) {
		command := exec.Command(lookPath(ts, "cdx"), append([]string{"__complete"}, args[1:]...)...)
		command.Dir, command.Env = ts.MkAbs("."), scriptEnviron(ts)
		var err error
		if out, err = command.CombinedOutput(); err != nil {
			ts.Fatalf("%v: %s", err, out)
		}
		if pattern.Match(out) {
			return
		}
	}
	ts.Fatalf("%q completes to\n%s", args[1:], out)
}
