package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/rogpeppe/go-internal/diff"

	"github.com/cdx-deploy/cdx/internal/report"
	"github.com/cdx-deploy/cdx/pkg/appspec"
)

// mend makes the safe corrections, or a patch of them. A file without anything to
// correct is not touched.
func (v *validation) mend(t target, file *appspec.File, data []byte, options appspec.Options, checked report.CheckedFile) (report.CheckedFile, error) {
	fixed, changed := appspec.Fix(file, options)
	input := t.path == standardInput
	switch {
	case v.diff && changed:
		name := filepath.ToSlash(t.path)
		checked.Diff = string(diff.Diff("a/"+name, data, "b/"+name, fixed))
		return checked, nil
	case v.diff:
		return checked, nil
	case input && !changed:
		v.mended = data
	case input:
		v.mended = fixed
	case changed:
		if err := replaceFile(t.path, fixed); err != nil {
			return checked, fmt.Errorf("fix %s: %w", t.path, cause(err))
		}
	}
	if !changed {
		return checked, nil
	}
	again := judge(appspec.Parse(t.path, fixed), options)
	again.Fixed = vanished(checked.Findings, again.Findings)
	return again, nil
}

// vanished returns the findings before that are no longer there after.
func vanished(before, after []appspec.Finding) []appspec.Finding {
	type key struct{ rule, where string }
	left := map[key]int{}
	for _, f := range after {
		left[key{f.Rule, f.Where}]++
	}
	var list []appspec.Finding
	for _, f := range before {
		at := key{f.Rule, f.Where}
		if left[at] > 0 {
			left[at]--
			continue
		}
		list = append(list, f)
	}
	return list
}

// replaceFile gives a file a new content: whoever reads it meanwhile sees the old one
// or the new one. Mode and owner stay; a link stays, and what it leads to is replaced.
func replaceFile(name string, content []byte) error {
	name, err := filepath.EvalSymlinks(name)
	if err != nil {
		return err
	}
	info, err := writable(name)
	if err != nil {
		return err
	}
	temporary, err := os.CreateTemp(filepath.Dir(name), "."+filepath.Base(name)+".*")
	if err != nil {
		return err
	}
	_, err = temporary.Write(content)
	err = errors.Join(err, keepOwner(temporary, info), temporary.Chmod(info.Mode()), temporary.Sync(), temporary.Close())
	if err == nil {
		err = os.Rename(temporary.Name(), name)
	}
	if err != nil {
		return errors.Join(err, os.Remove(temporary.Name()))
	}
	return nil
}

// writable sees that the user may change the file itself, since replacing it asks
// for a change of its folder only.
func writable(name string) (os.FileInfo, error) {
	f, err := os.OpenFile(name, os.O_WRONLY, 0)
	if err != nil {
		return nil, err
	}
	info, err := f.Stat()
	return info, errors.Join(err, f.Close())
}
