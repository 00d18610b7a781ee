package main

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path/filepath"

	"github.com/aws/aws-sdk-go-v2/service/codedeploy/types"
	"github.com/spf13/cobra"

	"github.com/cdx-deploy/cdx/internal/checkout"
	"github.com/cdx-deploy/cdx/internal/report"
	"github.com/cdx-deploy/cdx/internal/settings"
	"github.com/cdx-deploy/cdx/pkg/appspec"
	"github.com/cdx-deploy/cdx/pkg/local/agent"
)

func newPlanCmd(p *program) *cobra.Command {
	c := &cobra.Command{
		Use:   "plan [DIR | BUNDLE]",
		Short: "Show what an agent would do with a directory's revision",
		Long: `Shows what the CodeDeploy agent would do with what ships of a directory, or with a
bundle (zip, tar or tgz), and does none of it: what it would remove of the previous
deployment, every file it would write with its mode, owner and group, the scripts
of each lifecycle event in order, and what would make it fail.

The instance is --root: by default the folder in which local deployments place
their files, with what these remember as the previous deployment. "--root /" plans
for this very machine. A bundle is unpacked into a temporary folder; otherwise
nothing is written at all.

Exits with 3 when the plan is in conflict: two sources for one destination, or a
file that exists while file_exists_behavior is DISALLOW.`,
		Example: `  cdx plan
  cdx plan my-app-41.zip
  cdx plan --previous my-app-41.zip build
  cdx plan --diff my-app-41.zip build`,
		Args: arguments(0, 1),
		RunE: func(c *cobra.Command, args []string) error { return p.plan(c, args) },
	}
	settings.AddFlags(c.Flags(), "root", "previous", "diff", "agent", "file-exists-behavior", "load-balancer")
	settings.AddFlags(c.Flags(), "application-name", "deployment-group-name", "local-root", "max-unpacked")
	settings.AddFlags(c.Flags(), packageFlags...)
	return c
}

func (p *program) plan(c *cobra.Command, args []string) error {
	ctx := c.Context()
	facts := checkout.Read(ctx, ".", p.lookupEnv)
	sets, err := p.loadEnvironment(c, facts)
	if err != nil {
		return err
	}
	var plans []report.Planned
	var failed []error
	for _, set := range sets {
		planned, err := p.planOne(ctx, set, args)
		if planned != nil {
			plans = append(plans, *planned)
		}
		failed = append(failed, err)
	}
	p.printPlans(plans)
	return join(failed...)
}

func (p *program) printPlans(plans []report.Planned) {
	if len(plans) == 0 {
		return
	}
	if p.out.structured() {
		p.out.part(func(r *result) { r.Plans = report.PlansJSON(plans) })
		return
	}
	for _, planned := range plans {
		p.out.text(p.harmless(report.PlanText(p.streams.OutStyle(), planned)))
	}
}

// planOne plans for the directory of one set of settings. There may be a plan as
// well as an error.
func (p *program) planOne(ctx context.Context, set *settings.Set, args []string) (planned *report.Planned, err error) {
	rev, found := p.openPlanned(ctx, set, args)
	if rev == nil {
		return nil, found
	}
	defer func() { err = join(err, rev.close()) }()
	if other := set.String("diff"); other != "" {
		planned, err = p.compareWith(ctx, set, rev, other)
		return planned, join(found, err)
	}
	options, previous, err := p.planOptions(ctx, set, rev.name)
	if err != nil {
		return nil, err
	}
	plan, err := agent.NewPlan(ctx, rev.files, rev.spec, options)
	if err != nil {
		return nil, fmt.Errorf("plan %s: %w", rev.name, err)
	}
	if found == nil {
		found = conflict(rev.name, plan)
	}
	return &report.Planned{Name: rev.name, Previous: previous, Plan: plan}, found
}

// conflict is the error of a plan that would fail.
func conflict(name string, plan *agent.Plan) error {
	reasons := ""
	switch n := len(plan.Conflicts); n {
	case 0:
		return nil
	case 1:
	default:
		reasons = fmt.Sprintf(" for %d reasons", n)
	}
	return &appSpecError{
		message: fmt.Sprintf("the plan of %s is in conflict: Install would fail%s", name, reasons),
		hint:    "the plan ends with why; where files exist already: --file-exists-behavior OVERWRITE or RETAIN",
	}
}

// planOptions describes the instance: the folder that stands for its file system,
// and what a previous deployment has left there, which previous names.
func (p *program) planOptions(ctx context.Context, set *settings.Set, dir string) (options agent.PlanOptions, previous string, err error) {
	options = basicPlan(set)
	options.Root = cmp.Or(set.String("root"), set.String("local-root"))
	if bundle := set.String("previous"); bundle != "" {
		return p.afterBundle(ctx, set, options, bundle)
	}
	if !samePath(options.Root, set.String("local-root")) {
		return options, "", nil
	}
	application, group, err := localNames(set, dir)
	if err != nil {
		return options, "", err
	}
	history, err := remember(&options, application, group)
	if err != nil {
		return options, "", err
	}
	return options, history.LastSuccessful, nil
}

func basicPlan(set *settings.Set) agent.PlanOptions {
	return agent.PlanOptions{
		Agent: agentOf(set), FileExistsBehavior: types.FileExistsBehavior(set.String("file-exists-behavior")),
		LoadBalancer: set.Bool("load-balancer"),
	}
}

// agentOf is the agent to be where the two differ.
func agentOf(set *settings.Set) appspec.Agent {
	if appspec.Agent(set.String("agent")) == appspec.AgentV2 {
		return appspec.AgentV2
	}
	return appspec.AgentV1
}

// remember adds what local deployments have left behind for the next one.
func remember(options *agent.PlanOptions, application, group string) (*agent.History, error) {
	history, err := agent.ReadHistory(filepath.Join(localDir, "agent"), agent.GroupID(application, group))
	if err != nil {
		return nil, fmt.Errorf("read the history of local deployments: %w", err)
	}
	options.Installed = history.Installed
	options.LastSuccessful, options.LastRevision, err = history.Spec(options.Agent)
	return history, err
}

// localNames are the names that a local deployment of a directory has.
func localNames(set *settings.Set, dir string) (application, group string, err error) {
	absolute, err := filepath.Abs(dir)
	if err != nil {
		return "", "", err
	}
	group = "local"
	if groups := set.Strings("deployment-group-name"); len(groups) > 0 {
		group = groups[0]
	}
	return cmp.Or(set.String("application-name"), localName(filepath.Base(absolute))), group, nil
}

func samePath(a, b string) bool {
	first, errFirst := filepath.Abs(a)
	second, errSecond := filepath.Abs(b)
	return errFirst == nil && errSecond == nil && first == second
}

// afterBundle lets a bundle be what the previous deployment has installed.
func (p *program) afterBundle(ctx context.Context, set *settings.Set, options agent.PlanOptions, name string) (_ agent.PlanOptions, previous string, err error) {
	rev, err := p.openRevision(ctx, set, name)
	if err != nil {
		return options, "", err
	}
	defer func() { err = join(err, rev.close()) }()
	empty := options
	empty.Root = ""
	options.Previous, err = agent.NewPlan(ctx, rev.files, rev.spec, empty)
	if err != nil {
		return options, "", fmt.Errorf("plan %s: %w", name, err)
	}
	options.LastSuccessful = rev.spec // its scripts are taken to be there
	return options, name, nil
}

// compareWith plans two revisions for an empty instance and compares the plans.
func (p *program) compareWith(ctx context.Context, set *settings.Set, ours *plannable, name string) (planned *report.Planned, err error) {
	theirs, err := p.openRevision(ctx, set, name)
	if err != nil {
		return nil, err
	}
	defer func() { err = join(err, theirs.close()) }()
	var plans [2]*agent.Plan
	for i, rev := range []*plannable{theirs, ours} {
		options := basicPlan(set)
		options.LastSuccessful, options.LastRevision = rev.spec, rev.files // so that these hooks are compared as well
		if plans[i], err = agent.NewPlan(ctx, rev.files, rev.spec, options); err != nil {
			return nil, fmt.Errorf("plan %s: %w", rev.name, err)
		}
	}
	difference, err := report.Compare(name, plans[0], plans[1], func(a, b *agent.Step) (bool, error) {
		return sameContent(theirs.files, a.Source, ours.files, b.Source)
	})
	if err != nil {
		return nil, fmt.Errorf("compare with %s: %w", name, err)
	}
	return &report.Planned{Name: ours.name, Plan: plans[1], Difference: difference}, nil
}

// sameContent compares two files of one size.
func sameContent(first fs.FS, a string, second fs.FS, b string) (same bool, err error) {
	x, err := first.Open(a)
	if err != nil {
		return false, err
	}
	defer func() { err = errors.Join(err, x.Close()) }()
	y, err := second.Open(b)
	if err != nil {
		return false, err
	}
	defer func() { err = errors.Join(err, y.Close()) }()
	var left, right [32 << 10]byte
	for {
		n, err := io.ReadFull(x, left[:])
		m, _ := io.ReadFull(y, right[:])
		if !bytes.Equal(left[:n], right[:m]) {
			return false, nil
		}
		if err != nil {
			return n < len(left), ignoreEnd(err)
		}
	}
}

// ignoreEnd leaves out the errors that stand for the end of a file.
func ignoreEnd(err error) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return nil
	}
	return err
}
