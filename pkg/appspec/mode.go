package appspec

import (
	"fmt"
	"strings"

	"go.yaml.in/yaml/v3"
)

var (
	modeInvalid = &Rule{
		Name: "mode-invalid", refuses: byBoth,
		Summary: "mode is not one to four octal digits",
		Why:     "The agents refuse letters, signs, more than four characters and the digits 8 and 9: no u+x, no rwxr-xr-x, no 0o644.",
		Fix:     "Write octal digits, as in '0755'.",
		Source:  "aws/aws-codedeploy-agent mode_info.rb; mode.rs, Mode::from_octal",
		Fires:   Example{AppSpec: inPermission("mode: u+x")},
		Silent:  Example{AppSpec: inPermission("mode: 755")},
	}
	modeOctal = &Rule{
		Name: "mode-octal", fails: byV1, warns: byV1,
		Summary: "a mode with a leading zero and without quotes",
		Why:     "Agent v1 reads 0644 as an octal number, 420, and sets mode 0420; 0755 becomes 493 and is refused for its 9. Agent v2 takes the digits as they are.",
		Fix:     "Put the mode between quotes, or leave out the zero.",
		Source:  "ruby/psych lib/psych/scalar_scanner.rb; aws/aws-codedeploy-agent mode_info.rb",
		Fires:   Example{AppSpec: inPermission("mode: 0644")},
		Silent:  Example{AppSpec: inPermission("mode: '0644'")},
	}
	modeMisread = &Rule{
		Name: "mode-misread", refuses: byV2, fails: byV1,
		Summary: "a mode that agent v1 takes for another number than is written",
		Why:     "YAML 1.1 reads 1:10 in base 60, 0b11 in base 2 and 7,55 without the comma. Agent v2 refuses the file.",
		Fix:     "Write octal digits, as in '0755'.",
		Source:  "ruby/psych lib/psych/scalar_scanner.rb; aws/aws-codedeploy-agent mode_info.rb; mode.rs",
		Fires:   Example{AppSpec: inPermission("mode: 1:10")},
		Silent:  Example{AppSpec: inPermission("mode: 755")},
	}
	modeShort = &Rule{
		Name: "mode-short", warns: byBoth,
		Summary: "a mode with fewer than three digits",
		Why:     "It is filled up with zeros on the left: 75 is 075, which leaves the owner nothing, and an empty text is 000.",
		Fix:     "Write three or four digits.",
		Source:  "aws/aws-codedeploy-agent mode_info.rb; mode.rs, Mode::from_octal",
		Fires:   Example{AppSpec: inPermission("mode: 75")},
		Silent:  Example{AppSpec: inPermission("mode: 750")},
	}
)

func modeRules() []*Rule { return []*Rule{modeInvalid, modeOctal, modeMisread, modeShort} }

// v1Mode returns the digits that agent v1 takes for a mode, at least three.
// Source: aws/aws-codedeploy-agent application_specification/mode_info.rb.
func v1Mode(n *yaml.Node) (digits string, ok bool) {
	return octalMode(ruby(n).text)
}

// v2Mode is v1Mode for agent v2.
// Source: aws/aws-codedeploy-agent src/application_specification/mode.rs.
func v2Mode(n *yaml.Node) (digits string, ok bool) {
	text, ok := rustText(n)
	digits, valid := octalMode(text)
	return digits, ok && valid
}

func octalMode(text string) (digits string, ok bool) {
	if len(text) < 3 {
		text = strings.Repeat("0", 3-len(text)) + text
	}
	return text, len(text) <= 4 && strings.Trim(text, "01234567") == ""
}

func (c *checker) mode(p place) {
	v := ruby(p.node)
	if v.kind == rubyNil && rustAbsent(p.node) {
		return
	}
	first, ok1 := v1Mode(p.node)
	second, ok2 := v2Mode(p.node)
	refused := (refusedIf(byV1, !ok1 && v.kind != rubyNil) | refusedIf(byV2, !ok2 && !rustAbsent(p.node))) & p.by
	octal := v.kind == rubyInteger && strings.HasPrefix(p.node.Value, "0") && ok2 && len(p.node.Value) > 1
	switch {
	case octal && p.by&byV1 != 0:
		c.octalMode(p, v.text, refused, strings.TrimLeft(first, "0") == strings.TrimLeft(second, "0"))
	case refused != 0 && refused&byV1 == 0 && v.kind == rubyInteger:
		c.report(modeMisread, p, fmt.Sprintf("agent v1 reads the mode %s as %s, agent v2 refuses it", p.node.Value, v.text), "octal digits, as in '0755'", "")
	case refused != 0:
		problem := c.report(modeInvalid, p, "mode is "+kindName(p.node)+forWhom(refused), "one to four octal digits, as in '0755'", "").refusedBy(refused)
		problem.says, problem.edit = modeMessage(v.text), c.replacingOctal(p.node)
	case len(p.node.Value) < 3 && strings.Trim(p.node.Value, "0") == p.node.Value:
		c.report(modeShort, p, fmt.Sprintf("the mode %s means %s", quoted(p.node.Value), first), "three or four digits", "")
	}
}

// octalMode reports a mode that YAML 1.1 takes for an octal number.
func (c *checker) octalMode(p place, number string, refused agents, same bool) {
	quotes := "'" + p.node.Value + "'"
	problem := c.report(modeOctal, p, fmt.Sprintf("agent v1 reads the mode %s as the number %s", p.node.Value, number), "quotes around the digits", "write "+quotes)
	problem.edit = c.replacing(p.node, quotes)
	switch {
	case refused&byV1 != 0:
		problem.refusedBy(byV1).says = modeMessage(number)
	case same:
		problem.fails = 0
	default:
		problem.warns = 0
	}
}

// replacingOctal turns 0o644 into '0644'.
func (c *checker) replacingOctal(n *yaml.Node) *edit {
	digits, found := strings.CutPrefix(n.Value, "0o")
	_, valid := octalMode(digits)
	return c.replacingIf(n, found && valid, "'0"+digits+"'")
}

func modeMessage(mode string) string {
	if len(mode) > 4 {
		return fmt.Sprintf("The deployment failed because the length of a permissions mode (%s) in the application specification file is invalid. Permissions modes must be between one and four characters long. Update the permissions section of the AppSpec file, and then try again.", mode)
	}
	bad := strings.TrimLeft(mode, "01234567")
	return fmt.Sprintf("The deployment failed because the permissions mode (%s) in the application specification file contains an invalid character (%.1s). Update the permissions section of the AppSpec file, and then try again.", mode, bad)
}
