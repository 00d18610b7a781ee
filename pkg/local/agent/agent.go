// Package agent is the CodeDeploy agent for this machine: it downloads a revision's bundle, unpacks
// it, installs its files under a root folder and runs its hooks, in the order, with the environment
// and with the failure rules of the real agent on an instance.
//
// [Deploy] carries out one deployment and reports its lifecycle events. [NewPlan] says what Install
// would do with a revision, without doing it; Deploy executes exactly such a plan. Nothing but hook
// scripts ever writes outside [Options.Dir] and [Options.Root].
//
// Scripts are started in [Options.Dir], as on an instance in /opt/codedeploy-agent, with the agent's
// variables (LIFECYCLE_EVENT, DEPLOYMENT_ID, APPLICATION_NAME, DEPLOYMENT_GROUP_NAME,
// DEPLOYMENT_GROUP_ID, BUNDLE_…), a few of the caller's, and [RootVariable], which tells a script that
// it runs here and where its files are: on an instance it is not set, so "$CDX_LOCAL_ROOT/var/www" is
// right in both places.
//
// Rules are those of aws/aws-codedeploy-agent 1.8.1 (agent v1) and, where [Options.Agent] says so and
// it differs, of 2.0.0 (agent v2). Owners, ACLs, SELinux contexts and runas are reported as notices
// and not applied, and so are the set-user-ID and set-group-ID bits of files.
package agent

import (
	"context"
	"io"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/codedeploy/types"

	"github.com/cdx-deploy/cdx/pkg/appspec"
)

// Deployment says what to deploy, in CodeDeploy's terms.
type Deployment struct {
	// ID is the deployment's ID, like "d-ABCDEF123". It names a folder and must be new to its group.
	ID string
	// Application is the application's name.
	Application string
	// DeploymentGroup is the deployment group's name.
	DeploymentGroup string
	// DeploymentGroupID names the group's history on disk, so it must stay the same from one run to the
	// next. Empty means [GroupID] of the two names.
	DeploymentGroupID string
	// Revision is where the bundle is, an S3 object or a GitHub commit: hooks see it in BUNDLE_… .
	Revision *types.RevisionLocation
	// FileExistsBehavior is the deployment's setting; empty means DISALLOW. The AppSpec file's wins.
	FileExistsBehavior types.FileExistsBehavior
	// IgnoreApplicationStopFailures lets ApplicationStop, BeforeBlockTraffic and AfterBlockTraffic fail
	// without failing the deployment.
	IgnoreApplicationStopFailures bool
	// LoadBalancer adds the six traffic events around the others.
	LoadBalancer bool
	// Vouched says that the revision comes from somebody whose scripts may run. It is remembered with the
	// revision once that is installed: without it the next deployment does not run its ApplicationStop,
	// BeforeBlockTraffic and AfterBlockTraffic.
	Vouched bool
}

// Options is how this machine carries out deployments.
type Options struct {
	// Dir holds the agent's own state: bundles, unpacked revisions, logs and the history of each group,
	// like /opt/codedeploy-agent on an instance. It is created when missing. Required.
	Dir string
	// Root is the folder that stands for the host's file system root: the AppSpec file's destination
	// /var/www is Root/var/www here. It is created when missing. Required.
	Root string
	// Fetch downloads a revision's bundle. Required by [Deploy].
	Fetch Fetcher
	// Agent is the agent to be; empty and [appspec.AgentBoth] mean v1.
	Agent appspec.Agent
	// RunHooks allows hook scripts to run. Without it events that have scripts are Skipped.
	RunHooks bool
	// WhyNot says why hooks may not run, as the end of a sentence; empty: running hooks is not allowed.
	WhyNot string
	// Isolation runs the scripts apart from the rest of the machine; nil: they run on it as it is.
	Isolation *Isolation
	// Environ is the environment to take the scripts' from, as "KEY=value". Only what a script needs
	// anywhere (PATH, HOME, LANG, TMPDIR and the like) reaches it; nil means a PATH and nothing else.
	Environ []string
	// KillAfter is how long a script that ran into its timeout may take to end by itself after it was
	// told to, before it is killed; zero means 10 s. The agent on an instance waits for ever.
	KillAfter time.Duration
	// MaxUnpacked limits the bytes that one bundle may unpack to; zero means 10 GiB.
	MaxUnpacked int64
	// MaxEntries limits how many entries one bundle may have; zero means 1,000,000.
	MaxEntries int
	// OnEvent is called, from Deploy's goroutine, whenever a lifecycle event changes; may be nil.
	OnEvent func(Event)
	// OnNotice is called, from Deploy's goroutine, for what is reported instead of applied; may be nil.
	OnNotice func(Notice)
}

// Fetcher writes the bundle at location to w and returns what is known of it. It is called once per
// deployment, during DownloadBundle.
type Fetcher func(ctx context.Context, location *types.RevisionLocation, w io.Writer) (Fetched, error)

// Fetched describes a downloaded bundle.
type Fetched struct {
	// ETag is the object's eTag as S3 sent it. If the revision pins another one, DownloadBundle fails.
	ETag string
	// BundleType is zip, tar or tgz; empty means the revision's own, and tar for a GitHub commit.
	BundleType types.BundleType
}

// Event is the state of one lifecycle event of the deployment.
type Event struct {
	// Name is the lifecycle event's, like "BeforeInstall".
	Name string
	// Status is Pending, InProgress, Succeeded, Failed or Skipped.
	Status types.LifecycleEventStatus
	// Start and End are zero until the event has started and ended; a Skipped event has neither.
	Start, End time.Time
	// Script is the failed script's location as the AppSpec file has it; empty when no script failed.
	Script string
	// ErrorCode is Success for an event that Succeeded, the cause for one that Failed, else empty.
	ErrorCode types.LifecycleErrorCode
	// Message is the agent's text: "Succeeded", or why the event Failed or was Skipped.
	Message string
	// LogTail is the end of what the event's scripts wrote, at most 2048 characters, in the agent's form.
	LogTail string
}

// Notice is something that the agent on an instance would apply and that is only reported here.
type Notice struct {
	// Kind says what it is about.
	Kind NoticeKind
	// Where is the destination path, the hook script's location, or the hook's lifecycle event.
	Where string
	// Message is one sentence without a full stop.
	Message string
}

// NoticeKind is what a [Notice] is about.
type NoticeKind string

// The kinds of notices.
const (
	NoticeOwner   NoticeKind = "owner"   // owner or group not set
	NoticeMode    NoticeKind = "mode"    // set-user-ID or set-group-ID bit not set
	NoticeACL     NoticeKind = "acl"     // access control list not set
	NoticeContext NoticeKind = "context" // SELinux context not set
	NoticeRunAs   NoticeKind = "runas"   // script runs as the present user
	NoticeHook    NoticeKind = "hook"    // scripts of a lifecycle event that are not run
	NoticeLink    NoticeKind = "link"    // link that leads out of the revision, kept as a link
)

// Result is how a deployment on this machine ended.
type Result struct {
	// Status is Succeeded or Failed.
	Status types.TargetStatus
	// Events has every lifecycle event of the deployment, in order.
	Events []Event
	// Notices has what was reported and not applied, in order.
	Notices []Notice
	// Plan is what Install did; nil when it was not reached.
	Plan *Plan
	// Changes has what isolated hooks wrote outside of the deployment's folders, and what is gone now; at
	// most 10,000.
	Changes []Change
}
