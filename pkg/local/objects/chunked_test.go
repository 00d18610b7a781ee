package objects

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

func TestChunkedUploads(t *testing.T) {
	store, err := New(t.TempDir(), "us-east-1")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = store.Close() }()
	if err := store.EnsureBucket("bucket"); err != nil {
		t.Fatal(err)
	}
	handler := store.Handler(nil)
	signature := ";chunk-signature=" + strings.Repeat("0", 64)
	for _, test := range []struct {
		name, body, length, trailer string
		status                      int
		want                        string
	}{
		{"unsigned", "5\r\nhello\r\n0\r\n\r\n", "5", "", 200, ""},
		{"signed", "5" + signature + "\r\nhello\r\n0" + signature + "\r\n\r\n", "5", "", 200, ""},
		{"two chunks", "2\r\nhe\r\n3\r\nllo\r\n0\r\n\r\n", "5", "", 200, ""},
		{"trailer", "5\r\nhello\r\n0\r\nx-amz-checksum-crc32:NhCmhg==\r\n\r\n", "5", "x-amz-checksum-crc32", 200, ""},
		{"trailer without the last empty line", "5\r\nhello\r\n0\r\nx-amz-checksum-crc32:NhCmhg==\r\n", "5", "x-amz-checksum-crc32", 200, ""},
		{"wrong trailer", "5\r\nhello\r\n0\r\nx-amz-checksum-crc32:AAAAAA==\r\n\r\n", "5", "x-amz-checksum-crc32", 400, "BadDigest"},
		{"trailer missing", "5\r\nhello\r\n0\r\n\r\n", "5", "x-amz-checksum-crc32", 400, "MalformedTrailerError"},
		{"shorter", "5\r\nhello\r\n0\r\n\r\n", "6", "", 400, "IncompleteBody"},
		{"longer", "5\r\nhello\r\n0\r\n\r\n", "4", "", 400, "IncompleteBody"},
		{"cut in a chunk", "5\r\nhel", "5", "", 400, "IncompleteBody"},
		{"cut before the last chunk", "5\r\nhello\r\n", "5", "", 400, "IncompleteBody"},
		{"no size", "x\r\nhello\r\n0\r\n\r\n", "5", "", 400, "InvalidRequest"},
		{"negative size", "-5\r\nhello\r\n0\r\n\r\n", "5", "", 400, "InvalidRequest"},
		{"chunk longer than its size", "4\r\nhello\r\n0\r\n\r\n", "5", "", 400, "InvalidRequest"},
		{"endless line", strings.Repeat("0", 5000), "5", "", 400, "InvalidRequest"},
		{"no trailer line", "5\r\nhello\r\n0\r\nnonsense\r\n\r\n", "5", "", 400, "InvalidRequest"},
		{"no length", "5\r\nhello\r\n0\r\n\r\n", "", "", 411, "MissingContentLength"},
		{"over the limit", "5\r\nhello\r\n0\r\n\r\n", fmt.Sprint(6 << 30), "", 400, "EntityTooLarge"},
	} {
		t.Run(test.name, func(t *testing.T) {
			r := httptest.NewRequestWithContext(t.Context(), "PUT", "/bucket/key", strings.NewReader(test.body))
			r.Header.Set("X-Amz-Content-Sha256", "STREAMING-UNSIGNED-PAYLOAD-TRAILER")
			r.Header.Set("X-Amz-Decoded-Content-Length", test.length)
			r.Header.Set("Content-Encoding", "aws-chunked,gzip")
			if test.trailer != "" {
				r.Header.Set("X-Amz-Trailer", test.trailer)
			}
			w := httptest.NewRecorder()
			handler.ServeHTTP(w, r)
			if w.Code != test.status || !strings.Contains(w.Body.String(), test.want) {
				t.Fatalf("%d %s", w.Code, w.Body)
			}
			if test.status != 200 {
				return
			}
			w = httptest.NewRecorder()
			handler.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), "GET", "/bucket/key", nil))
			if w.Body.String() != "hello" || w.Header().Get("Content-Encoding") != "gzip" {
				t.Errorf("%q %v", w.Body, w.Header())
			}
		})
	}
}

func TestPlainUploads(t *testing.T) {
	store, err := New(t.TempDir(), "us-east-1")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = store.Close() }()
	if err := store.EnsureBucket("bucket"); err != nil {
		t.Fatal(err)
	}
	handler := store.Handler(nil)
	for _, test := range []struct {
		name, method, path string
		change             func(*http.Request)
		status             int
		want               string
	}{
		{"plain", "PUT", "/bucket/key", func(*http.Request) {}, 200, ""},
		{"no length", "PUT", "/bucket/key", func(r *http.Request) { r.ContentLength = -1 }, 411, "MissingContentLength"},
		{"short", "PUT", "/bucket/key", func(r *http.Request) { r.ContentLength = 9 }, 400, "IncompleteBody"},
		{"SHA-256", "PUT", "/bucket/key", func(r *http.Request) { r.Header.Set("X-Amz-Content-Sha256", strings.Repeat("0", 64)) }, 400, "XAmzContentSHA256Mismatch"},
		{"algorithm alone", "PUT", "/bucket/key", func(r *http.Request) { r.Header.Set("X-Amz-Sdk-Checksum-Algorithm", "CRC32") }, 400, "InvalidRequest"},
		{"long key", "PUT", "/bucket/" + strings.Repeat("k", 1025), func(*http.Request) {}, 400, "KeyTooLongError"},
		{"metadata", "PUT", "/bucket/key", func(r *http.Request) { r.Header.Set("X-Amz-Meta-A", strings.Repeat("v", 3000)) }, 400, "MetadataTooLarge"},
		{"tags", "PUT", "/bucket/key", func(r *http.Request) { r.Header.Set("X-Amz-Tagging", "%zz") }, 400, "InvalidArgument"},
		{"copy source", "PUT", "/bucket/key", func(r *http.Request) { r.Header.Set("X-Amz-Copy-Source", "nokey") }, 400, "InvalidArgument"},
		{"browser form", "POST", "/bucket", func(*http.Request) {}, 405, "MethodNotAllowed"},
		{"method", "PATCH", "/bucket/key", func(*http.Request) {}, 405, "MethodNotAllowed"},
		{"upload without an ID", "PUT", "/bucket/key?uploads", func(*http.Request) {}, 405, "MethodNotAllowed"},
		{"method of an upload", "PATCH", "/bucket/key?uploadId=x", func(*http.Request) {}, 405, "MethodNotAllowed"},
		{"tagging method", "POST", "/bucket/key?tagging", func(*http.Request) {}, 405, "MethodNotAllowed"},
		{"broken XML", "POST", "/bucket/key?uploadId=x", func(*http.Request) {}, 400, "MalformedXML"},
		{"cors", "GET", "/bucket?cors", func(*http.Request) {}, 501, "NotImplemented"},
		{"location of none", "GET", "/none?location", func(*http.Request) {}, 404, "NoSuchBucket"},
		{"uploads of none", "GET", "/none?uploads", func(*http.Request) {}, 404, "NoSuchBucket"},
	} {
		t.Run(test.name, func(t *testing.T) {
			r := httptest.NewRequestWithContext(t.Context(), test.method, test.path, strings.NewReader("hello"))
			test.change(r)
			w := httptest.NewRecorder()
			handler.ServeHTTP(w, r)
			if w.Code != test.status || !strings.Contains(w.Body.String(), test.want) {
				t.Errorf("%d %s", w.Code, w.Body)
			}
			if w.Header().Get("X-Amz-Request-Id") == "" || w.Header().Get("Access-Control-Allow-Origin") != "" {
				t.Errorf("%v", w.Header())
			}
		})
	}
}

// FuzzChunked checks that decoding never panics, never yields more than it was given, and is the inverse of
// encoding.
func FuzzChunked(f *testing.F) {
	f.Add([]byte("5\r\nhello\r\n0\r\n\r\n"), 3)
	f.Add([]byte("0\r\na:b\r\n\r\n"), 1)
	f.Add([]byte("ffffffffffffffff\r\n"), 1)
	f.Fuzz(func(t *testing.T, data []byte, size int) {
		if out, err := io.ReadAll(newChunkedReader(bytes.NewReader(data))); err == nil && len(out) > len(data) {
			t.Errorf("%d bytes out of %d", len(out), len(data))
		}
		var wire bytes.Buffer
		for rest := data; len(rest) > 0; {
			n := min(max(size, 1), len(rest))
			fmt.Fprintf(&wire, "%x\r\n%s\r\n", n, rest[:n])
			rest = rest[n:]
		}
		wire.WriteString("0\r\n\r\n")
		if out, err := io.ReadAll(newChunkedReader(&wire)); err != nil || !bytes.Equal(out, data) {
			t.Errorf("%q, %v", out, err)
		}
	})
}

func TestBackendErrors(t *testing.T) {
	if err := forBackend(io.EOF); !errors.Is(err, io.EOF) {
		t.Error(err)
	}
	store, err := New(t.TempDir(), "us-east-1")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = store.Close() }()
	b := backend{store: store}
	if err := b.CreateBucket("bucket"); err != nil {
		t.Error(err)
	}
	if err := b.CreateBucket("bucket"); err == nil || !strings.Contains(err.Error(), "BucketAlreadyOwnedByYou") {
		t.Error(err)
	}
	if err := b.ForceDeleteBucket("bucket"); err != nil || store.bucketExists("bucket") {
		t.Error(err)
	}
	if err := b.ForceDeleteBucket("bucket"); err == nil {
		t.Error("deleted twice")
	}
	if _, err := New("/dev/null/x", ""); err == nil {
		t.Error("a folder that cannot be")
	}
}
