package deploy

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/codedeploy"
	"github.com/aws/aws-sdk-go-v2/service/codedeploy/types"

	"github.com/cdx-deploy/cdx/pkg/revision"
)

// IfActive is what to do when the deployment group has an active deployment.
type IfActive string

// The policies for an active deployment.
const (
	IfActiveFail   IfActive = "fail"   // return an [*ActiveError]
	IfActiveWait   IfActive = "wait"   // wait for its end, then create
	IfActiveAttach IfActive = "attach" // take it for ours if it deploys the same revision, else fail
)

// besides deals with an active deployment. It returns neither a deployment nor an
// error when nothing is in the way any more.
func (c *creation) besides(ctx context.Context, active *ActiveError) (*Created, error) {
	info, err := c.info(ctx, active.ID)
	switch {
	case err == nil && c.isOurs(info): // something on the way repeated the request
		return &Created{ID: active.ID, Adopted: true}, nil
	case c.opts.IfActive == IfActiveWait:
		return nil, c.await(ctx, active)
	case c.opts.IfActive != IfActiveAttach || err != nil:
		return nil, active
	case revision.Equal(info.Revision, c.in.Revision):
		return &Created{ID: active.ID, Attached: true}, nil
	default:
		active.Revision = info.Revision
		return nil, active
	}
}

// maxEnded is how often a deployment whose end was awaited may be named as active again,
// which with the pauses in between is for about a minute and a half.
const maxEnded = 10

// await waits for the end of the active deployment. CodeDeploy may call a group busy
// for a while longer than its deployment.
func (c *creation) await(ctx context.Context, active *ActiveError) error {
	if active.ID != c.awaited {
		c.awaited, c.ends = active.ID, 0
	}
	if c.ends == maxEnded {
		return active
	}
	if err := c.opts.Await(ctx, active.ID); err != nil {
		return err
	}
	c.ends++
	return sleep(ctx, pauseAfter(c.ends))
}

// info fetches one deployment.
func (c *creation) info(ctx context.Context, id string) (types.DeploymentInfo, error) {
	out, err := c.api.GetDeployment(ctx, &codedeploy.GetDeploymentInput{DeploymentId: aws.String(id)})
	if err != nil {
		return types.DeploymentInfo{}, err
	}
	if out.DeploymentInfo == nil {
		return types.DeploymentInfo{}, nil
	}
	return *out.DeploymentInfo, nil
}
