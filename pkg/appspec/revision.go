package appspec

import (
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

var (
	sourceNotFound = &Rule{
		Name: "source-not-found", fails: byBoth,
		Summary: "a source that is not in the revision",
		Why:     "The Install event fails: “No such file or directory”.",
		Fix:     "Correct the path, or build what is missing before the push.",
		Source:  "aws/aws-codedeploy-agent installer.rb",
		Fires:   Example{AppSpec: inFiles("build", "/srv/shop"), Files: map[string]string{"bin/go.sh": ""}},
		Silent:  Example{AppSpec: inFiles("build", "/srv/shop"), Files: map[string]string{"build/index.html": ""}},
	}
	scriptNotFound = &Rule{
		Name: "script-not-found", fails: byBoth,
		Summary: "a script that is not in the revision, or is a directory",
		Why:     "Its event fails: “Script does not exist at specified location”.",
		Fix:     "Correct the path. It counts from the revision's root.",
		Source:  "aws/aws-codedeploy-agent hook_executor.rb, execute",
		Fires:   Example{AppSpec: withLocation("linux", "bin/go.sh"), Files: map[string]string{"go.sh": "true\n"}},
		Silent:  Example{AppSpec: withLocation("linux", "bin/go.sh"), Files: map[string]string{"bin/go.sh": "true\n"}},
	}
	pathCase = &Rule{
		Name: "path-case", fails: byBoth, warns: byBoth,
		Summary: "a path whose upper and lower case differ from the file's",
		Why:     "Linux tells them apart, so the file is missing there; Windows and macOS do not, so nobody notices before.",
		Fix:     "Spell the path like the file.",
		Source:  "aws/aws-codedeploy-agent installer.rb, hook_executor.rb",
		Fires:   Example{AppSpec: withLocation("linux", "bin/Go.sh"), Files: map[string]string{"bin/go.sh": "true\n"}},
		Silent:  Example{AppSpec: withLocation("linux", "bin/go.sh"), Files: map[string]string{"bin/go.sh": "true\n"}},
	}
	leftOut = &Rule{
		Name: "left-out", fails: byBoth,
		Summary: "a source or script that an ignore rule keeps out of the bundle",
		Why:     "It is here, but it will be missing on the instance.",
		Fix:     "Change the ignore rule, or include the file.",
		Source:  "cdx's own ignore rules; aws/aws-codedeploy-agent installer.rb, hook_executor.rb",
		Fires:   Example{AppSpec: withLocation("linux", ".deploy/go.sh"), Files: map[string]string{".deploy/go.sh": "true\n"}, LeftOut: ".deploy"},
		Silent:  Example{AppSpec: withLocation("linux", "deploy/go.sh"), Files: map[string]string{"deploy/go.sh": "true\n"}, LeftOut: ".deploy"},
	}
	destinationConflict = &Rule{
		Name: "destination-conflict", fails: byBoth,
		Summary: "two files for one path",
		Why:     "The Install event fails: “The deployment failed because the application specification file specifies two source files …”.",
		Fix:     "Name disjoint directories, or give one of the files another destination.",
		Source:  "aws/aws-codedeploy-agent install_instruction.rb, InstructionBuilder",
		Fires:   Example{AppSpec: inFiles("/", "/srv/shop") + "  - source: web/index.html\n    destination: /srv/shop/web\n", Files: map[string]string{"web/index.html": ""}},
		Silent:  Example{AppSpec: inFiles("web", "/srv/shop") + "  - source: conf/shop.conf\n    destination: /srv/shop\n", Files: map[string]string{"web/index.html": "", "conf/shop.conf": ""}},
	}
)

func revisionRules() []*Rule {
	return []*Rule{sourceNotFound, scriptNotFound, pathCase, leftOut, destinationConflict}
}

// maxTargets bounds how many files are compared for conflicts.
const maxTargets = 100_000

// maxVisits bounds how many are looked at, in the same directories again and again.
const maxVisits = 1_000_000

// maxNames is how many names of a directory are compared with a missing one.
const maxNames = 1000

// maxMeetings bounds how often a path is compared with an entry of permissions.
const maxMeetings = 5_000_000

// revision is the directory of a revision, read on demand.
type revision struct {
	files   fs.FS
	leftOut func(string) (string, bool)
	listed  map[string][]fs.DirEntry
	visited int // how many entries were copied in thought
}

// list returns the entries of a directory; none if it cannot be read.
func (r *revision) list(dir string) []fs.DirEntry {
	entries, ok := r.listed[dir]
	if !ok {
		entries, _ = fs.ReadDir(r.files, dir) // what cannot be read is not there
		r.listed[dir] = entries
	}
	return entries
}

// find looks a clean path up letter by letter, whatever the file system thinks of upper
// and lower case. The actual spelling is the path's own, another, or empty.
func (r *revision) find(name string) (actual string) {
	if name == "." {
		return name
	}
	actual = "."
	for part := range strings.SplitSeq(name, "/") {
		entries := r.list(actual)
		index := slices.IndexFunc(entries, func(e fs.DirEntry) bool { return e.Name() == part })
		if index < 0 {
			index = slices.IndexFunc(entries, func(e fs.DirEntry) bool { return strings.EqualFold(e.Name(), part) })
		}
		if index < 0 {
			return ""
		}
		actual = path.Join(actual, entries[index].Name())
	}
	return actual
}

// isDir follows links.
func (r *revision) isDir(name string) bool {
	info, err := fs.Stat(r.files, name)
	return err == nil && info.IsDir()
}

// left tells whether a path, or a directory that it is in, is kept out of the bundle.
func (r *revision) left(name string) (rule string, out bool) {
	if r.leftOut == nil || name == "." {
		return "", false
	}
	for i := 0; i <= len(name); i++ {
		if i == len(name) || name[i] == '/' {
			if rule, out := r.leftOut(name[:i]); out {
				return rule, true
			}
		}
	}
	return "", false
}

// exists tells whether a path of the revision is there as it is written; false if the
// files are not to be looked at.
func (c *checker) exists(text string, kind pathKind) bool {
	if c.revision == nil || !kind.inBundle() || leavesRevision(text) {
		return false
	}
	name := inRevision(text)
	return c.revision.find(name) == name
}

// isFile and isDirectory tell what a source is; both are false if that is not known.
func (c *checker) isFile(source string) bool {
	return c.exists(source, sourcePath) && !c.revision.isDir(inRevision(source))
}

func (c *checker) isDirectory(source string) bool {
	return c.exists(source, sourcePath) && c.revision.isDir(inRevision(source))
}

// inPlace checks that a source or script is in the revision and comes with the bundle,
// and returns its name there; empty if it does not.
func (c *checker) inPlace(p place, text, system string, missing *Rule) string {
	if c.revision == nil || text == "" || leavesRevision(text) {
		return ""
	}
	name := inRevision(text)
	actual := c.revision.find(name)
	rule, out := c.revision.left(actual)
	switch {
	case actual == "":
		c.report(missing, p, quoted(text)+" is not in the revision", "a path in the revision", c.similar(name)).says = "Script does not exist at specified location: " + text
	case out:
		c.report(leftOut, p, fmt.Sprintf("%s is kept out of the bundle by %s", quoted(actual), rule), "a file that is in the bundle", "")
	case missing == scriptNotFound && c.revision.isDir(actual):
		c.report(missing, p, quoted(text)+" is a directory", "a script", "")
	case actual != name:
		c.report(pathCase, p, fmt.Sprintf("%s is spelt %s", quoted(text), quoted(actual)), quoted(actual), "write "+actual).setFails(system != "windows", false)
	default:
		return actual
	}
	return ""
}

// similar proposes a file of the same directory, or one of the same name elsewhere near
// the root.
func (c *checker) similar(name string) string {
	dir, base := path.Split(name)
	var names []string
	entries := c.revision.list(path.Clean(dir))
	for _, entry := range entries[:min(len(entries), maxNames)] {
		names = append(names, entry.Name())
	}
	if near, ok := nearest(base, names); ok {
		return "did you mean " + path.Join(dir, near) + "?"
	}
	for _, entry := range c.revision.list(".") {
		if entry.Name() == base || entry.IsDir() && c.revision.find(path.Join(entry.Name(), base)) != "" {
			return "did you mean " + strings.TrimSuffix(path.Join(entry.Name(), base), "/"+base+"/"+base) + "?"
		}
	}
	return ""
}

// target is a path that the revision installs.
type target struct {
	mapping int    // which entry of files
	source  string // in the revision
	dir     bool
}

// targets returns what the entries of files install, by path on the instance, and reports
// paths that two of them claim. It is nil if the files are not to be looked at. Unless all
// is asked for, what is in directories is left out, which may be much.
// Source: aws/aws-codedeploy-agent installer.rb: a directory's contents are copied, a file
// goes into the destination.
func (c *checker) targets(mappings []mapping, system string, all bool) map[string]target {
	if c.revision == nil {
		return nil
	}
	targets, conflicts := map[string]target{}, map[int]bool{}
	for i, m := range mappings {
		name := c.inPlace(m.sourceAt, m.source, system, sourceNotFound)
		if name == "" {
			continue
		}
		add := func(source, destination string, dir bool) {
			before, again := targets[destination]
			if again && !before.dir && !dir && !conflicts[i] && m.source != mappings[before.mapping].source {
				conflicts[i] = true
				c.report(destinationConflict, m.sourceAt, fmt.Sprintf("%s and %s are both copied to %s", quoted(before.source), quoted(source), quoted(destination)), "one source for each path", "")
			}
			targets[destination] = target{i, source, dir}
		}
		if !c.revision.isDir(name) {
			add(name, path.Join(slashed(m.destination), path.Base(name)), false)
			continue
		}
		if !all {
			continue
		}
		c.walk(name, path.Clean(slashed(m.destination)), func(source, destination string, dir bool) bool {
			add(source, destination, dir)
			c.revision.visited++
			return len(targets) < maxTargets && c.revision.visited < maxVisits
		})
	}
	return targets
}

// walk visits what is in a directory of the bundle, with the path that it is copied to.
// Links are not followed.
func (c *checker) walk(dir, destination string, visit func(source, destination string, dir bool) bool) {
	for _, entry := range c.revision.list(dir) {
		source, to := path.Join(dir, entry.Name()), path.Join(destination, entry.Name())
		if _, out := c.revision.left(source); out {
			continue
		}
		if !visit(source, to, entry.IsDir()) {
			return
		}
		if entry.IsDir() {
			c.walk(source, to, visit)
		}
	}
}

// meets reports entries of permissions against what is really installed: two for one
// path, and those that apply to nothing.
func (c *checker) meets(grants []grant, targets map[string]target) {
	first := make([]string, len(grants))
	met := map[[2]int]string{}
	for _, name := range sortedKeys(targets) {
		last := -1
		for i, g := range grants {
			if !g.applies(name, targets[name].dir) {
				continue
			}
			first[i] = name
			if last >= 0 && met[[2]int{last, i}] == "" {
				met[[2]int{last, i}] = name
				c.overlap(grants[i], grants[last], name)
			}
			last = i
		}
	}
	for i, g := range grants {
		if first[i] == "" && g.object != "" && len(g.types) > 0 {
			c.report(permissionMatchesNothing, g.objectAt, fmt.Sprintf("nothing that the revision installs matches %s with the pattern %s", quoted(g.object), quoted(g.pattern)), "a path that is installed", "")
		}
	}
}

func (c *checker) overlap(g, earlier grant, name string) {
	line, _ := c.file.source.position(c.file.offset(earlier.at.node))
	problem := c.report(permissionOverlap, g.objectAt, fmt.Sprintf("%s matches this entry and the one in line %d", quoted(name), line), "one entry for each path", "")
	problem.setFails(true, false)
}

func sortedKeys(targets map[string]target) []string {
	names := make([]string, 0, len(targets))
	for name := range targets {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// within tells whether a clean path is a directory or something below it.
func within(inner, outer string) bool {
	return inner == outer || strings.HasPrefix(inner, strings.TrimSuffix(outer, "/")+"/")
}

// applies tells whether an entry of permissions applies to a path.
// Source: aws/aws-codedeploy-agent linux_permission_info.rb, matches_pattern?.
func (g grant) applies(name string, dir bool) bool {
	kind := "file"
	if dir {
		kind = "directory"
	}
	switch {
	case g.object == "" || !slices.Contains(g.types, kind):
		return false
	case name == g.object:
		return !dir
	case !within(name, g.object):
		return false
	}
	below := strings.TrimPrefix(strings.TrimPrefix(name, g.object), "/")
	matches := func(pattern string) bool { return !strings.Contains(below, "/") && simpleGlob(pattern, below) }
	return (g.pattern == "**" || matches(g.pattern)) && !slices.ContainsFunc(g.except, matches)
}

// simpleGlob compares a name with a pattern in which only * is special.
func simpleGlob(pattern, name string) bool {
	parts := strings.Split(pattern, "*")
	if len(parts) == 1 {
		return pattern == name
	}
	rest, found := strings.CutPrefix(name, parts[0])
	if !found {
		return false
	}
	for _, part := range parts[1 : len(parts)-1] {
		index := strings.Index(rest, part)
		if index < 0 {
			return false
		}
		rest = rest[index+len(part):]
	}
	return strings.HasSuffix(rest, parts[len(parts)-1])
}

// besideScript checks a script against the revision.
func (c *checker) besideScript(p place, text, system string) {
	if name := c.inPlace(p, text, system, scriptNotFound); name != "" && p.node.Kind == yaml.ScalarNode {
		c.content(p, name, system)
	}
}
