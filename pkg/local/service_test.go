package local_test

import (
	"archive/zip"
	"bytes"
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/codedeploy"
	"github.com/aws/aws-sdk-go-v2/service/codedeploy/types"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/smithy-go"

	"github.com/cdx-deploy/cdx/pkg/local"
)

// peer is a listening service with clients that use its access key.
type peer struct {
	service    *local.Service
	dir        string
	codedeploy *codedeploy.Client
	s3         *s3.Client
}

// listen starts a service with the application app, its group "group", and the bucket "bucket".
func listen(t *testing.T, opts local.Options) *peer {
	t.Helper()
	if opts.Dir == "" {
		opts.Dir = t.TempDir()
	}
	service, err := local.New(opts)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := service.Close(); err != nil {
			t.Error(err)
		}
	})
	if err := service.Listen(t.Context(), ""); err != nil {
		t.Fatal(err)
	}
	if err := service.Ensure("app", "group", "bucket"); err != nil {
		t.Fatal(err)
	}
	return connect(service, opts.Dir, service.URL(), service.Credentials())
}

// connect makes clients of an endpoint.
func connect(service *local.Service, dir, url string, credentials aws.Credentials) *peer {
	config := aws.Config{
		BaseEndpoint: &url, Region: "us-east-1", RetryMaxAttempts: 1,
		Credentials: aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) { return credentials, nil }),
	}
	return &peer{
		service: service, dir: dir, codedeploy: codedeploy.NewFromConfig(config),
		s3: s3.NewFromConfig(config, func(o *s3.Options) { o.UsePathStyle = true }),
	}
}

// code is the exception's name; empty for no error.
func code(err error) string {
	var failure smithy.APIError
	if errors.As(err, &failure) {
		return failure.ErrorCode()
	}
	if err != nil {
		return err.Error()
	}
	return ""
}

// zipOf makes a bundle of path and content pairs.
func zipOf(t *testing.T, files ...string) []byte {
	t.Helper()
	var out bytes.Buffer
	w := zip.NewWriter(&out)
	for i := 0; i < len(files); i += 2 {
		header := &zip.FileHeader{Name: files[i], Method: zip.Deflate}
		header.SetMode(0o755)
		f, err := w.CreateHeader(header)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := f.Write([]byte(files[i+1])); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// appSpec is a server's AppSpec file that installs index.html and runs hook.sh before the installation.
const appSpec = `version: 0.0
os: linux
files:
  - source: index.html
    destination: /srv/www
file_exists_behavior: OVERWRITE
hooks:
  BeforeInstall:
    - location: hook.sh
      timeout: 60
`

// upload puts a bundle with the hook script and returns its revision.
func (p *peer) upload(t *testing.T, key, script string) *types.RevisionLocation {
	t.Helper()
	return p.uploadAppSpec(t, key, script, appSpec)
}

func (p *peer) uploadAppSpec(t *testing.T, key, script, appSpec string) *types.RevisionLocation {
	t.Helper()
	out, err := p.s3.PutObject(t.Context(), &s3.PutObjectInput{
		Bucket: aws.String("bucket"), Key: &key,
		Body: bytes.NewReader(zipOf(t, "appspec.yml", appSpec, "index.html", key, "hook.sh", script)),
	})
	if err != nil {
		t.Fatal(err)
	}
	return &types.RevisionLocation{RevisionType: types.RevisionLocationTypeS3, S3Location: &types.S3Location{
		Bucket: aws.String("bucket"), Key: &key, BundleType: types.BundleTypeZip, ETag: out.ETag,
	}}
}

// create creates a deployment to app and group.
func (p *peer) create(t *testing.T, revision *types.RevisionLocation, change ...func(*codedeploy.CreateDeploymentInput)) string {
	t.Helper()
	in := &codedeploy.CreateDeploymentInput{ApplicationName: aws.String("app"), DeploymentGroupName: aws.String("group"), Revision: revision}
	for _, c := range change {
		c(in)
	}
	out, err := p.codedeploy.CreateDeployment(t.Context(), in)
	if err != nil {
		t.Fatal(err)
	}
	return *out.DeploymentId
}

// get is GetDeployment.
func (p *peer) get(t *testing.T, id string) *types.DeploymentInfo {
	t.Helper()
	out, err := p.codedeploy.GetDeployment(t.Context(), &codedeploy.GetDeploymentInput{DeploymentId: &id})
	if err != nil {
		t.Fatal(err)
	}
	return out.DeploymentInfo
}

// await polls until done holds of the deployment.
func (p *peer) await(t *testing.T, id string, done func(*types.DeploymentInfo) bool) *types.DeploymentInfo {
	t.Helper()
	deadline := time.NewTimer(20 * time.Second)
	defer deadline.Stop()
	for {
		info := p.get(t, id)
		if done(info) {
			return info
		}
		select {
		case <-time.After(5 * time.Millisecond):
		case <-deadline.C:
			t.Fatalf("deployment %s is still %s", id, info.Status)
		}
	}
}

func hasEnded(info *types.DeploymentInfo) bool {
	switch info.Status {
	case types.DeploymentStatusSucceeded, types.DeploymentStatusFailed, types.DeploymentStatusStopped:
		return true
	}
	return false
}

// events returns "Name=Status" of the first target's lifecycle events.
func (p *peer) events(t *testing.T, id string) (string, []types.LifecycleEvent) {
	t.Helper()
	list, err := p.codedeploy.ListDeploymentTargets(t.Context(), &codedeploy.ListDeploymentTargetsInput{DeploymentId: &id})
	if err != nil {
		t.Fatal(err)
	}
	out, err := p.codedeploy.BatchGetDeploymentTargets(t.Context(), &codedeploy.BatchGetDeploymentTargetsInput{DeploymentId: &id, TargetIds: list.TargetIds})
	if err != nil {
		t.Fatal(err)
	}
	var events []types.LifecycleEvent
	switch target := out.DeploymentTargets[0]; target.DeploymentTargetType {
	case types.DeploymentTargetTypeEcsTarget:
		events = target.EcsTarget.LifecycleEvents
	case types.DeploymentTargetTypeLambdaTarget:
		events = target.LambdaTarget.LifecycleEvents
	default:
		events = target.InstanceTarget.LifecycleEvents
	}
	var text []string
	for _, e := range events {
		text = append(text, *e.LifecycleEventName+"="+string(e.Status))
	}
	return strings.Join(text, " "), events
}
