package bundle

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
)

// kinds renders warnings as kind and path.
func kinds(tree *Tree) []string {
	var lines []string
	for _, w := range tree.Warnings() {
		lines = append(lines, fmt.Sprintf("%s %s", w.Kind, w.Path))
	}
	return lines
}

func TestSecrets(t *testing.T) {
	const key = "-----BEGIN RSA PRIVATE KEY-----\n"
	dir := write(t, map[string]string{
		".env": "", "app/.env.production": "", "app/prod.env": "", ".env.example": "", "example.env": "", ".envrc": "", "env": "",
		"home/.aws/credentials": "", "credentials": "", ".docker/config.json": "", "config.json": "", ".kube/config": "",
		"id_rsa": "", "id_rsa.pub": "", "config/master.key": "", "Store.P12": "",
		"cert.pem": "-----BEGIN CERTIFICATE-----", "key.pem": key, "tls.key": key, "translation.key": "x",
		".npmrc": "//x/:_authToken=y", "sub/.npmrc": "save-exact=true", ".netrc": "",
	})
	want := []string{
		"secret .docker/config.json", "secret .env", "secret .kube/config", "secret .netrc", "secret .npmrc", "secret Store.P12",
		"secret app/.env.production", "secret app/prod.env", "secret config/master.key", "secret home/.aws/credentials", "secret id_rsa", "secret key.pem", "secret tls.key",
	}
	if got := kinds(selected(t, dir, Options{})); !slices.Equal(got, want) {
		t.Errorf("warnings\n %q, want\n %q", got, want)
	}
	if got := kinds(selected(t, dir, Options{Exclude: []string{"*", "!appspec.yml"}})); got != nil {
		t.Errorf("warnings about what does not ship: %q", got)
	}
}

func TestFormatForWindows(t *testing.T) {
	dir := write(t, map[string]string{"x": ""})
	for kind, want := range map[Type][]string{Zip: nil, Tar: {"format appspec.yml"}, TGZ: {"format appspec.yml"}} {
		if got := kinds(selected(t, dir, Options{Type: kind, Windows: true})); !slices.Equal(got, want) {
			t.Errorf("%s: %q, want %q", kind, got, want)
		}
	}
}

func TestNames(t *testing.T) {
	files := map[string]string{
		"ok.txt": "", "Dir/x": "", "dir/y": "", "README": "", "readme": "", "con.txt": "", "com1": "", "company": "", "LPT²": "",
		"a:b": "", "dot.": "", "blank ": "", "tab\t": "", "not\xffutf8": "",
	}
	dir := write(t, files)
	want := []string{
		"case-clash dir", "case-clash readme",
		"name LPT²", "name a:b", "name blank ", "name com1", "name con.txt", "name dot.", "name not\xffutf8", "name tab\t",
	}
	got := kinds(selected(t, dir, Options{Windows: true}))
	slices.Sort(got)
	if !slices.Equal(got, want) {
		t.Errorf("for Windows\n %q, want\n %q", got, want)
	}
	for kind, want := range map[Type][]string{
		Zip: {"name not\xffutf8", "name tab\t"}, // unzip drops control characters
		Tar: {"name not\xffutf8"}, TGZ: {"name not\xffutf8"},
	} {
		if got := kinds(selected(t, dir, Options{Type: kind})); !slices.Equal(got, want) {
			t.Errorf("for Linux, as %s: %q, want %q", kind, got, want)
		}
	}
}

// TestQuotedPaths: what others named can neither pass for something else nor drive a terminal.
func TestQuotedPaths(t *testing.T) {
	for path, want := range map[string]string{
		"a b/c-d.txt": "a b/c-d.txt", "grüße/日本.txt": "grüße/日本.txt", ".": ".", "it's $HOME": "it's $HOME",
		"a\nb": `"a\nb"`, "a\tb": `"a\tb"`, "\x1b[2Jx": `"\x1b[2Jx"`, "a\u009bb": `"a\u009bb"`, "a\x7f": `"a\x7f"`, "a\u202etxt": `"a\u202etxt"`,
		"a\u2028b": `"a\u2028b"`, "a\xff": `"a\xff"`, `a"b`: `"a\"b"`, `a\b`: `"a\\b"`, " a": `" a"`, "a ": `"a "`, "a  *.log": `"a  *.log"`,
	} {
		if got := QuotePath(path); got != want {
			t.Errorf("QuotePath(%q) = %s, want %s", path, got, want)
		}
	}
	const odd = "x\ncdx: hint: run me"
	for _, text := range []string{
		Warning{Path: odd}.String(), (&ChangedError{Path: odd}).Error(),
		(&UnreadableError{Files: []UnreadableFile{{Path: odd, Err: errors.New("no")}}}).Error(),
		(&LinkError{Links: []BadLink{{Path: odd, Target: odd, Reason: "no"}}}).Error(),
		(&NameError{Paths: []string{odd}, Reason: "no"}).Error(),
		readError(&Entry{Path: odd}, errors.New("no")).Error(),
	} {
		if strings.Contains(text, "\n") {
			t.Errorf("a line of its own: %q", text)
		}
	}
}

// TestLongestPath: no system here has paths as long as that, but Windows does.
func TestLongestPath(t *testing.T) {
	path := strings.Repeat("x/", 1<<15-1) + "x"
	for _, test := range []struct {
		kind Type
		path string
		bad  bool
	}{{Zip, path, false}, {Zip, path + "x", true}, {Tar, path + "x", false}} {
		w := walker{opts: Options{Type: test.kind}, entries: []Entry{{Path: test.path}}}
		var bad *NameError
		if err := w.checkPortable(); errors.As(err, &bad) != test.bad {
			t.Errorf("%s, %d bytes: %v", test.kind, len(test.path), err)
		}
	}
}

func TestBackslashes(t *testing.T) {
	tests := []struct {
		name    string
		linux   string // the warning, or "error"
		windows string
	}{
		{`a\b`, `name a\b`, "error"},
		{`a\..\b`, `name a\..\b`, "error"},
		{`..\a`, "error", "error"},
		{`a\..\..\b`, "error", "error"},
		{`\a`, "error", "error"},
		{`c:\a`, "error", "error"},
		{`d/..\..\..\a`, "error", "error"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			dir := write(t, map[string]string{test.name: ""})
			for windows, want := range map[bool]string{false: test.linux, true: test.windows} {
				tree, err := Select(t.Context(), dir, Options{Windows: windows})
				if want == "error" {
					if bad := wants[*NameError](t, err); !slices.Equal(bad.Paths, []string{test.name}) {
						t.Errorf("names %q", bad.Paths)
					}
					continue
				}
				must(t, err)
				if got := kinds(tree); !slices.Equal(got, []string{want}) {
					t.Errorf("warnings %q, want %q", got, want)
				}
			}
		})
	}
}
