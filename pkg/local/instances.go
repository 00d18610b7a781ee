package local

//lint:file-ignore SA1019 the operations on instances are deprecated, and clients may still call them

import (
	"context"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/codedeploy"
	"github.com/aws/aws-sdk-go-v2/service/codedeploy/types"
)

// findInstances finds a deployment for one of the deprecated operations on instances, which know servers
// only.
func (a *api) findInstances(id *string) (*deployment, error) {
	d, err := a.findStarted(id)
	if err != nil {
		return nil, err
	}
	if d.info.ComputePlatform != types.ComputePlatformServer {
		return nil, exception("InvalidComputePlatformException", "The operation is for the compute platform Server only")
	}
	return d, nil
}

// summaryOf is a target as the deprecated operations show it.
func summaryOf(d *deployment, t *target) types.InstanceSummary {
	return types.InstanceSummary{
		DeploymentId: d.info.DeploymentId, InstanceId: aws.String(t.arn), InstanceType: types.InstanceType(t.label),
		LastUpdatedAt: t.updated, LifecycleEvents: t.events, Status: types.InstanceStatus(t.status),
	}
}

func (a *api) listDeploymentInstances(_ context.Context, in *codedeploy.ListDeploymentInstancesInput) (*codedeploy.ListDeploymentInstancesOutput, error) {
	d, err := a.findInstances(in.DeploymentId)
	if err != nil {
		return nil, err
	}
	for _, status := range in.InstanceStatusFilter {
		if !isOne(status) {
			return nil, exception("InvalidInstanceStatusException", "The instance status %q is not valid", status)
		}
	}
	for _, label := range in.InstanceTypeFilter {
		if !isOne(label) {
			return nil, exception("InvalidInstanceTypeException", "The instance type %q is not valid", label)
		}
	}
	var ids []string
	for _, t := range d.targets {
		if (len(in.InstanceStatusFilter) == 0 || slices.Contains(in.InstanceStatusFilter, types.InstanceStatus(t.status))) &&
			(len(in.InstanceTypeFilter) == 0 || slices.Contains(in.InstanceTypeFilter, types.InstanceType(t.label))) {
			ids = append(ids, t.id)
		}
	}
	listed, next, err := page(ids, in.NextToken)
	if err != nil {
		return nil, err
	}
	return &codedeploy.ListDeploymentInstancesOutput{InstancesList: listed, NextToken: next}, nil
}

func (a *api) getDeploymentInstance(_ context.Context, in *codedeploy.GetDeploymentInstanceInput) (*codedeploy.GetDeploymentInstanceOutput, error) {
	d, err := a.findInstances(in.DeploymentId)
	if err != nil {
		return nil, err
	}
	t, err := d.findInstance(in.InstanceId)
	if err != nil {
		return nil, err
	}
	summary := summaryOf(d, t)
	return &codedeploy.GetDeploymentInstanceOutput{InstanceSummary: &summary}, nil
}

// findInstance is findTarget with the exceptions of the deprecated operations.
func (d *deployment) findInstance(id *string) (*target, error) {
	if aws.ToString(id) == "" {
		return nil, exception("InstanceIdRequiredException", "Instance ID must be specified")
	}
	t, err := d.findTarget(id)
	if err != nil {
		return nil, exception("InstanceDoesNotExistException", "The deployment %s has no instance with the ID %s", *d.info.DeploymentId, *id)
	}
	return t, nil
}

func (a *api) batchGetDeploymentInstances(_ context.Context, in *codedeploy.BatchGetDeploymentInstancesInput) (*codedeploy.BatchGetDeploymentInstancesOutput, error) {
	d, err := a.findInstances(in.DeploymentId)
	if err != nil {
		return nil, err
	}
	if len(in.InstanceIds) == 0 {
		return nil, exception("InstanceIdRequiredException", "Instance IDs must be specified")
	}
	if err := checkBatch(len(in.InstanceIds), 25); err != nil {
		return nil, err
	}
	out := &codedeploy.BatchGetDeploymentInstancesOutput{InstancesSummary: []types.InstanceSummary{}}
	for _, id := range in.InstanceIds {
		t, err := d.findInstance(&id)
		if err != nil {
			out.ErrorMessage = aws.String(messageOf(err))
			continue
		}
		out.InstancesSummary = append(out.InstancesSummary, summaryOf(d, t))
	}
	return out, nil
}

func (a *api) registerOnPremisesInstance(_ context.Context, in *codedeploy.RegisterOnPremisesInstanceInput) (*codedeploy.RegisterOnPremisesInstanceOutput, error) {
	name, err := requireInstanceName(in.InstanceName)
	if err != nil {
		return nil, err
	}
	switch {
	case strings.HasPrefix(name, "i-"): // those of EC2 instances
		return nil, exception("InvalidInstanceNameException", "Instance name cannot start with 'i-'")
	case in.IamSessionArn == nil && in.IamUserArn == nil:
		return nil, exception("IamArnRequiredException", "No IAM ARN was included in the request. You must use an IAM session ARN or user ARN in the request.")
	case in.IamSessionArn != nil && in.IamUserArn != nil:
		return nil, exception("MultipleIamArnsProvidedException", "Both an IAM user ARN and an IAM session ARN were included in the request. Use only one ARN type.")
	case in.IamUserArn != nil && !strings.HasPrefix(*in.IamUserArn, "arn:"):
		return nil, exception("InvalidIamUserArnException", "The IAM user ARN was specified in an invalid format.")
	case in.IamSessionArn != nil && !strings.HasPrefix(*in.IamSessionArn, "arn:"):
		return nil, exception("InvalidIamSessionArnException", "The IAM session ARN was specified in an invalid format.")
	}
	if present := a.instances[name]; present != nil && present.DeregisterTime == nil {
		return nil, exception("InstanceNameAlreadyRegisteredException", "The specified on-premises instance name is already registered: %s", name)
	}
	if err := a.checkUnused(in); err != nil {
		return nil, err
	}
	a.instances[name] = &types.InstanceInfo{
		InstanceName: &name, IamSessionArn: in.IamSessionArn, IamUserArn: in.IamUserArn, RegisterTime: now(),
		InstanceArn: aws.String(a.arn("instance", name)), Tags: []types.Tag{},
	}
	return &codedeploy.RegisterOnPremisesInstanceOutput{}, nil
}

// checkUnused refuses the ARN of another instance that is registered.
func (a *api) checkUnused(in *codedeploy.RegisterOnPremisesInstanceInput) error {
	for _, other := range a.instances {
		switch {
		case other.DeregisterTime != nil:
		case in.IamUserArn != nil && aws.ToString(other.IamUserArn) == *in.IamUserArn:
			return exception("IamUserArnAlreadyRegisteredException", "The specified user ARN is already registered with the on-premises instance %s", *other.InstanceName)
		case in.IamSessionArn != nil && aws.ToString(other.IamSessionArn) == *in.IamSessionArn:
			return exception("IamSessionArnAlreadyRegisteredException", "The specified session ARN is already registered with the on-premises instance %s", *other.InstanceName)
		}
	}
	return nil
}

func (a *api) deregisterOnPremisesInstance(_ context.Context, in *codedeploy.DeregisterOnPremisesInstanceInput) (*codedeploy.DeregisterOnPremisesInstanceOutput, error) {
	name, err := requireInstanceName(in.InstanceName)
	if err != nil {
		return nil, err
	}
	if instance := a.instances[name]; instance != nil && instance.DeregisterTime == nil {
		instance.DeregisterTime = now()
	}
	return &codedeploy.DeregisterOnPremisesInstanceOutput{}, nil
}

// findInstance finds an on-premises instance, registered now or before.
func (a *api) findInstance(name *string) (*types.InstanceInfo, error) {
	valid, err := requireInstanceName(name)
	if err != nil {
		return nil, err
	}
	if instance := a.instances[valid]; instance != nil {
		return instance, nil
	}
	return nil, exception("InstanceNotRegisteredException", "The specified on-premises instance is not registered: %s", valid)
}

func (a *api) getOnPremisesInstance(_ context.Context, in *codedeploy.GetOnPremisesInstanceInput) (*codedeploy.GetOnPremisesInstanceOutput, error) {
	instance, err := a.findInstance(in.InstanceName)
	if err != nil {
		return nil, err
	}
	return &codedeploy.GetOnPremisesInstanceOutput{InstanceInfo: instance}, nil
}

func (a *api) batchGetOnPremisesInstances(_ context.Context, in *codedeploy.BatchGetOnPremisesInstancesInput) (*codedeploy.BatchGetOnPremisesInstancesOutput, error) {
	if err := checkBatch(len(in.InstanceNames), maxInstances); err != nil {
		return nil, err
	}
	if len(in.InstanceNames) == 0 {
		return nil, exception("InstanceNameRequiredException", "Instance names must be specified")
	}
	out := &codedeploy.BatchGetOnPremisesInstancesOutput{InstanceInfos: []types.InstanceInfo{}}
	for _, name := range in.InstanceNames {
		if _, err := requireInstanceName(&name); err != nil {
			return nil, err
		}
		if instance := a.instances[name]; instance != nil {
			out.InstanceInfos = append(out.InstanceInfos, *instance)
		}
	}
	return out, nil
}

func (a *api) listOnPremisesInstances(_ context.Context, in *codedeploy.ListOnPremisesInstancesInput) (*codedeploy.ListOnPremisesInstancesOutput, error) {
	if !known(in.RegistrationStatus, in.RegistrationStatus.Values()) {
		return nil, exception("InvalidRegistrationStatusException", "The registration status %q is not valid", in.RegistrationStatus)
	}
	for _, filter := range in.TagFilters {
		if !isOne(filter.Type) {
			return nil, exception("InvalidTagFilterException", "The type %q of a tag filter is not valid", filter.Type)
		}
	}
	var names []string
	for name, instance := range a.instances {
		status := types.RegistrationStatusRegistered
		if instance.DeregisterTime != nil {
			status = types.RegistrationStatusDeregistered
		}
		if (in.RegistrationStatus == "" || in.RegistrationStatus == status) && matchesTags(instance.Tags, in.TagFilters) {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	listed, next, err := page(names, in.NextToken)
	if err != nil {
		return nil, err
	}
	return &codedeploy.ListOnPremisesInstancesOutput{InstanceNames: listed, NextToken: next}, nil
}

// matchesTags reports whether tags pass one of the filters; no filters let everything pass.
func matchesTags(tags []types.Tag, filters []types.TagFilter) bool {
	passes := func(filter types.TagFilter, tag types.Tag) bool {
		key, value := aws.ToString(filter.Key) == aws.ToString(tag.Key), aws.ToString(filter.Value) == aws.ToString(tag.Value)
		switch filter.Type {
		case types.TagFilterTypeKeyOnly:
			return key
		case types.TagFilterTypeValueOnly:
			return value
		}
		return key && value
	}
	for _, filter := range filters {
		if slices.ContainsFunc(tags, func(tag types.Tag) bool { return passes(filter, tag) }) {
			return true
		}
	}
	return len(filters) == 0
}

func (a *api) addTagsToOnPremisesInstances(_ context.Context, in *codedeploy.AddTagsToOnPremisesInstancesInput) (*codedeploy.AddTagsToOnPremisesInstancesOutput, error) {
	return &codedeploy.AddTagsToOnPremisesInstancesOutput{}, a.changeTags(in.InstanceNames, in.Tags, mergeTags)
}

func (a *api) removeTagsFromOnPremisesInstances(_ context.Context, in *codedeploy.RemoveTagsFromOnPremisesInstancesInput) (*codedeploy.RemoveTagsFromOnPremisesInstancesOutput, error) {
	return &codedeploy.RemoveTagsFromOnPremisesInstancesOutput{}, a.changeTags(in.InstanceNames, in.Tags, withoutTags)
}

// The numbers of instances in one request, and of tags of an instance, at most.
// Source: AWS CodeDeploy User Guide, "Quotas".
const (
	maxInstances = 100
	maxTags      = 10
)

// changeTags applies change to the tags of all instances, or of none.
func (a *api) changeTags(names []string, tags []types.Tag, change func(present, given []types.Tag) []types.Tag) error {
	switch {
	case len(names) == 0:
		return exception("InstanceNameRequiredException", "Instance names must be specified")
	case len(names) > maxInstances:
		return exception("InstanceLimitExceededException", "The maximum number of on-premises instances in a single call is %d", maxInstances)
	case len(tags) == 0:
		return exception("TagRequiredException", "A tag was not specified.")
	case !validTags(tags):
		return exception("InvalidTagException", "The tag was specified in an invalid format.")
	}
	changed := map[*types.InstanceInfo][]types.Tag{}
	for _, name := range names {
		instance, err := a.findInstance(&name)
		if err == nil && instance.DeregisterTime != nil {
			err = exception("InstanceNotRegisteredException", "The specified on-premises instance is not registered: %s", name)
		}
		if err != nil {
			return err
		}
		if changed[instance] = change(instance.Tags, tags); len(changed[instance]) > maxTags {
			return exception("TagLimitExceededException", "The maximum number of tags of an on-premises instance is %d", maxTags)
		}
	}
	for instance, tags := range changed {
		instance.Tags = tags
	}
	return nil
}
