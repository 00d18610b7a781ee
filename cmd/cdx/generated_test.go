package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/cdx-deploy/cdx/internal/settings"
	"github.com/cdx-deploy/cdx/internal/term"
	"github.com/cdx-deploy/cdx/pkg/push"
)

//go:generate go test . -count=1 -run ^TestGenerated$ -update

// TestGenerated keeps completions, command reference, man pages, the schema of cdx.yml
// and the pages on rules and agents true; go generate writes them.
func TestGenerated(t *testing.T) {
	streams, _, _, _ := term.Test()
	root := newRootCmd(newProgram(streams, nil))
	root.InitDefaultHelpCmd()
	for file, shell := range map[string]string{"cdx.bash": "bash", "cdx.zsh": "zsh", "cdx.fish": "fish", "cdx.ps1": "powershell"} {
		var b bytes.Buffer
		if err := writeCompletion(root, shell, &b); err != nil {
			t.Fatal(err)
		}
		generated(t, filepath.Join("completions", file), b.Bytes())
	}
	generated(t, filepath.Join("docs", "commands.md"), reference(root))
	generated(t, filepath.Join("docs", "rules.md"), rulesPage())
	generated(t, filepath.Join("docs", "agents.md"), agentsPage())
	generated(t, filepath.Join("docs", "troubleshooting.md"), troublePage())
	generated(t, filepath.Join("schema", "cdx.schema.json"), settingsSchema())
	generatedManPages(t, root)
}

// generated compares a file of the repository with what it has to be.
func generated(t *testing.T, name string, want []byte) {
	t.Helper()
	path := filepath.Join("..", "..", name)
	if *update {
		if err := os.WriteFile(path, want, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(bytes.ReplaceAll(got, []byte("\r\n"), []byte("\n")), want) {
		t.Errorf("%s is stale: run go generate ./...", name)
	}
}

// reference is the command reference in Markdown.
func reference(root *cobra.Command) []byte {
	var b bytes.Buffer
	b.WriteString("# Commands\n\nGenerated from the program by `go generate ./...`; `cdx COMMAND --help` says the same.\n\n")
	fmt.Fprintf(&b, "```\n%s```\n\n## Flags of every command\n\n", exitCodesHelp)
	flagTable(&b, root.PersistentFlags())
	for _, c := range root.Commands() {
		section(&b, c)
	}
	return b.Bytes()
}

func section(b *bytes.Buffer, c *cobra.Command) {
	if !c.IsAvailableCommand() {
		return
	}
	fmt.Fprintf(b, "\n## %s\n\n```\n%s\n```\n\n", c.CommandPath(), c.UseLine())
	text := c.Long
	if text == "" {
		text = c.Short + "."
	}
	paragraphs(b, text)
	if c.Example != "" {
		fmt.Fprintf(b, "\n```\n%s\n```\n", strings.ReplaceAll(strings.TrimPrefix(c.Example, "  "), "\n  ", "\n"))
	}
	if c.LocalNonPersistentFlags().HasAvailableFlags() {
		b.WriteString("\n")
		flagTable(b, c.LocalNonPersistentFlags())
	}
	for _, sub := range c.Commands() {
		section(b, sub)
	}
}

// paragraphs writes a command's text; what is indented in it stays as it is.
func paragraphs(b *bytes.Buffer, text string) {
	for i, paragraph := range strings.Split(text, "\n\n") {
		if i > 0 {
			b.WriteString("\n")
		}
		if indented, ok := strings.CutPrefix(paragraph, "  "); ok {
			paragraph = "```\n" + strings.ReplaceAll(indented, "\n  ", "\n") + "\n```"
		}
		b.WriteString(paragraph + "\n")
	}
}

func flagTable(b *bytes.Buffer, flags *pflag.FlagSet) {
	b.WriteString("| flag | |\n| --- | --- |\n")
	flags.VisitAll(func(f *pflag.Flag) {
		if f.Hidden || f.Name == "help" {
			return
		}
		name := "`--" + f.Name
		if f.Shorthand != "" {
			name = "`-" + f.Shorthand + "`, " + name
		}
		if value, _ := pflag.UnquoteUsage(f); value != "" {
			name += " " + value
		}
		_, usage := shownFlag(f)
		fmt.Fprintf(b, "| %s` | %s |\n", name, strings.ReplaceAll(usage, "|", `\|`))
	})
}

// TestDefaultKey keeps the setting's default and the library's one.
func TestDefaultKey(t *testing.T) {
	if key, _ := settings.Lookup("key"); key.Default != push.DefaultKey {
		t.Errorf("the default of --key is %s, the library's %s", key.Default, push.DefaultKey)
	}
}

// TestFirstScreen keeps cdx --help on a terminal of 24 lines by 80 columns, with the
// three main uses at its top and every command on it.
func TestFirstScreen(t *testing.T) {
	streams, _, out, _ := term.Test()
	root := newRootCmd(newProgram(streams, nil))
	root.SetArgs([]string{"--help"})
	if err := root.Execute(); err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSuffix(out.String(), "\n"), "\n")
	if len(lines) > 24 {
		t.Errorf("cdx --help has %d lines", len(lines))
	}
	for _, line := range lines {
		if term.Width(line) > helpWidth {
			t.Errorf("%q is %d columns wide", line, term.Width(line))
		}
	}
	for i, use := range []string{"cdx push ", "cdx deploy --wait ", "cdx validate "} {
		if !strings.HasPrefix(lines[2+i], "  "+use) {
			t.Errorf("line %d is %q, want %s", 3+i, lines[2+i], use)
		}
	}
	for _, c := range root.Commands() {
		if c.IsAvailableCommand() && c.Name() != "help" && !strings.Contains(out.String(), " "+c.Name()) {
			t.Errorf("cdx --help does not name %s", c.Name())
		}
	}
	if strings.Contains(out.String(), "  more:") {
		t.Error("cdx --help has commands that belong to no line: add them to named in help.go")
	}
}

// TestEveryCommandSaysItsExitCodes looks at the help of every command, also of
// those that are hidden.
func TestEveryCommandSaysItsExitCodes(t *testing.T) {
	var walk func(c *cobra.Command, path []string)
	walk = func(c *cobra.Command, path []string) {
		streams, _, out, _ := term.Test()
		root := newRootCmd(newProgram(streams, nil))
		root.SetArgs(append(path, "--help"))
		if c.DisableFlagParsing {
			return
		}
		if err := root.Execute(); err != nil {
			t.Errorf("cdx %s --help: %v", strings.Join(path, " "), err)
		}
		if !strings.Contains(out.String(), exitCodesHelp) {
			t.Errorf("cdx %s --help does not say the exit codes", strings.Join(path, " "))
		}
		for line := range strings.Lines(out.String()) {
			if limit := helpWidth; term.Width(strings.TrimSuffix(line, "\n")) > limit {
				t.Errorf("cdx %s --help has a line wider than %d columns: %s", strings.Join(path, " "), limit, line)
			}
		}
		for _, sub := range c.Commands() {
			walk(sub, append(path[:len(path):len(path)], sub.Name()))
		}
	}
	streams, _, _, _ := term.Test()
	walk(newRootCmd(newProgram(streams, nil)), nil)
}
