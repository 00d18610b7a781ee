package bundle

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// TestIgnoreFiles holds cases whose results are git's own (git ls-files --others
// --exclude-per-directory=.cdxignore).
func TestIgnoreFiles(t *testing.T) {
	tests := []struct {
		name   string
		ignore map[string]string // folder → lines
		files  string
		want   string
	}{
		{"any depth", map[string]string{"": "*.log"}, "a.log a/b.log c", "c"},
		{"anchored by a leading slash", map[string]string{"": "/a"}, "a b/a", "b/a"},
		{"anchored by a slash inside", map[string]string{"": "a/b"}, "a/b c/a/b", "c/a/b"},
		{"only folders", map[string]string{"": "x/"}, "a/x x/y", "a/x"},
		{"negation", map[string]string{"": "*.log\n!keep.log"}, "a.log keep.log d/keep.log", "d/keep.log keep.log"},
		{"last pattern wins", map[string]string{"": "!a\na"}, "a b", "b"},
		{"no way back below an excluded folder", map[string]string{"": "d/\n!d/keep"}, "d/keep e", "e"},
		{"way back for a folder's content", map[string]string{"": "d/*\n!d/keep"}, "d/keep d/lose e", "d/keep e"},
		{"everything but one path", map[string]string{"": "/*\n!/foo\n/foo/*\n!/foo/bar"}, "a foo/b foo/bar/c/d", "foo/bar/c/d"},
		{"a folder that comes back does not bring its content", map[string]string{"": "*.log\n!keep/"}, "keep/x.log keep/y", "keep/y"},
		{"a deeper file wins", map[string]string{"": "*.log", "d": "!a.log"}, "a.log d/a.log d/b.log", "d/a.log"},
		{"a deeper file is anchored at its folder", map[string]string{"d": "/a"}, "a d/a d/e/a", "a d/e/a"},
		{"double star before", map[string]string{"": "**/x/y"}, "x/y a/x/y a/b/x/y y", "y"},
		{"double star after", map[string]string{"": "x/**"}, "x/a x/b/c y", "y"},
		{"double star between", map[string]string{"": "a/**/z"}, "a/z a/b/z a/b/c/z z", "z"},
		{"double star inside a name", map[string]string{"": "a**z"}, "abz a/b/z az", "a/b/z"},
		{"star stops at a slash", map[string]string{"": "a/*z"}, "a/bz a/b/z", "a/b/z"},
		{"question mark", map[string]string{"": "a?"}, "ab abc a", "a abc"},
		{"class", map[string]string{"": "[a-c]1"}, "a1 d1", "d1"},
		{"negated class", map[string]string{"": "[!0-9].dat"}, "x.dat 7.dat", "7.dat"},
		{"class of characters", map[string]string{"": "[[:digit:]]"}, "1 a", "a"},
		{"bracket in a class", map[string]string{"": "[]x]"}, "x y", "y"},
		{"comment, blank line, byte-order mark, line ends", map[string]string{"": "\ufeff# a\r\n\r\nb\r\n"}, "a b", "a"},
		{"quoted hash and exclamation mark", map[string]string{"": "\\#h\n\\!n"}, "#h !n h n", "h n"},
		{"trailing spaces", map[string]string{"": "a  "}, "a b", "b"},
		{"non-ASCII", map[string]string{"": "é*"}, "été x", "x"},
		{"a backslash at the end", map[string]string{"": "a\\\nb\\/\nc\\\\"}, "a b/c", "a b/c"},
		{"not a pattern", map[string]string{"": "/\n!\n!/"}, "a", "a"},
	}
	appSpec := filepath.Join(write(t, nil), "appspec.yml")
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			files := make(map[string]string)
			for _, name := range strings.Fields(test.files) {
				files[name] = ""
			}
			for folder, lines := range test.ignore {
				files[joinPath(folder, ignoreName)] = lines
			}
			var got []string
			for _, e := range selected(t, write(t, files), Options{AppSpec: appSpec}).Entries() {
				if e.isFile() && e.Path != "appspec.yml" {
					got = append(got, e.Path)
				}
			}
			slices.Sort(got)
			if want := strings.Fields(test.want); !slices.Equal(got, want) {
				t.Errorf("ships %q, want %q", got, want)
			}
		})
	}
}

func TestQuotedSpace(t *testing.T) {
	dir := write(t, map[string]string{ignoreName: `a\ ` + "\n", "a ": "", "a": ""})
	if got, want := paths(selected(t, dir, Options{})), []string{"a", "appspec.yml"}; !slices.Equal(got, want) {
		t.Errorf("ships %q, want %q", got, want)
	}
}

// TestLongLine sees that a line too long for the matcher's own reader does not end
// the list silently.
func TestIgnoreFileTooLarge(t *testing.T) {
	dir := write(t, map[string]string{"sub/.cdxignore": strings.Repeat("x\n", maxIgnoreBytes/2), "y": ""})
	selected(t, dir, Options{})
	must(t, os.WriteFile(filepath.Join(dir, "sub", ".cdxignore"), make([]byte, maxIgnoreBytes+1), 0o600))
	_, err := Select(t.Context(), dir, Options{})
	if bad := wants[*UnreadableError](t, err); len(bad.Files) != 1 || bad.Files[0].Path != "sub/.cdxignore" {
		t.Errorf("Select = %v", err)
	}
}

func TestLongLine(t *testing.T) {
	dir := write(t, map[string]string{ignoreName: strings.Repeat("x", 1<<17) + "\nb\n", "b": "", "c": ""})
	if got, want := paths(selected(t, dir, Options{})), []string{"appspec.yml", "c"}; !slices.Equal(got, want) {
		t.Errorf("ships %q, want %q", got, want)
	}
}

func FuzzIgnoreFile(f *testing.F) {
	f.Add("*.log\n!keep/\n", "a/b.log", true)
	f.Add("[", "[", false)
	f.Add("a/**/\\", "a/b", false)
	f.Add("!\n/\n//\n\x00", "x", false)
	f.Add("**\n***/**", "a", true)
	f.Fuzz(func(t *testing.T, content, path string, dir bool) {
		list := parseIgnoreFile("", []byte(content))
		matched, out, rule := list.match(path, dir)
		if out && !matched {
			t.Errorf("left out without a match")
		}
		if matched && (rule.Rule == "" || !strings.Contains(content, rule.Rule)) {
			t.Errorf("rule %q is not in the file %q", rule.Rule, content)
		}
	})
}
