package objects_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"github.com/cdx-deploy/cdx/pkg/local/objects"
)

// serveTrusting serves a store with the bucket "bucket" to a client that is trusted and to one that is not.
func serveTrusting(t *testing.T) (store *objects.Store, mine, other *s3.Client) {
	t.Helper()
	store, err := objects.New(t.TempDir(), "us-east-1")
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(store.Handler(func(r *http.Request) bool {
		return strings.Contains(r.Header.Get("Authorization"), "Credential=TRUSTED/")
	}))
	t.Cleanup(func() {
		server.Close()
		if err := store.Close(); err != nil {
			t.Error(err)
		}
	})
	if err := store.EnsureBucket("bucket"); err != nil {
		t.Fatal(err)
	}
	return store, client(server.URL, "TRUSTED"), client(server.URL, "OTHER")
}

// checkTrusted compares whether objects are trusted with what is wanted.
func checkTrusted(t *testing.T, store *objects.Store, want map[string]bool) {
	t.Helper()
	for key, trusted := range want {
		body, info, err := store.Open("bucket", key, "")
		if err != nil || info.Trusted != trusted || body.Close() != nil {
			t.Errorf("%s: %+v, %v", key, info, err)
		}
	}
}

func TestTrusted(t *testing.T) {
	store, mine, other := serveTrusting(t)
	put(t, mine, "mine", "x")
	put(t, other, "other", "x")
	for key, from := range map[string]string{"copy of mine": "mine", "copy of other": "other"} {
		_, err := mine.CopyObject(t.Context(), &s3.CopyObjectInput{Bucket: aws.String("bucket"), Key: &key, CopySource: aws.String("bucket/" + from)})
		if err != nil {
			t.Fatal(err)
		}
	}
	checkTrusted(t, store, map[string]bool{"mine": true, "other": false, "copy of mine": true, "copy of other": false})
}

func TestTrustedUploads(t *testing.T) {
	store, mine, other := serveTrusting(t)
	put(t, mine, "mine", "x")
	put(t, other, "other", "x")
	write := func(key string, first, second, last *s3.Client, change ...func(*upload) types.CompletedPart) {
		u := begin(t, first, key)
		u.c = second
		part, err := u.part(t, 1, []byte("x"))
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range change {
			part = c(u)
		}
		u.c = last
		if _, err := u.complete(t, []types.CompletedPart{part}); err != nil {
			t.Fatal(err)
		}
	}
	copying := func(from string) func(*upload) types.CompletedPart {
		return func(u *upload) types.CompletedPart {
			out, err := u.c.UploadPartCopy(t.Context(), &s3.UploadPartCopyInput{
				Bucket: aws.String("bucket"), Key: &u.key, UploadId: u.id, PartNumber: aws.Int32(1), CopySource: aws.String("bucket/" + from),
			})
			if err != nil {
				t.Fatal(err)
			}
			return types.CompletedPart{PartNumber: aws.Int32(1), ETag: out.CopyPartResult.ETag}
		}
	}
	write("all mine", mine, mine, mine)
	write("begun by another", other, mine, mine)
	write("completed by me", other, other, mine)
	write("copied from mine", mine, mine, mine, copying("mine"))
	write("copied from another", mine, mine, mine, copying("other"))
	checkTrusted(t, store, map[string]bool{
		"all mine": true, "begun by another": false, "completed by me": false, "copied from mine": true, "copied from another": false,
	})
}

func TestStrangersOnTrustedUpload(t *testing.T) {
	store, mine, other := serveTrusting(t)
	put(t, other, "other", "x")
	u := begin(t, mine, "key")
	part, err := u.part(t, 1, []byte("mine"))
	if err != nil {
		t.Fatal(err)
	}
	bucket, foreign := aws.String("bucket"), &upload{other, u.key, u.id}
	_, putErr := foreign.part(t, 1, []byte("theirs"))
	_, copyErr := other.UploadPartCopy(t.Context(), &s3.UploadPartCopyInput{
		Bucket: bucket, Key: &u.key, UploadId: u.id, PartNumber: aws.Int32(1), CopySource: aws.String("bucket/other"),
	})
	_, completeErr := foreign.complete(t, []types.CompletedPart{part})
	_, abortErr := other.AbortMultipartUpload(t.Context(), &s3.AbortMultipartUploadInput{Bucket: bucket, Key: &u.key, UploadId: u.id})
	_, listErr := other.ListParts(t.Context(), &s3.ListPartsInput{Bucket: bucket, Key: &u.key, UploadId: u.id})
	for name, err := range map[string]error{
		"UploadPart": putErr, "UploadPartCopy": copyErr, "CompleteMultipartUpload": completeErr, "AbortMultipartUpload": abortErr, "ListParts": listErr,
	} {
		if code(err) != "AccessDenied" {
			t.Errorf("%s: %v", name, err)
		}
	}
	for c, want := range map[*s3.Client]int{mine: 1, other: 0} {
		listed, err := c.ListMultipartUploads(t.Context(), &s3.ListMultipartUploadsInput{Bucket: bucket})
		if err != nil || len(listed.Uploads) != want {
			t.Errorf("%d uploads listed, want %d: %v", len(listed.Uploads), want, err)
		}
	}
	if _, err := u.complete(t, []types.CompletedPart{part}); err != nil {
		t.Error(err)
	}
	if _, err := foreign.complete(t, []types.CompletedPart{part}); code(err) != "AccessDenied" {
		t.Errorf("completed again: %v", err)
	}
	checkTrusted(t, store, map[string]bool{"key": true})
}
