package wait_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"syscall"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/codedeploy"
	"github.com/aws/aws-sdk-go-v2/service/codedeploy/types"
	"github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"

	"github.com/cdx-deploy/cdx/pkg/wait"
)

// chaos makes a sim misbehave at random, but in ways that a wait has to survive.
type chaos struct {
	*sim
	rand    *rand.Rand
	rate    float64 // part of the answers that go wrong
	refused int     // refusals running of GetDeployment: two are survived
}

func (c *chaos) trouble(ctx context.Context, operation string) error {
	if c.rand.Float64() < c.rate/4 {
		if err := pass(ctx, time.Duration(c.rand.IntN(40_000))*time.Millisecond); err != nil {
			return err
		}
	}
	if c.rand.Float64() >= c.rate {
		c.refused = 0
		return nil
	}
	err := c.failure(operation)
	var api smithy.APIError
	if operation == "GetDeployment" && errors.As(err, &api) && (api.ErrorCode() == "AccessDeniedException" || api.ErrorCode() == "NovelException") {
		if c.refused++; c.refused > 2 {
			c.refused = 0
			return nil
		}
	} else {
		c.refused = 0
	}
	return err
}

// pass lets fake time go by, unless ctx ends first.
func pass(ctx context.Context, d time.Duration) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(d):
		return nil
	}
}

func (c *chaos) failure(operation string) error {
	switch c.rand.IntN(8) {
	case 0, 1:
		return answer(400, &smithy.GenericAPIError{Code: "ThrottlingException", Message: "Rate exceeded"})
	case 2:
		return answer(503, &smithy.GenericAPIError{Code: "ServiceUnavailable"})
	case 3:
		return answer(500, &smithy.GenericAPIError{Code: "InternalFailure", Fault: smithy.FaultServer})
	case 4:
		return &smithyhttp.RequestSendError{Err: &net.OpError{Op: "read", Net: "tcp", Err: syscall.ECONNRESET}}
	case 5:
		return answer(200, &smithy.DeserializationError{Err: errors.New("invalid character '<'")})
	case 6:
		if operation == "GetDeployment" {
			return answer(400, &smithy.GenericAPIError{Code: "AccessDeniedException", Message: "for a moment"})
		}
		return &types.DeploymentNotStartedException{}
	}
	if operation == "ListDeploymentTargets" {
		return &types.InvalidNextTokenException{}
	}
	return answer(418, &smithy.GenericAPIError{Code: "NovelException", Message: "the API grew"})
}

// answer makes err one that came with an HTTP answer of that status.
func answer(status int, err error) error {
	return &smithy.OperationError{ServiceID: "CodeDeploy", OperationName: "Op", Err: &smithyhttp.ResponseError{
		Response: httpResponse(status), Err: err,
	}}
}

// ListDeploymentTargets lists targets that change under the reader: some are missing, some are
// told twice, some do not exist.
func (c *chaos) ListDeploymentTargets(ctx context.Context, in *codedeploy.ListDeploymentTargetsInput, o ...func(*codedeploy.Options)) (*codedeploy.ListDeploymentTargetsOutput, error) {
	out, err := c.sim.ListDeploymentTargets(ctx, in, o...)
	if err != nil || len(out.TargetIds) == 0 || c.rand.Float64() >= c.rate {
		return out, err
	}
	ids := append([]string(nil), out.TargetIds...)
	i := c.rand.IntN(len(ids))
	switch c.rand.IntN(4) {
	case 0:
		ids = append(ids, ids[i])
	case 1:
		ids[i] = "i-99999"
	case 2:
		ids = ids[:i]
	case 3:
		out.NextToken = aws.String("0") // around in circles
	}
	out.TargetIds = ids
	return out, nil
}

// BatchGetDeploymentTargets sometimes describes targets that nobody has heard of.
func (c *chaos) BatchGetDeploymentTargets(ctx context.Context, in *codedeploy.BatchGetDeploymentTargetsInput, o ...func(*codedeploy.Options)) (*codedeploy.BatchGetDeploymentTargetsOutput, error) {
	out, err := c.sim.BatchGetDeploymentTargets(ctx, in, o...)
	if err != nil || len(out.DeploymentTargets) == 0 || c.rand.Float64() >= c.rate {
		return out, err
	}
	i := c.rand.IntN(len(out.DeploymentTargets))
	switch c.rand.IntN(3) {
	case 0:
		out.DeploymentTargets[i] = types.DeploymentTarget{DeploymentTargetType: "QuantumTarget"}
	case 1:
		out.DeploymentTargets = out.DeploymentTargets[:i]
	case 2:
		if t := out.DeploymentTargets[i].InstanceTarget; t != nil && len(t.LifecycleEvents) > 0 {
			t.LifecycleEvents[0].LifecycleEventName = aws.String("BeforeEverything")
			t.LifecycleEvents[0].Status = "Pondering"
		}
	}
	return out, nil
}

// newChaos draws a deployment and its troubles from a seed.
func newChaos(seed uint64) *chaos {
	r := rand.New(rand.NewPCG(seed, 1))
	ends := []types.DeploymentStatus{types.DeploymentStatusSucceeded, types.DeploymentStatusFailed, types.DeploymentStatusStopped}
	kinds := types.DeploymentTargetType("").Values()
	c := &chaos{rand: r, rate: 0.05 + 0.6*r.Float64()}
	c.sim = &sim{
		duration: time.Duration(5+r.IntN(900)) * time.Second, end: ends[r.IntN(len(ends))],
		targets: 1 + r.IntN(120), kind: kinds[r.IntN(len(kinds))], pageSize: 1 + r.IntN(100),
		skew: time.Duration(r.IntN(7200)-3600) * time.Second,
	}
	if c.end == types.DeploymentStatusFailed {
		c.failing = 1 + r.IntN(c.targets)
		if r.IntN(2) == 0 {
			c.rollback = &sim{duration: time.Minute, end: ends[r.IntN(len(ends))], targets: c.targets, kind: c.kind, pageSize: 7}
		}
	}
	c.sim.trouble = c.trouble
	c.edit = func(s types.DeploymentStatus) types.DeploymentStatus {
		if s == types.DeploymentStatusInProgress && r.Float64() < c.rate {
			return []types.DeploymentStatus{"Simmering", types.DeploymentStatusBaking, types.DeploymentStatusReady, types.DeploymentStatusQueued}[r.IntN(4)]
		}
		return s
	}
	return c
}

func TestChaosNeverChangesTheResult(t *testing.T) {
	for seed := range uint64(1000) {
		c := newChaos(seed)
		if err := chaosRun(t, c); err != nil {
			t.Errorf("seed %d (%v, %v, %d targets): %v", seed, c.end, c.duration, c.targets, err)
		}
	}
}

// chaosRun follows the deployment and says what is wrong with the result.
func chaosRun(t *testing.T, c *chaos) error {
	var told time.Time
	var silence time.Duration
	m := simulateAPI(t, c.sim, c, wait.Options{Heartbeat: time.Minute, OnEvent: func(e wait.Event) {
		if now := e.Head().Time; !told.IsZero() {
			silence = max(silence, now.Sub(told))
		}
		told = e.Head().Time
	}})
	var failed *wait.FailedError
	var stopped *wait.StoppedError
	switch right := map[types.DeploymentStatus]bool{
		types.DeploymentStatusSucceeded: m.err == nil,
		types.DeploymentStatusFailed:    errors.As(m.err, &failed),
		types.DeploymentStatusStopped:   errors.As(m.err, &stopped),
	}[c.end]; {
	case !right:
		return fmt.Errorf("For = %v", m.err)
	case m.outcome.Status() != c.end:
		return fmt.Errorf("status %q", m.outcome.Status())
	case silence > time.Minute:
		return fmt.Errorf("nothing told for %v", silence)
	case m.worstMinute > 40:
		return fmt.Errorf("%d calls within a minute", m.worstMinute)
	case c.rollback != nil && (m.outcome.Rollback == nil || m.outcome.Rollback.Status != c.rollback.end):
		return fmt.Errorf("rollback %+v, want %v", m.outcome.Rollback, c.rollback.end)
	}
	return nil
}
