package prune

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/codedeploy/types"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	s3types "github.com/aws/aws-sdk-go-v2/service/s3/types"
)

// scene is an application with a deployment group, and objects that it has registered: ten
// days old, one for each key.
type scene struct {
	account
	bucket
	app *application
}

func newScene(keys ...string) *scene {
	s := &scene{account: account{now: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)}}
	s.app = s.account.add("app", "group")
	for _, key := range keys {
		s.register(s.app, s.upload(key))
	}
	s.now = s.now.Add(240 * time.Hour)
	return s
}

// upload makes an object and names it with all there is.
func (s *scene) upload(key string) types.RevisionLocation {
	made := s.put(key, "etag-of-"+key, s.now)
	at := &types.S3Location{Bucket: aws.String("bucket"), Key: &made.key, ETag: aws.String(made.etag)}
	if made.version != "" && made.version != "null" {
		at.Version = &made.version
	}
	return types.RevisionLocation{RevisionType: types.RevisionLocationTypeS3, S3Location: at}
}

func (s *scene) revision(i int) types.RevisionLocation { return *s.app.revisions[i].RevisionLocation }

func (s *scene) look(t *testing.T, opts Options) *Plan {
	t.Helper()
	opts.Application, opts.Bucket, opts.Now = "app", "bucket", s.now
	plan, err := Look(t.Context(), &s.account, &s.bucket, opts)
	if err != nil {
		t.Fatal(err)
	}
	return plan
}

// keys are those of the objects in a state.
func keys(plan *Plan, state State) string {
	var all []string
	for _, o := range plan.In(state) {
		all = append(all, *o.Revision.S3Location.Key)
	}
	return strings.Join(all, " ")
}

func reasons(plan *Plan, key string) string {
	for _, o := range plan.Objects {
		if *o.Revision.S3Location.Key == key {
			return strings.Join(o.Reasons, "; ")
		}
	}
	return ""
}

func TestWhatAGroupNeeds(t *testing.T) {
	s := newScene("never", "older", "old", "previous", "failed", "running", "target")
	for i, status := range []types.DeploymentStatus{1: "Succeeded", 2: "Succeeded", 3: "Succeeded", 4: "Failed", 5: "InProgress"} {
		if status != "" {
			s.now = s.now.Add(time.Hour)
			s.deploy(s.app, 0, s.revision(i), status)
		}
	}
	target := s.revision(6)
	s.app.groups[0].TargetRevision = &target
	s.now = s.now.Add(240 * time.Hour)
	plan := s.look(t, Options{Keep: 1, MinAge: 24 * time.Hour})
	if got := keys(plan, Unneeded); got != "never older" {
		t.Errorf("unneeded: %s", got)
	}
	for key, want := range map[string]string{
		"previous": "deployment group group: its last successful deployment d-3",
		"old":      "deployment group group: what its last successful deployment d-3 replaced",
		"failed":   "deployment group group: what its last deployment d-5 replaced",
		"running":  "deployment group group: its active deployment d-5",
		"target":   "deployment group group: its target revision",
	} {
		if got := reasons(plan, key); !strings.Contains(got, want) {
			t.Errorf("%s stays because %s", key, got)
		}
	}
	if plan.SizeBytes() != 200 {
		t.Errorf("%d bytes", plan.SizeBytes())
	}
	if got := keys(s.look(t, Options{Keep: 3}), Unneeded); got != "never" {
		t.Errorf("unneeded, with three kept: %s", got)
	}
	if got := keys(s.look(t, Options{KeyPrefix: "o"}), Unneeded); got != "older" {
		t.Errorf("unneeded under a prefix: %s", got)
	}
}

// TestRollback keeps what a rollback brings back, however often the present revision has
// been deployed since.
func TestRollback(t *testing.T) {
	s := newScene("older", "before", "now")
	for _, i := range []int{0, 1, 2, 2, 2} {
		s.now = s.now.Add(time.Hour)
		s.deploy(s.app, 0, s.revision(i), types.DeploymentStatusSucceeded)
	}
	s.now = s.now.Add(240 * time.Hour)
	plan := s.look(t, Options{})
	if got := keys(plan, Unneeded); got != "older" {
		t.Errorf("unneeded: %s", got)
	}
	if got := reasons(plan, "before"); got != "deployment group group: a rollback would bring it back, as of d-2" {
		t.Error(got)
	}
}

func TestYoung(t *testing.T) {
	s := newScene("old", "used", "uploaded")
	s.app.revisions[1].GenericRevisionInfo.LastUsedTime = aws.Time(s.now.Add(-2 * time.Hour))
	s.blobs[2].modified = s.now.Add(-time.Hour)
	s.register(s.app, s.upload("new"))
	s.app.revisions = append(s.app.revisions, types.RevisionInfo{RevisionLocation: &types.RevisionLocation{S3Location: &types.S3Location{Bucket: aws.String("bucket"), Key: aws.String("secret")}}})
	plan := s.look(t, Options{MinAge: 90 * time.Minute * 2})
	if got := keys(plan, Unneeded); got != "old" {
		t.Errorf("unneeded: %s", got)
	}
	for key, want := range map[string]string{
		"used": "used less than 3h ago", "uploaded": "uploaded less than 3h ago", "new": "registered less than 3h ago",
		"secret": "CodeDeploy does not tell when it was registered",
	} {
		if got := reasons(plan, key); got != want {
			t.Errorf("%s stays because %s", key, got)
		}
	}
}

func TestObjects(t *testing.T) {
	s := newScene("there", "gone", "replaced", "held", "locked", "free-again", "bare", "overwritten")
	s.drop(func(b *blob) bool { return b.key == "gone" })
	s.bucket.find("replaced", "").etag = "another"
	s.bucket.find("held", "").lock = s3.HeadObjectOutput{ObjectLockLegalHoldStatus: s3types.ObjectLockLegalHoldStatusOn}
	s.bucket.find("locked", "").lock = s3.HeadObjectOutput{ObjectLockMode: s3types.ObjectLockModeGovernance, ObjectLockRetainUntilDate: aws.Time(s.now.Add(time.Hour))}
	s.bucket.find("free-again", "").lock = s3.HeadObjectOutput{ObjectLockMode: s3types.ObjectLockModeCompliance, ObjectLockRetainUntilDate: aws.Time(s.now.Add(-time.Hour))}
	s.app.revisions[6].RevisionLocation.S3Location.ETag = nil
	s.app.revisions[7].RevisionLocation.S3Location.ETag = nil
	s.bucket.find("overwritten", "").modified = s.now.Add(-time.Hour)
	plan := s.look(t, Options{})
	if got := keys(plan, Unneeded); got != "there free-again bare" {
		t.Errorf("unneeded: %s", got)
	}
	if got := keys(plan, Gone); got != "gone replaced overwritten" {
		t.Errorf("gone: %s", got)
	}
	if got := reasons(plan, "held") + ", " + reasons(plan, "locked"); got != "S3 Object Lock has it on legal hold, S3 Object Lock retains it until 2026-01-11T01:00:00Z" {
		t.Error(got)
	}
	s.failHead = status(http.StatusForbidden, "Forbidden")
	if got := reasons(s.look(t, Options{}), "there"); got != "its object may not be looked at (s3:GetObject, s3:GetObjectVersion)" {
		t.Error(got)
	}
	s.failHead = status(http.StatusServiceUnavailable, "SlowDown")
	if got := reasons(s.look(t, Options{}), "there"); !strings.Contains(got, "SlowDown") {
		t.Error(got)
	}
}

func TestMFADelete(t *testing.T) {
	s := newScene()
	s.versioning, s.mfa = s3types.BucketVersioningStatusEnabled, true
	s.register(s.app, s.upload("key"))
	s.now = s.now.Add(time.Hour)
	if plan := s.look(t, Options{}); !plan.MFADelete || keys(plan, Unneeded) != "key" {
		t.Errorf("%+v", plan)
	}
}

func TestOtherApplications(t *testing.T) {
	s := newScene("shared", "registered", "own")
	other := s.account.add("other", "web")
	for i := range 2 {
		s.register(other, s.revision(i)).GenericRevisionInfo.RegisterTime = aws.Time(s.now.Add(-time.Hour))
	}
	s.deploy(other, 0, s.revision(0), types.DeploymentStatusSucceeded)
	if got := keys(s.look(t, Options{}), Unneeded); got != "registered own" {
		t.Errorf("unneeded: %s", got)
	}
	if got := keys(s.look(t, Options{Unshared: true}), Unneeded); got != "shared registered own" {
		t.Errorf("unneeded, unshared: %s", got)
	}
	if got := reasons(s.look(t, Options{MinAge: 2 * time.Hour}), "registered"); got != "application other: registered less than 2h ago" {
		t.Error(got)
	}
	for operation, want := range map[string]string{
		"ListApplications":                   "another application may need it: the applications cannot be listed (codedeploy:ListApplications)",
		"ListApplicationRevisions other":     "application other may need it: its revisions cannot be read (codedeploy:ListApplicationRevisions)",
		"BatchGetDeploymentGroups other":     "application other has registered it, and may need it: what its deployment groups need cannot be read",
		"BatchGetApplicationRevisions other": "application other has registered it, and may need it: what its deployment groups need cannot be read",
	} {
		s.account.fail = map[string]error{operation: denied()}
		plan := s.look(t, Options{})
		if got := reasons(plan, "registered"); got != want {
			t.Errorf("%s denied: %s", operation, got)
		}
	}
	s.account.fail = map[string]error{"ListApplicationRevisions other": &types.ApplicationDoesNotExistException{}}
	if got := keys(s.look(t, Options{}), Unneeded); got != "shared registered own" {
		t.Errorf("an application that was deleted meanwhile: %s", got)
	}
}

// TestUnreadable makes each operation fail: then nothing is known.
func TestUnreadable(t *testing.T) {
	s := newScene("one")
	other := s.account.add("other", "web")
	s.register(other, s.revision(0))
	s.deploy(s.app, 0, s.revision(0), types.DeploymentStatusSucceeded)
	opts := Options{Application: "app", Bucket: "bucket", Now: s.now}
	for _, operation := range []string{
		"ListApplications", "ListDeploymentGroups", "BatchGetDeploymentGroups", "ListApplicationRevisions", "BatchGetApplicationRevisions",
		"ListDeployments", "BatchGetDeployments", "GetDeployment", "ListApplicationRevisions other", "ListDeploymentGroups other",
	} {
		failure := errors.New("broken")
		s.account.fail = map[string]error{operation: failure}
		if plan, err := Look(t.Context(), &s.account, &s.bucket, opts); !errors.Is(err, failure) || plan != nil {
			t.Errorf("%s fails: %+v, %v", operation, plan, err)
		}
	}
	s.account.fail = nil
	for _, s.omit = range []string{"BatchGetDeploymentGroups", "BatchGetApplicationRevisions"} {
		var incomplete *IncompleteError
		if _, err := Look(t.Context(), &s.account, &s.bucket, opts); !errors.As(err, &incomplete) || incomplete.Error() == "" {
			t.Errorf("%s tells less: %v", s.omit, err)
		}
	}
	s.omit = ""
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := Look(ended, &s.account, &s.bucket, opts); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
}

// TestForgottenDeployment has a group whose last deployment CodeDeploy does not know.
func TestForgottenDeployment(t *testing.T) {
	s := newScene("one", "two")
	target := s.revision(0)
	s.app.groups[0].TargetRevision, s.app.groups[0].LastSuccessfulDeployment = &target, &types.LastDeploymentInfo{DeploymentId: aws.String("d-0")}
	if got := keys(s.look(t, Options{}), Unneeded); got != "two" {
		t.Errorf("unneeded: %s", got)
	}
}

func TestDelete(t *testing.T) {
	s := newScene("a", "b", "c")
	var told []string
	if err := Delete(t.Context(), &s.bucket, s.look(t, Options{}).In(Unneeded), func(o Object) { told = append(told, o.URL()) }); err != nil {
		t.Fatal(err)
	}
	slices.Sort(told)
	if got := strings.Join(told, " "); got != "s3://bucket/a s3://bucket/b s3://bucket/c" || len(s.blobs) != 0 {
		t.Errorf("deleted: %s; left: %d", got, len(s.blobs))
	}
	for _, in := range s.deletions {
		if *in.IfMatch != `"etag-of-`+*in.Key+`"` {
			t.Errorf("%s is deleted if its eTag is %s", *in.Key, *in.IfMatch)
		}
	}
	if keys(s.look(t, Options{}), Gone) != "a b c" {
		t.Error("what was deleted is not gone")
	}
}

// TestDeleteGone deletes what somebody else has deleted.
func TestDeleteGone(t *testing.T) {
	s := newScene("a")
	objects := s.look(t, Options{}).In(Unneeded)
	s.blobs = nil
	if err := Delete(t.Context(), &s.bucket, objects, nil); err != nil || len(s.deletions) > 0 {
		t.Errorf("%v, %d requests", err, len(s.deletions))
	}
}

// TestDeleteChanged has objects replaced after the look, and between the second look and the
// deletion.
func TestDeleteChanged(t *testing.T) {
	s := newScene("a", "b")
	objects := s.look(t, Options{}).In(Unneeded)
	s.bucket.find("a", "").etag = "new"
	s.before = func() { s.bucket.find("b", "").etag = "new" }
	err := Delete(t.Context(), &s.bucket, objects, nil)
	var partial *PartialError
	if !errors.As(err, &partial) || len(partial.Failed) != 2 || !errors.Is(partial.Failed[0], ErrChanged) || !errors.Is(partial.Failed[1], ErrChanged) || len(s.blobs) != 2 {
		t.Errorf("%v, %d left", err, len(s.blobs))
	}
}

func TestDeleteHalfWay(t *testing.T) {
	var many []string
	for i := range 100 {
		many = append(many, fmt.Sprintf("key-%03d", i))
	}
	s := newScene(many...)
	refusal := status(http.StatusForbidden, "AccessDenied")
	s.bucket.fail = func(key string) error {
		if key == "key-001" {
			return refusal
		}
		return nil
	}
	err := Delete(t.Context(), &s.bucket, s.look(t, Options{}).In(Unneeded), nil)
	var partial *PartialError
	var one *ObjectError
	if !errors.As(err, &partial) || !errors.As(err, &one) || !errors.Is(err, refusal) || len(partial.Deleted) != 99 || len(partial.NotTried) != 0 {
		t.Fatal(err)
	}
	if got := err.Error(); !strings.HasPrefix(got, "99 of 100 objects deleted: delete s3://bucket/key-001: ") {
		t.Error(got)
	}

	s = newScene(many...)
	s.bucket.fail = func(string) error { return refusal }
	err = Delete(t.Context(), &s.bucket, s.look(t, Options{}).In(Unneeded), nil)
	if !errors.As(err, &partial) || len(partial.Deleted) != 0 || len(partial.Failed) < maxFailures || len(partial.Failed)+len(partial.NotTried) != 100 || len(s.deletions) > maxFailures+atOnce {
		t.Errorf("all denied: %v after %d requests", err, len(s.deletions))
	}

	s.bucket.fail = nil
	objects := s.look(t, Options{}).In(Unneeded)
	ended, cancel := context.WithCancel(t.Context())
	s.before = cancel
	err = Delete(ended, &s.bucket, objects, nil)
	if !errors.As(err, &partial) || !errors.Is(err, context.Canceled) || len(partial.Deleted) == 0 || len(partial.Deleted)+len(partial.NotTried) != 100 || !strings.Contains(err.Error(), "not tried: context canceled") {
		t.Errorf("cancelled: %v", err)
	}
	s.before = nil
	if err := Delete(t.Context(), &s.bucket, s.look(t, Options{}).In(Unneeded), nil); err != nil || len(s.blobs) != 0 {
		t.Errorf("again: %v, %d left", err, len(s.blobs))
	}
}
