package bundle

import (
	"io/fs"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func TestKeptLinks(t *testing.T) {
	dir := write(t, map[string]string{
		"a/file": "x", "a/up": "-> ../b/file", "b/file": "y", "folder": "-> a", "b/folder": "-> ../a",
		"out": "-> ../elsewhere", "b/out": "-> ../../x", "abs": "-> /etc/passwd", "winding": "-> a/../../x",
		"nowhere": "-> missing", "lost": "-> gone.log", "gone.log": "", "loop": "-> loop", "here": "-> .",
	})
	tree := selected(t, dir, Options{Exclude: []string{"*.log"}})
	links := make(map[string]string)
	for _, e := range tree.Entries() {
		if e.isLink() {
			links[e.Path] = e.Target
			if e.Mode != fs.ModeSymlink|0o777 || e.Size != 0 {
				t.Errorf("%s: mode %v, size %d", e.Path, e.Mode, e.Size)
			}
		}
	}
	if len(links) != 11 || links["a/up"] != "../b/file" || links["abs"] != "/etc/passwd" {
		t.Errorf("links %q", links)
	}
	want := []string{
		"outside-link abs", "outside-link b/out", "dangling-link loop", "dangling-link lost", "dangling-link nowhere",
		"outside-link out", "outside-link winding", "folder-link b/folder",
	}
	got := kinds(tree)
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		t.Errorf("warnings\n %q, want\n %q", got, want)
	}
	compare(t, unpacked(t, Zip, bundled(t, tree)), membersOf(t, tree))
}

func TestFollowedLinks(t *testing.T) {
	files := map[string]string{
		"a/file": "x", "a/link": "-> file", "folder": "-> a", "chain": "-> folder/link", "a/.cdxignore": "secret", "a/secret": "",
		"b/x.log": "-> ../a/file", "dir.d": "-> a",
	}
	opts := Options{Symlinks: SymlinksFollow, Exclude: []string{"*.log", "*.d/"}}
	tree := selected(t, write(t, files), opts)
	want := []string{"a/", "a/file", "a/link", "appspec.yml", "b/", "chain", "folder/", "folder/file", "folder/link"}
	if got := paths(tree); !slices.Equal(got, want) {
		t.Errorf("ships\n %q, want\n %q", got, want)
	}
	for name, m := range membersOf(t, tree) {
		if !strings.HasSuffix(name, "/") && name != "appspec.yml" && m.content != "x" {
			t.Errorf("%s holds %q", name, m.content)
		}
	}
	opts.Windows, opts.Symlinks = true, SymlinksPreserve
	if got := paths(selected(t, write(t, files), opts)); !slices.Equal(got, want) {
		t.Errorf("for Windows\n %q, want\n %q", got, want)
	}
}

func TestBadLinks(t *testing.T) {
	outside := write(t, map[string]string{"f": "outside", "d/x": ""})
	tests := []struct {
		name  string
		files map[string]string
		opts  Options
		want  string
	}{
		{"refused", map[string]string{"b": "-> a", "a": "", "c": "-> none"}, Options{Symlinks: SymlinksError},
			"2 symbolic links cannot be bundled: b -> a is a symbolic link; c -> none is a symbolic link"},
		{"refused for Windows too", map[string]string{"b": "-> appspec.yml"}, Options{Symlinks: SymlinksError, Windows: true},
			"1 symbolic link cannot be bundled: b -> appspec.yml is a symbolic link"},
		{"to nothing", map[string]string{"b": "-> none"}, Options{Symlinks: SymlinksFollow}, "b -> none leads nowhere"},
		{"to itself", map[string]string{"b": "-> b"}, Options{Symlinks: SymlinksFollow}, "b -> b leads in a circle"},
		{"to a folder above", map[string]string{"a/b/up": "-> ../.."}, Options{Symlinks: SymlinksFollow}, "a/b/up -> ../.. leads in a circle"},
		{"to one another", map[string]string{"a/l": "-> ../b", "b/m": "-> ../a"}, Options{Symlinks: SymlinksFollow},
			"2 symbolic links cannot be bundled: a/l/m -> ../a leads in a circle; b/m/l -> ../b leads in a circle"},
		{"out", map[string]string{"b": "-> " + outside + "/f", "c": "-> " + outside + "/d"}, Options{Symlinks: SymlinksFollow},
			"b -> " + outside + "/f leads out of the directory; c -> " + outside + "/d leads out of the directory"},
		{"AppSpec file out", map[string]string{"appspec.yml": "-> " + outside + "/f"}, Options{}, "leads out of the directory"},
		{"above, when links may lead out", map[string]string{"p": "-> .."}, Options{Symlinks: SymlinksFollow, AllowOutsideLinks: true}, "leads in a circle"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			_, err := Select(t.Context(), write(t, test.files), test.opts)
			if wants[*LinkError](t, err); !strings.Contains(err.Error(), test.want) {
				t.Errorf("error %q, want %q", err, test.want)
			}
		})
	}
	t.Run("left out, so that they do not matter", func(t *testing.T) {
		dir := write(t, map[string]string{"b": "-> none", "c": "-> .", "d": ""})
		for _, policy := range []SymlinkPolicy{SymlinksFollow, SymlinksError} {
			selected(t, dir, Options{Symlinks: policy, Exclude: []string{"b", "c"}})
		}
	})
	t.Run("allowed out", func(t *testing.T) {
		dir := write(t, map[string]string{"b": "-> " + outside + "/f", "c": "-> " + outside + "/d"})
		tree := selected(t, dir, Options{Symlinks: SymlinksFollow, AllowOutsideLinks: true})
		if got, want := paths(tree), []string{"appspec.yml", "b", "c/", "c/x"}; !slices.Equal(got, want) {
			t.Errorf("ships %q, want %q", got, want)
		}
		if m := unpacked(t, Zip, bundled(t, tree))["b"]; m.content != "outside" {
			t.Errorf("b holds %q", m.content)
		}
	})
	t.Run("the directory itself may be a link", func(t *testing.T) {
		dir := write(t, map[string]string{"a": "", "l": "-> a"})
		link := filepath.Join(t.TempDir(), "link")
		put(t, filepath.Dir(link), "link", "-> "+dir)
		if got := kinds(selected(t, link, Options{Symlinks: SymlinksFollow})); got != nil {
			t.Errorf("warnings %q", got)
		}
	})
}
