package diff_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"io/fs"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/codedeploy/types"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/cdx-deploy/cdx/pkg/bundle"
	"github.com/cdx-deploy/cdx/pkg/diff"
	"github.com/cdx-deploy/cdx/pkg/local/objects"
)

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// write makes a directory. A name ending in "/" is a folder, a content "-> x" a link, and
// "!" before the content makes a file executable. It has an AppSpec file.
func write(t testing.TB, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	if _, ok := files["appspec.yml"]; !ok {
		put(t, dir, "appspec.yml", "version: 0.0\nos: linux\n")
	}
	for _, name := range slices.Sorted(maps.Keys(files)) {
		put(t, dir, name, files[name])
	}
	return dir
}

func put(t testing.TB, dir, name, content string) {
	t.Helper()
	path := filepath.Join(dir, name)
	if strings.HasSuffix(name, "/") {
		must(t, os.MkdirAll(path, 0o755))
		return
	}
	must(t, os.MkdirAll(filepath.Dir(path), 0o755))
	if target, link := strings.CutPrefix(content, "-> "); link {
		must(t, os.Symlink(target, path))
		return
	}
	mode := fs.FileMode(0o644)
	content, executable := strings.CutPrefix(content, "!")
	if executable {
		mode = 0o755
	}
	must(t, os.WriteFile(path, []byte(content), mode))
	must(t, os.Chmod(path, mode))
}

func selected(t testing.TB, dir string, kind bundle.Type) *bundle.Tree {
	t.Helper()
	tree, err := bundle.Select(t.Context(), dir, bundle.Options{Type: kind})
	must(t, err)
	return tree
}

// bundled is a tree's bundle and digest.
func bundled(t testing.TB, tree *bundle.Tree) (data []byte, digest string) {
	t.Helper()
	digest, err := tree.Hash(t.Context())
	must(t, err)
	var b bytes.Buffer
	_, err = tree.Write(t.Context(), &b)
	must(t, err)
	return b.Bytes(), digest
}

// bucket is S3 with one bucket, over HTTP.
type bucket struct {
	client *s3.Client
	sent   atomic.Int64 // bytes of answers to GET
	asked  atomic.Int64 // number of GETs
	cut    atomic.Int64 // break this many answers off in their middle
	mute   atomic.Bool  // break them off before their first byte
}

func newBucket(t testing.TB) *bucket {
	t.Helper()
	store, err := objects.New(t.TempDir(), "us-east-1")
	must(t, err)
	must(t, store.EnsureBucket("bucket"))
	b := new(bucket)
	next := store.Handler(func(*http.Request) bool { return true })
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodGet {
			b.asked.Add(1)
			w = &meter{ResponseWriter: w, bucket: b}
		}
		next.ServeHTTP(w, r)
	}))
	t.Cleanup(func() {
		server.CloseClientConnections()
		server.Close()
		must(t, store.Close())
	})
	b.client = s3.New(s3.Options{
		BaseEndpoint: &server.URL, Region: "us-east-1", UsePathStyle: true, RetryMaxAttempts: 1,
		Credentials: credentials.NewStaticCredentialsProvider("AKIDEXAMPLE", "secret", ""),
	})
	return b
}

// meter counts what is answered, and breaks answers off.
type meter struct {
	http.ResponseWriter
	bucket *bucket
}

func (m *meter) Write(p []byte) (int, error) {
	m.bucket.sent.Add(int64(len(p)))
	if len(p) > 1000 && m.bucket.cut.Add(-1) >= 0 {
		if !m.bucket.mute.Load() {
			_, _ = m.ResponseWriter.Write(p[:len(p)/2])
		}
		_ = http.NewResponseController(m.ResponseWriter).Flush()
		panic(http.ErrAbortHandler)
	}
	return m.ResponseWriter.Write(p)
}

// put stores an object. The location pins its eTag.
func (b *bucket) put(t testing.TB, key string, data []byte, digest string) *types.S3Location {
	t.Helper()
	in := &s3.PutObjectInput{Bucket: aws.String("bucket"), Key: &key, Body: bytes.NewReader(data)}
	if digest != "" {
		in.Metadata = map[string]string{"cdx-digest": digest}
	}
	out, err := b.client.PutObject(t.Context(), in)
	must(t, err)
	return &types.S3Location{Bucket: aws.String("bucket"), Key: &key, ETag: aws.String(strings.Trim(*out.ETag, `"`)), Version: out.VersionId}
}

// compare opens an object and compares a directory with it.
func (b *bucket) compare(t testing.TB, at *types.S3Location, dir string) (*diff.Difference, error) {
	t.Helper()
	opened, err := diff.Open(t.Context(), b.client, at, diff.Options{})
	if err != nil {
		return nil, err
	}
	return opened.Compare(t.Context(), selected(t, dir, bundle.Zip))
}

// lines says of each change in a line what is not the same.
func lines(d *diff.Difference) []string {
	all := []string{}
	for _, c := range d.Changes {
		text := string(c.Kind) + " " + c.Path
		if c.Type() {
			text += " type"
		} else if c.Contents {
			text += " contents"
		}
		if c.Mode {
			text += " mode"
		}
		if c.Role != "" {
			text += " (" + string(c.Role) + ")"
		}
		all = append(all, text)
	}
	return all
}

func expect(t testing.TB, d *diff.Difference, want ...string) {
	t.Helper()
	if got := lines(d); !slices.Equal(got, want) {
		t.Errorf("changes:\n  %s\nwant:\n  %s", strings.Join(got, "\n  "), strings.Join(want, "\n  "))
	}
}

// memory is an object that is never sent over a network.
type memory []byte

func (m memory) GetObject(_ context.Context, in *s3.GetObjectInput, _ ...func(*s3.Options)) (*s3.GetObjectOutput, error) {
	first, last, err := span(*in.Range, int64(len(m)))
	if err != nil {
		return nil, err
	}
	return &s3.GetObjectOutput{
		Body: io.NopCloser(bytes.NewReader(m[first : last+1])), ETag: aws.String(`"e"`), ContentLength: aws.Int64(last + 1 - first),
		ContentRange: aws.String(rangeText(first, last, int64(len(m)))),
	}, nil
}

var errRange = errors.New("no such range")
