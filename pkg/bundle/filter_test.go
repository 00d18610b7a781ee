package bundle

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
)

// TestFilterAgreesWithSelect asks a filter about every path of a directory.
func TestFilterAgreesWithSelect(t *testing.T) {
	dir := write(t, map[string]string{
		ignoreName: "*.log\n!keep.log\nbuild/\n/only-here\n", "a.log": "", "keep.log": "", "build/out": "", "only-here": "", "d/only-here": "",
		"d/" + ignoreName: "!b.log\n*.tmp\n", "d/b.log": "", "d/c.tmp": "", "d/e/f.tmp": "", "d/build": "a file",
		".git/HEAD": "", ".hidden/x": "", ".DS_Store": "", "sub/.git/config": "", "x/y/z": "", "excluded/a/b": "",
	})
	for name, opts := range map[string]Options{
		"plain":   {},
		"hidden":  {IgnoreHidden: true},
		"exclude": {Exclude: []string{"excluded", "!a.log", "/x/y/"}},
		"include": {Include: []string{".git"}},
		"windows": {Windows: true},
	} {
		t.Run(name, func(t *testing.T) {
			ships := map[string]bool{}
			for _, entry := range selected(t, dir, opts).Entries() {
				ships[entry.Path] = true
			}
			filter := NewFilter(dir, opts)
			err := fs.WalkDir(os.DirFS(dir), ".", func(path string, _ fs.DirEntry, err error) error {
				if rule, out := filter.LeftOut(path); path != "." && out == ships[path] {
					t.Errorf("%s: the filter says %t (%+v), Select the opposite", path, out, rule)
				} else if out && (rule.Rule == "" || rule.Origin == "") {
					t.Errorf("%s: no rule", path)
				}
				return err
			})
			if err != nil {
				t.Fatal(err)
			}
		})
	}
}

func TestFilterNamesTheRule(t *testing.T) {
	dir := write(t, map[string]string{ignoreName: "# comment\n/build/\n", "build/a/b": ""})
	filter := NewFilter(dir, Options{})
	for _, path := range []string{"build/a/b", "build/missing", "./build/a/", "build"} {
		rule, out := filter.LeftOut(path)
		if got, want := fmt.Sprint(out, " ", rule.Path, " ", rule.Rule, " ", rule.Origin), "true build /build/ .cdxignore:2"; got != want {
			t.Errorf("LeftOut(%s) = %s, want %s", path, got, want)
		}
	}
	if rule, out := filter.LeftOut("."); out {
		t.Errorf("the directory itself is left out by %+v", rule)
	}
}

func TestFilterFollowsLinksAsAsked(t *testing.T) {
	dir := write(t, map[string]string{ignoreName: "link/\n", "real/a": ""})
	if err := os.Symlink("real", filepath.Join(dir, "link")); err != nil {
		t.Skip(err)
	}
	if _, out := NewFilter(dir, Options{}).LeftOut("link"); out {
		t.Error("a kept link is no folder, yet a rule for folders leaves it out")
	}
	if _, out := NewFilter(dir, Options{Symlinks: SymlinksFollow}).LeftOut("link"); !out {
		t.Error("a followed link is a folder, yet the rule for folders does not apply")
	}
}
