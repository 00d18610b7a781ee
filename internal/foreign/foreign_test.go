package foreign

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/cdx-deploy/cdx/internal/settings"
)

var update = flag.Bool("update", false, "rewrite golden files")

// TestFiles reads each file in testdata and keeps the cdx.yml and the notes beside it.
// Each cdx.yml is loaded as cdx would.
func TestFiles(t *testing.T) {
	files, err := filepath.Glob(filepath.Join("testdata", "*.yml"))
	if err != nil || len(files) < 8 {
		t.Fatalf("%d files, %v", len(files), err)
	}
	for _, file := range files {
		name := strings.TrimSuffix(filepath.Base(file), ".yml")
		t.Run(name, func(t *testing.T) {
			data, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			read, err := Read(filepath.Base(file), data)
			if err != nil {
				t.Fatal(err)
			}
			text := read.Settings.Text()
			loaded := load(t, text)
			got := "found " + read.Describe() + "\n-- cdx.yml --\n" + text + "-- environments --\n" + environments(loaded) + "-- notes --\n"
			for _, note := range read.Notes {
				if note.Line < 1 || note.Line > strings.Count(string(data), "\n") {
					t.Errorf("line %d is not in the file", note.Line)
				}
				got += fmt.Sprintf("%d: %s\n", note.Line, note.Message)
			}
			golden(t, name, got)
			for _, secret := range []string{"AKIA", "hush"} {
				if strings.Contains(text, secret) {
					t.Errorf("the settings hold %s", secret)
				}
			}
		})
	}
}

// load is the file as cdx reads it.
func load(t *testing.T, text string) *settings.File {
	t.Helper()
	path := filepath.Join(t.TempDir(), settings.FileName)
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	file, err := settings.ReadFile(path)
	if err != nil {
		t.Fatalf("%v in\n%s", err, text)
	}
	return file
}

func environments(file *settings.File) string {
	var b strings.Builder
	for _, env := range file.Environments {
		fmt.Fprintf(&b, "%s %q\n", env.Name, env.Branches)
	}
	return b.String()
}

func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name+".golden")
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if string(want) != got {
		t.Errorf("not as in %s (go test -update rewrites it):\n%s", path, got)
	}
}

func TestFilesWithNothingToCarryOver(t *testing.T) {
	for name, text := range map[string]string{
		"empty":          "",
		"a list":         "- a\n",
		"no deployments": "language: go\n",
		"other provider": "deploy:\n  provider: heroku\n",
		"no codedeploy":  "deployment:\n  production:\n    branch: main\n    commands: [x]\n",
		"a script":       "version: 2.1\njobs:\n  x:\n    steps:\n      - run: aws deploy push --application-name x\n",
	} {
		if _, err := Read("f.yml", []byte(text)); !errors.Is(err, ErrNothing) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := Read("f.yml", []byte("a: [")); err == nil || errors.Is(err, ErrNothing) || !strings.HasPrefix(err.Error(), "f.yml: line 1") {
		t.Errorf("no YAML: %v", err)
	}
}

func TestPatterns(t *testing.T) {
	for text, want := range map[string]string{
		"main": "main", "release/1.x": "release/1.x", "a*b": `a\*b`, "a[1]?": `a\[1]\?`,
		"/feature_.*/": "feature_*", `/release\/.*/`: "release/*", "/^v.+$/": "v?*", `/a\.b/`: "a.b",
		"/v[0-9]+/": "", "/(a|b)/": "", "/a.b/": "", "/a?/": "", `/\d/`: "", "/a{2}/": "", "/x.?/": "", "/a+/": "",
	} {
		r := &reader{}
		got, ok := r.pattern(7, text)
		if got != want || ok != (want != "") {
			t.Errorf("%s became %q, %v; want %q", text, got, ok, want)
		}
		if !ok && (len(r.notes) != 1 || r.notes[0].Line != 7) {
			t.Errorf("%s: notes %v", text, r.notes)
		}
	}
}

// FuzzRead wants no panic, and of what is carried over a cdx.yml that loads.
func FuzzRead(f *testing.F) {
	files, err := filepath.Glob(filepath.Join("testdata", "*.yml"))
	if err != nil {
		f.Fatal(err)
	}
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	f.Add([]byte("a: &a [*a]\ndeploy: {provider: codedeploy, <<: *a}\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		read, err := Read("f.yml", data)
		if err != nil {
			return
		}
		load(t, read.Settings.Text())
	})
}
