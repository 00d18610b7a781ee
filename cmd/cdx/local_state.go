package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/cdx-deploy/cdx/internal/checkout"
	"github.com/cdx-deploy/cdx/internal/settings"
)

// localDir is where the local service keeps its history, in the working directory.
var localDir = filepath.Join(".cdx", "local")

// checkLocalState refuses a state folder that may have come with the checkout: the
// scripts of the revision that it calls the last one would run, and files be placed
// where its links lead.
func checkLocalState(set *settings.Set, facts checkout.Facts) error {
	if facts.Tracks(".cdx") {
		return &usageError{message: ".cdx is part of the repository, and what it says about earlier deployments cannot be trusted", hint: "take it out with: git rm -r --cached .cdx, and delete it"}
	}
	folders := []string{".cdx", localDir, filepath.Join(localDir, "agent")}
	if !set.IsSet("local-root") {
		folders = append(folders, set.String("local-root"))
	}
	for _, folder := range folders {
		info, err := os.Lstat(folder)
		switch {
		case errors.Is(err, fs.ErrNotExist):
		case err != nil:
			return fmt.Errorf("look at the local state: %w", err)
		case !info.IsDir():
			return &usageError{message: fmt.Sprintf("%s is a link or a file, and a local deployment would follow it", folder), hint: "delete it, or name a folder with --local-root"}
		}
	}
	return nil
}
