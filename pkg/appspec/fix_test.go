package appspec

import (
	"strings"
	"testing"
)

func TestFix(t *testing.T) {
	tests := []struct{ name, text, want string }{
		{"mode", inPermission("mode: 0644 # rw-r--r--"), inPermission("mode: '0644' # rw-r--r--")},
		{"mode 0o", inPermission("mode: 0o755"), inPermission("mode: '0755'")},
		{"timeout with a unit", inScript("timeout: 5m  # long"), inScript("timeout: 300  # long")},
		{"timeout in quotes", inScript(`timeout: "300"`), inScript("timeout: 300")},
		{"timeout with separators", inScript("timeout: 1,800"), inScript("timeout: 1800")},
		{"timeout that nobody can tell", inScript("timeout: 1:30"), inScript("timeout: 1:30")},
		{"overwrite", inFiles("a", "/b\n    overwrite: yes # always") + "# end\n", inFiles("a", "/b") + "# end\nfile_exists_behavior: OVERWRITE\n"},
		{"overwrite twice", inFiles("a", "/b\n    overwrite: true\n  - source: c\n    destination: /d\n    overwrite: true"), inFiles("a", "/b\n  - source: c\n    destination: /d\nfile_exists_behavior: OVERWRITE")},
		{"overwrite without line end", strings.TrimSuffix(inFiles("a", "/b\n    overwrite: yes\nx-a: b"), "\n"), inFiles("a", "/b\nx-a: b\nfile_exists_behavior: OVERWRITE")},
		{"no overwrite", inFiles("a", "/b\n    overwrite: no"), inFiles("a", "/b\n    overwrite: no")},
		{"overwrite against a setting", inFiles("a", "/b\n    overwrite: yes\nfile_exists_behavior: RETAIN"), inFiles("a", "/b\n    overwrite: yes\nfile_exists_behavior: RETAIN")},
		{"location", withLocation("linux", "' bin/go.sh'"), withLocation("linux", "'bin/go.sh'")},
		{"script as text", inHooks("AfterInstall:\n    - bin/go.sh # run"), inHooks("AfterInstall:\n    - location: bin/go.sh # run")},
		{"quoted pattern", inPermission("pattern: *.sh # all\n    mode: 755"), inPermission("pattern: '*.sh' # all\n    mode: 755")},
		{"double star", inPermission("pattern: **\n    mode: 755"), inPermission("pattern: '**'\n    mode: 755")},
		{"numeric pattern", inPermission("pattern: 404\n    mode: 755"), inPermission("pattern: '404'\n    mode: 755")},
		{"windows path", onWindows("site", `"C:\inetpub\wwwroot"`), onWindows("site", `'C:\inetpub\wwwroot'`)},
		{"tab in a path", onWindows("site", `"C:\temp\new"`), onWindows("site", `'C:\temp\new'`)},
		{"version and os", "version: \"0.0\"\nos: Linux\nhooks:\n  afterinstall:\n    - location: a\n", "version: 0.0\nos: linux\nhooks:\n  AfterInstall:\n    - location: a\n"},
		{"behaviour", inFiles("a", "/b\nfile_exists_behavior: overwrite"), inFiles("a", "/b\nfile_exists_behavior: OVERWRITE")},
		{"date", inFiles("2024-05-01", "/b"), inFiles("'2024-05-01'", "/b")},
		{"boolean word", inScript("runas: no"), inScript("runas: 'no'")},
		{"sudo", inScript("sudo: yes"), inScript("sudo: true")},
		{"sudo that agent v1 misreads", inScript("sudo: 'false'"), inScript("sudo: 'false'")},
		{"type as text", inPermission("type: file\n    mode: 755"), inPermission("type: [file]\n    mode: 755")},
		{"acl", inPermission("acls: ['bob:rw', 'd:bob:rw', 'm:7']\n    type: [directory]"), inPermission("acls: ['u:bob:rw', 'd:u:bob:rw', 'm::7']\n    type: [directory]")},
		{"context", inPermission("context: {user: a, type: b, range: s0}"), inPermission("context: {name: a, type: b, range: s0}")},
		{"several", inScript("timeout: 5m\n      runas: no"), inScript("timeout: 300\n      runas: 'no'")},
		{"ignored", inScript("timeout: 5m # cdx:ignore timeout-misread"), inScript("timeout: 5m # cdx:ignore timeout-misread")},
		{"two syntax errors", inPermission("pattern: *.sh\n    owner: @web\n    mode: 755"), inPermission("pattern: '*.sh'\n    owner: '@web'\n    mode: 755")},
		{"a syntax error that stays", inPermission("pattern: *.sh\n   mode: 755"), inPermission("pattern: *.sh\n   mode: 755")},
		{"line ends", "version: 0.0\r\nos: linux\r\nhooks:\r\n  AfterInstall:\r\n    - location: a\r\n      timeout: 5m\r\n", "version: 0.0\r\nos: linux\r\nhooks:\r\n  AfterInstall:\r\n    - location: a\r\n      timeout: 300\r\n"},
		{"byte order mark", byteOrderMark + "# a\n" + inScript("timeout: 5m"), byteOrderMark + "# a\n" + inScript("timeout: 300")},
		{"nothing", inScript("timeout: 300"), inScript("timeout: 300")},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got, changed := Fix(Parse(FileName, []byte(test.text)), Options{})
			if string(got) != test.want || changed != (test.text != test.want) {
				t.Errorf("changed = %t, fixed:\n%s\nwant:\n%s", changed, got, test.want)
			}
			checkFixed(t, []byte(test.text), Options{})
		})
	}
}

func TestFixHonoursDisabledRules(t *testing.T) {
	text := inScript("timeout: 5m\n      runas: no")
	got, _ := Fix(Parse(FileName, []byte(text)), Options{Disable: []string{"timeout-misread"}})
	if want := inScript("timeout: 5m\n      runas: 'no'"); string(got) != want {
		t.Errorf("fixed:\n%s\nwant:\n%s", got, want)
	}
}

// checkFixed checks what Fix promises: fewer findings, and no change the second time.
func checkFixed(t *testing.T, text []byte, opts Options) {
	t.Helper()
	f := Parse(FileName, text)
	fixed, changed := Fix(f, opts)
	if !changed {
		if string(fixed) != string(text) {
			t.Errorf("unchanged, but the text differs: %q", fixed)
		}
		return
	}
	next := Parse(FileName, fixed)
	before, after := Check(f, opts), Check(next, opts)
	if f.broken == nil && len(after) >= len(before) || f.broken != nil && next.broken != nil {
		t.Errorf("%d findings before, %d after; fixed:\n%s", len(before), len(after), fixed)
	}
	if again, changed := Fix(next, opts); changed {
		t.Errorf("a second fix changes\n%s\ninto\n%s", fixed, again)
	}
}

func TestFixEveryExample(t *testing.T) {
	for _, r := range Rules() {
		checkFixed(t, []byte(r.Fires.AppSpec), Options{})
		checkFixed(t, []byte(r.Fires.AppSpec), Options{Agent: AgentV2})
	}
}
