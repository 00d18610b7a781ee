package main

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/codedeploy/types"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/cdx-deploy/cdx/internal/awsapi"
	"github.com/cdx-deploy/cdx/internal/awsjson"
	"github.com/cdx-deploy/cdx/internal/checkout"
	"github.com/cdx-deploy/cdx/internal/report"
	"github.com/cdx-deploy/cdx/internal/settings"
	"github.com/cdx-deploy/cdx/internal/suggest"
	"github.com/cdx-deploy/cdx/pkg/revision"
)

// What is here the commands share that look after applications, deployment groups,
// deployment configurations and revisions.

// newFamilyCmd is a command that only has others below it.
func newFamilyCmd(use, short, long string, commands ...*cobra.Command) *cobra.Command {
	c := &cobra.Command{
		Use:     use,
		GroupID: furtherCommands,
		Short:   short,
		Long:    long,
		Args:    unknownCommand,
		RunE:    func(c *cobra.Command, _ []string) error { return c.Help() },
	}
	c.AddCommand(commands...)
	return c
}

// screen is for whom results are rendered.
func (p *program) screen() report.Screen {
	if !p.streams.OutTerminal {
		return report.Screen{}
	}
	return report.Screen{Width: p.streams.OutWidth(), Now: time.Now()}
}

// errScreen is for whom questions and what leads up to them are rendered.
func (p *program) errScreen() report.Screen {
	if !p.streams.ErrTerminal {
		return report.Screen{}
	}
	return report.Screen{Width: p.streams.ErrWidth(), Now: time.Now()}
}

// foreign prints text of several lines that others may have written parts of.
func (p *program) foreign(text string) {
	p.out.line(strings.TrimRight(p.streams.Foreign(text), "\n"))
}

// answered makes a value of the SDK, or a structure of such, the whole result of a command.
func (p *program) answered(value any) {
	if p.out.structured() {
		p.out.object(awsjson.Value{Of: value})
	}
}

// setUpAccount loads the settings and makes the clients of the account that they mean.
func (p *program) setUpAccount(c *cobra.Command) (*settings.Set, *clients, error) {
	set, err := p.load(c)
	if err != nil {
		return nil, nil, err
	}
	clients, err := p.clients(c.Context(), set)
	return set, clients, err
}

// ofApplication is where a command works that is about one application.
type ofApplication struct {
	set         *settings.Set
	application string
	clients     *clients
}

// inApplication loads the settings and finds the application they name: at the top of
// cdx.yml, else in the environment that is in force.
func (p *program) inApplication(c *cobra.Command) (*ofApplication, error) {
	set, err := p.loadOne(c, false)
	if err != nil {
		return nil, err
	}
	if set.String("application-name") == "" && p.file != nil {
		if set, err = p.loadOne(c, true); err != nil {
			return nil, err
		}
	}
	if set.String("application-name") == "" {
		return nil, missing("application-name", "the CodeDeploy application")
	}
	clients, err := p.clients(c.Context(), set)
	if err != nil {
		return nil, err
	}
	return &ofApplication{set, set.String("application-name"), clients}, nil
}

// loadOne loads the settings of one application, also those of the environment whose
// branch matches if that is asked for.
func (p *program) loadOne(c *cobra.Command, match bool) (*settings.Set, error) {
	branch := ""
	if match {
		branch = checkout.Read(c.Context(), ".", p.lookupEnv).EnvironmentBranch()
	}
	sets, err := p.resolve(c, match, branch)
	if err != nil {
		return nil, err
	}
	if len(sets) > 1 {
		return nil, &usageError{message: fmt.Sprintf("environment %s has %d applications", sets[0].Environment, len(sets)), hint: "name one of them with --application-name"}
	}
	return sets[0], nil
}

// explaining adds to an error what its explanation needs. A deployment group that there is
// not is an argument here, and not a flag.
func (a *ofApplication) explaining(err error, group string) error {
	err = a.clients.explaining(err, awsapi.Context{Application: a.application, DeploymentGroup: group})
	if as[*types.DeploymentGroupDoesNotExistException](err) {
		return &hintedError{err, nearest(group, a.clients.names(awsapi.DeploymentGroup, a.application), "cdx groups list"+a.flags())}
	}
	return err
}

// flags are those that reach the same application, for a command that is shown.
func (a *ofApplication) flags() string {
	return " -a " + revision.ShellQuote(a.application) + reach(a.set)
}

// addLimit defines --limit.
func addLimit(flags *pflag.FlagSet, what string, by int) {
	usage := "list so many " + what + " at most"
	if by == 0 {
		usage += " (default: all)"
	}
	flags.Var(&limit{n: by}, "limit", usage)
}

// limit is the value of --limit; 0 is none.
type limit struct{ n int }

func (l *limit) String() string {
	if l.n == 0 {
		return ""
	}
	return fmt.Sprint(l.n)
}

// Type is what the help prints behind the flag.
func (l *limit) Type() string { return "N" }

func (l *limit) Set(text string) error {
	n := 0
	if _, err := fmt.Sscanf(text, "%d", &n); err != nil || n < 1 || fmt.Sprint(n) != text {
		return fmt.Errorf("expected a whole number from 1, not %q", text)
	}
	l.n = n
	return nil
}

func limitOf(c *cobra.Command) int { return c.Flags().Lookup("limit").Value.(*limit).n }

// addDryRun defines --dry-run of a command that deletes.
func addDryRun(c *cobra.Command) {
	c.Flags().Bool("dry-run", false, "say what would be deleted, and delete nothing")
}

func isDryRun(c *cobra.Command) bool { return valueOf(c, "dry-run") == "true" }

// loadToChange loads the settings and the clients for a change that somebody has to agree
// to.
func (p *program) loadToChange(c *cobra.Command, nothing string) (*settings.Set, *clients, error) {
	set, err := p.load(c)
	if err != nil {
		return nil, nil, err
	}
	if err := p.mayChange(c, set, nothing); err != nil {
		return nil, nil, err
	}
	clients, err := p.clients(c.Context(), set)
	return set, clients, err
}

// mayChange makes sure, before anything is sent, that somebody can be asked or has said
// yes.
func (p *program) mayChange(c *cobra.Command, set *settings.Set, what string) error {
	if set.Bool("yes") || isDryRun(c) || p.streams.InTerminal && p.streams.ErrTerminal {
		return nil
	}
	return unconfirmed(what)
}

// announce says what is about to be done: to whoever is asked about it, or wants to know
// that only, also when quiet.
func (p *program) announce(c *cobra.Command, set *settings.Set, text string) {
	if set.Bool("yes") && !isDryRun(c) {
		p.progress.Event(text)
		return
	}
	p.progress.Report(p.streams.Foreign(text))
}

func unconfirmed(what string) error {
	return &usageError{message: what + ": that was not confirmed", hint: "give --yes to do it, or --dry-run to see what would be done"}
}

// confirm asks, unless --yes has answered.
func (p *program) confirm(ctx context.Context, set *settings.Set, question, what string) error {
	if set.Bool("yes") {
		return nil
	}
	yes, err := p.progress.Confirm(ctx, question)
	switch {
	case ctx.Err() != nil: // the error is not told then
		p.progress.Event(what)
		return err
	case err != nil || !yes:
		return unconfirmed(what)
	}
	return nil
}

// deletion is the deletion of several things of a kind, one after the other.
type deletion struct {
	kind    string   // such as "deployment group"
	names   []string // those that are there
	remove  func(ctx context.Context, name string) error
	explain func(err error, name string) error
}

// run deletes until one cannot be deleted; the error then says how far it came. What is
// gone is no obstacle to running the same command again.
func (d *deletion) run(ctx context.Context, p *program) error {
	for i, name := range d.names {
		if err := d.remove(ctx, name); err != nil {
			far := halfWay("deleted before", d.names[:i], d.names[i+1:])
			if ctx.Err() != nil { // the error is not told then
				p.progress.Warn(fmt.Sprintf("%swhether %s %s is deleted is not known", far, d.kind, name))
			}
			return d.explain(fmt.Errorf("%sdelete %s %s: %w", far, d.kind, name, err), name)
		}
		p.progress.Event(d.kind + " " + name + " deleted")
	}
	return nil
}

// halfWay says what was and what was not done when one of several things failed: it begins
// the message. It is empty when that was the only one.
func halfWay(did string, done, left []string) string {
	var parts []string
	if len(done) > 0 {
		parts = append(parts, did+": "+strings.Join(done, ", "))
	}
	if len(left) > 0 {
		parts = append(parts, "not tried: "+strings.Join(left, ", "))
	}
	if len(parts) == 0 {
		return ""
	}
	return "half-way (" + strings.Join(parts, "; ") + "; run it again to go on): "
}

// present are those of the wanted names that there are. Without any it is an error that
// names the nearest; some that are missing are warned about, so that a deletion that was
// interrupted can be finished by the same command. Where nothing may be listed, all are
// taken to be there.
func (p *program) present(kind string, wanted, there []string, list string) ([]string, error) {
	if len(there) == 0 {
		return distinct(wanted), nil
	}
	known := make(map[string]bool, len(there))
	for _, name := range there {
		known[name] = true
	}
	var found, absent []string
	for _, name := range distinct(wanted) {
		if known[name] {
			found = append(found, name)
		} else {
			absent = append(absent, name)
		}
	}
	if len(found) == 0 {
		return nil, &hintedError{fmt.Errorf("there is no %s %q", kind, absent[0]), nearest(absent[0], there, list)}
	}
	for _, name := range absent {
		p.progress.Warn(fmt.Sprintf("there is no %s %q (any more)", kind, name))
	}
	return found, nil
}

// nearest is what to say about a name that there is not.
func nearest(name string, there []string, list string) string {
	if meant, ok := suggest.Nearest(name, there); ok {
		return "did you mean: " + revision.ShellQuote(meant)
	}
	return "see which there are: " + list
}
