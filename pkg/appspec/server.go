package appspec

import (
	"fmt"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

var (
	versionInvalid = &Rule{
		Name: "version-invalid", refuses: byBoth,
		Summary: "version is missing or not the number 0.0",
		Why:     "Both agents want the number 0.0, without quotes, although the user guide says string. Agent v1 takes 0, 0x0 and the like for it too; agent v2 takes 0 and 0e0, but not 0x0.",
		Fix:     "Write version: 0.0, without quotes.",
		Source:  "aws/aws-codedeploy-agent application_specification.rb, parse_version; types.rs, Version::parse",
		Fires:   Example{AppSpec: "version: \"0.0\"\nos: linux\n"},
		Silent:  Example{AppSpec: "version: 0.0\nos: linux\n"},
	}
	osInvalid = &Rule{
		Name: "os-invalid", refuses: byBoth,
		Summary: "os is missing or neither linux nor windows",
		Why:     "The agents compare it letter by letter: Linux, ubuntu and amazon-linux are refused.",
		Fix:     "Write os: linux or os: windows.",
		Source:  "aws/aws-codedeploy-agent application_specification.rb, parse_os; types.rs, Os::parse",
		Fires:   Example{AppSpec: "version: 0.0\nos: Linux\n"},
		Silent:  Example{AppSpec: "version: 0.0\nos: windows\n"},
	}
	fileExistsBehavior = &Rule{
		Name: "file-exists-behavior", refuses: byBoth,
		Summary: "file_exists_behavior is not DISALLOW, OVERWRITE or RETAIN",
		Why:     "The agents compare it letter by letter, in upper case, unlike the setting of the same name in the API.",
		Fix:     "Write one of the three in upper case.",
		Source:  "aws/aws-codedeploy-agent application_specification.rb, parse_file_exists_behavior; types.rs",
		Fires:   Example{AppSpec: inFiles("build", "/srv/shop\nfile_exists_behavior: overwrite")},
		Silent:  Example{AppSpec: inFiles("build", "/srv/shop\nfile_exists_behavior: OVERWRITE")},
	}
	nullSection = &Rule{
		Name: "null-section", refuses: byV2,
		Summary: "null, false, no or {} in place of a list or mapping",
		Why:     "Agent v1 takes it for an empty section; agent v2 refuses the file. An empty value is fine for both.",
		Fix:     "Remove the key, or leave its value empty.",
		Source:  "dtolnay/serde-yaml src/de.rs, deserialize_seq and deserialize_map",
		Fires:   Example{AppSpec: "version: 0.0\nos: linux\nhooks: ~\n"},
		Silent:  Example{AppSpec: "version: 0.0\nos: linux\nhooks:\n"},
	}
	nothingToDo = &Rule{
		Name: "nothing-to-do", warns: byBoth,
		Summary: "neither files nor scripts",
		Why:     "The deployment succeeds and changes nothing on the instance.",
		Fix:     "Add a files or a hooks section.",
		Source:  "https://docs.aws.amazon.com/codedeploy/latest/userguide/reference-appspec-file-structure.html",
		Fires:   Example{AppSpec: "version: 0.0\nos: linux\n"},
		Silent:  Example{AppSpec: inFiles("build", "/srv/shop")},
	}
)

func serverRules() []*Rule {
	return []*Rule{versionInvalid, osInvalid, fileExistsBehavior, nullSection, nothingToDo}
}

// server checks a file for EC2 and on-premises servers.
func (c *checker) server() {
	root := place{node: deref(c.file.root), by: byBoth}
	c.keys(root, topKeys())
	c.version(root)
	system := c.os(root)
	c.each(root, "file_exists_behavior", c.behaviour)
	files := c.files(root, system)
	c.hooks(root, system)
	c.permissions(root, system, layoutOf(files), c.targets(files, system, len(files) > 1 || len(root.key("permissions")) > 0))
	if !c.hasScripts(root) && len(files) == 0 && !c.refused() {
		c.report(nothingToDo, place{root.node, "document", root.by}, "the file installs nothing and runs nothing", "a files or hooks section", "")
	}
}

// refused tells whether anybody refuses the file, so that what it does is beside the point.
func (c *checker) refused() bool {
	return slices.ContainsFunc(c.problems, func(p problem) bool { return p.refuses != 0 })
}

// each calls check for every value that an agent finds under a name.
func (c *checker) each(p place, name string, check func(place)) {
	for _, value := range p.key(name) {
		check(value)
	}
}

func (c *checker) version(root place) {
	found := root.key("version")
	if len(found) == 0 {
		c.report(versionInvalid, place{root.node, "version", root.by}, "version is missing", "version: 0.0", "").says = versionMessage("")
		return
	}
	for _, p := range found {
		refused := (refusedIf(byV1, !isRubyZero(ruby(p.node))) | refusedIf(byV2, !isRustZero(p.node))) & p.by
		if refused == 0 {
			continue
		}
		problem := c.report(versionInvalid, p, "version is "+kindName(p.node)+forWhom(refused), "the number 0.0, without quotes", "write 0.0").refusedBy(refused)
		problem.says, problem.edit = versionMessage(ruby(p.node).text), c.replacingIf(p.node, p.node.Value == "0.0" || isRubyZero(ruby(p.node)), "0.0")
	}
}

func versionMessage(version string) string {
	return fmt.Sprintf("The deployment failed because an invalid version value (%s) was entered in the application specification file. Make sure your AppSpec file specifies \"0.0\" as the version, and then try again.", version)
}

func refusedIf(by agents, refused bool) agents {
	if refused {
		return by
	}
	return 0
}

func isRubyZero(v rubyValue) bool {
	return v.kind == rubyInteger && v.whole.Sign() == 0 || v.kind == rubyFloat && v.number == 0
}

// epsilon is Rust's f64::EPSILON, from which on a number is not 0.0 to agent v2.
const epsilon = 0x1p-52

func isRustZero(n *yaml.Node) bool {
	number, ok := rustNumber(n)
	return ok && number > -epsilon && number < epsilon
}

// os checks the operating system and returns it as the first agent takes it; empty if it
// is invalid.
func (c *checker) os(root place) string {
	found := root.key("os")
	if len(found) == 0 {
		c.report(osInvalid, place{root.node, "os", root.by}, "os is missing", "os: linux or os: windows", "").says = osMessage("")
		return ""
	}
	system := ""
	for _, p := range found {
		text, _ := rustText(p.node)
		supported := text == "linux" || text == "windows"
		refused := (refusedIf(byV1, !supported || ruby(p.node).kind != rubyString) | refusedIf(byV2, !supported)) & p.by
		if supported && system == "" {
			system = text
		}
		if refused != 0 {
			fix := nearestSystem(text)
			problem := c.report(osInvalid, p, "os is "+kindName(p.node)+forWhom(refused), "linux or windows, in lower case", "write "+fix).refusedBy(refused)
			problem.says, problem.edit = osMessage(ruby(p.node).text), c.replacingIf(p.node, strings.EqualFold(text, fix), fix)
		}
	}
	return system
}

func osMessage(system string) string {
	return fmt.Sprintf("The deployment failed because the application specification file specifies an unsupported operating system (%s). Specify either \"linux\" or \"windows\" in the os section of the AppSpec file, and then try again.", system)
}

// nearestSystem guesses what an operating system's name stands for.
func nearestSystem(name string) string {
	if near, ok := nearest(name, []string{"linux", "windows"}); ok {
		return near
	}
	if strings.Contains(strings.ToLower(name), "win") && !strings.Contains(strings.ToLower(name), "darwin") {
		return "windows"
	}
	return "linux"
}

func behaviours() []string { return []string{"DISALLOW", "OVERWRITE", "RETAIN"} }

func (c *checker) behaviour(p place) {
	v := ruby(p.node)
	text, isText := rustText(p.node)
	known := slices.Contains(behaviours(), text)
	refused := refusedIf(byV1, v.kind != rubyNil && !(known && v.kind == rubyString)) | refusedIf(byV2, !rustAbsent(p.node) && !(known && isText))
	if refused&p.by == 0 {
		return
	}
	fix, upper := "", strings.ToUpper(text)
	if near, ok := nearest(text, behaviours()); ok {
		fix = "did you mean " + near + "?"
	}
	problem := c.report(fileExistsBehavior, p, "file_exists_behavior is "+kindName(p.node), "DISALLOW, OVERWRITE or RETAIN", fix).refusedBy(refused & p.by)
	problem.says = fmt.Sprintf("The deployment failed because an invalid file_exists_behavior value (%s) was entered in the application specification file. Make sure your AppSpec file specifies one of DISALLOW,OVERWRITE,RETAIN as the file_exists_behavior, and then try again.", v.text)
	problem.edit = c.replacingIf(p.node, slices.Contains(behaviours(), upper), upper)
}

// list checks that a value is a list and returns its entries. An optional setting may be
// null for agent v2; a section may not.
func (c *checker) list(p place, r *Rule, optional bool, expected string) []place {
	switch {
	case c.seen[p.node]:
		return nil
	case p.node.Kind == yaml.SequenceNode:
		c.seen[p.node] = true
		return p.items()
	}
	empty := p.node.Kind == yaml.MappingNode && len(p.node.Content) == 0
	v1 := refusedIf(byV1, !empty && !ruby(p.node).falsy())
	v2 := refusedIf(byV2, !rustEmpty(p.node) && !(optional && rustAbsent(p.node)))
	c.shape(p, r, (v1|v2)&p.by, expected)
	return nil
}

// shape reports a value of the wrong kind; one that only agent v2 minds stands for
// nothing in agent v1.
func (c *checker) shape(p place, r *Rule, refused agents, expected string) {
	message := p.where + " is " + kindName(p.node)
	switch {
	case refused == 0:
	case refused&byV1 == 0 && ruby(p.node).kind != rubyArray:
		c.report(nullSection, p, message, expected+", or nothing", "remove the key, or leave its value empty").refusedBy(refused)
	default:
		c.report(r, p, message, expected, "").refusedBy(refused)
	}
}
