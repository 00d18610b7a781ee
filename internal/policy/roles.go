package policy

// Platform is a compute platform of CodeDeploy.
type Platform string

// The compute platforms.
const (
	Server Platform = "server"
	ECS    Platform = "ecs"
	Lambda Platform = "lambda"
)

// ManagedPolicy is the ARN of AWS's own policy for the service role, which does what
// [ServiceRole] does and follows AWS's changes.
func ManagedPolicy(at Place, platform Platform) string {
	arn := "arn:" + at.Partition() + ":iam::aws:policy/"
	switch platform {
	case ECS:
		return arn + "AWSCodeDeployRoleForECS"
	case Lambda:
		return arn + "service-role/AWSCodeDeployRoleForLambda"
	default:
		return arn + "service-role/AWSCodeDeployRole"
	}
}

// ServiceRole is what CodeDeploy's service role needs for a platform. For ECS and
// Lambda, revisions may lie in a bucket of one's own. Source: AWS managed policy
// reference, AWSCodeDeployRole, AWSCodeDeployRoleForECS and
// AWSCodeDeployRoleForLambda; here narrowed where names are known.
func ServiceRole(n Needs, platform Platform) Document {
	doc := Document{Version: version}
	switch platform {
	case ECS:
		doc.Statement = append(ecsRole(), n.fetching()...)
	case Lambda:
		doc.Statement = append(n.lambdaRole(), n.fetching()...)
	default:
		doc.Statement = serverRole()
	}
	return doc
}

func serverRole() []Statement {
	return []Statement{
		{Sid: "AutoScaling", Effect: allow, Resource: []string{"*"}, Action: []string{
			"autoscaling:AttachLoadBalancerTargetGroups", "autoscaling:AttachLoadBalancers", "autoscaling:CompleteLifecycleAction",
			"autoscaling:CreateAutoScalingGroup", "autoscaling:CreateOrUpdateTags", "autoscaling:DeleteAutoScalingGroup",
			"autoscaling:DeleteLifecycleHook", "autoscaling:DescribeAutoScalingGroups", "autoscaling:DescribeLifecycleHooks",
			"autoscaling:DescribeNotificationConfigurations", "autoscaling:DescribePolicies", "autoscaling:DescribeScalingActivities",
			"autoscaling:DescribeScheduledActions", "autoscaling:EnableMetricsCollection", "autoscaling:PutLifecycleHook",
			"autoscaling:PutNotificationConfiguration", "autoscaling:PutScalingPolicy", "autoscaling:PutScheduledUpdateGroupAction",
			"autoscaling:PutWarmPool", "autoscaling:RecordLifecycleActionHeartbeat", "autoscaling:ResumeProcesses",
			"autoscaling:SuspendProcesses", "autoscaling:UpdateAutoScalingGroup",
		}},
		{Sid: "Instances", Effect: allow, Resource: []string{"*"}, Action: []string{
			"ec2:DescribeInstanceStatus", "ec2:DescribeInstances", "ec2:TerminateInstances", "tag:GetResources",
		}},
		{Sid: "LoadBalancers", Effect: allow, Resource: []string{"*"}, Action: []string{
			"elasticloadbalancing:DeregisterInstancesFromLoadBalancer", "elasticloadbalancing:DeregisterTargets",
			"elasticloadbalancing:DescribeInstanceHealth", "elasticloadbalancing:DescribeLoadBalancerAttributes",
			"elasticloadbalancing:DescribeLoadBalancers", "elasticloadbalancing:DescribeTargetGroupAttributes",
			"elasticloadbalancing:DescribeTargetGroups", "elasticloadbalancing:DescribeTargetHealth",
			"elasticloadbalancing:RegisterInstancesWithLoadBalancer", "elasticloadbalancing:RegisterTargets",
		}},
		{Sid: "AlarmsAndTriggers", Effect: allow, Resource: []string{"*"}, Action: []string{
			"cloudwatch:DescribeAlarms", "cloudwatch:PutMetricAlarm", "sns:Publish",
		}},
	}
}

func ecsRole() []Statement {
	return []Statement{
		{Sid: "TaskSets", Effect: allow, Resource: []string{"*"}, Action: []string{
			"ecs:CreateTaskSet", "ecs:DeleteTaskSet", "ecs:DescribeServices", "ecs:UpdateServicePrimaryTaskSet",
		}},
		{Sid: "LoadBalancers", Effect: allow, Resource: []string{"*"}, Action: []string{
			"elasticloadbalancing:DescribeListeners", "elasticloadbalancing:DescribeRules", "elasticloadbalancing:DescribeTargetGroups",
			"elasticloadbalancing:ModifyListener", "elasticloadbalancing:ModifyRule",
		}},
		{Sid: "HooksAlarmsAndTriggers", Effect: allow, Resource: []string{"*"}, Action: []string{
			"cloudwatch:DescribeAlarms", "lambda:InvokeFunction", "sns:Publish",
		}},
		{Sid: "TaskRoles", Effect: allow, Resource: []string{"*"}, Action: []string{"iam:PassRole"},
			Condition: map[string]Condition{"StringLike": {"iam:PassedToService": {"ecs-tasks.amazonaws.com"}}}},
	}
}

func (n Needs) lambdaRole() []Statement {
	return []Statement{
		{Sid: "Aliases", Effect: allow, Resource: []string{"*"}, Action: []string{
			"lambda:GetAlias", "lambda:GetProvisionedConcurrencyConfig", "lambda:UpdateAlias",
		}},
		{Sid: "Hooks", Effect: allow, Resource: []string{n.arn("lambda", "function:CodeDeployHook_*")}, Action: []string{"lambda:InvokeFunction"}},
		{Sid: "AlarmsAndTriggers", Effect: allow, Resource: []string{"*"}, Action: []string{"cloudwatch:DescribeAlarms", "sns:Publish"}},
	}
}

// InstanceRole is what the role of the instances needs: to fetch the bundles, and the
// agent's own installer. Source: CodeDeploy user guide, "Create an IAM instance profile
// for your Amazon EC2 instances" and "Resource kit bucket names by Region".
func InstanceRole(n Needs) Document {
	statements := n.fetching()
	statements = append(statements, Statement{
		Sid: "AgentInstaller", Effect: allow, Action: []string{"s3:GetObject", "s3:GetObjectVersion"},
		Resource: []string{n.s3ARN("aws-codedeploy-" + n.Region + "/*")},
	})
	return Document{Version: version, Statement: statements}
}

// fetching allows to read the bundles, and to decrypt them with a key of one's own.
func (n Needs) fetching() []Statement {
	if n.Bucket == "" {
		return nil
	}
	statements := []Statement{{Sid: "Bundles", Effect: allow, Action: []string{"s3:GetObject", "s3:GetObjectVersion"}, Resource: n.resources(object)}}
	if n.KMSKey != "" {
		statements = append(statements, Statement{Sid: "Encryption", Effect: allow, Action: []string{"kms:Decrypt"}, Resource: n.resources(key), Condition: n.condition(key)})
	}
	return statements
}
