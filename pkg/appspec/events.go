package appspec

// The lifecycle events whose hooks can run something, per platform, in the order in
// which they happen.
//
// Source: https://docs.aws.amazon.com/codedeploy/latest/userguide/reference-appspec-file-structure-hooks.html;
// for servers also aws/aws-codedeploy-agent command_poller.rb, DEFAULT_HOOK_MAPPING.

// ServerEvents returns the lifecycle events of a server that run scripts.
func ServerEvents() []string {
	return []string{
		"BeforeBlockTraffic", "AfterBlockTraffic", "ApplicationStop", "BeforeInstall", "AfterInstall",
		"ApplicationStart", "ValidateService", "BeforeAllowTraffic", "AfterAllowTraffic",
	}
}

// ReservedServerEvents returns the lifecycle events of a server that are the agent's or
// the service's own: scripts under these names never run.
func ReservedServerEvents() []string {
	return []string{"Start", "BlockTraffic", "DownloadBundle", "Install", "AllowTraffic", "End"}
}

// ECSEvents returns the lifecycle events of Amazon ECS that call a Lambda function.
func ECSEvents() []string {
	return []string{"BeforeInstall", "AfterInstall", "AfterAllowTestTraffic", "BeforeAllowTraffic", "AfterAllowTraffic"}
}

// LambdaEvents returns the lifecycle events of AWS Lambda that call a Lambda function.
func LambdaEvents() []string {
	return []string{"BeforeAllowTraffic", "AfterAllowTraffic"}
}
