package local

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/codedeploy"
	"github.com/aws/aws-sdk-go-v2/service/codedeploy/types"
	"go.yaml.in/yaml/v3"
)

// Seed is a scenario: what is there when a service starts, what happens to deployments instead of being
// carried out, and which requests fail. [ParseSeed] reads one from YAML.
type Seed struct {
	// Buckets are created unless they are there.
	Buckets []string `yaml:"buckets"`
	// Applications are created unless they are there.
	Applications []SeedApplication `yaml:"applications"`
	// GitHubAccountTokens are the names of connections to GitHub accounts, which cannot be made over the API.
	GitHubAccountTokens []string `yaml:"gitHubAccountTokens"`
	// Faults are requests that fail.
	Faults []Fault `yaml:"faults"`
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

// SeedError reports a mistake in a seed.
type SeedError struct {
	Reason string
}

// Error says what is wrong.
func (e *SeedError) Error() string { return e.Reason }

// ParseSeed reads a seed in YAML or JSON. Mistakes are a [*SeedError].
func ParseSeed(data []byte) (*Seed, error) {
	seed := &Seed{}
	decoder := yaml.NewDecoder(bytes.NewReader(data))
	decoder.KnownFields(true)
	if err := decoder.Decode(seed); err != nil && !errors.Is(err, io.EOF) {
		return nil, &SeedError{err.Error()}
	}
	if err := seed.check(); err != nil {
		return nil, &SeedError{err.Error()}
	}
	return seed, nil
}

// check refuses what would never happen.
func (seed *Seed) check() error {
	for i := range seed.Applications {
		if err := seed.Applications[i].check(); err != nil {
			return err
		}
	}
	operations := (&api{}).table()
	for i, fault := range seed.Faults {
		if operations[fault.Operation] == nil && fault.Operation != operationS3 && fault.Operation != operationSTS {
			return fmt.Errorf("fault %d: the operation %q is unknown", i+1, fault.Operation)
		}
	}
	return nil
}

func (app *SeedApplication) check() error {
	if !known(app.ComputePlatform, app.ComputePlatform.Values()) {
		return fmt.Errorf("application %s: the compute platform %q is unknown", app.Name, app.ComputePlatform)
	}
	for _, g := range app.Groups {
		events := timelineEvents(app.ComputePlatform, g.BlueGreen, true)
		for i, timeline := range g.Deployments {
			if err := timeline.check(events); err != nil {
				return fmt.Errorf("application %s, deployment group %s, deployment %d: %w", app.Name, g.Name, i+1, err)
			}
		}
	}
	return nil
}

// check refuses steps that mean nothing, events being those that there are.
func (timeline *Timeline) check(events []string) error {
	for i, step := range timeline.Steps {
		problem := step.problem(timeline)
		if problem == "" && step.Event != "" && !slices.Contains(events, step.Event) {
			problem = fmt.Sprintf("the event %q is none of %s", step.Event, strings.Join(events, ", "))
		}
		if problem != "" {
			return fmt.Errorf("step %d: %s", i+1, problem)
		}
	}
	return nil
}

func (step *TimelineStep) problem(timeline *Timeline) string {
	switch {
	case step.After < 0:
		return "a pause below zero"
	case step.Traffic < 0 || step.Traffic > 100 || step.Traffic != 0 && step.Event == "":
		return "traffic is a percentage, with an event"
	case step.Event != "" && step.Target == "":
		return "an event without a target"
	case step.Target != "" && step.Target != "*" && !timeline.has(step.Target):
		return fmt.Sprintf("the target %q is not in targets", step.Target)
	case step.Event != "" && !isOne(types.LifecycleEventStatus(step.Status)),
		step.Event == "" && step.Target != "" && !isOne(types.TargetStatus(step.Status)),
		step.Target == "" && !isOne(types.DeploymentStatus(step.Status)):
		return fmt.Sprintf("the status %q is unknown", step.Status)
	case step.Event != "" && step.ErrorCode != "" && !isOne(types.LifecycleErrorCode(step.ErrorCode)),
		step.Target == "" && step.ErrorCode != "" && !isOne(types.ErrorCode(step.ErrorCode)):
		return fmt.Sprintf("the error code %q is unknown", step.ErrorCode)
	}
	return ""
}

// isOne reports whether a value is one of its type's.
func isOne[T interface {
	~string
	Values() []T
}](value T) bool {
	return value != "" && known(value, value.Values())
}

func (timeline *Timeline) has(id string) bool {
	for _, target := range timeline.ids() {
		if target == id {
			return true
		}
	}
	return false
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
	for _, bucket := range seed.Buckets {
		if err := s.objects.EnsureBucket(bucket); err != nil {
			return &SeedError{fmt.Sprintf("create bucket %s: %v", bucket, err)}
		}
	}
	s.api.mu.Lock()
	defer s.api.mu.Unlock()
	for _, name := range seed.GitHubAccountTokens {
		s.api.tokens[name] = true
	}
	for i := range seed.Applications {
		if err := s.api.plant(&seed.Applications[i]); err != nil {
			return &SeedError{fmt.Sprintf("create application %s: %v", seed.Applications[i].Name, err)}
		}
	}
	return nil
}

func (a *api) plant(seed *SeedApplication) error {
	ctx := context.WithValue(context.Background(), callerKey{}, caller{vouchedFor: true}) // by whoever runs the service
	if a.applications[seed.Name] == nil {
		in := &codedeploy.CreateApplicationInput{ApplicationName: &seed.Name, ComputePlatform: seed.ComputePlatform}
		if _, err := a.createApplication(ctx, in); err != nil {
			return err
		}
	}
	app := a.applications[seed.Name]
	for i := range seed.Groups {
		g := &seed.Groups[i]
		if app.groups[g.Name] == nil {
			if _, err := a.createDeploymentGroup(ctx, g.input(app)); err != nil {
				return err
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
