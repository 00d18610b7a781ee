package main

import (
	"testing"

	"github.com/cdx-deploy/cdx/internal/term"
)

// TestTreeOfOneCommand makes each command alone and as part of the whole tree: it is the
// same, to its last flag.
func TestTreeOfOneCommand(t *testing.T) {
	help := func(name string, only ...string) string {
		streams, _, out, _ := term.Test()
		root := newRootCmd(newProgram(streams, nil), only...)
		root.SetArgs([]string{name, "--help"})
		if err := root.Execute(); err != nil {
			t.Errorf("cdx %s --help: %v", name, err)
		}
		return out.String()
	}
	for _, command := range commands {
		streams, _, _, _ := term.Test()
		root := newRootCmd(newProgram(streams, nil), command.name, "argument")
		if all := root.Commands(); len(all) != 1 || all[0].Name() != command.name {
			t.Errorf("%s: %d commands, the first one %s", command.name, len(all), all[0].Name())
		}
		if alone, among := help(command.name, command.name), help(command.name); alone != among {
			t.Errorf("%s: alone\n%s\nin the whole tree\n%s", command.name, alone, among)
		}
	}
	for _, args := range [][]string{nil, {"--output", "json", "push"}, {"puhs"}, {"help", "push"}, {"list-applications"}} {
		streams, _, _, _ := term.Test()
		if all := newRootCmd(newProgram(streams, nil), args...).Commands(); len(all) < len(commands) {
			t.Errorf("%q: %d commands, want all", args, len(all))
		}
	}
}
