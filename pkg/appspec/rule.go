package appspec

import (
	"slices"
	"strings"
)

// Rule is one thing that [Check] looks for.
type Rule struct {
	Name      string     // like "mode-octal"
	Severity  Severity   // without [Options.Agent]; of several the worse
	Agents    []Agent    // whom it concerns; nil for ECS and Lambda
	Platforms []Platform // where it applies
	Summary   string     // what is wrong, in a phrase
	Why       string     // what happens then
	Fix       string     // what to do about it
	Source    string     // where the rule comes from
	Fires     Example    // breaks the rule
	Silent    Example    // does not

	refuses agents // whose parsers refuse the file
	fails   agents // with whom the deployment fails later
	warns   agents // with whom it does something else than what was meant
}

// Example is an AppSpec file, and files beside it where a rule looks at them.
type Example struct {
	AppSpec string            // the file's text
	Files   map[string]string // contents by path in the revision; nil when they do not matter
	Name    string            // the AppSpec file's name; empty means appspec.yml
	LeftOut string            // a directory that is kept out of the bundle
	Size    int               // bytes to which the text is padded with a comment; 0: as it is
	Final   bool              // with [Options.Final]
}

// agents is a set of those who read an AppSpec file.
type agents uint8

const (
	byV1      agents = 1 << iota // agent v1
	byV2                         // agent v2
	byService                    // CodeDeploy itself, for ECS and Lambda
	byGuide                      // the guide's letter, which the service does not insist on

	byBoth   = byV1 | byV2
	byAnyone = byBoth | byService
)

// list returns the agents of the set.
func (a agents) list() []Agent {
	var list []Agent
	if a&byV1 != 0 {
		list = append(list, AgentV1)
	}
	if a&byV2 != 0 {
		list = append(list, AgentV2)
	}
	return list
}

// ruleTable holds the rules of all areas.
func ruleTable() [][]*Rule {
	return [][]*Rule{
		documentRules(), syntaxRules(), nodeRules(), keyRules(), serverRules(), fileRules(), pathRules(), hookRules(),
		timeoutRules(), permissionRules(), modeRules(), aclRules(), contextRules(), serviceRules(), revisionRules(), scriptRules(),
	}
}

// all returns everyone the rule concerns.
func (r *Rule) all() agents { return r.refuses | r.fails | r.warns }

// Rules returns all rules, sorted by name.
func Rules() []Rule {
	table := slices.Concat(ruleTable()...)
	slices.SortFunc(table, func(a, b *Rule) int { return strings.Compare(a.Name, b.Name) })
	rules := make([]Rule, len(table))
	for i, r := range table {
		rules[i] = r.described()
	}
	return rules
}

// described fills in what follows from the sets of agents.
func (r Rule) described() Rule {
	r.Agents = r.all().list()
	r.Severity = SeverityWarning
	if (r.refuses|r.fails)&(byV1|byService) != 0 {
		r.Severity = SeverityError
	}
	if r.Platforms == nil {
		r.Platforms = []Platform{Server}
	}
	return r
}

// UnknownRules returns those of the names that are no rule's, in their order.
func UnknownRules(names []string) []string {
	if len(names) == 0 {
		return nil // as nearly always: the start of a check need not wait for the names
	}
	known := ruleNames()
	return slices.DeleteFunc(slices.Clone(names), func(name string) bool { return slices.Contains(known, name) })
}
