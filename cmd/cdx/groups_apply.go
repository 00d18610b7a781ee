package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/codedeploy/types"
	"github.com/spf13/cobra"

	"github.com/cdx-deploy/cdx/internal/awsapi"
	"github.com/cdx-deploy/cdx/internal/infile"
	"github.com/cdx-deploy/cdx/internal/inventory"
	"github.com/cdx-deploy/cdx/internal/settings"
	"github.com/cdx-deploy/cdx/internal/term"
	"github.com/cdx-deploy/cdx/pkg/group"
	"github.com/cdx-deploy/cdx/pkg/revision"
)

func newGroupsExportCmd(p *program) *cobra.Command {
	c := &cobra.Command{
		Use:   "export [GROUP…]",
		Short: "Print deployment groups as a file",
		Long: `Prints deployment groups as YAML that "cdx groups apply" takes: AWS's own names, and
only what is set. Without a name it prints all groups of the application, a YAML
document each.`,
		Example: `  cdx groups export production -a my-app > production.yml`,
		RunE:    func(c *cobra.Command, args []string) error { return p.exportGroups(c, args) },
	}
	settings.AddFlags(c.Flags(), "application-name")
	return c
}

func (p *program) exportGroups(c *cobra.Command, names []string) error {
	if set, err := p.load(c); err != nil {
		return err
	} else if p.out.structured() {
		return &usageError{message: set.Origin("output") + ": groups export prints YAML only", hint: "leave --output out, or use: cdx groups show --output json"}
	}
	in, err := p.inApplication(c)
	if err != nil {
		return err
	}
	if len(names) == 0 {
		if names, err = inventory.GroupNames(c.Context(), in.clients.codeDeploy, in.application, 0); err != nil {
			return in.explaining(err, "")
		}
		if len(names) == 0 {
			return &hintedError{fmt.Errorf("application %s has no deployment group", in.application), "create one: cdx groups create GROUP" + in.flags()}
		}
	}
	var documents []string
	for _, name := range distinct(names) {
		out, err := in.getGroup(c.Context(), name)
		if err != nil {
			return err
		}
		documents = append(documents, string(group.FromInfo(out.DeploymentGroupInfo).File(out.DeploymentGroupInfo.ComputePlatform)))
	}
	p.out.text(strings.Join(documents, "---\n"))
	return nil
}

func newGroupsApplyCmd(p *program) *cobra.Command {
	c := &cobra.Command{
		Use:   "apply FILE…",
		Short: "Make deployment groups what files say",
		Long: `Reads deployment groups from YAML files, - being standard input, shows what would
change, and creates or updates those that differ. What a file leaves out goes back
to its default; docs/groups.md has the format. Asks on a terminal and elsewhere
wants --yes. Where nothing differs it does nothing and says so.`,
		Example: `  cdx groups apply production.yml
  cdx groups apply groups/*.yml --dry-run
  cdx groups export blue -a my-app | sed s/blue/green/ |
    cdx groups apply --yes -`,
		Args: arguments(1, many),
		RunE: func(c *cobra.Command, args []string) error { return p.applyGroups(c, args) },
	}
	settings.AddFlags(c.Flags(), "application-name")
	c.Flags().Bool("dry-run", false, "show what would change, and change nothing")
	return c
}

func (p *program) applyGroups(c *cobra.Command, files []string) error {
	ctx := c.Context()
	set, err := p.loadOne(c, false)
	if err != nil {
		return err
	}
	wanted, err := p.readGroups(ctx, files)
	if err != nil {
		return err
	}
	if err := p.nameApplications(c, set, wanted); err != nil {
		return err
	}
	clients, err := p.clients(ctx, set)
	if err != nil {
		return err
	}
	applying := &applying{p: p, set: set, clients: clients}
	if err := applying.look(ctx, wanted); err != nil {
		return err
	}
	applying.show()
	if !isDryRun(c) && len(applying.open) > 0 {
		if err := p.confirm(ctx, set, "Apply this?", "nothing was changed"); err != nil {
			return err
		}
		if err := applying.lookAgain(ctx); err != nil {
			return err
		}
		if err := applying.run(ctx); err != nil {
			return err
		}
	}
	p.answered(struct{ DeploymentGroups []appliedGroup }{applying.results})
	return nil
}

// readGroups reads all files before anything is sent, and finds all mistakes in them.
func (p *program) readGroups(ctx context.Context, files []string) ([]group.Document, error) {
	var wanted []group.Document
	var failed []error
	for _, name := range files {
		data, err := p.readFile(ctx, name)
		if err != nil {
			failed = append(failed, &usageError{message: err.Error(), hint: "give an existing file, or - for standard input"})
			continue
		}
		groups, err := group.Parse(name, data)
		var mistakes group.Errors
		if errors.As(err, &mistakes) {
			for _, mistake := range mistakes {
				failed = append(failed, &usageError{message: mistake.Error(), hint: "docs/groups.md describes the files; nothing was changed"})
			}
		}
		wanted = append(wanted, groups...)
	}
	return wanted, join(failed...)
}

// readFile reads a file or, for -, standard input, as far as a file of groups may go.
func (p *program) readFile(ctx context.Context, name string) ([]byte, error) {
	if name == "-" {
		return p.readInput(ctx, group.MaxFileBytes+1)
	}
	return infile.Read(name, group.MaxFileBytes)
}

// nameApplications gives the application of the settings to groups whose file names none,
// and finds two that are the same.
func (p *program) nameApplications(c *cobra.Command, set *settings.Set, wanted []group.Document) error {
	seen := make(map[string]string)
	for _, g := range wanted {
		place, name := fmt.Sprintf("%s:%d", g.File, g.Line), aws.ToString(g.ApplicationName)
		if name == "" {
			if name = set.String("application-name"); name == "" {
				return missing("application-name", fmt.Sprintf("%s: deployment group %s names no application", place, aws.ToString(g.DeploymentGroupName)))
			}
			g.ApplicationName = &name
		}
		if given := valueOf(c, "application-name"); given != "" && given != name {
			return &usageError{message: fmt.Sprintf("%s: --application-name %s contradicts the file, whose group %s is of %s", place, given, aws.ToString(g.DeploymentGroupName), name),
				hint: "leave --application-name out, or applicationName in the file"}
		}
		key := name + "\x00" + aws.ToString(g.DeploymentGroupName)
		if before, ok := seen[key]; ok {
			return &usageError{message: fmt.Sprintf("%s: deployment group %s of %s stands at %s already", place, aws.ToString(g.DeploymentGroupName), name, before), hint: "leave one of them out"}
		}
		seen[key] = place
	}
	return nil
}

// applying is a run of groups apply.
type applying struct {
	p       *program
	set     *settings.Set
	clients *clients
	plans   []*group.Plan
	open    []*group.Plan // those that have something to do
	done    []string
	results []appliedGroup
}

// appliedGroup is what the JSON output says about a group.
type appliedGroup struct {
	ApplicationName     *string
	DeploymentGroupName *string
	Action              string // create, update or none
	Done                bool
	Changes             []group.Change
}

func (a *applying) explaining(err error, plan *group.Group) error {
	of := &ofApplication{a.set, aws.ToString(plan.ApplicationName), a.clients}
	err = of.explaining(err, aws.ToString(plan.DeploymentGroupName))
	if as[*types.DeploymentGroupAlreadyExistsException](err) {
		return &hintedError{err, "somebody has created it in the meantime; run it again to see how it differs"}
	}
	if as[*types.ApplicationDoesNotExistException](err) {
		there := a.clients.names(awsapi.Application, "")
		return &hintedError{err, nearest(of.application, there, "cdx apps list"+reach(a.set)) + "; or create it: cdx apps create " + revision.ShellQuote(of.application) + reach(a.set)}
	}
	return err
}

// look compares all groups with what there is.
func (a *applying) look(ctx context.Context, wanted []group.Document) error {
	for _, g := range wanted {
		plan, err := group.Look(ctx, a.clients.codeDeploy, g.Group)
		if err != nil {
			return a.explaining(err, g.Group)
		}
		action := "update"
		switch {
		case plan.Nothing():
			action = "none"
		case plan.Info == nil:
			action = "create"
		}
		a.plans = append(a.plans, plan)
		if action != "none" {
			a.open = append(a.open, plan)
		}
		a.results = append(a.results, appliedGroup{g.ApplicationName, g.DeploymentGroupName, action, false, plan.Changes})
	}
	return nil
}

// lookAgain finds what others have changed while a question stood.
func (a *applying) lookAgain(ctx context.Context) error {
	if a.set.Bool("yes") {
		return nil // nothing was asked
	}
	for _, shown := range a.open {
		now, err := group.Look(ctx, a.clients.codeDeploy, shown.Group)
		if err != nil {
			return a.explaining(err, shown.Group)
		}
		if (now.Info == nil) != (shown.Info == nil) || !slices.Equal(now.Changes, shown.Changes) {
			return &hintedError{fmt.Errorf("deployment group %s is no longer as it was shown; nothing was changed", shown.Name()), "run it again to see how it differs now"}
		}
	}
	return nil
}

// show prints the differences: as the result or, where that is JSON, for whoever is asked.
func (a *applying) show() {
	style := a.p.streams.OutStyle()
	if a.p.out.structured() {
		style = a.p.streams.ErrStyle()
	}
	var lines []string
	for i, plan := range a.plans {
		title := "deployment group " + plan.Name() + " of " + aws.ToString(plan.Group.ApplicationName)
		switch a.results[i].Action {
		case "none":
			a.p.progress.Event(title + " is as the file says: nothing to do")
			continue
		case "create":
			title += " is to be created:"
		default:
			title += " is to be changed:"
		}
		lines = append(lines, style.Bold(a.p.streams.Foreign(title)))
		for _, change := range plan.Changes {
			for _, line := range change.Diff() {
				lines = append(lines, "  "+colour(style, a.p.streams.Foreign(line)))
			}
		}
	}
	switch {
	case len(lines) == 0:
	case !a.p.out.structured():
		a.p.out.line(strings.Join(lines, "\n"))
	case !a.set.Bool("yes"):
		a.p.progress.Report(strings.Join(lines, "\n"))
	}
}

func colour(style term.Style, line string) string {
	switch line[0] {
	case '-':
		return style.Red(line)
	case '+':
		return style.Green(line)
	}
	return line
}

// run applies group after group until one fails; the error then says how far it came. What
// is done is no obstacle to running the same command again.
func (a *applying) run(ctx context.Context) error {
	for i, plan := range a.open {
		applied, err := plan.Apply(ctx, a.clients.codeDeploy)
		if err != nil {
			if ctx.Err() != nil { // the error is not told then
				a.p.progress.Warn(fmt.Sprintf("%swhether deployment group %s is changed is not known", a.far(i), plan.Name()))
			}
			return a.explaining(fmt.Errorf("%s%w", a.far(i), err), plan.Group)
		}
		a.p.warnHooks(applied.HooksNotCleanedUp)
		a.note(plan)
		if len(applied.Left) > 0 {
			var names []string
			for _, change := range applied.Left {
				names = append(names, change.Setting)
			}
			return &hintedError{fmt.Errorf("%sAWS accepted the change of deployment group %s, but it still differs in %s", a.far(i), plan.Name(), strings.Join(names, ", ")),
				"see how: cdx groups export " + revision.ShellQuote(plan.Name()) + " -a " + revision.ShellQuote(aws.ToString(plan.Group.ApplicationName)) + reach(a.set)}
		}
	}
	return nil
}

// note says that a group is done.
func (a *applying) note(plan *group.Plan) {
	verb := "updated"
	if plan.Info == nil {
		verb = "created"
	}
	a.done = append(a.done, plan.Name())
	for i := range a.plans {
		if a.plans[i] == plan {
			a.results[i].Done = true
		}
	}
	a.p.progress.Event(fmt.Sprintf("deployment group %s of %s %s", plan.Name(), aws.ToString(plan.Group.ApplicationName), verb))
}

// far says what was and what was not done when the i-th group failed.
func (a *applying) far(i int) string {
	var left []string
	for _, plan := range a.open[i+1:] {
		left = append(left, plan.Name())
	}
	return halfWay("applied", a.done, left)
}
