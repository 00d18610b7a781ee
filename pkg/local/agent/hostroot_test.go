//go:build unix

package agent

import (
	"errors"
	"os"
	"path/filepath"
	"syscall"
	"testing"
)

func TestLookupFollowsLinksLikeTheHost(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "root")
	files{
		"var/www/releases/1/index.html": "1",
		"var/www/current":               "-> releases/1",
		"var/www/absolute":              "-> /var/www/releases",
		"var/www/local":                 "-> " + dir + "/var/www/releases/1",
		"var/www/up":                    "-> ../../../../../../var",
		"var/www/nowhere":               "-> /missing/x",
		"var/www/chain":                 "-> current",
		"loop":                          "-> loop",
		"file":                          "x",
	}.write(t, dir)
	h, err := openHostRoot(dir)
	must(t, err)
	defer func() { must(t, h.close()) }()
	for _, test := range []struct {
		path   string
		follow bool
		rel    string
		what   string // file, folder, link or nothing
	}{
		{"/", true, ".", "folder"},
		{"/var/www/current/index.html", true, "var/www/releases/1/index.html", "file"},
		{"/var/www/absolute/1/index.html", true, "var/www/releases/1/index.html", "file"},
		{"/var/www/local/index.html", true, "var/www/releases/1/index.html", "file"},
		{"/var/www/up/www/releases", true, "var/www/releases", "folder"},
		{"/var/www/chain", true, "var/www/releases/1", "folder"},
		{"/var/www/chain", false, "var/www/chain", "link"},
		{"/var/www/current/../2", true, "var/www/releases/2", "nothing"},
		{"/../../etc/passwd", true, "etc/passwd", "nothing"},
		{"/var/www/nowhere", true, "missing/x", "nothing"},
		{"/file/below", true, "file/below", "nothing"},
		{"//var//./www/", true, "var/www", "folder"},
	} {
		got, err := h.lookup(test.path, test.follow)
		must(t, err)
		what := "nothing"
		switch {
		case got.isDir():
			what = "folder"
		case got.isLink():
			what = "link"
		case got.exists():
			what = "file"
		}
		if got.rel != test.rel || what != test.what {
			t.Errorf("lookup(%s, %v) = %s %s, want %s %s", test.path, test.follow, what, got.rel, test.what, test.rel)
		}
	}
	if _, err := h.lookup("/loop/x", true); !errors.Is(err, syscall.ELOOP) {
		t.Errorf("lookup of a loop = %v, want ELOOP", err)
	}
}

func TestAsRootWritesWhereModesForbid(t *testing.T) {
	if os.Geteuid() == 0 {
		t.Skip("modes do not stop root")
	}
	dir := t.TempDir()
	must(t, os.Mkdir(filepath.Join(dir, "d"), 0o555))
	root, err := os.OpenRoot(dir)
	must(t, err)
	defer func() { must(t, root.Close()) }()
	must(t, asRoot(root, "d", func() error { return root.WriteFile("d/x", []byte("1"), 0o444) }))
	info, err := os.Stat(filepath.Join(dir, "d"))
	must(t, err)
	if info.Mode().Perm() != 0o555 {
		t.Errorf("mode of the folder is %v afterwards", info.Mode())
	}
	must(t, asRoot(root, "d", func() error { return root.Remove("d/x") }))
}

func TestHostPaths(t *testing.T) {
	linux, windows := style{}, style{windows: true}
	for _, test := range []struct {
		style    style
		path     string
		expanded string
	}{
		{linux, "/var/www/", "/var/www"},
		{linux, "/a/../../b", "/b"},
		{linux, "app", "/opt/codedeploy-agent/app"},
		{linux, "$HOME/app", "/opt/codedeploy-agent/$HOME/app"},
		{linux, `C:\inetpub`, `/opt/codedeploy-agent/C:\inetpub`},
		{windows, `C:\inetpub\wwwroot`, "/C/inetpub/wwwroot"},
		{windows, `c:/temp/..`, "/C"},
		{windows, `\temp`, "/temp"},
	} {
		if got := expand(test.style.raw(test.path)); got != test.expanded {
			t.Errorf("%q expands to %q, want %q", test.path, got, test.expanded)
		}
	}
	for path, want := range map[string]string{"/a/b/": "/a", "/a": "/", "/a/x/..": "/a/x", "/": "/", "//a": "/", "a": "/"} {
		if got := dirname(path); got != want {
			t.Errorf("dirname(%q) = %q, want %q", path, got, want)
		}
	}
	for _, test := range []struct {
		style  style
		source string
		rel    string
		ok     bool
	}{
		{linux, "/", ".", true}, {linux, "", ".", true}, {linux, "/index.html", "index.html", true}, {linux, "a/../../b", "../b", false},
		{linux, "..", "..", false}, {linux, "..a", "..a", true}, {windows, `\site\x`, "site/x", true}, {linux, `\x`, `\x`, true},
	} {
		if rel, ok := test.style.source(test.source); rel != test.rel || ok != test.ok {
			t.Errorf("source(%q) = %q, %v", test.source, rel, ok)
		}
	}
}
