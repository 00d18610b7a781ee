package awsapi

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"sort"
	"strings"
	"sync/atomic"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/smithy-go/logging"

	"github.com/cdx-deploy/cdx/internal/lazy"
)

// maxLogged bounds how many bytes of a body are shown.
const maxLogged = 16 << 10

// logTo writes what the clients send and receive. Requests for credentials are not
// among it: the providers have been made before.
func (c *Config) logTo(w io.Writer) {
	c.SDK.HTTPClient = &debugClient{inner: c.SDK.HTTPClient, w: w}
	c.SDK.ClientLogMode = aws.LogRetries
	c.SDK.Logger = logging.LoggerFunc(func(_ logging.Classification, format string, v ...any) {
		fmt.Fprintf(w, "sdk: %s\n", redactText(fmt.Sprintf(format, v...)))
	})
}

// debugClient writes each request and its response, without secrets, in one Write
// each. Bodies are shown of CodeDeploy's messages and of S3's refusals; all others
// are file content or credentials.
type debugClient struct {
	inner aws.HTTPClient
	w     io.Writer
	count atomic.Int64
}

func (d *debugClient) Do(request *http.Request) (*http.Response, error) {
	number := d.count.Add(1)
	secrets := secretsOf(request)
	if err := d.logRequest(number, request, secrets); err != nil {
		return nil, err
	}
	began := time.Now()
	response, err := d.inner.Do(request)
	took := time.Since(began).Round(time.Millisecond)
	if err != nil {
		fmt.Fprintf(d.w, "< #%d failed after %s: %s\n", number, took, secrets.redact(err.Error()))
		return response, err
	}
	d.logResponse(number, took, request, response, secrets)
	return response, nil
}

func (d *debugClient) logRequest(number int64, request *http.Request, secrets secrets) error {
	var b strings.Builder
	address := *request.URL
	address.User = nil
	fmt.Fprintf(&b, "> #%d %s %s\n", number, request.Method, secrets.redact(address.String()))
	writeHeader(&b, ">", request.Header, secrets)
	if isCodeDeploy(request) && request.Body != nil {
		body, err := io.ReadAll(request.Body)
		if err = errors.Join(err, request.Body.Close()); err != nil {
			return fmt.Errorf("read the request to log it: %w", err)
		}
		request.Body = io.NopCloser(bytes.NewReader(body))
		writeBody(&b, ">", string(body), secrets)
	}
	_, _ = io.WriteString(d.w, b.String())
	return nil
}

func (d *debugClient) logResponse(number int64, took time.Duration, request *http.Request, response *http.Response, secrets secrets) {
	var b strings.Builder
	fmt.Fprintf(&b, "< #%d %s (%s)\n", number, response.Status, took)
	writeHeader(&b, "<", response.Header, secrets)
	switch {
	case isCodeDeploy(request):
		writeBody(&b, "<", peek(response), secrets)
	case response.StatusCode >= http.StatusMultipleChoices:
		writeBody(&b, "<", strings.Join(shownElement().FindAllString(peek(response), -1), "\n"), secrets)
	}
	_, _ = io.WriteString(d.w, b.String())
}

// shownElement matches the elements of S3's refusals that hold no secret; some,
// such as Token-0 and StringToSign, do.
// Source: Amazon S3 API reference, "Error responses".
var shownElement = lazy.Regexp(`<(?:Code|Message|BucketName|Bucket|Key|Region|Endpoint|Condition|RequestId|HostId)>[^<]*</`)

func isCodeDeploy(request *http.Request) bool {
	return strings.HasPrefix(request.Header.Get("X-Amz-Target"), "CodeDeploy_")
}

// peek returns the start of a response's body and leaves it to be read.
func peek(response *http.Response) string {
	start, err := io.ReadAll(io.LimitReader(response.Body, maxLogged))
	var rest io.Reader = response.Body
	if err != nil {
		rest = failedReader{err}
	}
	response.Body = struct {
		io.Reader
		io.Closer
	}{io.MultiReader(bytes.NewReader(start), rest), response.Body}
	return string(start)
}

// failedReader repeats the error that a reader ended with.
type failedReader struct{ err error }

func (f failedReader) Read([]byte) (int, error) { return 0, f.err }

func writeHeader(b *strings.Builder, mark string, header http.Header, secrets secrets) {
	names := make([]string, 0, len(header))
	for name := range header {
		names = append(names, name)
	}
	sort.Strings(names)
	for _, name := range names {
		value := strings.Join(header[name], ", ")
		if secretHeader().MatchString(name) {
			value = redacted
		}
		fmt.Fprintf(b, "%s   %s: %s\n", mark, name, secrets.redact(value))
	}
}

func writeBody(b *strings.Builder, mark, body string, secrets secrets) {
	if body == "" {
		return
	}
	note := ""
	if len(body) > maxLogged {
		body, note = body[:maxLogged], " […]"
	}
	fmt.Fprintf(b, "%s   %s%s\n", mark, strings.ReplaceAll(secrets.redact(body), "\n", "\n"+mark+"   "), note)
}
