package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"

	"github.com/cdx-deploy/cdx/internal/scaffold"
	"github.com/cdx-deploy/cdx/pkg/appspec"
	"github.com/cdx-deploy/cdx/pkg/revision"
)

// What becomes of a file.
const (
	fileWritten   = "written"
	fileReplaced  = "replaced"
	fileUnchanged = "unchanged" // it is there, with this very text
	fileLeft      = "left"      // it is there, and stays as it is
	fileUnneeded  = "notNeeded" // it belongs to an AppSpec file that gives way to the one that is there
	fileInTheWay  = "inTheWay"  // of --dry-run: it is there, and without --force nothing would be written
)

// decidedFile is a file with what becomes of it.
type decidedFile struct {
	scaffold.File
	status string
}

// initResult is what cdx init prints as JSON.
type initResult struct {
	Language string           `json:"language,omitempty"`
	Platform appspec.Platform `json:"platform,omitempty"`
	Start    string           `json:"startCommand,omitempty"`
	Port     int              `json:"port,omitempty"`
	DryRun   bool             `json:"dryRun,omitempty"`
	Files    []initFileResult `json:"files"`
	Notes    []noteResult     `json:"notCarriedOver,omitempty"`
	Creates  []creationResult `json:"creates,omitempty"`
}

type initFileResult struct {
	Path    string `json:"path"`
	Status  string `json:"status"`
	Content string `json:"content,omitempty"` // of --dry-run
}

// decide says of each file what is to become of it, before any is written. What is in
// the way is asked about, or refused.
func (in *initiation) decide(ctx context.Context, files []scaffold.File) ([]decidedFile, error) {
	root, err := os.OpenRoot(in.dir)
	if err != nil {
		return nil, err
	}
	defer root.Close()
	var decided []decidedFile
	var inTheWay []string
	kept := false // the AppSpec file is, and so hooks have no use
	for _, file := range files {
		status, err := in.decideOne(ctx, root, file, kept)
		if err != nil {
			return nil, err
		}
		if status == "" {
			inTheWay = append(inTheWay, file.Path)
		}
		kept = kept || file.Path == scaffold.AppSpecName && status == fileLeft
		decided = append(decided, decidedFile{file, status})
	}
	if len(inTheWay) > 0 && !in.dry {
		return nil, &hintedError{
			fmt.Errorf("nothing was written, since there is already: %s", strings.Join(inTheWay, ", ")),
			"give --keep-existing to write only what is missing, or --force to replace what is there",
		}
	}
	return decided, nil
}

// decideOne returns the empty status for a file that may not be replaced.
func (in *initiation) decideOne(ctx context.Context, root *os.Root, file scaffold.File, kept bool) (string, error) {
	old, err := root.ReadFile(file.Path)
	switch {
	case err == nil && string(old) == file.Text:
		return fileUnchanged, nil
	case kept && file.Hook:
		return fileUnneeded, nil
	case errors.Is(err, fs.ErrNotExist):
		return fileWritten, nil
	case err != nil:
		return "", fmt.Errorf("look at %s: %w", file.Path, err)
	case in.force:
		return fileReplaced, nil
	case in.set.Bool("keep-existing"):
		return fileLeft, nil
	case !in.asks || in.dry:
		return "", nil
	}
	yes, err := in.p.progress.Confirm(ctx, file.Path+" is there already. Replace it?")
	if err != nil {
		return "", err
	}
	if yes {
		return fileReplaced, nil
	}
	return fileLeft, nil
}

// write writes what was decided. Where it fails half-way, the error says what is there.
func (in *initiation) write(decided []decidedFile) error {
	root, err := os.OpenRoot(in.dir)
	if err != nil {
		return err
	}
	defer root.Close()
	var written []string
	for _, file := range decided {
		if file.status != fileWritten && file.status != fileReplaced {
			continue
		}
		if err := writeOne(root, file); err != nil {
			err = fmt.Errorf("write %s: %w", file.Path, err)
			if len(written) > 0 {
				err = fmt.Errorf("%w; written before: %s", err, strings.Join(written, ", "))
			}
			return &hintedError{err, "mend that and run cdx init again: what is written already counts as unchanged"}
		}
		written = append(written, file.Path)
	}
	return nil
}

// writeOne never follows a link out of the directory, and never opens a file for
// writing that has appeared since the decision. A file that cannot be written whole is
// not left behind, and what it was to replace stays.
func writeOne(root *os.Root, file decidedFile) error {
	if dir := path.Dir(file.Path); dir != "." {
		if err := root.MkdirAll(dir, 0o755); err != nil {
			return err
		}
	}
	name, flags := file.Path, os.O_WRONLY|os.O_CREATE|os.O_EXCL
	if file.status == fileReplaced {
		name, flags = file.Path+".cdx-new", os.O_WRONLY|os.O_CREATE|os.O_TRUNC
	}
	f, err := root.OpenFile(name, flags, file.Mode)
	if err != nil {
		return err
	}
	_, err = f.WriteString(file.Text)
	if err = join(err, f.Chmod(file.Mode), f.Close()); err == nil && name != file.Path {
		err = root.Rename(name, file.Path)
	}
	if err != nil {
		return join(err, root.Remove(name))
	}
	return nil
}

// reportInit prints what became of each file.
func (p *program) reportInit(decided []decidedFile, c *composition) {
	for _, file := range decided {
		switch file.status {
		case fileWritten:
			p.out.line("wrote " + file.Path + ": " + file.What)
		case fileReplaced:
			p.out.line("replaced " + file.Path + ": " + file.What)
		case fileUnchanged:
			p.out.line("unchanged " + file.Path)
		case fileLeft:
			p.out.line("left " + file.Path)
		}
	}
	p.tellNotes(c)
}

func (p *program) tellNotes(c *composition) {
	for _, note := range c.notes {
		p.progress.Warn(note.text())
	}
	for _, advice := range c.advice {
		p.progress.Hint(advice)
	}
}

// result is the same for programs.
func (c *composition) result(decided []decidedFile, creation *creation, dry bool) initResult {
	r := initResult{Files: []initFileResult{}, Notes: c.notes, DryRun: dry, Creates: creation.results()}
	if c.project != nil {
		r.Language, r.Platform, r.Start, r.Port = string(c.project.Language), c.project.Platform, c.project.Start, c.project.Port
	}
	for _, file := range decided {
		shown := initFileResult{Path: file.Path, Status: file.status}
		if dry {
			shown.Content = file.Text
		}
		r.Files = append(r.Files, shown)
	}
	return r
}

// show prints what --dry-run does not write or send.
func (in *initiation) show(decided []decidedFile, c *composition, creation *creation) {
	for i := range decided {
		if decided[i].status == "" {
			decided[i].status = fileInTheWay
		}
	}
	if in.p.out.structured() {
		in.p.out.object(c.result(decided, creation, true))
		return
	}
	for _, file := range decided {
		in.p.out.line("==> " + file.Path + " (" + decidedText(file.status) + ")")
		if file.status == fileWritten || file.status == fileReplaced {
			in.p.out.line(file.Text)
		}
	}
	in.p.tellNotes(c)
	in.p.showCreation(creation)
}

// decidedText is what would become of a file.
func decidedText(status string) string {
	switch status {
	case fileWritten, fileReplaced:
		return "would be " + status
	case fileUnchanged:
		return status
	case fileLeft:
		return "would be left as it is"
	case fileUnneeded:
		return "not needed: it belongs to another appspec.yml"
	default:
		return "there is another one: it would stop cdx init, without --force or --keep-existing"
	}
}

// adviseNext says what to type next.
func (in *initiation) adviseNext(decided []decidedFile, c *composition) {
	if in.dir != "." {
		in.p.progress.Hint("go on there: cd " + revision.ShellQuote(in.dir))
	}
	if c.project != nil && c.project.RunsNothing() {
		in.adviseProgram(c.project)
	}
	if c.environment == "" {
		in.adviseTrying(c.project)
	} else {
		env := " --env " + revision.ShellQuote(c.environment)
		in.p.progress.Hint("see what was carried over: cdx config" + env)
		in.p.progress.Hint("try it on this machine: cdx deploy --local --yes" + env)
	}
	for _, file := range decided {
		if file.status != fileLeft && file.status != fileUnneeded && strings.HasSuffix(file.Path, ".service") && c.project != nil {
			in.p.progress.Hint("settings and secrets of an instance go into /etc/" + c.project.Name + ".env there")
		}
	}
}

// adviseTrying says how to see what a deployment would do.
func (in *initiation) adviseTrying(project *scaffold.Project) {
	fill := project.FillFlags()
	if fill == "" {
		in.p.progress.Hint("see what would be deployed: cdx plan")
	} else {
		in.p.progress.Hint("see what would be sent: cdx deploy --dry-run" + fill)
	}
	in.p.progress.Hint("try it on this machine: cdx deploy --local --yes" + fill)
}

// adviseProgram is for a directory in which nothing runs.
func (in *initiation) adviseProgram(project *scaffold.Project) {
	programs := scaffold.Programs(os.DirFS(in.dir))
	switch {
	case len(programs) > 0:
		in.p.progress.Hint("nothing runs here, but in " + strings.Join(programs, ", ") + ": cdx init " + revision.ShellQuote(path.Join(filepath.ToSlash(in.dir), programs[0])))
	case project.Language == scaffold.DotNet:
		in.p.progress.Hint("no program for Linux was found, and only those are set up: for Windows, change os and destination in appspec.yml")
	default:
		in.p.progress.Hint("nothing here tells how a program is started: give --start-command, or the directory of the program")
	}
}
