// Command cdx takes a directory to a finished AWS CodeDeploy deployment: it
// packages the directory into a revision, uploads and registers it, creates the
// deployment, follows it to its end, and exits with a code that says how it went.
package main

import (
	"cmp"
	"context"
	"os"

	"github.com/cdx-deploy/cdx/internal/term"
)

func main() {
	os.Exit(run(os.Args[1:], term.System(os.LookupEnv), os.Environ()))
}

// run is the whole program: it returns the exit code and leaves nothing behind.
func run(args []string, streams *term.Streams, environ []string) int {
	if code, isHelper := runHelper(args, streams); isHelper {
		return code
	}
	ctx, stop := withSignals(context.Background())
	defer stop()
	p := newProgram(streams, environ)
	p.presetOutput(args)
	root := newRootCmd(p, args...)
	p.prepareCompletion(root, args)
	teachHelp(root)
	root.SetArgs(spreadLists(root, args))
	err := root.ExecuteContext(ctx)
	return p.finish(ctx, cmp.Or(err, p.mistake))
}
