package complete

import (
	"context"
	"fmt"
	"slices"
	"sort"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/codedeploy"
	"github.com/aws/aws-sdk-go-v2/service/codedeploy/types"
)

// Kind is what a [Query] is about.
type Kind string

// The kinds of names.
const (
	Applications        Kind = "applications"
	DeploymentGroups    Kind = "deployment-groups"
	DeploymentConfigs   Kind = "deployment-configs"
	Deployments         Kind = "deployments"
	OnPremisesInstances Kind = "on-premises-instances"
)

const (
	maxPages       = 10 // of an answer: nobody completes among more names
	maxDeployments = 25 // BatchGetDeployments takes as many
)

// Query asks for names. DeploymentGroups needs an application; Deployments takes one
// with deployment groups, or neither, which means all of the account.
type Query struct {
	Kind        Kind
	Application string
	Groups      []string
}

// API is the part of the CodeDeploy client that queries call.
type API interface {
	ListApplications(context.Context, *codedeploy.ListApplicationsInput, ...func(*codedeploy.Options)) (*codedeploy.ListApplicationsOutput, error)
	ListDeploymentGroups(context.Context, *codedeploy.ListDeploymentGroupsInput, ...func(*codedeploy.Options)) (*codedeploy.ListDeploymentGroupsOutput, error)
	ListDeploymentConfigs(context.Context, *codedeploy.ListDeploymentConfigsInput, ...func(*codedeploy.Options)) (*codedeploy.ListDeploymentConfigsOutput, error)
	ListDeployments(context.Context, *codedeploy.ListDeploymentsInput, ...func(*codedeploy.Options)) (*codedeploy.ListDeploymentsOutput, error)
	ListOnPremisesInstances(context.Context, *codedeploy.ListOnPremisesInstancesInput, ...func(*codedeploy.Options)) (*codedeploy.ListOnPremisesInstancesOutput, error)
	BatchGetDeployments(context.Context, *codedeploy.BatchGetDeploymentsInput, ...func(*codedeploy.Options)) (*codedeploy.BatchGetDeploymentsOutput, error)
}

// fetch asks the service.
func (q Query) fetch(ctx context.Context, api API) ([]Choice, error) {
	switch q.Kind {
	case Applications:
		return names(func(token *string) ([]string, *string, error) {
			out, err := api.ListApplications(ctx, &codedeploy.ListApplicationsInput{NextToken: token})
			if err != nil {
				return nil, nil, err
			}
			return out.Applications, out.NextToken, nil
		}, plain)
	case DeploymentGroups:
		return names(func(token *string) ([]string, *string, error) {
			out, err := api.ListDeploymentGroups(ctx, &codedeploy.ListDeploymentGroupsInput{ApplicationName: &q.Application, NextToken: token})
			if err != nil {
				return nil, nil, err
			}
			return out.DeploymentGroups, out.NextToken, nil
		}, func(string) string { return "of " + q.Application })
	case DeploymentConfigs:
		return names(func(token *string) ([]string, *string, error) {
			out, err := api.ListDeploymentConfigs(ctx, &codedeploy.ListDeploymentConfigsInput{NextToken: token})
			if err != nil {
				return nil, nil, err
			}
			return out.DeploymentConfigsList, out.NextToken, nil
		}, configuration)
	case OnPremisesInstances:
		return names(func(token *string) ([]string, *string, error) {
			out, err := api.ListOnPremisesInstances(ctx, &codedeploy.ListOnPremisesInstancesInput{NextToken: token})
			if err != nil {
				return nil, nil, err
			}
			return out.InstanceNames, out.NextToken, nil
		}, plain)
	case Deployments:
		return q.deployments(ctx, api)
	default:
		return nil, fmt.Errorf("complete: unknown kind of names %q", q.Kind)
	}
}

func plain(string) string { return "" }

// configuration tells AWS's own configurations from the account's.
func configuration(name string) string {
	if strings.HasPrefix(name, "CodeDeployDefault.") {
		return "predefined"
	}
	return "of this account"
}

// names reads all pages of a list.
func names(page func(token *string) ([]string, *string, error), about func(name string) string) ([]Choice, error) {
	var choices []Choice
	var token *string
	for range maxPages {
		found, next, err := page(token)
		if err != nil {
			return nil, err
		}
		for _, name := range found {
			choices = append(choices, Choice{Value: name, About: about(name)})
		}
		if aws.ToString(next) == "" {
			break
		}
		token = next
	}
	return choices, nil
}

// deployments are the newest of each group, or of the account.
func (q Query) deployments(ctx context.Context, api API) ([]Choice, error) {
	lists := []*codedeploy.ListDeploymentsInput{{}}
	if q.Application != "" {
		lists = nil
		for _, group := range q.Groups {
			lists = append(lists, &codedeploy.ListDeploymentsInput{ApplicationName: &q.Application, DeploymentGroupName: aws.String(group)})
		}
	}
	var infos []types.DeploymentInfo
	for _, in := range lists {
		listed, err := api.ListDeployments(ctx, in)
		if err != nil {
			return nil, err
		}
		if len(listed.Deployments) == 0 {
			continue
		}
		ids := listed.Deployments[:min(len(listed.Deployments), maxDeployments)]
		got, err := api.BatchGetDeployments(ctx, &codedeploy.BatchGetDeploymentsInput{DeploymentIds: ids})
		if err != nil {
			return nil, err
		}
		infos = append(infos, got.DeploymentsInfo...)
	}
	sort.SliceStable(infos, func(i, j int) bool {
		return aws.ToTime(infos[j].CreateTime).Before(aws.ToTime(infos[i].CreateTime))
	})
	var choices []Choice
	for _, info := range infos {
		choices = append(choices, Choice{
			Value:  aws.ToString(info.DeploymentId),
			Status: string(info.Status),
			Since:  aws.ToTime(info.CreateTime),
			About:  aws.ToString(info.ApplicationName) + " " + aws.ToString(info.DeploymentGroupName),
		})
	}
	return choices, nil
}

// Running keeps the deployments that are not over.
func Running(choices []Choice) []Choice {
	return slices.DeleteFunc(slices.Clone(choices), func(c Choice) bool {
		switch types.DeploymentStatus(c.Status) {
		case types.DeploymentStatusSucceeded, types.DeploymentStatusFailed, types.DeploymentStatusStopped:
			return true
		}
		return false
	})
}

// age is a time span in its largest unit, such as "3h".
func age(span time.Duration) string {
	switch {
	case span < time.Minute:
		return fmt.Sprintf("%ds", max(0, int(span.Seconds())))
	case span < time.Hour:
		return fmt.Sprintf("%dm", int(span.Minutes()))
	case span < 48*time.Hour:
		return fmt.Sprintf("%dh", int(span.Hours()))
	default:
		return fmt.Sprintf("%dd", int(span.Hours()/24))
	}
}
