package main

import (
	"fmt"

	"github.com/spf13/cobra"
)

// awsOnly names the commands of `aws deploy` that cdx does not have.
var awsOnly = []string{
	"add-tags-to-on-premises-instances", "batch-get-deployment-instances", "batch-get-deployment-targets",
	"batch-get-deployments", "batch-get-on-premises-instances", "delete-git-hub-account-token",
	"delete-resources-by-external-id", "deregister", "deregister-on-premises-instance", "get-deployment-instance",
	"get-deployment-target", "get-on-premises-instance", "install", "list-deployment-instances",
	"list-deployment-targets", "list-git-hub-account-token-names", "list-on-premises-instances",
	"list-tags-for-resource", "put-lifecycle-event-hook-execution-status", "register",
	"register-on-premises-instance", "remove-tags-from-on-premises-instances",
	"skip-wait-time-for-instance-termination", "tag-resource", "uninstall", "untag-resource",
}

// newAWSOnlyCmd refuses a command of the AWS CLI and names where it works.
func newAWSOnlyCmd(name string) *cobra.Command {
	return &cobra.Command{
		Use:                name,
		Hidden:             true,
		DisableFlagParsing: true,
		RunE: func(*cobra.Command, []string) error {
			return &usageError{message: fmt.Sprintf("cdx has no command %q", name), hint: "use: aws deploy " + name}
		},
	}
}
