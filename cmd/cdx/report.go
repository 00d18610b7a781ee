package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/cdx-deploy/cdx/internal/page"
	"github.com/cdx-deploy/cdx/internal/report"
	"github.com/cdx-deploy/cdx/internal/settings"
)

// files are the paths that the settings want something written to; empty for none.
type files struct {
	report string
	dotenv string
	patch  string
}

// useFiles takes note of what is to be written at the end, and finds out now, before
// anything is deployed, whether it can be.
func (p *program) useFiles(set *settings.Set) error {
	p.job.files.report, p.job.files.dotenv = set.String("report"), set.String("dotenv")
	for _, name := range []string{"report", "dotenv"} {
		path := set.String(name)
		if path == "" {
			continue
		}
		if err := canReplace(path); err != nil {
			return &usageError{message: fmt.Sprintf("%s: %s %v", set.Origin(name), path, err), hint: "give a file in a folder that is there and may be written to"}
		}
	}
	return nil
}

// canReplace finds out whether a file could be written in place of what is at path.
// The error goes on after the path.
func canReplace(path string) error {
	if info, err := os.Stat(path); err == nil && info.IsDir() {
		return errors.New("is a folder")
	} else if err == nil && !info.Mode().IsRegular() {
		return errors.New("is no file but a device or a pipe")
	}
	f, err := os.CreateTemp(filepath.Dir(linked(path)), ".cdx-*")
	if err != nil {
		return fmt.Errorf("cannot be written: %w", cause(err))
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
	if err := writeWhole(p.job.files.report, writing(page.HTML(seen, time.Now()))); err != nil {
		return &hintedError{fmt.Errorf("--report: %w", err), "write it again with: cdx status --report FILE " + seen[0].Outcome.ID}
	}
	p.progress.Detail("wrote " + p.job.files.report)
	return nil
}

// linked is the file that a symbolic link leads to, which is to be replaced and not
// the link; any other path is itself.
func linked(path string) string {
	if file, err := filepath.EvalSymlinks(path); err == nil {
		return file
	}
	return path
}

// leftOutFiles are patterns for the files that cdx itself writes, where they are in the
// directory: the next revision is not to hold a page about this one.
func (f files) leftOutFiles(dir string) []string {
	root, err := filepath.Abs(dir)
	if err != nil {
		return nil
	}
	var patterns []string
	for _, path := range []string{f.report, f.dotenv, f.patch} {
		if path == "" {
			continue
		}
		path, err := filepath.Abs(path)
		if err != nil {
			continue
		}
		if name, err := filepath.Rel(root, path); err == nil && name != "." && filepath.IsLocal(name) {
			patterns = append(patterns, "/"+literal(filepath.ToSlash(name)))
		}
	}
	return patterns
}

// literal is the pattern, in the syntax of gitignore, for one name only.
func literal(name string) string {
	return strings.NewReplacer(`\`, `\\`, "*", `\*`, "?", `\?`, "[", `\[`, " ", `\ `).Replace(name)
}

// writing writes a text that is there already.
func writing(text string) func(io.Writer) error {
	return func(w io.Writer) error {
		_, err := io.WriteString(w, text)
		return err
	}
}

// writeWhole has a file written so that its reader finds all of it or what was there
// before.
func writeWhole(path string, write func(io.Writer) error) (err error) {
	path = linked(path)
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
	if err = write(f); err != nil {
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
