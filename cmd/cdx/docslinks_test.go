package main

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

var (
	link    = regexp.MustCompile(`\]\(([^)\s]+)\)`)
	heading = regexp.MustCompile(`(?m)^#+ (.*)$`)
)

// TestDocumentedLinks looks whether the pages that pages lead to are there, with the
// headings.
func TestDocumentedLinks(t *testing.T) {
	pages, err := filepath.Glob(filepath.Join("..", "..", "docs", "*.md"))
	if err != nil {
		t.Fatal(err)
	}
	others, err := filepath.Glob(filepath.Join("..", "..", "*.md"))
	if err != nil {
		t.Fatal(err)
	}
	for _, page := range append(pages, others...) {
		text, err := os.ReadFile(page)
		if err != nil {
			t.Fatal(err)
		}
		for _, match := range link.FindAllStringSubmatch(string(text), -1) {
			if strings.Contains(match[1], "://") {
				continue
			}
			name, anchor, _ := strings.Cut(match[1], "#")
			target := page
			if name != "" {
				target = filepath.Join(filepath.Dir(page), filepath.FromSlash(name))
			}
			if complaint := missingTarget(target, anchor); complaint != "" {
				t.Errorf("%s: %s: %s", filepath.Base(page), match[1], complaint)
			}
		}
	}
}

// TestDocumentationIndex looks whether the index leads to every page.
func TestDocumentationIndex(t *testing.T) {
	folder := filepath.Join("..", "..", "docs")
	index, err := os.ReadFile(filepath.Join(folder, "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	pages, err := filepath.Glob(filepath.Join(folder, "*.md"))
	if err != nil {
		t.Fatal(err)
	}
	for _, page := range pages {
		if name := filepath.Base(page); name != "README.md" && !strings.Contains(string(index), "("+name+")") {
			t.Errorf("docs/README.md does not lead to %s", name)
		}
	}
}

// missingTarget says what of a link's target is not there.
func missingTarget(target, anchor string) string {
	if anchor == "" {
		if _, err := os.Stat(target); err != nil {
			return "no such page"
		}
		return ""
	}
	text, err := os.ReadFile(target)
	if err != nil {
		return "no such page"
	}
	for _, match := range heading.FindAllStringSubmatch(string(text), -1) {
		if anchorOf(match[1]) == anchor {
			return ""
		}
	}
	return "no such heading"
}

// anchorOf is the anchor of a heading.
// Source: GitHub documentation, "Basic writing and formatting syntax", section links.
func anchorOf(heading string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == ' ':
			return '-'
		case r == '-' || r == '_' || r >= '0' && r <= '9' || r >= 'a' && r <= 'z' || r > 0x7F:
			return r
		}
		return -1
	}, strings.ToLower(heading))
}
