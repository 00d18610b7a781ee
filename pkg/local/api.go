package local

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"fmt"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/codedeploy/types"

	"github.com/cdx-deploy/cdx/pkg/local/objects"
)

// api is the CodeDeploy API and its state. Its operations are called with mu held; so are all methods
// but those that say otherwise.
type api struct {
	options    Options
	objects    *objects.Store
	operations map[string]operation

	mu           sync.Mutex
	applications map[string]*application
	configs      map[string]*types.DeploymentConfigInfo // those that the user made
	deployments  map[string]*deployment
	sequence     []*deployment // in the order of their creation
	instances    map[string]*types.InstanceInfo
	tags         map[string][]types.Tag // by ARN
	tokens       map[string]bool        // names of connections to GitHub accounts
	closed       bool

	onChange func() // called when a deployment has ended

	machine chan struct{} // holds a token while the agent works
	running sync.WaitGroup
	ctx     context.Context //nolint:containedctx // the life of the deployments, which outlive the request that creates them
	cancel  context.CancelCauseFunc
}

// application is an application with its deployment groups and registered revisions.
type application struct {
	info      types.ApplicationInfo
	groups    map[string]*group
	revisions map[string]*types.RevisionInfo // by their location's text
}

// group is a deployment group.
type group struct {
	info   types.DeploymentGroupInfo
	active *deployment // the one that is not final; nil for none
	// last is the last deployment that Succeeded, whose revision a rollback deploys.
	last *deployment
	// timelines are what the group's deployments do, one after the other, the last for all that follow;
	// nil: they are carried out.
	timelines []Timeline
	// rollbackVouchedFor says that whoever configured its automatic rollback was vouched for in this run.
	rollbackVouchedFor bool
}

func newAPI(opts Options, store *objects.Store) *api {
	a := &api{
		options: opts, objects: store, machine: make(chan struct{}, 1),
		applications: map[string]*application{}, configs: map[string]*types.DeploymentConfigInfo{},
		deployments: map[string]*deployment{}, instances: map[string]*types.InstanceInfo{}, tags: map[string][]types.Tag{}, tokens: map[string]bool{},
	}
	a.onChange = func() {}
	a.ctx, a.cancel = context.WithCancelCause(context.Background())
	a.operations = a.table()
	return a
}

// close ends the deployments in flight and waits for them. It takes the lock itself.
func (a *api) close() {
	a.mu.Lock()
	a.closed = true
	a.mu.Unlock()
	a.cancel(errClosed)
	a.running.Wait()
}

// table has every operation of the API's model.
func (a *api) table() map[string]operation {
	return map[string]operation{
		"AddTagsToOnPremisesInstances":         operate(a, a.addTagsToOnPremisesInstances),
		"BatchGetApplicationRevisions":         operate(a, a.batchGetApplicationRevisions),
		"BatchGetApplications":                 operate(a, a.batchGetApplications),
		"BatchGetDeploymentGroups":             operate(a, a.batchGetDeploymentGroups),
		"BatchGetDeploymentInstances":          operate(a, a.batchGetDeploymentInstances),
		"BatchGetDeploymentTargets":            operate(a, a.batchGetDeploymentTargets),
		"BatchGetDeployments":                  operate(a, a.batchGetDeployments),
		"BatchGetOnPremisesInstances":          operate(a, a.batchGetOnPremisesInstances),
		"ContinueDeployment":                   operate(a, a.continueDeployment),
		"CreateApplication":                    operate(a, a.createApplication),
		"CreateDeployment":                     operate(a, a.createDeployment),
		"CreateDeploymentConfig":               operate(a, a.createDeploymentConfig),
		"CreateDeploymentGroup":                operate(a, a.createDeploymentGroup),
		"DeleteApplication":                    operate(a, a.deleteApplication),
		"DeleteDeploymentConfig":               operate(a, a.deleteDeploymentConfig),
		"DeleteDeploymentGroup":                operate(a, a.deleteDeploymentGroup),
		"DeleteGitHubAccountToken":             operate(a, a.deleteGitHubAccountToken),
		"DeleteResourcesByExternalId":          operate(a, a.deleteResourcesByExternalID),
		"DeregisterOnPremisesInstance":         operate(a, a.deregisterOnPremisesInstance),
		"GetApplication":                       operate(a, a.getApplication),
		"GetApplicationRevision":               operate(a, a.getApplicationRevision),
		"GetDeployment":                        operate(a, a.getDeployment),
		"GetDeploymentConfig":                  operate(a, a.getDeploymentConfig),
		"GetDeploymentGroup":                   operate(a, a.getDeploymentGroup),
		"GetDeploymentInstance":                operate(a, a.getDeploymentInstance),
		"GetDeploymentTarget":                  operate(a, a.getDeploymentTarget),
		"GetOnPremisesInstance":                operate(a, a.getOnPremisesInstance),
		"ListApplicationRevisions":             operate(a, a.listApplicationRevisions),
		"ListApplications":                     operate(a, a.listApplications),
		"ListDeploymentConfigs":                operate(a, a.listDeploymentConfigs),
		"ListDeploymentGroups":                 operate(a, a.listDeploymentGroups),
		"ListDeploymentInstances":              operate(a, a.listDeploymentInstances),
		"ListDeploymentTargets":                operate(a, a.listDeploymentTargets),
		"ListDeployments":                      operate(a, a.listDeployments),
		"ListGitHubAccountTokenNames":          operate(a, a.listGitHubAccountTokenNames),
		"ListOnPremisesInstances":              operate(a, a.listOnPremisesInstances),
		"ListTagsForResource":                  operate(a, a.listTagsForResource),
		"PutLifecycleEventHookExecutionStatus": operate(a, a.putLifecycleEventHookExecutionStatus),
		"RegisterApplicationRevision":          operate(a, a.registerApplicationRevision),
		"RegisterOnPremisesInstance":           operate(a, a.registerOnPremisesInstance),
		"RemoveTagsFromOnPremisesInstances":    operate(a, a.removeTagsFromOnPremisesInstances),
		"SkipWaitTimeForInstanceTermination":   operate(a, a.skipWaitTimeForInstanceTermination),
		"StopDeployment":                       operate(a, a.stopDeployment),
		"TagResource":                          operate(a, a.tagResource),
		"UntagResource":                        operate(a, a.untagResource),
		"UpdateApplication":                    operate(a, a.updateApplication),
		"UpdateDeploymentGroup":                operate(a, a.updateDeploymentGroup),
	}
}

// newUUID is a random UUID, version 4.
func newUUID() string {
	var b [16]byte
	_, _ = rand.Read(b[:]) // never fails
	return formatUUID(b, 4)
}

// uuidOf is always the same UUID for the same text, so that IDs survive a restart.
func uuidOf(text string) string {
	sum := sha256.Sum256([]byte(text))
	return formatUUID([16]byte(sum[:16]), 8)
}

func formatUUID(b [16]byte, version byte) string {
	b[6] = b[6]&0x0f | version<<4
	b[8] = b[8]&0x3f | 0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}

// now is the present time in the precision of the API.
func now() *time.Time {
	t := time.Now().Truncate(time.Millisecond)
	return &t
}
