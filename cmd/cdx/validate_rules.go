package main

import (
	"slices"

	"github.com/cdx-deploy/cdx/internal/report"
	"github.com/cdx-deploy/cdx/internal/settings"
	"github.com/cdx-deploy/cdx/pkg/appspec"
)

// rules lists all rules, or explains one.
func (p *program) rules(set *settings.Set, args []string) error {
	rules, name := appspec.Rules(), set.String("explain")
	switch {
	case len(args) > 0:
		return &usageError{message: "--rules and --explain check no files", hint: "leave the PATH out"}
	case set.Bool("rules") && set.IsSet("explain"):
		return &usageError{message: "--rules lists all rules, --explain one", hint: "give one of them"}
	case set.Bool("rules") && p.out.structured():
		p.out.object(map[string]any{"rules": report.RulesJSON(rules)})
		return nil
	case set.Bool("rules"):
		p.out.text(report.RulesText(rules))
		return nil
	}
	index := slices.IndexFunc(rules, func(r appspec.Rule) bool { return r.Name == name })
	if index < 0 {
		return unknownRule("--explain", name)
	}
	if p.out.structured() {
		p.out.object(report.RulesJSON(rules)[index])
		return nil
	}
	p.out.text(report.ExplanationText(p.streams.OutStyle(), rules[index]))
	return nil
}

func ruleNames() []string {
	rules := appspec.Rules()
	names := make([]string, len(rules))
	for i, r := range rules {
		names[i] = r.Name
	}
	return names
}
