package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"sync"
	"sync/atomic"

	"github.com/cdx-deploy/cdx/internal/infile"
	"github.com/cdx-deploy/cdx/internal/report"
	"github.com/cdx-deploy/cdx/internal/settings"
	"github.com/cdx-deploy/cdx/pkg/appspec"
	"github.com/cdx-deploy/cdx/pkg/bundle"
	"github.com/cdx-deploy/cdx/pkg/revision"
)

// standardInput is the PATH that means it.
const standardInput = "-"

// target is one AppSpec file to check.
type target struct {
	path string // as the user gave it; standardInput for that
	dir  string // the revision that it belongs to; empty: no files to look at
}

// checkAll checks what the arguments mean, several files at once, and returns the
// results in the order of the arguments. Those that could not be read are left out
// and reported.
func (v *validation) checkAll(ctx context.Context, set *settings.Set, args []string) ([]report.CheckedFile, error) {
	count := max(len(args), 1)
	checked := make([]report.CheckedFile, count)
	failed := make([]error, count)
	var next atomic.Int64
	var workers sync.WaitGroup
	for range min(runtime.GOMAXPROCS(0), count) {
		workers.Go(func() {
			for i := int(next.Add(1)) - 1; i < count && ctx.Err() == nil; i = int(next.Add(1)) - 1 {
				t, err := findTarget(set, args, i)
				if err == nil {
					checked[i], err = v.check(t)
				}
				failed[i] = err
			}
		})
	}
	workers.Wait()
	var readable []report.CheckedFile
	for i, err := range failed {
		if err == nil {
			readable = append(readable, checked[i])
		}
	}
	return readable, join(failed...)
}

// findTarget returns the AppSpec file that an argument means; without arguments, the
// one that push would take.
func findTarget(set *settings.Set, args []string, index int) (target, error) {
	if len(args) == 0 {
		return defaultTarget(set)
	}
	t, err := pathTarget(args[index])
	if set.IsSet("source") && set.Trusted("source") {
		t.dir = set.String("source")
	}
	return t, err
}

func defaultTarget(set *settings.Set) (target, error) {
	dir, err := directory(set, nil)
	if err != nil {
		return target{}, err
	}
	if path := set.String("appspec"); path != "" {
		return target{path, dir}, nil
	}
	return pathTarget(dir)
}

// pathTarget finds the AppSpec file of a directory. What is neither directory nor
// file, such as a pipe, stands in no revision.
func pathTarget(path string) (target, error) {
	if path == standardInput {
		return target{path: path}, nil
	}
	info, err := os.Stat(path)
	switch {
	case err != nil:
		return target{}, fmt.Errorf("read %s: %w", path, cause(err))
	case info.IsDir():
		name, err := appspec.Find(os.DirFS(path))
		if err != nil {
			return target{}, noAppSpec(path, err)
		}
		return target{filepath.Join(path, name), path}, nil
	case info.Mode().IsRegular():
		if _, packed := bundle.TypeForKey(path); packed {
			return target{}, &usageError{message: path + " is a bundle, not an AppSpec file",
				hint: "to check the one in it: cdx plan " + revision.ShellQuote(path)}
		}
		return target{path, filepath.Dir(path)}, nil
	}
	return target{path: path}, nil
}

// check checks one file and mends it if that is asked for.
func (v *validation) check(t target) (report.CheckedFile, error) {
	data, err := v.read(t)
	if err != nil {
		return report.CheckedFile{}, fmt.Errorf("read %s: %w", t.path, cause(err))
	}
	file := appspec.Parse(t.path, data)
	options := v.optionsFor(t, file)
	checked := judge(file, options)
	if v.fix || v.diff {
		return v.mend(t, file, data, options, checked)
	}
	return checked, nil
}

func (v *validation) read(t target) ([]byte, error) {
	if t.path == standardInput {
		return io.ReadAll(io.LimitReader(v.stdin, appspec.MaxSize+1))
	}
	return infile.Read(t.path, appspec.MaxSize)
}

// optionsFor adds the files beside the AppSpec file.
func (v *validation) optionsFor(t target, file *appspec.File) appspec.Options {
	options := v.options
	if v.noFiles || t.dir == "" {
		return options
	}
	ignore := v.bundle
	ignore.Windows = forWindows(file)
	filter := bundle.NewFilter(t.dir, ignore)
	options.Files = os.DirFS(t.dir)
	options.LeftOut = func(path string) (string, bool) {
		rule, out := filter.LeftOut(path)
		return fmt.Sprintf("%s (%s)", rule.Rule, rule.Origin), out
	}
	return options
}

func judge(file *appspec.File, options appspec.Options) report.CheckedFile {
	platform := options.Platform
	if platform == "" {
		platform = file.Platform()
	}
	return report.Checked(file, platform, appspec.Check(file, options))
}
