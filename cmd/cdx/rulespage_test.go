package main

import (
	"bytes"
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"

	"github.com/cdx-deploy/cdx/internal/report"
	"github.com/cdx-deploy/cdx/pkg/appspec"
)

// rulesPage is the reference of all rules in Markdown.
func rulesPage() []byte {
	var b bytes.Buffer
	b.WriteString(`# Rules of cdx validate

Generated from the program by ` + "`go generate ./...`" + `; ` + "`cdx validate --explain RULE`" + ` says the same. The examples run as tests.

An error means that the deployment would fail, a warning that it would probably not do what was meant. Without
` + "`--agent`" + `, what agent v1 refuses is an error and what only agent v2 refuses is a warning; ` + "`--agent v1|v2|both`" + ` judges for
that agent. The table names the worse of the two. Where the agents differ is told in [agents.md](agents.md).

To turn a rule off: ` + "`--disable RULE`" + `, ` + "`disable: [RULE]`" + ` in ` + "`cdx.yml`" + `, or a comment ` + "`# cdx:ignore RULE`" + ` in the AppSpec file, at the
end of the line or in the line above it.

| rule | severity | for | finds |
| --- | --- | --- | --- |
`)
	rules := appspec.Rules()
	for _, r := range rules {
		fmt.Fprintf(&b, "| [%s](#%s) | %s | %s | %s |\n", r.Name, r.Name, r.Severity, report.Concerned(r), strings.ReplaceAll(r.Summary, "|", `\|`))
	}
	for _, r := range rules {
		fmt.Fprintf(&b, "\n## %s\n\n%s: %s. For %s.\n\n%s\n\n", r.Name, capital(string(r.Severity)), r.Summary, report.Concerned(r), plainLinks(r.Why))
		fmt.Fprintf(&b, "What to do: %s\n\nBreaks the rule:\n\n%sDoes not:\n\n%sSource: %s\n", plainLinks(r.Fix), examplePage(r.Fires), examplePage(r.Silent), r.Source)
	}
	return b.Bytes()
}

func capital(text string) string { return strings.ToUpper(text[:1]) + text[1:] }

// plainLinks keeps the characters that Markdown would take for its own.
func plainLinks(text string) string {
	return strings.NewReplacer("*", `\*`, "_", `\_`, "<", "&lt;", "|", `\|`).Replace(text)
}

func examplePage(e appspec.Example) string {
	var b strings.Builder
	fenced(&b, "yaml", e.AppSpec)
	for _, name := range slices.Sorted(maps.Keys(e.Files)) {
		if e.Files[name] == "" {
			fmt.Fprintf(&b, "with an empty `%s`\n\n", name)
			continue
		}
		fmt.Fprintf(&b, "with `%s`\n\n", name)
		fenced(&b, strings.TrimPrefix(path.Ext(name), "."), e.Files[name])
	}
	if notes := report.ExampleNotes(e); notes != "" {
		b.WriteString(notes + "\n")
	}
	return b.String()
}

func fenced(b *strings.Builder, language, text string) {
	fmt.Fprintf(b, "```%s\n%s\n```\n\n", language, strings.TrimSuffix(report.Visible(text), "\n"))
}
