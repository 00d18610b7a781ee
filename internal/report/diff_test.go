package report_test

import (
	"encoding/json"
	"fmt"
	"io/fs"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/cdx-deploy/cdx/internal/report"
	"github.com/cdx-deploy/cdx/internal/term"
	"github.com/cdx-deploy/cdx/pkg/diff"
	"github.com/cdx-deploy/cdx/pkg/revision"
)

func regular(mode fs.FileMode, size int64) *diff.File {
	return &diff.File{Mode: mode, ModeKnown: true, Size: size}
}

// compared is a directory with one of each kind of change.
func compared() report.Compared {
	link := func(target string) *diff.File {
		return &diff.File{Mode: fs.ModeSymlink | 0o777, ModeKnown: true, Target: target}
	}
	folder := &diff.File{Mode: fs.ModeDir | 0o755, ModeKnown: true}
	changes := []diff.Change{
		{Path: "appspec.yml", Kind: diff.Changed, Role: diff.AppSpec, Old: regular(0o644, 10), New: regular(0o644, 12), Contents: true},
		{Path: "start.sh", Kind: diff.Changed, Role: diff.Hook, Old: regular(0o644, 5), New: regular(0o755, 5), Mode: true},
		{Path: "stop.sh", Kind: diff.Removed, Role: diff.Hook, Old: regular(0o755, 1)},
		{Path: "both", Kind: diff.Changed, Old: regular(0o644, 5), New: regular(0o755, 5), Contents: true, Mode: true},
		{Path: "empty", Kind: diff.Added, New: folder},
		{Path: "evil\x1b[31m\nname", Kind: diff.Added, New: regular(0o644, 1)},
		{Path: "gone", Kind: diff.Removed, Old: folder},
		{Path: "link", Kind: diff.Changed, Old: link("a"), New: link("b\x1b[0m"), Contents: true},
		{Path: "newlink", Kind: diff.Added, New: link("a")},
		{Path: "oldlink", Kind: diff.Removed, Old: link("a")},
		{Path: "type", Kind: diff.Changed, Old: regular(0o644, 5), New: link("a"), Contents: true},
	}
	for i := range 12 {
		changes = append(changes, diff.Change{Path: fmt.Sprintf("umask/%02d", i), Kind: diff.Changed, Old: regular(0o644, 1), New: regular(0o664, 1), Mode: true})
	}
	for i := range 11 {
		changes = append(changes,
			diff.Change{Path: fmt.Sprintf("vendor/a/%02d", i), Kind: diff.Added, New: regular(0o644, 1), Folder: "vendor"},
			diff.Change{Path: fmt.Sprintf("x/node_modules/%02d", i), Kind: diff.Removed, Old: regular(0o644, 1), Folder: "x/node_modules"})
	}
	return report.Compared{
		Directory: "site", Application: "app", Groups: []string{"blue", "green", "red"}, DeploymentID: "d-1", Deployed: time.Date(2026, 2, 3, 4, 5, 6, 0, time.UTC),
		Revision:   revision.FromS3("bucket", "site.zip", "zip", "0123", "version"),
		Difference: &diff.Difference{Changes: changes, Basis: diff.ByCRC32, Entries: 30, AppSpecDiff: "@@ -1,1 +1,1 @@\n-a\n+b\x1b[31m\n"},
		BytesRead:  70_000, Size: 1_000_000, Requests: 2,
	}
}

func TestDifference(t *testing.T) {
	c := compared()
	same := c
	same.Groups, same.Difference = nil, &diff.Difference{Basis: diff.BySHA256}
	golden(t, "diff.golden", strings.Join([]string{
		report.DifferenceText(term.Style{}, c, false), report.DifferenceText(term.Style{}, c, true), report.DifferenceStat(term.Style{}, c),
		report.DifferenceText(term.Style{}, same, false), report.DifferenceStat(term.Style{}, same),
	}, "--\n"))
	for _, one := range []report.Compared{c, same} {
		data, err := json.MarshalIndent(map[string]any{"comparisons": report.DifferencesJSON([]report.Compared{one})}, "", "  ")
		must(t, err)
		schema, err := jsonschema.NewCompiler().Compile(filepath.Join("..", "..", "schema", "output.json"))
		must(t, err)
		value, err := jsonschema.UnmarshalJSON(strings.NewReader(string(data)))
		must(t, err)
		if err := schema.Validate(value); err != nil {
			t.Errorf("%v\n%s", err, data)
		}
		if len(one.Groups) > 0 {
			golden(t, "diff.json.golden", string(data)+"\n")
		}
	}
}
