package local_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

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

// TestAWSCLI is a day with the AWS CLI: a failing command is told by the exception in brackets.
func TestAWSCLI(t *testing.T) {
	if testing.Short() {
		t.Skip("the AWS CLI takes half a second to start")
	}
	t.Parallel()
	p := listen(t, local.Options{})
	cli := newAWSCLI(t, p)
	source := t.TempDir()
	for name, text := range map[string]string{"appspec.yml": appSpec, "index.html": "hello", "hook.sh": goodHook} {
		if err := os.WriteFile(filepath.Join(source, name), []byte(text), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	cli.run(t, "applicationId", "deploy", "create-application", "--application-name", "web")
	cli.run(t, "deploymentGroupId", "deploy", "create-deployment-group", "--application-name", "web", "--deployment-group-name", "g", "--service-role-arn", *role)
	hint := cli.run(t, "bundleType=zip,eTag=", "deploy", "push", "--application-name", "web", "--s3-location", "s3://bucket/web/one.zip", "--source", source)
	_, rest, _ := strings.Cut(hint, "--s3-location ")
	location, _, _ := strings.Cut(rest, " ")
	cli.run(t, "web/one.zip", "s3", "ls", "--recursive", "s3://bucket")
	id := cli.run(t, "d-", "deploy", "create-deployment", "--application-name", "web", "--deployment-group-name", "g", "--s3-location", location,
		"--query", "deploymentId", "--output", "text")
	cli.run(t, "", "deploy", "wait", "deployment-successful", "--deployment-id", id)
	cli.run(t, `"Succeeded": 1`, "deploy", "get-deployment", "--deployment-id", id)
	cli.run(t, "from the hook", "deploy", "batch-get-deployment-targets", "--deployment-id", id, "--target-ids", "local")
	cli.run(t, id, "deploy", "list-deployments", "--application-name", "web", "--deployment-group-name", "g")
	cli.run(t, "(DeploymentAlreadyCompletedException)", "deploy", "stop-deployment", "--deployment-id", id)
	cli.run(t, "(DeploymentAlreadyCompletedException)", "deploy", "continue-deployment", "--deployment-id", id)
	installed, err := os.ReadFile(filepath.Join(p.dir, "root/srv/www/index.html"))
	if err != nil || string(installed) != "hello" {
		t.Errorf("installed %q, %v", installed, err)
	}
}
