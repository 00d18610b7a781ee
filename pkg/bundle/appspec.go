package bundle

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/cdx-deploy/cdx/pkg/appspec"
)

// addAppSpec puts the file that Options.AppSpec names into the bundle's root.
func (w *walker) addAppSpec() error {
	if w.opts.AppSpec == "" {
		return nil
	}
	source, err := filepath.Abs(w.opts.AppSpec)
	if err != nil {
		return fmt.Errorf("bundle AppSpec file %s: %w", w.opts.AppSpec, err)
	}
	info, err := os.Stat(source)
	if err != nil {
		return fmt.Errorf("bundle AppSpec file: %w", err)
	}
	if !info.Mode().IsRegular() {
		return fmt.Errorf("bundle AppSpec file %s: not a regular file", w.opts.AppSpec)
	}
	if real, err := filepath.EvalSymlinks(source); err == nil {
		source = real
	}
	if source == filepath.Join(w.root, appspec.FileName) { // DIR's own after all
		w.unlist(appspec.FileName)
	}
	w.add(appspec.FileName, source, info)
	return nil
}

// unlist takes a path from what is left out.
func (w *walker) unlist(path string) {
	kept := w.left[:0]
	for _, out := range w.left {
		if out.Path != path {
			kept = append(kept, out)
		}
	}
	w.left = kept
}

// checkAppSpec sees that the root has an AppSpec file.
func (w *walker) checkAppSpec() error {
	for i := range w.entries {
		if w.entries[i].Path == appspec.FileName && !w.entries[i].Mode.IsDir() {
			return nil
		}
	}
	if _, err := appspec.Find(os.DirFS(w.root)); err != nil {
		return fmt.Errorf("bundle %s: %w", w.dir, err)
	}
	return fmt.Errorf("bundle %s: %w", w.dir, &appspec.NotFoundError{})
}
