package agent

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/codedeploy/types"

	"github.com/cdx-deploy/cdx/pkg/appspec"
)

// Deploy carries out one deployment: it goes through the lifecycle events in order and stops at the
// first that fails. How it went is in the result; a failed deployment is no error. What it did stays
// in [Options.Dir] for the next deployment of the group to see.
//
// The error is a [*BusyError] when the group has a deployment under way, an [*IsolationError] when hooks
// cannot be isolated, or that of preparing the folders; then nothing was done. When ctx ends, the script that runs is told to end and killed when
// it does not, its event is Failed, the later ones are Skipped, and the error wraps the context's.
func Deploy(ctx context.Context, d Deployment, opts Options) (result *Result, err error) {
	r, err := newRun(&d, &opts)
	if err != nil {
		return nil, fmt.Errorf("deploy %s: %w", d.ID, err)
	}
	end, err := r.group.begin(d.ID)
	if err != nil {
		return nil, fmt.Errorf("deploy %s: %w", d.ID, err)
	}
	defer func() { err = errors.Join(err, end()) }()
	if _, err := r.group.history(); err != nil { // before any script runs
		return nil, fmt.Errorf("deploy %s: %w", d.ID, errors.Join(err, os.Remove(r.group.deployment(d.ID))))
	}
	leave, err := r.isolate()
	if err != nil {
		return nil, fmt.Errorf("deploy %s: %w", d.ID, errors.Join(err, os.Remove(r.group.deployment(d.ID))))
	}
	defer func() { err = errors.Join(err, leave()) }()
	for i := range r.result.Events {
		r.event(ctx, &r.result.Events[i])
	}
	if r.result.Status == types.TargetStatusFailed && ctx.Err() != nil {
		return r.result, fmt.Errorf("deploy %s: %w", d.ID, context.Cause(ctx))
	}
	return r.result, nil
}

// agentError is a failure in the agent's own words, whose first letter may be upper case.
type agentError string

func (e agentError) Error() string { return string(e) }

// run is one deployment under way.
type run struct {
	d      *Deployment
	opts   *Options
	group  *group
	dir    string // the agent's folder, absolute
	root   string // the folder that stands for the host's root, absolute
	v2     bool
	etag   string // of the bundle as downloaded
	result *Result

	isolated *isolated // nil: hooks run on this machine as it is
}

func newRun(d *Deployment, opts *Options) (*run, error) {
	if d.DeploymentGroupID == "" {
		d.DeploymentGroupID = GroupID(d.Application, d.DeploymentGroup)
	}
	if opts.Dir == "" || opts.Root == "" || opts.Fetch == nil {
		return nil, errors.New("options Dir, Root and Fetch are required")
	}
	if opts.KillAfter == 0 {
		opts.KillAfter = defaultKillAfter
	}
	g, err := newGroup(opts.Dir, d.DeploymentGroupID)
	if err != nil {
		return nil, err
	}
	if err := makePrivate(opts.Dir); err != nil {
		return nil, err
	}
	root, err := filepath.Abs(opts.Root)
	if err != nil {
		return nil, err
	}
	if err := os.MkdirAll(root, 0o755); err != nil {
		return nil, err
	}
	result := &Result{Status: types.TargetStatusSucceeded}
	for _, name := range Events(d.LoadBalancer) {
		result.Events = append(result.Events, Event{Name: name, Status: types.LifecycleEventStatusPending})
	}
	return &run{
		d: d, opts: opts, group: g, dir: filepath.Dir(g.root), root: root,
		v2: opts.Agent == appspec.AgentV2, result: result,
	}, nil
}

// makePrivate makes the agent's folder and lets nobody else in: unpacked bundles have modes as they like.
func makePrivate(dir string) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	return os.Chmod(dir, 0o700)
}

// event goes through one lifecycle event.
func (r *run) event(ctx context.Context, e *Event) {
	if r.result.Status == types.TargetStatusFailed || ctx.Err() != nil {
		r.result.Status = types.TargetStatusFailed
		e.Status = types.LifecycleEventStatusSkipped
		r.report(e)
		return
	}
	e.Status, e.Start = types.LifecycleEventStatusInProgress, time.Now()
	r.report(e)
	tail, err := r.carryOut(ctx, e.Name)
	e.End, e.LogTail = time.Now(), tail
	var skipped *skippedError
	switch {
	case err == nil:
		e.Status, e.ErrorCode, e.Message = types.LifecycleEventStatusSucceeded, types.LifecycleErrorCodeSuccess, "Succeeded"
	case errors.As(err, &skipped):
		e.Status, e.Message = types.LifecycleEventStatusSkipped, skipped.Error()
		e.Start, e.End = time.Time{}, time.Time{}
		r.notice(Notice{Kind: NoticeHook, Where: e.Name, Message: e.Message})
	default:
		r.fail(ctx, e, err)
	}
	r.report(e)
}

// fail marks an event as failed, and the deployment unless that failure is to be ignored.
func (r *run) fail(ctx context.Context, e *Event, err error) {
	e.Status, e.ErrorCode, e.Message = types.LifecycleEventStatusFailed, types.LifecycleErrorCodeUnknownError, err.Error()
	var failure *scriptError
	if errors.As(err, &failure) {
		e.ErrorCode, e.Script = failure.code, failure.script
	}
	if !(isPrevious(e.Name) && r.d.IgnoreApplicationStopFailures) || ctx.Err() != nil {
		r.result.Status = types.TargetStatusFailed
	}
}

func (r *run) report(e *Event) {
	if r.opts.OnEvent != nil {
		r.opts.OnEvent(*e)
	}
}

func (r *run) notice(n Notice) {
	r.result.Notices = append(r.result.Notices, n)
	if r.opts.OnNotice != nil {
		r.opts.OnNotice(n)
	}
}

// carryOut does what an event is for and returns the end of what its scripts wrote.
func (r *run) carryOut(ctx context.Context, name string) (tail string, err error) {
	switch name {
	case "DownloadBundle":
		return "", r.download(ctx)
	case "Install":
		return "", r.install(ctx)
	}
	if isReserved(name) {
		return "", nil
	}
	return r.hooks(ctx, name)
}
