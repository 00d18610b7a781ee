package awsjson_test

//lint:file-ignore SA1019 deprecated shapes are still answered for old deployments

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/codedeploy"
	"github.com/aws/aws-sdk-go-v2/service/codedeploy/types"

	"github.com/cdx-deploy/cdx/internal/awsjson"
)

func TestValue(t *testing.T) {
	tests := []struct {
		name string
		of   any
		want string
	}{
		{"nothing", nil, `null`},
		{"nil pointer", (*types.DeploymentInfo)(nil), `null`},
		{"names, times and enums", &types.DeploymentInfo{
			DeploymentId: aws.String("d-1"),
			Status:       types.DeploymentStatusSucceeded,
			CreateTime:   aws.Time(time.Date(2026, 2, 3, 4, 5, 6, 0, time.FixedZone("", 3600))),
			Revision: &types.RevisionLocation{
				RevisionType: types.RevisionLocationTypeS3,
				S3Location:   &types.S3Location{Bucket: aws.String("b"), ETag: aws.String("e")},
			},
		}, `{"createTime":"2026-02-03T03:05:06Z","deploymentId":"d-1","ignoreApplicationStopFailures":false,"instanceTerminationWaitTimeStarted":false,` +
			`"revision":{"revisionType":"S3","s3Location":{"bucket":"b","eTag":"e"}},"status":"Succeeded","updateOutdatedInstancesOnly":false}`},
		{"zero counts stay", types.DeploymentOverview{Succeeded: 2}, `{"Failed":0,"InProgress":0,"Pending":0,"Ready":0,"Skipped":0,"Succeeded":2}`},
		{"lists and maps", codedeploy.BatchGetDeploymentTargetsOutput{DeploymentTargets: []types.DeploymentTarget{{
			InstanceTarget: &types.InstanceTarget{TargetId: aws.String("i-1")},
		}}}, `{"deploymentTargets":[{"instanceTarget":{"targetId":"i-1"}}]}`},
		{"tags", types.EC2TagSet{Ec2TagSetList: [][]types.EC2TagFilter{{{Key: aws.String("k"), Type: types.EC2TagFilterTypeKeyOnly}}}}, `{"ec2TagSetList":[[{"Key":"k","Type":"KEY_ONLY"}]]}`},
		{"names that Go would mistake", types.RevisionLocation{String_: &types.RawString{Content: aws.String("c")}}, `{"string":{"content":"c"}}`},
		{"map values", map[string]*types.S3Location{"a": {Key: aws.String("k")}}, `{"a":{"key":"k"}}`},
		{"embedded structs", struct {
			types.S3Location
			More []string
		}{types.S3Location{Key: aws.String("k")}, []string{"x"}}, `{"key":"k","more":["x"]}`},
		{"bytes", struct{ Data []byte }{[]byte("hi")}, `{"data":"aGk="}`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := json.Marshal(awsjson.Value{Of: tt.of})
			if err != nil || string(got) != tt.want {
				t.Errorf("got  %s (%v)\nwant %s", got, err, tt.want)
			}
		})
	}
}
