package appspec

import (
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"
)

var (
	contextInvalid = &Rule{
		Name: "context-invalid", refuses: byBoth,
		Summary: "context is not a mapping with a type",
		Why:     "Both agents refuse the file: “an invalid context type”.",
		Fix:     "Write a mapping with name, type and range.",
		Source:  "aws/aws-codedeploy-agent context_info.rb; parse.rs, RawContext",
		Fires:   Example{AppSpec: inPermission("context: {name: system_u}")},
		Silent:  Example{AppSpec: inPermission("context: {name: system_u, type: httpd_sys_content_t, range: s0}")},
	}
	contextUser = &Rule{
		Name: "context-user", warns: byBoth,
		Summary: "user or role in a context",
		Why:     "The user guide says user, but the agents read name; nobody reads role.",
		Fix:     "Write name instead of user.",
		Source:  "aws/aws-codedeploy-agent context_info.rb; parse.rs, RawContext",
		Fires:   Example{AppSpec: inPermission("context: {user: system_u, type: httpd_sys_content_t, range: s0}")},
		Silent:  Example{AppSpec: inPermission("context: {name: system_u, type: httpd_sys_content_t, range: s0}")},
	}
	contextWithoutRange = &Rule{
		Name: "context-without-range", fails: byV1,
		Summary: "a context without range",
		Why:     "The user guide calls it optional, but agent v1 fails in the Install event as soon as something matches: “undefined method get_range for nil”.",
		Fix:     "Write range: s0, or what the files shall have.",
		Source:  "aws/aws-codedeploy-agent installer.rb; install_instruction.rb, SemanageCommand",
		Fires:   Example{AppSpec: inPermission("context: {name: system_u, type: httpd_sys_content_t}")},
		Silent:  Example{AppSpec: inPermission("context: {name: system_u, type: httpd_sys_content_t, range: s0}")},
	}
	contextRange = &Rule{
		Name: "context-range", refuses: byBoth,
		Summary: "an invalid SELinux range",
		Why:     "A range is s0, s0-s3, s0:c0,c5 or s0:c0.c1023: sensitivities that do not fall, categories from 0 to 1023, none twice, no blanks. Agent v2 lets repeated categories pass, but not a comma at the end or a sensitivity above 255.",
		Fix:     "Write a range like s0 or s0:c0.c1023.",
		Source:  "aws/aws-codedeploy-agent range_info.rb; selinux.rs, MlsRange::parse",
		Fires:   Example{AppSpec: inPermission("context: {type: t, range: S0}")},
		Silent:  Example{AppSpec: inPermission("context: {type: t, range: 's0-s3:c0.c1023'}")},
	}
)

func contextRules() []*Rule {
	return []*Rule{contextInvalid, contextUser, contextWithoutRange, contextRange}
}

func (c *checker) context(p place) {
	if p.node.Kind != yaml.MappingNode {
		v := ruby(p.node)
		accident := v.kind == rubyString && strings.Contains(v.text, "type") && !strings.Contains(v.text, "range")
		refused := (refusedIf(byV1, v.kind != rubyNil && !accident) | refusedIf(byV2, !rustAbsent(p.node))) & p.by
		if refused != 0 {
			c.report(contextInvalid, p, "context is "+kindName(p.node), "a mapping with name, type and range", "").refusedBy(refused)
		}
		return
	}
	c.keysOfContext(p)
	c.required(p, "type", contextInvalid, func(value place) { c.scalar(value) })
	c.each(p, "name", c.scalar)
	stated := false
	c.each(p, "range", func(value place) {
		stated = stated || ruby(value.node).kind != rubyNil
		c.seRange(value)
	})
	if !stated && p.by&byV1 != 0 {
		c.report(contextWithoutRange, p, "agent v1 fails in the Install event without range", "range, as in s0", "write range: s0")
	}
}

func (c *checker) keysOfContext(p place) {
	for i := 0; i+1 < len(p.node.Content); i += 2 {
		if key := p.node.Content[i]; key.Value == "user" || key.Value == "role" {
			problem := c.report(contextUser, place{key, p.below(key.Value), p.by}, "the agents ignore "+key.Value, "name, type and range", "")
			problem.edit = c.replacingIf(key, key.Value == "user" && v2Lookup(p.node, "name") == nil, "name")
		}
	}
	c.keys(p, append(contextKeys(), "user", "role"))
}

// scalar reports a list or mapping where agent v2 wants text.
func (c *checker) scalar(p place) {
	if p.node.Kind != yaml.ScalarNode {
		c.report(contextInvalid, p, lastKey(p.where)+" is "+kindName(p.node), "text", "").refusedBy(byV2 & p.by)
	}
}

func (c *checker) seRange(p place) {
	v := ruby(p.node)
	text, isText := rustText(p.node)
	v1 := v.kind != rubyNil && (v.kind != rubyString || !v1Range(v.text))
	v2 := !rustAbsent(p.node) && (!isText || !v2Range(text))
	if refused := (refusedIf(byV1, v1) | refusedIf(byV2, v2)) & p.by; refused != 0 {
		problem := c.report(contextRange, p, "range is "+kindName(p.node)+forWhom(refused), "a range like s0 or s0:c0.c1023", "").refusedBy(refused)
		problem.says = "The deployment failed because of a problem with the SELinux range specified (" + text + ") for the context parameter in the permissions section of the application specification file. Make corrections in the permissions section of the AppSpec file, and then try again."
	}
}

// maxCategory is the highest SELinux category.
const maxCategory = 1023

// v1Range tells whether agent v1 accepts a range.
// Source: aws/aws-codedeploy-agent application_specification/range_info.rb.
func v1Range(text string) bool {
	levels, categories, found := strings.Cut(text, ":")
	if found && categories == "" {
		return false
	}
	low, high, span := strings.Cut(levels, "-")
	if !span {
		high = low
	}
	if !isNumbered(low, "s") || !isNumbered(high, "s") || lessNumber(high[1:], low[1:]) {
		return false
	}
	seen := [maxCategory + 1]bool{}
	if categories = strings.TrimRight(categories, ","); categories == "" {
		return true
	}
	for part := range strings.SplitSeq(categories, ",") {
		first, last, span := strings.Cut(part, ".")
		if !span {
			last = first
		}
		from, ok := v1Category(first)
		to, ok2 := v1Category(last)
		if !ok || !ok2 || to < from {
			return false
		}
		for ; from <= to; from++ {
			if seen[from] {
				return false
			}
			seen[from] = true
		}
	}
	return true
}

// isNumbered tells whether a text is a letter and digits.
func isNumbered(text, letter string) bool {
	digits, found := strings.CutPrefix(text, letter)
	return found && digits != "" && strings.Trim(digits, "0123456789") == ""
}

// lessNumber compares two numbers of any length.
func lessNumber(a, b string) bool {
	a, b = strings.TrimLeft(a, "0"), strings.TrimLeft(b, "0")
	return len(a) < len(b) || len(a) == len(b) && a < b
}

func v1Category(text string) (number int, ok bool) {
	if !isNumbered(text, "c") {
		return 0, false
	}
	number, err := strconv.Atoi(text[1:])
	return number, err == nil && number <= maxCategory
}

// v2Range tells whether agent v2 accepts a range: it drops what it has too many of.
// Source: aws/aws-codedeploy-agent src/application_specification/selinux.rs.
func v2Range(text string) bool {
	parts := strings.Split(text, ":")
	levels := strings.Split(parts[0], "-")
	low, ok := v2Number(levels[0], "s", 8)
	if !ok {
		return false
	}
	if len(levels) > 1 {
		if high, ok := v2Number(levels[1], "s", 8); !ok || high < low {
			return false
		}
	}
	if len(parts) < 2 {
		return true
	}
	for part := range strings.SplitSeq(parts[1], ",") {
		ends := strings.Split(part, ".")
		first, ok := v2Number(ends[0], "c", 16)
		last := first
		if ok && len(ends) > 1 {
			last, ok = v2Number(ends[1], "c", 16)
		}
		if !ok || first > maxCategory || last > maxCategory || last < first {
			return false
		}
	}
	return true
}

// v2Number reads a letter and a number of so many bits, before which Rust allows a plus.
func v2Number(text, letter string, bits int) (number uint64, ok bool) {
	digits, found := strings.CutPrefix(text, letter)
	number, err := strconv.ParseUint(strings.TrimPrefix(digits, "+"), 10, bits)
	return number, found && err == nil
}
