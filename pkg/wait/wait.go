// Package wait follows CodeDeploy deployments until they are final.
//
// [For] polls one deployment, tells what happens on the way through [Options.OnEvent] and
// returns an [Outcome] with what is needed to explain the end; [All] does so for several.
// Nothing but a final status, a time-out, a cancelled context or access that is lost for good
// ends a wait: throttling, server errors, network failures and credentials that can be
// refreshed are waited out. The package never stops a deployment.
package wait

import (
	"context"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/codedeploy"
)

// API is the part of the CodeDeploy client that [For] calls. The client's own retries are
// switched off for these calls, since the poller decides itself when to ask again.
//
// ListDeploymentTargets and BatchGetDeploymentTargets may be forbidden to the caller: the wait
// then goes on without details of targets.
type API interface {
	GetDeployment(context.Context, *codedeploy.GetDeploymentInput, ...func(*codedeploy.Options)) (*codedeploy.GetDeploymentOutput, error)
	ListDeploymentTargets(context.Context, *codedeploy.ListDeploymentTargetsInput, ...func(*codedeploy.Options)) (*codedeploy.ListDeploymentTargetsOutput, error)
	BatchGetDeploymentTargets(context.Context, *codedeploy.BatchGetDeploymentTargetsInput, ...func(*codedeploy.Options)) (*codedeploy.BatchGetDeploymentTargetsOutput, error)
}

// Until says where a wait ends.
type Until int

const (
	// UntilFinal waits for Succeeded, Failed or Stopped.
	UntilFinal Until = iota
	// UntilReady ends without an error also at Ready, where a blue/green deployment waits for
	// somebody to reroute the traffic.
	UntilReady
)

// Options adjusts [For]. The zero value waits without limit, polls adaptively and tells nobody.
type Options struct {
	// Interval is a fixed pause between two polls. Zero means adaptive: about 5 % of the
	// deployment's age, between 2 s and 15 s.
	Interval time.Duration

	// Timeout ends the wait with a [*TimeoutError], measured from the call of [For] and including
	// the time that following a rollback takes. Zero means no limit.
	Timeout time.Duration

	// Until says where the wait ends; the zero value waits for a final status.
	Until Until

	// Strict makes a deployment that Succeeded although targets failed a [*FailedError].
	Strict bool

	// Fresh says that the caller has just created the deployment, so that it is known to exist:
	// an answer that it does not is taken for a delay inside the service and asked again.
	Fresh bool

	// Heartbeat is the longest silence: an event comes at least this often, a [Heartbeat] when
	// there is nothing else to tell. Zero means none.
	Heartbeat time.Duration

	// Rate limits calls together with other waits that have the same one. Nil means a limit of
	// its own, 40 calls in any minute, or none where Interval is set.
	Rate *Rate

	// OnEvent is told what happens, from For's goroutine and in order; the wait goes on when it
	// returns. Nil means nobody is told.
	OnEvent func(Event)
}

// For follows deployment id, an ID like "d-ABCDEF123", until its status is final, and follows an
// automatic rollback that its failure starts. It returns nil when the deployment Succeeded (or
// became Ready, under [UntilReady]), and otherwise
//
//   - a [*FailedError] or a [*StoppedError] when it ended so, whatever became of the rollback;
//   - a [*TimeoutError] when [Options.Timeout] is over and the deployment is not;
//   - a [*NotFoundError] when there is no such deployment;
//   - a [*LostError] when access is lost for good;
//   - an error that wraps ctx's when ctx ends first; the deployment goes on. Where only the
//     rollback was still being followed, it wraps the FailedError or StoppedError as well.
//
// The outcome is never nil: with an error it holds what was seen until then.
func For(ctx context.Context, api API, id string, opts Options) (*Outcome, error) {
	f := newFollower(api, id, opts)
	defer f.rate.leave()
	err := f.run(ctx)
	return f.outcome(), err
}
