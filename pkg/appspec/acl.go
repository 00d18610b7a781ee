package appspec

import (
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

var (
	aclsShape = &Rule{
		Name: "acls-shape", refuses: byBoth,
		Summary: "acls is not a list of texts",
		Why:     "Agent v1 stops with a NoMethodError, agent v2 with “invalid type”. Without quotes, u: bob is a mapping and 1:2:3 a number.",
		Fix:     "Write a list, each entry between quotes.",
		Source:  "aws/aws-codedeploy-agent acl_info.rb, ace_info.rb; parse.rs, RawPermission",
		Fires:   Example{AppSpec: inPermission("acls: 'u:bob:rw'")},
		Silent:  Example{AppSpec: inPermission("acls: ['u:bob:rw']")},
	}
	aclInvalid = &Rule{
		Name: "acl-invalid", refuses: byBoth,
		Summary: "an entry of acls that is no ACL entry",
		Why:     "An entry is [d:]type:name:permissions: type is u, g, m or o (or user, group, mask, other), a mask and other have no name, permissions are a digit or made of r, w, x and -. Agent v1 also takes name:permissions, agent v2 does not.",
		Fix:     "Write it in full, as in u:mary:rw or d:g:web:r-x.",
		Source:  "aws/aws-codedeploy-agent ace_info.rb; acl.rs, AclEntry::parse",
		Fires:   Example{AppSpec: inPermission("acls: ['mask:bob:rw']")},
		Silent:  Example{AppSpec: inPermission("acls: ['u:bob:rw', 'm::rw']")},
	}
	aclBase = &Rule{
		Name: "acl-base-entry", refuses: byBoth,
		Summary: "an entry of acls for the owner, the group or others",
		Why:     "The base entries, those without a name, are set by mode: “Use mode to set the base acl entry”. Agent v2 lets o:: pass.",
		Fix:     "Remove the entry and set mode.",
		Source:  "aws/aws-codedeploy-agent ace_info.rb; acl.rs, AclEntry::parse",
		Fires:   Example{AppSpec: inPermission("acls: ['u::rwx']")},
		Silent:  Example{AppSpec: inPermission("acls: ['u:bob:rwx']\n    mode: 755")},
	}
	aclDefaultOnFile = &Rule{
		Name: "acl-default-on-file", fails: byBoth,
		Summary: "a default ACL entry for files",
		Why:     "Only directories have default entries. The Install event fails as soon as a file matches; without type, files and directories are meant.",
		Fix:     "Write type: [directory].",
		Source:  "aws/aws-codedeploy-agent linux_permission_info.rb, validate_file_acl; permissions.rs",
		Fires:   Example{AppSpec: inPermission("acls: ['d:u:bob:rw']")},
		Silent:  Example{AppSpec: inPermission("acls: ['d:u:bob:rw']\n    type: [directory]")},
	}
)

func aclRules() []*Rule { return []*Rule{aclsShape, aclInvalid, aclBase, aclDefaultOnFile} }

// verdict is what an agent says about an ACL entry.
type verdict int

const (
	valid verdict = iota
	invalid
	baseEntry
)

// aclType returns the kind of an entry in one letter, empty if there is no such kind.
func aclType(text string) string {
	switch text {
	case "u", "user":
		return "u"
	case "g", "group":
		return "g"
	case "m", "mask":
		return "m"
	case "o", "other":
		return "o"
	}
	return ""
}

func isDefault(text string) bool { return text == "d" || text == "default" }

// isPermissions tells whether a text is one octal digit or made of r, w, x and -.
func isPermissions(text string) bool {
	return len(text) == 1 && text[0] >= '0' && text[0] <= '7' || strings.Trim(text, "rwx-") == ""
}

// v1ACL judges an entry as agent v1 does.
// Source: aws/aws-codedeploy-agent application_specification/ace_info.rb.
func v1ACL(entry string) verdict {
	parts := strings.Split(entry, ":")
	if len(parts) < 2 || len(parts) > 4 {
		return invalid
	}
	slices.Reverse(parts)
	def := false
	if len(parts) == 4 {
		if def = isDefault(parts[3]); !def {
			return invalid
		}
	}
	kind, name := "", parts[1]
	if len(parts) >= 3 {
		switch {
		case isDefault(parts[2]) && !def:
			def = true
		default:
			if kind = aclType(parts[2]); kind == "" {
				return invalid
			}
		}
	}
	if kind == "" {
		if kind = "u"; aclType(name) == "m" || aclType(name) == "o" {
			kind, name = aclType(name), ""
		}
	}
	switch {
	case (kind == "m" || kind == "o") && name != "":
		return invalid
	case !def && kind != "m" && name == "":
		return baseEntry
	case !isPermissions(parts[0]):
		return invalid
	}
	return valid
}

// v2ACL judges an entry as agent v2 does: of four parts without a d in front it drops the
// last.
// Source: aws/aws-codedeploy-agent src/application_specification/acl.rs.
func v2ACL(entry string) verdict {
	parts := strings.Split(entry, ":")
	if len(parts) < 3 || len(parts) > 4 {
		return invalid
	}
	def := isDefault(parts[0])
	if def {
		parts = parts[1:]
	}
	if len(parts) < 3 || !isPermissions(parts[2]) {
		return invalid
	}
	switch kind, name := aclType(parts[0]), parts[1]; kind {
	case "u", "g":
		if !def && name == "" {
			return baseEntry
		}
		return valid
	case "m", "o":
		if name == "" {
			return valid
		}
	}
	return invalid
}

// acls checks the ACL entries of a permission and tells whether one of them is a default
// entry.
func (c *checker) acls(p place) (hasDefault bool) {
	if p.node.Kind != yaml.SequenceNode {
		v := ruby(p.node)
		empty := v.kind == rubyNil || v.kind == rubyHash && len(p.node.Content) == 0
		refused := refusedIf(byV1, !empty) | refusedIf(byV2, !rustAbsent(p.node))
		c.shape(p, aclsShape, refused&p.by, "a list of ACL entries")
		return false
	}
	for _, entry := range p.items() {
		hasDefault = c.acl(entry) || hasDefault
	}
	return hasDefault
}

func (c *checker) acl(p place) (isDefaultEntry bool) {
	if v := ruby(p.node); p.node.Kind != yaml.ScalarNode || v.kind != rubyString {
		refused := refusedIf(byV1, true) | refusedIf(byV2, p.node.Kind != yaml.ScalarNode || v2ACL(p.node.Value) != valid)
		c.report(aclsShape, p, "the entry is "+kindName(p.node), "a text between quotes", "").refusedBy(refused & p.by)
		return false
	}
	entry := p.node.Value
	first, second := v1ACL(entry), v2ACL(entry)
	refused := (refusedIf(byV1, first != valid) | refusedIf(byV2, second != valid)) & p.by
	switch {
	case refused == 0:
	case first == baseEntry:
		c.report(aclBase, p, "the entry "+quoted(entry)+" has no name", "mode for owner, group and others", "remove it and set mode").refusedBy(refused)
	default:
		full, ok := fullACL(entry)
		fix := ""
		if ok {
			fix = "write " + full
		}
		problem := c.report(aclInvalid, p, "the ACL entry is "+quoted(entry)+forWhom(refused), "[d:]type:name:permissions, as in u:mary:rw", fix).refusedBy(refused)
		problem.says = "The deployment failed because of a problem with the acls permission settings in the application specification file. Invalid acl entry (" + entry + ")."
		problem.edit = c.replacingIf(p.node, ok, "'"+full+"'")
	}
	head, _, _ := strings.Cut(entry, ":")
	return isDefault(head)
}

// fullACL adds the u that agent v1 implies to an entry without a type.
func fullACL(entry string) (full string, ok bool) {
	rest, prefix := entry, ""
	if head, tail, _ := strings.Cut(entry, ":"); isDefault(head) {
		rest, prefix = tail, head+":"
	}
	full = prefix + "u:" + rest
	if name, _, _ := strings.Cut(rest, ":"); aclType(name) == "m" || aclType(name) == "o" {
		full = prefix + strings.Replace(rest, ":", "::", 1)
	}
	return full, v1ACL(entry) == valid && v1ACL(full) == valid && v2ACL(full) == valid
}

// forWhom says which agent refuses a value, if it is only one.
func forWhom(refused agents) string {
	switch refused {
	case byV1:
		return ", which only agent v1 refuses"
	case byV2:
		return ", which only agent v2 refuses"
	}
	return ""
}
