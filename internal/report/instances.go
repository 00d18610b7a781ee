package report

import (
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/codedeploy/types"

	"github.com/cdx-deploy/cdx/internal/onpremises"
)

// Instances renders on-premises instances as a table.
func Instances(infos []types.InstanceInfo, s Screen) string {
	rows := [][]string{{"INSTANCE", "REGISTERED", "DEREGISTERED", "TAGS", "IDENTITY"}}
	for i := range infos {
		rows = append(rows, []string{
			cell(aws.ToString(infos[i].InstanceName)), cell(s.moment(infos[i].RegisterTime)), cell(s.moment(infos[i].DeregisterTime)),
			cell(tagsText(infos[i].Tags)), cell(onpremises.IdentityOf(&infos[i])),
		})
	}
	return s.table(rows, 0)
}

func tagsText(tags []types.Tag) string {
	var texts []string
	for _, tag := range tags {
		texts = append(texts, aws.ToString(tag.Key)+"="+aws.ToString(tag.Value))
	}
	return strings.Join(texts, ", ")
}

// Instance renders one on-premises instance.
func Instance(info *types.InstanceInfo, s Screen) string {
	f := newFacts()
	f.add("instance", aws.ToString(info.InstanceName))
	f.add("ARN", aws.ToString(info.InstanceArn))
	f.add("IAM user", aws.ToString(info.IamUserArn))
	f.add("IAM session", aws.ToString(info.IamSessionArn))
	f.add("registered", s.moment(info.RegisterTime))
	f.add("deregistered", s.moment(info.DeregisterTime))
	var tags []string
	for i := range info.Tags {
		tags = append(tags, tagsText(info.Tags[i:i+1]))
	}
	f.each("tags", tags)
	return f.String()
}
