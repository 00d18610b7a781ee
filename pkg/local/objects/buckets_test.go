package objects_test

import (
	"crypto/md5"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"github.com/cdx-deploy/cdx/pkg/local/objects"
)

func TestVersions(t *testing.T) {
	store, c := serve(t)
	first := put(t, c, "key", "zero")
	enable(t, c, types.BucketVersioningStatusEnabled)
	second, third := put(t, c, "key", "one"), put(t, c, "key", "two")
	if first.VersionId != nil || aws.ToString(second.VersionId) == "" || *second.VersionId == *third.VersionId {
		t.Fatalf("versions %v %v %v", first.VersionId, second.VersionId, third.VersionId)
	}
	for version, want := range map[string]string{"null": "zero", *second.VersionId: "one", *third.VersionId: "two", "": "two"} {
		body, info, err := store.Open("bucket", "key", version)
		if err != nil {
			t.Fatal(err)
		}
		text, _ := io.ReadAll(body)
		_ = body.Close()
		if string(text) != want || version != "" && info.VersionID != version {
			t.Errorf("version %s: %q, %+v", version, text, info)
		}
		if version == "" {
			continue
		}
		head, err := c.HeadObject(t.Context(), &s3.HeadObjectInput{Bucket: aws.String("bucket"), Key: aws.String("key"), VersionId: &version})
		if err != nil || *head.ETag != fmt.Sprintf(`"%x"`, md5.Sum([]byte(want))) || *head.VersionId != version {
			t.Errorf("head %s: %+v, %v", version, head, err)
		}
	}
	deleted, err := c.DeleteObject(t.Context(), &s3.DeleteObjectInput{Bucket: aws.String("bucket"), Key: aws.String("key")})
	if err != nil || !aws.ToBool(deleted.DeleteMarker) {
		t.Fatalf("%+v, %v", deleted, err)
	}
	_, err = c.GetObject(t.Context(), &s3.GetObjectInput{Bucket: aws.String("bucket"), Key: aws.String("key")})
	if code(err) != "NoSuchKey" {
		t.Error(err)
	}
	_, err = c.GetObject(t.Context(), &s3.GetObjectInput{Bucket: aws.String("bucket"), Key: aws.String("key"), VersionId: deleted.VersionId})
	if code(err) != "MethodNotAllowed" {
		t.Error(err)
	}
	checkVersions(t, c, deleted.VersionId, third.VersionId, second.VersionId, aws.String("null"))
	if _, err := c.DeleteObject(t.Context(), &s3.DeleteObjectInput{Bucket: aws.String("bucket"), Key: aws.String("key"), VersionId: deleted.VersionId}); err != nil {
		t.Fatal(err)
	}
	if _, info, err := store.Open("bucket", "key", ""); err != nil || info.VersionID != *third.VersionId {
		t.Errorf("%+v, %v", info, err)
	}
	enable(t, c, types.BucketVersioningStatusSuspended)
	if out := put(t, c, "key", "three"); aws.ToString(out.VersionId) != "null" {
		t.Errorf("suspended: %+v", out)
	}
	checkVersions(t, c, aws.String("null"), third.VersionId, second.VersionId)
}

func enable(t *testing.T, c *s3.Client, status types.BucketVersioningStatus) {
	t.Helper()
	_, err := c.PutBucketVersioning(t.Context(), &s3.PutBucketVersioningInput{
		Bucket: aws.String("bucket"), VersioningConfiguration: &types.VersioningConfiguration{Status: status},
	})
	if err != nil {
		t.Fatal(err)
	}
	got, err := c.GetBucketVersioning(t.Context(), &s3.GetBucketVersioningInput{Bucket: aws.String("bucket")})
	if err != nil || got.Status != status {
		t.Fatalf("%+v, %v", got, err)
	}
}

// checkVersions compares the versions of all keys, read in pages of one, with want.
func checkVersions(t *testing.T, c *s3.Client, want ...*string) {
	t.Helper()
	var got []string
	in := &s3.ListObjectVersionsInput{Bucket: aws.String("bucket"), MaxKeys: aws.Int32(1)}
	for more := true; more; {
		out, err := c.ListObjectVersions(t.Context(), in)
		if err != nil {
			t.Fatal(err)
		}
		for _, v := range out.DeleteMarkers {
			got = append(got, *v.VersionId)
		}
		for _, v := range out.Versions {
			got = append(got, *v.VersionId)
		}
		in.KeyMarker, in.VersionIdMarker, more = out.NextKeyMarker, out.NextVersionIdMarker, aws.ToBool(out.IsTruncated)
	}
	if fmt.Sprint(got) != fmt.Sprint(aws.ToStringSlice(want)) {
		t.Errorf("versions %v, want %v", got, aws.ToStringSlice(want))
	}
}

func TestList(t *testing.T) {
	_, c := serve(t)
	for _, key := range []string{"a/1", "a/2", "b", "c/x/1", "c/y", "d"} {
		put(t, c, key, key)
	}
	list := func(prefix, delimiter string) string {
		var lines []string
		pages := s3.NewListObjectsV2Paginator(c, &s3.ListObjectsV2Input{
			Bucket: aws.String("bucket"), Prefix: &prefix, Delimiter: &delimiter, MaxKeys: aws.Int32(2),
		})
		for pages.HasMorePages() {
			out, err := pages.NextPage(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			if len(out.Contents)+len(out.CommonPrefixes) > 2 {
				t.Errorf("a page of %d", len(out.Contents)+len(out.CommonPrefixes))
			}
			for _, p := range out.CommonPrefixes {
				lines = append(lines, *p.Prefix)
			}
			for _, o := range out.Contents {
				lines = append(lines, *o.Key)
			}
		}
		return strings.Join(lines, " ")
	}
	for _, test := range []struct{ prefix, delimiter, want string }{
		{"", "", "a/1 a/2 b c/x/1 c/y d"},
		{"", "/", "a/ b c/ d"},
		{"c/", "/", "c/x/ c/y"},
		{"a", "", "a/1 a/2"},
		{"z", "/", ""},
	} {
		if got := list(test.prefix, test.delimiter); got != test.want {
			t.Errorf("%q %q: %s, want %s", test.prefix, test.delimiter, got, test.want)
		}
	}
}

// A bucket that has versions cannot go back to have none.
func TestNoVersioning(t *testing.T) {
	_, c := serve(t)
	enable(t, c, types.BucketVersioningStatusEnabled)
	_, err := c.PutBucketVersioning(t.Context(), &s3.PutBucketVersioningInput{Bucket: aws.String("bucket"), VersioningConfiguration: &types.VersioningConfiguration{}})
	if code(err) != "IllegalVersioningConfigurationException" {
		t.Error(err)
	}
	if put(t, c, "key", "x").VersionId == nil {
		t.Error("the bucket has no versions any more")
	}
}

// Pages of versions count common prefixes too, and a page of nothing has nothing.
func TestListPages(t *testing.T) {
	_, c := serve(t)
	enable(t, c, types.BucketVersioningStatusEnabled)
	for _, key := range []string{"a/1", "a/2", "b", "b", "c/1"} {
		put(t, c, key, key)
	}
	var got []string
	in := &s3.ListObjectVersionsInput{Bucket: aws.String("bucket"), Delimiter: aws.String("/"), MaxKeys: aws.Int32(1)}
	for more := true; more && len(got) < 10; {
		out, err := c.ListObjectVersions(t.Context(), in)
		if err != nil || len(out.CommonPrefixes)+len(out.Versions) != 1 {
			t.Fatalf("%+v, %v", out, err)
		}
		for _, p := range out.CommonPrefixes {
			got = append(got, *p.Prefix)
		}
		for _, v := range out.Versions {
			got = append(got, *v.Key)
		}
		in.KeyMarker, in.VersionIdMarker, more = out.NextKeyMarker, out.NextVersionIdMarker, aws.ToBool(out.IsTruncated)
	}
	if want := "[a/ b b c/]"; fmt.Sprint(got) != want {
		t.Errorf("%v, want %s", got, want)
	}
	nothing, err := c.ListObjectsV2(t.Context(), &s3.ListObjectsV2Input{Bucket: in.Bucket, MaxKeys: aws.Int32(0)})
	if err != nil || len(nothing.Contents) > 0 || *nothing.IsTruncated {
		t.Errorf("%+v, %v", nothing, err)
	}
	versions, err := c.ListObjectVersions(t.Context(), &s3.ListObjectVersionsInput{Bucket: in.Bucket, MaxKeys: aws.Int32(0)})
	if err != nil || len(versions.Versions) > 0 || *versions.IsTruncated {
		t.Errorf("%+v, %v", versions, err)
	}
	all, err := c.ListObjectsV2(t.Context(), &s3.ListObjectsV2Input{Bucket: in.Bucket})
	if err != nil || all.Contents[0].StorageClass != types.ObjectStorageClassStandard {
		t.Errorf("%+v, %v", all, err)
	}
}

func TestPagesOfBuckets(t *testing.T) {
	store, c := serve(t)
	for _, name := range []string{"shop-a", "shop-b", "shop-c"} {
		if err := store.EnsureBucket(name); err != nil {
			t.Fatal(err)
		}
	}
	var got []string
	pages := s3.NewListBucketsPaginator(c, &s3.ListBucketsInput{MaxBuckets: aws.Int32(2), Prefix: aws.String("shop-")})
	for pages.HasMorePages() {
		out, err := pages.NextPage(t.Context())
		if err != nil || len(out.Buckets) > 2 {
			t.Fatalf("%+v, %v", out, err)
		}
		for _, b := range out.Buckets {
			got = append(got, *b.Name)
		}
	}
	if want := "[shop-a shop-b shop-c]"; fmt.Sprint(got) != want {
		t.Errorf("%v, want %s", got, want)
	}
}

func TestBucketNames(t *testing.T) {
	store, c := serve(t)
	for name, good := range map[string]bool{
		"abc": true, "a.b-c.example": true, "1-bucket": true, strings.Repeat("b", 63): true,
		"ab": false, strings.Repeat("b", 64): false, "Bucket": false, "a_b": false, "-ab": false, "ab-": false,
		".ab": false, "ab.": false, "a..b": false, "192.168.5.4": false, "a b": false, "büro": false,
	} {
		if err := store.EnsureBucket(name); (err == nil) != good {
			t.Errorf("%q: %v", name, err)
		}
	}
	if _, err := c.PutObject(t.Context(), &s3.PutObjectInput{Bucket: aws.String("a.b-c.example"), Key: aws.String("k")}); err != nil {
		t.Error(err)
	}
	if _, err := c.HeadBucket(t.Context(), &s3.HeadBucketInput{Bucket: aws.String("a.b-c.example")}); err != nil {
		t.Error(err)
	}
	if list, err := c.ListObjectsV2(t.Context(), &s3.ListObjectsV2Input{Bucket: aws.String("a.b-c.example")}); err != nil || len(list.Contents) != 1 {
		t.Errorf("%+v, %v", list, err)
	}
}

func TestExpectedBucketOwner(t *testing.T) {
	_, c := serve(t)
	put := func(owner string) error {
		_, err := c.PutObject(t.Context(), &s3.PutObjectInput{Bucket: aws.String("bucket"), Key: aws.String("k"), ExpectedBucketOwner: &owner})
		return err
	}
	if err := put(objects.Account); err != nil {
		t.Error(err)
	}
	if err := put("123456789012"); code(err) != "AccessDenied" {
		t.Error(err)
	}
}

func TestBuckets(t *testing.T) {
	store, c := serve(t)
	_, err := c.CreateBucket(t.Context(), &s3.CreateBucketInput{Bucket: aws.String("bucket")})
	if code(err) != "BucketAlreadyOwnedByYou" {
		t.Error(err)
	}
	if _, err := c.CreateBucket(t.Context(), &s3.CreateBucketInput{Bucket: aws.String("second")}); err != nil {
		t.Error(err)
	}
	_, err = c.CreateBucket(t.Context(), &s3.CreateBucketInput{Bucket: aws.String("UPPER")})
	if code(err) != "InvalidBucketName" {
		t.Error(err)
	}
	if err := store.EnsureBucket("second"); err != nil {
		t.Error(err)
	}
	list, err := c.ListBuckets(t.Context(), &s3.ListBucketsInput{})
	if err != nil || len(list.Buckets) != 2 || *list.Buckets[0].Name != "bucket" {
		t.Errorf("%+v, %v", list, err)
	}
	head, err := c.HeadBucket(t.Context(), &s3.HeadBucketInput{Bucket: aws.String("bucket")})
	if err != nil || aws.ToString(head.BucketRegion) != "eu-central-1" {
		t.Errorf("%+v, %v", head, err)
	}
	location, err := c.GetBucketLocation(t.Context(), &s3.GetBucketLocationInput{Bucket: aws.String("bucket")})
	if err != nil || location.LocationConstraint != "eu-central-1" {
		t.Errorf("%+v, %v", location, err)
	}
	put(t, c, "key", "x")
	_, err = c.DeleteBucket(t.Context(), &s3.DeleteBucketInput{Bucket: aws.String("bucket")})
	if code(err) != "BucketNotEmpty" {
		t.Error(err)
	}
	_, err = c.DeleteObjects(t.Context(), &s3.DeleteObjectsInput{
		Bucket: aws.String("bucket"), Delete: &types.Delete{Objects: []types.ObjectIdentifier{{Key: aws.String("key")}, {Key: aws.String("none")}}},
	})
	if err != nil {
		t.Error(err)
	}
	if _, err = c.DeleteBucket(t.Context(), &s3.DeleteBucketInput{Bucket: aws.String("bucket")}); err != nil {
		t.Error(err)
	}
	_, err = c.GetBucketCors(t.Context(), &s3.GetBucketCorsInput{Bucket: aws.String("second")})
	if code(err) != "NotImplemented" {
		t.Error(err)
	}
}
