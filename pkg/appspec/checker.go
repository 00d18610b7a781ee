package appspec

import (
	"cmp"
	"slices"

	"go.yaml.in/yaml/v3"
)

// checker collects what is wrong with one file.
type checker struct {
	file     *File
	options  Options
	platform Platform
	by       agents // who reads a file of the platform
	problems []problem
	revision *revision           // the files beside it; nil if they are not to be looked at
	seen     map[*yaml.Node]bool // what an alias leads to is checked once
}

// problem is a finding before it is judged for an agent.
type problem struct {
	rule     *Rule
	offset   int // in the source's text
	where    string
	message  string
	expected string
	fix      string
	says     string // what the agent says, in its own words; empty where that helps nobody
	edit     *edit  // a change that mends it safely; nil if there is none
	refuses  agents
	fails    agents
	warns    agents
}

// report adds a problem of a value. The agents are the rule's, as far as they read the
// value; the caller may narrow them further.
func (c *checker) report(r *Rule, p place, message, expected, fix string) *problem {
	return c.reportAt(r, c.file.offset(p.node), p, message, expected, fix)
}

// reportAt is report for a problem that starts elsewhere than its value.
func (c *checker) reportAt(r *Rule, offset int, p place, message, expected, fix string) *problem {
	by := p.by
	c.problems = append(c.problems, problem{
		rule: r, offset: offset, where: p.where, message: message, expected: expected, fix: fix,
		refuses: r.refuses & by, fails: r.fails & by, warns: r.warns & by,
	})
	return &c.problems[len(c.problems)-1]
}

// only narrows a problem to some agents.
func (p *problem) only(by agents) *problem {
	p.refuses &= by
	p.fails &= by
	p.warns &= by
	return p
}

// refusedBy says who refuses the file for it, whatever the rule says.
func (p *problem) refusedBy(by agents) *problem {
	p.refuses = by
	p.fails &^= by
	p.warns &^= by
	return p
}

// judged returns the findings as the options ask for them, sorted by position.
func (c *checker) judged() []Finding {
	ignored := c.file.ignoredRules()
	var findings []Finding
	for _, p := range c.problems {
		f, ok := c.judge(p)
		if ok && !slices.Contains(c.options.Disable, f.Rule) && !ignored.covers(f) {
			findings = append(findings, f)
		}
	}
	slices.SortStableFunc(findings, func(a, b Finding) int {
		return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column), cmp.Compare(a.Rule, b.Rule), cmp.Compare(a.Where, b.Where))
	})
	return slices.CompactFunc(findings, sameFinding)
}

// sameFinding tells whether two findings are one, reached by two aliases.
func sameFinding(a, b Finding) bool {
	return a.Line == b.Line && a.Column == b.Column && a.Rule == b.Rule && a.Message == b.Message
}

// judge turns a problem into a finding for the agent asked for; ok is false if it does
// not concern that one.
func (c *checker) judge(p problem) (f Finding, ok bool) {
	concerned, errorFor := byAnyone|byGuide, byV1|byService
	switch c.options.Agent {
	case AgentV1:
		concerned = byV1 | byService | byGuide
		errorFor = concerned
	case AgentV2:
		concerned = byV2 | byService | byGuide
		errorFor = concerned
	case AgentBoth:
		errorFor = concerned
	}
	everyone := p.refuses | p.fails | p.warns
	if everyone&concerned == 0 {
		return Finding{}, false
	}
	f = Finding{
		Rule: p.rule.Name, Severity: SeverityWarning, Where: p.where, Message: p.message,
		Expected: p.expected, Agents: everyone.list(), Fix: p.fix,
	}
	if (p.refuses|p.fails)&errorFor != 0 {
		f.Severity = SeverityError
	}
	f.Line, f.Column = c.file.source.position(p.offset)
	return f, true
}
