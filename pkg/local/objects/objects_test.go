package objects_test

import (
	"bytes"
	"context"
	"crypto/md5"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/aws/smithy-go"

	"github.com/cdx-deploy/cdx/pkg/local/objects"
)

// serve starts a store over HTTP with the bucket "bucket", and returns it with a client.
func serve(t *testing.T) (*objects.Store, *s3.Client) {
	t.Helper()
	store, err := objects.New(t.TempDir(), "eu-central-1")
	if err != nil {
		t.Fatal(err)
	}
	c, stop := serveStore(t, store)
	t.Cleanup(func() {
		stop()
		if err := store.Close(); err != nil {
			t.Error(err)
		}
	})
	return store, c
}

// serveStore serves a store with the bucket "bucket" until stop.
func serveStore(t *testing.T, store *objects.Store) (c *s3.Client, stop func()) {
	t.Helper()
	if err := store.EnsureBucket("bucket"); err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(store.Handler(nil))
	return client(server.URL, "SOMEBODY"), server.Close
}

func client(url, key string) *s3.Client {
	return s3.New(s3.Options{
		BaseEndpoint: &url, UsePathStyle: true, Region: "eu-central-1", RetryMaxAttempts: 1,
		RequestChecksumCalculation: aws.RequestChecksumCalculationWhenSupported, ResponseChecksumValidation: aws.ResponseChecksumValidationWhenSupported,
		Credentials: aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
			return aws.Credentials{AccessKeyID: key, SecretAccessKey: "secret"}, nil
		}),
	})
}

// code is the error code that S3 answered with; for HEAD, which has none, it is made of the status.
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

func put(t *testing.T, c *s3.Client, key, body string) *s3.PutObjectOutput {
	t.Helper()
	out, err := c.PutObject(t.Context(), &s3.PutObjectInput{Bucket: aws.String("bucket"), Key: &key, Body: strings.NewReader(body)})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// content is size bytes that are always the same.
func content(size int) []byte {
	source := rand.NewChaCha8([32]byte{1})
	b := make([]byte, size)
	_, _ = source.Read(b)
	return b
}

func TestPutAndGet(t *testing.T) {
	_, c := serve(t)
	for _, size := range []int{0, 1, 64 << 10, 64<<10 + 1, 3 << 20} {
		t.Run(fmt.Sprint(size), func(t *testing.T) {
			body := content(size)
			put, err := c.PutObject(t.Context(), &s3.PutObjectInput{
				Bucket: aws.String("bucket"), Key: aws.String("ä dir/+%&? 1.zip"), Body: bytes.NewReader(body),
				Metadata: map[string]string{"cdx-digest": "abc"}, ContentType: aws.String("application/zip"),
				Tagging: aws.String("a=b&c=d"),
			})
			if err != nil {
				t.Fatal(err)
			}
			etag := fmt.Sprintf(`"%x"`, md5.Sum(body))
			got, err := c.GetObject(t.Context(), &s3.GetObjectInput{
				Bucket: aws.String("bucket"), Key: aws.String("ä dir/+%&? 1.zip"), ChecksumMode: types.ChecksumModeEnabled,
			})
			if err != nil {
				t.Fatal(err)
			}
			read, err := io.ReadAll(got.Body)
			if err != nil || !bytes.Equal(read, body) {
				t.Errorf("read %d bytes, %v", len(read), err)
			}
			if *put.ETag != etag || *got.ETag != etag || got.Metadata["cdx-digest"] != "abc" || *got.ContentType != "application/zip" ||
				*got.TagCount != 2 || aws.ToString(got.ChecksumCRC32) == "" || *got.ChecksumCRC32 != *put.ChecksumCRC32 || got.VersionId != nil {
				t.Errorf("put %+v\ngot %+v", put, got)
			}
		})
	}
}

// A content encoding is told as it came, and with it how long the content is.
func TestContentEncoding(t *testing.T) {
	_, c := serve(t)
	body := content(100 << 10) // more than what is buffered
	_, err := c.PutObject(t.Context(), &s3.PutObjectInput{Bucket: aws.String("bucket"), Key: aws.String("key"), Body: bytes.NewReader(body), ContentEncoding: aws.String("gzip")})
	if err != nil {
		t.Fatal(err)
	}
	head, err := c.HeadObject(t.Context(), &s3.HeadObjectInput{Bucket: aws.String("bucket"), Key: aws.String("key")})
	if err != nil || *head.ContentEncoding != "gzip" || aws.ToInt64(head.ContentLength) != int64(len(body)) {
		t.Errorf("%+v, %v", head, err)
	}
	for _, test := range []struct {
		span *string
		want []byte
	}{{nil, body}, {aws.String("bytes=1-9"), body[1:10]}} {
		got, err := c.GetObject(t.Context(), &s3.GetObjectInput{Bucket: aws.String("bucket"), Key: aws.String("key"), Range: test.span})
		if err != nil {
			t.Fatal(err)
		}
		if read, err := io.ReadAll(got.Body); err != nil || !bytes.Equal(read, test.want) || aws.ToInt64(got.ContentLength) != int64(len(test.want)) {
			t.Errorf("%s: %d bytes of %d, %v", aws.ToString(test.span), len(read), aws.ToInt64(got.ContentLength), err)
		}
	}
}

func TestNotFound(t *testing.T) {
	_, c := serve(t)
	put(t, c, "key", "text")
	get := func(bucket, key, version string) error {
		in := &s3.GetObjectInput{Bucket: &bucket, Key: &key}
		if version != "" {
			in.VersionId = &version
		}
		_, err := c.GetObject(t.Context(), in)
		return err
	}
	head := func(bucket, key string) error {
		_, err := c.HeadObject(t.Context(), &s3.HeadObjectInput{Bucket: &bucket, Key: &key})
		return err
	}
	list := func(bucket string) error {
		_, err := c.ListObjectsV2(t.Context(), &s3.ListObjectsV2Input{Bucket: &bucket})
		return err
	}
	write := func(bucket string) error {
		_, err := c.PutObject(t.Context(), &s3.PutObjectInput{Bucket: &bucket, Key: aws.String("k"), Body: strings.NewReader("x")})
		return err
	}
	for _, test := range []struct {
		name string
		err  error
		code string
	}{
		{"key", get("bucket", "other", ""), "NoSuchKey"},
		{"version", get("bucket", "key", "nope"), "NoSuchVersion"},
		{"bucket", get("nobucket", "key", ""), "NoSuchBucket"},
		{"head key", head("bucket", "other"), "NotFound"},
		{"head bucket", head("nobucket", "key"), "NotFound"},
		{"list bucket", list("nobucket"), "NoSuchBucket"},
		{"write", write("nobucket"), "NoSuchBucket"},
	} {
		if code(test.err) != test.code {
			t.Errorf("%s: %v, want %s", test.name, test.err, test.code)
		}
	}
	var missing *types.NoSuchKey
	if err := get("bucket", "other", ""); !errors.As(err, &missing) || missing.ErrorMessage() != "The specified key does not exist." {
		t.Errorf("message: %v", err)
	}
}

func TestRanges(t *testing.T) {
	_, c := serve(t)
	put(t, c, "key", "0123456789")
	for _, test := range []struct{ give, body, rangeOf, code string }{
		{"bytes=2-4", "234", "bytes 2-4/10", ""},
		{"bytes=7-", "789", "bytes 7-9/10", ""},
		{"bytes=-3", "789", "bytes 7-9/10", ""},
		{"bytes=5-100", "56789", "bytes 5-9/10", ""},
		{"bytes=0-1,3-4", "0123456789", "", ""},
		{"lines=1-2", "0123456789", "", ""},
		{"bytes=-100", "0123456789", "bytes 0-9/10", ""},
		{"bytes=3-1", "0123456789", "", ""},
		{"bytes=x-", "0123456789", "", ""},
		{"bytes=-", "0123456789", "", ""},
		{"bytes=+1-2", "0123456789", "", ""},
		{"bytes=10-", "", "", "InvalidRange"},
		{"bytes=10-20", "", "", "InvalidRange"},
		{"bytes=-0", "", "", "InvalidRange"},
	} {
		got, err := c.GetObject(t.Context(), &s3.GetObjectInput{Bucket: aws.String("bucket"), Key: aws.String("key"), Range: &test.give})
		if code(err) != test.code {
			t.Errorf("%s: %v, want %s", test.give, err, test.code)
		}
		if err != nil {
			continue
		}
		body, _ := io.ReadAll(got.Body)
		if string(body) != test.body || aws.ToString(got.ContentRange) != test.rangeOf {
			t.Errorf("%s: %q, %s", test.give, body, aws.ToString(got.ContentRange))
		}
	}
}

func TestConditions(t *testing.T) {
	_, c := serve(t)
	etag := put(t, c, "key", "one").ETag
	write := func(key string, match, noneMatch *string) error {
		_, err := c.PutObject(t.Context(), &s3.PutObjectInput{
			Bucket: aws.String("bucket"), Key: &key, Body: strings.NewReader("one"), IfMatch: match, IfNoneMatch: noneMatch,
		})
		return err
	}
	read := func(match, noneMatch *string) error {
		_, err := c.GetObject(t.Context(), &s3.GetObjectInput{Bucket: aws.String("bucket"), Key: aws.String("key"), IfMatch: match, IfNoneMatch: noneMatch})
		return err
	}
	star, wrong := aws.String("*"), aws.String(`"00"`)
	for _, test := range []struct {
		name string
		err  error
		code string
	}{
		{"none there", write("new", nil, star), ""},
		{"one there", write("key", nil, star), "PreconditionFailed"},
		{"none-match of an etag", write("key", nil, wrong), "NotImplemented"},
		{"match", write("key", etag, nil), ""},
		{"match without quotes", write("key", aws.String(strings.Trim(*etag, `"`)), nil), ""},
		{"other", write("key", wrong, nil), "PreconditionFailed"},
		{"match nothing", write("none", etag, nil), "NoSuchKey"},
		{"read other", read(wrong, nil), "PreconditionFailed"},
		{"read match", read(etag, nil), ""},
		{"not modified", read(nil, etag), "NotModified"},
	} {
		if code(test.err) != test.code {
			t.Errorf("%s: %v, want %q", test.name, test.err, test.code)
		}
	}
}

func TestChecksums(t *testing.T) {
	_, c := serve(t)
	for _, a := range []types.ChecksumAlgorithm{"CRC32", "CRC32C", "CRC64NVME", "SHA1", "SHA256"} {
		_, err := c.PutObject(t.Context(), &s3.PutObjectInput{
			Bucket: aws.String("bucket"), Key: aws.String("key"), Body: strings.NewReader("hello"), ChecksumAlgorithm: a,
		})
		if err != nil {
			t.Errorf("%s: %v", a, err)
		}
	}
	wrong := []*s3.PutObjectInput{
		{ChecksumCRC32: aws.String("AAAAAA==")},
		{ChecksumCRC64NVME: aws.String("AAAAAAAAAAA=")},
		{ChecksumSHA256: aws.String("47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=")},
		{ContentMD5: aws.String("1B2M2Y8AsgTpgAmY7PhCfg==")},
	}
	for _, in := range wrong {
		in.Bucket, in.Key, in.Body = aws.String("bucket"), aws.String("bad"), strings.NewReader("hello")
		if _, err := c.PutObject(t.Context(), in); code(err) != "BadDigest" {
			t.Errorf("%+v: %v", in, err)
		}
	}
	for _, none := range []string{"nonsense!", "AAAA"} {
		_, err := c.PutObject(t.Context(), &s3.PutObjectInput{
			Bucket: aws.String("bucket"), Key: aws.String("bad"), Body: strings.NewReader("hello"), ChecksumSHA256: &none,
		})
		if code(err) != "InvalidRequest" {
			t.Errorf("%s: %v", none, err)
		}
	}
	_, err := c.HeadObject(t.Context(), &s3.HeadObjectInput{Bucket: aws.String("bucket"), Key: aws.String("bad")})
	if code(err) != "NotFound" {
		t.Errorf("something was kept: %v", err)
	}
	_, err = c.PutObject(t.Context(), &s3.PutObjectInput{
		Bucket: aws.String("bucket"), Key: aws.String("bad"), Body: strings.NewReader("hello"), ContentMD5: aws.String("nonsense"),
	})
	if code(err) != "InvalidDigest" {
		t.Error(err)
	}
}

func TestTagging(t *testing.T) {
	_, c := serve(t)
	put(t, c, "key", "x")
	bucket, key := aws.String("bucket"), aws.String("key")
	_, err := c.PutObjectTagging(t.Context(), &s3.PutObjectTaggingInput{
		Bucket: bucket, Key: key, Tagging: &types.Tagging{TagSet: []types.Tag{{Key: aws.String("b"), Value: aws.String("2")}, {Key: aws.String("a"), Value: aws.String("1")}}},
	})
	if err != nil {
		t.Fatal(err)
	}
	got, err := c.GetObjectTagging(t.Context(), &s3.GetObjectTaggingInput{Bucket: bucket, Key: key})
	if err != nil || len(got.TagSet) != 2 || *got.TagSet[0].Key != "a" || *got.TagSet[0].Value != "1" {
		t.Errorf("%+v, %v", got, err)
	}
	if _, err := c.DeleteObjectTagging(t.Context(), &s3.DeleteObjectTaggingInput{Bucket: bucket, Key: key}); err != nil {
		t.Error(err)
	}
	got, err = c.GetObjectTagging(t.Context(), &s3.GetObjectTaggingInput{Bucket: bucket, Key: key})
	if err != nil || len(got.TagSet) != 0 {
		t.Errorf("%+v, %v", got, err)
	}
	_, err = c.GetObjectTagging(t.Context(), &s3.GetObjectTaggingInput{Bucket: bucket, Key: aws.String("none")})
	if code(err) != "NoSuchKey" {
		t.Error(err)
	}
}

func TestBadTags(t *testing.T) {
	_, c := serve(t)
	put(t, c, "key", "x")
	many := make([]types.Tag, 11)
	for i := range many {
		many[i] = types.Tag{Key: aws.String(fmt.Sprint(i)), Value: aws.String("")}
	}
	for _, test := range []struct {
		want string
		tags []types.Tag
	}{
		{"BadRequest", many},
		{"InvalidTag", []types.Tag{{Key: aws.String("k"), Value: aws.String("1")}, {Key: aws.String("k"), Value: aws.String("2")}}},
		{"InvalidTag", []types.Tag{{Key: aws.String(""), Value: aws.String("1")}}},
		{"InvalidTag", []types.Tag{{Key: aws.String(strings.Repeat("k", 129)), Value: aws.String("1")}}},
		{"InvalidTag", []types.Tag{{Key: aws.String("k"), Value: aws.String(strings.Repeat("é", 257))}}},
	} {
		_, err := c.PutObjectTagging(t.Context(), &s3.PutObjectTaggingInput{Bucket: aws.String("bucket"), Key: aws.String("key"), Tagging: &types.Tagging{TagSet: test.tags}})
		if code(err) != test.want {
			t.Errorf("%d tags: %v, want %s", len(test.tags), err, test.want)
		}
	}
	_, err := c.PutObject(t.Context(), &s3.PutObjectInput{Bucket: aws.String("bucket"), Key: aws.String("key"), Body: strings.NewReader("x"), Tagging: aws.String("a=1&a=2")})
	if code(err) != "InvalidTag" {
		t.Error(err)
	}
}

// What a request says about encryption comes back; a key of the customer's would have to be kept, and is refused.
func TestEncryption(t *testing.T) {
	_, c := serve(t)
	bucket, key, kms := aws.String("bucket"), aws.String("key"), aws.String("arn:aws:kms:us-east-1:000000000000:key/k")
	out, err := c.PutObject(t.Context(), &s3.PutObjectInput{
		Bucket: bucket, Key: key, Body: strings.NewReader("x"), ServerSideEncryption: types.ServerSideEncryptionAwsKms, SSEKMSKeyId: kms,
	})
	if err != nil || out.ServerSideEncryption != types.ServerSideEncryptionAwsKms || aws.ToString(out.SSEKMSKeyId) != *kms {
		t.Errorf("%+v, %v", out, err)
	}
	encrypted := func(in *s3.CreateMultipartUploadInput) {
		in.ServerSideEncryption, in.SSEKMSKeyId = types.ServerSideEncryptionAwsKms, kms
	}
	u := begin(t, c, "parts", encrypted)
	done, err := u.complete(t, u.parts(t, []byte("x")))
	if err != nil || done.ServerSideEncryption != types.ServerSideEncryptionAwsKms || aws.ToString(done.SSEKMSKeyId) != *kms {
		t.Errorf("%+v, %v", done, err)
	}
	r := httptest.NewRequestWithContext(t.Context(), http.MethodPut, "/bucket/key", strings.NewReader("x"))
	r.Header.Set("X-Amz-Server-Side-Encryption-Customer-Key", "c2VjcmV0")
	answer := httptest.NewRecorder()
	store, _ := serve(t)
	if store.Handler(nil).ServeHTTP(answer, r); answer.Code != http.StatusNotImplemented {
		t.Errorf("a key of the customer's: %d", answer.Code)
	}
}

// Names of metadata are in lower case on the wire, as S3 has them: some clients tell cases apart.
func TestMetadataNames(t *testing.T) {
	store, c := serve(t)
	_, err := c.PutObject(t.Context(), &s3.PutObjectInput{
		Bucket: aws.String("bucket"), Key: aws.String("key"), Body: strings.NewReader("x"), Metadata: map[string]string{"Cdx-Digest": "abc"},
	})
	if err != nil {
		t.Fatal(err)
	}
	answer := httptest.NewRecorder()
	store.Handler(nil).ServeHTTP(answer, httptest.NewRequestWithContext(t.Context(), http.MethodHead, "/bucket/key", nil))
	name := "x-amz-meta-cdx-digest"
	if value := answer.Header()[name]; len(value) != 1 || value[0] != "abc" {
		t.Errorf("%v", answer.Header())
	}
}
