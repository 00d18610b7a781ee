package awsapi

import (
	"bytes"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/codedeploy"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/sts"
)

const sessionToken = "IQoJb3JpZ2luX2VjEXAMPLETOKEN/with+signs=="

// debugLog runs a request against a server and returns what was logged of it.
func debugLog(t *testing.T, handler http.HandlerFunc, request func(Config)) string {
	t.Helper()
	isolate(t)
	t.Setenv("AWS_SESSION_TOKEN", sessionToken)
	var log bytes.Buffer
	request(load(t, Options{EndpointURL: serve(t, handler), Debug: &log}))
	for _, secret := range []string{sessionToken, "wJalrXUtnFEMI", "AKIAIOSFODNN7EXAMPLE", "IQoJb3JpZ2lu", "Signature=0", "Signature=a"} {
		if strings.Contains(log.String(), secret) {
			t.Errorf("the log holds the secret %q:\n%s", secret, log.String())
		}
	}
	return log.String()
}

func wantAll(t *testing.T, text string, parts ...string) {
	t.Helper()
	for _, part := range parts {
		if !strings.Contains(text, part) {
			t.Errorf("no %q in:\n%s", part, text)
		}
	}
}

func TestDebugShowsCodeDeploy(t *testing.T) {
	var received string
	log := debugLog(t, func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		received = string(body)
		_, _ = w.Write([]byte(`{"deploymentId":"d-1"}`))
	}, func(c Config) {
		out, err := c.CodeDeploy().CreateDeployment(t.Context(), &codedeploy.CreateDeploymentInput{ApplicationName: aws.String("shop")})
		if err != nil || aws.ToString(out.DeploymentId) != "d-1" {
			t.Errorf("CreateDeployment = %v, %v: the log must not use the answer up", out, err)
		}
	})
	if received != `{"applicationName":"shop"}` {
		t.Errorf("the service received %q", received)
	}
	wantAll(t, log, "> #1 POST http://127.0.0.1:", "X-Amz-Target: CodeDeploy_20141006.CreateDeployment", `>   {"applicationName":"shop"}`,
		"Authorization: [redacted]", "X-Amz-Security-Token: [redacted]", "< #1 200 OK", `<   {"deploymentId":"d-1"}`)
}

func TestDebugShowsNoContentOfObjects(t *testing.T) {
	log := debugLog(t, func(w http.ResponseWriter, r *http.Request) { _, _ = io.Copy(io.Discard, r.Body) }, func(c Config) {
		_, err := c.S3().PutObject(t.Context(), &s3.PutObjectInput{Bucket: aws.String("b"), Key: aws.String("k"), Body: strings.NewReader("password=hunter2")})
		if err != nil {
			t.Errorf("PutObject = %v", err)
		}
	})
	wantAll(t, log, "PUT http://", "/b/k")
	if strings.Contains(log, "hunter2") {
		t.Errorf("the log holds the object's content:\n%s", log)
	}
}

func TestDebugShowsS3RefusalsWithoutTheirSecrets(t *testing.T) {
	log := debugLog(t, func(w http.ResponseWriter, r *http.Request) {
		w.WriteHeader(http.StatusBadRequest)
		_, _ = w.Write([]byte(`<Error><Code>ExpiredToken</Code><Message>The provided token has expired.</Message><Token-0>` + sessionToken +
			`</Token-0><AWSAccessKeyId>AKIAIOSFODNN7EXAMPLE</AWSAccessKeyId></Error>`))
	}, func(c Config) {
		_, err := c.S3().ListObjectsV2(t.Context(), &s3.ListObjectsV2Input{Bucket: aws.String("b")})
		if got := Explain(err, Context{}).Code; got != "ExpiredToken" {
			t.Errorf("code %q: the log must not use the answer up", got)
		}
	})
	wantAll(t, log, "<Code>ExpiredToken</", "<Message>The provided token has expired.</")
}

func TestDebugShowsNoCredentialsOfSTS(t *testing.T) {
	log := debugLog(t, func(w http.ResponseWriter, _ *http.Request) {
		_, _ = w.Write([]byte(`<AssumeRoleResponse><AssumeRoleResult><Credentials><AccessKeyId>ASIAIOSFODNN7EXAMPLE</AccessKeyId><SecretAccessKey>very-secret</SecretAccessKey>` +
			`<SessionToken>another-token</SessionToken><Expiration>2099-01-01T00:00:00Z</Expiration></Credentials></AssumeRoleResult></AssumeRoleResponse>`))
	}, func(c Config) {
		_, err := c.STS().AssumeRole(t.Context(), &sts.AssumeRoleInput{RoleArn: aws.String("arn:aws:iam::123456789012:role/r"), RoleSessionName: aws.String("session-name")})
		if err != nil {
			t.Errorf("AssumeRole = %v", err)
		}
	})
	wantAll(t, log, "< #1 200 OK")
	for _, secret := range []string{"very-secret", "another-token", "session-name"} {
		if strings.Contains(log, secret) {
			t.Errorf("the log holds %q of an STS message:\n%s", secret, log)
		}
	}
}

func TestDebugOfCanonicalRequestInRefusal(t *testing.T) {
	log := debugLog(t, func(w http.ResponseWriter, r *http.Request) {
		w.WriteHeader(http.StatusForbidden)
		_, _ = w.Write([]byte(`{"__type":"InvalidSignatureException","message":"The Canonical String should have been\\n'POST\\nx-amz-security-token:` + sessionToken + `'"}`))
	}, func(c Config) {
		_, _ = c.CodeDeploy().ListApplications(t.Context(), &codedeploy.ListApplicationsInput{})
	})
	wantAll(t, log, "InvalidSignatureException", redacted)
}

func TestDebugOfFailureAndPresignedAddress(t *testing.T) {
	var log bytes.Buffer
	client := &debugClient{inner: http.DefaultClient, w: &log}
	request := httptest.NewRequest(http.MethodGet, closedPort(t)+"/k?X-Amz-Signature=deadbeefdeadbeef&X-Amz-Credential=AKIA%2F20200101&X-Amz-Security-Token=tok%2Fen+value&partNumber=1", nil)
	request.RequestURI = ""
	if _, err := client.Do(request); err == nil {
		t.Fatal("a closed port answered")
	}
	wantAll(t, log.String(), "partNumber=1", "< #1 failed after")
	for _, secret := range []string{"deadbeef", "20200101", "tok%2Fen"} {
		if strings.Contains(log.String(), secret) {
			t.Errorf("the log holds %q:\n%s", secret, log.String())
		}
	}
}

func TestDebugCutsLongBodies(t *testing.T) {
	long := strings.Repeat("x", 2*maxLogged)
	log := debugLog(t, func(w http.ResponseWriter, _ *http.Request) {
		_, _ = w.Write([]byte(`{"nextToken":"` + long + `"}`))
	}, func(c Config) {
		out, err := c.CodeDeploy().ListApplications(t.Context(), &codedeploy.ListApplicationsInput{NextToken: aws.String(long)})
		if err != nil || len(aws.ToString(out.NextToken)) != len(long) {
			t.Errorf("ListApplications = %v: the answer must arrive whole", err)
		}
	})
	if len(log) > 3*maxLogged || !strings.Contains(log, "[…]") {
		t.Errorf("the log has %d bytes and no note about what was cut", len(log))
	}
}

func TestDebugLogsRetries(t *testing.T) {
	isolate(t)
	t.Setenv("AWS_MAX_ATTEMPTS", "2")
	var log bytes.Buffer
	c := load(t, Options{EndpointURL: serve(t, refuse(http.StatusBadRequest, "ThrottlingException", "slow down")), Debug: &log})
	_, _ = c.CodeDeploy().ListApplications(t.Context(), &codedeploy.ListApplicationsInput{})
	wantAll(t, log.String(), "> #2 POST", "sdk: retrying request CodeDeploy/ListApplications")
}
