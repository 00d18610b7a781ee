package deploy

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/codedeploy"
	"github.com/aws/aws-sdk-go-v2/service/codedeploy/types"

	"github.com/cdx-deploy/cdx/pkg/revision"
)

// told is a service that knows one group and one deployment.
type told struct {
	info       types.DeploymentGroupInfo
	revision   *types.RevisionLocation // of d-1
	err        error                   // of GetDeployment
	groupError error
}

func (s told) GetDeploymentGroup(context.Context, *codedeploy.GetDeploymentGroupInput, ...func(*codedeploy.Options)) (*codedeploy.GetDeploymentGroupOutput, error) {
	return &codedeploy.GetDeploymentGroupOutput{DeploymentGroupInfo: &s.info}, s.groupError
}

func (s told) GetDeployment(_ context.Context, in *codedeploy.GetDeploymentInput, _ ...func(*codedeploy.Options)) (*codedeploy.GetDeploymentOutput, error) {
	if s.err != nil || aws.ToString(in.DeploymentId) != "d-1" {
		return nil, s.err
	}
	return &codedeploy.GetDeploymentOutput{DeploymentInfo: &types.DeploymentInfo{Revision: s.revision}}, nil
}

func TestLookAtRunning(t *testing.T) {
	ended := time.Date(2026, 2, 3, 4, 5, 6, 0, time.UTC)
	success := &types.LastDeploymentInfo{DeploymentId: aws.String("d-1"), Status: types.DeploymentStatusSucceeded, EndTime: &ended}
	failure := &types.LastDeploymentInfo{DeploymentId: aws.String("d-2"), Status: types.DeploymentStatusFailed}
	a, b := revision.FromS3("bucket", "a.zip", "zip", "", ""), revision.FromS3("bucket", "b.zip", "zip", "", "")
	refused := errors.New("refused")
	for name, c := range map[string]struct {
		told
		rev   *types.RevisionLocation
		later string
		err   error
	}{
		"nothing was deployed":          {told: told{}},
		"nothing succeeded":             {told: told{info: types.DeploymentGroupInfo{LastAttemptedDeployment: failure}}, later: "d-2"},
		"the last succeeded":            {told: told{info: types.DeploymentGroupInfo{LastSuccessfulDeployment: success, LastAttemptedDeployment: success}, revision: a}, rev: a},
		"the last failed":               {told: told{info: types.DeploymentGroupInfo{LastSuccessfulDeployment: success, LastAttemptedDeployment: failure}, revision: a}, rev: a, later: "d-2"},
		"the deployment is forgotten":   {told: told{info: types.DeploymentGroupInfo{LastSuccessfulDeployment: success, TargetRevision: b}, err: &types.DeploymentDoesNotExistException{}}, rev: b},
		"the group cannot be seen":      {told: told{groupError: refused}, err: refused},
		"the deployment cannot be seen": {told: told{info: types.DeploymentGroupInfo{LastSuccessfulDeployment: success}, err: refused}, err: refused},
	} {
		got, err := LookAtRunning(t.Context(), c.told, "app", "group")
		if !errors.Is(err, c.err) {
			t.Errorf("%s: %v, want %v", name, err, c.err)
		}
		if err != nil {
			continue
		}
		later := ""
		if got.Later != nil {
			later = *got.Later.DeploymentId
		}
		if got.Revision != c.rev || later != c.later || (got.DeploymentID == "d-1") != (c.rev != nil) || !got.Ended.Equal(ended) == (c.rev != nil) {
			t.Errorf("%s: %+v", name, got)
		}
	}
}
