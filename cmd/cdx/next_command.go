package main

import (
	"fmt"
	"strings"
)

// again is the command that deploys a unit again where the revision cannot be named:
// on this machine, and an AppSpec file.
func (p *program) again(u *unit, group string) string {
	switch {
	case p.local != nil:
		return "cdx deploy --local " + quoted(u.dir)
	case u.content != "":
		return fmt.Sprintf("cdx deploy --wait -a %s -g %s %s", u.application, group, quoted(u.dir))
	default:
		return ""
	}
}

// quoted is an argument as a shell takes it.
func quoted(text string) string {
	if strings.ContainsFunc(text, func(r rune) bool { return !strings.ContainsRune(plainInShell, r) }) || text == "" {
		return "'" + strings.ReplaceAll(text, "'", `'\''`) + "'"
	}
	return text
}

// plainInShell are the characters that mean nothing to a shell.
const plainInShell = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-./+=:,@%"
