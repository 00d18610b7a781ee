package main

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/cdx-deploy/cdx/internal/policy"
)

// The page about permissions lists each action with what it is for.
func TestPermissionsPage(t *testing.T) {
	page, err := os.ReadFile(filepath.Join("..", "..", "docs", "permissions.md"))
	if err != nil {
		t.Fatal(err)
	}
	uses := regexp.MustCompile(`\b(push|deploy|wait|rollback|list|stop|continue|diff|doctor|prune|create|apps|groups|configs|revisions|on-premises)\b`)
	shown := make(map[string][]string)
	for _, row := range regexp.MustCompile("(?m)^\\| `([a-z0-9]+:[A-Za-z]+)` \\| [^|]+ \\| ([^|]+) \\|$").FindAllStringSubmatch(string(page), -1) {
		shown[row[1]] = append(shown[row[1]], uses.FindAllString(withoutFlags(row[2]), -1)...)
	}
	needed := make(map[string][]string)
	for _, use := range policy.Uses() {
		n := policy.Needs{Uses: []policy.Use{use}, Bucket: "b", KMSKey: "k", Tagging: true, ACL: true, Alarms: true, Stops: true, Function: "f"}
		for _, p := range n.Permissions() {
			needed[p.Action] = append(needed[p.Action], string(use))
		}
	}
	for action, uses := range needed {
		if !sameNames(uses, shown[action]) {
			t.Errorf("%s is for %v, the page says %v", action, uses, shown[action])
		}
	}
	for action := range shown {
		if needed[action] == nil {
			t.Errorf("%s is needed for nothing", action)
		}
	}
}

// withoutFlags leaves out what stands between backquotes.
func withoutFlags(text string) string {
	parts := strings.Split(text, "`")
	var kept []string
	for i := 0; i < len(parts); i += 2 {
		kept = append(kept, parts[i])
	}
	return strings.Join(kept, " ")
}

func sameNames(a, b []string) bool {
	a, b = slices.Sorted(slices.Values(a)), slices.Sorted(slices.Values(b))
	return slices.Equal(a, b)
}
