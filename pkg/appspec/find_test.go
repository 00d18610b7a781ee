package appspec

import (
	"errors"
	"io/fs"
	"strings"
	"testing"
	"testing/fstest"
)

func TestFind(t *testing.T) {
	tests := []struct {
		name    string
		files   []string
		found   string
		nearest string
	}{
		{"right", []string{"appspec.yml", "appspec.yaml"}, "appspec.yml", ""},
		{"other extension", []string{"appspec.yaml"}, "", "appspec.yaml"},
		{"other case", []string{"AppSpec.yml"}, "", "AppSpec.yml"},
		{"misspelt", []string{"a.txt", "apspec.yml"}, "", "apspec.yml"},
		{"nested", []string{"shop/appspec.yml", "b.txt"}, "", "shop/appspec.yml"},
		{"hidden", []string{".git/appspec.yml"}, "", ""},
		{"a directory of that name", []string{"appspec.yml/a"}, "", ""},
		{"nothing", []string{"a.txt"}, "", ""},
		{"something else", []string{"spec.yml", "docker-compose.yml"}, "", ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			files := fstest.MapFS{}
			for _, name := range test.files {
				files[name] = &fstest.MapFile{}
			}
			found, err := Find(files)
			var missing *NotFoundError
			switch {
			case test.found != "":
				if found != test.found || err != nil {
					t.Errorf("Find = %q, %v, want %q", found, err, test.found)
				}
			case !errors.As(err, &missing) || missing.Nearest != test.nearest:
				t.Errorf("Find = %q, %v, want a NotFoundError with %q", found, err, test.nearest)
			case !strings.Contains(err.Error(), missing.Nearest) || !strings.Contains(err.Error(), FileName):
				t.Errorf("the message is %q", err)
			}
		})
	}
}

type brokenFS struct{}

func (brokenFS) Open(string) (fs.File, error) { return nil, fs.ErrPermission }

func TestFindUnreadable(t *testing.T) {
	if _, err := Find(brokenFS{}); !errors.Is(err, fs.ErrPermission) {
		t.Errorf("err = %v, want fs.ErrPermission", err)
	}
	findings := Check(Parse(FileName, []byte(inFiles("a", "/b"))), Options{Files: brokenFS{}})
	if _, ok := find(findings, "source-not-found"); !ok {
		t.Errorf("findings: %+v", findings)
	}
}
