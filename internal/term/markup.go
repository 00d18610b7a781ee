package term

import (
	"html"
	"strings"

	"github.com/cdx-deploy/cdx/internal/lazy"
)

// HTML makes text that others wrote safe inside an HTML element or a quoted
// attribute.
func HTML(text string) string { return html.EscapeString(Clean(text)) }

// markdownPunctuation is what may be escaped in Markdown: all ASCII punctuation.
// Source: CommonMark 0.31, 2.4 Backslash escapes.
var markdownPunctuation = lazy.Regexp("[!-/:-@\\[-`{-~]")

// Markdown makes text that others wrote plain text in Markdown, in a table cell
// too: it forms no link, image, code, HTML or emphasis, and a newline becomes <br>.
func Markdown(text string) string {
	text = markdownPunctuation().ReplaceAllString(strings.ReplaceAll(Clean(text), "\t", " "), `\$0`)
	return strings.ReplaceAll(text, "\n", "<br>")
}

var backticks = lazy.Regexp("`+")

// MarkdownBlock is a fenced code block with text that others wrote, ending in a
// newline. Its fence is longer than any in the text.
func MarkdownBlock(text string) string {
	text = strings.TrimRight(Clean(text), "\n")
	fence := "```"
	for _, run := range backticks().FindAllString(text, -1) {
		if len(run) >= len(fence) {
			fence = run + "`"
		}
	}
	return fence + "text\n" + text + "\n" + fence + "\n"
}
