package push

import (
	"bufio"
	"bytes"
	"crypto/md5"
	"encoding/base64"
	"encoding/hex"
	"encoding/xml"
	"fmt"
	"hash/crc32"
	"io"
	"net/http"
	"net/http/httptest"
	"sort"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/s3"
)

// fakeS3 is one bucket that speaks as much of the S3 protocol as an upload needs. It
// checks part checksums and answers with composite ones, as S3 does.
type fakeS3 struct {
	*httptest.Server
	versioned bool
	// fault may answer a request itself (and return true) or change it; nth counts
	// the requests of an operation from 1.
	fault func(op string, nth int, w http.ResponseWriter, r *http.Request) bool

	mu      sync.Mutex
	calls   []string // operations in order, like "PutObject"
	headers map[string]http.Header
	objects map[string]*fakeObject
	uploads map[string]*fakeObject
}

type fakeObject struct {
	key     string
	body    []byte
	header  http.Header // of the request that made it
	eTag    string
	version string
	sum     string
	parts   map[int][]byte
}

func newFakeS3(t *testing.T) *fakeS3 {
	f := &fakeS3{objects: map[string]*fakeObject{}, uploads: map[string]*fakeObject{}, headers: map[string]http.Header{}}
	f.Server = httptest.NewServer(f)
	t.Cleanup(f.Close)
	return f
}

// client is a real SDK client for f that retries without waiting.
func (f *fakeS3) client(t *testing.T, more ...func(*s3.Options)) *s3.Client {
	t.Helper()
	o := s3.Options{
		BaseEndpoint: &f.URL, Region: "eu-west-1", UsePathStyle: true, HTTPClient: f.Client(),
		Credentials: credentials.NewStaticCredentialsProvider("AKID", "secret", ""),
		Retryer: retry.NewStandard(func(o *retry.StandardOptions) {
			o.Backoff = retry.BackoffDelayerFunc(func(int, error) (time.Duration, error) { return time.Millisecond, nil })
		}),
	}
	return s3.New(o, more...)
}

// put stores an object as if somebody had uploaded it before.
func (f *fakeS3) put(key, content, digest string) {
	header := http.Header{}
	if digest != "" {
		header.Set("X-Amz-Meta-Cdx-Digest", digest)
	}
	f.objects[key] = &fakeObject{key: key, body: []byte(content), header: header, eTag: eTagOf([]byte(content))}
	if f.versioned {
		f.objects[key].version = "v0"
	}
}

func (f *fakeS3) count(op string) int {
	f.mu.Lock()
	defer f.mu.Unlock()
	n := 0
	for _, call := range f.calls {
		if call == op {
			n++
		}
	}
	return n
}

// open is the number of multipart uploads that are neither completed nor aborted. A request
// whose answer is lost may still be on its way out of the handler.
func (f *fakeS3) open() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return len(f.uploads)
}

// holds tells whether an upload is neither completed nor aborted.
func (f *fakeS3) holds(uploadID string) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.uploads[uploadID] != nil
}

func (f *fakeS3) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	op := operation(r)
	f.mu.Lock()
	f.calls = append(f.calls, op)
	f.headers[op] = r.Header.Clone()
	f.mu.Unlock()
	if f.fault != nil && f.fault(op, f.count(op), w, r) {
		_, _ = io.Copy(io.Discard, r.Body) // else the server would break the connection off
		return
	}
	body, err := payload(r)
	if err != nil {
		return // the client went away
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.answer(op, strings.TrimPrefix(r.URL.Path, "/b/"), body, w, r)
}

func operation(r *http.Request) string {
	q := r.URL.Query()
	switch {
	case r.Method == "HEAD":
		return "HeadObject"
	case r.Method == "PUT" && q.Has("partNumber"):
		return "UploadPart"
	case r.Method == "PUT":
		return "PutObject"
	case r.Method == "POST" && q.Has("uploads"):
		return "CreateMultipartUpload"
	case r.Method == "POST":
		return "CompleteMultipartUpload"
	case r.Method == "DELETE" && q.Has("uploadId"):
		return "AbortMultipartUpload"
	default:
		return r.Method
	}
}

// payload reads a body, also one in the encoding that the SDK uses over TLS; a
// checksum in the trailer is put into the header.
func payload(r *http.Request) ([]byte, error) {
	if r.Header.Get("Content-Encoding") != "aws-chunked" {
		body := make([]byte, max(r.ContentLength, 0))
		_, err := io.ReadFull(r.Body, body)
		return body, err
	}
	var body []byte
	in := bufio.NewReader(r.Body)
	for {
		line, err := in.ReadString('\n')
		if err != nil {
			return nil, err
		}
		size, err := strconv.ParseInt(strings.TrimSpace(line), 16, 64)
		if err != nil {
			return nil, err
		}
		if size == 0 {
			break
		}
		chunk := make([]byte, size+2)
		if _, err := io.ReadFull(in, chunk); err != nil {
			return nil, err
		}
		body = append(body, chunk[:size]...)
	}
	trailer, err := io.ReadAll(in)
	if name, value, ok := strings.Cut(strings.TrimSpace(string(trailer)), ":"); ok {
		r.Header.Set(name, value)
	}
	return body, err
}

func (f *fakeS3) answer(op, key string, body []byte, w http.ResponseWriter, r *http.Request) {
	id := r.URL.Query().Get("uploadId")
	upload := f.uploads[id]
	if id != "" && upload == nil {
		fail(w, 404, "NoSuchUpload")
		return
	}
	if sent := r.Header.Get("X-Amz-Checksum-Crc32"); sent != "" && sent != sumOf(body) {
		fail(w, 400, "BadDigest")
		return
	}
	switch op {
	case "HeadObject":
		f.head(key, w)
	case "PutObject":
		f.store(&fakeObject{key: key, body: body, header: r.Header.Clone(), eTag: eTagOf(body), sum: r.Header.Get("X-Amz-Checksum-Crc32")}, w, r)
	case "CreateMultipartUpload":
		id := fmt.Sprintf("upload-%d", len(f.calls))
		f.uploads[id] = &fakeObject{key: key, header: r.Header.Clone(), parts: map[int][]byte{}}
		fmt.Fprintf(w, "<InitiateMultipartUploadResult><UploadId>%s</UploadId></InitiateMultipartUploadResult>", id)
	case "UploadPart":
		n, _ := strconv.Atoi(r.URL.Query().Get("partNumber"))
		upload.parts[n] = body
		w.Header().Set("ETag", eTagOf(body))
		w.Header().Set("X-Amz-Checksum-Crc32", r.Header.Get("X-Amz-Checksum-Crc32"))
	case "CompleteMultipartUpload":
		f.complete(id, upload, body, w, r)
	case "AbortMultipartUpload":
		delete(f.uploads, id)
		w.WriteHeader(204)
	default:
		fail(w, 501, "NotImplemented")
	}
}

func (f *fakeS3) head(key string, w http.ResponseWriter) {
	object := f.objects[key]
	if object == nil {
		w.WriteHeader(404)
		return
	}
	for name, values := range object.header {
		if strings.HasPrefix(name, "X-Amz-Meta-") {
			w.Header()[name] = values
		}
	}
	w.Header().Set("ETag", object.eTag)
	w.Header().Set("Content-Length", strconv.Itoa(len(object.body)))
	if object.version != "" {
		w.Header().Set("X-Amz-Version-Id", object.version)
	}
}

// store puts an object under its key, unless the condition of the request forbids it.
func (f *fakeS3) store(object *fakeObject, w http.ResponseWriter, r *http.Request) bool {
	if r.Header.Get("If-None-Match") == "*" && f.objects[object.key] != nil {
		fail(w, 412, "PreconditionFailed")
		return false
	}
	if f.versioned {
		object.version = fmt.Sprintf("v%d", len(f.calls))
		w.Header().Set("X-Amz-Version-Id", object.version)
	}
	f.objects[object.key] = object
	w.Header().Set("ETag", object.eTag)
	if object.sum != "" {
		w.Header().Set("X-Amz-Checksum-Crc32", object.sum)
	}
	return true
}

// complete joins the parts that the request lists.
func (f *fakeS3) complete(id string, upload *fakeObject, body []byte, w http.ResponseWriter, r *http.Request) {
	var listed struct {
		Part []struct{ PartNumber int }
	}
	if err := xml.Unmarshal(body, &listed); err != nil || !sort.SliceIsSorted(listed.Part, func(i, j int) bool { return listed.Part[i].PartNumber < listed.Part[j].PartNumber }) {
		fail(w, 400, "MalformedXML")
		return
	}
	var sums []byte
	for _, part := range listed.Part {
		content := upload.parts[part.PartNumber]
		upload.body = append(upload.body, content...)
		sum := crc32.ChecksumIEEE(content)
		sums = append(sums, byte(sum>>24), byte(sum>>16), byte(sum>>8), byte(sum))
	}
	upload.eTag = strings.TrimSuffix(eTagOf(sums), `"`) + fmt.Sprintf(`-%d"`, len(listed.Part))
	sum := sumOf(sums) + fmt.Sprintf("-%d", len(listed.Part))
	if f.store(upload, w, r) {
		delete(f.uploads, id)
		fmt.Fprintf(w, "<CompleteMultipartUploadResult><ETag>%s</ETag><ChecksumCRC32>%s</ChecksumCRC32></CompleteMultipartUploadResult>", upload.eTag, sum)
	}
}

func fail(w http.ResponseWriter, status int, code string) {
	w.WriteHeader(status)
	fmt.Fprintf(w, "<Error><Code>%s</Code><Message>made to fail</Message></Error>", code)
}

// drop closes the connection without an answer.
func drop(w http.ResponseWriter) {
	connection, _, err := w.(http.Hijacker).Hijack()
	if err == nil {
		_ = connection.Close()
	}
}

func eTagOf(content []byte) string {
	sum := md5.Sum(content)
	return `"` + hex.EncodeToString(sum[:]) + `"`
}

func sumOf(content []byte) string {
	sum := crc32.ChecksumIEEE(content)
	return base64.StdEncoding.EncodeToString([]byte{byte(sum >> 24), byte(sum >> 16), byte(sum >> 8), byte(sum)})
}

// content makes size bytes that differ from part to part.
func content(size int) []byte {
	b := bytes.Repeat([]byte("0123456789abcde\n"), size/16+1)[:size]
	for i := 0; i < size; i += 4096 {
		b[i] = byte(i >> 12)
	}
	return b
}
