package revision

import "strings"

// plainInShell are the characters that mean nothing to a shell wherever they stand in a
// word. A tilde and a brace do at some places.
const plainInShell = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-./+=:,@%"

// ShellQuote writes text as one word of a POSIX shell, in single quotes where it needs
// them. It is for commands that are shown to be typed or copied.
func ShellQuote(text string) string {
	if text != "" && strings.Trim(text, plainInShell) == "" {
		return text
	}
	return "'" + strings.ReplaceAll(text, "'", `'\''`) + "'"
}
