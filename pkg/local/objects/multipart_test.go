package objects_test

import (
	"bytes"
	"crypto/md5"
	"encoding/base64"
	"fmt"
	"hash/crc32"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/feature/s3/transfermanager"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"github.com/cdx-deploy/cdx/pkg/local/objects"
)

const partSize = 5 << 20

// upload is a multipart upload in a test.
type upload struct {
	c   *s3.Client
	key string
	id  *string
}

func begin(t *testing.T, c *s3.Client, key string, change ...func(*s3.CreateMultipartUploadInput)) *upload {
	t.Helper()
	in := &s3.CreateMultipartUploadInput{Bucket: aws.String("bucket"), Key: &key}
	for _, f := range change {
		f(in)
	}
	out, err := c.CreateMultipartUpload(t.Context(), in)
	if err != nil {
		t.Fatal(err)
	}
	return &upload{c, key, out.UploadId}
}

func (u *upload) part(t *testing.T, number int32, body []byte, change ...func(*s3.UploadPartInput)) (types.CompletedPart, error) {
	t.Helper()
	in := &s3.UploadPartInput{Bucket: aws.String("bucket"), Key: &u.key, UploadId: u.id, PartNumber: &number, Body: bytes.NewReader(body)}
	for _, f := range change {
		f(in)
	}
	out, err := u.c.UploadPart(t.Context(), in)
	if err != nil {
		return types.CompletedPart{}, err
	}
	return types.CompletedPart{PartNumber: &number, ETag: out.ETag, ChecksumCRC32: out.ChecksumCRC32}, nil
}

func (u *upload) complete(t *testing.T, parts []types.CompletedPart, change ...func(*s3.CompleteMultipartUploadInput)) (*s3.CompleteMultipartUploadOutput, error) {
	t.Helper()
	in := &s3.CompleteMultipartUploadInput{
		Bucket: aws.String("bucket"), Key: &u.key, UploadId: u.id, MultipartUpload: &types.CompletedMultipartUpload{Parts: parts},
	}
	for _, f := range change {
		f(in)
	}
	return u.c.CompleteMultipartUpload(t.Context(), in)
}

// parts uploads body in parts of partSize.
func (u *upload) parts(t *testing.T, body []byte) []types.CompletedPart {
	t.Helper()
	var parts []types.CompletedPart
	for chunk := range slices.Chunk(body, partSize) {
		p, err := u.part(t, int32(len(parts)+1), chunk)
		if err != nil {
			t.Fatal(err)
		}
		parts = append(parts, p)
	}
	return parts
}

func withCRC32(in *s3.CreateMultipartUploadInput) {
	in.ChecksumAlgorithm = types.ChecksumAlgorithmCrc32
}

// etagOf is the eTag of a multipart upload in parts of partSize.
func etagOf(body []byte) string {
	var sums []byte
	n := 0
	for chunk := range slices.Chunk(body, partSize) {
		sum := md5.Sum(chunk)
		sums, n = append(sums, sum[:]...), n+1
	}
	return fmt.Sprintf(`"%x-%d"`, md5.Sum(sums), n)
}

func TestMultipartUpload(t *testing.T) {
	_, c := serve(t)
	body := content(2*partSize + 100)
	u := begin(t, c, "big", withCRC32, func(in *s3.CreateMultipartUploadInput) { in.Metadata = map[string]string{"cdx-digest": "abc"} })
	out, err := u.complete(t, u.parts(t, body))
	if err != nil {
		t.Fatal(err)
	}
	head, err := c.HeadObject(t.Context(), &s3.HeadObjectInput{Bucket: aws.String("bucket"), Key: aws.String("big"), ChecksumMode: types.ChecksumModeEnabled})
	if err != nil {
		t.Fatal(err)
	}
	got, err := c.GetObject(t.Context(), &s3.GetObjectInput{Bucket: aws.String("bucket"), Key: aws.String("big")})
	if err != nil {
		t.Fatal(err)
	}
	read, err := io.ReadAll(got.Body)
	if err != nil || !bytes.Equal(read, body) {
		t.Errorf("%d bytes, %v", len(read), err)
	}
	etag := etagOf(body)
	if *out.ETag != etag || *head.ETag != etag || *got.ETag != etag {
		t.Errorf("eTags %s %s %s, want %s", *out.ETag, *head.ETag, *got.ETag, etag)
	}
	var sums []byte
	for chunk := range slices.Chunk(body, partSize) {
		sum := crc32.NewIEEE()
		_, _ = sum.Write(chunk)
		sums = sum.Sum(sums)
	}
	all := crc32.NewIEEE()
	_, _ = all.Write(sums)
	composite := base64.StdEncoding.EncodeToString(all.Sum(nil)) + "-3"
	if aws.ToString(out.ChecksumCRC32) != composite || out.ChecksumType != types.ChecksumTypeComposite || aws.ToString(head.ChecksumCRC32) != composite {
		t.Errorf("checksums %v %v, want %s", aws.ToString(out.ChecksumCRC32), aws.ToString(head.ChecksumCRC32), composite)
	}
	if head.Metadata["cdx-digest"] != "abc" || *head.ContentLength != int64(len(body)) {
		t.Errorf("%+v", head)
	}
	again, err := u.complete(t, []types.CompletedPart{{PartNumber: aws.Int32(1), ETag: aws.String("x")}})
	if err != nil || *again.ETag != etag {
		t.Errorf("completing once more: %+v, %v", again, err)
	}
	second, err := c.GetObject(t.Context(), &s3.GetObjectInput{Bucket: aws.String("bucket"), Key: aws.String("big"), PartNumber: aws.Int32(3)})
	if err != nil {
		t.Fatal(err)
	}
	read, err = io.ReadAll(second.Body)
	if err != nil || !bytes.Equal(read, body[2*partSize:]) || *second.PartsCount != 3 {
		t.Errorf("part 3: %d bytes, %+v, %v", len(read), second, err)
	}
	for part, want := range map[int32]string{0: "InvalidArgument", 4: "InvalidRange"} {
		_, err = c.GetObject(t.Context(), &s3.GetObjectInput{Bucket: aws.String("bucket"), Key: aws.String("big"), PartNumber: &part})
		if code(err) != want {
			t.Errorf("part %d: %v", part, err)
		}
	}
	tail, err := c.GetObject(t.Context(), &s3.GetObjectInput{Bucket: aws.String("bucket"), Key: aws.String("big"), Range: aws.String(fmt.Sprintf("bytes=%d-%d", partSize-2, partSize+1))})
	if err != nil {
		t.Fatal(err)
	}
	if read, _ = io.ReadAll(tail.Body); !bytes.Equal(read, body[partSize-2:partSize+2]) {
		t.Errorf("across parts: %x", read)
	}
}

func TestFullObjectChecksum(t *testing.T) {
	_, c := serve(t)
	body := content(partSize + 1)
	for _, a := range []types.ChecksumAlgorithm{types.ChecksumAlgorithmCrc32, types.ChecksumAlgorithmCrc64nvme} {
		u := begin(t, c, "full", func(in *s3.CreateMultipartUploadInput) {
			in.ChecksumAlgorithm, in.ChecksumType = a, types.ChecksumTypeFullObject
		})
		var parts []types.CompletedPart
		for i, chunk := range [][]byte{body[:partSize], body[partSize:]} {
			p, err := u.part(t, int32(i+1), chunk, func(in *s3.UploadPartInput) { in.ChecksumAlgorithm = a })
			if err != nil {
				t.Fatal(err)
			}
			parts = append(parts, p)
		}
		whole, err := c.PutObject(t.Context(), &s3.PutObjectInput{Bucket: aws.String("bucket"), Key: aws.String("whole"), Body: bytes.NewReader(body), ChecksumAlgorithm: a})
		if err != nil {
			t.Fatal(err)
		}
		_, err = u.complete(t, parts, func(in *s3.CompleteMultipartUploadInput) {
			in.ChecksumCRC32, in.ChecksumCRC64NVME = aws.String("AAAAAA=="), aws.String("AAAAAAAAAAA=")
		})
		if code(err) != "BadDigest" {
			t.Errorf("%s: %v", a, err)
		}
		out, err := u.complete(t, parts)
		if err != nil {
			t.Fatal(err)
		}
		if aws.ToString(out.ChecksumCRC32) != aws.ToString(whole.ChecksumCRC32) || aws.ToString(out.ChecksumCRC64NVME) != aws.ToString(whole.ChecksumCRC64NVME) ||
			out.ChecksumType != types.ChecksumTypeFullObject {
			t.Errorf("%s: %+v %+v", a, out, whole)
		}
	}
}

func TestMultipartMistakes(t *testing.T) {
	_, c := serve(t)
	u := begin(t, c, "key", withCRC32)
	one, err := u.part(t, 1, content(partSize))
	if err != nil {
		t.Fatal(err)
	}
	small, err := u.part(t, 2, []byte("small"))
	if err != nil {
		t.Fatal(err)
	}
	last, err := u.part(t, 3, []byte("last"))
	if err != nil {
		t.Fatal(err)
	}
	wrongETag, wrongSum := one, one
	wrongETag.ETag, wrongSum.ChecksumCRC32 = small.ETag, small.ChecksumCRC32
	for name, test := range map[string]struct {
		parts []types.CompletedPart
		want  string
	}{
		"order":    {[]types.CompletedPart{last, one}, "InvalidPartOrder"},
		"twice":    {[]types.CompletedPart{one, one}, "InvalidPartOrder"},
		"missing":  {[]types.CompletedPart{one, {PartNumber: aws.Int32(9), ETag: one.ETag}}, "InvalidPart"},
		"eTag":     {[]types.CompletedPart{wrongETag}, "InvalidPart"},
		"checksum": {[]types.CompletedPart{wrongSum}, "InvalidPart"},
		"small":    {[]types.CompletedPart{one, small, last}, "EntityTooSmall"},
		"none":     {nil, "MalformedXML"},
	} {
		if _, err := u.complete(t, test.parts); code(err) != test.want {
			t.Errorf("%s: %v, want %s", name, err, test.want)
		}
	}
	_, err = u.complete(t, []types.CompletedPart{one, last}, func(in *s3.CompleteMultipartUploadInput) { in.MpuObjectSize = aws.Int64(1) })
	if code(err) != "InvalidRequest" {
		t.Errorf("size: %v", err)
	}
	_, err = u.part(t, 4, []byte("x"), func(in *s3.UploadPartInput) { in.ChecksumCRC32 = aws.String("AAAAAA==") })
	if code(err) != "BadDigest" {
		t.Errorf("wrong checksum of a part: %v", err)
	}
	_, err = u.part(t, 4, []byte("x"), func(in *s3.UploadPartInput) { in.ChecksumAlgorithm = types.ChecksumAlgorithmSha256 })
	if code(err) != "InvalidRequest" {
		t.Errorf("another algorithm: %v", err)
	}
	_, err = u.part(t, 10001, []byte("x"))
	if code(err) != "InvalidArgument" {
		t.Errorf("part number: %v", err)
	}
	stranger := &upload{c, "other", u.id}
	if _, err = stranger.part(t, 1, []byte("x")); code(err) != "NoSuchUpload" {
		t.Errorf("another key's upload: %v", err)
	}
	for _, change := range []func(*s3.CreateMultipartUploadInput){
		func(in *s3.CreateMultipartUploadInput) { in.ChecksumAlgorithm = "XXHASH64" },
		func(in *s3.CreateMultipartUploadInput) {
			in.ChecksumAlgorithm, in.ChecksumType = types.ChecksumAlgorithmSha256, types.ChecksumTypeFullObject
		},
		func(in *s3.CreateMultipartUploadInput) {
			in.ChecksumAlgorithm, in.ChecksumType = types.ChecksumAlgorithmCrc64nvme, types.ChecksumTypeComposite
		},
	} {
		in := &s3.CreateMultipartUploadInput{Bucket: aws.String("bucket"), Key: aws.String("k")}
		change(in)
		if _, err := c.CreateMultipartUpload(t.Context(), in); code(err) != "InvalidRequest" {
			t.Errorf("%s %s: %v", in.ChecksumAlgorithm, in.ChecksumType, err)
		}
	}
	_, err = c.CreateMultipartUpload(t.Context(), &s3.CreateMultipartUploadInput{Bucket: aws.String("nobucket"), Key: aws.String("k")})
	if code(err) != "NoSuchBucket" {
		t.Error(err)
	}
}

func TestConditionalComplete(t *testing.T) {
	_, c := serve(t)
	etag := put(t, c, "key", "there").ETag
	never := func(in *s3.CompleteMultipartUploadInput) { in.IfNoneMatch = aws.String("*") }
	u := begin(t, c, "key")
	parts := u.parts(t, []byte("new"))
	if _, err := u.complete(t, parts, never); code(err) != "PreconditionFailed" {
		t.Errorf("over an object: %v", err)
	}
	if _, err := u.complete(t, parts, func(in *s3.CompleteMultipartUploadInput) { in.IfMatch = aws.String(`"00"`) }); code(err) != "PreconditionFailed" {
		t.Errorf("over another object: %v", err)
	}
	if _, err := u.complete(t, parts, func(in *s3.CompleteMultipartUploadInput) { in.IfMatch = etag }); err != nil {
		t.Errorf("over the object that is there: %v", err)
	}
	free := begin(t, c, "free")
	if _, err := free.complete(t, free.parts(t, []byte("new")), never); err != nil {
		t.Errorf("where nothing is: %v", err)
	}
}

func TestAbortAndLists(t *testing.T) {
	_, c := serve(t)
	b, a := begin(t, c, "b"), begin(t, c, "a", withCRC32)
	a.parts(t, content(partSize+1))
	uploads, err := c.ListMultipartUploads(t.Context(), &s3.ListMultipartUploadsInput{Bucket: aws.String("bucket")})
	if err != nil || len(uploads.Uploads) != 2 || *uploads.Uploads[0].Key != "a" || *uploads.Uploads[0].UploadId != *a.id || uploads.Uploads[0].Initiated == nil {
		t.Errorf("%+v, %v", uploads, err)
	}
	var numbers []int32
	pages := s3.NewListPartsPaginator(c, &s3.ListPartsInput{Bucket: aws.String("bucket"), Key: aws.String("a"), UploadId: a.id, MaxParts: aws.Int32(1)})
	for pages.HasMorePages() {
		out, err := pages.NextPage(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range out.Parts {
			numbers = append(numbers, *p.PartNumber)
			if aws.ToString(p.ChecksumCRC32) == "" || p.LastModified == nil || *p.Size == 0 {
				t.Errorf("%+v", p)
			}
		}
	}
	if !slices.Equal(numbers, []int32{1, 2}) {
		t.Errorf("parts %v", numbers)
	}
	for _, u := range []*upload{a, b} {
		if _, err := c.AbortMultipartUpload(t.Context(), &s3.AbortMultipartUploadInput{Bucket: aws.String("bucket"), Key: &u.key, UploadId: u.id}); err != nil {
			t.Error(err)
		}
	}
	_, err = c.AbortMultipartUpload(t.Context(), &s3.AbortMultipartUploadInput{Bucket: aws.String("bucket"), Key: &a.key, UploadId: a.id})
	if code(err) != "NoSuchUpload" {
		t.Error(err)
	}
	uploads, err = c.ListMultipartUploads(t.Context(), &s3.ListMultipartUploadsInput{Bucket: aws.String("bucket")})
	if err != nil || len(uploads.Uploads) != 0 {
		t.Errorf("%+v, %v", uploads, err)
	}
	if _, err = c.ListParts(t.Context(), &s3.ListPartsInput{Bucket: aws.String("bucket"), Key: &a.key, UploadId: a.id}); code(err) != "NoSuchUpload" {
		t.Error(err)
	}
}

func TestPagesOfUploads(t *testing.T) {
	_, c := serve(t)
	want := []string{*begin(t, c, "a").id, *begin(t, c, "b").id, *begin(t, c, "b").id, *begin(t, c, "c").id}
	var got []string
	pages := s3.NewListMultipartUploadsPaginator(c, &s3.ListMultipartUploadsInput{Bucket: aws.String("bucket"), MaxUploads: aws.Int32(1)})
	for pages.HasMorePages() {
		out, err := pages.NextPage(t.Context())
		if err != nil || len(out.Uploads) != 1 {
			t.Fatalf("%+v, %v", out, err)
		}
		got = append(got, *out.Uploads[0].UploadId)
	}
	if !slices.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
	after, err := c.ListMultipartUploads(t.Context(), &s3.ListMultipartUploadsInput{Bucket: aws.String("bucket"), KeyMarker: aws.String("b")})
	if err != nil || len(after.Uploads) != 1 || *after.Uploads[0].Key != "c" {
		t.Errorf("%+v, %v", after, err)
	}
}

func TestCopyParts(t *testing.T) {
	_, c := serve(t)
	body := content(partSize + 10)
	if _, err := c.PutObject(t.Context(), &s3.PutObjectInput{Bucket: aws.String("bucket"), Key: aws.String("from"), Body: bytes.NewReader(body)}); err != nil {
		t.Fatal(err)
	}
	u := begin(t, c, "to", withCRC32)
	copyPart := func(number int32, span *string) (types.CompletedPart, error) {
		out, err := c.UploadPartCopy(t.Context(), &s3.UploadPartCopyInput{
			Bucket: aws.String("bucket"), Key: aws.String("to"), UploadId: u.id, PartNumber: &number, CopySource: aws.String("bucket/from"), CopySourceRange: span,
		})
		if err != nil {
			return types.CompletedPart{}, err
		}
		return types.CompletedPart{PartNumber: &number, ETag: out.CopyPartResult.ETag}, nil
	}
	first, err := copyPart(1, aws.String(fmt.Sprintf("bytes=0-%d", partSize-1)))
	if err != nil {
		t.Fatal(err)
	}
	second, err := copyPart(2, aws.String(fmt.Sprintf("bytes=%d-%d", partSize, partSize+9)))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := copyPart(3, aws.String("bytes=5-99999999")); code(err) != "InvalidArgument" {
		t.Error(err)
	}
	out, err := u.complete(t, []types.CompletedPart{first, second})
	if err != nil || *out.ETag != etagOf(body) {
		t.Errorf("%+v, %v", out, err)
	}
}

func TestTransferManager(t *testing.T) {
	_, c := serve(t)
	body := content(4*partSize + 7)
	out, err := transfermanager.New(c).UploadObject(t.Context(), &transfermanager.UploadObjectInput{
		Bucket: aws.String("bucket"), Key: aws.String("managed"), Body: io.MultiReader(bytes.NewReader(body)), // no size known
	})
	if err != nil {
		t.Fatal(err)
	}
	got, err := transfermanager.New(c).GetObject(t.Context(), &transfermanager.GetObjectInput{Bucket: aws.String("bucket"), Key: aws.String("managed")})
	if err != nil {
		t.Fatal(err)
	}
	read, err := io.ReadAll(got.Body)
	if err != nil || !bytes.Equal(read, body) || !strings.Contains(*out.ETag, "-") {
		t.Errorf("%d bytes, %s, %v", len(read), *out.ETag, err)
	}
}

func TestManyAtOnce(t *testing.T) {
	_, c := serve(t)
	enable(t, c, types.BucketVersioningStatusEnabled)
	bucket, key := aws.String("bucket"), aws.String("key")
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			body := bytes.Repeat([]byte{byte('a' + i)}, 70_000)
			for range 10 {
				if _, err := c.PutObject(t.Context(), &s3.PutObjectInput{Bucket: bucket, Key: key, Body: bytes.NewReader(body)}); err != nil {
					t.Error(err)
				}
				got, err := c.GetObject(t.Context(), &s3.GetObjectInput{Bucket: bucket, Key: key})
				if err == nil {
					read, _ := io.ReadAll(got.Body)
					if len(read) != len(body) || !bytes.Equal(read, bytes.Repeat(read[:1], len(read))) {
						t.Errorf("a mixture of %d bytes", len(read))
					}
					_, err = c.DeleteObject(t.Context(), &s3.DeleteObjectInput{Bucket: bucket, Key: key, VersionId: got.VersionId})
				}
				if err != nil && code(err) != "NoSuchKey" { // another one has deleted it
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
}

func TestFilesAreRemoved(t *testing.T) {
	parent := t.TempDir()
	store, err := objects.New(parent, "us-east-1")
	if err != nil {
		t.Fatal(err)
	}
	files := func() int {
		found, err := filepath.Glob(filepath.Join(parent, "objects-*", "blob-*"))
		if err != nil {
			t.Fatal(err)
		}
		return len(found)
	}
	c, stop := serveStore(t, store)
	big := content(100 << 10)
	write := func(body []byte) {
		if _, err := c.PutObject(t.Context(), &s3.PutObjectInput{Bucket: aws.String("bucket"), Key: aws.String("key"), Body: bytes.NewReader(body)}); err != nil {
			t.Fatal(err)
		}
	}
	write(big)
	reading, _, err := store.Open("bucket", "key", "")
	if err != nil {
		t.Fatal(err)
	}
	write([]byte("small"))
	if files() != 1 {
		t.Errorf("%d files while one is read", files())
	}
	if read, err := io.ReadAll(reading); err != nil || !bytes.Equal(read, big) {
		t.Errorf("a replaced object: %d bytes, %v", len(read), err)
	}
	if err := reading.Close(); err != nil || files() != 0 {
		t.Errorf("%d files, %v", files(), err)
	}
	u := begin(t, c, "key")
	u.parts(t, content(2*partSize))
	left, err := u.part(t, 2, content(partSize+1))
	if err != nil || files() != 2 {
		t.Errorf("%d files, %v", files(), err)
	}
	if _, err := u.complete(t, []types.CompletedPart{left}); err != nil || files() != 1 {
		t.Errorf("%d files after Complete, %v", files(), err)
	}
	stop()
	if err := store.Close(); err != nil {
		t.Error(err)
	}
	if entries, err := os.ReadDir(parent); err != nil || len(entries) != 0 {
		t.Errorf("%v, %v", entries, err)
	}
}
