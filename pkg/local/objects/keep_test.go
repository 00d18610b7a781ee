package objects_test

import (
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"github.com/cdx-deploy/cdx/pkg/local/objects"
)

// TestKeep writes objects of every kind, opens the folder again and finds them.
func TestKeep(t *testing.T) {
	dir := t.TempDir()
	first, err := objects.Keep(dir, "us-east-1")
	if err != nil {
		t.Fatal(err)
	}
	if err := first.EnsureBucket("bucket"); err != nil {
		t.Fatal(err)
	}
	c, stop := serveStore(t, first)
	big := content(200 << 10)
	put := func(key string, body []byte) {
		t.Helper()
		_, err := c.PutObject(t.Context(), &s3.PutObjectInput{Bucket: aws.String("bucket"), Key: &key, Body: bytes.NewReader(body), Metadata: map[string]string{"cdx-digest": "d"}})
		if err != nil {
			t.Fatal(err)
		}
	}
	_, err = c.PutBucketVersioning(t.Context(), &s3.PutBucketVersioningInput{Bucket: aws.String("bucket"), VersioningConfiguration: &types.VersioningConfiguration{Status: types.BucketVersioningStatusEnabled}})
	if err != nil {
		t.Fatal(err)
	}
	put("small", []byte("one"))
	put("small", []byte("two"))
	put("big", big)
	put("lost", content(100<<10))
	head, err := c.HeadObject(t.Context(), &s3.HeadObjectInput{Bucket: aws.String("bucket"), Key: aws.String("big")})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := objects.Keep(dir, "us-east-1"); !isLocked(err) {
		t.Errorf("a second store: %v", err)
	}
	stop()
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
	stray := filepath.Join(dir, "objects", "blob-stray")
	lost := fileOfSize(t, filepath.Join(dir, "objects"), 100<<10)
	if err := errors.Join(os.Remove(lost), os.WriteFile(stray, nil, 0o600)); err != nil {
		t.Fatal(err)
	}

	second, err := objects.Keep(dir, "us-east-1")
	if err != nil {
		t.Fatal(err)
	}
	c, stop = serveStore(t, second)
	again, err := c.HeadObject(t.Context(), &s3.HeadObjectInput{Bucket: aws.String("bucket"), Key: aws.String("big")})
	if err != nil || *again.ETag != *head.ETag || *again.VersionId != *head.VersionId || again.Metadata["cdx-digest"] != "d" {
		t.Errorf("HEAD %+v, %v, want %+v", again, err, head)
	}
	body, info, err := second.Open("bucket", "big", "")
	if err != nil || info.Trusted {
		t.Fatalf("%+v, %v", info, err)
	}
	if data, err := io.ReadAll(body); err != nil || !bytes.Equal(data, big) {
		t.Errorf("%d bytes, %v", len(data), err)
	}
	versions, err := c.ListObjectVersions(t.Context(), &s3.ListObjectVersionsInput{Bucket: aws.String("bucket")})
	if err != nil || len(versions.Versions) != 3 {
		t.Errorf("%d versions, %v", len(versions.Versions), err)
	}
	if _, err := os.Stat(stray); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a file that nothing refers to: %v", err)
	}
	stop()
	if err := errors.Join(body.Close(), second.Close()); err != nil {
		t.Error(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "objects", "index.json"), []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := objects.Keep(dir, "us-east-1"); err == nil {
		t.Error("a damaged index is taken")
	}
}

// TestKeepNewTags tags an object that was saved.
func TestKeepNewTags(t *testing.T) {
	dir := t.TempDir()
	store, err := objects.Keep(dir, "us-east-1")
	if err != nil {
		t.Fatal(err)
	}
	c, stop := serveStore(t, store)
	put(t, c, "key", "x")
	if err := store.Save(); err != nil {
		t.Fatal(err)
	}
	bucket, key := aws.String("bucket"), aws.String("key")
	_, err = c.PutObjectTagging(t.Context(), &s3.PutObjectTaggingInput{Bucket: bucket, Key: key, Tagging: &types.Tagging{TagSet: []types.Tag{{Key: aws.String("k"), Value: aws.String("v")}}}})
	stop()
	if err := errors.Join(err, store.Close()); err != nil {
		t.Fatal(err)
	}
	again, err := objects.Keep(dir, "us-east-1")
	if err != nil {
		t.Fatal(err)
	}
	c, stop = serveStore(t, again)
	defer stop()
	tags, err := c.GetObjectTagging(t.Context(), &s3.GetObjectTaggingInput{Bucket: bucket, Key: key})
	if err != nil || len(tags.TagSet) != 1 || *tags.TagSet[0].Value != "v" {
		t.Errorf("%+v, %v", tags, err)
	}
	if err := again.Close(); err != nil {
		t.Error(err)
	}
}

// TestCrash looks at what is there when a process ends between a change and the next Save: what was saved, all of it.
func TestCrash(t *testing.T) {
	dir := t.TempDir()
	store, err := objects.Keep(dir, "us-east-1")
	if err != nil {
		t.Fatal(err)
	}
	c, stop := serveStore(t, store)
	defer stop()
	old := string(content(100 << 10))
	put(t, c, "replaced", old)
	put(t, c, "deleted", old)
	if err := store.Save(); err != nil {
		t.Fatal(err)
	}
	put(t, c, "replaced", "new")
	put(t, c, "added", old)
	if _, err := c.DeleteObject(t.Context(), &s3.DeleteObjectInput{Bucket: aws.String("bucket"), Key: aws.String("deleted")}); err != nil {
		t.Fatal(err)
	}
	check := func(want map[string]string) {
		t.Helper()
		crashed := t.TempDir()
		if err := os.CopyFS(crashed, os.DirFS(dir)); err != nil {
			t.Fatal(err)
		}
		again, err := objects.Keep(crashed, "us-east-1")
		if err != nil {
			t.Fatal(err)
		}
		for key, text := range want {
			body, _, err := again.Open("bucket", key, "")
			var failure *objects.Error
			if text == "" && errors.As(err, &failure) && failure.Code == "NoSuchKey" {
				continue
			}
			if err != nil {
				t.Errorf("%s: %v", key, err)
				continue
			}
			if read, err := io.ReadAll(body); err != nil || string(read) != text || body.Close() != nil {
				t.Errorf("%s: %d bytes, %v", key, len(read), err)
			}
		}
		if err := again.Close(); err != nil {
			t.Error(err)
		}
	}
	check(map[string]string{"replaced": old, "deleted": old, "added": ""})
	if err := store.Save(); err != nil {
		t.Fatal(err)
	}
	check(map[string]string{"replaced": "new", "deleted": "", "added": old})
	if blobs, err := filepath.Glob(filepath.Join(dir, "objects", "blob-*")); err != nil || len(blobs) != 1 {
		t.Errorf("%v, %v, want the content of one object", blobs, err)
	}
	if err := store.Close(); err != nil {
		t.Error(err)
	}
}

// fileOfSize finds the file of a size in a folder.
func fileOfSize(t *testing.T, dir string, size int64) string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, entry := range entries {
		if info, err := entry.Info(); err == nil && info.Size() == size {
			return filepath.Join(dir, entry.Name())
		}
	}
	t.Fatalf("no file of %d bytes in %s", size, dir)
	return ""
}

func isLocked(err error) bool {
	var locked *objects.LockedError
	return errors.As(err, &locked) && locked.Error() != ""
}

// TestLeftOver removes the folders of processes that have ended, and no others.
func TestLeftOver(t *testing.T) {
	parent := t.TempDir()
	running, err := objects.New(parent, "us-east-1")
	if err != nil {
		t.Fatal(err)
	}
	used, err := filepath.Glob(filepath.Join(parent, "objects-*"))
	if err != nil || len(used) != 1 {
		t.Fatal(used, err)
	}
	old := time.Now().Add(-time.Hour)
	left, recent := filepath.Join(parent, "objects-left"), filepath.Join(parent, "objects-recent")
	err = errors.Join(os.Mkdir(left, 0o700), os.Mkdir(recent, 0o700), os.Chtimes(left, old, old), os.Chtimes(used[0], old, old))
	if err != nil {
		t.Fatal(err)
	}
	second, err := objects.New(parent, "us-east-1")
	if err != nil {
		t.Fatal(err)
	}
	for dir, want := range map[string]bool{left: false, recent: true, used[0]: true} {
		if _, err := os.Stat(dir); (err == nil) != want {
			t.Errorf("%s: %v, want it to be there: %v", filepath.Base(dir), err, want)
		}
	}
	if err := errors.Join(running.Close(), second.Close(), second.Close()); err != nil {
		t.Error(err)
	}
}
