package main

import (
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/cdx-deploy/cdx/internal/page"
	"github.com/cdx-deploy/cdx/internal/report"
	"github.com/cdx-deploy/cdx/internal/settings"
)

// files are the paths that the settings want something written to; empty for none.
type files struct {
	report string
	dotenv string
}

// useFiles takes note of what is to be written at the end, and finds out now, before
// anything is deployed, whether it can be.
func (p *program) useFiles(set *settings.Set) error {
	p.job.files = files{report: set.String("report"), dotenv: set.String("dotenv")}
	for _, name := range []string{"report", "dotenv"} {
		path := set.String(name)
		if path == "" {
			continue
		}
		if err := canReplace(path); err != nil {
			return &usageError{message: fmt.Sprintf("%s: %v", set.Origin(name), err), hint: "give a file in a folder that is there and may be written to"}
		}
	}
	return nil
}

// canReplace finds out whether a file could be written in place of what is at path.
func canReplace(path string) error {
	if info, err := os.Stat(path); err == nil && info.IsDir() {
		return fmt.Errorf("%s is a folder", path)
	}
	f, err := os.CreateTemp(filepath.Dir(path), ".cdx-*")
	if err != nil {
		return err
	}
	if err := f.Close(); err != nil {
		return err
	}
	return os.Remove(f.Name())
}

// writeReport writes the page about the deployments, if it is wanted.
func (p *program) writeReport(seen []report.Followed) error {
	if p.job.files.report == "" || len(seen) == 0 {
		return nil
	}
	if err := writeWhole(p.job.files.report, page.HTML(seen, time.Now())); err != nil {
		return &hintedError{fmt.Errorf("--report: %w", err), "write it again with: cdx status --report FILE " + seen[0].Outcome.ID}
	}
	p.progress.Detail("wrote " + p.job.files.report)
	return nil
}

// writeWhole writes a file so that its reader finds all of it or what was there before.
func writeWhole(path, text string) (err error) {
	f, err := os.CreateTemp(filepath.Dir(path), ".cdx-*")
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			_ = f.Close()           // it may be closed already
			_ = os.Remove(f.Name()) // nothing more can be done about it
		}
	}()
	if _, err = f.WriteString(text); err != nil {
		return err
	}
	if err = f.Chmod(0o644); err != nil {
		return err
	}
	if err = f.Close(); err != nil {
		return err
	}
	return os.Rename(f.Name(), path)
}
