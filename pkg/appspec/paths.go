package appspec

import (
	"strings"
	"unicode"

	"go.yaml.in/yaml/v3"
)

var (
	pathNotText = &Rule{
		Name: "path-not-text", refuses: byV2, fails: byV1,
		Summary: "a number, boolean, list or mapping where a path belongs",
		Why:     "Agent v1 stops with a TypeError in the Install event; agent v2 refuses lists and mappings and takes anything else as text.",
		Fix:     "Put the path between quotes.",
		Source:  "aws/aws-codedeploy-agent file_info.rb, installer.rb; parse.rs",
		Fires:   Example{AppSpec: inFiles("2024", "/srv/shop")},
		Silent:  Example{AppSpec: inFiles("'2024'", "/srv/shop")},
	}
	pathControlCharacter = &Rule{
		Name: "path-control-character", warns: byBoth,
		Summary: "a line break, tab or other control character in a path",
		Why:     `In double quotes \t, \n and \r are tab and line breaks, so "C:\temp\new" is no path; a block (| or >) ends with a line break.`,
		Fix:     "Put the path between single quotes.",
		Source:  "YAML 1.1, section 5.6",
		Fires:   Example{AppSpec: onWindows("site", `"C:\temp\new"`)},
		Silent:  Example{AppSpec: onWindows("site", `'C:\temp\new'`)},
	}
	pathTilde = &Rule{
		Name: "path-tilde", fails: byBoth, warns: byBoth,
		Summary: "~ at the start of a path",
		Why:     "Nothing expands it: a source or script of that name is missing, a permission matches nothing, and a destination fails (“File exists”) with agent v1, while agent v2 takes it for the home directory of the agent's own user.",
		Fix:     "Write the full path.",
		Source:  "aws/aws-codedeploy-agent installer.rb, hook_executor.rb",
		Fires:   Example{AppSpec: inFiles("build", "~/shop")},
		Silent:  Example{AppSpec: inFiles("build", "/home/ann/shop")},
	}
	pathVariable = &Rule{
		Name: "path-variable", fails: byBoth, warns: byBoth,
		Summary: "a variable in a path",
		Why:     "Nothing expands it: a source or script of that name is missing, and a destination becomes a directory that is really called $HOME.",
		Fix:     "Write the path itself.",
		Source:  "aws/aws-codedeploy-agent installer.rb, hook_executor.rb",
		Fires:   Example{AppSpec: inFiles("build", "$HOME/shop")},
		Silent:  Example{AppSpec: inFiles("build", "/home/ann/shop")},
	}
	pathGlob = &Rule{
		Name: "path-glob", fails: byBoth, warns: byBoth,
		Summary: "a wildcard in a path",
		Why:     "Nothing expands it: a source or script of that name is missing, and a permission's object matches nothing.",
		Fix:     "Name the directory, or the one file; in permissions put the wildcard into pattern.",
		Source:  "aws/aws-codedeploy-agent installer.rb, hook_executor.rb",
		Fires:   Example{AppSpec: inFiles("target/*.jar", "/srv/shop")},
		Silent:  Example{AppSpec: inFiles("target", "/srv/shop")},
	}
	pathParent = &Rule{
		Name: "path-parent", warns: byBoth,
		Summary: "a path that leads out of the revision",
		Why:     "What is there is not part of the revision; agent v2 can be set to refuse such paths.",
		Fix:     "Put what is needed into the revision.",
		Source:  "aws/aws-codedeploy-agent installer.rb, hook_executor.rb",
		Fires:   Example{AppSpec: inFiles("../shared", "/srv/shop")},
		Silent:  Example{AppSpec: inFiles("common/../build", "/srv/shop")},
	}
	pathOnInstance = &Rule{
		Name: "path-on-instance", fails: byBoth, warns: byBoth,
		Summary: "a path of the instance where a path in the revision belongs",
		Why:     "source and location are joined to the revision's own directory, also after a leading slash, so the file is probably missing there.",
		Fix:     "Write the path within the revision.",
		Source:  "aws/aws-codedeploy-agent hook_executor.rb, execute_script; installer.rb",
		Fires:   Example{AppSpec: withLocation("linux", "/home/ubuntu/app/bin/go.sh")},
		Silent:  Example{AppSpec: withLocation("linux", "/bin-scripts/go.sh")},
	}
	windowsPathOnLinux = &Rule{
		Name: "windows-path-on-linux", fails: byBoth, warns: byBoth,
		Summary: "a backslash or a drive in a path on Linux",
		Why:     "On Linux a backslash is part of a file's name: a source or script of that name is missing, and a destination becomes one oddly named directory.",
		Fix:     "Write slashes, or os: windows.",
		Source:  "aws/aws-codedeploy-agent installer.rb, hook_executor.rb",
		Fires:   Example{AppSpec: inFiles(`build\web`, "/srv/shop")},
		Silent:  Example{AppSpec: onWindows(`build\web`, `C:\shop`)},
	}
	leadingBackslash = &Rule{
		Name: "leading-backslash", warns: byV2,
		Summary: "a leading backslash in a source or location",
		Why:     "Agent 2.0.0 takes it from the root of the drive, where the file is missing; 2.0.1 and agent v1 from the revision.",
		Fix:     "Leave the leading backslash out.",
		Source:  "aws/aws-codedeploy-agent 2.0.1, commit 090fbc9",
		Fires:   Example{AppSpec: onWindows(`\site`, `C:\shop`)},
		Silent:  Example{AppSpec: onWindows(`site`, `C:\shop`)},
	}
	booleanAsText = &Rule{
		Name: "boolean-as-text", warns: byV1,
		Summary: "yes, no, on, off, true or false where a text belongs",
		Why:     "YAML 1.1 makes booleans of them: to agent v1 the user no is the user false, and the script yes is the script true. Agent v2 takes the word as it is written.",
		Fix:     "Put the word between quotes.",
		Source:  "ruby/psych lib/psych/scalar_scanner.rb",
		Fires:   Example{AppSpec: inScript("runas: no")},
		Silent:  Example{AppSpec: inScript("runas: 'no'")},
	}
)

func pathRules() []*Rule {
	return []*Rule{
		pathNotText, pathControlCharacter, pathTilde, pathVariable, pathGlob, pathParent, pathOnInstance, windowsPathOnLinux,
		leadingBackslash, booleanAsText,
	}
}

// pathKind is what a path is for.
type pathKind int

const (
	sourcePath pathKind = iota
	destinationPath
	locationPath
	objectPath
)

// inBundle tells whether the path is one in the revision.
func (k pathKind) inBundle() bool { return k == sourcePath || k == locationPath }

// path checks a path and returns its text; ok is false if there is none to go on with.
func (c *checker) path(p place, system string, kind pathKind) (text string, ok bool) {
	if text, ok = c.pathText(p, kind); !ok {
		return "", false
	}
	if text == "" {
		if kind.inBundle() || kind == destinationPath {
			c.report(emptyPath, p, lastKey(p.where)+" is empty", "a path", "")
		}
		return text, true
	}
	if strings.IndexFunc(text, unicode.IsControl) >= 0 {
		c.report(pathControlCharacter, p, "the path "+quoted(text)+" holds a control character", "a path without", "put the path between single quotes").edit = c.requoting(p.node)
	}
	c.unexpanded(p, text, kind)
	c.foreign(p, text, system, kind)
	return text, true
}

// lastKey returns the setting that a path of keys ends with.
func lastKey(where string) string {
	return where[strings.LastIndexByte(where, '.')+1:]
}

// pathText returns the text of a path. Agent v1 turns other values of location and object
// into text, and stops at those of source and destination in the Install event.
func (c *checker) pathText(p place, kind pathKind) (text string, ok bool) {
	v := ruby(p.node)
	if p.node.Kind != yaml.ScalarNode {
		problem := c.report(pathNotText, p, lastKey(p.where)+" is "+kindName(p.node), "a path", "")
		problem.setFails(kind != objectPath, false) // as an object it only matches nothing
		return "", false
	}
	convert := kind == locationPath || kind == objectPath
	switch {
	case v.kind == rubyString:
	case v.kind == rubyBool && convert:
		c.booleanText(p, v)
	case !convert && v.kind != rubyNil:
		problem := c.report(pathNotText, p, lastKey(p.where)+" is "+kindName(p.node), "text", "write '"+p.node.Value+"'").only(byV1)
		problem.edit = c.replacing(p.node, "'"+p.node.Value+"'")
	}
	if convert {
		return rubyStrip(p.node.Value), true
	}
	return p.node.Value, true
}

// booleanText reports a word that agent v1 takes for a boolean.
func (c *checker) booleanText(p place, v rubyValue) {
	c.report(booleanAsText, p, "agent v1 reads "+p.node.Value+" as the boolean "+v.text, "text between quotes", "write '"+p.node.Value+"'").edit = c.replacing(p.node, "'"+p.node.Value+"'")
}

var pathVariables = pattern(`\$[A-Za-z_{(]|%[A-Za-z_][A-Za-z0-9_]*%|\{\{`)

// unexpanded reports what a shell would expand and the agents do not.
func (c *checker) unexpanded(p place, text string, kind pathKind) {
	if c.exists(text, kind) {
		return
	}
	fails := kind.inBundle()
	if strings.HasPrefix(text, "~") {
		problem := c.report(pathTilde, p, "nothing expands ~ in "+quoted(text), "a full path", "")
		problem.setFails(fails, kind == destinationPath)
	}
	if strings.ContainsAny(text, "$%{") && pathVariables().MatchString(text) {
		c.report(pathVariable, p, "nothing expands the variable in "+quoted(text), "the path itself", "").setFails(fails, false)
	}
	if strings.ContainsAny(text, "*?") {
		c.report(pathGlob, p, "nothing expands the wildcard in "+quoted(text), "the path itself", "").setFails(fails, false)
	}
}

// setFails says whether a problem makes a deployment fail, or agent v1 alone fail.
func (p *problem) setFails(both, v1 bool) {
	everyone := p.fails | p.warns
	switch {
	case both:
		p.fails, p.warns = everyone, 0
	case v1:
		p.fails, p.warns = everyone&byV1, everyone&^byV1
	default:
		p.fails, p.warns = 0, everyone
	}
}

// instancePath is a path that begins like one of an instance's own directories and goes
// at least one deeper.
var instancePath = pattern(`^/(home|usr|var|opt|etc|srv|tmp|root|mnt|bin|sbin|proc|dev)/.*/`)

// foreign reports paths that belong to another place or another operating system.
func (c *checker) foreign(p place, text, system string, kind pathKind) {
	windows := system == "windows"
	switch {
	case kind.inBundle() && isDrivePath(text) && text[1] == ':':
		c.report(pathOnInstance, p, quoted(text)+" is a path of the instance", "a path in the revision", "").setFails(kind == sourcePath, false)
	case kind.inBundle() && strings.HasPrefix(text, "/") && instancePath().MatchString(text) && !c.exists(text, kind):
		c.report(pathOnInstance, p, quoted(text)+" looks like a path of the instance, but is taken from the revision", "a path in the revision", "").setFails(false, false)
	case !windows && strings.ContainsRune(text, '\\') && kind != objectPath, !windows && isDrivePath(text):
		if !c.exists(text, kind) {
			c.report(windowsPathOnLinux, p, quoted(text)+" is a Windows path, and os is linux", "a path with slashes", "").setFails(kind.inBundle(), false)
		}
	case windows && kind.inBundle() && strings.HasPrefix(text, `\`):
		c.report(leadingBackslash, p, "agent 2.0.0 takes "+quoted(text)+" from the root of the drive", "a path without the leading backslash", "write "+strings.TrimLeft(text, `\`))
	}
	if kind.inBundle() && leavesRevision(text) {
		c.report(pathParent, p, quoted(text)+" leaves the revision", "a path in the revision", "")
	}
}

// leavesRevision tells whether a path leads out of the revision.
func leavesRevision(text string) bool {
	depth := 0
	for part := range strings.SplitSeq(slashed(text), "/") {
		switch part {
		case "", ".":
		case "..":
			if depth--; depth < 0 {
				return true
			}
		default:
			depth++
		}
	}
	return false
}
