package deploy

import (
	"context"
	"errors"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/codedeploy/types"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/cdx-deploy/cdx/pkg/revision"
)

// deployed adds a deployment of a revision that is told by its eTag.
func (s *service) deployed(eTag, status string) (id string) {
	return s.add(request{"status": status, "revision": request{
		"revisionType": "S3", "s3Location": request{"bucket": "b", "key": "a.zip", "bundleType": "zip", "eTag": eTag},
	}})
}

func TestHistory(t *testing.T) {
	for name, denied := range map[string]string{"in batches": "", "one by one": "BatchGetDeployments"} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, func(t *testing.T, s *service) {
				for range 5 {
					s.deployed("e", "Succeeded")
				}
				s.fault = denying(nil, denied)
				var ids []string
				for deployment, err := range History(t.Context(), s.client(), "shop", "blue") {
					if err != nil {
						t.Fatal(err)
					}
					ids = append(ids, *deployment.DeploymentId)
				}
				if got := strings.Join(ids, " "); got != "d-005 d-004 d-003 d-002 d-001" {
					t.Errorf("History: %s", got)
				}
			})
		})
	}
	inBubble(t, func(t *testing.T, s *service) {
		for range 5 {
			s.deployed("e", "Succeeded")
		}
		for range History(t.Context(), s.client(), "shop", "blue") {
			break
		}
		if s.count("ListDeployments") != 1 {
			t.Error("more was read than asked for")
		}
	})
}

// TestHistoryInAnotherOrder has a service that tells the oldest first.
func TestHistoryInAnotherOrder(t *testing.T) {
	inBubble(t, func(t *testing.T, s *service) {
		for range 5 {
			s.deployed("e", "Succeeded")
		}
		slices.Reverse(s.deployments)
		var ids []string
		for deployment, err := range History(t.Context(), s.client(), "shop", "blue") {
			if err != nil {
				t.Fatal(err)
			}
			ids = append(ids, *deployment.DeploymentId)
		}
		if got := strings.Join(ids, " "); got != "d-005 d-004 d-003 d-002 d-001" {
			t.Errorf("History: %s", got)
		}
	})
}

func TestHistoryFails(t *testing.T) {
	inBubble(t, func(t *testing.T, s *service) {
		seen := 0
		for _, err := range History(t.Context(), s.client(), "shop", "green") {
			seen++
			var missing *types.DeploymentGroupDoesNotExistException
			if !errors.As(err, &missing) || !strings.HasPrefix(err.Error(), "list deployments of green in application shop: ") {
				t.Errorf("History: %v", err)
			}
		}
		if seen != 1 {
			t.Errorf("%d results", seen)
		}
	})
	inBubble(t, func(t *testing.T, s *service) {
		s.deployed("e", "Succeeded")
		s.fault = denying(nil, "BatchGetDeployments", "GetDeployment")
		for _, err := range History(t.Context(), s.client(), "shop", "blue") {
			if !IsDenied(err) {
				t.Errorf("History: %v", err)
			}
		}
	})
}

func TestPickRollback(t *testing.T) {
	type deployment struct{ eTag, status string }
	history := func(pairs ...string) (all []deployment) { // oldest first
		for _, pair := range pairs {
			eTag, status, _ := strings.Cut(pair, " ")
			all = append(all, deployment{eTag, status})
		}
		return all
	}
	tests := map[string]struct {
		history []deployment
		to      int
		want    string // deployment ID
		eTag    string
		found   int // of the error
	}{
		"after a failure, the one before":         {history("A Succeeded", "B Succeeded", "C Failed"), 0, "d-002", "B", 0},
		"after a success, the one before":         {history("A Succeeded", "B Succeeded"), 1, "d-001", "A", 0},
		"the same revision again is passed over":  {history("A Succeeded", "B Succeeded", "B Stopped", "B Succeeded"), 1, "d-001", "A", 0},
		"a revision counts once":                  {history("A Succeeded", "C Succeeded", "B Succeeded", "C Succeeded", "D Failed"), 3, "d-001", "A", 0},
		"the newest deployment of a revision":     {history("A Succeeded", "C Succeeded", "B Succeeded", "C Succeeded", "D Failed"), 1, "d-004", "C", 0},
		"failed and stopped ones do not count":    {history("A Succeeded", "B Failed", "C Stopped", "D Failed"), 1, "d-001", "A", 0},
		"an active deployment is the last":        {history("A Succeeded", "B InProgress"), 1, "d-001", "A", 0},
		"too few":                                 {history("A Succeeded", "B Succeeded"), 2, "", "", 1},
		"nothing but this one":                    {history("A Succeeded"), 1, "", "", 0},
		"nothing at all":                          {nil, 1, "", "", 0},
		"many pages":                              {history("A Succeeded", "B Succeeded", "B Succeeded", "B Succeeded", "B Succeeded", "B Failed"), 1, "d-001", "A", 0},
		"an automatic rollback is the last":       {history("A Succeeded", "B Succeeded", "C Failed", "B Succeeded"), 1, "d-001", "A", 0},
		"nothing has succeeded yet":               {history("A Failed", "B Failed"), 1, "", "", 0},
		"the revision of an attempt is forgotten": {history("A Succeeded", " Failed"), 1, "d-001", "A", 0},
	}
	for name, test := range tests {
		for _, denied := range []string{"", "GetDeploymentGroup"} {
			t.Run(name+" "+denied, func(t *testing.T) {
				inBubble(t, func(t *testing.T, s *service) {
					for _, d := range test.history {
						if d.eTag == "" {
							s.add(request{"status": d.status})
							continue
						}
						s.deployed(d.eTag, d.status)
					}
					s.fault = denying(nil, denied)
					got, err := PickRollback(t.Context(), s.client(), "shop", "blue", test.to)
					if test.want == "" {
						var none *NoCandidateError
						if !errors.As(err, &none) || none.Found != test.found || none.Group != "blue" {
							t.Errorf("PickRollback = %+v, %v", got, err)
						}
						return
					}
					if err != nil || got.DeploymentID != test.want || *got.Revision.S3Location.ETag != test.eTag || got.Deployed.IsZero() {
						t.Errorf("PickRollback = %+v, %v, want %s", got, err, test.want)
					}
				})
			})
		}
	}
}

func TestPickRollbackFails(t *testing.T) {
	for _, op := range []string{"GetDeploymentGroup", "GetDeployment", "ListDeployments"} {
		inBubble(t, func(t *testing.T, s *service) {
			s.deployed("A", "Succeeded")
			s.fault = on(op, func(_ int, _ request, w http.ResponseWriter, _ *http.Request) { refuse(w, 500, "InternalFailure", "") })
			if _, err := PickRollback(t.Context(), s.client(), "shop", "blue", 1); httpStatus(err) != 500 {
				t.Errorf("%s fails: %v", op, err)
			}
		})
	}
}

func TestNoCandidateErrorSaysHowMany(t *testing.T) {
	for want, err := range map[string]error{
		"no other revision was deployed to blue successfully":                                            &NoCandidateError{Group: "blue", Wanted: 1},
		"revision 3 to roll back to was asked for, but only 2 others were deployed to blue successfully": &NoCandidateError{Group: "blue", Wanted: 3, Found: 2},
	} {
		if err.Error() != want {
			t.Errorf("%v, want %s", err, want)
		}
	}
}

func TestGroupRuns(t *testing.T) {
	look := func(t *testing.T, s *service) (*Group, error) {
		return LookAtGroup(t.Context(), s.client(), "shop", "blue", nil)
	}
	for status, running := range map[string]bool{"Succeeded": true, "Failed": false, "InProgress": false} {
		inBubble(t, func(t *testing.T, s *service) {
			s.deployed("A", "Succeeded")
			s.deployed("B", status)
			group, err := look(t, s)
			if err != nil || (group.Current != nil) != running || running && (group.CurrentID != "d-002" || *group.Current.S3Location.ETag != "B") {
				t.Errorf("%s: %+v, %v", status, group, err)
			}
		})
	}
	inBubble(t, func(t *testing.T, s *service) {
		if group, err := look(t, s); err != nil || group.Current != nil || group.CurrentID != "" {
			t.Errorf("without deployments: %+v, %v", group, err)
		}
		s.deployed("A", "Succeeded")
		s.fault = denying(nil, "GetDeployment")
		if group, err := look(t, s); err != nil || group.Current != nil {
			t.Errorf("without permission: %+v, %v", group, err)
		}
		s.fault = on("GetDeployment", func(_ int, _ request, w http.ResponseWriter, _ *http.Request) {
			refuse(w, 400, "DeploymentDoesNotExistException", "gone")
		})
		if group, err := look(t, s); err != nil || group.Current != nil {
			t.Errorf("a forgotten deployment: %+v, %v", group, err)
		}
	})
}

func TestGroupRunsOnlyWhatIsCertain(t *testing.T) {
	pinned, unpinned := "A", ""
	for name, c := range map[string]struct {
		eTag     string
		overview request
		want     bool
	}{
		"all targets":               {pinned, request{"Succeeded": 2}, true},
		"no overview":               {pinned, nil, true},
		"a target failed":           {pinned, request{"Succeeded": 1, "Failed": 1}, false},
		"a target was skipped":      {pinned, request{"Succeeded": 1, "Skipped": 1}, false},
		"an object that may change": {unpinned, request{"Succeeded": 2}, false},
	} {
		inBubble(t, func(t *testing.T, s *service) {
			rev := revision.FromS3("b", "k", types.BundleTypeZip, c.eTag, "")
			object := request{"bucket": "b", "key": "k", "bundleType": "zip"}
			if c.eTag != "" {
				object["eTag"] = c.eTag
			}
			s.add(request{"status": "Succeeded", "deploymentOverview": c.overview, "revision": request{"revisionType": "S3", "s3Location": object}})
			group, err := LookAtGroup(t.Context(), s.client(), "shop", "blue", nil)
			if err != nil || group.Runs(rev) != c.want {
				t.Errorf("%s: Runs = %t, want %t: %+v, %v", name, group.Runs(rev), c.want, group, err)
			}
		})
	}
}

// objects is an S3 that answers HEAD requests with a status and an eTag.
type objects struct {
	status int
	eTag   string
	asked  string // path and query
}

func (o *objects) RoundTrip(r *http.Request) (*http.Response, error) {
	o.asked = r.URL.Path + "?" + r.URL.RawQuery
	return &http.Response{StatusCode: o.status, Header: http.Header{"Etag": {o.eTag}}, Body: io.NopCloser(strings.NewReader("")), Request: r}, nil
}

func (o *objects) client() *s3.Client {
	endpoint := "http://s3.test"
	return s3.New(s3.Options{
		BaseEndpoint: &endpoint, Region: "eu-west-1", UsePathStyle: true, RetryMaxAttempts: 1, HTTPClient: &http.Client{Transport: o},
		Credentials: credentials.NewStaticCredentialsProvider("AKID", "secret", ""),
	})
}

func TestCheckObject(t *testing.T) {
	rev := revision.FromS3("b", "a.zip", types.BundleTypeZip, "old", "v1")
	unpinned := revision.FromS3("b", "a.zip", types.BundleTypeZip, "", "")
	for name, test := range map[string]struct {
		rev  *types.RevisionLocation
		s3   objects
		want string
	}{
		"it is there":             {rev, objects{status: 200, eTag: `"old"`}, ""},
		"it is gone":              {rev, objects{status: 404}, "s3://b/a.zip?versionId=v1&eTag=old does not exist"},
		"it was replaced":         {rev, objects{status: 200, eTag: `"new"`}, "s3://b/a.zip?versionId=v1&eTag=old was replaced: the object there now has eTag new"},
		"any object will do":      {unpinned, objects{status: 200, eTag: `"new"`}, ""},
		"looking is not allowed":  {rev, objects{status: 403}, ""},
		"it is not in S3":         {revision.FromAppSpec([]byte("x")), objects{status: 404}, ""},
		"there is no revision":    {nil, objects{status: 404}, ""},
		"S3 fails":                {rev, objects{status: 500}, "look at s3://b/a.zip?versionId=v1&eTag=old: operation error S3: HeadObject"},
		"an unpinned one is gone": {unpinned, objects{status: 404}, "s3://b/a.zip does not exist"},
	} {
		t.Run(name, func(t *testing.T) {
			err := CheckObject(t.Context(), test.s3.client(), test.rev)
			if (err == nil) != (test.want == "") || err != nil && !strings.HasPrefix(err.Error(), test.want) {
				t.Errorf("CheckObject = %v, want %s", err, test.want)
			}
			var gone *GoneError
			if errors.As(err, &gone) && gone.Revision != test.rev {
				t.Errorf("GoneError is about %v", gone.Revision)
			}
			if test.rev == rev && !strings.Contains(test.s3.asked, "versionId=v1") {
				t.Errorf("asked for %s", test.s3.asked)
			}
		})
	}
}

func TestStop(t *testing.T) {
	inBubble(t, func(t *testing.T, s *service) {
		var sent request
		s.fault = func(_ string, nth int, in request, w http.ResponseWriter, _ *http.Request) bool {
			sent = in
			if nth == 3 {
				refuse(w, 400, "DeploymentAlreadyCompletedException", "already over")
				return true
			}
			reply(w, request{"status": "Pending", "statusMessage": "No instances are being stopped"})
			return true
		}
		got, err := Stop(t.Context(), s.client(), "d-1", nil)
		if err != nil || *got != (Stopped{Status: types.StopStatusPending, Message: "No instances are being stopped"}) {
			t.Errorf("Stop = %+v, %v", got, err)
		}
		if _, given := sent["autoRollbackEnabled"]; given || sent["deploymentId"] != "d-1" {
			t.Errorf("sent %v", sent)
		}
		if _, err := Stop(t.Context(), s.client(), "d-1", aws.Bool(true)); err != nil || sent["autoRollbackEnabled"] != true {
			t.Errorf("sent %v, %v", sent, err)
		}
		var over *types.DeploymentAlreadyCompletedException
		if _, err := Stop(t.Context(), s.client(), "d-1", nil); !errors.As(err, &over) || !strings.HasPrefix(err.Error(), "stop deployment d-1: ") {
			t.Errorf("Stop = %v", err)
		}
	})
}

func TestContinue(t *testing.T) {
	inBubble(t, func(t *testing.T, s *service) {
		var sent request
		s.fault = func(_ string, nth int, in request, w http.ResponseWriter, _ *http.Request) bool {
			sent = in
			if nth == 3 {
				refuse(w, 400, "DeploymentIsNotInReadyStateException", "not ready")
				return true
			}
			reply(w, request{})
			return true
		}
		if err := Continue(t.Context(), s.client(), "d-1", types.DeploymentWaitTypeTerminationWait); err != nil || sent["deploymentWaitType"] != "TERMINATION_WAIT" {
			t.Errorf("sent %v, %v", sent, err)
		}
		if err := Continue(t.Context(), s.client(), "d-1", ""); err != nil || sent["deploymentWaitType"] != nil || sent["deploymentId"] != "d-1" {
			t.Errorf("sent %v, %v", sent, err)
		}
		var early *types.DeploymentIsNotInReadyStateException
		if err := Continue(t.Context(), s.client(), "d-1", ""); !errors.As(err, &early) || !strings.HasPrefix(err.Error(), "continue deployment d-1: ") {
			t.Errorf("Continue = %v", err)
		}
	})
}

func TestSleepEndsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := sleep(ctx, time.Hour); !errors.Is(err, context.Canceled) {
		t.Errorf("sleep = %v", err)
	}
}
