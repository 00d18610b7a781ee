package agent

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/codedeploy/types"

	"github.com/cdx-deploy/cdx/pkg/appspec"
)

// Plan is what the agent would do with a revision, in the order in which it would do it.
type Plan struct {
	// Remove has what Install removes first: what the group's previous deployment installed and is
	// still there, as paths of the host ("/var/www/html/index.html"), in order of removal.
	Remove []string
	// Steps has what Install then writes, in order.
	Steps []Step
	// Conflicts says why Install would fail; empty when it would not. It still removes what Remove
	// names, and carries out the steps that come before the first conflict.
	Conflicts []Conflict
	// Events has every lifecycle event of the deployment and the scripts that it would run.
	Events []PlannedEvent
	// Notices has what is reported and not applied.
	Notices []Notice
}

// Step is one file, link or folder that Install writes.
type Step struct {
	// Path is the destination as a path of the host, like "/var/www/html/index.html".
	Path string
	// Source is the path in the revision, slash-separated; empty for a folder.
	Source string
	// Link is the target of a symbolic link; empty otherwise.
	Link string
	// Mode has the type bits and the permission bits after permissions.
	Mode fs.FileMode
	// Size is the file's size in bytes.
	Size int64
	// Owner and Group are what permissions ask for; empty: the agent's own user.
	Owner, Group string
	// Replaces says that a file exists there and is overwritten.
	Replaces bool

	real string // Source without links to folders on the way
}

// Conflict is a reason for Install to fail.
type Conflict struct {
	// Path is the destination concerned, as a path of the host; for a permission its object.
	Path string
	// Sources has the paths in the revision concerned, if any.
	Sources []string
	// Message is the agent's own text.
	Message string
	// AfterSteps is how many steps Install carries out before it fails: 0 for what the agent finds
	// before it writes anything.
	AfterSteps int
}

// PlannedEvent is a lifecycle event and what it would run.
type PlannedEvent struct {
	// Name is the lifecycle event's.
	Name string
	// Previous says that the scripts are the last successful revision's.
	Previous bool
	// Scripts has the hook's scripts in order; nil for events without.
	Scripts []PlannedScript
}

// PlannedScript is one script of a hook.
type PlannedScript struct {
	// Location is the script's path as the AppSpec file has it.
	Location string
	// RunAs is the user it would run as; empty: the agent's own user.
	RunAs string
	// Timeout is how long it may run.
	Timeout time.Duration
	// Missing says that the revision has no such file.
	Missing bool
}

// PlanOptions says what [NewPlan] plans for. The zero value is a first deployment to an empty host.
type PlanOptions struct {
	// Root is the folder that stands for the host's file system; empty or missing: an empty host.
	Root string
	// Agent is the agent to be; empty and [appspec.AgentBoth] mean v1.
	Agent appspec.Agent
	// FileExistsBehavior is the deployment's setting; empty means DISALLOW. The AppSpec file's wins.
	FileExistsBehavior types.FileExistsBehavior
	// Installed has what the group's previous deployment installed, as [History] has it.
	Installed []string
	// Previous is the plan of a previous deployment that is taken to have been carried out, although
	// Root does not show it; it stands for Installed. Nil: Root and Installed say it all.
	Previous *Plan
	// LastSuccessful is the AppSpec file of the group's last successful revision, whose scripts
	// ApplicationStop, BeforeBlockTraffic and AfterBlockTraffic run; nil when there is none.
	LastSuccessful *appspec.Spec
	// LastRevision is that revision's folder; nil: its scripts are taken to be there.
	LastRevision fs.FS
	// LoadBalancer adds the six traffic events.
	LoadBalancer bool
	// RevisionName is what the agent's messages call the revision's folder; empty means
	// "deployment-archive".
	RevisionName string
	// MaxEntries limits how many files and folders may be planned; zero means 1,000,000.
	MaxEntries int
}

// UnpackedBytes is the limit that [Options.MaxUnpacked] and [UnpackOptions.MaxUnpacked] set.
const UnpackedBytes = "bytes unpacked"

// LimitError reports that a bundle, or what its AppSpec file makes of it, is larger than allowed.
type LimitError struct {
	What  string // like [UnpackedBytes]
	Limit int64
}

// Error says which limit was passed.
func (e *LimitError) Error() string {
	return fmt.Sprintf("more than %d %s", e.Limit, e.What)
}

// NewPlan says what Install would do with an unpacked revision, and which scripts would run. It
// reads revision and the folder [PlanOptions.Root] and writes nothing. For links to be planned as
// links, revision must be an [fs.ReadLinkFS], like that of [os.Root.FS].
//
// What would make Install fail is in [Plan.Conflicts]. The error is a [*LimitError] when a loop of
// links makes the revision too large, the context's, or that of a file or folder that may not be looked at.
func NewPlan(ctx context.Context, revision fs.FS, spec *appspec.Spec, opts PlanOptions) (*Plan, error) {
	host, err := openPlanRoot(opts.Root)
	if err != nil {
		return nil, fmt.Errorf("open local root %s: %w", opts.Root, err)
	}
	p := newPlanner(revision, spec, host, opts)
	err = p.plan(ctx)
	if closeErr := host.close(); err == nil {
		err = closeErr
	}
	if err != nil {
		return nil, err
	}
	return p.out, nil
}

// PlanEvents says which scripts would run, for confirmation before a deployment: it is the part of
// [NewPlan] that looks at no other files.
func PlanEvents(revision fs.FS, spec *appspec.Spec, opts PlanOptions) []PlannedEvent {
	p := newPlanner(revision, spec, nil, opts)
	p.planEvents()
	return p.out.Events
}

// openPlanRoot opens the root for planning; a missing one is an empty host.
func openPlanRoot(name string) (*hostRoot, error) {
	host := &hostRoot{dirs: map[string]bool{}}
	if name != "" {
		opened, err := openHostRoot(name)
		switch {
		case err == nil:
			host = opened
		case !errors.Is(err, os.ErrNotExist):
			return nil, err
		}
	}
	host.freeze()
	return host, nil
}

// Installed returns what Install leaves on record for the next deployment of the group to remove:
// what [PlanOptions.Installed] is.
func (p *Plan) Installed() []string {
	steps := p.Steps[:p.reached()]
	installed := make([]string, len(steps))
	for i := range steps {
		installed[i] = steps[i].Path
	}
	return installed
}

// failure returns the conflict that Install stops at; nil when there is none.
func (p *Plan) failure() *Conflict {
	var first *Conflict
	for i := range p.Conflicts {
		if first == nil || p.Conflicts[i].AfterSteps < first.AfterSteps {
			first = &p.Conflicts[i]
		}
	}
	return first
}

// reached is how many of the steps Install carries out.
func (p *Plan) reached() int {
	if failure := p.failure(); failure != nil {
		return failure.AfterSteps
	}
	return len(p.Steps)
}
