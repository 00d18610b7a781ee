package settings

import (
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/cdx-deploy/cdx/internal/suggest"
)

// EnvironmentError says why no environment of a cdx.yml could be picked.
type EnvironmentError struct {
	Message string
	Known   []string // the environments there are
}

func (e *EnvironmentError) Error() string {
	if len(e.Known) == 0 {
		return e.Message
	}
	return e.Message + " (environments: " + strings.Join(e.Known, ", ") + ")"
}

// Pick returns the environment called name, or without a name the one whose
// branch matches. It returns nil without an error when the file, which may be
// nil, has no environments and none was asked for. Otherwise no match, and more
// than one, are an [*EnvironmentError].
func (f *File) Pick(name, branch string) (*Environment, error) {
	if f == nil || len(f.Environments) == 0 {
		if name == "" {
			return nil, nil
		}
		return nil, &EnvironmentError{Message: fmt.Sprintf("environment %q: there is no %s with environments", name, FileName)}
	}
	if name != "" {
		return f.named(name)
	}
	return f.matching(branch)
}

func (f *File) names() []string {
	var names []string
	for _, env := range f.Environments {
		names = append(names, env.Name)
	}
	return names
}

func (f *File) named(name string) (*Environment, error) {
	for i := range f.Environments {
		if f.Environments[i].Name == name {
			return &f.Environments[i], nil
		}
	}
	message := fmt.Sprintf("%s has no environment %q", f.Path, name)
	if nearest, ok := suggest.Nearest(name, f.names()); ok {
		message += fmt.Sprintf(": did you mean %s?", nearest)
	}
	return nil, &EnvironmentError{Message: message, Known: f.names()}
}

func (f *File) matching(branch string) (*Environment, error) {
	var found []*Environment
	for i := range f.Environments {
		if f.Environments[i].matches(branch) {
			found = append(found, &f.Environments[i])
		}
	}
	switch {
	case len(found) == 1:
		return found[0], nil
	case len(found) > 1:
		return nil, &EnvironmentError{
			Message: fmt.Sprintf("branch %q matches the environments %s and %s of %s: choose one with --env NAME", branch, found[0].Name, found[1].Name, f.Path),
			Known:   f.names(),
		}
	case branch == "":
		return nil, &EnvironmentError{
			Message: fmt.Sprintf("which environment of %s? No branch is known here to choose it by (a pull-request build has none): use --env NAME", f.Path),
			Known:   f.names(),
		}
	default:
		return nil, &EnvironmentError{
			Message: fmt.Sprintf("no environment of %s is for branch %q: choose one with --env NAME", f.Path, branch),
			Known:   f.names(),
		}
	}
}

func (e *Environment) matches(branch string) bool {
	return branch != "" && slices.ContainsFunc(e.Branches, func(pattern string) bool {
		ok, err := path.Match(pattern, branch)
		return ok && err == nil
	})
}
