package report_test

import (
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/codedeploy/types"

	"github.com/cdx-deploy/cdx/internal/report"
	"github.com/cdx-deploy/cdx/internal/term"
	"github.com/cdx-deploy/cdx/pkg/wait"
)

func TestStatus(t *testing.T) {
	o := failed()
	o.Info.Description = aws.String("a\nrelease [cdx 0123456789abcdef]")
	o.Info.Creator, o.Info.DeploymentConfigName = types.DeploymentCreatorUser, aws.String("CodeDeployDefault.OneAtATime")
	o.Info.RollbackInfo = &types.RollbackInfo{RollbackDeploymentId: aws.String("d-2")}
	running := failed()
	running.Info.Status, running.Info.CompleteTime, running.Info.Revision = types.DeploymentStatusInProgress, nil, nil
	running.Info.RollbackInfo = &types.RollbackInfo{RollbackTriggeringDeploymentId: aws.String("d-0")}
	running.Counts = wait.Counts{}
	running.Targets = []wait.Target{{
		TargetRef: wait.TargetRef{ID: "cluster:web", Type: types.DeploymentTargetTypeEcsTarget}, Status: types.TargetStatusInProgress, TrafficPercent: aws.Float64(10),
		Lifecycle: []wait.LifecycleEvent{
			{Name: "BeforeInstall", Status: types.LifecycleEventStatusSucceeded},
			{Name: "AllowTraffic", Status: types.LifecycleEventStatusInProgress},
		},
	}}
	bare := &wait.Outcome{ID: "d-3", Info: &types.DeploymentInfo{Status: "Odd", RollbackInfo: &types.RollbackInfo{RollbackMessage: aws.String("no previous revision")}}}
	now := running.Info.CreateTime.Add(90 * time.Second)
	golden(t, "status.golden", report.Status(o, now)+"\n"+report.Status(running, now)+"\n"+report.Status(bare, now))
}

func TestHistory(t *testing.T) {
	ended, running := *failed().Info, *failed().Info
	ended.Creator = types.DeploymentCreatorUser
	running.DeploymentId, running.CompleteTime, running.Status = aws.String("d-22222222"), nil, types.DeploymentStatusInProgress
	running.Revision = &types.RevisionLocation{GitHubLocation: &types.GitHubLocation{Repository: aws.String("owner/name"), CommitId: aws.String("0123")}, RevisionType: types.RevisionLocationTypeGitHub}
	now := running.CreateTime.Add(time.Hour)
	golden(t, "history.golden", report.History([]types.DeploymentInfo{running, ended, {}}, now, report.Screen{}))
	golden(t, "history-narrow.golden", report.History([]types.DeploymentInfo{running, ended, {}}, now, report.Screen{Width: 60, Now: now.Add(48 * time.Hour)}))
}

func TestRetryNamesWhatWasDeployed(t *testing.T) {
	o := failed()
	o.Info.Revision = &types.RevisionLocation{RevisionType: types.RevisionLocationTypeGitHub, GitHubLocation: &types.GitHubLocation{Repository: aws.String("owner/name"), CommitId: aws.String("0123")}}
	github := report.Diagnosis(o, term.Style{}, report.About{})
	o.Info.Revision = &types.RevisionLocation{RevisionType: types.RevisionLocationTypeAppSpecContent, AppSpecContent: &types.AppSpecContent{Content: aws.String("{}")}}
	content := report.Diagnosis(o, term.Style{}, report.About{})
	local := report.Diagnosis(o, term.Style{}, report.About{Again: "cdx deploy --local dir", Flags: " --region x"})
	for text, want := range map[string]string{
		github:  "cdx deploy --wait -a app -g group --github-location repository=owner/name,commitId=0123 --ignore-application-stop-failures\n",
		content: "cdx deploy --wait -a app -g group DIR --ignore-application-stop-failures\n",
		local:   "retry: cdx deploy --local dir --ignore-application-stop-failures --region x\n",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("no %q in:\n%s", want, text)
		}
	}
}
