package wait_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/codedeploy/types"

	"github.com/cdx-deploy/cdx/pkg/wait"
)

func TestInstancesFromStartToFailure(t *testing.T) {
	w := newWire(t, map[string]script{
		"GetDeployment": inTurn(
			deployment("Created", `"createTime": 1700000000`),
			deployment("InProgress", `"createTime": 1700000000`, `"deploymentOverview": {"Pending": 1, "InProgress": 1}`),
			deployment("Failed", `"createTime": 1700000000`, `"completeTime": 1700000030.5`,
				`"deploymentOverview": {"Failed": 1, "Skipped": 1}`, `"rollbackInfo": {}`,
				`"errorInformation": {"code": "HEALTH_CONSTRAINTS", "message": "too many failed"}`),
		),
		"ListDeploymentTargets": func(_ int, in request) reply {
			if in.NextToken == "" {
				return ok(`{"targetIds": ["i-1"], "nextToken": "more"}`)
			}
			return ok(`{"targetIds": ["i-2", "i-1"]}`)
		},
		"BatchGetDeploymentTargets": inTurn(
			ok(`{"deploymentTargets": [
				{"deploymentTargetType": "InstanceTarget", "instanceTarget": {"targetId": "i-1", "status": "InProgress", "lifecycleEvents": [
					{"lifecycleEventName": "BeforeInstall", "status": "InProgress", "startTime": 1700000010},
					{"lifecycleEventName": "Install", "status": "Pending"}]}},
				{"deploymentTargetType": "InstanceTarget", "instanceTarget": {"targetId": "i-2", "status": "Pending", "instanceLabel": "Green"}}]}`),
			ok(`{"deploymentTargets": [
				{"deploymentTargetType": "InstanceTarget", "instanceTarget": {"targetId": "i-1", "targetArn": "arn:1", "status": "Failed", "lastUpdatedAt": 1700000020, "lifecycleEvents": [
					{"lifecycleEventName": "BeforeInstall", "status": "Failed", "startTime": 1700000010, "endTime": 1700000012.25,
					 "diagnostics": {"errorCode": "ScriptFailed", "scriptName": "stop.sh", "message": "exit code 1", "logTail": "[stderr]no"}},
					{"lifecycleEventName": "Install", "status": "Skipped"}]}},
				{"deploymentTargetType": "InstanceTarget", "instanceTarget": {"targetId": "i-2", "status": "Skipped", "instanceLabel": "Green"}}]}`),
		),
	})
	outcome, lines, err := w.follow(wait.Options{})
	expectLines(t, lines,
		"d-1:  -> Created",
		"d-1: Created -> InProgress",
		"d-1: {Pending:1 InProgress:1 Ready:0 Succeeded:0 Failed:0 Skipped:0}",
		"d-1: i-1:  -> InProgress",
		"d-1: i-1: BeforeInstall InProgress 0s",
		"d-1: i-2Green:  -> Pending",
		"d-1: InProgress -> Failed",
		"d-1: {Pending:0 InProgress:0 Ready:0 Succeeded:0 Failed:1 Skipped:1}",
		"d-1: i-1: InProgress -> Failed",
		"d-1: i-1: BeforeInstall Failed 2.25s",
		"d-1: i-1: Install Skipped 0s",
		"d-1: i-2Green: Pending -> Skipped",
	)
	var failed *wait.FailedError
	if !errors.As(err, &failed) || *failed != (wait.FailedError{ID: "d-1", Status: "Failed", Code: "HEALTH_CONSTRAINTS", Reason: "too many failed", FailedTargets: 1, Targets: 2}) {
		t.Fatalf("For = %#v", err)
	}
	if outcome.Duration() != 30500*time.Millisecond || outcome.Calls != (wait.Calls{Deployment: 3, Targets: 4}) || outcome.Rollback != nil || outcome.Partial() {
		t.Errorf("outcome: %v, %+v, rollback %v", outcome.Duration(), outcome.Calls, outcome.Rollback)
	}
	first := outcome.Targets[0]
	if e := first.Failed(); len(outcome.Targets) != 2 || e == nil || e.Script != "stop.sh" || e.LogTail != "[stderr]no" || e.Code != "ScriptFailed" || e.Message != "exit code 1" || first.ARN != "arn:1" {
		t.Errorf("targets: %+v", outcome.Targets)
	}
	if outcome.Targets[1].Failed() != nil {
		t.Error("a skipped target has a failed event")
	}
}

func TestTrafficOfTheOtherPlatforms(t *testing.T) {
	for name, targets := range map[string][2]string{
		"cluster:service": {
			`{"deploymentTargetType": "ECSTarget", "ecsTarget": {"targetId": "cluster:service", "status": "InProgress", "taskSetsInfo": [
				{"taskSetLabel": "Blue", "trafficWeight": 100}]}}`,
			`{"deploymentTargetType": "ECSTarget", "ecsTarget": {"targetId": "cluster:service", "status": "Succeeded", "taskSetsInfo": [
				{"taskSetLabel": "Blue", "trafficWeight": 0}, {"taskSetLabel": "Green", "trafficWeight": 100}]}}`,
		},
		"function": {
			`{"deploymentTargetType": "LambdaTarget", "lambdaTarget": {"targetId": "function", "status": "InProgress", "lambdaFunctionInfo": {"targetVersionWeight": 0}}}`,
			`{"deploymentTargetType": "LambdaTarget", "lambdaTarget": {"targetId": "function", "status": "Succeeded", "lambdaFunctionInfo": {"targetVersionWeight": 100}}}`,
		},
		"stack": {
			`{"deploymentTargetType": "CloudFormationTarget", "cloudFormationTarget": {"targetId": "stack", "status": "InProgress"}}`,
			`{"deploymentTargetType": "CloudFormationTarget", "cloudFormationTarget": {"targetId": "stack", "status": "Succeeded", "targetVersionWeight": 100}}`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWire(t, map[string]script{
				"GetDeployment":             inTurn(deployment("InProgress"), deployment("Succeeded")),
				"ListDeploymentTargets":     inTurn(refuse("DeploymentNotStartedException"), ok(`{"targetIds": [%q]}`, name)),
				"BatchGetDeploymentTargets": inTurn(ok(`{"deploymentTargets": [%s]}`, targets[0]), ok(`{"deploymentTargets": [%s]}`, targets[1])),
			})
			w.scripts["GetDeployment"] = inTurn(deployment("InProgress"), deployment("InProgress"), deployment("Succeeded"))
			outcome, lines, err := w.follow(wait.Options{})
			if err != nil {
				t.Fatal(err)
			}
			expectLines(t, lines,
				"d-1:  -> InProgress",
				"d-1: "+name+":  -> InProgress",
				"d-1: InProgress -> Succeeded",
				"d-1: "+name+": InProgress -> Succeeded",
				"d-1: "+name+": 100 %",
			)
			if outcome.Counts != (wait.Counts{Succeeded: 1}) {
				t.Errorf("counts without an overview: %+v", outcome.Counts)
			}
		})
	}
}

func TestTroubleIsWaitedOut(t *testing.T) {
	for name, trouble := range map[string]reply{
		"throttled":     refuse("ThrottlingException"),
		"server error":  {status: 500, body: `{"__type": "InternalFailure"}`},
		"bad gateway":   {status: 502, body: "<html>bad gateway</html>"},
		"reset":         {},
		"proxy page":    {status: 200, body: "<html>please log in</html>"},
		"proxy refusal": {status: 403, body: "<html>no</html>"},
		"novel error":   refuse("NovelException"),
		"empty answer":  {status: 200, body: "{}"},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWire(t, map[string]script{
				"GetDeployment": inTurn(deployment("InProgress"), trouble, trouble, trouble, trouble, trouble, deployment("Succeeded")),
				"ListDeploymentTargets": func(n int, _ request) reply {
					if n < 2 {
						return trouble
					}
					return ok(`{"targetIds": ["i-1"]}`)
				},
				"BatchGetDeploymentTargets": func(n int, _ request) reply {
					if n < 1 {
						return trouble
					}
					return ok(`{"deploymentTargets": [{"instanceTarget": {"targetId": "i-1", "status": "Succeeded"}}]}`)
				},
			})
			outcome, lines, err := w.follow(wait.Options{})
			if err != nil || w.count("GetDeployment") != 7 {
				t.Errorf("For = %v after %d polls, want success after 7: no retries of the client's own", err, w.count("GetDeployment"))
			}
			if text := strings.Join(lines, "\n"); !strings.Contains(text, "(4)\nd-1: resumed after 5") || strings.Contains(text, "(3)") {
				t.Errorf("events:\n%s\nwant failures 1, 2 and 4 told, then that it goes on", text)
			}
			if len(outcome.Targets) != 1 && name != "empty answer" {
				t.Errorf("targets %+v, want the one", outcome.Targets)
			}
		})
	}
}

func TestTargetsDeniedIsSaidOnce(t *testing.T) {
	w := newWire(t, map[string]script{
		"GetDeployment":         inTurn(deployment("InProgress"), deployment("InProgress"), deployment("Succeeded", `"deploymentOverview": {"Succeeded": 3}`)),
		"ListDeploymentTargets": inTurn(refuse("AccessDeniedException")),
	})
	outcome, lines, err := w.follow(wait.Options{})
	if err != nil || !outcome.TargetsDenied || w.count("ListDeploymentTargets") != 1 {
		t.Errorf("For = %v, denied %v after %d lists", err, outcome.TargetsDenied, w.count("ListDeploymentTargets"))
	}
	expectLines(t, lines, "d-1:  -> InProgress",
		"d-1: targets-denied: access to targets is denied; going on without their details",
		"d-1: InProgress -> Succeeded", "d-1: {Pending:0 InProgress:0 Ready:0 Succeeded:3 Failed:0 Skipped:0}")
}

func TestDetailsThatComeLateAreWaitedFor(t *testing.T) {
	w := newWire(t, map[string]script{
		"GetDeployment":             inTurn(deployment("Failed", `"deploymentOverview": {"Failed": 1}`)),
		"ListDeploymentTargets":     inTurn(refuse("DeploymentNotStartedException"), ok(`{"targetIds": ["i-1"]}`)),
		"BatchGetDeploymentTargets": inTurn(ok(`{"deploymentTargets": [{"instanceTarget": {"targetId": "i-1", "status": "Failed"}}]}`)),
	})
	if outcome, _, _ := w.follow(wait.Options{}); len(outcome.Targets) != 1 {
		t.Errorf("targets %+v, want the one that failed", outcome.Targets)
	}
}

func TestVanishedTargetIsForgotten(t *testing.T) {
	w := newWire(t, map[string]script{
		"GetDeployment":         inTurn(deployment("Failed", `"deploymentOverview": {"Failed": 5}`)),
		"ListDeploymentTargets": inTurn(ok(`{"targetIds": ["i-1", "i-2", "gone", "i-3", "i-4"]}`)),
		"BatchGetDeploymentTargets": func(_ int, in request) reply {
			var details []string
			for _, id := range in.TargetIDs {
				if id == "gone" {
					return refuse("DeploymentTargetDoesNotExistException")
				}
				details = append(details, fmt.Sprintf(`{"instanceTarget": {"targetId": %q, "status": "Failed"}}`, id))
			}
			return ok(`{"deploymentTargets": [%s]}`, strings.Join(details, ","))
		},
	})
	outcome, _, _ := w.follow(wait.Options{})
	if len(outcome.Targets) != 4 || outcome.Undescribed != 1 {
		t.Errorf("%d targets described, %d not; want 4 and 1", len(outcome.Targets), outcome.Undescribed)
	}
}

func TestUnknownKindsAreSaidOnce(t *testing.T) {
	w := newWire(t, map[string]script{
		"GetDeployment":             inTurn(deployment("Simmering"), deployment("InProgress"), deployment("Simmering"), deployment("Succeeded")),
		"ListDeploymentTargets":     inTurn(ok(`{"targetIds": ["q"]}`)),
		"BatchGetDeploymentTargets": inTurn(ok(`{"deploymentTargets": [{"deploymentTargetType": "QuantumTarget", "quantumTarget": {"targetId": "q"}}]}`)),
	})
	_, lines, err := w.follow(wait.Options{})
	if err != nil {
		t.Error(err)
	}
	expectLines(t, lines,
		"d-1:  -> Simmering",
		`d-1: unknown-status: status "Simmering" is not known here; waiting on`,
		`d-1: unknown-target: targets of type "QuantumTarget" are not known here; going on without their details`,
		"d-1: Simmering -> InProgress", "d-1: InProgress -> Simmering", "d-1: Simmering -> Succeeded")
}

func TestStrictCallsPartialSuccessAFailure(t *testing.T) {
	for strict, want := range map[bool]string{true: "failed", false: "ok"} {
		w := newWire(t, map[string]script{"GetDeployment": inTurn(deployment("Succeeded", `"deploymentOverview": {"Succeeded": 8, "Failed": 2}`))})
		outcome, _, err := w.follow(wait.Options{Strict: strict})
		if got := kindOf(err); got != want || !outcome.Partial() {
			t.Errorf("strict %v: For = %v, partial %v", strict, err, outcome.Partial())
		}
	}
}

func TestAgeGoesByTheServicesClock(t *testing.T) {
	date := time.Date(2031, 1, 1, 0, 0, 0, 0, time.UTC)
	created := fmt.Sprintf(`"createTime": %d`, date.Add(-time.Hour).Unix())
	running := deployment("InProgress", created)
	running.date = date
	w := newWire(t, map[string]script{"GetDeployment": func(n int, _ request) reply {
		if n < 20 {
			return running
		}
		return deployment("Succeeded")
	}})
	var age time.Duration
	_, err := wait.For(t.Context(), w.client(nil), "d-1", wait.Options{
		Interval: 2 * time.Millisecond, Heartbeat: time.Millisecond, OnEvent: func(e wait.Event) {
			if beat, ok := e.(wait.Heartbeat); ok && beat.Status == "InProgress" {
				age = beat.Age
			}
		},
	})
	if err != nil || age.Round(time.Minute) != time.Hour {
		t.Errorf("For = %v, age %v, want one hour", err, age)
	}
}

func TestReadyTellsTheTimeLeft(t *testing.T) {
	now := time.Now()
	ready := deployment("Ready", fmt.Sprintf(`"createTime": %d`, now.Add(-2*time.Hour).Unix()),
		`"blueGreenDeploymentConfiguration": {"deploymentReadyOption": {"actionOnTimeout": "STOP_DEPLOYMENT", "waitTimeInMinutes": 60}}`)
	changed := ok(`{"deploymentTargets": [{"instanceTarget": {"targetId": "i-1", "status": "Ready", "lastUpdatedAt": %d, "lifecycleEvents": [
		{"lifecycleEventName": "Install", "status": "Succeeded", "endTime": %d}]}}]}`, now.Add(-50*time.Minute).Unix(), now.Add(-20*time.Minute).Unix())
	targets := map[string]script{
		"ListDeploymentTargets":     inTurn(ok(`{"targetIds": ["i-1"]}`)),
		"BatchGetDeploymentTargets": inTurn(changed),
	}
	t.Run("seen to become ready", func(t *testing.T) {
		w := newWire(t, map[string]script{"GetDeployment": inTurn(deployment("InProgress"), ready, ready, deployment("Stopped"))})
		_, lines, err := w.follow(wait.Options{})
		expectLines(t, lines, "d-1:  -> InProgress", "d-1: InProgress -> Ready", "d-1: ready, STOP_DEPLOYMENT, 1h0m0s left", "d-1: Ready -> Stopped")
		if kindOf(err) != "stopped" {
			t.Error(err)
		}
	})
	t.Run("found ready, until ready", func(t *testing.T) {
		w := newWire(t, targets)
		w.scripts["GetDeployment"] = inTurn(ready)
		_, lines, err := w.follow(wait.Options{Until: wait.UntilReady})
		expectLines(t, lines, "d-1:  -> Ready", "d-1: i-1:  -> Ready", "d-1: i-1: Install Succeeded 0s", "d-1: ready, STOP_DEPLOYMENT, 40m0s left")
		if err != nil {
			t.Error(err)
		}
	})
	t.Run("without a deadline", func(t *testing.T) {
		w := newWire(t, map[string]script{"GetDeployment": inTurn(deployment("Ready"))})
		_, lines, _ := w.follow(wait.Options{Until: wait.UntilReady})
		expectLines(t, lines, "d-1:  -> Ready", "d-1: ready, , 0s left")
	})
}

func TestTerminationOfTheOriginalsIsTold(t *testing.T) {
	for config, kept := range map[string]string{
		``: "for a while",
		`"blueGreenDeploymentConfiguration": {"terminateBlueInstancesOnDeploymentSuccess": {"action": "TERMINATE", "terminationWaitTimeInMinutes": 90}},`: "for 1h30m0s",
	} {
		leaving := config + `"instanceTerminationWaitTimeStarted": true`
		w := newWire(t, map[string]script{"GetDeployment": inTurn(
			deployment("InProgress"), deployment("InProgress", leaving), deployment("InProgress", leaving), deployment("Succeeded", leaving))})
		_, lines, err := w.follow(wait.Options{})
		expectLines(t, lines, "d-1:  -> InProgress",
			"d-1: termination-wait: the traffic is rerouted; the original targets are kept "+kept+" before they are terminated", "d-1: InProgress -> Succeeded")
		if err != nil {
			t.Error(err)
		}
	}
}

func TestExpiredCredentials(t *testing.T) {
	expired := func(good string) script {
		return func(n int, in request) reply {
			if n > 0 && in.AccessKey != good {
				return refuse("ExpiredTokenException")
			}
			if n > 2 {
				return deployment("Succeeded")
			}
			return deployment("InProgress")
		}
	}
	t.Run("static ones end the wait at once", func(t *testing.T) {
		w := newWire(t, map[string]script{"GetDeployment": expired("NEW")})
		_, err := wait.For(t.Context(), w.client(aws.NewCredentialsCache(credentials.NewStaticCredentialsProvider("OLD", "S", "T"))), "d-1", wait.Options{Interval: time.Millisecond})
		var lost *wait.LostError
		if !errors.As(err, &lost) || lost.Status != "InProgress" || w.count("GetDeployment") != 2 || !strings.Contains(err.Error(), "cannot be refreshed") {
			t.Errorf("For = %v after %d polls, want a LostError after 2", err, w.count("GetDeployment"))
		}
	})
	t.Run("others are refreshed although this machine's clock is slow", func(t *testing.T) {
		w := newWire(t, map[string]script{"GetDeployment": expired("KEY2")})
		issued := 0
		creds := aws.NewCredentialsCache(aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
			issued++
			return aws.Credentials{AccessKeyID: fmt.Sprint("KEY", issued), SecretAccessKey: "S", CanExpire: true, Expires: time.Now().Add(time.Hour)}, nil
		}))
		if _, err := wait.For(t.Context(), w.client(creds), "d-1", wait.Options{Interval: time.Millisecond}); err != nil || issued != 2 {
			t.Errorf("For = %v, credentials issued %d times, want success with the second", err, issued)
		}
	})
}

func TestCredentialsThatCannotBeHad(t *testing.T) {
	session := errors.New("the SSO session has expired")
	for name, tt := range map[string]struct {
		err   error
		after int // good answers before
		want  string
	}{
		"for good":                    {session, 1, "lost"},
		"for good, from the start":    {session, 0, "lost"},
		"for want of a network":       {answer(503, errors.New("metadata service")), 1, "ok"},
		"with no network to be had":   {answer(503, errors.New("metadata service")), 0, "lost"},
		"by a refusal of the issuer":  {answer(400, &types.InvalidRoleException{}), 1, "lost"},
		"because of a slow machine":   {context.DeadlineExceeded, 1, "ok"},
		"because the issuer throttle": {refusedBy("Throttling", 400), 1, "ok"},
		"because the role was denied": {refusedBy("AccessDenied", 403), 1, "lost"},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWire(t, map[string]script{"GetDeployment": func(n int, _ request) reply {
				if n >= tt.after {
					return deployment("Succeeded")
				}
				return deployment("InProgress")
			}})
			asked := 0
			creds := aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
				if asked++; asked > tt.after && asked <= tt.after+5 {
					return aws.Credentials{}, tt.err
				}
				return aws.Credentials{AccessKeyID: "K", SecretAccessKey: "S"}, nil
			})
			_, err := wait.For(t.Context(), w.client(creds), "d-1", wait.Options{Interval: time.Millisecond})
			if got := kindOf(err); got != tt.want || got == "lost" && !errors.Is(err, tt.err) {
				t.Errorf("For = %v, want %s", err, tt.want)
			}
		})
	}
}

func TestClockSkewIsSurvived(t *testing.T) {
	w := newWire(t, map[string]script{"GetDeployment": inTurn(refuse("InvalidSignatureException"), refuse("RequestTimeTooSkewed"), deployment("Succeeded"))})
	if _, _, err := w.follow(wait.Options{}); err != nil {
		t.Error(err)
	}
}

func TestFollowingSeveral(t *testing.T) {
	w := newWire(t, map[string]script{"GetDeployment": func(n int, in request) reply {
		if n < 12 {
			return deployment("InProgress")
		}
		return deployment(map[string]string{"d-1": "Succeeded", "d-2": "Failed", "d-3": "Stopped"}[in.DeploymentID])
	}})
	seen := map[string]int{}
	results := wait.All(t.Context(), w.client(nil), []string{"d-1", "d-2", "d-3"}, wait.Options{
		Interval: time.Millisecond, OnEvent: func(e wait.Event) { seen[e.Head().DeploymentID]++ },
	})
	for i, want := range []string{"ok", "failed", "stopped"} {
		if r := results[i]; kindOf(r.Err) != want || r.ID != fmt.Sprint("d-", i+1) || r.Outcome.ID != r.ID || seen[r.ID] == 0 {
			t.Errorf("result %d: %+v, want %s", i, r, want)
		}
	}
}
