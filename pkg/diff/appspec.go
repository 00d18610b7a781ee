package diff

import (
	"bytes"
	"context"
	"path"

	"github.com/cdx-deploy/cdx/pkg/appspec"
)

const (
	appSpecName = appspec.FileName
	// maxAppSpecDiff is the largest AppSpec file whose difference is told, in bytes.
	maxAppSpecDiff = 64 << 10
)

// oldAppSpec reads the AppSpec file of the bundle; nil if there is none, it is the same as
// the directory's, or too large for an agent.
func (c *comparison) oldAppSpec(ctx context.Context) ([]byte, error) {
	old := c.old[appSpecName]
	if old == nil || !old.isFile() || old.size > appspec.MaxSize || !c.differs(appSpecName) {
		return nil, nil
	}
	for content, err := range c.bundle.read(ctx, map[int]bool{old.at: true}) {
		return content.data, err
	}
	return nil, nil
}

// newAppSpec reads the AppSpec file of the directory; nil if it is too large for an agent.
func (c *comparison) newAppSpec(ctx context.Context) ([]byte, error) {
	entry := c.new[appSpecName]
	if entry == nil || !entry.isFile() || entry.size > appspec.MaxSize {
		return nil, nil
	}
	var data bytes.Buffer
	err := c.tree.WriteContent(ctx, entry.at, &data)
	return data.Bytes(), err
}

// assignRoles tells the AppSpec file and the scripts that one of its versions runs.
func assignRoles(changes []Change, appSpecs ...[]byte) {
	scripts := make(map[string]bool)
	for _, text := range appSpecs {
		addScripts(scripts, text)
	}
	for i := range changes {
		switch {
		case changes[i].Path == appSpecName:
			changes[i].Role = AppSpec
		case scripts[changes[i].Path]:
			changes[i].Role = Hook
		}
	}
}

// addScripts adds the scripts that an AppSpec file runs; none for one that every agent
// refuses.
func addScripts(scripts map[string]bool, text []byte) {
	if text == nil {
		return
	}
	file := appspec.Parse(appSpecName, text)
	spec, err := file.Spec(appspec.AgentV1)
	if err != nil {
		spec, err = file.Spec(appspec.AgentV2)
	}
	if err != nil {
		return
	}
	for _, hook := range spec.Hooks {
		for _, script := range hook {
			scripts[path.Clean(script.Location)] = true
		}
	}
}
