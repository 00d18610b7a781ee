package main

import (
	"github.com/spf13/cobra"

	"github.com/cdx-deploy/cdx/internal/awsapi/slim"
)

// newAWSOnPremisesCmds are the commands of `aws deploy` about on-premises instances that
// are one request each.
func newAWSOnPremisesCmds(p *program) []*cobra.Command {
	const name, names, tags = "instance-name", "instance-names", "tags"
	return []*cobra.Command{
		newAWSOperation(p, "register-on-premises-instance", (*slim.Client).RegisterOnPremisesInstance, name),
		newAWSOperation(p, "deregister-on-premises-instance", (*slim.Client).DeregisterOnPremisesInstance, name),
		newAWSOperation(p, "get-on-premises-instance", (*slim.Client).GetOnPremisesInstance, name),
		newAWSOperation(p, "batch-get-on-premises-instances", (*slim.Client).BatchGetOnPremisesInstances, names),
		newAWSOperation(p, "add-tags-to-on-premises-instances", (*slim.Client).AddTagsToOnPremisesInstances, tags, names),
		newAWSOperation(p, "remove-tags-from-on-premises-instances", (*slim.Client).RemoveTagsFromOnPremisesInstances, tags, names),
		newAWSList(p, "list-on-premises-instances", (*slim.Client).ListOnPremisesInstances),
	}
}
