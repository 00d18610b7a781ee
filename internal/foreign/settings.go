package foreign

import (
	"slices"

	"github.com/cdx-deploy/cdx/internal/scaffold"
)

// settings turns the deployments into a cdx.yml. What all of them have in common stands
// at its top.
func (r *reader) settings() *scaffold.Settings {
	r.nameEnvironments()
	s := &scaffold.Settings{
		Comment: []string{"Carried over from " + r.name + " (" + r.system + ") by cdx init. What each deployment of", "there did is now done by: cdx deploy"},
		Pairs:   []scaffold.Pair{{Name: "wait", Values: []string{"true"}, Comment: "follow each deployment to its end"}},
	}
	common := r.common()
	s.Pairs = append(s.Pairs, common...)
	if r.deployments[0].environment == "" {
		return s // it is the only one, for every branch: all of it is common
	}
	for _, name := range r.environments() {
		s.Environments = append(s.Environments, r.environment(name, common))
	}
	return s
}

// nameEnvironments gives a name to each deployment that needs an environment and has
// none: every one, unless there is a single one for all branches.
func (r *reader) nameEnvironments() {
	for i := range r.deployments {
		d := &r.deployments[i]
		if d.environment == "" && (len(d.branches) > 0 || len(r.deployments) > 1) {
			d.environment = r.environmentName(*d)
		}
	}
}

// common are the settings that every deployment has with the same value.
func (r *reader) common() (pairs []scaffold.Pair) {
	for _, candidate := range r.deployments[0].pairs {
		everywhere := true
		for _, d := range r.deployments {
			everywhere = everywhere && has(d.pairs, candidate)
		}
		if everywhere {
			pairs = append(pairs, candidate)
		}
	}
	return pairs
}

func has(pairs []scaffold.Pair, wanted scaffold.Pair) bool {
	return slices.ContainsFunc(pairs, func(p scaffold.Pair) bool { return p.Name == wanted.Name && slices.Equal(p.Values, wanted.Values) })
}

// environments are the names, each once, in their order.
func (r *reader) environments() (names []string) {
	for _, d := range r.deployments {
		if !slices.Contains(names, d.environment) {
			names = append(names, d.environment)
		}
	}
	return names
}

// environment is what the deployments of one name become: the environment's own
// settings, or a list of applications where there are several.
func (r *reader) environment(name string, common []scaffold.Pair) scaffold.Environment {
	env := scaffold.Environment{Name: name}
	var several [][]scaffold.Pair
	for _, d := range r.deployments {
		if d.environment != name {
			continue
		}
		for _, branch := range d.branches {
			if !slices.Contains(env.Branches, branch) {
				env.Branches = append(env.Branches, branch)
			}
		}
		several = append(several, slices.DeleteFunc(slices.Clone(d.pairs), func(p scaffold.Pair) bool {
			return p.Name != "application-name" && has(common, p)
		}))
	}
	if len(several) > 1 {
		env.Applications = several
		return env
	}
	env.Pairs = slices.DeleteFunc(several[0], func(p scaffold.Pair) bool { return has(common, p) })
	return env
}
