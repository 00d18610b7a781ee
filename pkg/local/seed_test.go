package local_test

import (
	"context"
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/codedeploy"
	"github.com/aws/aws-sdk-go-v2/service/codedeploy/types"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/sts"

	"github.com/cdx-deploy/cdx/pkg/local"
)

const scenario = `
buckets: [seeded]
applications:
  - name: shop
    deploymentGroups:
      - name: web
        rollBack: true
        deployments:
          - targets: [i-1]
          - targets: [i-1, i-2]
            steps:
              - {after: 10ms, status: InProgress}
              - {target: i-1, status: InProgress}
              - {target: "*", event: ApplicationStop, status: Succeeded}
              - {target: i-2, event: AfterInstall, status: InProgress}
              - {after: 5ms, target: i-2, event: AfterInstall, status: Failed, errorCode: ScriptFailed, script: a.sh, message: exit code 1, logTail: "broken\n"}
              - {target: i-2, status: Failed}
              - {target: i-1, status: Succeeded}
              - {status: Failed}
          - targets: [i-1]
            steps:
              - {status: Stopped, errorCode: ALARM_ACTIVE, message: an alarm}
      - name: ready
        blueGreen: true
        deployments:
          - targets: [i-3]
            steps: [{status: Ready}, {status: Succeeded}]
  - name: fn
    computePlatform: Lambda
    deploymentGroups: [{name: g, deployments: [{steps: [{status: Succeeded}]}]}]
  - name: svc
    computePlatform: ECS
    deploymentGroups: [{name: g}]
faults:
  - {operation: GetApplication, after: 1, count: 1}
  - {operation: S3, count: 1, after: 4}
`

func seeded(t *testing.T, text string) *peer {
	t.Helper()
	seed, err := local.ParseSeed([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return listen(t, local.Options{Seed: seed})
}

// toGroup makes a deployment one to a group of the scenario.
func toGroup(application, group string) func(*codedeploy.CreateDeploymentInput) {
	return func(in *codedeploy.CreateDeploymentInput) {
		in.ApplicationName, in.DeploymentGroupName = &application, &group
	}
}

func TestSeedTimelines(t *testing.T) {
	t.Parallel()
	p := seeded(t, scenario)
	revision := p.upload(t, "one.zip", goodHook)
	good := p.await(t, p.create(t, revision, toGroup("shop", "web")), hasEnded)
	if good.Status != types.DeploymentStatusSucceeded || good.DeploymentOverview.Succeeded != 1 {
		t.Fatalf("%+v", good)
	}
	bad := p.await(t, p.create(t, revision, toGroup("shop", "web")), hasEnded)
	if bad.Status != types.DeploymentStatusFailed || bad.ErrorInformation.Code != types.ErrorCodeHealthConstraints ||
		bad.DeploymentOverview.Succeeded != 1 || bad.DeploymentOverview.Failed != 1 || aws.ToString(bad.RollbackInfo.RollbackDeploymentId) == "" {
		t.Errorf("%+v, %+v, %+v", bad, bad.ErrorInformation, bad.RollbackInfo)
	}
	out, err := p.codedeploy.GetDeploymentTarget(t.Context(), &codedeploy.GetDeploymentTargetInput{DeploymentId: bad.DeploymentId, TargetId: aws.String("i-2")})
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range out.DeploymentTarget.InstanceTarget.LifecycleEvents {
		if *e.LifecycleEventName == "AfterInstall" && (e.Status != types.LifecycleEventStatusFailed || *e.Diagnostics.LogTail != "broken\n" || e.StartTime == nil || e.EndTime == nil) {
			t.Errorf("%+v", e)
		}
	}
	stopped := p.await(t, *bad.RollbackInfo.RollbackDeploymentId, hasEnded)
	if stopped.Status != types.DeploymentStatusStopped || stopped.ErrorInformation.Code != types.ErrorCodeAlarmActive {
		t.Errorf("%+v", stopped)
	}

	ready := p.create(t, revision, toGroup("shop", "ready"))
	p.await(t, ready, func(d *types.DeploymentInfo) bool { return d.Status == types.DeploymentStatusReady })
	if _, err := p.codedeploy.ContinueDeployment(t.Context(), &codedeploy.ContinueDeploymentInput{DeploymentId: &ready}); err != nil {
		t.Fatal(err)
	}
	if d := p.await(t, ready, hasEnded); d.Status != types.DeploymentStatusSucceeded {
		t.Errorf("%+v", d)
	}
}

// A target whose event fails has Failed, one whose event is cut off too, and the others are Skipped; where the
// deployment Succeeds, so do the targets of which nothing was said.
func TestSeedCounts(t *testing.T) {
	t.Parallel()
	p := seeded(t, `
applications:
  - name: shop
    deploymentGroups:
      - name: web
        deployments:
          - targets: [i-1, i-2, i-3, i-4, i-5]
            steps:
              - {target: i-1, event: Install, status: Failed, errorCode: UnknownError}
              - {target: i-2, event: BeforeInstall, status: InProgress}
              - {target: i-3, event: BeforeInstall, status: Succeeded}
              - {target: i-4, status: Succeeded}
              - {status: Failed}
          - targets: [i-1, i-2]
            steps:
              - {target: i-1, event: ApplicationStop, status: Failed}
              - {target: i-2, event: Install, status: Failed}
              - {status: Succeeded}
`)
	revision := p.upload(t, "one.zip", goodHook)
	bad := p.await(t, p.create(t, revision, toGroup("shop", "web")), hasEnded)
	if got := *bad.DeploymentOverview; got != (types.DeploymentOverview{Failed: 2, Skipped: 2, Succeeded: 1}) {
		t.Errorf("%+v", got)
	}
	good := p.await(t, p.create(t, revision, toGroup("shop", "web"), func(in *codedeploy.CreateDeploymentInput) { in.IgnoreApplicationStopFailures = true }), hasEnded)
	if got := *good.DeploymentOverview; got != (types.DeploymentOverview{Failed: 1, Succeeded: 1}) {
		t.Errorf("%+v", got)
	}
}

// The traffic of a timeline is that of the target, and all of it once AllowTraffic has Succeeded.
func TestSeedTraffic(t *testing.T) {
	t.Parallel()
	p := seeded(t, `
applications:
  - name: fn
    computePlatform: Lambda
    deploymentGroups:
      - name: g
        deployments:
          - targets: [my-function]
            steps:
              - {status: InProgress}
              - {target: my-function, event: AllowTraffic, status: InProgress, traffic: 10}
              - {status: Ready}
`)
	id := p.create(t, contentOf(lambdaAppSpec), toGroup("fn", "g"))
	p.await(t, id, func(d *types.DeploymentInfo) bool { return d.Status == types.DeploymentStatusReady })
	weight := func() float64 {
		out := must[*codedeploy.GetDeploymentTargetOutput](t)(p.codedeploy.GetDeploymentTarget(t.Context(), &codedeploy.GetDeploymentTargetInput{DeploymentId: &id, TargetId: aws.String("my-function")}))
		return out.DeploymentTarget.LambdaTarget.LambdaFunctionInfo.TargetVersionWeight
	}
	if got := weight(); got != 10 {
		t.Errorf("%v %% after 10", got)
	}
	if _, err := p.codedeploy.ContinueDeployment(t.Context(), &codedeploy.ContinueDeploymentInput{DeploymentId: &id}); err != nil {
		t.Fatal(err)
	}
	p.await(t, id, hasEnded)
	if got := weight(); got != 100 {
		t.Errorf("%v %% at the end", got)
	}
}

func TestSeedFaults(t *testing.T) {
	t.Parallel()
	p := seeded(t, scenario)
	for i, want := range []string{"", "ThrottlingException", ""} {
		_, err := p.codedeploy.GetApplication(t.Context(), &codedeploy.GetApplicationInput{ApplicationName: aws.String("fn")})
		if code(err) != want {
			t.Errorf("request %d: %v, want %q", i+1, err, want)
		}
	}
	for i, want := range []string{"", "", "", "", "SlowDown", ""} {
		_, err := p.s3.ListObjectsV2(t.Context(), &s3.ListObjectsV2Input{Bucket: aws.String("seeded")})
		if code(err) != want {
			t.Errorf("request %d to S3: %v, want %q", i+1, err, want)
		}
	}
	other := seeded(t, `faults: [{operation: ListApplications, code: AccessDeniedException, message: "no & no", status: 403}]`)
	response, err := other.codedeploy.ListApplications(t.Context(), &codedeploy.ListApplicationsInput{})
	if code(err) != "AccessDeniedException" || !strings.Contains(err.Error(), "no & no") || !strings.Contains(err.Error(), http.StatusText(http.StatusForbidden)) && !strings.Contains(err.Error(), "403") {
		t.Errorf("%+v, %v", response, err)
	}
}

// Every mistake is told with its line and key.
func TestSeedMistakes(t *testing.T) {
	const step = "line 1: applications[0].deploymentGroups[0].deployments[0].steps[0]."
	for text, want := range map[string]string{
		"application: []":                  "line 1: application: unknown key: there are buckets, applications, gitHubAccountTokens, faults",
		"buckets: 1":                       `line 1: buckets: found "1", expected a list`,
		"buckets: [[a]]":                   "line 1: buckets[0]: expected a text",
		"[]":                               "line 1: expected keys with values: buckets, applications, gitHubAccountTokens, faults",
		"buckets:\n\t- a":                  "line 2: found character that cannot start any token",
		"buckets: [aaa]\n---\nbuckets: []": "line 2: a second document, and a seed is one",
		"buckets: [aaa]\nfaults: []\nbuckets: []":                                       "line 3: buckets: given twice",
		"applications: &a [*a]":                                                         "line 1: applications[0]: expected keys with values: name, computePlatform, deploymentGroups",
		"applications: [&a {<<: *a}]":                                                   "line 1: applications[0]: an anchor that contains itself",
		"applications:\n- name: a\n  deploymentGroups:\n  - nme: g":                     "line 4: applications[0].deploymentGroups[0].nme: unknown key: there are name, blueGreen, rollBack, deployments",
		"applications:\n- name: a\n  deploymentGroups:\n  - {name: g, rollBack: maybe}": `line 4: applications[0].deploymentGroups[0].rollBack: found "maybe", expected true or false`,
		"applications:\n- name: a\n  deploymentGroups:\n  - {name: g, deployments: [{targets: [i-1,\n    i-1]}]}": `line 5: applications[0].deploymentGroups[0].deployments[0].targets[1]: the target "i-1" is empty or given twice`,
		"applications: [{name: a, computePlatform: Sever}]":                                                       `line 1: applications[0].computePlatform: the compute platform "Sever" is unknown: there are Server, Lambda, ECS`,
		"faults: [{operation: S3},\n{operation: GetDeploymnt}]":                                                   `line 2: faults[1].operation: the operation "GetDeploymnt" is unknown: those of CodeDeploy, S3 and STS are known`,
		"faults: [{operation: S3,\nstatus: 200}]":                                                                 "line 2: faults[0].status: 200 is no HTTP status of a failure, 400 to 599",
		"faults: [{operation: S3, count: -1}]":                                                                    "line 1: faults[0].count: a number of requests below zero",
		"faults: [{operation: S3, after: -1}]":                                                                    "line 1: faults[0].after: a number of requests below zero",
		"faults: [{operation: S3, after: many}]":                                                                  `line 1: faults[0].after: found "many", expected a whole number`,
		timelineOf(`{after: 2, status: Failed}`):                                                                  step + `after: found "2", expected a time with its unit, such as 1.5s`,
		timelineOf(`{status: Done}`):                                                                              step + `status: the status "Done" is unknown: there are Created, `,
		timelineOf(`{target: i-9, status: Failed}`):                                                               step + `target: the target "i-9" is not in targets: i-1`,
		timelineOf(`{event: Install, status: Failed}`):                                                            step + "event: an event without a target",
		timelineOf(`{target: i-1, event: Install, status: Ready}`):                                                step + `status: the status "Ready" is unknown: there are Pending, `,
		timelineOf(`{target: i-1, status: Created}`):                                                              step + `status: the status "Created" is unknown: there are Pending, `,
		timelineOf(`{target: i-1, event: Install, status: Failed, errorCode: X}`):                                 step + `errorCode: the error code "X" is unknown: there are Success, `,
		timelineOf(`{status: Failed, errorCode: ScriptFailed}`):                                                   step + `errorCode: the error code "ScriptFailed" is unknown: there are `,
		timelineOf(`{target: i-1, status: InProgress, traffic: 10}`):                                              step + "traffic: traffic is a percentage, with an event",
		timelineOf(`{target: i-1, event: Install, status: Failed, traffic: 101}`):                                 step + "traffic: traffic is a percentage, with an event",
		timelineOf(`{target: i-1, event: Install, status: Failed, traffic: x}`):                                   step + `traffic: found "x", expected a number`,
		timelineOf(`{after: -1s, status: Failed}`):                                                                step + "after: a pause below zero",
		timelineOf(`{target: i-1, event: AfterInstal, status: Failed}`):                                           step + `event: the event "AfterInstal" is none of BeforeBlockTraffic,`,
	} {
		_, err := local.ParseSeed([]byte(text))
		var mistake *local.SeedError
		if !errors.As(err, &mistake) || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%s:\n%v, want\n%s", text, err, want)
		}
	}
}

// What only the service knows is told with its line and key as well.
func TestSeedCannotBePlanted(t *testing.T) {
	for text, want := range map[string]string{
		"buckets: [good,\nNO]":                  "line 2: buckets[1]: create bucket NO: InvalidBucketName: The specified bucket is not valid.",
		"gitHubAccountTokens: [\"\"]":           "line 1: gitHubAccountTokens[0]: an empty name",
		"applications:\n- computePlatform: ECS": "line 2: applications[0].name: create application : Application name must be specified",
		"applications:\n- name: my app":         "line 2: applications[0].name: create application my app: Application name contains invalid characters: ",
		"applications:\n- name: a\n  deploymentGroups:\n  - blueGreen: true\n    name: a/b": "line 5: applications[0].deploymentGroups[0].name: create deployment group a/b: Deployment group name contains invalid characters: ",
		"applications:\n- name: a\n- name: a\n  computePlatform: ECS":                       "line 4: applications[1].computePlatform: the application a is there, for the compute platform Server",
	} {
		seed, err := local.ParseSeed([]byte(text))
		if err != nil {
			t.Fatal(err)
		}
		_, err = local.New(local.Options{Dir: t.TempDir(), Seed: seed})
		if mistake := (*local.SeedError)(nil); !errors.As(err, &mistake) || !strings.HasPrefix(mistake.Error(), want) {
			t.Errorf("%s:\n%v, want\n%s", text, err, want)
		}
	}
	_, err := local.New(local.Options{Dir: t.TempDir(), Seed: &local.Seed{Buckets: []string{"NO"}}})
	if mistake := (*local.SeedError)(nil); !errors.As(err, &mistake) || mistake.Line != 0 || mistake.Key != "buckets[0]" {
		t.Errorf("a seed that was not read: %v", err)
	}
}

// Anchors and merged keys save writing.
func TestSeedAnchors(t *testing.T) {
	seed, err := local.ParseSeed([]byte("applications: [{name: a, deploymentGroups: [&g {name: g, rollBack: true}, {<<: *g, name: h}, {<<: [*g], name: i}]}]"))
	if err != nil || len(seed.Applications[0].Groups) != 3 || !seed.Applications[0].Groups[1].RollBack || seed.Applications[0].Groups[2].Name != "i" {
		t.Errorf("%+v, %v", seed, err)
	}
}

// A seed begins anew with every service, also one that goes on with what another has kept.
func TestSeedBeginsAnew(t *testing.T) {
	dir := t.TempDir()
	for range 2 {
		seed, err := local.ParseSeed([]byte(`{applications: [{name: shop, deploymentGroups: [{name: web, deployments: [{steps: [{status: Failed}]}, {}]}]}], faults: [{operation: GetApplication, count: 1}]}`))
		if err != nil {
			t.Fatal(err)
		}
		p := listen(t, local.Options{Keep: true, Dir: dir, Seed: seed})
		if _, err := p.codedeploy.GetApplication(t.Context(), &codedeploy.GetApplicationInput{ApplicationName: app}); code(err) != "ThrottlingException" {
			t.Errorf("the first request: %v", err)
		}
		for _, want := range []types.DeploymentStatus{types.DeploymentStatusFailed, types.DeploymentStatusSucceeded, types.DeploymentStatusSucceeded} {
			if d := p.await(t, p.create(t, zipAt("x"), toGroup("shop", "web")), hasEnded); d.Status != want {
				t.Errorf("%s, want %s", d.Status, want)
			}
		}
		if err := p.service.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

// A fault of STS is one in STS's own words.
func TestSeedFaultOfSTS(t *testing.T) {
	p := seeded(t, `faults: [{operation: STS, code: ExpiredToken, status: 403, message: over, after: 1, count: 1}]`)
	client := sts.New(sts.Options{BaseEndpoint: aws.String(p.service.URL()), Region: "us-east-1", RetryMaxAttempts: 1, Credentials: aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
		return p.service.Credentials(), nil
	})})
	for i, want := range []string{"", "ExpiredToken", ""} {
		if _, err := client.GetCallerIdentity(t.Context(), &sts.GetCallerIdentityInput{}); code(err) != want {
			t.Errorf("request %d: %v, want %q", i+1, err, want)
		}
	}
}

// timelineOf is a seed with one step.
func timelineOf(step string) string {
	return "applications: [{name: a, deploymentGroups: [{name: g, deployments: [{targets: [i-1], steps: [" + step + "]}]}]}]"
}

func FuzzParseSeed(f *testing.F) {
	f.Add([]byte(scenario))
	f.Add([]byte(timelineOf("{status: Failed}")))
	f.Fuzz(func(t *testing.T, data []byte) {
		seed, err := local.ParseSeed(data)
		if (seed == nil) != (err != nil) {
			t.Errorf("%v, %v", seed, err)
		}
	})
}

// TestSeedInTheGuide keeps the example of the guide one that works.
func TestSeedInTheGuide(t *testing.T) {
	guide, err := os.ReadFile(filepath.Join("..", "..", "docs", "local.md"))
	if err != nil {
		t.Fatal(err)
	}
	_, text, _ := strings.Cut(strings.ReplaceAll(string(guide), "\r\n", "\n"), "```yaml\n")
	text, _, found := strings.Cut(text, "```")
	if !found {
		t.Fatal("the guide has no example")
	}
	p := seeded(t, text)
	if _, err := p.codedeploy.GetDeploymentGroup(t.Context(), &codedeploy.GetDeploymentGroupInput{ApplicationName: aws.String("shop"), DeploymentGroupName: aws.String("web")}); err != nil {
		t.Error(err)
	}
}

func TestSeedGitHubAccounts(t *testing.T) {
	c := seeded(t, "gitHubAccountTokens: [one, two]").codedeploy
	deleted := must[*codedeploy.DeleteGitHubAccountTokenOutput](t)(c.DeleteGitHubAccountToken(t.Context(), &codedeploy.DeleteGitHubAccountTokenInput{TokenName: aws.String("one")}))
	list := must[*codedeploy.ListGitHubAccountTokenNamesOutput](t)(c.ListGitHubAccountTokenNames(t.Context(), &codedeploy.ListGitHubAccountTokenNamesInput{}))
	if *deleted.TokenName != "one" || !slices.Equal(list.TokenNameList, []string{"two"}) {
		t.Errorf("%+v, %+v", deleted, list)
	}
}
