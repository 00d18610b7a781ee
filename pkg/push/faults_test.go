package push

import (
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"hash/crc64"
	"io"
	"log"
	"math/rand/v2"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
)

// faultFunc is the type of fakeS3.fault.
type faultFunc = func(op string, nth int, w http.ResponseWriter, r *http.Request) bool

// once fails the nth request of an operation with act.
func once(op string, nth int, act func(w http.ResponseWriter, r *http.Request)) faultFunc {
	return func(now string, n int, w http.ResponseWriter, r *http.Request) bool {
		if now != op || n != nth {
			return false
		}
		act(w, r)
		return true
	}
}

// always fails every request of an operation with a status and a code.
func always(op string, status int, code string) faultFunc {
	return func(now string, _ int, w http.ResponseWriter, _ *http.Request) bool {
		if now == op {
			fail(w, status, code)
		}
		return now == op
	}
}

// anyOf applies the first fault that wants to.
func anyOf(faults ...faultFunc) faultFunc {
	return func(op string, nth int, w http.ResponseWriter, r *http.Request) bool {
		for _, fault := range faults {
			if fault(op, nth, w, r) {
				return true
			}
		}
		return false
	}
}

func TestPassingFaultsAreRetried(t *testing.T) {
	answer := func(status int, code string) func(http.ResponseWriter, *http.Request) {
		return func(w http.ResponseWriter, _ *http.Request) { fail(w, status, code) }
	}
	reset := func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.CopyN(io.Discard, r.Body, 100_000)
		drop(w)
	}
	corrupt := func(op string, nth int, _ http.ResponseWriter, r *http.Request) bool {
		if op == "UploadPart" && nth == 2 {
			r.Header.Set("X-Amz-Checksum-Crc32", "AAAAAA==") // as if the body had been damaged on its way
		}
		return false
	}
	for name, test := range map[string]struct {
		fault faultFunc
		fails bool
	}{
		"a part is answered 503":       {fault: once("UploadPart", 2, answer(503, "SlowDown"))},
		"a part is answered 500":       {fault: once("UploadPart", 1, answer(500, "InternalError"))},
		"the last part breaks off":     {fault: once("UploadPart", 2, reset)},
		"the creation breaks off":      {fault: once("CreateMultipartUpload", 1, reset)},
		"the completion is throttled":  {fault: once("CompleteMultipartUpload", 1, answer(503, "SlowDown"))},
		"a damaged part is never used": {fault: corrupt, fails: true},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFakeS3(t)
			f.fault = test.fault
			b := &fakeBundle{content: content(large)}
			_, err := Upload(t.Context(), f.client(t), b, to("a.zip", "d1"))
			if f.open() != 0 {
				t.Errorf("%d uploads left", f.open())
			}
			if test.fails {
				if apiCode(err) != "BadDigest" || len(f.objects) != 0 {
					t.Errorf("Upload = %v, %d objects", err, len(f.objects))
				}
				return
			}
			if err != nil || !bytes.Equal(f.objects["a.zip"].body, b.content) {
				t.Errorf("Upload: %v", err)
			}
		})
	}
}

func TestLastingFaultsAbortTheUpload(t *testing.T) {
	for name, test := range map[string]struct {
		fault faultFunc
		want  string // part of the error
		abort int    // requests to abort
	}{
		"a part fails": {always("UploadPart", 500, "InternalError"), "part ", 1},
		"credentials expire": {
			func(op string, n int, w http.ResponseWriter, _ *http.Request) bool {
				if op == "UploadPart" && n == 2 {
					fail(w, 400, "ExpiredToken")
					return true
				}
				return false
			}, "ExpiredToken", 1},
		"the completion is denied":                 {always("CompleteMultipartUpload", 403, "AccessDenied"), "CompleteMultipartUpload", 1},
		"the completion fails":                     {always("CompleteMultipartUpload", 500, "InternalError"), "InternalError", 1},
		"the creation is denied":                   {always("CreateMultipartUpload", 403, "AccessDenied"), "AccessDenied", 0},
		"the bucket does not exist":                {always("CreateMultipartUpload", 404, "NoSuchBucket"), "NoSuchBucket", 0},
		"somebody else aborted it, parts are gone": {anyOf(always("UploadPart", 404, "NoSuchUpload"), always("AbortMultipartUpload", 404, "NoSuchUpload")), "NoSuchUpload", 1},
	} {
		t.Run(name, func(t *testing.T) {
			var logged bytes.Buffer
			log.SetOutput(&logged)
			defer log.SetOutput(io.Discard)
			f := newFakeS3(t)
			f.fault = test.fault
			_, err := Upload(t.Context(), f.client(t), &fakeBundle{content: content(large)}, to("a.zip", "d1"))
			if err == nil || !strings.Contains(err.Error(), test.want) || !strings.HasPrefix(err.Error(), "upload to s3://b/a.zip: ") {
				t.Errorf("Upload = %v, want %s", err, test.want)
			}
			var leftover *LeftoverError
			if errors.As(err, &leftover) || err != nil && strings.Contains(err.Error(), "upload id") {
				t.Errorf("an aborted upload is named: %v", err)
			}
			if n := f.count("AbortMultipartUpload"); err != nil && n != test.abort || len(f.objects) != 0 {
				t.Errorf("%d aborts, %d objects", n, len(f.objects))
			}
			if logged.Len() > 0 {
				t.Errorf("logged %s", logged.String())
			}
		})
	}
}

func TestDeniedAbortSaysWhatIsLeft(t *testing.T) {
	// A fake for each, since a part of the last upload may still be on its way to it.
	upload := func(faults ...faultFunc) (*fakeS3, error) {
		f := newFakeS3(t)
		f.fault = anyOf(append(faults, always("UploadPart", 403, "AccessDenied"))...)
		_, err := Upload(t.Context(), f.client(t), &fakeBundle{content: content(large)}, to("a.zip", "d1"))
		return f, err
	}
	f, err := upload(always("AbortMultipartUpload", 403, "AccessDenied"))
	var left *LeftoverError
	if !errors.As(err, &left) {
		t.Fatalf("Upload = %v, want a *LeftoverError", err)
	}
	if left.Bucket != "b" || left.Key != "a.zip" || !f.holds(left.UploadID) || left.Permission != AbortPermission || httpStatus(left.AbortErr) != 403 {
		t.Errorf("LeftoverError = %+v", left)
	}
	if want := "; multipart upload " + left.UploadID + " of s3://b/a.zip could not be aborted: permission s3:AbortMultipartUpload is missing"; !strings.HasSuffix(err.Error(), want) {
		t.Errorf("error %v, want …%s", err, want)
	}
	if httpStatus(err) != 403 {
		t.Error("the cause is not wrapped")
	}

	_, err = upload(always("AbortMultipartUpload", 400, "ExpiredToken"))
	if !errors.As(err, &left) || left.Permission != "" || !strings.Contains(err.Error(), "could not be aborted: operation error S3: AbortMultipartUpload") {
		t.Errorf("an abort that fails otherwise: %v", err)
	}

	_, err = upload(always("AbortMultipartUpload", 403, "RequestTimeTooSkewed"))
	if !errors.As(err, &left) || left.Permission != "" || !strings.Contains(err.Error(), "RequestTimeTooSkewed") {
		t.Errorf("a refusal that no permission mends: %v", err)
	}

	_, err = upload(deny("AbortMultipartUpload"), once("CreateMultipartUpload", 1, func(w http.ResponseWriter, _ *http.Request) { drop(w) }))
	if !errors.As(err, &left) || left.UploadID == "" || !left.Stray || !strings.Contains(err.Error(), "is missing; another multipart upload of s3://b/a.zip may be left") {
		t.Errorf("an upload that is known and one that is not: %v", err)
	}
}

func TestNoOverwriteWithDeniedAbort(t *testing.T) {
	f := newFakeS3(t)
	f.put("a.zip", "old", "d2")
	f.fault = deny("HeadObject", "AbortMultipartUpload")
	opts := to("a.zip", "d1")
	opts.NoOverwrite = true
	_, err := Upload(t.Context(), f.client(t), &fakeBundle{content: content(large)}, opts)
	var left *LeftoverError
	var taken *ExistsError
	if !errors.As(err, &left) || !errors.As(err, &taken) || left.UploadID == "" || left.Permission != AbortPermission {
		t.Errorf("Upload = %v, want a *LeftoverError about the refusal", err)
	}
}

func TestLostAnswerToTheCompletion(t *testing.T) {
	// The first completion is carried out and its answer lost; the SDK's second
	// attempt is told that there is no such upload.
	lost := func(f *fakeS3) faultFunc {
		return func(op string, nth int, w http.ResponseWriter, r *http.Request) bool {
			if op != "CompleteMultipartUpload" || nth > 1 {
				return false
			}
			body, _ := io.ReadAll(r.Body)
			f.mu.Lock()
			defer f.mu.Unlock()
			f.answer(op, "a.zip", body, discard{http.Header{}}, r)
			drop(w)
			return true
		}
	}
	f := newFakeS3(t)
	f.versioned = true
	f.fault = lost(f)
	got, err := Upload(t.Context(), f.client(t), &fakeBundle{content: content(large)}, to("a.zip", "d1"))
	if err != nil || got.ETag != strings.Trim(f.objects["a.zip"].eTag, `"`) || got.VersionID == "" || got.Size != large || got.Reused {
		t.Errorf("Upload = %+v, %v", got, err)
	}

	f = newFakeS3(t)
	f.fault = anyOf(lost(f), deny("HeadObject"))
	if _, err := Upload(t.Context(), f.client(t), &fakeBundle{content: content(large)}, to("a.zip", "d1")); apiCode(err) != "NoSuchUpload" {
		t.Errorf("when looking is not allowed: %v", err)
	}
}

// discard is a ResponseWriter for an answer that nobody gets.
type discard struct{ header http.Header }

func (d discard) Header() http.Header         { return d.header }
func (d discard) Write(p []byte) (int, error) { return len(p), nil }
func (d discard) WriteHeader(int)             {}

// TestLostAnswerToTheCreation loses the answer that names a multipart upload, so that
// nobody can abort it: the result says so, whatever else becomes of the push.
func TestLostAnswerToTheCreation(t *testing.T) {
	lost := func(attempts int) func(*fakeS3) faultFunc {
		return func(f *fakeS3) faultFunc {
			return func(op string, nth int, w http.ResponseWriter, r *http.Request) bool {
				if op != "CreateMultipartUpload" || nth > attempts {
					return false
				}
				f.mu.Lock()
				defer f.mu.Unlock()
				f.answer(op, "a.zip", nil, discard{http.Header{}}, r)
				drop(w)
				return true
			}
		}
	}
	refused := func(status int, code string) func(*fakeS3) faultFunc {
		return func(*fakeS3) faultFunc { return always("CreateMultipartUpload", status, code) }
	}
	for name, test := range map[string]struct {
		fault func(*fakeS3) faultFunc
		fails bool
		stray bool
		left  int // open uploads
	}{
		"once":      {lost(1), false, true, 1},
		"each time": {lost(3), true, true, 3},
		"then denied": {func(f *fakeS3) faultFunc {
			return anyOf(lost(1)(f), always("CreateMultipartUpload", 403, "AccessDenied"))
		}, true, true, 1},
		"then a part fails":  {func(f *fakeS3) faultFunc { return anyOf(lost(1)(f), always("UploadPart", 403, "AccessDenied")) }, true, true, 1},
		"an internal error":  {refused(500, "InternalError"), true, true, 0},
		"refused":            {refused(403, "AccessDenied"), true, false, 0},
		"throttled":          {refused(503, "SlowDown"), true, false, 0},
		"nothing goes amiss": {lost(0), false, false, 0},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFakeS3(t)
			f.fault = test.fault(f)
			object, err := Upload(t.Context(), f.client(t), &fakeBundle{content: content(large)}, to("a.zip", "d1"))
			if (err != nil) != test.fails {
				t.Fatalf("Upload = %v", err)
			}
			var left *LeftoverError
			stray := errors.As(err, &left)
			if stray && (left.UploadID != "" || left.Bucket != "b" || left.Key != "a.zip" || !strings.HasSuffix(err.Error(), "; another multipart upload of s3://b/a.zip may be left, as S3's answer was lost")) {
				t.Errorf("%+v: %v", left, err)
			}
			if err == nil {
				stray = object.Stray
			}
			if stray != test.stray || f.open() != test.left {
				t.Errorf("stray: %v; %d uploads are open; %v", stray, f.open(), err)
			}
		})
	}
}

// TestRequestsThatWereNotSent are not taken for lost.
func TestRequestsThatWereNotSent(t *testing.T) {
	f := newFakeS3(t)
	for name, change := range map[string]func(*s3.Options){
		"nobody listens": func(o *s3.Options) { o.BaseEndpoint = aws.String("http://127.0.0.1:1") },
		"no credentials": func(o *s3.Options) {
			o.Credentials = aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) { return aws.Credentials{}, errors.New("none") })
		},
	} {
		transfer := &transfer{S3API: f.client(t, change)}
		_, err := transfer.CreateMultipartUpload(t.Context(), &s3.CreateMultipartUploadInput{Bucket: aws.String("b"), Key: aws.String("k")})
		if err == nil || transfer.stray {
			t.Errorf("%s: stray %v, %v", name, transfer.stray, err)
		}
	}
}

// TestNoPartUnderWayIsAborted: a part that S3 has when its upload is aborted could stay.
func TestNoPartUnderWayIsAborted(t *testing.T) {
	refused := errors.New("read file: input/output error")
	for name, test := range map[string]struct {
		bundle error
		denied int // the part that is refused at once; 0 for none
		want   error
	}{
		"an interrupt":   {want: context.Canceled},
		"another fails":  {denied: 2},
		"a file changes": {bundle: refused, want: refused},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFakeS3(t)
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			var held atomic.Int32
			f.fault = func(op string, nth int, w http.ResponseWriter, r *http.Request) bool {
				if op == "AbortMultipartUpload" && held.Load() > 0 {
					t.Errorf("aborted while S3 works on %d parts", held.Load())
				}
				if op != "UploadPart" {
					return false
				}
				if nth == test.denied {
					fail(w, 403, "AccessDenied")
					return true
				}
				body, err := io.ReadAll(r.Body)
				if err != nil {
					return true // cut off before S3 had it
				}
				held.Add(1)
				defer held.Add(-1)
				if test.want == context.Canceled {
					cancel()
				}
				time.Sleep(200 * time.Millisecond)
				f.mu.Lock()
				defer f.mu.Unlock()
				f.answer(op, "a.zip", body, w, r)
				return true
			}
			_, err := Upload(ctx, f.client(t), &fakeBundle{content: content(3 * minPartBytes), err: test.bundle}, to("a.zip", "d1"))
			if test.want != nil && !errors.Is(err, test.want) || test.denied > 0 && httpStatus(err) != 403 {
				t.Errorf("Upload = %v", err)
			}
			if f.open() != 0 || f.count("AbortMultipartUpload") == 0 {
				t.Errorf("%d uploads left, %d aborts", f.open(), f.count("AbortMultipartUpload"))
			}
		})
	}
}

// TestUnansweredPartIsAbortedTwice: S3 may have stored it after the first abort.
func TestUnansweredPartIsAbortedTwice(t *testing.T) {
	f := newFakeS3(t)
	f.fault = func(op string, _ int, w http.ResponseWriter, r *http.Request) bool {
		if op == "UploadPart" {
			_, _ = io.Copy(io.Discard, r.Body)
			drop(w)
		}
		return op == "UploadPart"
	}
	if _, err := Upload(t.Context(), f.client(t), &fakeBundle{content: content(large)}, to("a.zip", "d1")); err == nil || f.open() != 0 {
		t.Errorf("Upload = %v, %d uploads left", err, f.open())
	}
	if n := f.count("AbortMultipartUpload"); n != 2 {
		t.Errorf("%d aborts", n)
	}
}

// TestTheFirstCauseIsTold, not that the other parts were cancelled for it.
func TestTheFirstCauseIsTold(t *testing.T) {
	f := newFakeS3(t)
	f.fault = func(op string, nth int, _ http.ResponseWriter, r *http.Request) bool {
		if op == "UploadPart" {
			_, _ = io.Copy(io.Discard, r.Body)
			<-r.Context().Done()
		}
		return op == "UploadPart"
	}
	impatient := &http.Client{Transport: &http.Transport{ResponseHeaderTimeout: 100 * time.Millisecond}}
	api := f.client(t, func(o *s3.Options) { o.HTTPClient = impatient })
	if _, err := Upload(t.Context(), api, &fakeBundle{content: content(large)}, to("a.zip", "d1")); err == nil || !strings.Contains(err.Error(), "timeout awaiting response headers") {
		t.Errorf("Upload = %v", err)
	}

	signal := errors.New("interrupted")
	ctx, cancel := context.WithCancelCause(t.Context())
	f.fault = func(op string, _ int, _ http.ResponseWriter, _ *http.Request) bool {
		if op == "UploadPart" {
			cancel(signal)
		}
		return false
	}
	if _, err := Upload(ctx, f.client(t), &fakeBundle{content: content(large)}, to("a.zip", "d1")); !errors.Is(err, signal) || err.Error() != "upload to s3://b/a.zip: interrupted" {
		t.Errorf("Upload = %v", err)
	}
}

func TestBundleThatFails(t *testing.T) {
	changed := errors.New("file changed while it was read")
	for name, size := range map[string]int{"before the first part": 1000, "after the first part": large} {
		t.Run(name, func(t *testing.T) {
			f := newFakeS3(t)
			_, err := Upload(t.Context(), f.client(t), &fakeBundle{content: content(size), err: changed}, to("a.zip", "d1"))
			if !errors.Is(err, changed) || len(f.objects) != 0 || f.open() != 0 {
				t.Errorf("Upload = %v, %d objects, %d uploads", err, len(f.objects), f.open())
			}
			if want := "upload to s3://b/a.zip: file changed while it was read"; err.Error() != want {
				t.Errorf("Upload = %v, want %s", err, want)
			}
		})
	}
}

func TestBundleLargerThanItSays(t *testing.T) {
	f := newFakeS3(t)
	got, err := Upload(t.Context(), f.client(t), &fakeBundle{content: content(large), max: 1}, to("a.zip", "d1"))
	if err != nil || got.Size != large {
		t.Errorf("Upload = %+v, %v", got, err)
	}
}

func TestInterruptWhileS3Hangs(t *testing.T) {
	for _, op := range []string{"HeadObject", "PutObject", "CreateMultipartUpload", "UploadPart", "CompleteMultipartUpload"} {
		t.Run(op, func(t *testing.T) {
			t.Parallel()
			f := newFakeS3(t)
			ctx, cancel := context.WithCancel(t.Context())
			f.fault = func(now string, _ int, _ http.ResponseWriter, r *http.Request) bool {
				if now != op {
					return false
				}
				cancel()
				_, _ = io.Copy(io.Discard, r.Body)
				<-r.Context().Done()
				return true
			}
			size := large
			if op == "PutObject" {
				size = 1000
			}
			_, err := Upload(ctx, f.client(t), &fakeBundle{content: content(size)}, to("a.zip", "d1"))
			if !errors.Is(err, context.Canceled) {
				t.Errorf("Upload = %v", err)
			}
			if len(f.objects) != 0 || f.open() != 0 {
				t.Errorf("%d objects, %d uploads left", len(f.objects), f.open())
			}
		})
	}
}

func TestUnreachableS3(t *testing.T) {
	f := newFakeS3(t)
	f.Close()
	if _, err := Upload(t.Context(), f.client(t), &fakeBundle{content: []byte("x")}, to("a.zip", "d1")); err == nil || httpStatus(err) != 0 {
		t.Errorf("Upload = %v", err)
	}
}

func TestWholeObjectChecksum(t *testing.T) {
	b := &fakeBundle{content: content(large)}
	h := crc64.New(crc64.MakeTable(crc64NVME))
	h.Write(b.content)
	right := base64.StdEncoding.EncodeToString(h.Sum(nil))
	opts := to("a.zip", "d1")
	opts.Object.ChecksumAlgorithm = types.ChecksumAlgorithmCrc64nvme
	for _, stored := range []string{right, "AAAAAAAAAAA="} {
		f := newFakeS3(t)
		f.fault = func(op string, _ int, w http.ResponseWriter, r *http.Request) bool {
			if op == "UploadPart" && r.Header.Get("X-Amz-Checksum-Crc64nvme") == "" {
				fail(w, 400, "InvalidRequest")
				return true
			}
			if op != "CompleteMultipartUpload" {
				return false
			}
			_, _ = io.WriteString(w, "<CompleteMultipartUploadResult><ETag>e-3</ETag><ChecksumCRC64NVME>"+stored+"</ChecksumCRC64NVME></CompleteMultipartUploadResult>")
			return true
		}
		_, err := Upload(t.Context(), f.client(t), b, opts)
		var wrong *ChecksumError
		if stored == right && err != nil || stored != right && (!errors.As(err, &wrong) || wrong.Sent != right || wrong.Algorithm != "CRC64NVME") {
			t.Errorf("stored %s: %v", stored, err)
		}
	}
}

func TestWrongChecksumOfASinglePart(t *testing.T) {
	f := newFakeS3(t)
	f.fault = once("PutObject", 1, func(w http.ResponseWriter, _ *http.Request) { w.Header().Set("X-Amz-Checksum-Crc32", "AAAAAA==") })
	_, err := Upload(t.Context(), f.client(t), &fakeBundle{content: []byte("x")}, to("a.zip", "d1"))
	if want := "upload to s3://b/a.zip: s3://b/a.zip was stored with CRC32 AAAAAA==, but jNy/4w== was sent"; err == nil || len(err.Error()) != len(want) {
		t.Errorf("Upload = %v, want like %s", err, want)
	}
}

func TestComposite(t *testing.T) {
	part := func(n int) string { return base64.StdEncoding.EncodeToString(make([]byte, n)) }
	for algorithm, size := range map[types.ChecksumAlgorithm]int{"CRC32": 4, "CRC32C": 4, "SHA1": 20, "SHA256": 32, "SHA512": 64} {
		got := composite(algorithm, map[int32]string{1: part(size), 2: part(size)})
		sum, err := base64.StdEncoding.DecodeString(strings.TrimSuffix(got, "-2"))
		if err != nil || len(sum) != size {
			t.Errorf("composite %s = %q", algorithm, got)
		}
	}
	for name, got := range map[string]string{
		"an algorithm without composites": composite("CRC64NVME", map[int32]string{1: part(8)}),
		"a missing part":                  composite("CRC32", map[int32]string{1: part(4), 3: part(4)}),
		"no base64":                       composite("CRC32", map[int32]string{1: "?"}),
	} {
		if got != "" {
			t.Errorf("%s: %q", name, got)
		}
	}
}

// TestChaos lets requests fail and interrupts come at random. In the end either the
// right object is there, or an error says otherwise and no upload is left open.
func TestChaos(t *testing.T) {
	for seed := range uint64(10) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) { chaos(t, rand.New(rand.NewPCG(seed, 1))) })
	}
}

func chaos(t *testing.T, random *rand.Rand) {
	f := newFakeS3(t)
	b := &fakeBundle{content: content(large)}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	interrupt := random.IntN(16) // at which request; most runs have fewer
	f.fault = func(op string, _ int, w http.ResponseWriter, r *http.Request) bool {
		f.mu.Lock()
		how := random.IntN(10)
		if len(f.calls) == interrupt {
			cancel()
		}
		f.mu.Unlock()
		switch {
		case op == "AbortMultipartUpload" || how > 2:
			return false
		case how == 0:
			fail(w, 503, "SlowDown")
		case how == 1:
			fail(w, 500, "InternalError")
		default:
			_, _ = io.CopyN(io.Discard, r.Body, 10_000)
			drop(w)
		}
		return true
	}
	got, err := Upload(ctx, f.client(t), b, to("a.zip", "d1"))
	f.mu.Lock()
	defer f.mu.Unlock()
	stored := f.objects["a.zip"]
	if err == nil && (stored == nil || strings.Trim(stored.eTag, `"`) != got.ETag) {
		t.Errorf("Upload = %+v, which is not there", got)
	}
	if stored != nil && !bytes.Equal(stored.body, b.content) {
		t.Errorf("%d other bytes are there", len(stored.body))
	}
	if len(f.uploads) > 0 {
		t.Errorf("%d uploads are left after %q: %v", len(f.uploads), f.calls, err)
	}
}
