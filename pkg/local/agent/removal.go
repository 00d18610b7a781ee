package agent

import (
	"path"
	"slices"
	"strings"
)

// planRemoval plans the removal of what the group's previous deployment installed, in the reverse
// order of its installation: files and links go, folders only when nothing else is left in them.
// From then on the host looks to the planner as if they were gone.
// Source: aws/aws-codedeploy-agent install_instruction.rb, RemoveCommand.
func (p *planner) planRemoval() error {
	for _, line := range slices.Backward(p.opts.Installed) {
		at := strings.TrimSpace(line)
		if !strings.HasPrefix(at, "/") {
			continue
		}
		found, err := p.host.lookup(at, false)
		if err != nil || !found.exists() || found.rel == "." {
			continue
		}
		goes, err := p.isRemoved(at, found)
		if err != nil {
			return err
		}
		if goes {
			p.host.removed[found.rel] = true
			p.host.forget(found.rel)
			p.out.Remove = append(p.out.Remove, at)
		}
	}
	return nil
}

// isRemoved reports whether the agent would remove what is there. Agent v2 leaves links that lead
// nowhere, because it asks first whether there is something.
func (p *planner) isRemoved(at string, found place) (bool, error) {
	if found.isLink() {
		return !p.v2 || p.host.exists(at), nil
	}
	if !found.isDir() {
		return true, nil
	}
	names, err := p.host.names(found.rel)
	if err != nil {
		return false, err
	}
	for _, name := range names {
		if !p.host.removed[path.Join(found.rel, name)] {
			return false, nil
		}
	}
	return true, nil
}
