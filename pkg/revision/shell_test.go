package revision

import (
	"os/exec"
	"testing"
)

func TestShellQuote(t *testing.T) {
	shell, err := exec.LookPath("sh")
	for text, want := range map[string]string{
		"my-app":              "my-app",
		"s3://b/k.zip":        "s3://b/k.zip",
		"":                    "''",
		"two words":           "'two words'",
		"it's":                `'it'\''s'`,
		"s3://b/k?eTag=1&v=2": "'s3://b/k?eTag=1&v=2'",
		"~":                   "'~'",
		"{a,b}":               "'{a,b}'",
		"$(id);`id`|*\\\n":    "'$(id);`id`|*\\\n'",
		"é\xff":               "'é\xff'",
	} {
		got := ShellQuote(text)
		if got != want {
			t.Errorf("ShellQuote(%q) = %s, want %s", text, got, want)
		}
		if err != nil {
			continue
		}
		if out, err := exec.CommandContext(t.Context(), shell, "-c", "printf %s "+got).Output(); err != nil || string(out) != text {
			t.Errorf("a shell reads %s as %q, %v", got, out, err)
		}
	}
}
