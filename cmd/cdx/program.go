package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/codedeploy/types"
	"github.com/spf13/cobra"

	"github.com/cdx-deploy/cdx/internal/awsapi"
	"github.com/cdx-deploy/cdx/internal/checkout"
	"github.com/cdx-deploy/cdx/internal/infile"
	"github.com/cdx-deploy/cdx/internal/settings"
	"github.com/cdx-deploy/cdx/internal/term"
	"github.com/cdx-deploy/cdx/pkg/deploy"
	"github.com/cdx-deploy/cdx/pkg/wait"
)

// program is what all commands share: the streams, the environment, and, once a
// command has loaded them, the settings.
type program struct {
	streams  *term.Streams
	environ  []string
	out      *output
	progress *term.Progress
	file     *settings.File
	accounts map[account]*clients
	strays   bool     // misspelt variables have been told
	local    *clients // of the service inside this process, when there is one
	job      job      // what the CI system and the files of the run are told
	mistake  error    // of whoever asked for help
}

func newProgram(streams *term.Streams, environ []string) *program {
	progress := term.NewProgress(streams, term.Normal)
	return &program{
		streams:  streams,
		environ:  environ,
		out:      newOutput(progress.Out(), "text"),
		progress: progress,
		accounts: make(map[account]*clients),
	}
}

// lookupEnv looks a variable up in the environment the program was given.
func (p *program) lookupEnv(name string) (string, bool) {
	prefix := name + "="
	for _, pair := range p.environ {
		if value, ok := strings.CutPrefix(pair, prefix); ok {
			return value, true
		}
	}
	return "", false
}

// load reads the settings that do not depend on an environment of cdx.yml,
// unless one was asked for by name, and sets output and progress up.
func (p *program) load(c *cobra.Command) (*settings.Set, error) {
	sets, err := p.resolve(c, false, "")
	if err != nil {
		return nil, err
	}
	return sets[0], nil
}

// loadEnvironment reads the settings of the environment that is named or whose
// branch matches: one set for each application.
func (p *program) loadEnvironment(c *cobra.Command, facts checkout.Facts) ([]*settings.Set, error) {
	return p.resolve(c, true, facts.EnvironmentBranch())
}

func (p *program) resolve(c *cobra.Command, match bool, branch string) ([]*settings.Set, error) {
	source := settings.Source{Flags: c.Flags(), LookupEnv: p.lookupEnv}
	sets, err := settings.Resolve(source)
	if err != nil {
		return nil, err
	}
	if err := p.setUp(c, sets[0]); err != nil {
		return nil, err
	}
	source.File, err = settings.Load(".", sets[0].String("config"))
	if err != nil {
		var kind *infile.KindError
		if errors.Is(err, os.ErrNotExist) || errors.As(err, &kind) {
			return nil, &usageError{message: err.Error(), hint: "give an existing file to --config"}
		}
		return nil, err
	}
	p.file = source.File
	name := sets[0].String("env")
	if match || name != "" {
		source.Environment, err = source.File.Pick(name, branch)
		if err != nil {
			return nil, err
		}
	}
	sets, err = settings.Resolve(source)
	if err != nil {
		return nil, err
	}
	if err := p.setUp(c, sets[0]); err != nil {
		return nil, err
	}
	p.warnStrays()
	return sets, nil
}

// warnStrays says, once, which CDX_… variables look like misspelt settings.
func (p *program) warnStrays() {
	if p.strays {
		return
	}
	p.strays = true
	for _, stray := range settings.Strays(p.environ) {
		p.progress.Warn(stray)
	}
}

// setUp makes output and progress what the settings ask for. It refuses a form of
// output that the command does not have.
func (p *program) setUp(c *cobra.Command, set *settings.Set) error {
	output, _ := settings.Lookup("output")
	if format := set.String("output"); slices.Contains(output.Also, format) && c.Name() != output.AlsoFor {
		return &usageError{message: fmt.Sprintf("%s: %s is for cdx %s only", set.Origin("output"), format, output.AlsoFor), hint: "give --output text, json or jsonl"}
	}
	p.out = newOutput(p.progress.Out(), set.String("output"))
	level := term.Normal
	switch {
	case set.Bool("quiet"):
		level = term.Quiet
	case set.Bool("verbose"), set.Bool("debug"):
		level = term.Verbose
	}
	p.progress.SetLevel(level)
	if form := set.String("progress"); form == "plain" || form == "auto" && p.streams.CI {
		p.progress.Plain()
	}
	if color := set.String("color"); color != "auto" {
		p.streams.OutColor, p.streams.ErrColor = color == "on", color == "on"
	}
	p.useCI(set)
	p.job.hands = c.Flags().Lookup("dotenv") != nil
	p.out.ci = p.streams.CI
	return p.useFiles(set)
}

// finish ends the program: it prints what a command returned, once, and gives
// the exit code.
func (p *program) finish(ctx context.Context, err error) int {
	p.progress.Stop()
	err = p.conclude(ctx, err)
	code := exitCode(ctx, err)
	var first awsapi.Explanation
	if err != nil {
		first = p.complain(ctx, err)
	}
	p.out.finish(err, code, first)
	if lost := p.out.loss(); lost != nil {
		p.progress.Warn(fmt.Sprintf("the result could not be written: %v", lost))
		p.progress.Hint("what was done stands; make room, or send standard output elsewhere")
	}
	return code
}

// complain prints each error and what to type next, and the same one only once. It
// returns what it has said first.
func (p *program) complain(ctx context.Context, err error) (first awsapi.Explanation) {
	said := make(map[string]bool)
	for _, one := range flatten(err) {
		explained := p.explain(ctx, one)
		if said[explained.Text()] {
			continue
		}
		if len(said) == 0 {
			first = explained
		}
		said[explained.Text()] = true
		p.progress.Fail(explained.Text(), p.why(one), explained.Next)
		if left, remove := leftover(one); left != "" {
			p.progress.Warn(left)
			p.progress.Hint(remove)
		}
	}
	return first
}

// explain returns the sentence for an error, its likely cause, and the next thing to
// type, which nothing but the end of a deployment and a signal goes without: why a
// deployment failed has been said, with what to do.
func (p *program) explain(ctx context.Context, err error) awsapi.Explanation {
	var failed *wait.FailedError
	var stopped *wait.StoppedError
	var lost *deploy.LostError
	switch {
	case signalOf(ctx) != nil && errors.As(err, &lost):
		return awsapi.Explanation{Summary: fmt.Sprintf("%s while a deployment to %s was being created: it may exist", signalOf(ctx), lost.Group), Next: hintOf(err)}
	case signalOf(ctx) != nil && (errors.Is(err, context.Canceled) || as[*signalError](err)):
		return awsapi.Explanation{Summary: signalOf(ctx).Error(), Next: hintOf(err)}
	case errors.As(err, &failed) && failed.Status == types.DeploymentStatusSucceeded: // under --strict
		return awsapi.Explanation{Summary: failed.Error(), Next: "see which: cdx status " + failed.ID + reaching(err)}
	case errors.As(err, &failed):
		return awsapi.Explanation{Summary: fmt.Sprintf("deployment %s ended %s", failed.ID, failed.Status)}
	case errors.As(err, &stopped):
		return awsapi.Explanation{Summary: fmt.Sprintf("deployment %s ended Stopped", stopped.ID)}
	case as[*usageError](err), as[*appSpecError](err), as[*deploy.ActiveError](err): // AWS's own words, if any, say less
		return awsapi.Explanation{Summary: err.Error(), Next: cmp.Or(hintOf(err), nextStep(err))}
	}
	var at *attempt
	var in awsapi.Context
	if errors.As(err, &at) {
		in = at.in
	}
	explained := awsapi.Explain(err, in)
	explained.Next = cmp.Or(hintOf(err), explained.Next, nextStep(err))
	switch {
	case as[*deploy.LostError](err):
		explained.Summary = summaryOf(err)
	case as[*wait.LostError](err) && explained.Next != nextStep(err):
		explained.Next += "; then " + nextStep(err)
	}
	return explained
}

// summaryOf is an error in one sentence. Of an answer that is lost it is what is not known,
// and not only how it was lost.
func summaryOf(err error) string {
	summary := awsapi.Explain(err, awsapi.Context{}).Summary
	var lost *deploy.LostError
	if !errors.As(err, &lost) {
		return summary
	}
	said := deploy.LostError{Group: lost.Group, Err: errors.New(summaryOf(lost.Err))}
	if lost.LookErr != nil {
		said.LookErr = errors.New(summaryOf(lost.LookErr))
	}
	return said.Error()
}

// hintOf is what whoever made an error has said to type next; empty when nothing was.
func hintOf(err error) string {
	var hinted *hintedError
	var misuse *usageError
	var invalid *appSpecError
	switch {
	case errors.As(err, &hinted):
		return hinted.hint
	case errors.As(err, &misuse):
		return misuse.hint
	case errors.As(err, &invalid):
		return invalid.hint
	default:
		return ""
	}
}

// readParameter returns the value of a parameter that may name a file, as the
// AWS CLI has it: file://NAME.
func readParameter(name, text string) (string, error) {
	path, ok := strings.CutPrefix(text, "file://")
	if !ok {
		return text, nil
	}
	data, err := infile.Read(path, maxParameterBytes)
	if err != nil {
		return "", &usageError{message: fmt.Sprintf("--%s: %v", name, err), hint: "give an existing file after file://"}
	}
	if len(data) > maxParameterBytes {
		return "", &usageError{message: fmt.Sprintf("--%s: %s is larger than 1 MiB", name, path), hint: "give a smaller file after file://"}
	}
	return string(data), nil
}

// maxParameterBytes bounds what is read of a file given as parameter.
const maxParameterBytes = 1 << 20
