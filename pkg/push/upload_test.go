package push

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	cdtypes "github.com/aws/aws-sdk-go-v2/service/codedeploy/types"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"github.com/cdx-deploy/cdx/pkg/bundle"
)

// fakeBundle writes content in small pieces, then fails with err unless that is nil.
type fakeBundle struct {
	content []byte
	max     int64 // MaxSize; zero means len(content)
	err     error
	writing func(written int) // called before each piece
}

func (b *fakeBundle) Write(ctx context.Context, w io.Writer) (bundle.Stats, error) {
	for written := 0; written < len(b.content); {
		if b.writing != nil {
			b.writing(written)
		}
		if err := ctx.Err(); err != nil {
			return bundle.Stats{}, err
		}
		n, err := w.Write(b.content[written:min(written+100_000, len(b.content))])
		if err != nil {
			return bundle.Stats{}, err
		}
		written += n
	}
	return bundle.Stats{}, b.err
}

func (b *fakeBundle) MaxSize() int64 {
	if b.max != 0 {
		return b.max
	}
	return int64(len(b.content))
}

const large = minPartBytes + 12345 // two parts

func to(key, digest string) UploadOptions {
	return UploadOptions{Bucket: "b", Key: key, Digest: digest, Region: "eu-west-1"}
}

func TestUploadSmall(t *testing.T) {
	f := newFakeS3(t)
	b := &fakeBundle{content: content(1000)}
	got, err := Upload(t.Context(), f.client(t), b, to("d/a.zip", "digest1"))
	if err != nil {
		t.Fatal(err)
	}
	want := Object{Bucket: "b", Key: "d/a.zip", ETag: strings.Trim(eTagOf(b.content), `"`), Digest: "digest1", Size: 1000}
	if *got != want {
		t.Errorf("Upload = %+v, want %+v", *got, want)
	}
	stored := f.objects["d/a.zip"]
	if !bytes.Equal(stored.body, b.content) || stored.header.Get("X-Amz-Meta-Cdx-Digest") != "digest1" || stored.header.Get("X-Amz-Checksum-Crc32") == "" {
		t.Errorf("stored %d bytes with %v", len(stored.body), stored.header)
	}
	if want := []string{"HeadObject", "PutObject"}; !slices.Equal(f.calls, want) {
		t.Errorf("calls %q, want %q", f.calls, want)
	}
}

func TestUploadInParts(t *testing.T) {
	f := newFakeS3(t)
	f.versioned = true
	const size = large + minPartBytes
	b := &fakeBundle{content: content(size)}
	opts := to("a.zip", "digest1")
	var reported []int64
	opts.OnUploaded = func(bytes int64) { reported = append(reported, bytes) }
	got, err := Upload(t.Context(), f.client(t), b, opts)
	if err != nil {
		t.Fatal(err)
	}
	stored := f.objects["a.zip"]
	if !bytes.Equal(stored.body, b.content) || stored.header.Get("X-Amz-Meta-Cdx-Digest") != "digest1" {
		t.Errorf("stored %d bytes with %v", len(stored.body), stored.header)
	}
	if got.ETag != strings.Trim(stored.eTag, `"`) || got.VersionID != stored.version || got.Size != size || got.Reused {
		t.Errorf("Upload = %+v", *got)
	}
	if f.count("UploadPart") != 3 || f.open() != 0 {
		t.Errorf("calls %q", f.calls)
	}
	if !slices.IsSorted(reported) || len(reported) == 0 || reported[len(reported)-1] != size {
		t.Errorf("progress %v", reported)
	}
	rev := got.Revision(cdtypes.BundleTypeZip)
	if at := rev.S3Location; *at.ETag != got.ETag || *at.Version != stored.version || *at.Key != "a.zip" || at.BundleType != "zip" {
		t.Errorf("Revision = %+v", at)
	}
}

func TestUploadOverTLSWithTrailingChecksums(t *testing.T) {
	f := newFakeS3(t)
	f.Server = httptest.NewTLSServer(f)
	t.Cleanup(f.Close)
	if _, err := Upload(t.Context(), f.client(t), &fakeBundle{content: content(large)}, to("a.zip", "")); err != nil {
		t.Fatal(err)
	}
	if got := f.headers["UploadPart"].Get("X-Amz-Trailer"); got != "x-amz-checksum-crc32" || len(f.objects["a.zip"].body) != large {
		t.Errorf("trailer %q", got)
	}
	f.fault = func(op string, _ int, w http.ResponseWriter, _ *http.Request) bool {
		if op == "CompleteMultipartUpload" {
			_, _ = io.WriteString(w, "<CompleteMultipartUploadResult><ChecksumCRC32>AAAAAA==-2</ChecksumCRC32></CompleteMultipartUploadResult>")
			return true
		}
		return false
	}
	var e *ChecksumError
	if _, err := Upload(t.Context(), f.client(t), &fakeBundle{content: content(large)}, to("b.zip", "")); !errors.As(err, &e) || e.Stored != "AAAAAA==-2" {
		t.Errorf("a wrong composite: %v", err)
	}
}

func TestReuse(t *testing.T) {
	tests := map[string]struct {
		versioned bool
		there     string // digest of what is there
		opts      func(*UploadOptions)
		want      Object
		puts      int
	}{
		"the same digest":              {there: "d1", want: Object{ETag: "old", Reused: true, Size: 3}},
		"the same digest, a version":   {versioned: true, there: "d1", want: Object{ETag: "old", VersionID: "v0", Reused: true, Size: 3}},
		"the same digest, protected":   {there: "d1", opts: func(o *UploadOptions) { o.NoOverwrite = true }, want: Object{ETag: "old", Reused: true, Size: 3}},
		"forced":                       {there: "d1", opts: func(o *UploadOptions) { o.Force = true }, want: Object{ETag: "new", Size: 5, Replaced: "old"}, puts: 1},
		"another digest":               {there: "d2", want: Object{ETag: "new", Size: 5, Replaced: "old"}, puts: 1},
		"another digest, versions":     {versioned: true, there: "d2", want: Object{ETag: "new", VersionID: "v2", Size: 5}, puts: 1},
		"no digest there":              {there: "", want: Object{ETag: "new", Size: 5, Replaced: "old"}, puts: 1},
		"no digest wanted, none there": {there: "", opts: func(o *UploadOptions) { o.Digest = "" }, want: Object{ETag: "new", Size: 5, Replaced: "old"}, puts: 1},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			f := newFakeS3(t)
			f.versioned = test.versioned
			f.put("a.zip", "old", test.there)
			opts := to("a.zip", "d1")
			if test.opts != nil {
				test.opts(&opts)
			}
			got, err := Upload(t.Context(), f.client(t), &fakeBundle{content: []byte("new!!")}, opts)
			if err != nil {
				t.Fatal(err)
			}
			names := map[string]string{strings.Trim(eTagOf([]byte("old")), `"`): "old", strings.Trim(eTagOf([]byte("new!!")), `"`): "new"}
			got.ETag, got.Replaced = names[got.ETag], names[got.Replaced]
			test.want.Bucket, test.want.Key, test.want.Digest = "b", "a.zip", opts.Digest
			if *got != test.want {
				t.Errorf("Upload = %+v, want %+v", *got, test.want)
			}
			if n := f.count("PutObject"); n != test.puts {
				t.Errorf("%d PutObject, want %d", n, test.puts)
			}
		})
	}
}

func TestSameContentUnderTheKeyIsNoReplacement(t *testing.T) {
	f := newFakeS3(t)
	f.put("a.zip", "same", "")
	got, err := Upload(t.Context(), f.client(t), &fakeBundle{content: []byte("same")}, to("a.zip", "d1"))
	if err != nil || got.Replaced != "" || got.Reused {
		t.Errorf("Upload = %+v, %v", got, err)
	}
}

func TestNoOverwrite(t *testing.T) {
	for name, size := range map[string]int{"at once": 1000, "in parts": large} {
		t.Run(name, func(t *testing.T) {
			f := newFakeS3(t)
			f.put("a.zip", "old", "d2")
			opts := to("a.zip", "d1")
			opts.NoOverwrite = true
			b := &fakeBundle{content: content(size)}
			var exists *ExistsError
			if _, err := Upload(t.Context(), f.client(t), b, opts); !errors.As(err, &exists) || exists.Digest != "d2" || exists.ETag == "" {
				t.Errorf("what is there is seen: %v", err)
			}
			if f.count("PutObject")+f.count("CreateMultipartUpload") != 0 {
				t.Errorf("calls %q", f.calls)
			}

			f.fault = deny("HeadObject")
			if _, err := Upload(t.Context(), f.client(t), b, opts); !errors.As(err, &exists) || exists.ETag != "" {
				t.Errorf("what is there may not be seen: %v", err)
			}
			if string(f.objects["a.zip"].body) != "old" || f.open() != 0 {
				t.Errorf("the object was replaced, or %d uploads left", f.open())
			}
		})
	}
}

func TestNoOverwriteAgainstAnotherPush(t *testing.T) {
	for name, test := range map[string]struct {
		digest string
		reused bool
	}{"of the same": {"d1", true}, "of something else": {"d2", false}} {
		t.Run(name, func(t *testing.T) {
			f := newFakeS3(t)
			opts := to("a.zip", "d1")
			opts.NoOverwrite = true
			b := &fakeBundle{content: content(large), writing: func(written int) {
				if written == 0 {
					f.mu.Lock()
					defer f.mu.Unlock()
					f.put("a.zip", "theirs", test.digest)
				}
			}}
			got, err := Upload(t.Context(), f.client(t), b, opts)
			var exists *ExistsError
			if test.reused && (err != nil || !got.Reused) || !test.reused && !errors.As(err, &exists) {
				t.Errorf("Upload = %+v, %v", got, err)
			}
			if string(f.objects["a.zip"].body) != "theirs" || f.open() != 0 {
				t.Errorf("the object was replaced, or %d uploads left", f.open())
			}
		})
	}
}

func TestNoOverwriteConflictOfUnfinishedUploads(t *testing.T) {
	f := newFakeS3(t)
	f.fault = func(op string, _ int, w http.ResponseWriter, _ *http.Request) bool {
		if op == "PutObject" {
			fail(w, 409, "ConditionalRequestConflict")
		}
		return op == "PutObject"
	}
	opts := to("a.zip", "d1")
	opts.NoOverwrite = true
	_, err := Upload(t.Context(), f.client(t), &fakeBundle{content: []byte("x")}, opts)
	if apiCode(err) != "ConditionalRequestConflict" {
		t.Errorf("Upload = %v", err)
	}
}

// deny makes operations answer 403.
func deny(ops ...string) func(string, int, http.ResponseWriter, *http.Request) bool {
	return func(op string, _ int, w http.ResponseWriter, _ *http.Request) bool {
		if !slices.Contains(ops, op) {
			return false
		}
		fail(w, 403, "AccessDenied")
		return true
	}
}

func TestForbiddenHeadDegrades(t *testing.T) {
	f := newFakeS3(t)
	f.put("a.zip", "old", "d1")
	f.fault = deny("HeadObject")
	got, err := Upload(t.Context(), f.client(t), &fakeBundle{content: []byte("new")}, to("a.zip", "d1"))
	if err != nil || got.Reused || !got.Unseen || got.Replaced != "" || string(f.objects["a.zip"].body) != "new" {
		t.Errorf("Upload = %+v, %v", got, err)
	}
}

func TestHeadThatFailsEndsTheUpload(t *testing.T) {
	f := newFakeS3(t)
	f.fault = func(op string, _ int, w http.ResponseWriter, _ *http.Request) bool {
		w.WriteHeader(500)
		return true
	}
	_, err := Upload(t.Context(), f.client(t), &fakeBundle{content: []byte("x")}, to("a.zip", "d1"))
	if httpStatus(err) != 500 || f.count("HeadObject") != 3 || f.count("PutObject") != 0 {
		t.Errorf("Upload = %v after %q", err, f.calls)
	}
}

func TestObjectOptionsReachS3(t *testing.T) {
	f := newFakeS3(t)
	opts := to("a.zip", "d1")
	opts.Object = ObjectOptions{
		ServerSideEncryption: types.ServerSideEncryptionAwsKms, SSEKMSKeyID: "alias/k", StorageClass: types.StorageClassStandardIa,
		Tagging: "a=1&b=2", Metadata: map[string]string{"team": "x", "cdx-digest": "forged"}, ACL: types.ObjectCannedACLBucketOwnerFullControl,
		ExpectedBucketOwner: "111122223333", ChecksumAlgorithm: types.ChecksumAlgorithmSha256,
	}
	want := map[string]string{
		"X-Amz-Server-Side-Encryption": "aws:kms", "X-Amz-Server-Side-Encryption-Aws-Kms-Key-Id": "alias/k", "X-Amz-Storage-Class": "STANDARD_IA",
		"X-Amz-Tagging": "a=1&b=2", "X-Amz-Meta-Team": "x", "X-Amz-Meta-Cdx-Digest": "d1", "X-Amz-Acl": "bucket-owner-full-control",
		"X-Amz-Expected-Bucket-Owner": "111122223333",
	}
	for op, size := range map[string]int{"PutObject": 1000, "CreateMultipartUpload": large} {
		if _, err := Upload(t.Context(), f.client(t), &fakeBundle{content: content(size)}, opts); err != nil {
			t.Fatal(err)
		}
		for name, value := range want {
			if got := f.headers[op].Get(name); got != value {
				t.Errorf("%s: %s = %q, want %q", op, name, got, value)
			}
		}
		delete(f.objects, "a.zip")
	}
	if f.headers["PutObject"].Get("X-Amz-Checksum-Sha256") == "" || f.headers["CreateMultipartUpload"].Get("X-Amz-Checksum-Algorithm") != "SHA256" {
		t.Error("the checksum algorithm did not reach S3")
	}
	for _, op := range []string{"HeadObject", "UploadPart", "CompleteMultipartUpload"} {
		if f.headers[op].Get("X-Amz-Expected-Bucket-Owner") != "111122223333" {
			t.Errorf("%s without the expected bucket owner", op)
		}
	}
	if opts.Object.Metadata["cdx-digest"] != "forged" {
		t.Error("Upload changed the caller's metadata")
	}
}

func TestBucketInAnotherRegion(t *testing.T) {
	for _, op := range []string{"HeadObject", "PutObject", "CreateMultipartUpload"} {
		for _, status := range []int{301, 400} {
			f, there := newFakeS3(t), newFakeS3(t)
			f.fault = func(now string, _ int, w http.ResponseWriter, _ *http.Request) bool {
				if op != now {
					return false
				}
				w.Header().Set("X-Amz-Bucket-Region", "us-east-2")
				fail(w, status, "PermanentRedirect")
				return true
			}
			b := &fakeBundle{content: content(1000)}
			if op == "CreateMultipartUpload" {
				b.content = content(large)
			}
			opts := to("a.zip", "d1")
			var elsewhere *RegionError
			if _, err := Upload(t.Context(), f.client(t), b, opts); !errors.As(err, &elsewhere) || elsewhere.Region != "us-east-2" {
				t.Errorf("%s %d without another client: %v", op, status, err)
			}
			opts.ClientForRegion = func(_ context.Context, region string) (S3API, error) {
				return there.client(t, func(o *s3.Options) { o.Region = region }), nil
			}
			got, err := Upload(t.Context(), f.client(t), b, opts)
			if err != nil || got.Region != "us-east-2" || !bytes.Equal(there.objects["a.zip"].body, b.content) {
				t.Errorf("%s %d: Upload = %+v, %v", op, status, got, err)
			}
		}
	}
}

func TestNoClientForTheRegion(t *testing.T) {
	f := newFakeS3(t)
	f.fault = func(_ string, _ int, w http.ResponseWriter, _ *http.Request) bool {
		w.Header().Set("X-Amz-Bucket-Region", "us-east-2")
		w.WriteHeader(301)
		return true
	}
	opts := to("a.zip", "d1")
	opts.ClientForRegion = func(context.Context, string) (S3API, error) { return nil, errors.New("no profile") }
	if _, err := Upload(t.Context(), f.client(t), &fakeBundle{}, opts); err == nil || err.Error() != "upload to s3://b/a.zip: bucket is in region us-east-2: no profile" {
		t.Errorf("Upload = %v", err)
	}
	opts.ClientForRegion = func(context.Context, string) (S3API, error) { return f.client(t), nil }
	if _, err := Upload(t.Context(), f.client(t), &fakeBundle{}, opts); httpStatus(err) != 301 {
		t.Errorf("a region that leads nowhere: %v", err)
	}
}

func TestPartSize(t *testing.T) {
	const gib = 1 << 30
	for size, want := range map[int64]int64{0: 5 * mib, 48 * gib: 5 * mib, 50 * gib: 6 * mib, 64 * gib: 7 * mib, 640 * gib: 66 * mib} {
		if got := PartSize(size); got != want {
			t.Errorf("PartSize(%d) = %d, want %d", size, got, want)
		}
	}
	for size := int64(1); size < 5<<40; size = size*3 + 7 {
		if parts := (size + PartSize(size) - 1) / PartSize(size); parts > maxParts {
			t.Errorf("%d bytes need %d parts", size, parts)
		}
	}
}

func TestInterruptedUpload(t *testing.T) {
	f := newFakeS3(t)
	ctx, cancel := context.WithCancel(t.Context())
	b := &fakeBundle{content: content(large + minPartBytes), writing: func(written int) {
		if written > minPartBytes+mib {
			cancel()
		}
	}}
	start := time.Now()
	_, err := Upload(ctx, f.client(t), b, to("a.zip", "d1"))
	if !errors.Is(err, context.Canceled) || time.Since(start) > 10*time.Second {
		t.Errorf("Upload = %v", err)
	}
	if f.open() != 0 || len(f.objects) != 0 || f.count("AbortMultipartUpload") != 1 {
		t.Errorf("left %d uploads and %d objects after %q", f.open(), len(f.objects), f.calls)
	}
}
