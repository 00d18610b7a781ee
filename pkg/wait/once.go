package wait

import (
	"context"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/service/codedeploy"
)

// Look looks once at deployment id and at its targets, and does not wait. Unlike [For] it leaves
// the client's own retries on and reports the first error that remains: a [*NotFoundError] when
// there is no such deployment, else the API's, wrapped. An error about targets is none: their
// details are then missing in the outcome, which is never nil.
func Look(ctx context.Context, api API, id string) (*Outcome, error) {
	f := newFollower(api, id, Options{})
	defer f.rate.leave()
	out, err := api.GetDeployment(ctx, &codedeploy.GetDeploymentInput{DeploymentId: &id})
	f.calls.Deployment++
	switch {
	case missing(err) || malformed(err):
		return f.outcome(), &NotFoundError{ID: id, Err: err}
	case err != nil:
		return f.outcome(), fmt.Errorf("look at deployment %s: %w", id, err)
	case out.DeploymentInfo == nil:
		return f.outcome(), fmt.Errorf("look at deployment %s: the service's answer holds no deployment", id)
	}
	f.takeIn(out.DeploymentInfo, out.ResultMetadata)
	if started(f.info) {
		f.targets.finish(ctx)
	}
	return f.outcome(), nil
}
