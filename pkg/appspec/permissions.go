package appspec

import (
	"cmp"
	"fmt"
	"path"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

// grant is one entry of permissions, as far as it can be told what it applies to.
type grant struct {
	at       place // the entry
	objectAt place
	object   string // clean and absolute, else empty
	pattern  string
	except   []string
	types    []string
}

// maxPath is the longest path, in bytes, that is compared with others; Linux allows no
// longer one.
const maxPath = 4096

// layout is where the entries of files put things.
type layout struct {
	destinations map[string]bool    // absolute and clean
	above        map[string]bool    // every directory above one of them
	files        map[string]mapping // what may be a file there, by its path
}

func layoutOf(mappings []mapping) layout {
	l := layout{map[string]bool{}, map[string]bool{}, map[string]mapping{}}
	for _, m := range mappings {
		destination := path.Clean(m.destination)
		if !isUnixPath(destination) || len(destination) > maxPath {
			continue
		}
		l.destinations[destination] = true
		for _, dir := range ancestors(destination) {
			l.above[dir] = true
		}
		if name := path.Base(inRevision(m.source)); name != "." {
			l.files[path.Join(destination, name)] = m
		}
	}
	return l
}

// ancestors returns the directories above a clean absolute path, the nearest first.
func ancestors(name string) (dirs []string) {
	for name != "/" && len(name) <= maxPath {
		name = path.Dir(name)
		dirs = append(dirs, name)
	}
	return dirs
}

// covers tells whether anything is installed at a clean path, above or below it.
func (l layout) covers(object string) bool {
	inside := func(dir string) bool { return l.destinations[dir] }
	return l.destinations[object] || l.above[object] || slices.ContainsFunc(ancestors(object), inside)
}

// permissions checks the permissions section.
func (c *checker) permissions(root place, system string, installed layout, targets map[string]target) {
	var grants []grant
	c.each(root, "permissions", func(p place) {
		entries := c.list(p, permissionsShape, false, "a list of permissions")
		if system == "windows" && len(entries) > 0 {
			c.report(permissionsOnWindows, p, "permissions are supported only on Linux", "no permissions", "remove the section").says =
				"The deployment failed because the application specification file specifies file permissions, but the deployment is targeting one or more Windows Server instances. Permissions are supported only for Amazon Linux, Ubuntu Server, and Red Hat Enterprise Linux (RHEL) instances. Update the permissions section of the AppSpec file, and then try again."
			return
		}
		for _, entry := range entries {
			if entry.node.Kind != yaml.MappingNode {
				c.report(permissionsShape, entry, "the entry is "+kindName(entry.node), "a mapping with object", "")
				continue
			}
			grants = append(grants, c.permission(entry, system, installed))
		}
	})
	if targets != nil && len(targets)*len(grants) <= maxMeetings {
		c.meets(grants, targets)
	} else {
		c.overlaps(grants)
	}
}

func (c *checker) permission(p place, system string, installed layout) grant {
	g := grant{at: p, pattern: "**", types: []string{"file", "directory"}}
	c.keys(p, permissionKeys())
	c.required(p, "object", objectMissing, func(value place) {
		g.objectAt = value
		if text, ok := c.path(value, system, objectPath); ok {
			g.object = c.object(value, text, installed)
		}
	})
	c.each(p, "type", func(value place) { g.types = c.types(value) })
	c.each(p, "pattern", func(value place) { g.pattern = c.pattern(value, g.pattern) })
	c.each(p, "except", func(value place) { g.except = c.except(value) })
	c.each(p, "owner", c.account)
	c.each(p, "group", c.account)
	c.each(p, "mode", c.mode)
	c.each(p, "context", c.context)
	c.each(p, "acls", func(value place) {
		if c.acls(value) && slices.Contains(g.types, "file") {
			c.report(aclDefaultOnFile, value, "a default entry fails as soon as a file matches", "type: [directory]", "add type: [directory]")
		}
	})
	c.patternOnFile(g, installed)
	c.doesNothing(p)
	return g
}

func (c *checker) doesNothing(p place) {
	for _, name := range []string{"owner", "group", "mode", "acls", "context"} {
		if len(p.key(name)) > 0 {
			return
		}
	}
	c.report(permissionDoesNothing, p, "the entry sets nothing", "owner, group, mode, acls or context", "")
}

// object checks what an entry applies to and returns it clean, empty if it is not absolute.
func (c *checker) object(p place, text string, installed layout) string {
	switch {
	case text == "":
		c.report(objectMissing, p, "object is blank", "a path on the instance", "").says = missingMessage(objectMissing)
		return ""
	case !isUnixPath(text):
		if !strings.ContainsAny(text, "~$%") {
			c.report(objectRelative, p, "the object "+quoted(text)+" is not a full path", "a full path", "")
		}
		return ""
	}
	object := path.Clean(text)
	if installed.covers(object) {
		return object
	}
	if c.revision != nil {
		return object // judged by what is installed
	}
	c.report(permissionMatchesNothing, p, quoted(text)+" is outside every destination of the files section", "a destination or something below it", "")
	return object
}

func (c *checker) types(p place) []string {
	if p.node.Kind != yaml.SequenceNode {
		empty := p.node.Kind == yaml.MappingNode && len(p.node.Content) == 0
		refused := refusedIf(byV1, !ruby(p.node).falsy() && !empty) | refusedIf(byV2, !rustAbsent(p.node))
		c.shape(p, typeInvalid, refused&p.by, "a list of file and directory")
		if text := p.node.Value; refused != 0 && (text == "file" || text == "directory") {
			c.problems[len(c.problems)-1].edit = c.replacing(p.node, "["+text+"]")
		}
		return []string{"file", "directory"}
	}
	types := []string{}
	for _, item := range p.items() {
		text, _ := rustText(item.node)
		if (text == "file" || text == "directory") && ruby(item.node).kind == rubyString {
			types = append(types, text)
			continue
		}
		problem := c.report(typeInvalid, item, "the type is "+kindName(item.node), "file or directory", "")
		problem.edit = c.replacingIf(item.node, text != "" && slices.Contains([]string{"file", "directory"}, strings.ToLower(text)), strings.ToLower(text))
	}
	if len(p.node.Content) == 0 {
		c.report(typeEmpty, p, "an empty list applies to nothing", "file or directory", "leave type out")
	}
	return types
}

func (c *checker) pattern(p place, otherwise string) string {
	v := ruby(p.node)
	if v.kind == rubyNil && rustAbsent(p.node) {
		return otherwise
	}
	return c.glob(p, v)
}

// glob checks a pattern and returns its text.
func (c *checker) glob(p place, v rubyValue) string {
	switch {
	case p.node.Kind != yaml.ScalarNode:
		c.report(patternNotText, p, lastKey(p.where)+" is "+kindName(p.node), "text between quotes", "")
		return ""
	case v.kind != rubyString:
		problem := c.report(patternNotText, p, lastKey(p.where)+" is "+kindName(p.node)+" to agent v1", "text between quotes", "write '"+p.node.Value+"'").only(byV1)
		problem.edit = c.replacing(p.node, "'"+p.node.Value+"'")
	case p.node.Value == "" || strings.Contains(p.node.Value, "/"):
		problem := c.report(patternNeverMatches, p, quoted(p.node.Value)+" never matches: patterns are compared with names directly below the object", "a pattern without slashes", "")
		if !strings.Contains(p.node.Value, "*") || strings.HasPrefix(p.node.Value, "**/") {
			problem.only(byV1)
		}
	}
	return p.node.Value
}

func (c *checker) except(p place) (patterns []string) {
	if p.node.Kind == yaml.MappingNode && len(p.node.Content) > 0 {
		c.report(exceptInvalid, p, "except is a mapping", "a list of patterns", "").refusedBy(byV2 & p.by)
		return nil
	}
	for _, item := range c.list(p, exceptInvalid, true, "a list of patterns") {
		patterns = append(patterns, c.glob(item, ruby(item.node)))
	}
	return patterns
}

// account checks the name of an owner or a group.
func (c *checker) account(p place) {
	v := ruby(p.node)
	switch {
	case p.node.Kind != yaml.ScalarNode:
		c.report(ownerNotText, p, lastKey(p.where)+" is "+kindName(p.node), "a name", "")
	case v.kind == rubyBool:
		c.booleanText(p, v)
	case v.kind != rubyString && v.kind != rubyNil:
		problem := c.report(ownerNotText, p, lastKey(p.where)+" is "+kindName(p.node), "a name", "write the name").only(byBoth)
		problem.refuses, problem.warns = 0, byV2&p.by
	}
}

// patternOnFile reports patterns for an object that is, or may be, a file.
func (c *checker) patternOnFile(g grant, installed layout) {
	m, ok := installed.files[g.object]
	if !ok || !slices.Contains(g.types, "file") || g.pattern == "**" && len(g.except) == 0 || c.isDirectory(m.source) {
		return
	}
	problem := c.report(patternOnFile, g.objectAt, quoted(g.object)+" may be the file "+quoted(m.source)+", and takes neither pattern nor except", "no pattern and no except", "")
	problem.setFails(strings.Contains(path.Base(g.object), ".") || c.isFile(m.source), false)
}

// maxSame is how many entries for one object are compared with another entry.
const maxSame = 50

// overlaps reports entries that meet on the same path, each at most once.
func (c *checker) overlaps(grants []grant) {
	byObject := map[string][]int{}
	for i, g := range grants {
		if same := byObject[g.object]; g.object != "" && len(same) < maxSame {
			byObject[g.object] = append(same, i)
		}
	}
	reported := map[int]bool{}
	report := func(r *Rule, i, j int) {
		earlier, later := grants[min(i, j)], grants[max(i, j)]
		if reported[max(i, j)] || !share(earlier.types, later.types) {
			return
		}
		reported[max(i, j)] = true
		line, _ := c.file.source.position(c.file.offset(earlier.at.node))
		c.report(r, later.objectAt, fmt.Sprintf("the entry in line %d, for %s, and this one apply to the same paths", line, quoted(earlier.object)), "one entry for each path", "")
	}
	for i, g := range grants {
		for _, j := range byObject[g.object] {
			if j < i && g.same(grants[j]) {
				report(duplicatePermission, i, j)
			}
		}
		for _, dir := range ancestors(cmp.Or(g.object, "/")) {
			for _, j := range byObject[dir] {
				if grants[j].reaches(g) {
					report(permissionOverlap, i, j)
				}
			}
		}
	}
}

func share(a, b []string) bool {
	return slices.ContainsFunc(a, func(s string) bool { return slices.Contains(b, s) })
}

// same tells whether two entries for one object apply to the same paths.
func (g grant) same(other grant) bool {
	return g.pattern == other.pattern && slices.Equal(g.except, other.except)
}

// reaches tells whether an entry applies to everything that another one does, whose
// object is below its own.
func (g grant) reaches(inner grant) bool {
	return g.pattern == "**" && len(g.except) == 0 && len(inner.object) > len(g.object)
}
