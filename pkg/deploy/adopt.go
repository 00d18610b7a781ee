package deploy

import (
	"cmp"
	"context"
	"errors"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/codedeploy"
	"github.com/aws/aws-sdk-go-v2/service/codedeploy/types"
)

// lookBack is how far before now a deployment is looked for, which allows for a clock
// that is wrong by as much.
const lookBack = time.Hour

// adopt looks for the deployment whose answer was lost, until it is found, the time
// for it is over, or looking is not possible.
func (c *creation) adopt(ctx context.Context, lost error) (*Created, error) {
	if c.opts.OnLost != nil {
		c.opts.OnLost(lost)
	}
	looking, cancel := context.WithTimeout(ctx, c.opts.LookFor)
	defer cancel()
	seen := map[string]bool{}
	for attempt := 1; ; attempt++ {
		id, err := c.find(looking, seen)
		if id != "" {
			return &Created{ID: id, Adopted: true}, nil
		}
		if IsDenied(err) {
			return nil, c.lost(lost, err)
		}
		if sleep(looking, pauseAfter(min(attempt, 3))) != nil {
			return nil, c.lost(lost, cmp.Or(ctx.Err(), err))
		}
	}
}

func (c *creation) lost(err, lookErr error) error {
	var answer *lostAnswer
	if errors.As(err, &answer) {
		err = answer.err
	}
	return &LostError{Application: aws.ToString(c.in.ApplicationName), Group: c.group(), Err: err, LookErr: lookErr}
}

// find looks once for the deployment with the mark among those not seen yet.
func (c *creation) find(ctx context.Context, seen map[string]bool) (id string, err error) {
	in := &codedeploy.ListDeploymentsInput{CreateTimeRange: &types.TimeRange{Start: aws.Time(time.Now().Add(-lookBack))}}
	if c.in.DeploymentGroupName != nil {
		in.ApplicationName, in.DeploymentGroupName = c.in.ApplicationName, c.in.DeploymentGroupName
	}
	for page, err := range pages(ctx, c.api, in) {
		if err != nil {
			return "", err
		}
		unseen := page[:0:0]
		for _, id := range page {
			if !seen[id] {
				unseen = append(unseen, id)
			}
		}
		deployments, err := fetch(ctx, c.api, unseen)
		if err != nil {
			return "", err
		}
		for _, deployment := range deployments {
			if c.isOurs(deployment) {
				return aws.ToString(deployment.DeploymentId), nil
			}
			seen[aws.ToString(deployment.DeploymentId)] = true
		}
	}
	return "", nil
}

// isOurs reports whether a deployment carries this creation's mark.
func (c *creation) isOurs(deployment types.DeploymentInfo) bool {
	return strings.HasSuffix(aws.ToString(deployment.Description), c.mark)
}
