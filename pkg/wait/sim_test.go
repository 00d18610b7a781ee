package wait_test

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/codedeploy"
	"github.com/aws/aws-sdk-go-v2/service/codedeploy/types"
	"github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"
)

// sim is a CodeDeploy in memory that runs by the clock: what it answers depends on the time that
// has passed since the deployment was created. It serves one deployment and its rollback.
type sim struct {
	created  time.Time     // by this machine's clock
	skew     time.Duration // the service's clock minus this machine's
	duration time.Duration // from creation to the end
	end      types.DeploymentStatus
	targets  int
	failing  int // so many targets fail, spread over all
	kind     types.DeploymentTargetType
	pageSize int
	rollback *sim // followed up once this one has ended; nil: none

	// trouble is asked before every answer; it may sleep and may refuse.
	trouble func(ctx context.Context, operation string) error
	// edit may change a status answered; nil does not.
	edit func(types.DeploymentStatus) types.DeploymentStatus

	mu    sync.Mutex
	calls []simCall

	counting sync.Once
	waves    []simWave
}

type simCall struct {
	at   time.Time
	poll bool
}

func (s *sim) note(ctx context.Context, operation string) error {
	s.mu.Lock()
	s.calls = append(s.calls, simCall{time.Now(), operation == "GetDeployment"})
	s.mu.Unlock()
	if err := ctx.Err(); err != nil {
		return err
	}
	if s.trouble != nil {
		return s.trouble(ctx, operation)
	}
	return nil
}

func (s *sim) age() time.Duration { return time.Since(s.created) }

func (s *sim) over() bool { return s.age() >= s.duration }

// serves returns the deployment of that ID: this one or its rollback.
func (s *sim) serves(id string) (*sim, error) {
	switch {
	case id == "d-SIM":
		return s, nil
	case id == "d-UNDO" && s.rollback != nil && s.over():
		if s.rollback.created.IsZero() {
			s.rollback.created = s.created.Add(s.duration)
		}
		return s.rollback, nil
	}
	return nil, &types.DeploymentDoesNotExistException{Message: aws.String("no such deployment")}
}

func (s *sim) status() types.DeploymentStatus {
	status := types.DeploymentStatusInProgress
	switch {
	case s.over():
		return s.end
	case s.age() < s.duration/20:
		status = types.DeploymentStatusCreated
	}
	if s.edit != nil {
		status = s.edit(status)
	}
	return status
}

func (s *sim) GetDeployment(ctx context.Context, in *codedeploy.GetDeploymentInput, _ ...func(*codedeploy.Options)) (*codedeploy.GetDeploymentOutput, error) {
	if err := s.note(ctx, "GetDeployment"); err != nil {
		return nil, err
	}
	d, err := s.serves(*in.DeploymentId)
	if err != nil {
		return nil, err
	}
	info := &types.DeploymentInfo{
		DeploymentId: in.DeploymentId, Status: d.status(), CreateTime: aws.Time(d.created.Add(s.skew)),
		Revision: &types.RevisionLocation{RevisionType: types.RevisionLocationTypeS3},
	}
	if info.Status != types.DeploymentStatusCreated {
		info.DeploymentOverview = d.overview()
		info.StartTime = info.CreateTime
	}
	if d.over() {
		info.CompleteTime = aws.Time(d.created.Add(d.duration + s.skew))
		if d.end == types.DeploymentStatusFailed {
			info.ErrorInformation = &types.ErrorInformation{Code: types.ErrorCodeHealthConstraints, Message: aws.String("too many failed")}
		}
		if d.rollback != nil {
			info.RollbackInfo = &types.RollbackInfo{RollbackDeploymentId: aws.String("d-UNDO")}
		}
	}
	return &codedeploy.GetDeploymentOutput{DeploymentInfo: info}, nil
}

func (s *sim) ListDeploymentTargets(ctx context.Context, in *codedeploy.ListDeploymentTargetsInput, _ ...func(*codedeploy.Options)) (*codedeploy.ListDeploymentTargetsOutput, error) {
	if err := s.note(ctx, "ListDeploymentTargets"); err != nil {
		return nil, err
	}
	d, err := s.serves(*in.DeploymentId)
	if err != nil {
		return nil, err
	}
	if d.status() == types.DeploymentStatusCreated {
		return nil, &types.DeploymentNotStartedException{}
	}
	wanted, filtered := in.TargetFilters["TargetStatus"]
	var ids []string
	for i := range d.targets {
		if !filtered || slices.Contains(wanted, string(d.targetStatus(i))) {
			ids = append(ids, simID(i))
		}
	}
	from, _ := strconv.Atoi(aws.ToString(in.NextToken))
	from = min(from, len(ids))
	to := min(from+max(s.pageSize, 1), len(ids))
	out := &codedeploy.ListDeploymentTargetsOutput{TargetIds: ids[from:to]}
	if to < len(ids) {
		out.NextToken = aws.String(strconv.Itoa(to))
	}
	return out, nil
}

func (s *sim) BatchGetDeploymentTargets(ctx context.Context, in *codedeploy.BatchGetDeploymentTargetsInput, _ ...func(*codedeploy.Options)) (*codedeploy.BatchGetDeploymentTargetsOutput, error) {
	if err := s.note(ctx, "BatchGetDeploymentTargets"); err != nil {
		return nil, err
	}
	d, err := s.serves(*in.DeploymentId)
	if err != nil {
		return nil, err
	}
	if len(in.TargetIds) > 25 {
		return nil, &types.DeploymentTargetListSizeExceededException{}
	}
	out := &codedeploy.BatchGetDeploymentTargetsOutput{}
	for _, id := range in.TargetIds {
		i, err := strconv.Atoi(id[2:])
		if err != nil || i >= d.targets {
			return nil, &types.DeploymentTargetDoesNotExistException{}
		}
		out.DeploymentTargets = append(out.DeploymentTargets, d.detail(i))
	}
	return out, nil
}

func simID(i int) string { return fmt.Sprintf("i-%05d", i) }

// span is when target i is worked on: the targets follow each other, ten at a time or more.
func (s *sim) span(i int) (from, to time.Duration) {
	waves := min(s.targets, 10)
	wave := i * waves / s.targets // from 0
	part := s.duration * 9 / 10 / time.Duration(waves)
	from = s.duration/10 + part*time.Duration(wave)
	return from, from + part
}

func (s *sim) fails(i int) bool {
	return s.failing > 0 && i%(s.targets/s.failing) == 0 && i/(s.targets/s.failing) < s.failing
}

func (s *sim) targetStatus(i int) types.TargetStatus {
	from, to := s.span(i)
	switch age := s.age(); {
	case age < from:
		return types.TargetStatusPending
	case age < to:
		return types.TargetStatusInProgress
	case s.fails(i):
		return types.TargetStatusFailed
	}
	return types.TargetStatusSucceeded
}

// overview counts the targets by waves, since those of one wave begin and end together.
func (s *sim) overview() *types.DeploymentOverview {
	o := &types.DeploymentOverview{}
	for _, w := range s.allWaves() {
		switch s.targetStatus(w.first) {
		case types.TargetStatusPending:
			o.Pending += w.size
		case types.TargetStatusInProgress:
			o.InProgress += w.size
		default:
			o.Failed += w.failing
			o.Succeeded += w.size - w.failing
		}
	}
	return o
}

type simWave struct {
	first         int
	size, failing int64
}

func (s *sim) allWaves() []simWave {
	s.counting.Do(s.countWaves)
	return s.waves
}

func (s *sim) countWaves() {
	var last time.Duration = -1
	for i := range s.targets {
		if from, _ := s.span(i); from != last {
			s.waves, last = append(s.waves, simWave{first: i}), from
		}
		w := &s.waves[len(s.waves)-1]
		w.size++
		if s.fails(i) {
			w.failing++
		}
	}
}

// detail describes target i: five lifecycle events of equal length, of which the last fails
// where the target does.
func (s *sim) detail(i int) types.DeploymentTarget {
	from, to := s.span(i)
	part := (to - from) / 5
	var events []types.LifecycleEvent
	for n, name := range []string{"ApplicationStop", "BeforeInstall", "Install", "AfterInstall", "ValidateService"} {
		e := types.LifecycleEvent{LifecycleEventName: aws.String(name), Status: types.LifecycleEventStatusPending}
		start, end := from+part*time.Duration(n), from+part*time.Duration(n+1)
		if s.age() >= start {
			e.Status, e.StartTime = types.LifecycleEventStatusInProgress, aws.Time(s.created.Add(start+s.skew))
		}
		if s.age() >= end {
			e.Status, e.EndTime = types.LifecycleEventStatusSucceeded, aws.Time(s.created.Add(end+s.skew))
			if n == 4 && s.fails(i) {
				e.Status = types.LifecycleEventStatusFailed
				e.Diagnostics = &types.Diagnostics{ErrorCode: types.LifecycleErrorCodeScriptFailed, ScriptName: aws.String("check.sh"), LogTail: aws.String("no")}
			}
		}
		events = append(events, e)
	}
	return wrapTarget(s.kind, simID(i), s.targetStatus(i), events, 100*min(1, float64(max(0, s.age()-from))/float64(to-from)))
}

// wrapTarget makes the service's description of a target of that kind.
func wrapTarget(kind types.DeploymentTargetType, id string, status types.TargetStatus, events []types.LifecycleEvent, percent float64) types.DeploymentTarget {
	d := types.DeploymentTarget{DeploymentTargetType: kind}
	switch kind {
	case types.DeploymentTargetTypeInstanceTarget:
		d.InstanceTarget = &types.InstanceTarget{TargetId: &id, Status: status, LifecycleEvents: events}
	case types.DeploymentTargetTypeEcsTarget:
		d.EcsTarget = &types.ECSTarget{TargetId: &id, Status: status, LifecycleEvents: events, TaskSetsInfo: []types.ECSTaskSet{
			{TaskSetLabel: types.TargetLabelBlue, TrafficWeight: 100 - percent}, {TaskSetLabel: types.TargetLabelGreen, TrafficWeight: percent},
		}}
	case types.DeploymentTargetTypeLambdaTarget:
		d.LambdaTarget = &types.LambdaTarget{TargetId: &id, Status: status, LifecycleEvents: events, LambdaFunctionInfo: &types.LambdaFunctionInfo{TargetVersionWeight: percent}}
	case types.DeploymentTargetTypeCloudformationTarget:
		d.CloudFormationTarget = &types.CloudFormationTarget{TargetId: &id, Status: status, LifecycleEvents: events, TargetVersionWeight: percent}
	}
	return d
}

// httpResponse is an HTTP answer of that status, as the SDK's errors carry it.
func httpResponse(status int) *smithyhttp.Response {
	return &smithyhttp.Response{Response: &http.Response{StatusCode: status}}
}

// worstMinute is the largest number of calls within any minute.
func (s *sim) worstMinute() int {
	worst := 0
	for from, to := 0, 0; to < len(s.calls); to++ {
		for s.calls[to].at.Sub(s.calls[from].at) >= time.Minute {
			from++
		}
		worst = max(worst, to-from+1)
	}
	return worst
}

// longestGap is how much longer than the policy's pause the longest pause between two polls was,
// the time that calls take included.
func (s *sim) longestGap() time.Duration {
	var last simCall
	var worst time.Duration = -time.Hour
	for _, c := range s.calls {
		if !c.poll {
			continue
		}
		if last.poll {
			due := min(max(2500*time.Millisecond, last.at.Sub(s.created)*11/200), 15*time.Second)
			worst = max(worst, c.at.Sub(last.at)-due)
		}
		last = c
	}
	return worst
}

// count returns the polls and the calls for targets.
func (s *sim) count() (polls, targets int) {
	for _, c := range s.calls {
		if c.poll {
			polls++
		} else {
			targets++
		}
	}
	return polls, targets
}

// refusedBy is a refusal with that code and HTTP status.
func refusedBy(code string, status int) error {
	return answer(status, &smithy.GenericAPIError{Code: code, Message: "refused"})
}
