package main

import (
	"fmt"

	"github.com/cdx-deploy/cdx/pkg/revision"
)

// again is the command that deploys a unit again where the revision cannot be named:
// on this machine, and an AppSpec file.
func (p *program) again(u *unit, group string) string {
	switch {
	case p.local != nil:
		return "cdx deploy --local " + revision.ShellQuote(u.dir)
	case u.content != "":
		return fmt.Sprintf("cdx deploy --wait -a %s -g %s %s", revision.ShellQuote(u.application), revision.ShellQuote(group), revision.ShellQuote(u.dir))
	default:
		return ""
	}
}
