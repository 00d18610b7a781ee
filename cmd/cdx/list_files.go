package main

import (
	"context"

	"github.com/cdx-deploy/cdx/internal/report"
	"github.com/cdx-deploy/cdx/internal/settings"
)

// listFiles shows what the bundle of each directory would hold. It sends nothing and
// needs no settings of AWS. What is wrong with an AppSpec file is told, and does not
// keep the files from being shown.
func (p *program) listFiles(ctx context.Context, sets []*settings.Set, args []string) error {
	var all []report.Shipping
	var problems []error
	for _, set := range sets {
		dir, err := directory(set, args)
		if err != nil {
			return err
		}
		pkg, err := p.packageDir(ctx, set, dir)
		problems = append(problems, err)
		switch {
		case pkg == nil:
		case pkg.tree == nil:
			problems = append(problems, nothingToPush(pkg))
		default:
			all = append(all, report.Shipping{Directory: dir, Tree: pkg.tree})
		}
	}
	err := join(problems...)
	if p.out.structured() && len(all) > 0 {
		p.out.object(report.ShippingForPrograms(all))
		return err
	}
	for _, shipping := range all {
		p.out.text(p.harmless(report.ShippingText(p.streams.OutStyle(), shipping)))
	}
	return err
}
