package agent

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/codedeploy/types"

	"github.com/cdx-deploy/cdx/pkg/appspec"
)

// Deploy carries out one deployment: it goes through the lifecycle events in order and stops at the
// first that fails. How it went is in the result; a failed deployment is no error. What it did stays
// in [Options.Dir] for the next deployment of the group to see.
//
// The error is a [*BusyError] when the group has a deployment under way, or that of preparing the
// folders; then nothing was done. When ctx ends, the script that runs is told to end and killed when
// it does not, its event is Failed, the later ones are Skipped, and the error wraps the context's.
func Deploy(ctx context.Context, d Deployment, opts Options) (result *Result, err error) {
	r, err := newRun(&d, &opts)
	if err != nil {
		return nil, err
	}
	end, err := r.group.begin(d.ID)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, end()) }()
	for i := range r.result.Events {
		r.event(ctx, &r.result.Events[i])
	}
	if r.result.Status == types.TargetStatusFailed && ctx.Err() != nil {
		return r.result, fmt.Errorf("deploy %s: %w", d.ID, context.Cause(ctx))
	}
	return r.result, nil
}

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
}

func newRun(d *Deployment, opts *Options) (*run, error) {
	if d.DeploymentGroupID == "" {
		d.DeploymentGroupID = GroupID(d.Application, d.DeploymentGroup)
	}
	if opts.Dir == "" || opts.Root == "" || opts.Fetch == nil {
		return nil, errors.New("deploy: Dir, Root and Fetch are required")
	}
	if opts.KillAfter == 0 {
		opts.KillAfter = defaultKillAfter
	}
	g, err := newGroup(opts.Dir, d.DeploymentGroupID)
	if err != nil {
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

// download fetches the bundle and unpacks it.
func (r *run) download(ctx context.Context) error {
	if err := r.group.prune(r.d.ID); err != nil {
		return err
	}
	bundle := filepath.Join(r.group.deployment(r.d.ID), bundleName)
	fetched, err := r.fetch(ctx, bundle)
	if err != nil {
		return err
	}
	bundleType := fetched.BundleType
	if s3 := r.s3(); bundleType == "" && s3 != nil {
		bundleType = s3.BundleType
	}
	err = Unpack(ctx, bundle, bundleType, r.group.archive(r.d.ID), UnpackOptions{MaxUnpacked: r.opts.MaxUnpacked, MaxEntries: r.opts.MaxEntries})
	// The agent keeps the bundle; no script is told where it is, and it doubles what a revision takes.
	if err = errors.Join(err, os.Remove(bundle)); err != nil {
		return err
	}
	return r.group.point("_most_recent_install", r.d.ID)
}

// fetch downloads the bundle into a file and compares its eTag with the one that the revision pins.
func (r *run) fetch(ctx context.Context, bundle string) (fetched Fetched, err error) {
	f, err := os.Create(bundle)
	if err != nil {
		return Fetched{}, err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	fetched, err = r.opts.Fetch(ctx, r.d.Revision, f)
	if err != nil {
		return Fetched{}, err
	}
	r.etag = fetched.ETag
	if s3 := r.s3(); s3 != nil && s3.ETag != nil && unquoted(*s3.ETag) != unquoted(fetched.ETag) {
		return Fetched{}, fmt.Errorf("Expected deployment artifact bundle etag %s but was actually %s", *s3.ETag, fetched.ETag) //nolint:staticcheck // the agent's own text
	}
	return fetched, nil
}

func (r *run) s3() *types.S3Location {
	if r.d.Revision == nil {
		return nil
	}
	return r.d.Revision.S3Location
}

func unquoted(etag string) string { return strings.ReplaceAll(etag, `"`, "") }

// skippedError says why an event's scripts are not run.
type skippedError struct {
	scripts int
}

func (e *skippedError) Error() string {
	if e.scripts == 1 {
		return "1 script is not run: running hooks is not allowed"
	}
	return fmt.Sprintf("%d scripts are not run: running hooks is not allowed", e.scripts)
}

// hooks runs an event's scripts.
func (r *run) hooks(ctx context.Context, name string) (tail string, err error) {
	archive, err := r.archiveFor(name)
	if err != nil || archive == "" {
		return "", err
	}
	spec, err := r.readSpec(archive, r.v2)
	if err != nil || spec == nil {
		return "", err
	}
	scripts := spec.Hooks[name]
	if len(scripts) == 0 {
		return "", nil
	}
	if !r.opts.RunHooks {
		return "", &skippedError{len(scripts)}
	}
	for _, script := range scripts {
		if message := runAsNotice(script); message != "" {
			r.notice(Notice{Kind: NoticeRunAs, Where: script.Location, Message: message})
		}
	}
	return r.runHook(ctx, name, scripts, archive, spec)
}

// archiveFor returns the folder of the revision that has an event's scripts; "" when there is none.
func (r *run) archiveFor(name string) (string, error) {
	if !isPrevious(name) {
		return r.group.archive(r.d.ID), nil
	}
	last, err := r.group.lastSuccessful()
	if err != nil || last == "" {
		return "", err
	}
	return r.group.archive(last), nil
}

func (r *run) runHook(ctx context.Context, name string, scripts []appspec.Script, archive string, spec *appspec.Spec) (tail string, err error) {
	file, err := r.openLog()
	if err != nil {
		return "", err
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	etag := ""
	if r.v2 {
		etag = r.etag
	}
	h := &hook{
		event: name, scripts: scripts, archive: archive, dir: r.dir, v2: r.v2,
		env:       environment(name, r.d, etag, r.root, r.opts.Environ),
		killAfter: r.opts.KillAfter, style: style{windows: spec.OS == "windows"},
		log: newScriptLog(file),
	}
	err = h.run(ctx)
	if err == nil {
		err = h.log.failure()
	}
	return h.log.tail(), err
}

// openLog opens the file that has all output of the deployment's scripts.
func (r *run) openLog() (*os.File, error) {
	name := filepath.Join(r.group.deployment(r.d.ID), "logs", "scripts.log")
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		return nil, err
	}
	return os.OpenFile(name, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o644)
}

// install removes what the previous deployment of the group installed and installs this one's files.
// From then on this revision is the last successful one for the agent, whatever comes after.
func (r *run) install(ctx context.Context) (err error) {
	archive := r.group.archive(r.d.ID)
	spec, err := r.readSpec(archive, true)
	if err != nil {
		return err
	}
	host, err := openHostRoot(r.root)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, host.close()) }()
	revision, err := os.OpenRoot(archive)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, revision.Close()) }()
	plan, err := r.planInstall(ctx, revision, spec)
	if err != nil {
		return err
	}
	if err := r.execute(ctx, &installer{host: host, revision: revision}, plan); err != nil {
		return err
	}
	return r.group.point("_last_successful_install", r.d.ID)
}

// planInstall plans Install and reports what will not be applied.
func (r *run) planInstall(ctx context.Context, revision *os.Root, spec *appspec.Spec) (*Plan, error) {
	installed, err := r.group.installed()
	if err != nil {
		return nil, err
	}
	plan, err := NewPlan(ctx, revision.FS(), spec, PlanOptions{
		Root: r.root, Agent: r.opts.Agent, FileExistsBehavior: r.d.FileExistsBehavior,
		Installed: installed, LoadBalancer: r.d.LoadBalancer,
		RevisionName: revision.Name(), MaxEntries: r.opts.MaxEntries,
	})
	if err != nil {
		return nil, err
	}
	r.result.Plan = plan
	for _, n := range plan.Notices {
		if n.Kind != NoticeRunAs {
			r.notice(n)
		}
	}
	return plan, nil
}

// execute carries out a plan and keeps the record for the next one. As with the real agent, the old
// record is gone once its files are, and the new one grows with what is written.
func (r *run) execute(ctx context.Context, in *installer, plan *Plan) (err error) {
	if err := in.remove(ctx, plan); err != nil {
		return err
	}
	name := r.group.instructions("-cleanup")
	if err := ignoreMissing(os.Remove(name)); err != nil {
		return err
	}
	if failure := plan.failure(); failure != nil && failure.AfterSteps == 0 {
		return &installError{*failure}
	}
	record, err := os.OpenFile(name, os.O_CREATE|os.O_WRONLY|os.O_TRUNC|os.O_APPEND, 0o644)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, record.Close()) }()
	in.record = record
	return in.install(ctx, plan)
}

// readSpec reads a revision's AppSpec file as the agent does for every single event. Agent v1 looks
// for one name except in Install, which falls back. A revision without a folder has no scripts for
// agent v2: nil, nil.
// Source: aws/aws-codedeploy-agent hook_executor.rb parse_app_spec, command_executor.rb
// app_spec_real_path; src/lifecycle_event/executor.rs.
func (r *run) readSpec(archive string, fallBack bool) (spec *appspec.Spec, err error) {
	root, err := os.OpenRoot(archive)
	if errors.Is(err, os.ErrNotExist) && r.v2 {
		return nil, nil
	}
	names := []string{appspec.FileName}
	if fallBack {
		names = append(names, "appspec.yaml")
	}
	var data []byte
	if err == nil {
		defer func() { err = errors.Join(err, root.Close()) }()
		data, err = readFirst(root, names)
	}
	if errors.Is(err, os.ErrNotExist) {
		return nil, errors.New(missingSpecText(archive))
	}
	if err != nil {
		return nil, err
	}
	return r.parseSpec(data)
}

func readFirst(root *os.Root, names []string) (data []byte, err error) {
	for _, name := range names {
		if data, err = root.ReadFile(name); !errors.Is(err, os.ErrNotExist) {
			return data, err
		}
	}
	return nil, err
}

func missingSpecText(archive string) string {
	return fmt.Sprintf("The CodeDeploy agent did not find an AppSpec file within the unpacked revision directory at revision-relative path %q. The revision was unpacked to directory %q, and the AppSpec file was expected but not found at path %q. Consult the AWS CodeDeploy Appspec documentation for more information at http://docs.aws.amazon.com/codedeploy/latest/userguide/reference-appspec-file.html",
		appspec.FileName, archive, filepath.Join(archive, appspec.FileName))
}

// parseSpec parses an AppSpec file; agent v1 takes no other operating system than its own.
func (r *run) parseSpec(data []byte) (*appspec.Spec, error) {
	agent := appspec.AgentV1
	if r.v2 {
		agent = appspec.AgentV2
	}
	spec, err := appspec.Parse(appspec.FileName, data).Spec(agent)
	var refused *appspec.RefusedError
	if errors.As(err, &refused) {
		return nil, errors.New(refused.Message)
	}
	if err != nil {
		return nil, err
	}
	if isForWindows := spec.OS == "windows"; !r.v2 && isForWindows != (runtime.GOOS == "windows") {
		return nil, fmt.Errorf("The deployment failed because the application specification file specifies an unsupported operating system (%s). Specify either \"linux\" or \"windows\" in the os section of the AppSpec file, and then try again.", spec.OS) //nolint:staticcheck // the agent's own text
	}
	return spec, nil
}
