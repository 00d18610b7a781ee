package local

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/codedeploy/types"

	"github.com/cdx-deploy/cdx/pkg/local/awsjson"
	"github.com/cdx-deploy/cdx/pkg/local/internal/wholefile"
	"github.com/cdx-deploy/cdx/pkg/local/objects"
)

// stateName is the file in [Options.Dir] that has the state of a service that keeps it.
const stateName = "codedeploy.json"

// wire is a struct of the SDK, in JSON as the API has it.
type wire[T any] struct{ value T }

// MarshalJSON implements [json.Marshaler].
func (w wire[T]) MarshalJSON() ([]byte, error) { return awsjson.Marshal(&w.value) }

// UnmarshalJSON implements [json.Unmarshaler].
func (w *wire[T]) UnmarshalJSON(data []byte) error { return awsjson.Unmarshal(data, &w.value) }

func wired[T any](values []T) []wire[T] {
	out := make([]wire[T], len(values))
	for i := range values {
		out[i].value = values[i]
	}
	return out
}

func unwired[T any](values []wire[T]) []T {
	out := make([]T, len(values))
	for i := range values {
		out[i] = values[i].value
	}
	return out
}

// savedState is the state of the API on disk.
type savedState struct {
	savedSettings
	Deployments []json.RawMessage // each a savedDeployment, in the order of their creation
}

// savedSettings is the state but for the deployments, of which there may be very many.
type savedSettings struct {
	Applications []savedApplication
	Configs      []wire[types.DeploymentConfigInfo]
	Instances    []wire[types.InstanceInfo]
	Tags         map[string][]wire[types.Tag]
	Tokens       []string `json:",omitempty"`
}

type savedApplication struct {
	Info      wire[types.ApplicationInfo]
	Groups    []savedGroup
	Revisions map[string]wire[types.RevisionInfo]
}

type savedGroup struct {
	Info wire[types.DeploymentGroupInfo]
	Last string // the ID of the last deployment that Succeeded
}

type savedDeployment struct {
	Info    wire[types.DeploymentInfo]
	Targets []savedTarget
}

type savedTarget struct {
	ID, ARN string
	Kind    types.DeploymentTargetType
	Label   types.TargetLabel
	Status  types.TargetStatus
	Updated *time.Time
	Events  []wire[types.LifecycleEvent]
	Lambda  *wire[types.LambdaFunctionInfo]
	Traffic float64
}

// snapshot encodes the state. It takes the lock itself, and not for what takes long.
func (a *api) snapshot() ([]byte, error) {
	settings, deployments, err := a.encode()
	if err != nil {
		return nil, err
	}
	settings = append(settings[:len(settings)-1], `,"Deployments":[`...)
	return append(append(settings, bytes.Join(deployments, []byte(","))...), "]}"...), nil
}

// encode encodes the two parts of a savedState. It takes the lock itself.
func (a *api) encode() (settings []byte, deployments [][]byte, err error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, d := range a.sequence {
		text, err := d.encode()
		if err != nil {
			return nil, nil, err
		}
		deployments = append(deployments, text)
	}
	settings, err = json.Marshal(a.settings())
	return settings, deployments, err
}

func (a *api) settings() savedSettings {
	saved := savedSettings{Tags: map[string][]wire[types.Tag]{}}
	for _, name := range slices.Sorted(maps.Keys(a.applications)) {
		saved.Applications = append(saved.Applications, a.applications[name].save())
	}
	for _, name := range slices.Sorted(maps.Keys(a.configs)) {
		saved.Configs = append(saved.Configs, wire[types.DeploymentConfigInfo]{*a.configs[name]})
	}
	for _, name := range slices.Sorted(maps.Keys(a.instances)) {
		saved.Instances = append(saved.Instances, wire[types.InstanceInfo]{*a.instances[name]})
	}
	for arn, tags := range a.tags {
		saved.Tags[arn] = wired(tags)
	}
	saved.Tokens = slices.Sorted(maps.Keys(a.tokens))
	return saved
}

func (app *application) save() savedApplication {
	saved := savedApplication{Info: wire[types.ApplicationInfo]{app.info}, Revisions: map[string]wire[types.RevisionInfo]{}}
	for _, name := range slices.Sorted(maps.Keys(app.groups)) {
		g := app.groups[name]
		group := savedGroup{Info: wire[types.DeploymentGroupInfo]{g.info}}
		if g.last != nil {
			group.Last = *g.last.info.DeploymentId
		}
		saved.Groups = append(saved.Groups, group)
	}
	for text, revision := range app.revisions {
		saved.Revisions[text] = wire[types.RevisionInfo]{*revision}
	}
	return saved
}

// encode encodes the deployment, once and for all when nothing of it can change but its names.
func (d *deployment) encode() ([]byte, error) {
	if d.encoded != nil {
		return d.encoded, nil
	}
	text, err := json.Marshal(d.save())
	if err == nil && final(d.info.Status) {
		d.encoded = text
	}
	return text, err
}

func (d *deployment) save() savedDeployment {
	saved := savedDeployment{Info: wire[types.DeploymentInfo]{d.info}}
	for _, t := range d.targets {
		to := savedTarget{ID: t.id, ARN: t.arn, Kind: t.kind, Label: t.label, Status: t.status, Updated: t.updated, Events: wired(t.events), Traffic: t.traffic}
		if t.lambda != nil {
			to.Lambda = &wire[types.LambdaFunctionInfo]{*t.lambda}
		}
		saved.Targets = append(saved.Targets, to)
	}
	return saved
}

// restore takes over the state of an earlier run. A deployment that had no end then is Stopped.
func (a *api) restore(data []byte) error {
	var saved savedState
	if err := wholefile.Decode(data, &saved); err != nil {
		return err
	}
	for _, text := range saved.Deployments {
		var one savedDeployment
		if err := wholefile.Decode(text, &one); err != nil {
			return err
		}
		d := one.restore()
		if d.info.DeploymentId == nil {
			return errors.New("a deployment without an ID")
		}
		a.deployments[*d.info.DeploymentId] = d
		a.sequence = append(a.sequence, d)
	}
	for i := range saved.Applications {
		app := saved.Applications[i].restore(a.deployments)
		a.applications[aws.ToString(app.info.ApplicationName)] = app
	}
	for i := range saved.Configs {
		config := &saved.Configs[i].value
		a.configs[aws.ToString(config.DeploymentConfigName)] = config
	}
	for i := range saved.Instances {
		instance := &saved.Instances[i].value
		a.instances[aws.ToString(instance.InstanceName)] = instance
	}
	for arn, tags := range saved.Tags {
		a.tags[arn] = unwired(tags)
	}
	for _, name := range saved.Tokens {
		a.tokens[name] = true
	}
	return nil
}

func (saved *savedApplication) restore(deployments map[string]*deployment) *application {
	app := &application{info: saved.Info.value, groups: map[string]*group{}, revisions: map[string]*types.RevisionInfo{}}
	for i := range saved.Groups {
		g := &group{info: saved.Groups[i].Info.value, last: deployments[saved.Groups[i].Last]}
		if last := g.info.LastAttemptedDeployment; last != nil && deployments[aws.ToString(last.DeploymentId)] != nil {
			g.info.LastAttemptedDeployment = deployments[*last.DeploymentId].summary() // it may have ended with the earlier run
		}
		app.groups[aws.ToString(g.info.DeploymentGroupName)] = g
	}
	for text, revision := range saved.Revisions {
		app.revisions[text] = &revision.value
	}
	return app
}

func (saved *savedDeployment) restore() *deployment {
	d := &deployment{info: saved.Info.value, cancel: func(error) {}, proceed: make(chan struct{})}
	for i := range saved.Targets {
		from := &saved.Targets[i]
		t := &target{
			id: from.ID, arn: from.ARN, kind: from.Kind, label: from.Label, status: from.Status, updated: from.Updated, events: unwired(from.Events), traffic: from.Traffic,
		}
		if from.Lambda != nil {
			t.lambda = &from.Lambda.value
		}
		d.targets = append(d.targets, t)
	}
	if !final(d.info.Status) {
		d.endTargets()
		d.info.Status, d.info.CompleteTime = types.DeploymentStatusStopped, now()
		d.info.ErrorInformation = &types.ErrorInformation{Code: types.ErrorCodeInternalError, Message: aws.String(errClosed.Error())}
	}
	return d
}

// load reads the state of an earlier run, if there is one.
func (s *Service) load() error {
	name := filepath.Join(s.options.Dir, stateName)
	data, err := os.ReadFile(name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	if err := s.api.restore(data); err != nil {
		return &objects.DamagedError{File: name, Err: err}
	}
	return nil
}

// save writes the state, all or nothing.
func (s *Service) save() error {
	data, err := s.api.snapshot()
	if err != nil {
		return fmt.Errorf("save the state: %w", err)
	}
	if err := wholefile.Replace(filepath.Join(s.options.Dir, stateName), data); err != nil {
		return err
	}
	return s.objects.Save()
}
