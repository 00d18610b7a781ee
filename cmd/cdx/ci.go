package main

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/codedeploy/types"

	"github.com/cdx-deploy/cdx/internal/checkout"
	"github.com/cdx-deploy/cdx/internal/ci"
	"github.com/cdx-deploy/cdx/internal/report"
	"github.com/cdx-deploy/cdx/internal/settings"
	"github.com/cdx-deploy/cdx/internal/term"
	"github.com/cdx-deploy/cdx/pkg/revision"
	"github.com/cdx-deploy/cdx/pkg/wait"
)

// job is what is told to the CI system and to the files that the settings name.
type job struct {
	system ci.System // nil until the settings are read
	asked  string    // the setting it was made for
	files  files
	hands  bool              // the command's result is for later steps; that of cdx list is not
	handed map[string]string // the outputs that later steps have already
	warned map[string]bool   // warnings about handing over that were given

	mu       sync.Mutex
	seen     []report.Followed
	followed bool // some of it by waiting, not by a look only
}

// useCI makes log, problems and results what the CI system understands that the
// setting names or the environment speaks of.
func (p *program) useCI(set *settings.Set) {
	name := set.String("ci")
	switch {
	case p.job.system != nil && name == p.job.asked:
		return
	case name == "auto":
		p.job.system = ci.New(string(checkout.DetectCI(p.lookupEnv)), ci.Environment{LookupEnv: p.lookupEnv})
	default:
		p.job.system = ci.New(name, ci.Environment{LookupEnv: p.lookupEnv})
	}
	p.job.asked = name
	p.streams.CI = p.streams.CI || p.job.system.Name() != "none"
	p.progress.SetAnnotator(func(level, text string) string {
		return p.job.system.Annotation(ci.Annotation{Level: ci.Level(level), Title: "cdx", Text: text})
	})
}

// fold is a part of a CI system's log that can be folded away: all that happens while
// deployments are followed. How each ends stands outside of it.
type fold struct {
	program *program
	system  ci.System

	mu    sync.Mutex
	ids   []string // of all deployments of the part
	ended int      // how many of them are followed no longer
	open  bool
}

// fold is a part that begins with what is told inside of it.
func (p *program) fold() *fold { return &fold{program: p, system: p.job.system} }

// add makes a deployment one of those that the part is about.
func (f *fold) add(r *running) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if r.set.Bool("quiet") {
		f.system = ci.New("none", ci.Environment{}) // nothing would be in it
	}
	f.ids = append(f.ids, r.id)
}

// inside lets tell print in the part, which begins with it or goes on.
func (f *fold) inside(tell func()) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if !f.open {
		f.open = true
		f.program.progress.Command(f.system.Fold(f.title()))
	}
	tell()
}

func (f *fold) title() string {
	if f.ended > 0 {
		return fmt.Sprintf("following %d more", len(f.ids)-f.ended)
	}
	return "following " + strings.Join(f.ids, ", ")
}

// outside ends the part for what tell prints.
func (f *fold) outside(tell func()) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.open {
		f.open = false
		f.program.progress.Command(f.system.Unfold())
	}
	tell()
}

// end lets tell print, outside of the part, how one of its deployments ended.
func (f *fold) end(tell func()) {
	f.outside(func() {
		f.ended++
		tell()
	})
}

// saw keeps what was seen of a deployment, for the pages that are written at the end.
func (p *program) saw(r *running, outcome *wait.Outcome, followed bool) {
	p.job.mu.Lock()
	defer p.job.mu.Unlock()
	p.job.seen = append(p.job.seen, report.Followed{Outcome: outcome, About: r.about()})
	p.job.followed = p.job.followed || followed
}

// conclude leaves behind what was asked for: the page, values for later steps, and a
// summary. Whatever fails here is a warning once something was deployed, since the
// exit code speaks of that.
func (p *program) conclude(ctx context.Context, err error) error {
	if p.job.system == nil { // the settings were never read
		return err
	}
	p.job.mu.Lock()
	seen, followed := slices.Clone(p.job.seen), p.job.followed
	p.job.mu.Unlock()
	if failed := p.writeReport(seen); failed != nil {
		if followed {
			p.progress.Warn(failed.Error())
		} else {
			err = join(err, failed)
		}
	}
	p.hand(ctx)
	if followed && len(seen) > 0 {
		p.summarise(ctx, seen)
	}
	return err
}

// hand gives later steps the values there are now, unless they have them already.
func (p *program) hand(ctx context.Context) {
	if !p.job.hands {
		return
	}
	outputs := p.out.outputs()
	news := slices.DeleteFunc(slices.Clone(outputs), func(o ci.Output) bool { return p.job.handed[o.Name] == o.Value })
	if len(news) == 0 {
		return
	}
	ctx = context.WithoutCancel(ctx) // a job that is cancelled has steps that clean up
	if commands, err := p.job.system.Outputs(ctx, news); err != nil {
		p.warnOnce(fmt.Sprintf("values for later steps: %v", err))
	} else {
		p.progress.Command(commands)
		p.job.remember(news)
	}
	if path := p.job.files.dotenv; path != "" {
		if err := writeWhole(path, writing(ci.Dotenv(outputs))); err != nil {
			p.warnOnce(fmt.Sprintf("--dotenv: %v", err))
		}
	}
}

// remember takes note of what later steps have got.
func (j *job) remember(outputs []ci.Output) {
	if j.handed == nil {
		j.handed = make(map[string]string)
	}
	for _, o := range outputs {
		j.handed[o.Name] = o.Value
	}
}

// warnOnce warns of what fails again each time that there is something to hand over.
func (p *program) warnOnce(text string) {
	if p.job.warned[text] {
		return
	}
	if p.job.warned == nil {
		p.job.warned = make(map[string]bool)
	}
	p.job.warned[text] = true
	p.progress.Warn(text)
}

// why says in a few lines why a deployment failed, for where the whole explanation is
// not at hand; empty for other errors.
func (p *program) why(err error) string {
	var failed *wait.FailedError
	if !errors.As(err, &failed) {
		return ""
	}
	p.job.mu.Lock()
	defer p.job.mu.Unlock()
	for _, f := range p.job.seen {
		if f.Outcome.ID == failed.ID {
			return report.Brief(f.Outcome)
		}
	}
	return ""
}

func (p *program) summarise(ctx context.Context, seen []report.Followed) {
	now := time.Now()
	s := ci.Summary{Markdown: report.Summary(seen, now), Short: report.ShortSummary(seen, now), Key: seen[0].Outcome.ID}
	for _, f := range seen {
		s.Failed = s.Failed || f.Outcome.Status() != types.DeploymentStatusSucceeded
	}
	if commands, err := p.job.system.Summary(context.WithoutCancel(ctx), s); err != nil {
		p.progress.Warn(fmt.Sprintf("the summary: %v", err))
	} else {
		p.progress.Command(commands)
	}
}

// outputs are the result as values for later steps; of several deployments with commas
// between them, and of their statuses the gravest.
func (o *output) outputs() []ci.Output {
	o.mu.Lock()
	defer o.mu.Unlock()
	var ids, revisions, statuses []string
	for _, rev := range o.revisions {
		revisions = append(revisions, located(rev))
	}
	for _, d := range o.result.Deployments {
		ids = append(ids, aws.ToString(d.DeploymentId))
		statuses = append(statuses, string(d.Status))
		revisions = append(revisions, located(d.Revision))
	}
	var outputs []ci.Output
	add := func(name, value string) {
		if value = term.Line(value); value != "" {
			outputs = append(outputs, ci.Output{Name: name, Value: value})
		}
	}
	add("deployment-id", strings.Join(ids, ","))
	add("revision", strings.Join(distinct(slices.DeleteFunc(revisions, func(text string) bool { return text == "" })), ","))
	add("status", gravest(statuses))
	return outputs
}

// located is where a revision is, in one word; empty for an AppSpec text, which is
// nowhere.
func located(rev *types.RevisionLocation) string {
	switch {
	case rev == nil:
		return ""
	case rev.GitHubLocation != nil:
		return revision.Describe(rev)
	default:
		return revision.URL(rev)
	}
}

// gravest is the status that decides about several deployments together; empty as
// long as one has none.
func gravest(statuses []string) string {
	if len(statuses) == 0 || slices.Contains(statuses, "") {
		return ""
	}
	for _, grave := range []types.DeploymentStatus{types.DeploymentStatusFailed, types.DeploymentStatusStopped} {
		if slices.Contains(statuses, string(grave)) {
			return string(grave)
		}
	}
	for _, status := range statuses {
		if status != string(types.DeploymentStatusSucceeded) {
			return status
		}
	}
	return string(types.DeploymentStatusSucceeded)
}

// inWorkspace names files as a pull request does, from the folder of the checkout:
// the runner takes the names in annotations for such, wherever cdx runs.
// Source: actions/runner, src/Runner.Worker/ActionCommandManager.cs, IssueCommandExtension.
func (p *program) inWorkspace(files []report.CheckedFile) []report.CheckedFile {
	root, _ := p.lookupEnv("GITHUB_WORKSPACE")
	if root == "" {
		return files
	}
	named := slices.Clone(files)
	for i := range named {
		absolute, err := filepath.Abs(named[i].Path)
		if err != nil {
			continue
		}
		if name, err := filepath.Rel(root, absolute); err == nil && filepath.IsLocal(name) {
			named[i].Path = name
		}
	}
	return named
}
