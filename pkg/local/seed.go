package local

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/codedeploy"
	"github.com/aws/aws-sdk-go-v2/service/codedeploy/types"
)

// Seed is a scenario: what is there when a service starts, what happens to deployments instead of being
// carried out, and which requests fail. It begins anew with every service, also one that goes on with the state of
// another. [ParseSeed] reads one from YAML.
type Seed struct {
	// Buckets are created unless they are there.
	Buckets []string `yaml:"buckets"`
	// Applications are created unless they are there.
	Applications []SeedApplication `yaml:"applications"`
	// GitHubAccountTokens are the names of connections to GitHub accounts, which cannot be made over the API.
	GitHubAccountTokens []string `yaml:"gitHubAccountTokens"`
	// Faults are requests that fail.
	Faults []Fault `yaml:"faults"`

	lines map[string]int // of the keys; nil unless ParseSeed has read it
}

// SeedApplication is an application with its deployment groups.
type SeedApplication struct {
	Name string `yaml:"name"`
	// ComputePlatform is Server, ECS or Lambda; empty means Server.
	ComputePlatform types.ComputePlatform `yaml:"computePlatform"`
	Groups          []SeedGroup           `yaml:"deploymentGroups"`
}

// SeedGroup is a deployment group.
type SeedGroup struct {
	Name string `yaml:"name"`
	// BlueGreen makes a group of servers a blue/green one.
	BlueGreen bool `yaml:"blueGreen"`
	// RollBack has failed deployments rolled back automatically.
	RollBack bool `yaml:"rollBack"`
	// Deployments say what the group's deployments do: the first one the first timeline and so on, and
	// all that follow the last. Without any, deployments are carried out, or simulated.
	Deployments []Timeline `yaml:"deployments"`
}

// Timeline is what happens in one deployment.
type Timeline struct {
	// Targets are the IDs of its targets, such as i-1; none means "local".
	Targets []string `yaml:"targets"`
	// Steps happen in their order. A deployment whose last step does not end it Succeeds then.
	Steps []TimelineStep `yaml:"steps"`
}

// TimelineStep is something that happens: to a lifecycle event of a target, to a target, or, without a
// target, to the deployment.
type TimelineStep struct {
	// After is the pause since the step before, such as 1.5s.
	After time.Duration `yaml:"after"`
	// Target is the target's ID; "*" means all targets.
	Target string `yaml:"target"`
	// Event is the lifecycle event's name.
	Event string `yaml:"event"`
	// Status is the lifecycle event's, the target's or the deployment's. A deployment that is Ready waits
	// for ContinueDeployment.
	Status string `yaml:"status"`
	// ErrorCode and Message say why: the lifecycle event's, as ScriptFailed, or the deployment's, as
	// HEALTH_CONSTRAINTS.
	ErrorCode string `yaml:"errorCode"`
	Message   string `yaml:"message"`
	// Traffic is the percentage of the traffic that the new version of an ECS service or a Lambda function
	// receives from then on; zero: as before. It belongs to an event.
	Traffic float64 `yaml:"traffic"`
	// Script and LogTail are the failed lifecycle event's.
	Script  string `yaml:"script"`
	LogTail string `yaml:"logTail"`
}

// Fault makes requests of an operation fail.
type Fault struct {
	// Operation is CodeDeploy's, such as GetDeployment; "S3" and "STS" mean every request to these.
	Operation string `yaml:"operation"`
	// Code is the error's, such as ThrottlingException.
	Code    string `yaml:"code"`
	Message string `yaml:"message"`
	// Status is the HTTP status; zero means 400, and 503 for S3.
	Status int `yaml:"status"`
	// After is how many requests are answered before the first that fails.
	After int `yaml:"after"`
	// Count is how many fail; zero means all.
	Count int `yaml:"count"`
}

// check refuses what would never happen.
func (seed *Seed) check() error {
	for i := range seed.Applications {
		if err := seed.checkApplication(&seed.Applications[i], fmt.Sprintf("applications[%d]", i)); err != nil {
			return err
		}
	}
	operations := (&api{}).table()
	for i, fault := range seed.Faults {
		key := fmt.Sprintf("faults[%d]", i)
		switch {
		case operations[fault.Operation] == nil && fault.Operation != operationS3 && fault.Operation != operationSTS:
			return seed.mistake(key+".operation", "the operation %q is unknown: those of CodeDeploy, %s and %s are known", fault.Operation, operationS3, operationSTS)
		case fault.Status != 0 && (fault.Status < 400 || fault.Status > 599):
			return seed.mistake(key+".status", "%d is no HTTP status of a failure, 400 to 599", fault.Status)
		case fault.After < 0:
			return seed.mistake(key+".after", "a number of requests below zero")
		case fault.Count < 0:
			return seed.mistake(key+".count", "a number of requests below zero")
		}
	}
	return nil
}

func (seed *Seed) checkApplication(app *SeedApplication, key string) error {
	if !known(app.ComputePlatform, app.ComputePlatform.Values()) {
		return seed.mistake(key+".computePlatform", "the compute platform %q is unknown: there are %s", app.ComputePlatform, listed(app.ComputePlatform.Values()))
	}
	for i, g := range app.Groups {
		events := timelineEvents(app.ComputePlatform, g.BlueGreen, true)
		for j, timeline := range g.Deployments {
			if err := seed.checkTimeline(&timeline, events, fmt.Sprintf("%s.deploymentGroups[%d].deployments[%d]", key, i, j)); err != nil {
				return err
			}
		}
	}
	return nil
}

// checkTimeline refuses steps that mean nothing, events being those that there are.
func (seed *Seed) checkTimeline(timeline *Timeline, events []string, key string) error {
	for i, target := range timeline.Targets {
		if target == "" || slices.Contains(timeline.Targets[:i], target) {
			return seed.mistake(fmt.Sprintf("%s.targets[%d]", key, i), "the target %q is empty or given twice", target)
		}
	}
	for i, step := range timeline.Steps {
		if member, problem := step.problem(timeline, events); problem != "" {
			return seed.mistake(fmt.Sprintf("%s.steps[%d].%s", key, i, member), "%s", problem)
		}
	}
	return nil
}

// problem names a member that means nothing and says why.
func (step *TimelineStep) problem(timeline *Timeline, events []string) (member, problem string) {
	switch {
	case step.After < 0:
		return "after", "a pause below zero"
	case step.Traffic < 0 || step.Traffic > 100 || step.Traffic != 0 && step.Event == "":
		return "traffic", "traffic is a percentage, with an event"
	case step.Event != "" && step.Target == "":
		return "event", "an event without a target"
	case step.Target != "" && step.Target != "*" && !slices.Contains(timeline.ids(), step.Target):
		return "target", fmt.Sprintf("the target %q is not in targets: %s", step.Target, strings.Join(timeline.ids(), ", "))
	case step.Event != "" && !slices.Contains(events, step.Event):
		return "event", fmt.Sprintf("the event %q is none of %s", step.Event, strings.Join(events, ", "))
	case step.Event != "":
		return step.unknown(isOne(types.LifecycleEventStatus(step.Status)), listed(types.LifecycleEventStatus("").Values()),
			isOne(types.LifecycleErrorCode(step.ErrorCode)), listed(types.LifecycleErrorCode("").Values()))
	case step.Target != "":
		return step.unknown(isOne(types.TargetStatus(step.Status)), listed(types.TargetStatus("").Values()), true, "")
	}
	return step.unknown(isOne(types.DeploymentStatus(step.Status)), listed(types.DeploymentStatus("").Values()),
		isOne(types.ErrorCode(step.ErrorCode)), listed(types.ErrorCode("").Values()))
}

// unknown says which of status and error code is not among those that there are.
func (step *TimelineStep) unknown(status bool, statuses string, code bool, codes string) (member, problem string) {
	switch {
	case !status:
		return "status", fmt.Sprintf("the status %q is unknown: there are %s", step.Status, statuses)
	case !code && step.ErrorCode != "":
		return "errorCode", fmt.Sprintf("the error code %q is unknown: there are %s", step.ErrorCode, codes)
	}
	return "", ""
}

func listed[E ~string](values []E) string {
	texts := make([]string, len(values))
	for i, value := range values {
		texts[i] = string(value)
	}
	return strings.Join(texts, ", ")
}

// isOne reports whether a value is one of its type's.
func isOne[T interface {
	~string
	Values() []T
}](value T) bool {
	return value != "" && known(value, value.Values())
}

// ids are the targets' IDs.
func (timeline *Timeline) ids() []string {
	if len(timeline.Targets) == 0 {
		return []string{instanceID}
	}
	return timeline.Targets
}

// plant creates what a seed has and is not there yet.
func (s *Service) plant(seed *Seed) error {
	if seed == nil {
		return nil
	}
	for i, bucket := range seed.Buckets {
		if err := s.objects.EnsureBucket(bucket); err != nil {
			return seed.mistake(fmt.Sprintf("buckets[%d]", i), "create bucket %s: %v", bucket, err)
		}
	}
	s.api.mu.Lock()
	defer s.api.mu.Unlock()
	for i, name := range seed.GitHubAccountTokens {
		if name == "" {
			return seed.mistake(fmt.Sprintf("gitHubAccountTokens[%d]", i), "an empty name")
		}
		s.api.tokens[name] = true
	}
	for i := range seed.Applications {
		if err := s.api.plant(seed, i); err != nil {
			return err
		}
	}
	return nil
}

// plant creates the i-th application of a seed.
func (a *api) plant(seed *Seed, i int) error {
	ctx := context.WithValue(context.Background(), callerKey{}, caller{vouchedFor: true}) // by whoever runs the service
	from, key := &seed.Applications[i], fmt.Sprintf("applications[%d]", i)
	if a.applications[from.Name] == nil {
		in := &codedeploy.CreateApplicationInput{ApplicationName: &from.Name, ComputePlatform: from.ComputePlatform}
		if _, err := a.createApplication(ctx, in); err != nil {
			return seed.mistake(key+".name", "create application %s: %s", from.Name, messageOf(err))
		}
	}
	app := a.applications[from.Name]
	if from.ComputePlatform != "" && from.ComputePlatform != app.info.ComputePlatform {
		return seed.mistake(key+".computePlatform", "the application %s is there, for the compute platform %s", from.Name, app.info.ComputePlatform)
	}
	for j := range from.Groups {
		g := &from.Groups[j]
		if app.groups[g.Name] == nil {
			if _, err := a.createDeploymentGroup(ctx, g.input(app)); err != nil {
				return seed.mistake(fmt.Sprintf("%s.deploymentGroups[%d].name", key, j), "create deployment group %s: %s", g.Name, messageOf(err))
			}
		}
		app.groups[g.Name].timelines = g.Deployments
	}
	return nil
}

// input is the request that creates the group.
func (g *SeedGroup) input(app *application) *codedeploy.CreateDeploymentGroupInput {
	in := &codedeploy.CreateDeploymentGroupInput{
		ApplicationName: app.info.ApplicationName, DeploymentGroupName: &g.Name,
		ServiceRoleArn: aws.String("arn:aws:iam::" + account + ":role/local"),
	}
	platform := app.info.ComputePlatform
	if g.BlueGreen || platform != types.ComputePlatformServer {
		in.DeploymentStyle = &types.DeploymentStyle{DeploymentType: types.DeploymentTypeBlueGreen, DeploymentOption: types.DeploymentOptionWithTrafficControl}
	}
	if platform == types.ComputePlatformEcs {
		in.EcsServices = []types.ECSService{{ClusterName: aws.String("local"), ServiceName: app.info.ApplicationName}}
	}
	if g.RollBack {
		in.AutoRollbackConfiguration = &types.AutoRollbackConfiguration{
			Enabled: true, Events: []types.AutoRollbackEvent{types.AutoRollbackEventDeploymentFailure},
		}
	}
	return in
}
