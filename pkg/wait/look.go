package wait

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/codedeploy"
	"github.com/aws/aws-sdk-go-v2/service/codedeploy/types"
)

const (
	batchSize = 25  // BatchGetDeploymentTargets; CodeDeploy User Guide, "CodeDeploy limits"
	maxPages  = 500 // of one list; more means that the service's tokens lead in circles
)

// errNoRoom ends a look that the rate leaves no room for; the next look goes on from there.
var errNoRoom = errors.New("no room for more calls")

// look is one reading of targets.
type look struct {
	*tracker
	room  int // calls it may make
	calls int // calls it made
	last  bool
}

// run reads what there is to learn, up to the room there is.
func (l *look) run(ctx context.Context) error {
	ids, err := l.candidates(ctx)
	if err != nil && !errors.Is(err, errNoRoom) {
		return l.tolerate(err)
	}
	if l.fleet() && len(ids) > maxDescribed {
		ids = ids[:maxDescribed]
	}
	for batch := range slices.Chunk(l.unfinished(ids), batchSize) {
		if err := l.read(ctx, batch); err != nil {
			return l.tolerate(err)
		}
	}
	return nil
}

// tolerate turns failures into nil that are none: targets that are not there yet, and no room.
func (l *look) tolerate(err error) error {
	var early *types.DeploymentNotStartedException
	unstarted := errors.As(err, &early) && !(l.last && l.size() > 0)
	if unstarted || errors.Is(err, errNoRoom) {
		return nil
	}
	return err
}

// candidates returns the IDs of the targets worth reading.
func (l *look) candidates(ctx context.Context) ([]string, error) {
	switch {
	case l.fleet():
		return l.fleetCandidates(ctx)
	case l.size() > smallSize && !l.last:
		active := []string{string(types.TargetStatusInProgress), string(types.TargetStatusFailed), string(types.TargetStatusReady)}
		ids, err := l.list(ctx, active, fleetSize)
		return union(ids, l.underWay()), err
	}
	if l.listed == nil || l.listedOf != l.f.counts.Total() {
		of := l.f.counts.Total()
		ids, err := l.list(ctx, nil, fleetSize+1)
		if err != nil {
			return union(ids, l.listed), err
		}
		l.listed, l.listedOf = union(ids, nil), of
		if l.fleet() {
			return l.fleetCandidates(ctx)
		}
	}
	return l.listed, nil
}

// fleetCandidates returns failed targets. When a fleet's deployment ended without any, it returns
// a few skipped ones: they tell what kept the deployment from starting.
func (l *look) fleetCandidates(ctx context.Context) ([]string, error) {
	switch {
	case l.f.counts.Failed > l.failed() || l.f.counts.Total() == 0:
		return l.list(ctx, []string{string(types.TargetStatusFailed)}, maxDescribed)
	case l.last && l.f.counts.Failed == 0 && l.f.info.Status == types.DeploymentStatusFailed:
		return l.list(ctx, []string{string(types.TargetStatusSkipped)}, batchSize)
	}
	return nil, nil
}

// underWay returns the IDs of the targets that were not over when last read.
func (l *look) underWay() []string {
	var ids []string
	for id, target := range l.known {
		if target.Status != types.TargetStatusPending && !target.over() {
			ids = append(ids, id)
		}
	}
	slices.Sort(ids)
	return ids
}

// list returns the IDs of the targets in one of the given statuses (none: in any), the first
// most of them. With an error it returns those read until then.
func (l *look) list(ctx context.Context, statuses []string, most int) ([]string, error) {
	in := &codedeploy.ListDeploymentTargetsInput{DeploymentId: &l.f.id}
	if statuses != nil {
		in.TargetFilters = map[string][]string{string(types.TargetFilterNameTargetStatus): statuses}
	}
	var ids []string
	for range maxPages {
		out, err := call(ctx, l, func(ctx context.Context, options func(*codedeploy.Options)) (*codedeploy.ListDeploymentTargetsOutput, error) {
			return l.f.api.ListDeploymentTargets(ctx, in, options)
		})
		if err != nil {
			return ids, fmt.Errorf("list targets of deployment %s: %w", l.f.id, err)
		}
		ids = union(ids, out.TargetIds)
		if aws.ToString(out.NextToken) == "" || len(ids) >= most || aws.ToString(out.NextToken) == aws.ToString(in.NextToken) {
			return ids[:min(len(ids), most)], nil
		}
		in.NextToken = out.NextToken
	}
	return ids, nil
}

// read reads the details of up to 25 targets. If one of them no longer exists, for which the
// service refuses all, it is found by halves and forgotten.
func (l *look) read(ctx context.Context, ids []string) error {
	out, err := call(ctx, l, func(ctx context.Context, options func(*codedeploy.Options)) (*codedeploy.BatchGetDeploymentTargetsOutput, error) {
		return l.f.api.BatchGetDeploymentTargets(ctx, &codedeploy.BatchGetDeploymentTargetsInput{DeploymentId: &l.f.id, TargetIds: ids}, options)
	})
	var gone *types.DeploymentTargetDoesNotExistException
	switch {
	case errors.As(err, &gone) && len(ids) == 1:
		l.forget(ids[0])
		return nil
	case errors.As(err, &gone):
		half := len(ids) / 2
		return errors.Join(l.read(ctx, ids[:half]), l.read(ctx, ids[half:]))
	case err != nil:
		return fmt.Errorf("read targets of deployment %s: %w", l.f.id, err)
	}
	for _, id := range ids {
		l.readAt[id] = time.Now()
	}
	l.keepAll(out.DeploymentTargets)
	return nil
}

func (l *look) keepAll(details []types.DeploymentTarget) {
	for _, detail := range details {
		if t, ok := target(detail); ok {
			l.keep(t)
			continue
		}
		if !l.strange {
			l.strange = true
			l.f.tell(Notice{Header: l.f.header(), Kind: NoticeUnknownTarget, Message: fmt.Sprintf(
				"targets of type %q are not known here; going on without their details", detail.DeploymentTargetType)})
		}
	}
}

// call makes one call for targets, within the rate and the look's room.
func call[T any](ctx context.Context, l *look, do func(context.Context, func(*codedeploy.Options)) (*T, error)) (*T, error) {
	if err := l.book(ctx); err != nil {
		return nil, err
	}
	l.calls++
	l.f.calls.Targets++
	creds := &credentialProbe{}
	defer func(began time.Time) { l.spent += time.Since(began) }(time.Now())
	out, err := within(ctx, l.f, targetTimeout, func(ctx context.Context) (*T, error) { return do(ctx, creds.options) })
	switch {
	case err == nil && out != nil:
		return out, nil
	case err == nil:
		return nil, errors.New("the service's answer is empty")
	}
	if failed := classify(err, creds, true); failed.reason == RetryDenied && !l.denied {
		l.denied = true
		l.f.tell(Notice{Header: l.f.header(), Kind: NoticeTargetsDenied, Err: err, Message: "access to targets is denied; going on without their details"})
	}
	return nil, err
}

// book takes one call of the look's room and enters it in the rate; the last look waits for room.
func (l *look) book(ctx context.Context) error {
	if l.calls >= l.room || l.last && l.spent >= finishTimeout {
		return errNoRoom
	}
	for {
		wait := l.f.rate.book(time.Now(), false)
		switch {
		case wait == 0:
			return ctx.Err()
		case !l.last:
			return errNoRoom
		}
		if err := l.f.sleep(ctx, wait); err != nil {
			return err
		}
	}
}

// union returns the IDs of both lists, each once, in the order of their first appearance.
func union(a, b []string) []string {
	seen := make(map[string]bool, len(a)+len(b))
	out := make([]string, 0, len(a)+len(b))
	for _, list := range [][]string{a, b} {
		for _, id := range list {
			if !seen[id] {
				seen[id] = true
				out = append(out, id)
			}
		}
	}
	return out
}
