package local_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/codedeploy"
	"github.com/aws/aws-sdk-go-v2/service/codedeploy/types"

	"github.com/cdx-deploy/cdx/pkg/local"
)

func TestDeploymentSucceeds(t *testing.T) {
	p := listen(t, local.Options{})
	revision := p.upload(t, "one.zip", "#!/bin/sh\necho from the hook\n")
	_, err := p.codedeploy.RegisterApplicationRevision(t.Context(), &codedeploy.RegisterApplicationRevisionInput{
		ApplicationName: aws.String("app"), Revision: revision, Description: aws.String("first"),
	})
	if err != nil {
		t.Fatal(err)
	}
	id := p.create(t, revision, func(in *codedeploy.CreateDeploymentInput) { in.Description = aws.String("token") })
	info := p.await(t, id, hasEnded)
	text, events := p.events(t, id)
	if info.Status != types.DeploymentStatusSucceeded || info.DeploymentOverview.Succeeded != 1 || *info.Description != "token" ||
		info.CompleteTime == nil || info.ErrorInformation != nil || info.Creator != types.DeploymentCreatorUser {
		t.Fatalf("%s %+v %+v\n%s %+v", info.Status, info.ErrorInformation, info.DeploymentOverview, text, events)
	}
	if want := "ApplicationStop=Succeeded DownloadBundle=Succeeded BeforeInstall=Succeeded Install=Succeeded AfterInstall=Succeeded ApplicationStart=Succeeded ValidateService=Succeeded"; text != want {
		t.Errorf("events %s", text)
	}
	installed, err := os.ReadFile(filepath.Join(p.dir, "root/srv/www/index.html"))
	if err != nil || string(installed) != "one.zip" {
		t.Errorf("installed %q, %v", installed, err)
	}
	group, err := p.codedeploy.GetDeploymentGroup(t.Context(), &codedeploy.GetDeploymentGroupInput{
		ApplicationName: aws.String("app"), DeploymentGroupName: aws.String("group"),
	})
	if err != nil {
		t.Fatal(err)
	}
	g := group.DeploymentGroupInfo
	if *g.LastSuccessfulDeployment.DeploymentId != id || *g.LastAttemptedDeployment.DeploymentId != id || *g.TargetRevision.S3Location.Key != "one.zip" {
		t.Errorf("group %+v", g)
	}
}
