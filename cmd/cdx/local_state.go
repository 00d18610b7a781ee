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

// elsewhereHint helps where the local state cannot be kept.
var elsewhereHint = "what is remembered of deployments is in " + localDir + " of the working directory: change to a folder that you may write to (cdx deploy --local DIR names the directory)"

// makeLocalDir makes the folder of the local state, which git is told to ignore: it is nobody else's, and is
// not trusted once it comes with a checkout.
func makeLocalDir() (err error) {
	if err := os.MkdirAll(localDir, 0o755); err != nil {
		return err
	}
	f, err := os.OpenFile(filepath.Join(filepath.Dir(localDir), ".gitignore"), os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if errors.Is(err, fs.ErrExist) {
		return nil // somebody's own
	}
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	_, err = f.WriteString("*\n")
	return err
}

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
	agentDir := filepath.Join(localDir, "agent")
	for _, folder := range []string{localDir, filepath.Join(localDir, "objects"), agentDir, filepath.Join(agentDir, "deployment-root"), filepath.Join(agentDir, "deployment-root", "deployment-instructions")} {
		if err := checkLinks(folder); err != nil {
			return err
		}
	}
	return nil
}

// checkLinks refuses links in a folder of the state, which would be written through. That of the local root
// is looked at where it matters.
func checkLinks(folder string) error {
	entries, err := os.ReadDir(folder)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("look at the local state: %w", err)
	}
	for _, entry := range entries {
		name := filepath.Join(folder, entry.Name())
		if entry.Type()&fs.ModeSymlink != 0 && name != filepath.Join(localDir, "root") {
			return &usageError{message: fmt.Sprintf("%s is a link, and a local deployment would follow it", name), hint: "cdx makes none there; delete it"}
		}
	}
	return nil
}
