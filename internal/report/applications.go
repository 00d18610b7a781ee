package report

import (
	"strconv"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/codedeploy/types"

	"github.com/cdx-deploy/cdx/internal/inventory"
)

// Applications renders applications as a table.
func Applications(infos []types.ApplicationInfo, s Screen) string {
	rows := [][]string{{"APPLICATION", "PLATFORM", "CREATED"}}
	for i := range infos {
		a := &infos[i]
		rows = append(rows, []string{cell(aws.ToString(a.ApplicationName)), cell(string(a.ComputePlatform)), cell(s.moment(a.CreateTime))})
	}
	return s.table(rows, 1)
}

// Application renders an application with its deployment groups.
func Application(a *types.ApplicationInfo, groups []types.DeploymentGroupInfo, s Screen) string {
	f := newFacts()
	f.add("application", aws.ToString(a.ApplicationName))
	f.add("platform", string(a.ComputePlatform))
	f.add("created", s.moment(a.CreateTime))
	if a.LinkedToGitHub {
		f.add("GitHub", "linked to the account "+aws.ToString(a.GitHubAccountName))
	}
	f.add("id", aws.ToString(a.ApplicationId))
	for i := range groups {
		f.add("group", aws.ToString(groups[i].DeploymentGroupName)+after(", ", lastAttempt(&groups[i], s)))
	}
	return f.String()
}

// after is text behind something; empty for no text.
func after(something, text string) string {
	if text == "" {
		return ""
	}
	return something + text
}

// ApplicationDependents says what is deleted with an application, a line each. revisions
// at most many counts as that many or more.
func ApplicationDependents(groups []types.DeploymentGroupInfo, revisions, many int, s Screen) []string {
	var lines []string
	for i := range groups {
		lines = append(lines, "deployment group "+aws.ToString(groups[i].DeploymentGroupName)+active(&groups[i], s))
	}
	number := strconv.Itoa(revisions)
	if revisions >= many {
		number += " or more"
	}
	switch revisions {
	case 0:
	case 1:
		lines = append(lines, "the registration of 1 revision; its S3 object stays")
	default:
		lines = append(lines, "the registrations of "+number+" revisions; their S3 objects stay")
	}
	return lines
}

// active says that a deployment to the group goes on; empty if none does.
func active(g *types.DeploymentGroupInfo, s Screen) string {
	if !inventory.IsActive(g) {
		return ""
	}
	return ", with an active deployment: " + lastAttempt(g, s)
}

// GroupDependents says what depends on a deployment group, a line each.
func GroupDependents(g *types.DeploymentGroupInfo, s Screen) []string {
	text := "deployment group " + aws.ToString(g.DeploymentGroupName) + active(g, s)
	if g.LastSuccessfulDeployment != nil && !inventory.IsActive(g) {
		text += after(", last deployed to with success by ", deploymentOf(g.LastSuccessfulDeployment, s))
	}
	return []string{text}
}
