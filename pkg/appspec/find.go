package appspec

import (
	"errors"
	"fmt"
	"io/fs"
	"strings"
)

// FileName is the only name of an AppSpec file that every agent reads, in the revision's
// root. Agent v1 falls back to appspec.yaml in its Install command only; its hooks do not.
// Source: aws/aws-codedeploy-agent command_executor.rb, hook_executor.rb.
const FileName = "appspec.yml"

// NotFoundError reports that a directory has no AppSpec file of the right name.
type NotFoundError struct {
	// Nearest is the path of a file that was probably meant, like "appspec.yaml",
	// "AppSpec.yml" or "app/appspec.yml"; empty when there is none.
	Nearest string
}

// Error says what is missing and names the nearest file.
func (e *NotFoundError) Error() string {
	if e.Nearest == "" {
		return "no " + FileName + " in the directory"
	}
	return fmt.Sprintf("no %s in the directory, but there is %s: the agents read only %s in the revision's root", FileName, e.Nearest, FileName)
}

// Find returns the name of the AppSpec file in the root of fsys, which is [FileName]. The
// error is a [*NotFoundError] when it is missing or misnamed, else fsys's own.
func Find(fsys fs.FS) (string, error) {
	entries, err := fs.ReadDir(fsys, ".")
	if err != nil {
		return "", fmt.Errorf("look for %s: %w", FileName, err)
	}
	var nearest string
	for _, entry := range entries {
		name := entry.Name()
		if name == FileName && !entry.IsDir() {
			return FileName, nil
		}
		if nearest == "" && !entry.IsDir() && isMisnamed(name) {
			nearest = name
		}
	}
	if nearest == "" {
		nearest = nestedAppSpec(fsys, entries)
	}
	return "", &NotFoundError{Nearest: nearest}
}

// misnamings are the names that AppSpec files are given by mistake, in lower case.
var misnamings = map[string]bool{
	"appspec.yml": true, "appspec.yaml": true, "appspec.json": true, "appspec": true, "appspec.yml.txt": true,
	"app-spec.yml": true, "app-spec.yaml": true, "app_spec.yml": true, "app_spec.yaml": true,
	"appspecs.yml": true, "appspec.yml.yml": true, "apspec.yml": true, "appsepc.yml": true, "appspec.ylm": true,
}

func isMisnamed(name string) bool {
	return misnamings[strings.ToLower(name)]
}

// nestedAppSpec returns the path of an AppSpec file one directory down, or "".
func nestedAppSpec(fsys fs.FS, entries []fs.DirEntry) string {
	for _, entry := range entries {
		if !entry.IsDir() || strings.HasPrefix(entry.Name(), ".") {
			continue
		}
		path := entry.Name() + "/" + FileName
		if info, err := fs.Stat(fsys, path); err == nil && info.Mode().IsRegular() {
			return path
		} else if err != nil && !errors.Is(err, fs.ErrNotExist) {
			continue
		}
	}
	return ""
}
