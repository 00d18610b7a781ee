package local_test

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/codedeploy"
	"github.com/aws/aws-sdk-go-v2/service/codedeploy/types"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/sts"

	"github.com/cdx-deploy/cdx/pkg/local"
)

// send sends a request to the service and returns status and body.
func send(t *testing.T, p *peer, method, path, body string, header ...string) (int, string, http.Header) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, p.service.URL()+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i < len(header); i += 2 {
		if header[i] == "Host" {
			r.Host = header[i+1]
		}
		r.Header.Set(header[i], header[i+1])
	}
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = answer.Body.Close() }()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer.StatusCode, string(text), answer.Header
}

func TestRefusedRequests(t *testing.T) {
	p := listen(t, local.Options{})
	target := "CodeDeploy_20141006.ListApplications"
	for _, test := range []struct {
		name         string
		method, path string
		body         string
		header       []string
		status       int
		want         string
	}{
		{"origin", "GET", "/", "", []string{"Origin", "http://127.0.0.1"}, 403, ""},
		{"preflight", "OPTIONS", "/bucket", "", []string{"Origin", "https://example.com", "Access-Control-Request-Method", "PUT"}, 403, ""},
		{"rebinding", "GET", "/", "", []string{"Host", "example.com:80"}, 403, ""},
		{"name like loopback", "GET", "/", "", []string{"Host", "localhost.example.com"}, 403, ""},
		{"localhost", "GET", "/", "", []string{"Host", "localhost:1"}, 200, "ListAllMyBucketsResult"},
		{"IPv6", "GET", "/", "", []string{"Host", "[::1]:1"}, 200, ""},
		{"bucket in the host", "GET", "/", "", []string{"Host", "bucket.localhost"}, 200, "<Name>bucket</Name>"},
		{"unknown operation", "POST", "/", "{}", []string{"X-Amz-Target", "CodeDeploy_20141006.Nonsense"}, 400, `"__type":"UnknownOperationException"`},
		{"other service", "POST", "/", "{}", []string{"X-Amz-Target", "DynamoDB_20120810.ListTables"}, 400, "UnknownOperationException"},
		{"GET", "GET", "/", "", []string{"X-Amz-Target", target}, 400, "UnknownOperationException"},
		{"no JSON", "POST", "/", "{", []string{"X-Amz-Target", target}, 400, "SerializationException"},
		{"wrong type", "POST", "/", `{"nextToken":1}`, []string{"X-Amz-Target", target}, 400, ".nextToken is not a string"},
		{"too large", "POST", "/", strings.Repeat(" ", 3<<20), []string{"X-Amz-Target", target}, 413, "RequestEntityTooLargeException"},
		{"another signature", "POST", "/", "", []string{"Authorization",
			"AWS4-HMAC-SHA256 Credential=AKIA/20260101/us-east-1/ec2/aws4_request, SignedHeaders=host, Signature=00"}, 400, "the service ec2 is not here"},
		{"empty body", "POST", "/", "", []string{"X-Amz-Target", target}, 200, `{"applications":["app"]}`},
	} {
		t.Run(test.name, func(t *testing.T) {
			status, body, header := send(t, p, test.method, test.path, test.body, test.header...)
			if status != test.status || !strings.Contains(body, test.want) {
				t.Errorf("%d %s", status, body)
			}
			for name := range header {
				if strings.HasPrefix(name, "Access-Control-") {
					t.Errorf("%s: %s", name, header.Get(name))
				}
			}
		})
	}
}

func TestWrongSecretKey(t *testing.T) {
	p := listen(t, local.Options{})
	credentials := p.service.Credentials()
	credentials.SecretAccessKey = "wrong"
	wrong := connect(p.service, p.dir, p.service.URL(), credentials)
	if _, err := wrong.codedeploy.ListApplications(t.Context(), &codedeploy.ListApplicationsInput{}); code(err) != "InvalidSignatureException" {
		t.Error(err)
	}
	if _, err := wrong.s3.ListBuckets(t.Context(), &s3.ListBucketsInput{}); code(err) != "SignatureDoesNotMatch" {
		t.Error(err)
	}
	for _, key := range []string{"plain", "a b+c", "ä/ü?&=#%", "x//y", "~(tilde)*'!"} {
		if _, err := p.s3.PutObject(t.Context(), &s3.PutObjectInput{Bucket: aws.String("bucket"), Key: &key, Body: strings.NewReader("x")}); err != nil {
			t.Errorf("the right key and %q: %v", key, err)
		}
		if _, err := p.s3.GetObject(t.Context(), &s3.GetObjectInput{Bucket: aws.String("bucket"), Key: &key, ResponseContentType: aws.String("a b/ä")}); err != nil {
			t.Errorf("the right key and %q: %v", key, err)
		}
	}
}

func TestCallerIdentity(t *testing.T) {
	p := listen(t, local.Options{})
	credentials := p.service.Credentials()
	client := sts.New(sts.Options{
		BaseEndpoint: aws.String(p.service.URL()), Region: "us-east-1", RetryMaxAttempts: 1,
		Credentials: aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) { return credentials, nil }),
	})
	got := must[*sts.GetCallerIdentityOutput](t)(client.GetCallerIdentity(t.Context(), &sts.GetCallerIdentityInput{}))
	if *got.Account != "000000000000" || *got.Arn != "arn:aws:iam::000000000000:user/local" || *got.UserId != credentials.AccessKeyID {
		t.Errorf("%+v", got)
	}
	if _, err := client.GetSessionToken(t.Context(), &sts.GetSessionTokenInput{}); code(err) != "InvalidAction" {
		t.Error(err)
	}
}

// TestWrappedHandler serves the handler from a listener of the test's own, behind a middleware that
// throttles the first request: how tests of other packages make faults.
func TestWrappedHandler(t *testing.T) {
	dir := t.TempDir()
	service := must[*local.Service](t)(local.New(local.Options{Dir: dir}))
	defer func() { _ = service.Close() }()
	throttled := false
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !throttled {
			throttled = true
			w.Header().Set("Content-Type", "application/x-amz-json-1.1")
			w.WriteHeader(http.StatusBadRequest)
			_, _ = io.WriteString(w, `{"__type":"ThrottlingException","message":"Rate exceeded"}`)
			return
		}
		service.Handler().ServeHTTP(w, r)
	}))
	defer server.Close()
	if err := service.Ensure("app", "group", "bucket"); err != nil {
		t.Fatal(err)
	}
	p := connect(service, dir, server.URL, service.Credentials())
	if _, err := p.codedeploy.ListApplications(t.Context(), &codedeploy.ListApplicationsInput{}); code(err) != "ThrottlingException" {
		t.Error(err)
	}
	info := p.await(t, p.create(t, p.upload(t, "one.zip", goodHook)), hasEnded)
	text, _ := p.events(t, *info.DeploymentId)
	if info.Status != types.DeploymentStatusSucceeded || !strings.Contains(text, "BeforeInstall=Succeeded") {
		t.Errorf("%+v %s", info, text)
	}
}

func TestOtherListenersNeverRunHooks(t *testing.T) {
	dir := t.TempDir()
	service := must[*local.Service](t)(local.New(local.Options{Dir: dir, Region: "eu-west-1"}))
	defer func() { _ = service.Close() }()
	if err := service.Listen(t.Context(), "0.0.0.0:0"); err != nil {
		t.Fatal(err)
	}
	if err := service.Listen(t.Context(), ""); err == nil {
		t.Error("listening twice")
	}
	if err := service.Ensure("app", "group", "bucket"); err != nil {
		t.Fatal(err)
	}
	p := connect(service, dir, service.URL(), service.Credentials())
	if status, _, _ := send(t, p, "GET", "/", "", "Host", "build-host:1"); status != 200 {
		t.Errorf("a host name: %d", status)
	}
	id := p.create(t, p.upload(t, "one.zip", goodHook))
	p.await(t, id, hasEnded)
	if text, _ := p.events(t, id); !strings.Contains(text, "BeforeInstall=Skipped") {
		t.Error(text)
	}
}

func TestStartErrors(t *testing.T) {
	if _, err := local.New(local.Options{}); err == nil {
		t.Error("no folder")
	}
	if _, err := local.New(local.Options{Dir: "/dev/null/x"}); err == nil {
		t.Error("a folder that cannot be")
	}
	p := listen(t, local.Options{})
	second := must[*local.Service](t)(local.New(local.Options{Dir: t.TempDir()}))
	defer func() { _ = second.Close() }()
	taken := strings.TrimPrefix(p.service.URL(), "http://")
	if failure := (*net.OpError)(nil); !errors.As(second.Listen(t.Context(), taken), &failure) {
		t.Error("listening on a port that is taken")
	}
	if second.URL() != "" || second.Region() != "us-east-1" {
		t.Errorf("%q %q", second.URL(), second.Region())
	}
	for _, names := range [][3]string{{"what?", "", ""}, {"app", "what?", ""}, {"", "", "BAD BUCKET"}} {
		if err := second.Ensure(names[0], names[1], names[2]); err == nil {
			t.Errorf("ensured %q", names)
		}
	}
	if err := second.Ensure("app", "", "bucket"); err != nil {
		t.Error(err)
	}
}
