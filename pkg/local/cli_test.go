package local_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/codedeploy/types"

	"github.com/cdx-deploy/cdx/pkg/local"
)

// awsCLI runs the AWS CLI against a service.
type awsCLI struct {
	path string
	env  []string
}

// newAWSCLI finds the CLI, or skips the test.
func newAWSCLI(t *testing.T, p *peer) *awsCLI {
	t.Helper()
	path, err := exec.LookPath("aws")
	if err != nil {
		t.Skip("the AWS CLI is not at hand")
	}
	credentials := p.service.Credentials()
	others := slices.DeleteFunc(os.Environ(), func(v string) bool { return strings.HasPrefix(v, "AWS_") })
	return &awsCLI{path: path, env: append(others,
		"AWS_ENDPOINT_URL="+p.service.URL(), "AWS_ACCESS_KEY_ID="+credentials.AccessKeyID, "AWS_SECRET_ACCESS_KEY="+credentials.SecretAccessKey,
		"AWS_DEFAULT_REGION=us-east-1", "AWS_CONFIG_FILE="+os.DevNull,
		"AWS_SHARED_CREDENTIALS_FILE="+os.DevNull, "AWS_PAGER=", "AWS_MAX_ATTEMPTS=1", "AWS_EC2_METADATA_DISABLED=true")}
}

// run runs a command and returns everything that it prints; want is part of that.
func (a *awsCLI) run(t *testing.T, want string, args ...string) string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), a.path, args...)
	cmd.Env = a.env
	out, err := cmd.CombinedOutput()
	text := strings.TrimSpace(string(out))
	if !strings.Contains(text, want) || (err != nil) != strings.Contains(want, "(") {
		t.Fatalf("aws %s: %v\n%s\nwant %s", strings.Join(args, " "), err, text, want)
	}
	return text
}

// writeSource makes a directory that can be pushed.
func writeSource(t *testing.T) string {
	t.Helper()
	source := t.TempDir()
	for name, text := range map[string]string{"appspec.yml": appSpec, "index.html": "hello", "hook.sh": goodHook} {
		if err := os.WriteFile(filepath.Join(source, name), []byte(text), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	return source
}

// TestAWSCLI is a day with the AWS CLI: a failing command is told by the exception in brackets.
func TestAWSCLI(t *testing.T) {
	if testing.Short() {
		t.Skip("the AWS CLI takes half a second to start")
	}
	t.Parallel()
	p := listen(t, local.Options{})
	cli := newAWSCLI(t, p)
	web := []string{"--application-name", "web"}
	deploy := func(want, command string, args ...string) string {
		t.Helper()
		return cli.run(t, want, slices.Concat([]string{"deploy", command}, args)...)
	}
	deploy("applicationId", "create-application", web...)
	deploy("deploymentGroupId", "create-deployment-group", append(web, "--deployment-group-name", "g", "--service-role-arn", *role,
		"--ec2-tag-filters", "Key=Role,Value=web,Type=KEY_AND_VALUE")...)
	hint := deploy("bundleType=zip,eTag=", "push", append(web, "--s3-location", "s3://bucket/web/one.zip", "--source", writeSource(t))...)
	_, rest, _ := strings.Cut(hint, "--s3-location ")
	location, _, _ := strings.Cut(rest, " ")
	cli.run(t, "web/one.zip", "s3", "ls", "--recursive", "s3://bucket")
	id := deploy("d-", "create-deployment", append(web, "--deployment-group-name", "g", "--s3-location", location, "--query", "deploymentId", "--output", "text")...)
	deploy("", "wait", "deployment-successful", "--deployment-id", id)
	deploy(`"Succeeded": 1`, "get-deployment", "--deployment-id", id)
	deploy(id, "batch-get-deployments", "--deployment-ids", id)
	deploy(`"local"`, "list-deployment-targets", "--deployment-id", id)
	deploy("from the hook", "batch-get-deployment-targets", "--deployment-id", id, "--target-ids", "local")
	deploy(id, "list-deployments", append(web, "--deployment-group-name", "g")...)
	deploy("KEY_AND_VALUE", "get-deployment-group", append(web, "--deployment-group-name", "g")...)
	deploy(`"web/one.zip"`, "list-application-revisions", append(web, "--deployed", "include")...)
	deploy(`"g"`, "get-application-revision", append(web, "--s3-location", location)...)
	deploy("(DeploymentAlreadyCompletedException)", "stop-deployment", "--deployment-id", id)
	deploy("(DeploymentAlreadyCompletedException)", "continue-deployment", "--deployment-id", id)
	installed, err := os.ReadFile(filepath.Join(p.dir, "root/srv/www/index.html"))
	if err != nil || string(installed) != "hello" {
		t.Errorf("installed %q, %v", installed, err)
	}
}

// TestAWSCLIStopsAndContinues has deployments that wait: one for a person, one for ever.
func TestAWSCLIStopsAndContinues(t *testing.T) {
	if testing.Short() {
		t.Skip("the AWS CLI takes half a second to start")
	}
	t.Parallel()
	p := seeded(t, `
applications:
  - name: shop
    deploymentGroups:
      - {name: green, blueGreen: true, deployments: [{steps: [{status: Ready}, {status: Succeeded}]}]}
      - {name: slow, deployments: [{steps: [{after: 1h, status: Succeeded}]}]}
`)
	cli := newAWSCLI(t, p)
	create := func(group string) string {
		t.Helper()
		return cli.run(t, "d-", "deploy", "create-deployment", "--application-name", "shop", "--deployment-group-name", group,
			"--s3-location", "bucket=bucket,key=x.zip,bundleType=zip", "--query", "deploymentId", "--output", "text")
	}
	ready := create("green")
	p.await(t, ready, func(info *types.DeploymentInfo) bool { return info.Status == types.DeploymentStatusReady })
	cli.run(t, "", "deploy", "continue-deployment", "--deployment-id", ready, "--deployment-wait-type", "READY_WAIT")
	cli.run(t, "", "deploy", "wait", "deployment-successful", "--deployment-id", ready)
	slow := create("slow")
	cli.run(t, "(DeploymentLimitExceededException)", "deploy", "create-deployment", "--application-name", "shop", "--deployment-group-name", "slow",
		"--s3-location", "bucket=bucket,key=x.zip,bundleType=zip")
	cli.run(t, "Pending", "deploy", "stop-deployment", "--deployment-id", slow)
	if end := p.await(t, slow, hasEnded); end.Status != types.DeploymentStatusStopped {
		t.Errorf("%s", end.Status)
	}
}
