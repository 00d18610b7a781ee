package report

import (
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/codedeploy/types"

	"github.com/cdx-deploy/cdx/internal/inventory"
	"github.com/cdx-deploy/cdx/pkg/revision"
)

// Revisions renders revisions as a table, each with what is known of its object.
func Revisions(infos []types.RevisionInfo, objects []inventory.Object, s Screen) string {
	rows := [][]string{{"REVISION", "REGISTERED", "LAST USED", "NEEDED BY", "OBJECT"}}
	for i, info := range infos {
		about := aboutRevision(info)
		rows = append(rows, []string{
			cell(revision.Describe(info.RevisionLocation)), cell(s.moment(about.RegisterTime)), cell(s.moment(about.LastUsedTime)),
			cell(strings.Join(about.DeploymentGroups, ", ")), cell(string(objects[i])),
		})
	}
	return s.table(rows, 0)
}

// aboutRevision is what CodeDeploy knows of a revision, if it told.
func aboutRevision(info types.RevisionInfo) types.GenericRevisionInfo {
	if info.GenericRevisionInfo == nil {
		return types.GenericRevisionInfo{}
	}
	return *info.GenericRevisionInfo
}

// Revision renders one revision.
func Revision(info types.RevisionInfo, object inventory.Object, s Screen) string {
	about := aboutRevision(info)
	f := newFacts()
	f.add("revision", revision.Describe(info.RevisionLocation))
	f.add("description", aws.ToString(about.Description))
	f.add("registered", s.moment(about.RegisterTime))
	f.add("first used", s.moment(about.FirstUsedTime))
	f.add("last used", s.moment(about.LastUsedTime))
	needed := "no deployment group"
	if len(about.DeploymentGroups) > 0 {
		needed = strings.Join(about.DeploymentGroups, ", ")
	}
	f.add("needed by", needed)
	f.add("object", objectInWords(object))
	return f.String()
}

func objectInWords(object inventory.Object) string {
	switch object {
	case inventory.Present:
		return "present, as it was registered"
	case inventory.Gone:
		return "gone: this revision can no longer be deployed"
	case inventory.Replaced:
		return "replaced: another object has its key now, so this revision can no longer be deployed"
	case inventory.NotChecked:
		return "not checked: the permission to look is missing (s3:GetObject), or S3 did not answer"
	}
	return ""
}
