package agent

import (
	"errors"
	"io/fs"
	"path"
	"slices"
	"time"
)

// imaginedInfo is what a step that was not carried out would have written.
type imaginedInfo struct {
	step *Step
}

func (i *imaginedInfo) Name() string       { return path.Base(i.step.Path) }
func (i *imaginedInfo) Size() int64        { return i.step.Size }
func (i *imaginedInfo) Mode() fs.FileMode  { return i.step.Mode }
func (i *imaginedInfo) ModTime() time.Time { return time.Time{} }
func (i *imaginedInfo) IsDir() bool        { return i.step.Mode.IsDir() }
func (i *imaginedInfo) Sys() any           { return nil }

// imagine makes a frozen host look as if a plan had been carried out, and returns the record that would
// have left.
func (h *hostRoot) imagine(plan *Plan) (installed []string) {
	h.imagined, h.inside = map[string]*imaginedInfo{}, map[string][]string{}
	installed = plan.Installed()
	for i := range installed {
		step := &plan.Steps[i]
		found, err := h.lookup(step.Path, step.Link == "")
		if err != nil || found.rel == "." {
			continue
		}
		if h.imagined[found.rel] == nil {
			dir := path.Dir(found.rel)
			h.inside[dir] = append(h.inside[dir], path.Base(found.rel))
		}
		h.imagined[found.rel] = &imaginedInfo{step}
	}
	return installed
}

// readlink returns the target of the link at rel.
func (h *hostRoot) readlink(rel string) (string, error) {
	if info := h.imagined[rel]; info != nil {
		return info.step.Link, nil
	}
	return h.root.Readlink(rel)
}

// names returns what is in the folder at rel.
func (h *hostRoot) names(rel string) ([]string, error) {
	names := slices.Clone(h.inside[rel])
	if h.root == nil {
		return names, nil
	}
	entries, err := fs.ReadDir(h.root.FS(), rel)
	if err != nil && !(errors.Is(err, fs.ErrNotExist) && h.imagined[rel] != nil) {
		return nil, err
	}
	for _, entry := range entries {
		names = append(names, entry.Name())
	}
	return names, nil
}
