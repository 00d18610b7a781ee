package prune

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/codedeploy/types"
	s3types "github.com/aws/aws-sdk-go-v2/service/s3/types"
)

// history is a random account and bucket: few keys and eTags, so that much collides.
type history struct {
	*rand.Rand
	account account
	bucket  bucket
}

func newHistory(seed uint64) *history {
	h := &history{Rand: rand.New(rand.NewPCG(seed, 8))}
	h.account.now = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	h.bucket.versioning = []s3types.BucketVersioningStatus{"", "", s3types.BucketVersioningStatusEnabled, s3types.BucketVersioningStatusEnabled, s3types.BucketVersioningStatusSuspended}[h.IntN(5)]
	h.bucket.conditions = []string{"", "ignored", "refused"}[h.IntN(3)]
	for i := range 1 + h.IntN(3) {
		h.account.add(fmt.Sprintf("app-%d", i), []string{"one", "two", "three"}[:h.IntN(4)]...)
	}
	for range 5 + h.IntN(60) {
		h.step()
	}
	return h
}

func (h *history) step() {
	h.account.now = h.account.now.Add(time.Duration(h.IntN(10)) * time.Hour)
	app := h.account.applications[h.IntN(len(h.account.applications))]
	switch h.IntN(10) {
	case 0: // a bucket that gets versions, or has them suspended
		if h.bucket.versioning != "" || h.IntN(3) == 0 {
			h.bucket.versioning = []s3types.BucketVersioningStatus{s3types.BucketVersioningStatusEnabled, s3types.BucketVersioningStatusSuspended}[h.IntN(2)]
			for _, one := range h.bucket.blobs {
				one.version = cmp.Or(one.version, "null")
			}
		}
	case 1, 2, 3, 4:
		made := h.upload()
		if h.IntN(10) > 0 {
			h.account.register(app, h.locate(made))
		}
	default:
		if len(app.revisions) > 0 && len(app.groups) > 0 {
			rev := *app.revisions[h.IntN(len(app.revisions))].RevisionLocation
			if h.IntN(5) == 0 { // a target that no deployment explains
				app.groups[h.IntN(len(app.groups))].TargetRevision = &rev
				return
			}
			h.account.deploy(app, h.IntN(len(app.groups)), rev, h.status())
		}
	}
}

func (h *history) upload() *blob {
	return h.bucket.put(fmt.Sprintf("key-%d", h.IntN(6)), fmt.Sprintf("etag-%d", h.IntN(8)), h.account.now)
}

// locate names an object with or without its version and eTag.
func (h *history) locate(b *blob) types.RevisionLocation {
	at := &types.S3Location{Bucket: aws.String("bucket"), Key: &b.key, BundleType: types.BundleTypeZip}
	if h.IntN(4) > 0 {
		at.ETag = &b.etag
	}
	if b.version != "" && b.version != "null" && h.IntN(4) > 0 {
		at.Version = &b.version
	}
	return types.RevisionLocation{RevisionType: types.RevisionLocationTypeS3, S3Location: at}
}

func (h *history) status() types.DeploymentStatus {
	if h.IntN(2) == 0 {
		return types.DeploymentStatusSucceeded
	}
	all := types.DeploymentStatus("").Values()
	return all[h.IntN(len(all))]
}

// needed is, for each group and revision that it needs, what an agent gets for it. It
// counts deployments, not revisions, and is written without a look at the package.
func (h *history) needed(keep int) map[string]*blob {
	found := make(map[string]*blob)
	note := func(why string, rev *types.RevisionLocation) {
		if rev == nil {
			return
		}
		if got := h.bucket.fetch(rev); got != nil {
			found[why+" "+describe(rev)] = got
		}
	}
	for _, app := range h.account.applications {
		for _, group := range app.groups {
			name := app.name + "/" + *group.DeploymentGroupName
			note(name+" target", group.TargetRevision)
			left, rolledBack := keep, false
			var attempted *types.RevisionLocation
			for _, info := range slices.Backward(h.account.deployments) {
				if *info.ApplicationName != app.name || *info.DeploymentGroupName != *group.DeploymentGroupName {
					continue
				}
				switch {
				case info.Status == types.DeploymentStatusSucceeded && left > 0:
					left--
					note(name+" succeeded", info.Revision)
				case info.Status != types.DeploymentStatusSucceeded && info.Status != types.DeploymentStatusFailed && info.Status != types.DeploymentStatusStopped:
					note(name+" active", info.Revision)
				}
				if group.LastAttemptedDeployment != nil && *group.LastAttemptedDeployment.DeploymentId == *info.DeploymentId {
					note(name+" attempted", info.Revision)
					attempted = info.Revision
				}
				if info.Status == types.DeploymentStatusSucceeded && attempted != nil && !rolledBack && describe(info.Revision) != describe(attempted) {
					note(name+" rolled back to", info.Revision)
					rolledBack = true
				}
			}
		}
	}
	return found
}

// TestNothingNeededIsDeleted prunes thousands of random accounts, and an agent must still
// get what it got before for all that any group needs.
func TestNothingNeededIsDeleted(t *testing.T) {
	deleted, raced := 0, 0
	for seed := range uint64(2500) {
		h := newHistory(seed)
		keep, minAge := 1+h.IntN(4), time.Duration(h.IntN(48))*time.Hour
		before := h.needed(keep)
		opts := Options{Application: "app-0", Bucket: "bucket", Keep: keep, MinAge: minAge, Now: h.account.now}
		plan, err := Look(t.Context(), &h.account, &h.bucket, opts)
		if err != nil {
			t.Fatalf("seed %d: %v", seed, err)
		}
		there := slices.Clone(h.bucket.blobs)
		fresh := h.race()
		err = Delete(t.Context(), &h.bucket, plan.In(Unneeded), nil)
		if err != nil && fresh == nil {
			t.Fatalf("seed %d: %v", seed, err)
		}
		for _, one := range there {
			gone := h.bucket.find(one.key, one.version) == nil
			if young := h.account.now.Sub(one.modified) < minAge; gone && young {
				t.Fatalf("seed %d: %s %s, uploaded %s ago, is gone", seed, one.key, one.version, h.account.now.Sub(one.modified))
			}
			if gone {
				deleted++
			}
		}
		if fresh != nil {
			raced++
			if got := h.bucket.find(fresh.key, fresh.version); got != fresh {
				t.Fatalf("seed %d: the object that was uploaded meanwhile to %s is gone", seed, fresh.key)
			}
			continue // what it replaced is not ours
		}
		for why, want := range before {
			if got := h.needed(keep)[why]; got != want {
				t.Fatalf("seed %d, keep %d: %s: was %+v, is %+v", seed, keep, why, want, got)
			}
		}
		again, err := Look(t.Context(), &h.account, &h.bucket, opts)
		if err != nil || len(again.In(Unneeded)) > 0 && h.bucket.versioning == "" {
			t.Fatalf("seed %d: a second run finds %+v, %v", seed, again.In(Unneeded), err)
		}
	}
	t.Logf("%d objects deleted, %d uploads meanwhile", deleted, raced)
	if deleted < 2000 || raced < 400 {
		t.Errorf("only %d objects were deleted, and %d uploads happened meanwhile: the histories are too tame", deleted, raced)
	}
}

// race has somebody upload an object after the look, now and then.
func (h *history) race() *blob {
	if h.IntN(4) > 0 {
		return nil
	}
	h.account.now = h.account.now.Add(time.Second)
	return h.upload()
}
