package deploy

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"sort"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/codedeploy"
	"github.com/aws/aws-sdk-go-v2/service/codedeploy/types"
)

// HistoryAPI is the part of the CodeDeploy client that [History] calls. GetDeployment
// serves where BatchGetDeployments is not permitted.
type HistoryAPI interface {
	ListDeployments(context.Context, *codedeploy.ListDeploymentsInput, ...func(*codedeploy.Options)) (*codedeploy.ListDeploymentsOutput, error)
	BatchGetDeployments(context.Context, *codedeploy.BatchGetDeploymentsInput, ...func(*codedeploy.Options)) (*codedeploy.BatchGetDeploymentsOutput, error)
	GetDeployment(context.Context, *codedeploy.GetDeploymentInput, ...func(*codedeploy.Options)) (*codedeploy.GetDeploymentOutput, error)
}

// maxBatch is how many deployments BatchGetDeployments takes.
// Source: CodeDeploy API reference, BatchGetDeployments.
const maxBatch = 25

// maxSorted is how many deployments are read at most to bring them in order.
const maxSorted = 1000

// History goes through a deployment group's deployments, newest first, of the given
// statuses or of all when there are none. It reads from the service as far as it is
// iterated, and ends with an error, wrapped, after which nothing follows. The service
// does not promise an order: where it does not tell the newest first, History reads on,
// up to a thousand deployments, and sorts them.
func History(ctx context.Context, api HistoryAPI, application, group string, statuses ...types.DeploymentStatus) iter.Seq2[types.DeploymentInfo, error] {
	in := &codedeploy.ListDeploymentsInput{
		ApplicationName:     aws.String(application),
		DeploymentGroupName: aws.String(group),
		IncludeOnlyStatuses: statuses,
	}
	return func(yield func(types.DeploymentInfo, error) bool) {
		var read []types.DeploymentInfo
		for page, err := range pages(ctx, api, in) {
			var deployments []types.DeploymentInfo
			if err == nil {
				deployments, err = fetch(ctx, api, page)
			}
			if err != nil {
				yield(types.DeploymentInfo{}, fmt.Errorf("list deployments of %s in application %s: %w", group, application, err))
				return
			}
			read = append(read, deployments...)
			if len(read) < maxSorted && !slices.IsSortedFunc(read, newestFirst) {
				continue
			}
			if !yieldSorted(read, yield) {
				return
			}
			read = nil
		}
		yieldSorted(read, yield)
	}
}

func yieldSorted(deployments []types.DeploymentInfo, yield func(types.DeploymentInfo, error) bool) bool {
	sort.SliceStable(deployments, func(i, j int) bool { return newestFirst(deployments[i], deployments[j]) < 0 })
	for _, deployment := range deployments {
		if !yield(deployment, nil) {
			return false
		}
	}
	return true
}

func newestFirst(a, b types.DeploymentInfo) int {
	return aws.ToTime(b.CreateTime).Compare(aws.ToTime(a.CreateTime))
}

// pages goes through the IDs that ListDeployments answers, a page at a time. After an
// error nothing follows.
func pages(ctx context.Context, api HistoryAPI, in *codedeploy.ListDeploymentsInput) iter.Seq2[[]string, error] {
	return func(yield func([]string, error) bool) {
		pager := codedeploy.NewListDeploymentsPaginator(api, in, func(o *codedeploy.ListDeploymentsPaginatorOptions) {
			o.StopOnDuplicateToken = true
		})
		for pager.HasMorePages() {
			page, err := pager.NextPage(ctx)
			if err != nil {
				yield(nil, err)
				return
			}
			if !yield(page.Deployments, nil) {
				return
			}
		}
	}
}

// fetch gets deployments by their IDs, in order. Those that do not exist (any more)
// are left out.
func fetch(ctx context.Context, api HistoryAPI, ids []string) ([]types.DeploymentInfo, error) {
	var all []types.DeploymentInfo
	for batch := range slices.Chunk(ids, maxBatch) {
		out, err := api.BatchGetDeployments(ctx, &codedeploy.BatchGetDeploymentsInput{DeploymentIds: batch})
		switch {
		case IsDenied(err):
			one, err := fetchEach(ctx, api, batch)
			if err != nil {
				return nil, err
			}
			all = append(all, one...)
		case err != nil:
			return nil, err
		default:
			all = append(all, out.DeploymentsInfo...)
		}
	}
	place := map[string]int{}
	for i, id := range ids {
		place[id] = i
	}
	sort.SliceStable(all, func(i, j int) bool {
		return place[aws.ToString(all[i].DeploymentId)] < place[aws.ToString(all[j].DeploymentId)]
	})
	return all, nil
}

// fetchEach is fetch for users without the permission for BatchGetDeployments.
func fetchEach(ctx context.Context, api HistoryAPI, ids []string) ([]types.DeploymentInfo, error) {
	var all []types.DeploymentInfo
	for _, id := range ids {
		out, err := api.GetDeployment(ctx, &codedeploy.GetDeploymentInput{DeploymentId: aws.String(id)})
		var gone *types.DeploymentDoesNotExistException
		if errors.As(err, &gone) {
			continue
		}
		if err != nil {
			return nil, err
		}
		if out.DeploymentInfo != nil {
			all = append(all, *out.DeploymentInfo)
		}
	}
	return all, nil
}
