package local_test

import (
	"errors"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/codedeploy"
	"github.com/aws/aws-sdk-go-v2/service/codedeploy/types"

	"github.com/cdx-deploy/cdx/pkg/local"
	"github.com/cdx-deploy/cdx/pkg/local/agent"
)

// TestPanicEndsTheDeployment has a callback that panics in the middle of a deployment.
func TestPanicEndsTheDeployment(t *testing.T) {
	p := listen(t, local.Options{OnNotice: func(string, agent.Notice) { panic("no such luck") }})
	withNotice := strings.Replace(appSpec, "timeout: 60", "timeout: 60\n      runas: deployer", 1)
	info := p.await(t, p.create(t, p.uploadAppSpec(t, "one.zip", goodHook, withNotice)), hasEnded)
	if info.Status != types.DeploymentStatusFailed || info.ErrorInformation.Code != types.ErrorCodeInternalError ||
		!strings.Contains(*info.ErrorInformation.Message, "no such luck") {
		t.Errorf("%+v %+v", info, info.ErrorInformation)
	}
	info = p.await(t, p.create(t, p.upload(t, "two.zip", goodHook)), hasEnded)
	if info.Status != types.DeploymentStatusSucceeded {
		t.Errorf("the next deployment: %+v %+v", info, info.ErrorInformation)
	}
}

func TestNoDeploymentAfterTheEnd(t *testing.T) {
	service := must[*local.Service](t)(local.New(local.Options{Dir: t.TempDir()}))
	server := httptest.NewServer(service.Handler())
	defer server.Close()
	if err := errors.Join(service.Ensure("app", "group", "bucket"), service.Close()); err != nil {
		t.Fatal(err)
	}
	p := connect(service, "", server.URL, service.Credentials())
	_, err := p.codedeploy.CreateDeployment(t.Context(), &codedeploy.CreateDeploymentInput{
		ApplicationName: app, DeploymentGroupName: group, Revision: zipAt("one.zip"),
	})
	if code(err) != "InternalFailure" {
		t.Error(err)
	}
}
