package diagnose_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/codedeploy/types"

	"github.com/cdx-deploy/cdx/pkg/wait"
	"github.com/cdx-deploy/cdx/pkg/wait/diagnose"
)

// recorded is what the service told of a failed event.
type recorded struct {
	kind    types.DeploymentTargetType // empty: an instance
	event   string
	code    types.LifecycleErrorCode
	script  string
	message string
	log     string
}

func (r recorded) target(id string) wait.Target {
	kind := r.kind
	if kind == "" {
		kind = types.DeploymentTargetTypeInstanceTarget
	}
	t := wait.Target{TargetRef: wait.TargetRef{ID: id, Type: kind}, ARN: "arn:aws:ec2:eu-west-1:1:instance/" + id, Status: types.TargetStatusFailed}
	t.Lifecycle = []wait.LifecycleEvent{{
		Name: r.event, Status: types.LifecycleEventStatusFailed, Code: r.code, Script: r.script, Message: r.message, LogTail: r.log,
	}}
	return t
}

func failedOutcome(targets ...wait.Target) *wait.Outcome {
	return &wait.Outcome{ID: "d-1", Info: &types.DeploymentInfo{Status: types.DeploymentStatusFailed}, Targets: targets}
}

// Messages as the agent's versions 1.0 to 1.8 and the service tell them.
var recordings = []struct {
	name string
	recorded
	want []diagnose.Kind
}{
	{"script missing", recorded{event: "AfterInstall", code: "ScriptMissing", script: "scripts/Start.sh", message: "Script does not exist at specified location: /opt/codedeploy-agent/deployment-root/1/d-1/deployment-archive/scripts/Start.sh"}, []diagnose.Kind{diagnose.KindScriptMissing}},
	{"script not executable", recorded{event: "AfterInstall", code: "ScriptNotExecutable", script: "a.sh", message: "Unable to set script at specified location: a.sh as executable"}, []diagnose.Kind{diagnose.KindNotExecutable}},
	{"exit code 126", recorded{event: "AfterInstall", code: "ScriptFailed", script: "a.sh", message: "Script at specified location: a.sh run as user web failed with exit code 126"}, []diagnose.Kind{diagnose.KindNotExecutable}},
	{"exit code 127", recorded{event: "AfterInstall", code: "ScriptFailed", script: "a.sh", message: "Script at specified location: a.sh failed with exit code 127", log: "[stderr]a.sh: line 3: npm: command not found"}, []diagnose.Kind{diagnose.KindCommandNotFound}},
	{"exit code 127 for Windows line endings", recorded{event: "AfterInstall", code: "ScriptFailed", script: "a.sh", message: "Script at specified location: a.sh failed with exit code 127", log: "[stderr]/bin/bash^M: bad interpreter: No such file or directory"}, []diagnose.Kind{diagnose.KindScriptInterpreter}},
	{"a script's own trouble with S3", recorded{event: "AfterInstall", code: "ScriptFailed", script: "a.sh", message: "Script at specified location: a.sh failed with exit code 1", log: "[stderr]The specified key does not exist. Access Denied. undefined method"}, []diagnose.Kind{diagnose.KindScriptFailed}},
	{"script fills the disk", recorded{event: "AfterInstall", code: "ScriptFailed", script: "a.sh", message: "Script at specified location: a.sh failed with exit code 1", log: "[stderr]cp: error writing: No space left on device"}, []diagnose.Kind{diagnose.KindDiskFull}},
	{"exit code 1", recorded{event: "ValidateService", code: "ScriptFailed", script: "a.sh", message: "Script at specified location: a.sh failed with exit code 1"}, []diagnose.Kind{diagnose.KindScriptFailed}},
	{"exit code 12 is not 126", recorded{event: "ValidateService", code: "ScriptFailed", script: "a.sh", message: "Script at specified location: a.sh failed with exit code 12"}, []diagnose.Kind{diagnose.KindScriptFailed}},
	{"killed by a signal", recorded{event: "ApplicationStart", code: "ScriptFailed", script: "a.sh", message: "Script at specified location: a.sh failed with exit code "}, []diagnose.Kind{diagnose.KindScriptKilled}},
	{"no such program", recorded{event: "BeforeInstall", code: "ScriptFailed", script: "a.sh", message: "Script at specified location: a.sh failed with error Errno::ENOENT with message No such file or directory - /opt/a.sh"}, []diagnose.Kind{diagnose.KindScriptInterpreter}},
	{"timed out", recorded{event: "ApplicationStart", code: "ScriptTimedOut", script: "a.sh", message: "Script at specified location: a.sh failed to complete in 60 seconds"}, []diagnose.Kind{diagnose.KindScriptTimedOut}},
	{"background process", recorded{event: "ApplicationStart", code: "UnknownError", script: "a.sh", message: "Script at specified location: a.sh failed to close STDOUT"}, []diagnose.Kind{diagnose.KindBackgroundProcess}},
	{"file exists", recorded{event: "Install", code: "UnknownError", message: "The deployment failed because a specified file already exists at this location: /srv/app/index.html"}, []diagnose.Kind{diagnose.KindFileExists}},
	{"eTag mismatch", recorded{event: "DownloadBundle", code: "UnknownError", message: `Expected deployment artifact bundle etag "a" but was actually "b"`}, []diagnose.Kind{diagnose.KindETagMismatch}},
	{"key missing", recorded{event: "DownloadBundle", code: "UnknownError", message: "The specified key does not exist."}, []diagnose.Kind{diagnose.KindObjectMissing}},
	{"S3 access", recorded{event: "DownloadBundle", code: "UnknownError", message: "not opened for reading"}, []diagnose.Kind{diagnose.KindS3Access}},
	{"S3 access denied", recorded{event: "DownloadBundle", code: "UnknownError", message: "Access Denied"}, []diagnose.Kind{diagnose.KindS3Access}},
	{"S3 region", recorded{event: "DownloadBundle", code: "UnknownError", message: "The bucket you are attempting to access must be addressed using the specified endpoint."}, []diagnose.Kind{diagnose.KindS3Region}},
	{"GitHub", recorded{event: "DownloadBundle", code: "UnknownError", message: "Could not download bundle at 'https://api.github.com/repos/a/b/tarball/c' after 3 retries. Server returned codes: 404 'Not Found'."}, []diagnose.Kind{diagnose.KindGitHubAccess}},
	{"network", recorded{event: "DownloadBundle", code: "UnknownError", message: "execution expired"}, []diagnose.Kind{diagnose.KindNetwork}},
	{"disk full", recorded{event: "DownloadBundle", code: "UnknownError", message: "No space left on device @ fptr_finalize_flush"}, []diagnose.Kind{diagnose.KindDiskFull}},
	{"a local deployment's limit", recorded{event: "DownloadBundle", code: "UnknownError", message: "unpack big: more than 1024 bytes unpacked"}, []diagnose.Kind{diagnose.KindUnpackedLimit}},
	{"disk full, in a local deployment", recorded{event: "Install", code: "UnknownError", message: "install /srv/x: write srv/x: no space left on device"}, []diagnose.Kind{diagnose.KindDiskFull}},
	{"AppSpec file missing", recorded{event: "Install", code: "UnknownError", message: "No such file or directory @ rb_sysopen - /opt/codedeploy-agent/deployment-root/1/d-1/deployment-archive/appspec.yml"}, []diagnose.Kind{diagnose.KindAppSpecMissing}},
	{"AppSpec file missing, as newer agents say it", recorded{event: "BeforeInstall", code: "UnknownError", message: `The CodeDeploy agent did not find an AppSpec file within the unpacked revision directory at revision-relative path "appspec.yml".`}, []diagnose.Kind{diagnose.KindAppSpecMissing}},
	{"AppSpec file invalid", recorded{event: "Install", code: "UnknownError", message: `undefined method '[]' for nil`}, []diagnose.Kind{diagnose.KindAppSpecInvalid}},
	{"AppSpec version", recorded{event: "Install", code: "UnknownError", message: "The deployment failed because an invalid version value (1.0) was entered in the application specification file."}, []diagnose.Kind{diagnose.KindAppSpecInvalid}},
	{"unknown hook", recorded{event: "Install", code: "UnknownError", message: `appspec.yml file contains unknown lifecycle events: ["AfterInstal"]`}, []diagnose.Kind{diagnose.KindUnknownHook}},
	{"source missing", recorded{event: "Install", code: "UnknownError", message: "No such file or directory @ rb_file_s_stat - /opt/codedeploy-agent/deployment-root/1/d-1/deployment-archive/dist"}, []diagnose.Kind{diagnose.KindSourceMissing}},
	{"source missing, as agent v2 says it", recorded{event: "Install", code: "UnknownError", message: "IO error: No such file or directory (os error 2)"}, []diagnose.Kind{diagnose.KindSourceMissing}},
	{"destination behind a link that leads nowhere", recorded{event: "Install", code: "UnknownError", message: "No such file or directory @ rb_sysopen - /var/www/current/index.html"}, []diagnose.Kind{diagnose.KindDestination}},
	{"destination where a file is", recorded{event: "Install", code: "UnknownError", message: "File exists @ dir_s_mkdir - /var/www"}, []diagnose.Kind{diagnose.KindDestination}},
	{"destination where a folder is, as agent v2 says it", recorded{event: "Install", code: "UnknownError", message: "IO error: Is a directory (os error 21)"}, []diagnose.Kind{diagnose.KindDestination}},
	{"destination that is read-only", recorded{event: "Install", code: "UnknownError", message: "Read-only file system @ rb_sysopen - /usr/x"}, []diagnose.Kind{diagnose.KindDestination}},
	{"destination of somebody else, in a local deployment", recorded{event: "Install", code: "UnknownError", message: "install /srv/x: openat srv/x: permission denied"}, []diagnose.Kind{diagnose.KindDestination}},
	{"agent unreachable", recorded{event: "ApplicationStop", code: "UnknownError", message: "CodeDeploy agent was not able to receive the lifecycle event. Check the CodeDeploy agent logs on your host and make sure the agent is running and can connect to the CodeDeploy server."}, []diagnose.Kind{diagnose.KindAgentUnreachable}},
	{"agent unreachable, without a word", recorded{event: "ApplicationStop"}, []diagnose.Kind{diagnose.KindAgentUnreachable}},
	{"agent restarted", recorded{event: "ApplicationStop", code: "UnknownError", message: "Failed: Failing in-progress lifecycle event after an agent restart."}, []diagnose.Kind{diagnose.KindAgentRestarted}},
	{"agent too old", recorded{event: "BeforeInstall", code: "UnknownError", message: "Validation of PKCS7 signed message failed"}, []diagnose.Kind{diagnose.KindAgentTooOld}},
	{"previous revision's script", recorded{event: "ApplicationStop", code: "ScriptFailed", script: "stop.sh", message: "Script at specified location: stop.sh failed with exit code 5"}, []diagnose.Kind{diagnose.KindPreviousRevision, diagnose.KindScriptFailed}},
	{"previous revision's script is gone", recorded{event: "BeforeBlockTraffic", code: "ScriptMissing", script: "b.sh", message: "Script does not exist at specified location: b.sh"}, []diagnose.Kind{diagnose.KindPreviousRevision, diagnose.KindScriptMissing}},
	{"previous revision, later event", recorded{event: "AfterBlockTraffic", code: "ScriptTimedOut", script: "b.sh"}, []diagnose.Kind{diagnose.KindPreviousRevision, diagnose.KindScriptTimedOut}},
	{"load balancer in", recorded{event: "AllowTraffic"}, []diagnose.Kind{diagnose.KindLoadBalancer}},
	{"load balancer out", recorded{event: "BlockTraffic"}, []diagnose.Kind{diagnose.KindLoadBalancer}},
	{"hook of a Lambda deployment", recorded{kind: "LambdaTarget", event: "BeforeAllowTraffic"}, []diagnose.Kind{diagnose.KindHookFunction}},
	{"hook of an ECS deployment", recorded{kind: "ECSTarget", event: "AfterAllowTestTraffic", code: "ScriptFailed"}, []diagnose.Kind{diagnose.KindHookFunction}},
	{"replacement task set", recorded{kind: "ECSTarget", event: "Install"}, []diagnose.Kind{diagnose.KindReplacementTasks}},
	{"agent's own trouble", recorded{event: "Install", code: "UnknownError", message: "something new"}, []diagnose.Kind{diagnose.KindUnknownAgentFailed}},
	{"an ECS service that was never touched", recorded{kind: "ECSTarget"}, []diagnose.Kind{diagnose.KindNotStarted}},
	{"nothing known", recorded{kind: "CloudFormationTarget", event: "AllowTraffic"}, nil},
}

func TestRecordedFailuresAreExplained(t *testing.T) {
	for _, tt := range recordings {
		t.Run(tt.name, func(t *testing.T) {
			d := diagnose.Explain(failedOutcome(tt.target("i-1")))
			if len(d.Groups) != 1 {
				t.Fatalf("%d groups, want 1", len(d.Groups))
			}
			var got []diagnose.Kind
			for _, c := range d.Groups[0].Causes {
				got = append(got, c.Kind)
				if c.Text == "" || c.Fix == "" || strings.HasSuffix(c.Text, ".") || strings.HasSuffix(c.Fix, ".") {
					t.Errorf("cause %+v: text and fix have to be clauses", c)
				}
			}
			if !slices.Equal(got, tt.want) {
				t.Errorf("causes %v, want %v", got, tt.want)
			}
		})
	}
}

func TestRetriesNameTheirSetting(t *testing.T) {
	for name, want := range map[string]diagnose.Retry{
		"previous revision's script": {Flag: "ignore-application-stop-failures"},
		"file exists":                {Flag: "file-exists-behavior", Value: "OVERWRITE"},
		"S3 access":                  {},
	} {
		for _, tt := range recordings {
			if tt.name != name {
				continue
			}
			d := diagnose.Explain(failedOutcome(tt.target("i-1")))
			if got := d.Groups[0].Causes[0].Retry; got == nil || *got != want {
				t.Errorf("%s: retry %+v, want %+v", name, got, want)
			}
		}
	}
}

func TestPreviousRevisionIgnoredAlready(t *testing.T) {
	o := failedOutcome(recorded{event: "ApplicationStop", code: "ScriptFailed", script: "stop.sh"}.target("i-1"))
	o.Info.IgnoreApplicationStopFailures = true
	if got := diagnose.Explain(o).Groups[0].Causes; len(got) != 1 || got[0].Kind != diagnose.KindScriptFailed {
		t.Errorf("causes %+v, want no advice to do what was done already", got)
	}
}

// With ignore-application-stop-failures a failure is not what a target failed at.
func TestIgnoredFailuresAreNoCauses(t *testing.T) {
	ignored := recorded{event: "ApplicationStop", code: "ScriptFailed", script: "stop.sh", message: "failed with exit code 1"}
	fatal := recorded{event: "AfterInstall", code: "ScriptFailed", script: "a.sh", message: "failed with exit code 2"}
	fine, broken := ignored.target("i-1"), ignored.target("i-2")
	fine.Status = types.TargetStatusSucceeded
	broken.Lifecycle = append(broken.Lifecycle, fatal.target("i-2").Lifecycle...)
	o := failedOutcome(fine, broken)
	o.Info.IgnoreApplicationStopFailures = true
	groups := diagnose.Explain(o).Groups
	if len(groups) != 1 || groups[0].Event != "AfterInstall" || len(groups[0].Targets) != 1 || groups[0].Targets[0].ID != "i-2" {
		t.Errorf("groups %+v, want AfterInstall on i-2 alone", groups)
	}
}

func TestEveryErrorCodeIsExplained(t *testing.T) {
	for _, code := range types.ErrorCode("").Values() {
		o := failedOutcome()
		o.Info.ErrorInformation = &types.ErrorInformation{Code: code, Message: aws.String("said the service")}
		d := diagnose.Explain(o)
		want := diagnose.Kind(strings.ReplaceAll(strings.ToLower(string(code)), "_", "-"))
		if d.Cause == nil || d.Cause.Kind != want || d.Cause.Text == "" || d.Cause.Fix == "" || d.Code != code || d.Message != "said the service" {
			t.Errorf("%s: %+v", code, d.Cause)
		}
	}
	o := failedOutcome()
	o.Info.ErrorInformation = &types.ErrorInformation{Code: "NOVEL_CODE"}
	if d := diagnose.Explain(o); d.Cause != nil || d.Code != "NOVEL_CODE" {
		t.Errorf("an unknown code is explained as %+v", d.Cause)
	}
}

func TestFailuresAlikeAreOneGroup(t *testing.T) {
	same := recorded{event: "AfterInstall", code: "ScriptFailed", script: "a.sh", message: "failed with exit code 1 on "}
	a, b, c := same.target("i-1"), same.target("i-2"), same.target("i-3")
	for i, target := range []*wait.Target{&a, &b, &c} {
		target.Lifecycle[0].Message += target.ID
		target.Lifecycle[0].LogTail = strings.Repeat("x", i%2)
	}
	other := recorded{event: "AfterInstall", code: "ScriptFailed", script: "b.sh"}.target("i-0")
	fine := wait.Target{TargetRef: wait.TargetRef{ID: "i-9"}, Status: types.TargetStatusSucceeded}
	mute := wait.Target{TargetRef: wait.TargetRef{ID: "i-8", Type: types.DeploymentTargetTypeInstanceTarget}, Status: types.TargetStatusFailed}
	d := diagnose.Explain(failedOutcome(other, a, b, c, mute, fine))
	if len(d.Groups) != 3 {
		t.Fatalf("%d groups, want 3: %+v", len(d.Groups), d.Groups)
	}
	g := d.Groups[0]
	if g.Script != "a.sh" || len(g.Targets) != 3 || g.Message != "failed with exit code 1 on i-1" || g.LogTail != "x" || g.LogTarget != "i-2" {
		t.Errorf("largest group %+v", g)
	}
	if last := d.Groups[2]; last.Event != "" || last.Causes[0].Kind != diagnose.KindNotStarted {
		t.Errorf("group of the target on which nothing began: %+v", last)
	}
}

func TestNoTargetStarted(t *testing.T) {
	skipped := func(id string) wait.Target {
		return wait.Target{
			TargetRef: wait.TargetRef{ID: id, Type: types.DeploymentTargetTypeInstanceTarget}, Status: types.TargetStatusSkipped,
			Lifecycle: []wait.LifecycleEvent{{Name: "ApplicationStop", Status: types.LifecycleEventStatusSkipped}, {Name: "Install", Status: types.LifecycleEventStatusPending}},
		}
	}
	d := diagnose.Explain(failedOutcome(skipped("i-1"), skipped("i-2")))
	if len(d.Groups) != 1 || len(d.Groups[0].Targets) != 2 || d.Groups[0].Causes[0].Kind != diagnose.KindNotStarted {
		t.Errorf("groups %+v, want both targets as not started", d.Groups)
	}
	failed := recorded{event: "Install", code: "ScriptFailed"}.target("i-3")
	if d := diagnose.Explain(failedOutcome(skipped("i-1"), failed)); len(d.Groups) != 1 || d.Groups[0].Targets[0].ID != "i-3" {
		t.Errorf("groups %+v, want only the target that failed: the other was spared", d.Groups)
	}
	stopped := failedOutcome(skipped("i-1"))
	stopped.Info.Status = types.DeploymentStatusStopped
	if d := diagnose.Explain(stopped); d.Groups != nil {
		t.Errorf("groups %+v of a deployment stopped before it began, want none", d.Groups)
	}
}

func TestPartialSuccess(t *testing.T) {
	o := failedOutcome(recorded{event: "Install", code: "ScriptFailed"}.target("i-3"))
	o.Info.Status = types.DeploymentStatusSucceeded
	o.Info.DeploymentConfigName = aws.String("CodeDeployDefault.AllAtOnce")
	o.Counts, o.Undescribed = wait.Counts{Succeeded: 1, Failed: 4}, 3
	d := diagnose.Explain(o)
	if d.Cause == nil || d.Cause.Kind != diagnose.KindPartialSuccess || !strings.Contains(d.Cause.Text, "AllAtOnce") || d.Failed != 4 || d.Targets != 5 || d.Undescribed != 3 || len(d.Groups) != 1 {
		t.Errorf("diagnosis %+v", d)
	}
}

func TestNothingWasSeen(t *testing.T) {
	d := diagnose.Explain(&wait.Outcome{ID: "d-1", TargetsDenied: true})
	if d.DeploymentID != "d-1" || d.Cause != nil || d.Groups != nil || !d.TargetsDenied {
		t.Errorf("diagnosis %+v, want an empty one", d)
	}
}

// TestTimingsOfAMoment keeps the service's order where the clock tells none.
func TestTimingsOfAMoment(t *testing.T) {
	now := time.Unix(1e9, 0)
	var lifecycle []wait.LifecycleEvent
	for _, name := range []string{"ApplicationStop", "DownloadBundle", "BeforeInstall", "AfterInstall"} {
		lifecycle = append(lifecycle, wait.LifecycleEvent{Name: name, Start: now, End: now})
	}
	var names []string
	for _, timing := range diagnose.Explain(failedOutcome(wait.Target{Lifecycle: lifecycle})).Timings {
		names = append(names, timing.Event)
	}
	if got := strings.Join(names, " "); got != "ApplicationStop DownloadBundle BeforeInstall AfterInstall" {
		t.Errorf("timings of %s", got)
	}
}

func TestTimings(t *testing.T) {
	start := time.Unix(1700000000, 0)
	target := func(id string, install, after time.Duration) wait.Target {
		return wait.Target{TargetRef: wait.TargetRef{ID: id}, Lifecycle: []wait.LifecycleEvent{
			{Name: "AfterInstall", Start: start.Add(install), End: start.Add(install + after), Duration: after},
			{Name: "BeforeInstall", Start: start, End: start},
			{Name: "Install", Start: start, End: start.Add(install), Duration: install},
			{Name: "ValidateService", Start: start.Add(install)},
		}}
	}
	got := diagnose.Explain(failedOutcome(target("i-1", 5*time.Second, 2*time.Second), target("i-2", 9*time.Second, time.Second), target("i-3", 6*time.Second, 0))).Timings
	names := []string{}
	for _, timing := range got {
		names = append(names, timing.Event)
	}
	if !slices.Equal(names, []string{"BeforeInstall", "Install", "AfterInstall"}) {
		t.Fatalf("timings of %v", names)
	}
	install := got[1]
	if install.Targets != 3 || install.Shortest != 5*time.Second || install.Median != 6*time.Second || install.Longest != 9*time.Second || install.Slowest.ID != "i-2" {
		t.Errorf("timing of Install: %+v", install)
	}
}
