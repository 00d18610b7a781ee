package diagnose

import (
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/codedeploy/types"
)

// codeRow explains one error code.
type codeRow struct {
	text, fix string
	retry     *Retry
}

// codes explains why a deployment as a whole ended.
// Source: CodeDeploy API Reference, ErrorInformation, and CodeDeploy User Guide, "Error codes for
// AWS CodeDeploy".
var codes = map[types.ErrorCode]codeRow{
	types.ErrorCodeAgentIssue: {
		"the CodeDeploy agent had a problem on a target",
		agentChecks, again,
	},
	types.ErrorCodeAlarmActive: {
		"a CloudWatch alarm of the deployment group went off",
		"look at the alarm; deploy again when it is over", again,
	},
	types.ErrorCodeApplicationMissing: {
		"the application was deleted after the deployment was created",
		"create the application again", nil,
	},
	types.ErrorCodeAutoscalingValidationError: {
		"Auto Scaling refused a setting of the group's Auto Scaling group",
		"check launch template and sizes of the Auto Scaling group", nil,
	},
	types.ErrorCodeAutoScalingConfiguration: {
		"the deployment group does not fit its Auto Scaling group",
		"remove the Auto Scaling group from the deployment group and add it again", nil,
	},
	types.ErrorCodeAutoScalingIamRolePermissions: {
		"the service role may not use Auto Scaling",
		"give the deployment group's service role the policy AWSCodeDeployRole (and iam:PassRole, ec2:RunInstances and ec2:CreateTags with launch templates)", again,
	},
	types.ErrorCodeCodedeployResourceCannotBeFound: {
		"something that the deployment needs was not found",
		"see the message for what is missing", nil,
	},
	types.ErrorCodeCustomerApplicationUnhealthy: {
		"the application did not become healthy",
		"look at the application's log and its health checks", nil,
	},
	types.ErrorCodeDeploymentGroupMissing: {
		"the deployment group was deleted after the deployment was created",
		"create the deployment group again", nil,
	},
	types.ErrorCodeEcsUpdateError: {
		"Amazon ECS refused the update of the service",
		"see the message, and the events of the ECS service; the deployment controller must be CODE_DEPLOY", nil,
	},
	types.ErrorCodeElasticLoadBalancingInvalid: {
		"the load balancer or target group of the deployment group cannot be used",
		"check that it exists and that the instances are in its zones and subnets", nil,
	},
	types.ErrorCodeElbInvalidInstance: {
		"the load balancer does not take an instance",
		"check that the instance is in the load balancer's network and running", nil,
	},
	types.ErrorCodeHealthConstraints: {
		"more targets failed, or fewer were healthy, than the deployment configuration allows",
		"see the failed targets", nil,
	},
	types.ErrorCodeHealthConstraintsInvalid: {
		"there are not as many healthy instances as the deployment configuration demands, even before it began",
		"add instances or choose a deployment configuration that demands fewer", nil,
	},
	types.ErrorCodeHookExecutionFailure: {
		"the Lambda function of a hook failed, reported Failed, or did not report within one hour",
		"look into the function's log: it must call PutLifecycleEventHookExecutionStatus", again,
	},
	types.ErrorCodeIamRoleMissing: {
		"the deployment group's service role does not exist",
		"give the deployment group a service role that exists", nil,
	},
	types.ErrorCodeIamRolePermissions: {
		"the service role lacks a permission, or CodeDeploy may not assume it",
		"check the service role's policies, and that it trusts codedeploy.amazonaws.com", again,
	},
	types.ErrorCodeInternalError: {
		"CodeDeploy failed inside",
		"deploy again; AWS Support can tell more", again,
	},
	types.ErrorCodeInvalidEcsService: {
		"the ECS service is not as the deployment needs it",
		"check that it is active, has the deployment controller CODE_DEPLOY and fits the AppSpec file's container and port", nil,
	},
	types.ErrorCodeInvalidLambdaConfiguration: {
		"the Lambda alias or its versions are not as the AppSpec file says",
		"compare alias, CurrentVersion and TargetVersion", nil,
	},
	types.ErrorCodeInvalidLambdaFunction: {
		"the Lambda function, version or alias cannot be used",
		"check the names in the AppSpec file, and that hook functions begin with CodeDeployHook_ or are allowed by the service role", nil,
	},
	types.ErrorCodeInvalidRevision: {
		"the revision cannot be used",
		"validate the AppSpec file and check the revision's location", nil,
	},
	types.ErrorCodeManualStop: {
		"somebody stopped the deployment",
		"deploy again when it is meant to go on", again,
	},
	types.ErrorCodeMissingBlueGreenDeploymentConfiguration: {
		"the deployment group has no blue/green configuration",
		"add one to the deployment group, or deploy in place", nil,
	},
	types.ErrorCodeMissingElbInformation: {
		"the deployment group names no load balancer or target group",
		"add one to the deployment group", nil,
	},
	types.ErrorCodeMissingGithubToken: {
		"CodeDeploy is not connected to GitHub",
		"connect it once in the CodeDeploy console", again,
	},
	types.ErrorCodeNoEc2Subscription: {
		"the account is not subscribed to Amazon EC2",
		"finish the account's registration", nil,
	},
	types.ErrorCodeNoInstances: {
		"no instance matches the deployment group",
		"check the deployment group's tags and Auto Scaling groups, and that instances are running in this region", nil,
	},
	types.ErrorCodeOverMaxInstances: {
		"more instances match the deployment group than the account may deploy to at once",
		"narrow the group's tags, or ask AWS Support for a higher limit", nil,
	},
	types.ErrorCodeResourceLimitExceeded: {
		"a limit of the account is reached",
		"see the message for which one", nil,
	},
	types.ErrorCodeRevisionMissing: {
		"the revision was deleted after the deployment was created",
		"push the revision again", nil,
	},
	types.ErrorCodeThrottled: {
		"another AWS service throttled CodeDeploy's calls for this account",
		"deploy again later, with fewer deployments at once", again,
	},
	types.ErrorCodeTimeout: {
		"the deployment took longer than CodeDeploy allows",
		"look for the event that took long, and for targets that never began", again,
	},
	types.ErrorCodeCloudformationStackFailure: {
		"the CloudFormation stack update failed",
		"look at the events of the stack", nil,
	},
}

// causeOfCode explains an error code; nil when it is not known here.
func causeOfCode(code types.ErrorCode) *Cause {
	row, ok := codes[code]
	if !ok {
		return nil
	}
	kind := Kind(strings.ReplaceAll(strings.ToLower(string(code)), "_", "-"))
	cause := newCause(kind, row.text, row.fix, row.retry)
	return &cause
}
