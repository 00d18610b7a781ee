package local

import (
	"context"
	"errors"
	"io"
	"path/filepath"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/codedeploy/types"

	"github.com/cdx-deploy/cdx/pkg/local/agent"
	"github.com/cdx-deploy/cdx/pkg/local/objects"
)

// instanceID is the ID of the one target that in-place deployments have: this machine.
const instanceID = "local"

// bundle is a revision's bundle, opened before anything runs, so that what was judged is what is deployed.
type bundle struct {
	body io.ReadCloser // nil when it could not be opened
	info objects.Info
	err  error
}

// openBundle opens the bundle of a revision. Why it cannot is told in the lifecycle event that downloads it.
func (a *api) openBundle(r *types.RevisionLocation) bundle {
	s3 := r.S3Location
	switch {
	case r.RevisionType == types.RevisionLocationTypeGitHub:
		return bundle{err: errors.New("GitHub revisions cannot be downloaded by a local deployment: nothing leaves this machine")}
	case r.RevisionType != types.RevisionLocationTypeS3 || s3 == nil:
		return bundle{err: errors.New("the revision is not in S3")}
	}
	body, info, err := a.objects.Open(aws.ToString(s3.Bucket), aws.ToString(s3.Key), aws.ToString(s3.Version))
	if failure := (*objects.Error)(nil); errors.As(err, &failure) {
		err = errors.New(failure.Text()) // what the agent shows of S3's answer
	}
	return bundle{body: body, info: info, err: err}
}

// fetch implements [agent.Fetcher].
func (b bundle) fetch(ctx context.Context, _ *types.RevisionLocation, w io.Writer) (agent.Fetched, error) {
	if b.err != nil {
		return agent.Fetched{}, b.err
	}
	_, err := io.Copy(w, contextReader{ctx, b.body})
	return agent.Fetched{ETag: b.info.ETag}, err
}

// contextReader reads until its context ends.
type contextReader struct {
	ctx context.Context //nolint:containedctx // a reader has no other way to be told
	io.Reader
}

// Read implements [io.Reader].
func (r contextReader) Read(p []byte) (int, error) {
	if err := context.Cause(r.ctx); err != nil {
		return 0, err
	}
	return r.Reader.Read(p)
}

// runInPlace lets the agent carry out a deployment to this machine, one at a time: deployments to other
// groups wait, because they would install to the same root. It takes the lock itself.
func (a *api) runInPlace(ctx context.Context, d *deployment) outcome {
	loadBalancer := d.info.LoadBalancerInfo != nil && d.info.DeploymentStyle != nil &&
		d.info.DeploymentStyle.DeploymentOption == types.DeploymentOptionWithTrafficControl
	here := newTarget(types.DeploymentTargetTypeInstanceTarget, instanceID, a.arn("instance", instanceID), agent.Events(loadBalancer))
	a.start(d, here)
	select {
	case a.machine <- struct{}{}:
		defer func() { <-a.machine }()
	case <-ctx.Done():
		return interrupted(ctx)
	}
	a.setTarget(d, here, types.DeploymentStatusInProgress, types.TargetStatusInProgress)
	from := a.openBundle(d.info.Revision)
	if from.body != nil {
		defer func() { _ = from.body.Close() }()
	}
	vouched := d.vouchedFor && from.info.Trusted
	result, err := agent.Deploy(ctx, agent.Deployment{
		ID: *d.info.DeploymentId, Application: *d.info.ApplicationName, DeploymentGroup: *d.info.DeploymentGroupName,
		DeploymentGroupID: *d.group.info.DeploymentGroupId, Revision: d.info.Revision,
		FileExistsBehavior: d.info.FileExistsBehavior, LoadBalancer: loadBalancer,
		IgnoreApplicationStopFailures: d.info.IgnoreApplicationStopFailures, Vouched: vouched,
	}, agent.Options{
		Dir: filepath.Join(a.options.Dir, "agent"), Root: a.options.Root, Fetch: from.fetch, Agent: a.options.Agent,
		RunHooks: vouched && !a.options.SkipHooks, WhyNot: a.whyNot(d, from), Environ: a.options.Environ, Isolation: a.options.Isolation,
		MaxUnpacked: a.options.MaxUnpacked,
		OnEvent:     func(e agent.Event) { a.report(here, e) },
		OnNotice:    a.noticeOf(d),
	})
	if a.options.OnChanges != nil && result != nil && len(result.Changes) > 0 {
		a.options.OnChanges(*d.info.DeploymentId, result.Changes)
	}
	return a.judge(ctx, here, result, err)
}

// whyNot says why the hooks of a deployment may not run, if they may not.
func (a *api) whyNot(d *deployment, from bundle) string {
	switch {
	case a.options.SkipHooks:
		return "hooks are left out"
	case !d.vouchedFor:
		return "the deployment does not come from the access key of this run"
	case !from.info.Trusted:
		return "the bundle was not uploaded with the access key of this run; push it again"
	}
	return ""
}

// noticeOf passes the agent's notices on with the deployment's ID.
func (a *api) noticeOf(d *deployment) func(agent.Notice) {
	if a.options.OnNotice == nil {
		return nil
	}
	return func(n agent.Notice) { a.options.OnNotice(*d.info.DeploymentId, n) }
}

// judge is the outcome of what the agent did. It takes the lock itself.
func (a *api) judge(ctx context.Context, here *target, result *agent.Result, err error) outcome {
	succeeded := err == nil && result.Status == types.TargetStatusSucceeded
	a.mu.Lock()
	if succeeded {
		here.end(types.TargetStatusSucceeded)
	} else {
		here.end(types.TargetStatusFailed)
	}
	a.mu.Unlock()
	switch {
	case succeeded:
		return outcome{status: types.DeploymentStatusSucceeded}
	case ctx.Err() != nil:
		return interrupted(ctx)
	case err != nil:
		return failed(types.ErrorCodeAgentIssue, err.Error())
	}
	return failed(types.ErrorCodeHealthConstraints, tooManyFailed)
}

// report shows a lifecycle event of the agent's. It takes the lock itself.
func (a *api) report(here *target, e agent.Event) {
	event := types.LifecycleEvent{
		LifecycleEventName: aws.String(e.Name), Status: e.Status, StartTime: timeOf(e.Start), EndTime: timeOf(e.End),
	}
	if e.ErrorCode != "" || e.Message != "" {
		event.Diagnostics = &types.Diagnostics{
			ErrorCode: e.ErrorCode, ScriptName: aws.String(e.Script), Message: aws.String(e.Message), LogTail: aws.String(e.LogTail),
		}
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	here.setEvent(event)
}

func timeOf(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}
