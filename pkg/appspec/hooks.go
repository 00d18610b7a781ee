package appspec

import (
	"fmt"
	"path"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

var (
	hooksShape = &Rule{
		Name: "hooks-shape", refuses: byBoth,
		Summary: "hooks is not a mapping of events to lists of scripts",
		Why:     "Agent v1 stops with a NoMethodError, agent v2 with “invalid type”. Only ECS and Lambda have a list of events.",
		Fix:     "Write each event as a key, and under it one “- location: …” for each script.",
		Source:  "aws/aws-codedeploy-agent application_specification.rb, parse_hooks; parse.rs",
		Fires:   Example{AppSpec: inHooks("AfterInstall:\n    - bin/go.sh")},
		Silent:  Example{AppSpec: inHooks("AfterInstall:\n    - location: bin/go.sh")},
	}
	hookUnknown = &Rule{
		Name: "hook-unknown", warns: byBoth,
		Summary: "a lifecycle event that does not exist",
		Why:     "The agents parse any name and never run its scripts. codedeploy-local refuses the file.",
		Fix:     "Correct the spelling; upper and lower case count.",
		Source:  "aws/aws-codedeploy-agent command_poller.rb, DEFAULT_HOOK_MAPPING",
		Fires:   Example{AppSpec: inHooks("Afterinstall:\n    - location: bin/go.sh")},
		Silent:  Example{AppSpec: inHooks("AfterInstall:\n    - location: bin/go.sh")},
	}
	hookReserved = &Rule{
		Name: "hook-reserved", warns: byBoth,
		Summary: "a lifecycle event that cannot run scripts",
		Why:     "Start, DownloadBundle, Install, BlockTraffic, AllowTraffic and End are the agent's and the service's own.",
		Fix:     "Move the scripts to the event before or after it.",
		Source:  "https://docs.aws.amazon.com/codedeploy/latest/userguide/reference-appspec-file-structure-hooks.html",
		Fires:   Example{AppSpec: inHooks("Install:\n    - location: bin/go.sh")},
		Silent:  Example{AppSpec: inHooks("AfterInstall:\n    - location: bin/go.sh")},
	}
	hookEmpty = &Rule{
		Name: "hook-empty", warns: byBoth,
		Summary: "a lifecycle event without scripts",
		Why:     "Nothing runs there.",
		Fix:     "Add the script, or remove the event.",
		Source:  "aws/aws-codedeploy-agent application_specification.rb, parse_hooks",
		Fires:   Example{AppSpec: inHooks("AfterInstall:")},
		Silent:  Example{AppSpec: inHooks("AfterInstall:\n    - location: bin/go.sh")},
	}
	locationMissing = &Rule{
		Name: "location-missing", refuses: byBoth,
		Summary: "a script without location",
		Why:     "Both agents refuse the file.",
		Fix:     "Write the script's path within the revision.",
		Source:  "aws/aws-codedeploy-agent application_specification.rb, parse_hooks; hooks.rs, ScriptLocation::new",
		Fires:   Example{AppSpec: inHooks("AfterInstall:\n    - timeout: 60")},
		Silent:  Example{AppSpec: inHooks("AfterInstall:\n    - location: bin/go.sh")},
	}
	locationArguments = &Rule{
		Name: "location-with-arguments", fails: byBoth,
		Summary: "a script with arguments, or a command line",
		Why:     "The whole text is looked up as a file name: “Script does not exist at specified location”. A real file name with a space in it breaks agent v1's su command.",
		Fix:     "Put the command into a script of its own, without spaces in its name.",
		Source:  "aws/aws-codedeploy-agent hook_executor.rb, execute_script; linux_util.rb, prepare_script_command",
		Fires:   Example{AppSpec: withLocation("linux", "bin/go.sh --fast")},
		Silent:  Example{AppSpec: withLocation("linux", "bin/go-fast.sh")},
	}
	locationBlanks = &Rule{
		Name: "location-blanks", warns: byBoth,
		Summary: "blanks around a script's location",
		Why:     "The agents strip them; other tools that read the file may not.",
		Fix:     "Remove the blanks.",
		Source:  "aws/aws-codedeploy-agent application_specification.rb, parse_hooks",
		Fires:   Example{AppSpec: withLocation("linux", "'bin/go.sh '")},
		Silent:  Example{AppSpec: withLocation("linux", "'bin/go.sh'")},
	}
	onWindowsIgnored = &Rule{
		Name: "ignored-on-windows", warns: byBoth,
		Summary: "runas or sudo on Windows",
		Why:     "On Windows every script runs as the agent's own user; both settings are ignored.",
		Fix:     "Remove the setting.",
		Source:  "aws/aws-codedeploy-agent windows_util.rb, prepare_script_command",
		Fires:   Example{AppSpec: withLocation("windows", "bin/go.bat\n      runas: Administrator")},
		Silent:  Example{AppSpec: withLocation("linux", "bin/go.sh\n      runas: root")},
	}
	scriptOnWrongSystem = &Rule{
		Name: "script-on-wrong-system", warns: byBoth,
		Summary: "a shell script on Windows, or a batch or PowerShell script on Linux",
		Why:     "Windows has no program for .sh files, Linux none for .bat, .cmd and .ps1 files.",
		Fix:     "Write the script for the system that os names.",
		Source:  "aws/aws-codedeploy-agent windows_util.rb and linux_util.rb, prepare_script_command",
		Fires:   Example{AppSpec: withLocation("windows", "bin/go.sh")},
		Silent:  Example{AppSpec: withLocation("windows", "bin/go.ps1")},
	}
	sudoNotBoolean = &Rule{
		Name: "sudo-not-boolean", refuses: byV2, warns: byV1,
		Summary: "sudo is not true or false",
		Why:     "Agent v2 refuses the file. Agent v1 takes anything but an empty value, false and no for yes, also the text 'false'.",
		Fix:     "Write true or false, without quotes.",
		Source:  "aws/aws-codedeploy-agent application_specification.rb, parse_hooks; parse.rs, RawScript",
		Fires:   Example{AppSpec: inScript("sudo: 'false'")},
		Silent:  Example{AppSpec: inScript("sudo: true")},
	}
)

func hookRules() []*Rule {
	return []*Rule{
		hooksShape, hookUnknown, hookReserved, hookEmpty, locationMissing, locationArguments, locationBlanks,
		onWindowsIgnored, scriptOnWrongSystem, sudoNotBoolean,
	}
}

// hooks checks the hooks section.
func (c *checker) hooks(root place, system string) {
	c.each(root, "hooks", func(p place) {
		if p.node.Kind != yaml.MappingNode {
			refused := refusedIf(byV1, !ruby(p.node).falsy()) | refusedIf(byV2, !rustEmpty(p.node))
			c.shape(p, hooksShape, refused&p.by, "a mapping of events to scripts")
			return
		}
		c.events(p, system)
	})
}

// events checks the events of a hooks section, also those that agent v1 merges in.
func (c *checker) events(hooks place, system string) {
	for i := 0; i+1 < len(hooks.node.Content); i += 2 {
		key, value := deref(hooks.node.Content[i]), hooks.node.Content[i+1]
		p := place{deref(value), hooks.below(key.Value), hooks.by}
		switch {
		case key.Kind != yaml.ScalarNode:
		case isMergeKey(key):
			if p.by &= byV1; p.by != 0 && value.Kind == yaml.MappingNode {
				c.events(p, system)
			}
		default:
			c.event(p, hooks.node.Content[i], key.Value, system)
		}
	}
}

func (c *checker) event(p place, key *yaml.Node, name, system string) {
	c.eventName(place{key, p.where, p.by}, name)
	scripts := c.scripts(p)
	if scripts == nil && p.node.Kind != yaml.SequenceNode {
		return
	}
	if len(scripts) == 0 && len(p.node.Content) == 0 {
		c.report(hookEmpty, place{key, p.where, p.by}, quoted(name)+" has no scripts", "a list of scripts", "")
	}
	total, longest := int64(0), int64(0)
	for _, script := range scripts {
		seconds := c.script(script, system)
		total, longest = min(total+seconds, maxSeconds), max(longest, seconds)
	}
	if total > hookSeconds && longest <= hookSeconds {
		c.report(timeoutsTooLong, place{key, p.where, p.by}, fmt.Sprintf("the timeouts of %s add up to %d seconds", quoted(name), total), "at most 3600 seconds in one event", "")
	}
}

// eventName reports names that are none of an event that runs scripts.
func (c *checker) eventName(p place, name string) {
	switch {
	case slices.Contains(ServerEvents(), name):
	case slices.Contains(ReservedServerEvents(), name):
		c.report(hookReserved, p, quoted(name)+" cannot run scripts", "one of "+strings.Join(ServerEvents(), ", "), "")
	default:
		fix := ""
		near, ok := nearest(name, ServerEvents())
		if ok {
			fix = "did you mean " + near + "?"
		}
		problem := c.report(hookUnknown, p, "there is no lifecycle event "+quoted(name)+", so its scripts never run", "one of "+strings.Join(ServerEvents(), ", "), fix)
		problem.edit = c.replacingIf(p.node, strings.EqualFold(near, name), near)
	}
}

// scripts returns the entries of an event: nil if its value is no list, which is reported
// unless both agents take it for none.
func (c *checker) scripts(p place) []place {
	if p.node.Kind != yaml.SequenceNode && ruby(p.node).falsy() && rustAbsent(p.node) {
		c.report(hookEmpty, p, lastKey(p.where)+" has no scripts", "a list of scripts", "")
	}
	return c.list(p, hooksShape, true, "a list of scripts")
}

// script checks one script and returns its stated timeout in seconds, 0 without one.
func (c *checker) script(p place, system string) int64 {
	if p.node.Kind != yaml.MappingNode {
		c.report(hooksShape, p, "the script is "+kindName(p.node), "a mapping with location", "write - location: before it").edit = c.inserting(p.node, p.node.Kind == yaml.ScalarNode && isPlain(p.node) && p.node.Value != "", "location: ")
		return 0
	}
	c.keys(p, scriptKeys())
	c.required(p, "location", locationMissing, func(value place) { c.location(value, system) })
	c.each(p, "runas", func(value place) { c.runas(value, system) })
	c.each(p, "sudo", func(value place) { c.sudo(value, system) })
	seconds := int64(0)
	c.each(p, "timeout", func(value place) { seconds = max(seconds, c.timeout(value)) })
	return seconds
}

func (c *checker) location(p place, system string) {
	if p.node.Kind == yaml.ScalarNode {
		blank := (refusedIf(byV1, rubyStrip(ruby(p.node).text) == "") | refusedIf(byV2, strings.TrimSpace(p.node.Value) == "")) & p.by
		if blank != 0 {
			c.report(locationMissing, p, "location is blank", "a path in the revision", "").refusedBy(blank).says = missingMessage(locationMissing)
			return
		}
	}
	text, ok := c.path(p, system, locationPath)
	if !ok {
		return
	}
	if p.node.Value != strings.TrimSpace(p.node.Value) && p.node.Style&(yaml.SingleQuotedStyle|yaml.DoubleQuotedStyle) != 0 {
		c.report(locationBlanks, p, "blanks around "+quoted(text), "the path alone", "write "+text).edit = c.trimming(p.node)
	}
	if strings.ContainsAny(text, " \t") && (!c.exists(text, locationPath) || system != "windows") {
		c.report(locationArguments, p, quoted(text)+" is looked up as a file name, and holds a space", "the path of a script, without arguments", "put the command into a script of its own")
	}
	if wrongSystem(text, system) {
		c.report(scriptOnWrongSystem, p, fmt.Sprintf("%s is a script for another system than %s", quoted(text), system), "a script for "+system, "")
	}
	if !strings.ContainsAny(text, " \t") {
		c.besideScript(p, text, system)
	}
}

// wrongSystem tells by its ending whether a script is for another operating system.
func wrongSystem(location, system string) bool {
	command, _, _ := strings.Cut(location, " ")
	switch strings.ToLower(path.Ext(slashed(command))) {
	case ".sh", ".bash":
		return system == "windows"
	case ".ps1", ".bat", ".cmd":
		return system == "linux"
	}
	return false
}

func (c *checker) runas(p place, system string) {
	v := ruby(p.node)
	switch {
	case p.node.Kind != yaml.ScalarNode:
		c.report(pathNotText, p, "runas is "+kindName(p.node), "a user's name", "")
	case system == "windows" && v.kind != rubyNil:
		c.report(onWindowsIgnored, p, "runas is ignored on Windows", "no runas", "remove it")
	case v.kind == rubyBool:
		c.booleanText(p, v)
	}
}

func (c *checker) sudo(p place, system string) {
	value, isBool := rustBool(p.node)
	v := ruby(p.node)
	switch {
	case !isBool && !rustAbsent(p.node):
		truth := "true"
		if v.falsy() {
			truth = "false"
		}
		problem := c.report(sudoNotBoolean, p, "sudo is "+kindName(p.node)+": agent v1 takes it for "+truth+", agent v2 refuses it", "true or false, without quotes", "")
		if written, known := writtenBool(p.node.Value); known && written == (truth == "true") {
			problem.warns = 0
			problem.edit = c.replacing(p.node, truth)
		}
	case system == "windows" && value:
		c.report(onWindowsIgnored, p, "sudo is ignored on Windows", "no sudo", "remove it")
	}
}

// writtenBool reads a boolean as people write it.
func writtenBool(text string) (value, ok bool) {
	switch strings.ToLower(text) {
	case "true", "yes", "on", "y", "1":
		return true, true
	case "false", "no", "off", "n", "0":
		return false, true
	}
	return false, false
}

// hasScripts tells whether any event has a script.
func (c *checker) hasScripts(root place) bool {
	for _, hooks := range root.key("hooks") {
		for i := 1; i < len(hooks.node.Content); i += 2 {
			if len(deref(hooks.node.Content[i]).Content) > 0 {
				return true
			}
		}
	}
	return false
}
