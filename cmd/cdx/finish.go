package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/service/codedeploy/types"

	"github.com/cdx-deploy/cdx/internal/awsapi"
	"github.com/cdx-deploy/cdx/pkg/deploy"
	"github.com/cdx-deploy/cdx/pkg/wait"
)

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
