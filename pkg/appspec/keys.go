package appspec

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/agnivade/levenshtein"
	"go.yaml.in/yaml/v3"
)

func topKeys() []string {
	return []string{"version", "os", "files", "permissions", "hooks", "file_exists_behavior"}
}

func fileKeys() []string   { return []string{"source", "destination"} }
func scriptKeys() []string { return []string{"location", "timeout", "runas", "sudo"} }
func permissionKeys() []string {
	return []string{"object", "pattern", "except", "type", "owner", "group", "mode", "acls", "context"}
}
func contextKeys() []string { return []string{"name", "type", "range"} }

var (
	unknownKey = &Rule{
		Name: "unknown-key", warns: byAnyone, Platforms: everyPlatform(),
		Summary: "a key that nobody reads",
		Why:     "The agents ignore keys that they do not know, so a misspelt setting is no setting.",
		Fix:     "Correct the spelling, or remove the key. Keys of your own at the top level may begin with x-.",
		Source:  "aws/aws-codedeploy-agent application_specification.rb; parse.rs",
		Fires:   Example{AppSpec: inScript("args: [--fast]")},
		Silent:  Example{AppSpec: inScript("timeout: 60") + "x-owner: team-shop\n"},
	}
	hookAtTopLevel = &Rule{
		Name: "hook-at-top-level", warns: byBoth,
		Summary: "a lifecycle event beside hooks instead of inside it",
		Why:     "The agents look for scripts only in hooks, so these never run.",
		Fix:     "Indent the event under hooks.",
		Source:  "aws/aws-codedeploy-agent application_specification.rb, parse_hooks",
		Fires:   Example{AppSpec: "version: 0.0\nos: linux\nhooks:\nAfterInstall:\n  - location: bin/go.sh\n"},
		Silent:  Example{AppSpec: inScript("timeout: 60")},
	}
	filesOverwrite = &Rule{
		Name: "files-overwrite", warns: byBoth,
		Summary: "overwrite inside an entry of files",
		Why:     "There is no such setting. Whether existing files are overwritten is decided by file_exists_behavior at the top level, which is DISALLOW if nobody says otherwise.",
		Fix:     "Remove it and write file_exists_behavior: OVERWRITE at the top level.",
		Source:  "aws/aws-codedeploy-agent application_specification.rb, parse_file_exists_behavior",
		Fires:   Example{AppSpec: inFiles("build", "/srv/shop\n    overwrite: yes")},
		Silent:  Example{AppSpec: inFiles("build", "/srv/shop\nfile_exists_behavior: OVERWRITE")},
	}
)

func keyRules() []*Rule { return []*Rule{unknownKey, hookAtTopLevel, filesOverwrite} }

// keys reports the keys of a mapping that no agent reads.
func (c *checker) keys(p place, known []string) {
	for i := 0; i+1 < len(p.node.Content); i += 2 {
		written, key := p.node.Content[i], deref(p.node.Content[i])
		if key.Kind != yaml.ScalarNode || isMergeKey(key) || slices.Contains(known, key.Value) {
			continue
		}
		at := place{written, p.below(key.Value), p.by}
		if p.where == "" && strings.HasPrefix(strings.ToLower(key.Value), "x-") {
			continue
		}
		c.unknown(at, key.Value, known, p.where == "")
	}
}

func (c *checker) unknown(at place, name string, known []string, top bool) {
	if event, ok := nearest(name, append(ServerEvents(), ReservedServerEvents()...)); ok && top {
		c.report(hookAtTopLevel, at, fmt.Sprintf("%s stands beside hooks, so its scripts never run", quoted(name)), "hooks."+event, "indent it under hooks")
		return
	}
	fix := ""
	if near, ok := nearest(name, known); ok {
		fix = "did you mean " + near + "?"
	}
	c.report(unknownKey, at, fmt.Sprintf("the agents ignore the key %s", quoted(name)), "one of "+strings.Join(slices.Sorted(slices.Values(known)), ", "), fix)
}

// nearest finds the name that somebody probably meant: letters in another case, or at
// most one mistake in three letters. Of equals the first wins.
func nearest(name string, candidates []string) (string, bool) {
	if len(name) > 2*maxQuoted {
		return "", false
	}
	best, length := "", utf8.RuneCountInString(name)
	least := length/3 + 1
	for _, candidate := range candidates {
		if apart := length - utf8.RuneCountInString(candidate); apart >= least || -apart >= least {
			continue
		}
		distance := levenshtein.ComputeDistance(strings.ToLower(name), strings.ToLower(candidate))
		if distance < least {
			best, least = candidate, distance
		}
	}
	return best, best != ""
}
