package main

import (
	"context"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/codedeploy"

	"github.com/cdx-deploy/cdx/internal/awsapi"
)

// attempt is an error with what is known about the request that failed.
type attempt struct {
	err   error
	in    awsapi.Context
	flags string // those that make any command reach the same account
}

func (a *attempt) Error() string { return a.err.Error() }
func (a *attempt) Unwrap() error { return a.err }

// explaining adds to an error what its explanation needs; nil stays nil.
func (c *clients) explaining(err error, in awsapi.Context) error {
	if err == nil {
		return nil
	}
	in.Region, in.Profile = c.region, c.profile
	in.Names = func(kind awsapi.Kind) []string { return c.names(kind, in.Application) }
	return &attempt{err, in, c.flags}
}

// namesTime bounds how long an explanation may look for the name that was meant.
const namesTime = 5 * time.Second

// names lists what there is of a kind; nothing where not all of it could be seen.
func (c *clients) names(kind awsapi.Kind, application string) []string {
	ctx, cancel := context.WithTimeout(context.Background(), namesTime)
	defer cancel()
	switch kind {
	case awsapi.Application:
		return pages(func(token *string) ([]string, *string, error) {
			out, err := c.codeDeploy.ListApplications(ctx, &codedeploy.ListApplicationsInput{NextToken: token})
			if err != nil {
				return nil, nil, err
			}
			return out.Applications, out.NextToken, nil
		})
	case awsapi.DeploymentGroup:
		return pages(func(token *string) ([]string, *string, error) {
			out, err := c.codeDeploy.ListDeploymentGroups(ctx, &codedeploy.ListDeploymentGroupsInput{ApplicationName: &application, NextToken: token})
			if err != nil {
				return nil, nil, err
			}
			return out.DeploymentGroups, out.NextToken, nil
		})
	case awsapi.DeploymentConfig:
		return pages(func(token *string) ([]string, *string, error) {
			out, err := c.codeDeploy.ListDeploymentConfigs(ctx, &codedeploy.ListDeploymentConfigsInput{NextToken: token})
			if err != nil {
				return nil, nil, err
			}
			return out.DeploymentConfigsList, out.NextToken, nil
		})
	default:
		return nil
	}
}

// maxPages bounds how much of a list is read: of each kind AWS allows an account less.
// Source: CodeDeploy user guide, "CodeDeploy quotas".
const maxPages = 10

// pages reads a list page by page; of one that cannot be read to its end, nothing is known.
func pages(next func(token *string) (names []string, following *string, err error)) []string {
	var all []string
	var token *string
	for range maxPages {
		names, following, err := next(token)
		if err != nil {
			return nil
		}
		all = append(all, names...)
		if token = following; token == nil {
			break
		}
	}
	return all
}
