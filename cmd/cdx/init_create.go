package main

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/codedeploy"
	"github.com/aws/aws-sdk-go-v2/service/codedeploy/types"
	"github.com/spf13/cobra"

	"github.com/cdx-deploy/cdx/internal/awsapi"
	"github.com/cdx-deploy/cdx/internal/awsjson"
	"github.com/cdx-deploy/cdx/internal/settings"
	"github.com/cdx-deploy/cdx/pkg/appspec"
	"github.com/cdx-deploy/cdx/pkg/revision/shorthand"
)

// creationFlags are the settings of what cdx init --create creates; the names and the
// syntax are those of the AWS CLI.
var creationFlags = []string{
	"create", "compute-platform", "service-role-arn", "ec2-tag-filters", "on-premises-instance-tag-filters", "auto-scaling-groups", "deployment-config-name",
	"load-balancer-info", "deployment-style", "blue-green-deployment-configuration", "ecs-services", "auto-rollback-configuration", "trigger", "tags",
}

// creation is what cdx init --create is to create; a nil one is nothing.
type creation struct {
	clients      *clients
	platform     types.ComputePlatform
	applications []string
	groups       []*codedeploy.CreateDeploymentGroupInput
	there        []string // sentences about what exists already
	tags         []types.Tag
}

// creationResult is a request of --create, in AWS's shape.
type creationResult struct {
	Operation string        `json:"operation"`
	Request   awsjson.Value `json:"request"`
}

// results are the requests, in their order.
func (c *creation) results() (all []creationResult) {
	if c == nil {
		return nil
	}
	for _, name := range c.applications {
		all = append(all, creationResult{"CreateApplication", awsjson.Value{Of: c.applicationInput(name)}})
	}
	for _, group := range c.groups {
		all = append(all, creationResult{"CreateDeploymentGroup", awsjson.Value{Of: group}})
	}
	return all
}

func (c *creation) applicationInput(name string) *codedeploy.CreateApplicationInput {
	return &codedeploy.CreateApplicationInput{ApplicationName: &name, ComputePlatform: c.platform, Tags: c.tags}
}

// createOnly is cdx init --create where cdx.yml is there already: it creates what that
// file's environment names.
func (p *program) createOnly(c *cobra.Command, in *initiation) error {
	sets, err := p.loadEnvironment(c, in.facts)
	if err != nil {
		return err
	}
	ctx := c.Context()
	result := initResult{Files: []initFileResult{}, DryRun: in.dry}
	for _, set := range sets {
		application, groups := set.String("application-name"), set.Strings("deployment-group-name")
		if application == "" {
			return missing("application-name", "the CodeDeploy application")
		}
		if len(groups) == 0 {
			return missing("deployment-group-name", "the deployment group to create")
		}
		found := appspec.Server
		if path, content, err := readAppSpec(set, in.dir); err == nil {
			found = appspec.Parse(path, content).Platform()
		}
		creation, err := p.lookForCreation(ctx, set, found, application, groups)
		if err != nil {
			return err
		}
		result.Creates = append(result.Creates, creation.results()...)
		if err := p.createOne(ctx, creation, set, in.dry); err != nil {
			return err
		}
	}
	if p.out.structured() {
		p.out.object(result)
	}
	return nil
}

func (p *program) createOne(ctx context.Context, c *creation, set *settings.Set, dry bool) error {
	if dry {
		p.showCreation(c)
		return nil
	}
	if err := p.confirmCreation(ctx, c, set); err != nil {
		return err
	}
	return p.carryOut(ctx, c)
}

// planCreation is the creation that goes with a run of cdx init that writes files.
func (in *initiation) planCreation(ctx context.Context, c *composition) (*creation, error) {
	if !in.set.Bool("create") {
		return nil, nil
	}
	if c.project == nil {
		return nil, &usageError{message: "--create and --from do not go together", hint: "run cdx init --create once cdx.yml is written"}
	}
	return in.p.lookForCreation(ctx, in.set, c.project.Platform, c.application, c.groups)
}

// computePlatform is what an application is for: what is said, else what the AppSpec file
// is for.
func computePlatform(set *settings.Set, found appspec.Platform) types.ComputePlatform {
	switch {
	case set.IsSet("compute-platform"), found == appspec.Server:
		return types.ComputePlatform(set.String("compute-platform"))
	case found == appspec.ECS:
		return types.ComputePlatformEcs
	default:
		return types.ComputePlatformLambda
	}
}

// lookForCreation sees what is missing, and composes the requests that create it.
func (p *program) lookForCreation(ctx context.Context, set *settings.Set, found appspec.Platform, application string, groups []string) (*creation, error) {
	clients, err := p.clients(ctx, set)
	if err != nil {
		return nil, err
	}
	c := &creation{clients: clients, platform: computePlatform(set, found)}
	if c.tags, err = structures[types.Tag](set, "tags"); err != nil {
		return nil, err
	}
	there, err := c.look(ctx, application)
	if err != nil {
		return nil, err
	}
	for _, group := range groups {
		if there {
			exists, err := c.lookAtGroup(ctx, application, group)
			if err != nil {
				return nil, err
			}
			if exists {
				continue
			}
		}
		in, err := groupInput(set, c.platform, application, group)
		if err != nil {
			return nil, err
		}
		in.Tags = c.tags
		c.groups = append(c.groups, in)
	}
	return c, nil
}

// look sees whether the application is there; the platform then is the application's.
func (c *creation) look(ctx context.Context, application string) (bool, error) {
	out, err := c.clients.codeDeploy.GetApplication(ctx, &codedeploy.GetApplicationInput{ApplicationName: &application})
	var none *types.ApplicationDoesNotExistException
	switch {
	case errors.As(err, &none):
		c.applications = append(c.applications, application)
		return false, nil
	case err != nil:
		return false, c.clients.explaining(fmt.Errorf("look for application %s: %w", application, err), awsapi.Context{})
	}
	if out.Application != nil && out.Application.ComputePlatform != "" {
		c.platform = out.Application.ComputePlatform
	}
	c.there = append(c.there, fmt.Sprintf("application %s is there already: it stays as it is", application))
	return true, nil
}

func (c *creation) lookAtGroup(ctx context.Context, application, group string) (bool, error) {
	_, err := c.clients.codeDeploy.GetDeploymentGroup(ctx, &codedeploy.GetDeploymentGroupInput{ApplicationName: &application, DeploymentGroupName: &group})
	var none *types.DeploymentGroupDoesNotExistException
	switch {
	case errors.As(err, &none):
		return false, nil
	case err != nil:
		return false, c.clients.explaining(fmt.Errorf("look for deployment group %s: %w", group, err), awsapi.Context{})
	}
	c.there = append(c.there, fmt.Sprintf("deployment group %s is there already: it stays as it is", group))
	return true, nil
}

// groupInput is the CreateDeploymentGroup request.
func groupInput(set *settings.Set, platform types.ComputePlatform, application, group string) (*codedeploy.CreateDeploymentGroupInput, error) {
	if set.String("service-role-arn") == "" {
		return nil, &usageError{
			message: fmt.Sprintf("deployment group %s does not exist, and --service-role-arn is missing: the ARN of a role that CodeDeploy can assume, with AWS's policy %s", group, rolePolicy(platform)),
			hint:    "cdx policy service-role prints what the role may do, and with --trust who may assume it; then give --service-role-arn arn:aws:iam::ACCOUNT:role/NAME",
		}
	}
	in := &codedeploy.CreateDeploymentGroupInput{
		ApplicationName: &application, DeploymentGroupName: &group, ServiceRoleArn: optional(set.String("service-role-arn")),
		AutoScalingGroups: set.Strings("auto-scaling-groups"), DeploymentConfigName: optional(set.String("deployment-config-name")),
	}
	var errs [9]error
	in.Ec2TagFilters, errs[0] = structures[types.EC2TagFilter](set, "ec2-tag-filters")
	in.OnPremisesInstanceTagFilters, errs[1] = structures[types.TagFilter](set, "on-premises-instance-tag-filters")
	in.LoadBalancerInfo, errs[2] = structure[types.LoadBalancerInfo](set, "load-balancer-info")
	in.DeploymentStyle, errs[3] = structure[types.DeploymentStyle](set, "deployment-style")
	in.BlueGreenDeploymentConfiguration, errs[4] = structure[types.BlueGreenDeploymentConfiguration](set, "blue-green-deployment-configuration")
	in.EcsServices, errs[5] = structures[types.ECSService](set, "ecs-services")
	in.AutoRollbackConfiguration, errs[6] = structure[types.AutoRollbackConfiguration](set, "auto-rollback-configuration")
	in.TriggerConfigurations, errs[7] = triggers(set)
	if err := errors.Join(errs[:]...); err != nil {
		return nil, join(errs[:]...)
	}
	in.DeploymentStyle = styleFor(platform, in)
	if platform == types.ComputePlatformEcs && in.BlueGreenDeploymentConfiguration == nil {
		in.BlueGreenDeploymentConfiguration = ecsBlueGreen()
	}
	return in, nil
}

// ecsBlueGreen is what the console offers for ECS, which has to have a blue/green
// configuration: traffic is rerouted at once, and the original tasks end after an hour.
// Source: CodeDeploy user guide, "Create a deployment group for an Amazon ECS deployment".
func ecsBlueGreen() *types.BlueGreenDeploymentConfiguration {
	return &types.BlueGreenDeploymentConfiguration{
		DeploymentReadyOption:                     &types.DeploymentReadyOption{ActionOnTimeout: types.DeploymentReadyActionContinueDeployment},
		TerminateBlueInstancesOnDeploymentSuccess: &types.BlueInstanceTerminationOption{Action: types.InstanceActionTerminate, TerminationWaitTimeInMinutes: 60},
	}
}

// rolePolicy is AWS's managed policy for a service role.
// Source: CodeDeploy user guide, "Step 2: Create a service role for CodeDeploy".
func rolePolicy(platform types.ComputePlatform) string {
	switch platform {
	case types.ComputePlatformEcs:
		return "AWSCodeDeployRoleForECS"
	case types.ComputePlatformLambda:
		return "AWSCodeDeployRoleForLambda"
	default:
		return "AWSCodeDeployRole"
	}
}

// styleFor is the deployment style where none was given: ECS and Lambda have one only,
// and a load balancer is of no use without traffic control.
// Source: CodeDeploy API reference, DeploymentStyle.
func styleFor(platform types.ComputePlatform, in *codedeploy.CreateDeploymentGroupInput) *types.DeploymentStyle {
	switch {
	case in.DeploymentStyle != nil:
		return in.DeploymentStyle
	case platform != types.ComputePlatformServer:
		return &types.DeploymentStyle{DeploymentType: types.DeploymentTypeBlueGreen, DeploymentOption: types.DeploymentOptionWithTrafficControl}
	case in.LoadBalancerInfo != nil:
		return &types.DeploymentStyle{DeploymentType: types.DeploymentTypeInPlace, DeploymentOption: types.DeploymentOptionWithTrafficControl}
	default:
		return nil
	}
}

// structures reads a repeatable setting of which each value is a structure, or a list of
// them, in the AWS CLI's syntax.
func structures[T any](set *settings.Set, name string) (all []T, err error) {
	for _, text := range set.Strings(name) {
		some, err := parseParameter(name, text, func(text string) (some []T, err error) {
			if strings.HasPrefix(strings.TrimSpace(text), "[") {
				return some, shorthand.Decode(text, &some)
			}
			var one T
			err = shorthand.Decode(text, &one)
			return []T{one}, err
		})
		if err != nil {
			return nil, err
		}
		all = append(all, some...)
	}
	return all, nil
}

// trigger is a trigger in the words of --trigger.
type trigger struct {
	Name   *string
	Events []types.TriggerEventType
	Arn    *string
}

func triggers(set *settings.Set) (all []types.TriggerConfig, err error) {
	given, err := structures[trigger](set, "trigger")
	if err != nil {
		return nil, err
	}
	for _, t := range given {
		if t.Name == nil || t.Arn == nil || len(t.Events) == 0 {
			return nil, &usageError{message: "--trigger: name, events and arn are all needed", hint: "give --trigger name=alerts,events=DeploymentFailure,arn=arn:aws:sns:REGION:ACCOUNT:TOPIC"}
		}
		all = append(all, types.TriggerConfig{TriggerName: t.Name, TriggerEvents: t.Events, TriggerTargetArn: t.Arn})
	}
	return all, nil
}

// empty reports that there is nothing to create.
func (c *creation) empty() bool { return c == nil || len(c.applications)+len(c.groups) == 0 }

// text lists what would be created, a line each.
func (c *creation) text() string {
	var b strings.Builder
	for _, name := range c.applications {
		fmt.Fprintf(&b, "\n  application %s (%s)", name, c.platform)
	}
	for _, group := range c.groups {
		fmt.Fprintf(&b, "\n  deployment group %s of %s%s", aws.ToString(group.DeploymentGroupName), aws.ToString(group.ApplicationName), groupText(group))
	}
	return b.String()
}

// groupText is what a deployment group will be like, in a few words.
func groupText(g *codedeploy.CreateDeploymentGroupInput) string {
	words := []string{"role " + aws.ToString(g.ServiceRoleArn)}
	for _, f := range g.Ec2TagFilters {
		words = append(words, "EC2 instances "+tagText(aws.ToString(f.Key), aws.ToString(f.Value), string(f.Type)))
	}
	for _, f := range g.OnPremisesInstanceTagFilters {
		words = append(words, "on-premises instances "+tagText(aws.ToString(f.Key), aws.ToString(f.Value), string(f.Type)))
	}
	for _, name := range g.AutoScalingGroups {
		words = append(words, "Auto Scaling group "+name)
	}
	for _, s := range g.EcsServices {
		words = append(words, fmt.Sprintf("ECS service %s of cluster %s", aws.ToString(s.ServiceName), aws.ToString(s.ClusterName)))
	}
	if g.DeploymentConfigName != nil {
		words = append(words, *g.DeploymentConfigName)
	}
	if g.DeploymentStyle != nil {
		words = append(words, string(g.DeploymentStyle.DeploymentType)+" "+string(g.DeploymentStyle.DeploymentOption))
	}
	for _, t := range g.TriggerConfigurations {
		words = append(words, "trigger "+aws.ToString(t.TriggerName))
	}
	return "\n    " + strings.Join(words, "\n    ")
}

func tagText(key, value, kind string) string {
	switch types.EC2TagFilterType(kind) {
	case types.EC2TagFilterTypeKeyOnly:
		return "with a tag " + key
	case types.EC2TagFilterTypeValueOnly:
		return "with a tag of value " + value
	default:
		return "tagged " + key + "=" + value
	}
}
