package report_test

import (
	"encoding/json"
	"errors"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/codedeploy/types"

	"github.com/cdx-deploy/cdx/internal/report"
	"github.com/cdx-deploy/cdx/internal/term"
	"github.com/cdx-deploy/cdx/pkg/appspec"
	"github.com/cdx-deploy/cdx/pkg/wait"
)

var update = flag.Bool("update", false, "rewrite golden files")

func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s differs; run with -update and look at the difference.\ngot:\n%s\nwant:\n%s", path, got, want)
	}
}

func about(id string) wait.Header {
	return wait.Header{DeploymentID: id, Time: time.Date(2026, 2, 3, 4, 5, 6, 0, time.UTC)}
}

func every() []wait.Event {
	here, there := wait.TargetRef{ID: "i-1"}, wait.TargetRef{ID: "i-2", Label: types.TargetLabelGreen}
	rollback := about("d-2")
	rollback.Rollback = true
	return []wait.Event{
		wait.StatusChanged{Header: about("d-1"), To: types.DeploymentStatusInProgress},
		wait.StatusChanged{Header: rollback, To: types.DeploymentStatusCreated},
		wait.CountsChanged{Header: about("d-1"), Counts: wait.Counts{Succeeded: 3, Failed: 1, InProgress: 2, Pending: 4, Skipped: 5, Ready: 6}},
		wait.CountsChanged{Header: about("d-1"), Counts: wait.Counts{Pending: 1}},
		wait.TargetChanged{Header: about("d-1"), Target: there, To: types.TargetStatusInProgress},
		wait.LifecycleChanged{Header: about("d-1"), Target: here, Event: wait.LifecycleEvent{Name: "Install", Status: types.LifecycleEventStatusInProgress}},
		wait.LifecycleChanged{Header: about("d-1"), Target: here, Event: wait.LifecycleEvent{Name: "Install", Status: types.LifecycleEventStatusSucceeded, Duration: 2300 * time.Millisecond}},
		wait.LifecycleChanged{Header: about("d-1"), Target: here, Event: wait.LifecycleEvent{Name: "BeforeAllowTraffic", Status: types.LifecycleEventStatusSkipped, Message: "The function is not called."}},
		wait.LifecycleChanged{Header: about("d-1"), Target: here, Event: wait.LifecycleEvent{Name: "AfterAllowTraffic", Status: types.LifecycleEventStatusSkipped}},
		wait.LifecycleChanged{Header: about("d-1"), Target: here, Event: wait.LifecycleEvent{
			Name: "AfterInstall", Status: types.LifecycleEventStatusFailed, Duration: 40 * time.Millisecond,
			Code: types.LifecycleErrorCodeScriptFailed, Script: "a.sh", Message: "exit code 1\n::error::evil\x1b[31m", LogTail: "tail",
			Start: time.Date(2026, 2, 3, 4, 5, 6, 0, time.UTC), End: time.Date(2026, 2, 3, 4, 5, 7, 0, time.UTC),
		}},
		wait.TrafficShifted{Header: about("d-1"), Target: here, Percent: 12.5},
		wait.Ready{Header: about("d-1"), Action: types.DeploymentReadyActionStopDeployment, Left: 47 * time.Hour},
		wait.Ready{Header: about("d-1"), Action: types.DeploymentReadyActionContinueDeployment, Left: time.Hour},
		wait.Ready{Header: about("d-1")},
		wait.RollbackStarted{Header: about("d-1"), RollbackID: "d-2"},
		wait.RollbackEnded{Header: about("d-1"), Outcome: wait.Rollback{ID: "d-2", Status: types.DeploymentStatusSucceeded, Revision: &types.RevisionLocation{
			RevisionType: types.RevisionLocationTypeS3, S3Location: &types.S3Location{Bucket: aws.String("b"), Key: aws.String("k.zip")},
		}}},
		wait.RollbackEnded{Header: about("d-1"), Outcome: wait.Rollback{ID: "d-2", Status: types.DeploymentStatusFailed, Err: errors.New("it failed")}},
		wait.RollbackEnded{Header: about("d-1"), Outcome: wait.Rollback{Message: "no previous revision"}},
		wait.RollbackEnded{Header: about("d-1"), Outcome: wait.Rollback{ID: "d-2", Status: types.DeploymentStatusInProgress}},
		wait.Notice{Header: about("d-1"), Kind: wait.NoticeTargetsDenied, Message: "access to targets is denied"},
		wait.Notice{Header: about("d-1"), Kind: wait.NoticeTermination, Message: "the traffic is rerouted"},
		wait.Retrying{Header: about("d-1"), Reason: wait.RetryThrottled, Attempt: 1, Pause: 2 * time.Second, Err: errors.New("rate exceeded")},
		wait.Retrying{Header: about("d-1"), Reason: wait.RetryNetwork, Attempt: 4, Pause: 8 * time.Second, Err: errors.New("no route")},
		wait.Resumed{Header: about("d-1"), Attempts: 4, Silence: 30 * time.Second},
		wait.Heartbeat{Header: about("d-1"), Status: types.DeploymentStatusInProgress, Age: 3 * time.Minute, Counts: wait.Counts{Succeeded: 1, Pending: 1}},
		wait.Heartbeat{Header: about("d-1"), Waited: time.Minute},
	}
}

func TestEvents(t *testing.T) {
	var b strings.Builder
	for _, e := range every() {
		line, weight := report.Event(e, false)
		if strings.ContainsAny(line, "\n\x1b") {
			t.Errorf("line %q is not one safe line", line)
		}
		b.WriteString([]string{"detail  ", "normal  ", "warning "}[weight] + line + "\n")
	}
	golden(t, "events.golden", b.String())
}

func TestEventsOfSeveralDeployments(t *testing.T) {
	e := wait.LifecycleChanged{Header: about("d-1"), Target: wait.TargetRef{ID: "i-1"}, Event: wait.LifecycleEvent{Name: "Install", Status: types.LifecycleEventStatusSucceeded}}
	if line, _ := report.Event(e, true); line != "d-1 i-1: Install Succeeded" {
		t.Errorf("a target's line is %q", line)
	}
	if line, _ := report.Event(wait.StatusChanged{Header: about("d-1"), To: types.DeploymentStatusQueued}, true); line != "deployment d-1: Queued" {
		t.Errorf("a deployment's line is %q", line)
	}
}

func TestEventsForPrograms(t *testing.T) {
	var b strings.Builder
	for _, e := range every() {
		line, err := json.Marshal(report.EventJSON(e))
		if err != nil {
			t.Fatal(err)
		}
		b.Write(append(line, '\n'))
	}
	golden(t, "events.jsonl.golden", b.String())
}

func failed() *wait.Outcome {
	start := time.Date(2026, 2, 3, 4, 5, 0, 0, time.UTC)
	o := &wait.Outcome{
		ID: "d-1",
		Info: &types.DeploymentInfo{
			DeploymentId: aws.String("d-1"), ApplicationName: aws.String("app"), DeploymentGroupName: aws.String("group"),
			Status: types.DeploymentStatusFailed, CreateTime: &start, CompleteTime: aws.Time(start.Add(63 * time.Second)),
			ErrorInformation: &types.ErrorInformation{Code: types.ErrorCodeHealthConstraints, Message: aws.String("The overall deployment failed because too many individual instances failed deployment.")},
			Revision: &types.RevisionLocation{RevisionType: types.RevisionLocationTypeS3, S3Location: &types.S3Location{
				Bucket: aws.String("b"), Key: aws.String("k.zip"), ETag: aws.String("e"), BundleType: types.BundleTypeZip,
			}},
		},
		Counts: wait.Counts{Failed: 2},
	}
	for _, id := range []string{"i-1", "i-2"} {
		o.Targets = append(o.Targets, wait.Target{
			TargetRef: wait.TargetRef{ID: id, Type: types.DeploymentTargetTypeInstanceTarget}, Status: types.TargetStatusFailed,
			Lifecycle: []wait.LifecycleEvent{{
				Name: "ApplicationStop", Status: types.LifecycleEventStatusFailed, Code: types.LifecycleErrorCodeScriptFailed, Script: "stop.sh",
				Start: start, End: start.Add(2 * time.Second), Duration: 2 * time.Second,
				Message: "Script at specified location: stop.sh failed with exit code 1",
				LogTail: "LifecycleEvent - ApplicationStop\nScript - stop.sh\n[stderr]no such service\x1b]0;title\x07\n",
			}},
		})
	}
	return o
}

func TestDiagnosis(t *testing.T) {
	golden(t, "failed.golden", report.Ending(failed())+"\n"+report.Diagnosis(failed(), term.Style{}, report.About{Console: "eu-west-1", Flags: " --region eu-west-1"}))
}

func TestDiagnosisOfAPartialSuccess(t *testing.T) {
	o := failed()
	o.Info.Status, o.Info.ErrorInformation, o.Info.DeploymentConfigName = types.DeploymentStatusSucceeded, nil, aws.String("CodeDeployDefault.AllAtOnce")
	o.Counts.Succeeded = 1
	golden(t, "partial.golden", report.Ending(o)+"\n"+report.Diagnosis(o, term.Style{}, report.About{}))
}

func TestDiagnosisWithoutTargets(t *testing.T) {
	o := failed()
	o.Targets, o.TargetsDenied = nil, true
	golden(t, "denied.golden", report.Diagnosis(o, term.Style{}, report.About{}))
}

func TestDiagnosisWithoutRollback(t *testing.T) {
	o := failed()
	o.Rollback = &wait.Rollback{Message: "there is no successful deployment to roll back to"}
	text := report.Diagnosis(o, term.Style{}, report.About{})
	if want := "  rollback: the automatic rollback could not be started: there is no successful deployment"; !strings.Contains(text, want) {
		t.Errorf("no %q in:\n%s", want, text)
	}
	o.Rollback = &wait.Rollback{ID: "d-2"}
	if text := report.Diagnosis(o, term.Style{}, report.About{}); strings.Contains(text, "rollback:") {
		t.Errorf("a rollback that events tell of is told again:\n%s", text)
	}
}

// A title with nothing below it would only repeat how the deployment ended.
func TestDiagnosisThatKnowsNothing(t *testing.T) {
	o := &wait.Outcome{ID: "d-1", Info: &types.DeploymentInfo{Status: types.DeploymentStatusStopped}}
	if text := report.Diagnosis(o, term.Style{}, report.About{}); text != "" {
		t.Errorf("Diagnosis = %q", text)
	}
	if text, want := report.Diagnosis(o, term.Style{}, report.About{Console: "eu-west-1"}), "why deployment d-1 ended Stopped:\n  console: "; !strings.HasPrefix(text, want) {
		t.Errorf("Diagnosis = %q, want %q first", text, want)
	}
}

func TestNoDiagnosis(t *testing.T) {
	for _, status := range []types.DeploymentStatus{"", types.DeploymentStatusInProgress, types.DeploymentStatusSucceeded} {
		o := &wait.Outcome{ID: "d-1", Info: &types.DeploymentInfo{Status: status}}
		if text := report.Diagnosis(o, term.Style{}, report.About{}); text != "" {
			t.Errorf("status %q is explained: %s", status, text)
		}
	}
	if got := report.Ending(&wait.Outcome{ID: "d-1"}); got != "deployment d-1: no status seen" {
		t.Errorf("Ending = %q", got)
	}
}

func findings() []report.CheckedFile {
	return []report.CheckedFile{
		report.Checked(appspec.Parse("a/appspec.yml", []byte("version: 0.0\nos: linux\nfiles:\n- {source: wörld 漢, \tdest: x}\n")), appspec.Server, []appspec.Finding{
			{Rule: "key-unknown", Severity: appspec.SeverityWarning, Line: 4, Column: 22, Where: "files[0].dest", Message: `unknown key "dest"`, Expected: "source or destination", Fix: "write destination", Agents: []appspec.Agent{appspec.AgentV1, appspec.AgentV2}},
			{Rule: "only-v2", Severity: appspec.SeverityError, Line: 1, Column: 1, Message: "evil \x1b[31m text", Agents: []appspec.Agent{appspec.AgentV2}},
			{Rule: "out-of-file", Severity: appspec.SeverityError, Line: 99, Column: 1, Message: "beyond"},
		}),
		report.Checked(appspec.Parse("b/appspec.yml", nil), appspec.ECS, nil),
	}
}

func TestFindings(t *testing.T) {
	golden(t, "findings.golden", report.FindingsText(term.Style{}, findings()))
}

func TestFindingsForPrograms(t *testing.T) {
	data, err := json.MarshalIndent(report.FindingsJSON(findings()), "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	golden(t, "findings.json.golden", string(data)+"\n")
}
