package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/cdx-deploy/cdx/internal/awsapi"
	"github.com/cdx-deploy/cdx/internal/settings"
)

// usePatch takes note of where the patch goes, and finds what it cannot go with.
func (p *program) usePatch(set *settings.Set) error {
	name := set.String("patch")
	switch {
	case name == "", isDevice(name):
		return nil
	case name != "-":
		p.job.files.patch = name
		if err := canReplace(name); err != nil {
			return &usageError{message: fmt.Sprintf("--patch: %s %v", name, err), hint: "name a file that can be written, or - for standard output"}
		}
	case p.out.structured():
		return &usageError{message: "--patch - and --output " + p.out.format + " both write to standard output", hint: "give --patch FILE"}
	case set.Bool("stat"):
		return &usageError{message: "--patch - and --stat both write to standard output", hint: "give --patch FILE, or leave --stat out"}
	}
	return nil
}

// isDevice reports what is there and cannot be replaced, such as a pipe of the shell's.
func isDevice(name string) bool {
	info, err := os.Stat(name)
	return err == nil && !info.Mode().IsRegular() && !info.IsDir()
}

// writePatch writes what differs to a file, or for - to standard output.
func (p *program) writePatch(ctx context.Context, name string, all []*comparison) error {
	if name == "" || len(all) == 0 {
		return nil
	}
	c := all[0]
	write := func(w io.Writer) error {
		done, err := c.Difference.Patch(ctx, w)
		if err != nil {
			return c.clients.explaining(err, awsapi.Context{Application: c.Application})
		}
		p.warnAboutRest("are no text", done.Binary)
		p.warnAboutRest("are larger than 4 MiB", done.TooLarge)
		return nil
	}
	switch {
	case name == "-":
		return p.patchOut(write)
	case !isDevice(name):
		return writeWhole(name, write)
	}
	f, err := os.OpenFile(name, os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	return errors.Join(write(f), f.Close())
}

// patchOut writes a patch to standard output as it is; on a terminal with colours and
// without what others could do to it, under a CI system without what that would obey.
func (p *program) patchOut(write func(io.Writer) error) error {
	if !p.streams.OutTerminal && !p.streams.CI {
		return write(p.streams.Out)
	}
	var whole bytes.Buffer
	if err := write(&whole); err != nil {
		return err
	}
	style := p.streams.OutStyle()
	for line := range strings.Lines(p.streams.Foreign(whole.String())) {
		text := strings.TrimSuffix(line, "\n")
		switch {
		case strings.HasPrefix(text, "diff "), strings.HasPrefix(text, "--- "), strings.HasPrefix(text, "+++ "):
			text = style.Bold(text)
		case strings.HasPrefix(text, "@@"):
			text = style.Cyan(text)
		case strings.HasPrefix(text, "+"):
			text = style.Green(text)
		case strings.HasPrefix(text, "-"):
			text = style.Red(text)
		}
		p.out.text(text + "\n")
	}
	return nil
}

// warnAboutRest says which files differ and are not in the patch.
func (p *program) warnAboutRest(why string, names []string) {
	const few = 3
	if len(names) == 0 {
		return
	}
	shown := strings.Join(names[:min(few, len(names))], ", ")
	if len(names) > few {
		shown += fmt.Sprintf(" and %d more", len(names)-few)
	}
	p.progress.Warn("not in the patch, as they " + why + ": " + shown)
}
