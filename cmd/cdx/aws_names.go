package main

import (
	"fmt"
	"slices"

	"github.com/spf13/cobra"
)

// awsOnly names the commands of `aws deploy` that cdx does not have.
var awsOnly = []string{
	"batch-get-deployment-instances", "batch-get-deployment-targets",
	"batch-get-deployments", "delete-git-hub-account-token",
	"delete-resources-by-external-id", "deregister", "get-deployment-instance",
	"get-deployment-target", "install", "list-deployment-instances",
	"list-deployment-targets", "list-git-hub-account-token-names",
	"list-tags-for-resource", "put-lifecycle-event-hook-execution-status", "register",
	"skip-wait-time-for-instance-termination", "tag-resource", "uninstall", "untag-resource",
}

// onPremises are those of them that cdx has below on-premises, with other arguments.
var onPremises = []string{"register", "deregister", "install", "uninstall"}

// newAWSOnlyCmd refuses a command of the AWS CLI and names where it works.
func newAWSOnlyCmd(name string) *cobra.Command {
	return &cobra.Command{
		Use:                name,
		Hidden:             true,
		DisableFlagParsing: true,
		RunE: func(*cobra.Command, []string) error {
			hint := "use: aws deploy " + name
			if slices.Contains(onPremises, name) {
				hint = "use: cdx on-premises " + name + ", or: aws deploy " + name
			}
			return &usageError{message: fmt.Sprintf("cdx has no command %q", name), hint: hint}
		},
	}
}
