package appspec

import (
	"cmp"
	"fmt"
	"path"
	"slices"
	"strings"

	"gopkg.in/yaml.v3"
)

var (
	permissionsShape = &Rule{
		Name: "permissions-shape", refuses: byBoth,
		Summary: "permissions is not a list of mappings",
		Why:     "Agent v1 stops with a NoMethodError, agent v2 with “invalid type”.",
		Fix:     "Begin each entry with a dash.",
		Source:  "aws/aws-codedeploy-agent application_specification.rb, parse_permissions; parse.rs",
		Fires:   Example{AppSpec: "version: 0.0\nos: linux\npermissions:\n  object: /srv/shop\n  mode: 755\n"},
		Silent:  Example{AppSpec: inPermission("mode: 755")},
	}
	permissionsOnWindows = &Rule{
		Name: "permissions-on-windows", refuses: byBoth,
		Summary: "permissions on Windows",
		Why:     "Both agents refuse the file: permissions are supported only on Linux.",
		Fix:     "Remove the section, and set permissions in a script.",
		Source:  "aws/aws-codedeploy-agent application_specification.rb, parse_permissions; parse.rs",
		Fires:   Example{AppSpec: onWindows("site", `C:\site`) + "permissions:\n  - object: C:\\site\n    owner: ann\n"},
		Silent:  Example{AppSpec: onWindows("site", `C:\site`) + "permissions: []\n"},
	}
	objectMissing = &Rule{
		Name: "object-missing", refuses: byBoth,
		Summary: "an entry of permissions without object",
		Why:     "Both agents refuse the file.",
		Fix:     "Write the path on the instance.",
		Source:  "aws/aws-codedeploy-agent linux_permission_info.rb; parse.rs, RawPermission",
		Fires:   Example{AppSpec: inFiles("build", "/srv/shop") + "permissions:\n  - mode: 755\n"},
		Silent:  Example{AppSpec: inPermission("mode: 755")},
	}
	objectRelative = &Rule{
		Name: "object-relative", warns: byBoth,
		Summary: "a relative object",
		Why:     "An object is a path on the instance; a relative one counts from the agent's working directory and matches nothing.",
		Fix:     "Write the full path, as in the destination.",
		Source:  "aws/aws-codedeploy-agent linux_permission_info.rb, matches_pattern?",
		Fires:   Example{AppSpec: onObject("bin/go.sh", "mode: 755")},
		Silent:  Example{AppSpec: onObject("/srv/shop/bin/go.sh", "mode: 755")},
	}
	permissionMatchesNothing = &Rule{
		Name: "permission-matches-nothing", warns: byBoth,
		Summary: "an object that this revision does not install",
		Why:     "Permissions touch only what this deployment copies or creates; the entry has no effect.",
		Fix:     "Name a destination, or something below it.",
		Source:  "aws/aws-codedeploy-agent install_instruction.rb, InstructionBuilder",
		Fires:   Example{AppSpec: onObject("/etc/shop", "mode: 755")},
		Silent:  Example{AppSpec: onObject("/srv/shop/bin", "mode: 755")},
	}
	permissionDoesNothing = &Rule{
		Name: "permission-does-nothing", warns: byBoth,
		Summary: "an entry that sets nothing",
		Why:     "Without owner, group, mode, acls and context there is nothing to apply.",
		Fix:     "Add a setting, or remove the entry.",
		Source:  "aws/aws-codedeploy-agent installer.rb",
		Fires:   Example{AppSpec: inPermission("pattern: '**'")},
		Silent:  Example{AppSpec: inPermission("owner: ann")},
	}
	typeInvalid = &Rule{
		Name: "type-invalid", refuses: byBoth,
		Summary: "type is not a list of file and directory",
		Why:     "Both agents refuse a text, and any other word, also File.",
		Fix:     "Write type: [file], [directory] or both.",
		Source:  "aws/aws-codedeploy-agent application_specification.rb, parse_type_list; permissions.rs, ObjectType::parse",
		Fires:   Example{AppSpec: inPermission("type: file")},
		Silent:  Example{AppSpec: inPermission("type: [file]")},
	}
	typeEmpty = &Rule{
		Name: "type-empty", warns: byBoth,
		Summary: "an empty list of types",
		Why:     "The entry applies to nothing.",
		Fix:     "Leave type out for files and directories.",
		Source:  "aws/aws-codedeploy-agent application_specification.rb, parse_type_list",
		Fires:   Example{AppSpec: inPermission("type: []")},
		Silent:  Example{AppSpec: inPermission("type: [file]")},
	}
	exceptInvalid = &Rule{
		Name: "except-invalid", refuses: byBoth,
		Summary: "except is not a list",
		Why:     "Agent v1 stops with a NoMethodError, agent v2 with “invalid type”; one of AWS's own templates has it as a text.",
		Fix:     "Write a list, as in except: ['*.key'].",
		Source:  "aws/aws-codedeploy-agent application_specification.rb, parse_simple_glob_list; parse.rs",
		Fires:   Example{AppSpec: inPermission("except: secret.txt")},
		Silent:  Example{AppSpec: inPermission("except: [secret.txt]")},
	}
	patternNotText = &Rule{
		Name: "pattern-not-text", refuses: byV2, fails: byV1,
		Summary: "a number, boolean, list or mapping as pattern or in except",
		Why:     "Agent v1 stops with a NoMethodError in the Install event as soon as something is compared with it; agent v2 refuses lists and mappings.",
		Fix:     "Put the pattern between quotes.",
		Source:  "aws/aws-codedeploy-agent linux_permission_info.rb, matches_simple_glob; parse.rs",
		Fires:   Example{AppSpec: inPermission("pattern: 404")},
		Silent:  Example{AppSpec: inPermission("pattern: '404'")},
	}
	patternNeverMatches = &Rule{
		Name: "pattern-never-matches", warns: byBoth,
		Summary: "a pattern, or one of except, that can match nothing",
		Why:     "A pattern is compared with names directly below the object, so one with a slash never matches (agent v2 knows **/ and, without *, a relative path); only ** reaches deeper. The user guide's own example gets this wrong.",
		Fix:     "Name the deeper directory as the object.",
		Source:  "aws/aws-codedeploy-agent linux_permission_info.rb, matches_simple_glob; pattern.rs, GlobPattern::matches",
		Fires:   Example{AppSpec: inPermission("pattern: 'bin/*.sh'")},
		Silent:  Example{AppSpec: inPermission("pattern: '*.sh'")},
	}
	patternOnFile = &Rule{
		Name: "pattern-on-file", fails: byBoth, warns: byBoth,
		Summary: "pattern or except for an object that is a file",
		Why:     "The Install event fails if the object was copied as a file: “an object with an invalid pattern”.",
		Fix:     "Name the file's directory as the object, or leave pattern and except out.",
		Source:  "aws/aws-codedeploy-agent linux_permission_info.rb, validate_file_permission",
		Fires:   Example{AppSpec: onObject("/srv/shop/build", "pattern: '*.sh'\n    mode: 755")},
		Silent:  Example{AppSpec: onObject("/srv/shop/build", "mode: 755")},
	}
	duplicatePermission = &Rule{
		Name: "duplicate-permission", fails: byBoth,
		Summary: "two entries for the same objects",
		Why:     "The Install event fails as soon as one path matches both: “permission setting specified more than once”.",
		Fix:     "Put the settings into one entry, or separate the entries by type.",
		Source:  "aws/aws-codedeploy-agent install_instruction.rb, InstructionBuilder",
		Fires:   Example{AppSpec: inPermission("mode: 755\n  - object: /srv/shop/\n    owner: ann")},
		Silent:  Example{AppSpec: inPermission("mode: 755\n    type: [file]\n  - object: /srv/shop\n    mode: 750\n    type: [directory]")},
	}
	permissionOverlap = &Rule{
		Name: "permission-overlap", warns: byBoth,
		Summary: "an entry for something that another entry already reaches",
		Why:     "The Install event fails as soon as one path matches two entries with a common type: “permission setting specified more than once”. The pattern ** reaches every depth.",
		Fix:     "Except the inner files from the outer entry, or separate the entries by type.",
		Source:  "aws/aws-codedeploy-agent install_instruction.rb, InstructionBuilder",
		Fires:   Example{AppSpec: inPermission("mode: 755\n  - object: /srv/shop/bin\n    owner: ann")},
		Silent:  Example{AppSpec: inPermission("mode: 755\n    type: [directory]\n  - object: /srv/shop/bin\n    owner: ann\n    type: [file]")},
	}
	ownerNotText = &Rule{
		Name: "owner-not-text", refuses: byV2, fails: byV1,
		Summary: "a number as owner or group",
		Why:     "Agent v1 stops with a TypeError in the Install event; agent v2 looks for a user whose name is that number, and leaves the owner as it is if there is none.",
		Fix:     "Write the name.",
		Source:  "aws/aws-codedeploy-agent installer.rb; parse.rs, RawPermission",
		Fires:   Example{AppSpec: inPermission("owner: 1000")},
		Silent:  Example{AppSpec: inPermission("owner: ann")},
	}
)

func permissionRules() []*Rule {
	return []*Rule{
		permissionsShape, permissionsOnWindows, objectMissing, objectRelative, permissionMatchesNothing, permissionDoesNothing,
		typeInvalid, typeEmpty, exceptInvalid, patternNotText, patternNeverMatches, patternOnFile, duplicatePermission,
		permissionOverlap, ownerNotText,
	}
}

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
