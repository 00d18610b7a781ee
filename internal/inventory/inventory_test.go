package inventory_test

import (
	"context"
	"errors"
	"fmt"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/codedeploy"
	"github.com/aws/aws-sdk-go-v2/service/codedeploy/types"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/smithy-go"

	"github.com/cdx-deploy/cdx/internal/inventory"
	"github.com/cdx-deploy/cdx/pkg/local"
)

const role = "arn:aws:iam::123456789012:role/CodeDeploy"

// account is the embedded service with a client for each of its halves.
type account struct {
	*codedeploy.Client
	s3 *s3.Client

	mu     sync.Mutex
	refuse map[string]error // by operation
	calls  map[string]int
}

func newAccount(t *testing.T) *account {
	t.Helper()
	served, err := local.New(local.Options{Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(served.Handler())
	t.Cleanup(func() {
		server.Close()
		if err := served.Close(); err != nil {
			t.Error(err)
		}
	})
	pair := served.Credentials()
	config := aws.Config{
		BaseEndpoint: &server.URL, Region: served.Region(), RetryMaxAttempts: 1,
		Credentials: credentials.NewStaticCredentialsProvider(pair.AccessKeyID, pair.SecretAccessKey, ""),
	}
	return &account{
		Client: codedeploy.NewFromConfig(config), s3: s3.NewFromConfig(config, func(o *s3.Options) { o.UsePathStyle = true }),
		refuse: map[string]error{}, calls: map[string]int{},
	}
}

func (a *account) count(operation string) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.calls[operation]++
	return a.refuse[operation]
}

func (a *account) BatchGetApplications(ctx context.Context, in *codedeploy.BatchGetApplicationsInput, opts ...func(*codedeploy.Options)) (*codedeploy.BatchGetApplicationsOutput, error) {
	if err := a.count("BatchGetApplications"); err != nil {
		return nil, err
	}
	return a.Client.BatchGetApplications(ctx, in, opts...)
}

func (a *account) BatchGetDeploymentGroups(ctx context.Context, in *codedeploy.BatchGetDeploymentGroupsInput, opts ...func(*codedeploy.Options)) (*codedeploy.BatchGetDeploymentGroupsOutput, error) {
	if err := a.count("BatchGetDeploymentGroups"); err != nil {
		return nil, err
	}
	return a.Client.BatchGetDeploymentGroups(ctx, in, opts...)
}

func (a *account) BatchGetApplicationRevisions(ctx context.Context, in *codedeploy.BatchGetApplicationRevisionsInput, opts ...func(*codedeploy.Options)) (*codedeploy.BatchGetApplicationRevisionsOutput, error) {
	if err := a.count("BatchGetApplicationRevisions"); err != nil {
		return nil, err
	}
	return a.Client.BatchGetApplicationRevisions(ctx, in, opts...)
}

func (a *account) GetDeploymentConfig(ctx context.Context, in *codedeploy.GetDeploymentConfigInput, opts ...func(*codedeploy.Options)) (*codedeploy.GetDeploymentConfigOutput, error) {
	if err := a.count("GetDeploymentConfig"); err != nil {
		return nil, err
	}
	return a.Client.GetDeploymentConfig(ctx, in, opts...)
}

func (a *account) application(t *testing.T, name string, groups ...string) {
	t.Helper()
	if _, err := a.CreateApplication(t.Context(), &codedeploy.CreateApplicationInput{ApplicationName: &name}); err != nil {
		t.Fatal(err)
	}
	for _, group := range groups {
		if _, err := a.CreateDeploymentGroup(t.Context(), &codedeploy.CreateDeploymentGroupInput{
			ApplicationName: &name, DeploymentGroupName: &group, ServiceRoleArn: aws.String(role),
		}); err != nil {
			t.Fatal(err)
		}
	}
}

var (
	errDenied = &smithy.GenericAPIError{Code: "AccessDeniedException", Message: "no"}
	errBroken = errors.New("broken")
)

// TestWholeLists reads lists of several pages and batches, in order.
func TestWholeLists(t *testing.T) {
	a := newAccount(t)
	var groups, applications []string
	for i := range 130 {
		groups = append(groups, fmt.Sprintf("g%03d", i))
	}
	a.application(t, "app", groups...)
	for i := range 120 {
		applications = append(applications, fmt.Sprintf("b%03d", i))
		a.application(t, applications[i])
	}
	infos, err := inventory.Groups(t.Context(), a, "app", 0)
	if err != nil || !slices.Equal(groupNames(infos), groups) {
		t.Errorf("groups: %d, %v", len(infos), err)
	}
	if a.calls["BatchGetDeploymentGroups"] != 6 {
		t.Errorf("%d requests for 130 groups", a.calls["BatchGetDeploymentGroups"])
	}
	if infos, err := inventory.Groups(t.Context(), a, "app", 101); err != nil || len(infos) != 101 {
		t.Errorf("101 groups: %d, %v", len(infos), err)
	}
	all, err := inventory.Applications(t.Context(), a, 0)
	if err != nil || len(all) != 121 || *all[0].ApplicationName != "app" || *all[120].ApplicationName != "b119" {
		t.Errorf("applications: %d, %v", len(all), err)
	}
	if none, err := inventory.Groups(t.Context(), a, "b001", 0); err != nil || none == nil || len(none) != 0 {
		t.Errorf("no groups: %v, %v", none, err)
	}
}

func groupNames(infos []types.DeploymentGroupInfo) (names []string) {
	for _, info := range infos {
		names = append(names, *info.DeploymentGroupName)
	}
	return names
}

// TestWithoutPermission shows names where nothing else may be seen, and other errors.
func TestWithoutPermission(t *testing.T) {
	a := newAccount(t)
	a.application(t, "app", "web")
	register(t, a, "k")
	for _, test := range []struct {
		operation string
		look      func() (int, error)
	}{
		{"BatchGetApplications", func() (int, error) {
			infos, err := inventory.Applications(t.Context(), a, 0)
			return len(infos), err
		}},
		{"BatchGetDeploymentGroups", func() (int, error) {
			infos, err := inventory.Groups(t.Context(), a, "app", 0)
			return len(infos), err
		}},
		{"BatchGetApplicationRevisions", func() (int, error) {
			infos, err := inventory.Revisions(t.Context(), a, codedeploy.ListApplicationRevisionsInput{ApplicationName: aws.String("app")}, 0)
			return len(infos), err
		}},
		{"GetDeploymentConfig", func() (int, error) {
			infos, err := inventory.Configs(t.Context(), a, 1)
			return len(infos), err
		}},
	} {
		a.refuse[test.operation] = errDenied
		if n, err := test.look(); n != 1 || err != nil {
			t.Errorf("%s is denied: %d, %v", test.operation, n, err)
		}
		a.refuse[test.operation] = errBroken
		if _, err := test.look(); !errors.Is(err, errBroken) {
			t.Errorf("%s is broken: %v", test.operation, err)
		}
		delete(a.refuse, test.operation)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for name, err := range map[string]error{
		"applications": second(inventory.Applications(ctx, a, 0)), "groups": second(inventory.Groups(ctx, a, "app", 0)),
		"configurations": second(inventory.Configs(ctx, a, 0)), "users": second(inventory.ConfigUsers(ctx, a, nil)),
		"revisions": second(inventory.Revisions(ctx, a, codedeploy.ListApplicationRevisionsInput{ApplicationName: aws.String("app")}, 0)),
	} {
		if !errors.Is(err, context.Canceled) {
			t.Errorf("%s, cancelled: %v", name, err)
		}
	}
	var missing *types.ApplicationDoesNotExistException
	if _, err := inventory.Groups(t.Context(), a, "none", 0); !errors.As(err, &missing) {
		t.Errorf("an application that is not there: %v", err)
	}
}

func second[T any](_ T, err error) error { return err }

func TestConfigs(t *testing.T) {
	a := newAccount(t)
	for _, name := range []string{"Zebra", "Own"} {
		if _, err := a.CreateDeploymentConfig(t.Context(), &codedeploy.CreateDeploymentConfigInput{
			DeploymentConfigName: &name, MinimumHealthyHosts: &types.MinimumHealthyHosts{Type: types.MinimumHealthyHostsTypeHostCount, Value: 1},
		}); err != nil {
			t.Fatal(err)
		}
	}
	infos, err := inventory.Configs(t.Context(), a, 0)
	if err != nil || len(infos) != 19 || *infos[0].DeploymentConfigName != "Own" || *infos[1].DeploymentConfigName != "Zebra" || !inventory.IsBuiltIn(*infos[2].DeploymentConfigName) {
		t.Fatalf("%d, %v", len(infos), err)
	}
	a.application(t, "one", "a", "b")
	a.application(t, "two", "c")
	for _, group := range [][2]string{{"one", "b"}, {"two", "c"}} {
		if _, err := a.UpdateDeploymentGroup(t.Context(), &codedeploy.UpdateDeploymentGroupInput{
			ApplicationName: &group[0], CurrentDeploymentGroupName: &group[1], DeploymentConfigName: aws.String("Own"),
		}); err != nil {
			t.Fatal(err)
		}
	}
	users, err := inventory.ConfigUsers(t.Context(), a, []string{"Own", "Zebra"})
	if err != nil || !slices.Equal(groupNames(users["Own"]), []string{"b", "c"}) || users["Zebra"] != nil {
		t.Errorf("%v, %v", users, err)
	}
	a.refuse["BatchGetDeploymentGroups"] = errDenied
	if users, err = inventory.ConfigUsers(t.Context(), a, []string{"Own"}); !errors.Is(err, errDenied) {
		t.Errorf("users that cannot be seen: %v, %v", users, err)
	}
}

func register(t *testing.T, a *account, key string) {
	t.Helper()
	if _, err := a.RegisterApplicationRevision(t.Context(), &codedeploy.RegisterApplicationRevisionInput{
		ApplicationName: aws.String("app"), Revision: inS3(key, ""),
	}); err != nil {
		t.Fatal(err)
	}
}

func inS3(key, eTag string) *types.RevisionLocation {
	at := &types.S3Location{Bucket: aws.String("bucket"), Key: &key, BundleType: types.BundleTypeZip}
	if eTag != "" {
		at.ETag = &eTag
	}
	return &types.RevisionLocation{RevisionType: types.RevisionLocationTypeS3, S3Location: at}
}

func TestRevisionsAndTheirObjects(t *testing.T) {
	a := newAccount(t)
	a.application(t, "app")
	if _, err := a.s3.CreateBucket(t.Context(), &s3.CreateBucketInput{Bucket: aws.String("bucket")}); err != nil {
		t.Fatal(err)
	}
	for i := range 60 {
		register(t, a, fmt.Sprintf("k%02d", i))
	}
	if _, err := a.s3.PutObject(t.Context(), &s3.PutObjectInput{Bucket: aws.String("bucket"), Key: aws.String("k07"), Body: strings.NewReader("x")}); err != nil {
		t.Fatal(err)
	}
	in := codedeploy.ListApplicationRevisionsInput{ApplicationName: aws.String("app")}
	infos, err := inventory.Revisions(t.Context(), a, in, 0)
	if err != nil || len(infos) != 60 || a.calls["BatchGetApplicationRevisions"] != 3 {
		t.Fatalf("%d revisions by %d requests, %v", len(infos), a.calls["BatchGetApplicationRevisions"], err)
	}
	present := 0
	for i, object := range inventory.Objects(t.Context(), a.s3, infos) {
		isThere := *infos[i].RevisionLocation.S3Location.Key == "k07"
		if isThere != (object == inventory.Present) || !isThere && object != inventory.Gone {
			t.Errorf("%s is %s", *infos[i].RevisionLocation.S3Location.Key, object)
		}
		if isThere {
			present++
		}
	}
	if present != 1 {
		t.Errorf("%d are present", present)
	}
	if n, err := inventory.CountRevisions(t.Context(), a, "app", 10); n != 10 || err != nil {
		t.Errorf("%d, %v", n, err)
	}
	for name, want := range map[*types.RevisionLocation]inventory.Object{
		inS3("k07", "0000"): inventory.Replaced, inS3("none", ""): inventory.Gone, nil: inventory.Elsewhere,
		{RevisionType: types.RevisionLocationTypeGitHub}: inventory.Elsewhere,
	} {
		if got := inventory.LookAtObject(t.Context(), a.s3, name); got != want {
			t.Errorf("%+v is %s", name, got)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if got := inventory.LookAtObject(ctx, a.s3, inS3("k07", "")); got != inventory.NotChecked {
		t.Errorf("a look that failed: %s", got)
	}
	rev := inS3("k07", "")
	if got := inventory.Pin(t.Context(), a.s3, rev); got != inventory.Present || aws.ToString(rev.S3Location.ETag) == "" || strings.Contains(*rev.S3Location.ETag, `"`) || rev.S3Location.Version != nil {
		t.Errorf("%s, %+v", got, rev.S3Location)
	}
	if got := inventory.Pin(t.Context(), a.s3, inS3("none", "")); got != inventory.Gone {
		t.Errorf("nothing to pin: %s", got)
	}
}

func TestIsActive(t *testing.T) {
	for status, want := range map[types.DeploymentStatus]bool{
		"": false, types.DeploymentStatusSucceeded: false, types.DeploymentStatusFailed: false, types.DeploymentStatusStopped: false,
		types.DeploymentStatusReady: true, types.DeploymentStatusQueued: true, "New": true,
	} {
		if got := inventory.IsActive(&types.DeploymentGroupInfo{LastAttemptedDeployment: &types.LastDeploymentInfo{Status: status}}); got != want {
			t.Errorf("%s: %v", status, got)
		}
	}
	if inventory.IsActive(&types.DeploymentGroupInfo{}) {
		t.Error("a group that nothing was deployed to is active")
	}
}
