package diagnose

import (
	"cmp"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/codedeploy/types"

	"github.com/cdx-deploy/cdx/pkg/wait"
)

// failure is one target's failure.
type failure struct {
	target wait.Target
	event  wait.LifecycleEvent // zero when no event began
}

// alike is what failures of one group have in common.
type alike struct {
	event, script, message string
	code                   types.LifecycleErrorCode
}

func (f failure) alike() alike {
	message := f.event.Message
	for _, own := range []string{f.target.ARN, f.target.ID} {
		if own != "" {
			message = strings.ReplaceAll(message, own, "")
		}
	}
	return alike{f.event.Name, f.event.Script, message, f.event.Code}
}

// groups puts failures that are alike together.
func groups(o *wait.Outcome) []Group {
	byLikeness := map[alike]*Group{}
	var order []*Group
	for _, f := range failures(o) {
		g := byLikeness[f.alike()]
		if g == nil {
			g = &Group{Event: f.event.Name, Script: f.event.Script, Code: f.event.Code, Message: f.event.Message, Causes: causes(f, o.Info)}
			byLikeness[f.alike()] = g
			order = append(order, g)
		}
		g.add(f)
	}
	slices.SortStableFunc(order, func(a, b *Group) int { return cmp.Compare(len(b.Targets), len(a.Targets)) })
	var out []Group
	for _, g := range order {
		out = append(out, *g)
	}
	return out
}

func (g *Group) add(f failure) {
	g.Targets = append(g.Targets, f.target.TargetRef)
	if len(f.event.LogTail) > len(g.LogTail) {
		g.LogTail, g.LogTarget = f.event.LogTail, f.target.ID
	}
}

// failures returns the failed targets with what failed on them. When a deployment failed and
// nothing began on any target, all targets are failures: that is what there is to explain.
func failures(o *wait.Outcome) []failure {
	var out []failure
	began := false
	for _, t := range o.Targets {
		began = began || anyBegan(t)
		switch e := t.Failed(); {
		case t.Status == types.TargetStatusSucceeded: // what failed on it was ignored
		case e != nil:
			out = append(out, failure{t, *e})
		case t.Status == types.TargetStatusFailed:
			out = append(out, failure{target: t})
		}
	}
	if len(out) > 0 || began || o.Status() != types.DeploymentStatusFailed {
		return out
	}
	for _, t := range o.Targets {
		out = append(out, failure{target: t})
	}
	return out
}

// anyBegan reports whether any lifecycle event began on the target.
func anyBegan(t wait.Target) bool {
	return slices.ContainsFunc(t.Lifecycle, func(e wait.LifecycleEvent) bool {
		return e.Status != types.LifecycleEventStatusPending && e.Status != types.LifecycleEventStatusSkipped
	})
}
