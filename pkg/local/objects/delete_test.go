package objects_test

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"github.com/cdx-deploy/cdx/pkg/local/objects"
)

// An object is deleted only while its current version has the eTag that is asked for.
func TestConditionalDelete(t *testing.T) {
	_, c := serve(t)
	remove := func(key, match string, version *string) error {
		_, err := c.DeleteObject(t.Context(), &s3.DeleteObjectInput{Bucket: aws.String("bucket"), Key: &key, IfMatch: &match, VersionId: version})
		return err
	}
	check := func(what string, err error, want string) {
		t.Helper()
		if code(err) != want {
			t.Errorf("%s: %v, want %q", what, err, want)
		}
	}
	one := put(t, c, "key", "one")
	check("another eTag", remove("key", `"bad"`, nil), "PreconditionFailed")
	check("nothing there", remove("none", *one.ETag, nil), "NoSuchKey")
	check("nothing there, any eTag", remove("none", "*", nil), "NoSuchKey")
	check("the eTag", remove("key", *one.ETag, nil), "")
	check("deleted before", remove("key", *one.ETag, nil), "NoSuchKey")
	put(t, c, "key", "one")
	check("any eTag", remove("key", "*", nil), "")
	enable(t, c, types.BucketVersioningStatusEnabled)
	two := put(t, c, "key", "two")
	check("an eTag and a version", remove("key", *two.ETag, two.VersionId), "NotImplemented")
	check("with versions", remove("key", *two.ETag, nil), "")
	check("behind a delete marker", remove("key", *two.ETag, nil), "NoSuchKey")
	check("a directory bucket's condition", second(c.DeleteObject(t.Context(), &s3.DeleteObjectInput{
		Bucket: aws.String("bucket"), Key: aws.String("key"), IfMatchSize: aws.Int64(3),
	})), "NotImplemented")
}

func TestConditionalDeleteObjects(t *testing.T) {
	_, c := serve(t)
	same, changed := put(t, c, "same", "1"), put(t, c, "changed", "1")
	put(t, c, "changed", "2")
	for _, quiet := range []bool{false, true} {
		out, err := c.DeleteObjects(t.Context(), &s3.DeleteObjectsInput{Bucket: aws.String("bucket"), Delete: &types.Delete{Quiet: &quiet, Objects: []types.ObjectIdentifier{
			{Key: aws.String("same"), ETag: same.ETag}, {Key: aws.String("changed"), ETag: changed.ETag}, {Key: aws.String("none"), ETag: changed.ETag},
		}}})
		if err != nil {
			t.Fatal(err)
		}
		if quiet != (len(out.Deleted) == 0) || !quiet && *out.Deleted[0].Key != "same" {
			t.Errorf("deleted: %+v", out.Deleted)
		}
		last := out.Errors[len(out.Errors)-2:]
		if *last[0].Key != "changed" || *last[0].Code != "PreconditionFailed" || *last[1].Key != "none" || *last[1].Code != "NoSuchKey" {
			t.Errorf("not deleted: %+v", last)
		}
		put(t, c, "same", "1")
	}
}

// A delete marker is told of, and nothing else is.
func TestDeleteMarkerHeaders(t *testing.T) {
	_, c := serve(t)
	remove := func(version *string) *s3.DeleteObjectOutput {
		t.Helper()
		out, err := c.DeleteObject(t.Context(), &s3.DeleteObjectInput{Bucket: aws.String("bucket"), Key: aws.String("key"), VersionId: version})
		if err != nil {
			t.Fatal(err)
		}
		return out
	}
	put(t, c, "key", "x")
	if out := remove(nil); out.DeleteMarker != nil || out.VersionId != nil {
		t.Errorf("without versions: %+v", out)
	}
	enable(t, c, types.BucketVersioningStatusEnabled)
	first := put(t, c, "key", "x")
	marker := remove(nil)
	if !aws.ToBool(marker.DeleteMarker) || marker.VersionId == nil {
		t.Errorf("with versions: %+v", marker)
	}
	if out := remove(first.VersionId); out.DeleteMarker != nil || *out.VersionId != *first.VersionId {
		t.Errorf("a version: %+v", out)
	}
	if out := remove(marker.VersionId); !aws.ToBool(out.DeleteMarker) || *out.VersionId != *marker.VersionId {
		t.Errorf("the marker: %+v", out)
	}
	checkVersions(t, c)
}

// A request about a part of a bucket never creates or deletes the bucket, known though the part may be to S3 alone.
func TestBucketIsNotMeant(t *testing.T) {
	store, _ := serve(t)
	handler := store.Handler(nil)
	for _, query := range []string{"tagging", "cors", "acl", "versioning", "versions", "location", "uploads", "policyStatus", "website", "abac", "metadataTable", "unheardOf", "list-type=2"} {
		for _, request := range []struct{ method, bucket string }{{http.MethodDelete, "bucket"}, {http.MethodPut, "fresh"}, {http.MethodPost, "fresh"}} {
			answer := httptest.NewRecorder()
			handler.ServeHTTP(answer, httptest.NewRequestWithContext(t.Context(), request.method, "/"+request.bucket+"?"+query, nil))
			if request.method != http.MethodDelete && answer.Code < 400 {
				t.Errorf("%s ?%s of a bucket that is not there: %d", request.method, query, answer.Code)
			}
		}
		checkBucket(t, store, "bucket", true)
		checkBucket(t, store, "fresh", false)
	}
}

// checkBucket checks whether a bucket is there.
func checkBucket(t *testing.T, store *objects.Store, name string, want bool) {
	t.Helper()
	answer := httptest.NewRecorder()
	store.Handler(nil).ServeHTTP(answer, httptest.NewRequestWithContext(t.Context(), http.MethodHead, "/"+name, nil))
	if (answer.Code == http.StatusOK) != want {
		t.Errorf("bucket %s: %d", name, answer.Code)
	}
}

func TestBucketTags(t *testing.T) {
	_, c := serve(t)
	name := aws.String("bucket")
	get := func() (*s3.GetBucketTaggingOutput, error) {
		return c.GetBucketTagging(t.Context(), &s3.GetBucketTaggingInput{Bucket: name})
	}
	if _, err := get(); code(err) != "NoSuchTagSet" {
		t.Error(err)
	}
	if _, err := c.PutBucketTagging(t.Context(), &s3.PutBucketTaggingInput{Bucket: name, Tagging: &types.Tagging{TagSet: []types.Tag{{Key: aws.String("k"), Value: aws.String("v")}}}}); err != nil {
		t.Fatal(err)
	}
	if out, err := get(); err != nil || len(out.TagSet) != 1 || *out.TagSet[0].Value != "v" {
		t.Errorf("%+v, %v", out, err)
	}
	if _, err := c.DeleteBucketTagging(t.Context(), &s3.DeleteBucketTaggingInput{Bucket: name}); err != nil {
		t.Fatal(err)
	}
	if _, err := get(); code(err) != "NoSuchTagSet" {
		t.Error(err)
	}
}
