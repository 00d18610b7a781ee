package main

import (
	"bytes"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// manPages are the man pages of a command and all below it, by file name.
func manPages(c *cobra.Command) map[string][]byte {
	pages := map[string][]byte{manName(c) + ".1": manPage(c)}
	for _, sub := range c.Commands() {
		if !sub.IsAvailableCommand() || sub.Name() == "help" {
			continue
		}
		for name, page := range manPages(sub) {
			pages[name] = page
		}
	}
	return pages
}

func manName(c *cobra.Command) string { return strings.ReplaceAll(c.CommandPath(), " ", "-") }

// manPage is a command's help as a man page.
// Source: man-pages(7), groff_man(7).
func manPage(c *cobra.Command) []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, ".TH %s 1 \"\" cdx \"cdx manual\"\n", strings.ToUpper(roff(manName(c))))
	fmt.Fprintf(&b, ".SH NAME\n%s \\- %s\n", roff(manName(c)), roff(c.Short))
	fmt.Fprintf(&b, ".SH SYNOPSIS\n.B %s\n%s\n", roff(c.CommandPath()), roff(strings.TrimPrefix(useLine(c), c.CommandPath()+" ")))
	b.WriteString(".SH DESCRIPTION\n")
	text := c.Long
	if text == "" {
		text = c.Short + "."
	}
	manText(&b, text)
	if !c.HasParent() {
		manText(&b, strings.Trim(mainUses, "\n"))
	}
	manCommands(&b, c)
	if c.Example != "" {
		b.WriteString(".SH EXAMPLES\n")
		manText(&b, c.Example)
	}
	if c.HasParent() {
		manFlags(&b, "OPTIONS", c.LocalNonPersistentFlags())
	} else {
		manFlags(&b, "OPTIONS OF EVERY COMMAND", c.PersistentFlags())
	}
	b.WriteString(".SH ENVIRONMENT\nEvery option that may stand in a variable is CDX_ with its name in capitals, such as CDX_DEPLOYMENT_GROUP_NAME.\n" +
		"Region, profile and credentials are found as the AWS CLI finds them.\n")
	b.WriteString(".SH EXIT STATUS\n")
	for line := range strings.Lines(exitCodesNarrow) {
		if code, meaning, ok := strings.Cut(strings.TrimSpace(line), "  "); ok {
			fmt.Fprintf(&b, ".TP\n.B %s\n%s\n", code, roff(meaning))
		}
	}
	b.WriteString(".SH SEE ALSO\n")
	if c.HasParent() {
		fmt.Fprintf(&b, ".BR %s (1),\n", roff(manName(c.Parent())))
	}
	b.WriteString("https://github.com/cdx\\-deploy/cdx\n")
	return b.Bytes()
}

// manText writes paragraphs; those with indented lines stay as they are.
func manText(b *bytes.Buffer, text string) {
	for paragraph := range strings.SplitSeq(text, "\n\n") {
		if strings.Contains("\n"+paragraph, "\n ") {
			fmt.Fprintf(b, ".PP\n.nf\n%s\n.fi\n", roff(paragraph))
		} else {
			fmt.Fprintf(b, ".PP\n%s\n", roff(paragraph))
		}
	}
}

func manCommands(b *bytes.Buffer, c *cobra.Command) {
	if !c.HasAvailableSubCommands() {
		return
	}
	b.WriteString(".SH COMMANDS\n")
	for _, sub := range c.Commands() {
		if sub.IsAvailableCommand() && sub.Name() != "help" {
			fmt.Fprintf(b, ".TP\n.BR %s (1)\n%s\n", roff(manName(sub)), roff(sub.Short))
		}
	}
}

func manFlags(b *bytes.Buffer, title string, flags *pflag.FlagSet) {
	if !flags.HasAvailableFlags() {
		return
	}
	fmt.Fprintf(b, ".SH %s\n", title)
	flags.VisitAll(func(f *pflag.Flag) {
		if f.Hidden {
			return
		}
		name := `\fB` + roff("--"+f.Name) + `\fR`
		if f.Shorthand != "" {
			name = `\fB` + roff("-"+f.Shorthand) + `\fR, ` + name
		}
		if value, _ := pflag.UnquoteUsage(f); value != "" {
			name += ` \fI` + roff(value) + `\fR`
		}
		_, usage := shownFlag(f)
		fmt.Fprintf(b, ".TP\n%s\n%s\n", name, roff(usage))
	})
}

// roff keeps text from being taken for requests, and hyphens from being broken at.
func roff(text string) string {
	var b strings.Builder
	for _, r := range strings.Trim(text, "\n") {
		switch {
		case r == '\\':
			b.WriteString(`\e`)
		case r == '-':
			b.WriteString(`\-`)
		case r > 0x7F: // groff takes a page for Latin-1 unless it is told otherwise
			fmt.Fprintf(&b, `\[u%04X]`, r)
		default:
			b.WriteRune(r)
		}
	}
	lines := strings.Split(b.String(), "\n")
	for i, line := range lines {
		if strings.HasPrefix(line, ".") || strings.HasPrefix(line, "'") {
			lines[i] = `\&` + line
		}
	}
	return strings.Join(lines, "\n")
}

// generatedManPages keeps the man pages true, and none but them.
func generatedManPages(t *testing.T, root *cobra.Command) {
	t.Helper()
	folder := filepath.Join("..", "..", "man", "man1")
	if *update {
		if err := os.RemoveAll(folder); err != nil {
			t.Fatal(err)
		}
		if err := os.MkdirAll(folder, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	pages := manPages(root)
	for name, page := range pages {
		generated(t, filepath.Join("man", "man1", name), page)
	}
	files, err := os.ReadDir(folder)
	if err != nil {
		t.Fatal(err)
	}
	if len(files) != len(pages) {
		t.Errorf("man/man1 has %d files, want %d: run go generate ./...", len(files), len(pages))
	}
	release, err := os.ReadFile(filepath.Join("..", "..", ".goreleaser.yml"))
	if err != nil {
		t.Fatal(err)
	}
	generated(t, ".goreleaser.yml", listManPages(string(release), pages))
}

// listManPages puts the names of the man pages into the release's settings: a cask
// names each.
func listManPages(release string, pages map[string][]byte) []byte {
	var b bytes.Buffer
	for line := range strings.Lines(release) {
		if strings.HasPrefix(line, "      - man/man1/") {
			continue
		}
		b.WriteString(line)
		if line == "    manpages:\n" {
			for _, name := range slices.Sorted(maps.Keys(pages)) {
				fmt.Fprintf(&b, "      - man/man1/%s\n", name)
			}
		}
	}
	return b.Bytes()
}
