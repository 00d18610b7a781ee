package objects_test

import (
	"bytes"
	"io"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
)

func TestCopy(t *testing.T) {
	store, c := serve(t)
	body := content(100 << 10) // in a file
	put, err := c.PutObject(t.Context(), &s3.PutObjectInput{
		Bucket: aws.String("bucket"), Key: aws.String("from here"), Body: bytes.NewReader(body), Metadata: map[string]string{"a": "b"},
	})
	if err != nil {
		t.Fatal(err)
	}
	copied, err := c.CopyObject(t.Context(), &s3.CopyObjectInput{
		Bucket: aws.String("bucket"), Key: aws.String("to"), CopySource: aws.String("bucket/from%20here"),
	})
	if err != nil || *copied.CopyObjectResult.ETag != *put.ETag || copied.CopyObjectResult.LastModified == nil {
		t.Fatalf("%+v, %v", copied, err)
	}
	if _, err := c.DeleteObject(t.Context(), &s3.DeleteObjectInput{Bucket: aws.String("bucket"), Key: aws.String("from here")}); err != nil {
		t.Fatal(err)
	}
	kept, _, err := store.Open("bucket", "to", "")
	if err != nil {
		t.Fatal(err)
	}
	read, err := io.ReadAll(kept)
	if err != nil || !bytes.Equal(read, body) || kept.Close() != nil {
		t.Errorf("%d bytes, %v", len(read), err)
	}
	_, err = c.CopyObject(t.Context(), &s3.CopyObjectInput{
		Bucket: aws.String("bucket"), Key: aws.String("to2"), CopySource: aws.String("bucket/none"),
	})
	if code(err) != "NoSuchKey" {
		t.Error(err)
	}
	_, err = c.CopyObject(t.Context(), &s3.CopyObjectInput{
		Bucket: aws.String("bucket"), Key: aws.String("to"), CopySource: aws.String("bucket/to"),
		MetadataDirective: types.MetadataDirectiveReplace, Metadata: map[string]string{"c": "d"},
	})
	if err != nil {
		t.Error(err)
	}
	head, err := c.HeadObject(t.Context(), &s3.HeadObjectInput{Bucket: aws.String("bucket"), Key: aws.String("to")})
	if err != nil || head.Metadata["a"] != "" || head.Metadata["c"] != "d" {
		t.Errorf("%+v, %v", head, err)
	}
}

// copyOf copies an object of the bucket.
func copyOf(t *testing.T, c *s3.Client, from, to string, change ...func(*s3.CopyObjectInput)) (*s3.CopyObjectOutput, error) {
	t.Helper()
	in := &s3.CopyObjectInput{Bucket: aws.String("bucket"), Key: &to, CopySource: aws.String("bucket/" + from)}
	for _, f := range change {
		f(in)
	}
	return c.CopyObject(t.Context(), in)
}

func TestCopyConditions(t *testing.T) {
	_, c := serve(t)
	etag := put(t, c, "from", "x").ETag
	for _, test := range []struct {
		name, want string
		change     func(*s3.CopyObjectInput)
	}{
		{"the eTag", "", func(in *s3.CopyObjectInput) { in.CopySourceIfMatch = etag }},
		{"another eTag", "PreconditionFailed", func(in *s3.CopyObjectInput) { in.CopySourceIfMatch = aws.String(`"bad"`) }},
		{"not the eTag", "PreconditionFailed", func(in *s3.CopyObjectInput) { in.CopySourceIfNoneMatch = etag }},
		{"not another eTag", "", func(in *s3.CopyObjectInput) { in.CopySourceIfNoneMatch = aws.String(`"bad"`) }},
		{"an unknown checksum", "InvalidRequest", func(in *s3.CopyObjectInput) { in.ChecksumAlgorithm = "ROT13" }},
		{"onto itself", "InvalidRequest", func(in *s3.CopyObjectInput) { in.Key = aws.String("from") }},
		{"onto itself in another class", "", func(in *s3.CopyObjectInput) {
			in.Key, in.StorageClass = aws.String("from"), types.StorageClassStandardIa
		}},
		{"only where nothing is", "PreconditionFailed", func(in *s3.CopyObjectInput) { in.IfNoneMatch = aws.String("*") }},
	} {
		if _, err := copyOf(t, c, "from", "to", test.change); code(err) != test.want {
			t.Errorf("%s: %v, want %q", test.name, err, test.want)
		}
	}
	u := begin(t, c, "parts")
	_, err := c.UploadPartCopy(t.Context(), &s3.UploadPartCopyInput{
		Bucket: aws.String("bucket"), Key: aws.String("parts"), UploadId: u.id, PartNumber: aws.Int32(1), CopySource: aws.String("bucket/from"), CopySourceIfMatch: aws.String(`"bad"`),
	})
	if code(err) != "PreconditionFailed" {
		t.Error(err)
	}
}

// A copy has the source's metadata and tags unless it has its own, and a checksum and an eTag of one piece.
func TestCopyIsNew(t *testing.T) {
	_, c := serve(t)
	body := content(partSize + 1)
	u := begin(t, c, "from", withCRC32, func(in *s3.CreateMultipartUploadInput) {
		in.Tagging, in.ContentType, in.StorageClass = aws.String("a=1"), aws.String("text/x"), types.StorageClassStandardIa
	})
	if _, err := u.complete(t, u.parts(t, body)); err != nil {
		t.Fatal(err)
	}
	whole, err := c.PutObject(t.Context(), &s3.PutObjectInput{Bucket: aws.String("bucket"), Key: aws.String("whole"), Body: bytes.NewReader(body), ChecksumAlgorithm: types.ChecksumAlgorithmSha256})
	if err != nil {
		t.Fatal(err)
	}
	copied, err := copyOf(t, c, "from", "to", func(in *s3.CopyObjectInput) {
		in.TaggingDirective, in.Tagging, in.ChecksumAlgorithm = types.TaggingDirectiveReplace, aws.String("b=2"), types.ChecksumAlgorithmSha256
	})
	if err != nil {
		t.Fatal(err)
	}
	if result := copied.CopyObjectResult; *result.ETag != *whole.ETag || aws.ToString(result.ChecksumSHA256) != *whole.ChecksumSHA256 {
		t.Errorf("%+v, want %+v", result, whole)
	}
	head, err := c.HeadObject(t.Context(), &s3.HeadObjectInput{Bucket: aws.String("bucket"), Key: aws.String("to")})
	if err != nil || *head.ContentType != "text/x" || head.StorageClass != "" {
		t.Errorf("%+v, %v", head, err)
	}
	tags, err := c.GetObjectTagging(t.Context(), &s3.GetObjectTaggingInput{Bucket: aws.String("bucket"), Key: aws.String("to")})
	if err != nil || len(tags.TagSet) != 1 || *tags.TagSet[0].Key != "b" {
		t.Errorf("%+v, %v", tags, err)
	}
}

// An older version can be brought back, a delete marker cannot be copied.
func TestCopyVersions(t *testing.T) {
	_, c := serve(t)
	enable(t, c, types.BucketVersioningStatusEnabled)
	old := put(t, c, "key", "old").VersionId
	put(t, c, "key", "new")
	back, err := copyOf(t, c, "key?versionId="+*old, "key")
	if err != nil || *back.CopySourceVersionId != *old || *back.VersionId == *old {
		t.Fatalf("%+v, %v", back, err)
	}
	got, err := c.GetObject(t.Context(), &s3.GetObjectInput{Bucket: aws.String("bucket"), Key: aws.String("key")})
	if err != nil {
		t.Fatal(err)
	}
	if read, err := io.ReadAll(got.Body); err != nil || string(read) != "old" {
		t.Errorf("%q, %v", read, err)
	}
	marker, err := c.DeleteObject(t.Context(), &s3.DeleteObjectInput{Bucket: aws.String("bucket"), Key: aws.String("key")})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := copyOf(t, c, "key?versionId="+*marker.VersionId, "to"); code(err) != "InvalidRequest" {
		t.Error(err)
	}
	if _, err := copyOf(t, c, "key", "to"); code(err) != "NoSuchKey" || !strings.Contains(err.Error(), "404") {
		t.Error(err)
	}
}
