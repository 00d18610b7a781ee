package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/codedeploy/types"

	"github.com/cdx-deploy/cdx/internal/awsapi"
	"github.com/cdx-deploy/cdx/internal/settings"
)

// confirmCreation shows what is about to be created, and asks.
func (p *program) confirmCreation(ctx context.Context, c *creation, set *settings.Set) error {
	if c == nil {
		return nil
	}
	for _, sentence := range c.there {
		p.progress.Event(sentence)
	}
	if c.empty() {
		return nil
	}
	p.progress.Report("to be created:" + c.text())
	for _, group := range c.groups {
		if c.platform == types.ComputePlatformServer && len(group.Ec2TagFilters)+len(group.OnPremisesInstanceTagFilters)+len(group.AutoScalingGroups) == 0 {
			p.progress.Warn(fmt.Sprintf("deployment group %s will have no instances: --ec2-tag-filters or --auto-scaling-groups names them", aws.ToString(group.DeploymentGroupName)))
		}
	}
	if set.Bool("yes") {
		return nil
	}
	if yes, err := p.progress.Confirm(ctx, "Create them?"); err != nil || !yes {
		return &usageError{message: "nothing was written or created: that was not confirmed", hint: "give --yes to create them, or leave --create out"}
	}
	return nil
}

// showCreation prints the requests that --dry-run does not send.
func (p *program) showCreation(c *creation) {
	if c == nil {
		return
	}
	for _, sentence := range c.there {
		p.progress.Event(sentence)
	}
	for _, result := range c.results() {
		if !p.out.structured() {
			p.out.line(result.Operation)
			p.out.request(result.Request)
		}
	}
}

// carryOut creates applications first and groups after them. Where it fails half-way,
// the error says what was created.
func (p *program) carryOut(ctx context.Context, c *creation) error {
	if c.empty() {
		return nil
	}
	done := ""
	for _, name := range c.applications {
		_, err := c.clients.codeDeploy.CreateApplication(ctx, c.applicationInput(name))
		var there *types.ApplicationAlreadyExistsException
		if err != nil && !errors.As(err, &there) {
			return c.failed(fmt.Errorf("create application %s%s: %w", name, done, err), name, "")
		}
		p.created("application " + name)
		done = " (application " + name + " was created)"
	}
	for _, group := range c.groups {
		name := aws.ToString(group.DeploymentGroupName)
		_, err := c.clients.codeDeploy.CreateDeploymentGroup(ctx, group)
		var there *types.DeploymentGroupAlreadyExistsException
		if err != nil && !errors.As(err, &there) {
			return c.failed(fmt.Errorf("create deployment group %s%s: %w", name, done, err), aws.ToString(group.ApplicationName), name)
		}
		p.created("deployment group " + name)
		done += " (deployment group " + name + " was created)"
	}
	return nil
}

func (p *program) created(what string) {
	if p.out.structured() {
		p.progress.Event("created " + what)
		return
	}
	p.out.line("created " + what)
}

func (c *creation) failed(err error, application, group string) error {
	var role *types.InvalidRoleException
	if errors.As(err, &role) {
		err = &hintedError{err, "let CodeDeploy assume the role (cdx policy service-role --trust), wait some seconds for IAM, and run: cdx init --create"}
	}
	return c.clients.explaining(err, awsapi.Context{Application: application, DeploymentGroup: group})
}
