package awsapi

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/codedeploy"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	smithyhttp "github.com/aws/smithy-go/transport/http"
)

// closedPort is an address of this machine where nothing listens.
func closedPort(t *testing.T) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	return "http://" + listener.Addr().String()
}

var shop = Context{Region: "eu-central-1", Profile: "work", Application: "shopp", DeploymentGroup: "blu", Bucket: "artifacts"}

// createDeployment is a request to CodeDeploy, its error wrapped as a library does.
func createDeployment(t *testing.T, c Config) error {
	_, err := c.CodeDeploy().CreateDeployment(t.Context(), &codedeploy.CreateDeploymentInput{ApplicationName: aws.String("shopp")})
	return fmt.Errorf("create deployment of shopp: %w", err)
}

func putObject(t *testing.T, c Config) error {
	_, err := c.S3().PutObject(t.Context(), &s3.PutObjectInput{Bucket: aws.String("artifacts"), Key: aws.String("k"), Body: strings.NewReader("x")})
	return fmt.Errorf("upload bundle to s3://artifacts/k: %w", err)
}

func headObject(t *testing.T, c Config) error {
	_, err := c.S3().HeadObject(t.Context(), &s3.HeadObjectInput{Bucket: aws.String("artifacts"), Key: aws.String("k")})
	return err
}

func headBucket(t *testing.T, c Config) error {
	_, err := c.S3().HeadBucket(t.Context(), &s3.HeadBucketInput{Bucket: aws.String("artifacts")})
	return err
}

func TestExplainRefusals(t *testing.T) {
	elsewhere := func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("X-Amz-Bucket-Region", "us-east-1")
		refuseS3(http.StatusMovedPermanently, "PermanentRedirect", "The bucket you are attempting to access must be addressed using the specified endpoint.")(w, r)
	}
	const denied = "User: arn:aws:iam::1:user/me is not authorized to perform: codedeploy:CreateDeployment on resource: arn:x because no identity-based policy allows it"
	tests := map[string]struct {
		answer  http.HandlerFunc
		request func(*testing.T, Config) error
		summary string // whole
		cause   string // part
		next    string // part
	}{
		"access denied": {
			refuse(400, "AccessDeniedException", denied), createDeployment,
			"create deployment of shopp: AccessDeniedException: " + denied,
			"may not do codedeploy:CreateDeployment", "aws sts get-caller-identity --profile work",
		},
		"denied explicitly, for another service": {
			refuseS3(403, "AccessDenied", "User: me is not authorized to perform: kms:GenerateDataKey on resource: k with an explicit deny"), putObject,
			"upload bundle to s3://artifacts/k: AccessDenied: User: me is not authorized to perform: kms:GenerateDataKey on resource: k with an explicit deny",
			"may not do kms:GenerateDataKey: a policy denies it explicitly", "allow kms:GenerateDataKey",
		},
		"access denied without a body": {
			refuseS3(403, "", ""), headObject,
			"S3 HeadObject: Forbidden", "may not do s3:GetObject", "allow s3:GetObject",
		},
		"access denied to S3": {
			refuseS3(403, "AccessDenied", "Access Denied"), putObject,
			"upload bundle to s3://artifacts/k: AccessDenied: Access Denied", "s3:PutObject", "allow s3:PutObject",
		},
		"no such bucket": {
			refuseS3(404, "NoSuchBucket", "The specified bucket does not exist"), putObject,
			"upload bundle to s3://artifacts/k: NoSuchBucket: The specified bucket does not exist", `no bucket "artifacts"`, "aws s3 ls --profile work",
		},
		"no such key": {
			refuseS3(404, "NoSuchKey", "The specified key does not exist."), putObject,
			"upload bundle to s3://artifacts/k: NoSuchKey: The specified key does not exist.", "no object", "aws s3 ls s3://artifacts/ --recursive --region eu-central-1",
		},
		"no such bucket, by HEAD": {
			refuseS3(404, "", ""), headBucket,
			"S3 HeadBucket: NotFound", `no bucket "artifacts"`, "aws s3 ls",
		},
		"no such key, by HEAD": {
			refuseS3(404, "", ""), headObject,
			"S3 HeadObject: NotFound", "no object", "aws s3 ls s3://artifacts/",
		},
		"bucket in another region": {
			elsewhere, putObject,
			"upload bundle to s3://artifacts/k: PermanentRedirect: The bucket you are attempting to access must be addressed using the specified endpoint.",
			`"artifacts" is in us-east-1, not in eu-central-1`, "--region us-east-1",
		},
		"bucket in an unnamed region": {
			refuseS3(301, "PermanentRedirect", "elsewhere"), putObject,
			"upload bundle to s3://artifacts/k: PermanentRedirect: elsewhere", "another region than eu-central-1", "get-bucket-location --bucket artifacts",
		},
		"no such application": {
			refuse(400, "ApplicationDoesNotExistException", "No application found for name: shopp"), createDeployment,
			"create deployment of shopp: ApplicationDoesNotExistException: No application found for name: shopp",
			`no application "shopp" in eu-central-1`, "cdx apps list --region eu-central-1 --profile work",
		},
		"no such group": {
			refuse(400, "DeploymentGroupDoesNotExistException", "No Deployment Group found for name: blu"), createDeployment,
			"create deployment of shopp: DeploymentGroupDoesNotExistException: No Deployment Group found for name: blu",
			`no deployment group "blu"`, "cdx groups list -a shopp",
		},
		"no such configuration": {
			refuse(400, "DeploymentConfigDoesNotExistException", "none"), createDeployment,
			"create deployment of shopp: DeploymentConfigDoesNotExistException: none", "no deployment configuration of that name", "cdx configs list",
		},
		"no such deployment": {
			refuse(400, "DeploymentDoesNotExistException", "none"), createDeployment,
			"create deployment of shopp: DeploymentDoesNotExistException: none", "no deployment of that ID in eu-central-1", "cdx list -a shopp -g blu --region eu-central-1",
		},
		"no such revision": {
			refuse(400, "RevisionDoesNotExistException", "none"), createDeployment,
			"create deployment of shopp: RevisionDoesNotExistException: none", "not registered", "cdx push",
		},
		"a role that CodeDeploy cannot take": {
			refuse(400, "InvalidRoleException", "CodeDeploy does not have the permissions required to assume the role r."), createDeployment,
			"create deployment of shopp: InvalidRoleException: CodeDeploy does not have the permissions required to assume the role r.",
			"does not let CodeDeploy take it", "cdx policy service-role --trust",
		},
		"an invalid value": {
			refuse(400, "InvalidComputePlatformException", "none"), createDeployment,
			"create deployment of shopp: InvalidComputePlatformException: none", "", "https://docs.aws.amazon.com/codedeploy/latest/APIReference/API_CreateDeployment.html",
		},
		"a value that is missing": {
			refuse(400, "RevisionRequiredException", "none"), createDeployment,
			"create deployment of shopp: RevisionRequiredException: none", "", "APIReference/API_CreateDeployment.html",
		},
		"throttled": {
			refuse(400, "ThrottlingException", "Rate exceeded"), createDeployment,
			"create deployment of shopp: ThrottlingException: Rate exceeded", "too many requests", "try again in a minute",
		},
		"expired token": {
			refuse(400, "ExpiredTokenException", "The security token included in the request is expired"), createDeployment,
			"create deployment of shopp: ExpiredTokenException: The security token included in the request is expired",
			"credentials have expired", "aws sso login --profile work",
		},
		"expired token at S3": {
			refuseS3(400, "ExpiredToken", "The provided token has expired."), putObject,
			"upload bundle to s3://artifacts/k: ExpiredToken: The provided token has expired.", "credentials have expired", "aws sso login --profile work",
		},
		"clock": {
			refuseS3(403, "RequestTimeTooSkewed", "The difference between the request time and the current time is too large."), putObject,
			"upload bundle to s3://artifacts/k: RequestTimeTooSkewed: The difference between the request time and the current time is too large.",
			"clock differs", "set the clock",
		},
		"unknown key": {
			refuse(400, "UnrecognizedClientException", "The security token included in the request is invalid."), createDeployment,
			"create deployment of shopp: UnrecognizedClientException: The security token included in the request is invalid.",
			"does not know the access key", "aws configure list --profile work",
		},
		"signature, with its canonical request left out": {
			refuse(400, "InvalidSignatureException", `The signature does not match.\n\nThe Canonical String was 'x-amz-security-token:secret'`), createDeployment,
			"create deployment of shopp: InvalidSignatureException: The signature does not match.", "secret access key", "aws configure list",
		},
		"fault of AWS": {
			refuse(500, "InternalFailure", ""), createDeployment,
			"create deployment of shopp: InternalFailure", "the fault is AWS's (request ID request-1)", "try again",
		},
		"a local service without room": {
			refuseS3(500, "InternalError", "We encountered an internal error. (write blob-1: no space left on device)"), putObject,
			"upload bundle to s3://artifacts/k: InternalError: We encountered an internal error. (write blob-1: no space left on device)",
			"the local service's disk is full", "free space there",
		},
		"an error without a rule": {
			refuse(400, "DescriptionTooLongException", "The description is too long"), createDeployment,
			"create deployment of shopp: DescriptionTooLongException: The description is too long", "", "--debug",
		},
		"something else answers": {
			func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("<html>welcome")) }, createDeployment,
			"create deployment of shopp: the answer is not AWS's", "proxy or another service", "--endpoint-url",
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			isolate(t)
			got := Explain(test.request(t, load(t, Options{EndpointURL: serve(t, test.answer)})), shop)
			if got.Summary != test.summary {
				t.Errorf("Summary\n got %q\nwant %q", got.Summary, test.summary)
			}
			wantAll(t, got.Cause, test.cause)
			wantAll(t, got.Next, test.next)
		})
	}
}

func TestExplainKeepsCodeMessageAndRequest(t *testing.T) {
	isolate(t)
	err := createDeployment(t, load(t, Options{EndpointURL: serve(t, refuse(400, "ThrottlingException", "Rate exceeded"))}))
	got := Explain(err, Context{})
	if got.Code != "ThrottlingException" || got.Message != "Rate exceeded" || got.RequestID != "request-1" {
		t.Errorf("Explain = %+v", got)
	}
	if want := got.Summary + "\n" + got.Cause; got.Text() != want {
		t.Errorf("Text = %q, want %q", got.Text(), want)
	}
}

func TestExplainSuggestsNames(t *testing.T) {
	isolate(t)
	c := load(t, Options{EndpointURL: serve(t, refuse(400, "ApplicationDoesNotExistException", "none"))})
	many := make([]string, maxListed+1)
	for i := range many {
		many[i] = fmt.Sprintf("application-%d", i)
	}
	tests := map[string]struct {
		names []string
		next  string
	}{
		"the nearest":  {[]string{"billing", "shop"}, `did you mean "shop"? Give --application-name shop`},
		"all that are": {[]string{"billing", "search"}, "there is: billing, search"},
		"some of many": {many, "application-9, …"},
		"none":         {nil, "cdx apps list"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			in := shop
			in.Names = func(kind Kind) []string {
				if kind != Application {
					t.Errorf("asked for the names of a %s", kind)
				}
				return test.names
			}
			wantAll(t, Explain(createDeployment(t, c), in).Next, test.next)
		})
	}
}

func TestExplainNetwork(t *testing.T) {
	secure := httptest.NewTLSServer(http.NotFoundHandler())
	t.Cleanup(secure.Close)
	plain := serve(t, http.NotFound)
	hangUp := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		connection, _, err := w.(http.Hijacker).Hijack()
		if err == nil {
			connection.Close()
		}
	})
	closed := closedPort(t)
	tests := map[string]struct{ endpoint, summary, next string }{
		"refused":         {closed, "create deployment of shopp: nothing listens at " + closed, "cdx local serve"},
		"unknown name":    {"http://nowhere.invalid", "create deployment of shopp: the name nowhere.invalid cannot be resolved", "nslookup nowhere.invalid"},
		"unknown issuer":  {secure.URL, "create deployment of shopp: the certificate of " + secure.URL + " is not trusted: x509: certificate signed by unknown authority", "AWS_CA_BUNDLE"},
		"no TLS":          {strings.Replace(plain, "http:", "https:", 1), "create deployment of shopp: " + strings.Replace(plain, "http:", "https:", 1) + " does not speak TLS", "http:// instead of https://"},
		"connection lost": {hangUp, "create deployment of shopp: the connection to " + hangUp + " failed: ", "try again"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			isolate(t)
			for _, proxy := range []string{"HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy"} {
				unset(t, proxy)
			}
			got := Explain(createDeployment(t, load(t, Options{EndpointURL: test.endpoint})), shop)
			if !strings.HasPrefix(got.Summary, test.summary) {
				t.Errorf("Summary\n got %q\nwant %q", got.Summary, test.summary)
			}
			wantAll(t, got.Next, test.next)
		})
	}
}

func TestExplainTimeout(t *testing.T) {
	isolate(t)
	endpoint := serve(t, func(_ http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body) // only then the server notices that the client has gone
		<-r.Context().Done()
	})
	c := load(t, Options{EndpointURL: endpoint})
	t.Run("the client's", func(t *testing.T) {
		impatient := c
		impatient.SDK.HTTPClient = &http.Client{Timeout: 50 * time.Millisecond}
		_, err := impatient.CodeDeploy().ListApplications(t.Context(), &codedeploy.ListApplicationsInput{})
		if got, want := Explain(err, shop).Summary, "CodeDeploy ListApplications: "+endpoint+" did not answer in time"; got != want {
			t.Errorf("Summary = %q, want %q", got, want)
		}
	})
	t.Run("the caller's", func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
		defer cancel()
		_, err := c.CodeDeploy().ListApplications(ctx, &codedeploy.ListApplicationsInput{})
		if got, want := Explain(err, shop).Summary, "CodeDeploy ListApplications: the endpoint did not answer in time"; got != want {
			t.Errorf("Summary = %q, want %q", got, want)
		}
	})
}

func TestExplainCancelled(t *testing.T) {
	isolate(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := load(t, Options{EndpointURL: closedPort(t)}).CodeDeploy().ListApplications(ctx, &codedeploy.ListApplicationsInput{})
	if got, want := Explain(err, shop).Summary, "CodeDeploy ListApplications: cancelled"; got != want {
		t.Errorf("Summary = %q, want %q", got, want)
	}
}

func TestExplainSettings(t *testing.T) {
	tests := map[string]struct {
		file    string
		options Options
		region  bool
		cause   string
		next    string
	}{
		"no region":          {"", Options{}, false, "neither --region, nor AWS_REGION, nor profile default", "--region eu-central-1"},
		"profile, no region": {"[profile work]\noutput = json\n", Options{Profile: "work"}, false, "profile work", "aws configure set region eu-central-1 --profile work"},
		"no such profile":    {"", Options{Profile: "nobody"}, true, `profile "nobody"`, "aws configure list-profiles"},
		"bad endpoint":       {"", Options{EndpointURL: "localhost:1"}, true, "", "http://127.0.0.1:4566"},
		"MFA without a terminal": {
			"[profile base]\naws_access_key_id = a\naws_secret_access_key = b\n[profile mfa]\nrole_arn = arn:aws:iam::123456789012:role/r\nsource_profile = base\nmfa_serial = arn:aws:iam::1:mfa/me\n",
			Options{Profile: "mfa"}, true, "MFA device", "run it in a terminal",
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			isolate(t)
			if !test.region {
				unset(t, "AWS_REGION")
			}
			if test.options.Profile == "mfa" {
				unset(t, "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")
			}
			writeConfig(t, test.file)
			_, err := Load(t.Context(), test.options)
			if err == nil {
				t.Fatal("Load = nil, want an error")
			}
			got := Explain(err, Context{Profile: test.options.Profile})
			if test.cause != "MFA device" { // where the SDK's own words are for programmers
				wantAll(t, got.Summary, err.Error())
			}
			wantAll(t, got.Cause, test.cause)
			wantAll(t, got.Next, test.next)
		})
	}
}

func TestExplainBrokenCABundle(t *testing.T) {
	isolate(t)
	file := filepath.Join(t.TempDir(), "ca.pem")
	if err := os.WriteFile(file, []byte("no certificate"), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("AWS_CA_BUNDLE", file)
	_, err := Load(t.Context(), Options{Region: "eu-west-1"})
	if err == nil {
		t.Fatal("Load = nil, want an error")
	}
	got := Explain(err, Context{})
	wantAll(t, got.Cause, "holds no certificate")
	wantAll(t, got.Next, "AWS_CA_BUNDLE=")
}

// TestExplainProxy blames a proxy that does not run, not the service behind it, and
// shows none of its password.
func TestExplainProxy(t *testing.T) {
	dialled := &net.OpError{Op: "dial", Net: "tcp", Err: errRefused}
	err := error(&url.Error{Op: "Post", URL: "https://codedeploy.eu-west-1.amazonaws.com/", Err: &net.OpError{Op: "proxyconnect", Net: "tcp", Err: dialled}})
	got := Explain(&smithyhttp.RequestSendError{Err: err}, Context{})
	wantAll(t, got.Summary, "the proxy on the way to https://codedeploy.eu-west-1.amazonaws.com cannot be reached")
	wantAll(t, got.Next, "HTTPS_PROXY")
}

func TestExplainUnreadableSettings(t *testing.T) {
	isolate(t)
	t.Setenv("AWS_CONFIG_FILE", t.TempDir()) // a directory
	_, err := Load(t.Context(), Options{})
	got := Explain(err, Context{})
	wantAll(t, got.Summary, "read AWS settings: failed to load shared config file")
	wantAll(t, got.Next, "AWS_CONFIG_FILE")
}

func TestExplainCredentials(t *testing.T) {
	const sso = "[profile work]\nsso_session = corp\nsso_account_id = 123456789012\nsso_role_name = dev\n" +
		"[sso-session corp]\nsso_region = eu-west-1\nsso_start_url = https://corp.invalid/start\nsso_registration_scopes = sso:account:access\n"
	const legacy = "[profile work]\nsso_region = eu-west-1\nsso_start_url = https://corp.invalid/start\nsso_account_id = 123456789012\nsso_role_name = dev\n"
	tests := map[string]struct{ file, profile, cause, next string }{
		"none at all":            {"", "", "none in the environment", "aws configure"},
		"SSO session":            {sso, "work", "SSO session of profile work has expired", "aws sso login --profile work"},
		"SSO, older form":        {legacy, "work", "SSO session of profile work has expired", "aws sso login --profile work"},
		"login session":          {"[profile work]\nlogin_session = arn:aws:iam::123456789012:user/me\n", "work", "login session of profile work", "aws login --profile work"},
		"credential process":     {"[profile work]\ncredential_process = " + failingCommand(t) + "\n", "work", "credential_process of profile work failed", "run that command"},
		"SSO, of default":        {strings.Replace(legacy, "profile work", "default", 1), "", "SSO session of profile default", "log in: aws sso login"},
		"none in a named one":    {"[profile work]\noutput = json\n", "work", "none in profile work", "aws configure --profile work"},
		"none, but instructions": {"", "", "AWS_ACCESS_KEY_ID", "--profile NAME"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			isolate(t)
			unset(t, "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")
			writeConfig(t, test.file)
			c := load(t, Options{Profile: test.profile, EndpointURL: closedPort(t)})
			got := Explain(createDeployment(t, c), c.ContextOf())
			switch summary, _ := strings.CutPrefix(got.Summary, "create deployment of shopp: "); {
			case strings.HasPrefix(summary, "get credentials: "), summary == "there are no AWS credentials", strings.HasSuffix(summary, " session gives no credentials"):
			default:
				t.Errorf("Summary = %q", got.Summary)
			}
			wantAll(t, got.Cause, test.cause)
			wantAll(t, got.Next, test.next)
		})
	}
}

// failingCommand is a program that exits with a failure.
func failingCommand(t *testing.T) string {
	t.Helper()
	if runtime.GOOS == "windows" {
		return "cmd /c exit 1"
	}
	path := filepath.Join(t.TempDir(), "fail")
	if err := os.WriteFile(path, []byte("#!/bin/sh\nexit 1\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestExplainOtherErrors(t *testing.T) {
	got := Explain(errors.New("read bundle: disk on fire"), Context{})
	if want := (Explanation{Summary: "read bundle: disk on fire"}); got != want {
		t.Errorf("Explain = %+v, want %+v", got, want)
	}
	if got.Text() != got.Summary {
		t.Errorf("Text = %q", got.Text())
	}
}

func TestRuleNamesAreUnique(t *testing.T) {
	seen := make(map[string]bool)
	for _, rule := range rules {
		if seen[rule.name] {
			t.Errorf("two rules are called %s", rule.name)
		}
		seen[rule.name] = true
	}
}
