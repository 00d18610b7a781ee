package wholefile_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"github.com/cdx-deploy/cdx/pkg/local/internal/wholefile"
)

func TestReplace(t *testing.T) {
	dir := t.TempDir()
	name := filepath.Join(dir, "state.json")
	for _, content := range []string{"one", "two, longer", ""} {
		if err := wholefile.Replace(name, []byte(content)); err != nil {
			t.Fatal(err)
		}
		if data, err := os.ReadFile(name); err != nil || string(data) != content {
			t.Errorf("%q, %v, want %q", data, err, content)
		}
	}
	if entries, err := os.ReadDir(dir); err != nil || len(entries) != 1 {
		t.Errorf("%v, %v", entries, err)
	}
}

func TestReplaceFails(t *testing.T) {
	if err := wholefile.Replace(filepath.Join(t.TempDir(), "none", "state.json"), nil); !errors.Is(err, fs.ErrNotExist) {
		t.Error(err)
	}
	dir := t.TempDir() // a folder is in the way of the new file
	if err := os.MkdirAll(filepath.Join(dir, "state.json.new", "full"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "state.json"), []byte("old"), 0o600); err != nil {
		t.Fatal(err)
	}
	err := wholefile.Replace(filepath.Join(dir, "state.json"), []byte("new"))
	if data, _ := os.ReadFile(filepath.Join(dir, "state.json")); err == nil || string(data) != "old" {
		t.Errorf("%q, %v", data, err)
	}
}

func TestDecode(t *testing.T) {
	for text, want := range map[string]string{
		`{"A": 1}`:        "",
		``:                "it is empty",
		`{"A": 1`:         "unexpected EOF",
		`[]`:              "the array at byte 1 does not belong there",
		`{"A": "x"}`:      "the string at byte 9 does not belong there",
		`{"A": 1, "B":2}`: `json: unknown field "B"`,
		`{"A": 1} x`:      "there is something after its end",
	} {
		var v struct{ A int }
		got := ""
		if err := wholefile.Decode([]byte(text), &v); err != nil {
			got = err.Error()
		} else if v.A != 1 {
			t.Errorf("%s: %+v", text, v)
		}
		if got != want {
			t.Errorf("%s: %s, want %s", text, got, want)
		}
	}
}
