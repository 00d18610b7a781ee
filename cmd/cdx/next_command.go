package main

import (
	"fmt"
	"slices"
	"strings"

	"github.com/cdx-deploy/cdx/internal/settings"
	"github.com/cdx-deploy/cdx/pkg/revision"
)

// reachFlags are the flags that any command needs to reach the same account, by the same
// settings of cdx.yml.
var reachFlags = []string{"config", "env", "region", "profile", "endpoint-url", "ca-bundle", "no-verify-ssl"}

// reach are the flags that make any command reach the same account, like " --region
// eu-west-1": those that were typed, and the region of an environment of cdx.yml, which
// a command that is given an ID does not pick by itself.
func reach(set *settings.Set) string {
	flags := typed(set, reachFlags...)
	if set.Environment != "" && !set.Trusted("region") && set.Origin("env") != "--env" {
		flags += " --region " + revision.ShellQuote(set.String("region"))
	}
	return flags
}

// typed are those of the flags that were given on the command line, as they may be typed
// again.
func typed(set *settings.Set, names ...string) string {
	var b strings.Builder
	for _, name := range names {
		if set.Origin(name) != "--"+name {
			continue
		}
		switch setting, _ := settings.Lookup(name); {
		case setting.Kind == settings.Bool && !set.Bool(name):
			b.WriteString(" --no-" + name)
		case setting.Kind == settings.Bool:
			b.WriteString(" --" + name)
		case setting.Kind == settings.Strings:
			for _, value := range set.Strings(name) {
				b.WriteString(" --" + name + " " + revision.ShellQuote(value))
			}
		case setting.Bare != "":
			b.WriteString(" --" + name + "=" + revision.ShellQuote(set.String(name)))
		default:
			b.WriteString(" --" + name + " " + revision.ShellQuote(set.String(name)))
		}
	}
	return b.String()
}

// again is the command that deploys a unit again to one of its groups, but for the flags
// that reach the account.
func (p *program) again(u *unit, group string) string {
	if p.local != nil {
		names := slices.Concat([]string{"config", "env", "application-name", "deployment-group-name"}, createFlags, packageFlags, localFlags[1:])
		return "cdx deploy --local" + typed(u.set, names...) + " " + asArgument(u.dir)
	}
	text := fmt.Sprintf("cdx deploy --wait -a %s -g %s", revision.ShellQuote(u.application), revision.ShellQuote(group))
	switch {
	case u.content != "":
		text += typed(u.set, slices.Concat(packageFlags, fillFlags)...) + " " + asArgument(u.dir)
	case u.revision.S3Location != nil:
		text += " --revision " + revision.ShellQuote(revision.URL(u.revision))
	case u.revision.GitHubLocation != nil:
		text += " --github-location " + revision.Shorthand(u.revision)
	default:
		return "" // the revision of an old deployment, which only the service can name
	}
	return text + typed(u.set, createFlags...)
}

// asArgument is a directory as an argument that is not taken for a flag.
func asArgument(dir string) string {
	if strings.HasPrefix(dir, "-") {
		dir = "./" + dir
	}
	return revision.ShellQuote(dir)
}
