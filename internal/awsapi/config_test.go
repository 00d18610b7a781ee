package awsapi

import (
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/codedeploy"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/sts"
)

func TestLoadRegionAndProfile(t *testing.T) {
	const file = "[default]\nregion = us-west-1\n[profile work]\nregion = us-west-2\n"
	tests := map[string]struct {
		env     map[string]string
		options Options
		region  string
		profile string
	}{
		"default profile":            {nil, Options{}, "us-west-1", "default"},
		"profile option":             {nil, Options{Profile: "work"}, "us-west-2", "work"},
		"profile variable":           {map[string]string{"AWS_PROFILE": "work"}, Options{}, "us-west-2", "work"},
		"region variable beats file": {map[string]string{"AWS_REGION": "eu-west-1"}, Options{Profile: "work"}, "eu-west-1", "work"},
		"region option beats all":    {map[string]string{"AWS_REGION": "eu-west-1"}, Options{Region: "ap-south-1"}, "ap-south-1", "default"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			isolate(t)
			unset(t, "AWS_REGION")
			writeConfig(t, file)
			for variable, value := range test.env {
				t.Setenv(variable, value)
			}
			c := load(t, test.options)
			if c.Region() != test.region || c.Profile != test.profile {
				t.Errorf("Load: region %q, profile %q; want %q, %q", c.Region(), c.Profile, test.region, test.profile)
			}
			if got := c.ContextOf(); got.Region != test.region || got.Profile != test.profile {
				t.Errorf("ContextOf = %+v", got)
			}
		})
	}
}

func TestLoadRefuses(t *testing.T) {
	isolate(t)
	for _, address := range []string{"localhost:4566", "ftp://host", "http://", "http://a b"} {
		var refused *EndpointError
		if _, err := Load(t.Context(), Options{EndpointURL: address}); !errors.As(err, &refused) || refused.URL != address {
			t.Errorf("Load with endpoint %q = %v, want an EndpointError", address, err)
		}
	}
	t.Run("endpoint variable of one service", func(t *testing.T) {
		t.Setenv("AWS_ENDPOINT_URL_S3", "localhost:9000")
		var refused *EndpointError
		if _, err := Load(t.Context(), Options{}); !errors.As(err, &refused) {
			t.Errorf("Load = %v, want an EndpointError", err)
		}
	})
	t.Run("no region", func(t *testing.T) {
		unset(t, "AWS_REGION")
		var missing *MissingRegionError
		if _, err := Load(t.Context(), Options{}); !errors.As(err, &missing) || missing.Profile != "default" {
			t.Errorf("Load = %v, want a MissingRegionError for profile default", err)
		}
	})
	t.Run("no such profile", func(t *testing.T) {
		if _, err := Load(t.Context(), Options{Profile: "nobody"}); !is[config.SharedConfigProfileNotExistError](err) {
			t.Errorf("Load = %v, want the SDK's error for a missing profile", err)
		}
	})
}

// recorder counts the requests of a server and keeps the last one's facts.
type recorder struct {
	count       int
	path, agent string
}

func (r *recorder) ServeHTTP(w http.ResponseWriter, request *http.Request) {
	r.count++
	r.path = request.URL.Path
	r.agent = request.Header.Get("User-Agent")
	w.WriteHeader(http.StatusServiceUnavailable)
}

func TestEndpointOptionBeatsVariables(t *testing.T) {
	isolate(t)
	var wanted, other recorder
	t.Setenv("AWS_ENDPOINT_URL", serve(t, other.ServeHTTP))
	t.Setenv("AWS_ENDPOINT_URL_S3", serve(t, other.ServeHTTP))
	c := load(t, Options{EndpointURL: serve(t, wanted.ServeHTTP), Version: "1.2.3"})

	_, _ = c.S3().HeadObject(t.Context(), &s3.HeadObjectInput{Bucket: aws.String("bucket"), Key: aws.String("a/key")})
	if wanted.count != 1 || wanted.path != "/bucket/a/key" {
		t.Errorf("S3: %d requests, path %q; want 1 in path style", wanted.count, wanted.path)
	}
	if !strings.Contains(wanted.agent, " cdx/1.2.3") {
		t.Errorf("User-Agent %q does not name cdx/1.2.3", wanted.agent)
	}
	_, _ = c.CodeDeploy().ListApplications(t.Context(), &codedeploy.ListApplicationsInput{})
	_, _ = c.STS().GetCallerIdentity(t.Context(), &sts.GetCallerIdentityInput{})
	if wanted.count != 3 || other.count != 0 {
		t.Errorf("%d requests at --endpoint-url, %d elsewhere; want 3 and 0", wanted.count, other.count)
	}
}

func TestEndpointVariablesAreHonoured(t *testing.T) {
	isolate(t)
	var all, storage recorder
	t.Setenv("AWS_ENDPOINT_URL", serve(t, all.ServeHTTP))
	t.Setenv("AWS_ENDPOINT_URL_S3", serve(t, storage.ServeHTTP))
	c := load(t, Options{})
	_, _ = c.CodeDeploy().ListApplications(t.Context(), &codedeploy.ListApplicationsInput{})
	_, _ = c.S3().HeadBucket(t.Context(), &s3.HeadBucketInput{Bucket: aws.String("bucket")})
	if all.count != 1 || storage.count != 1 || storage.path != "/bucket" {
		t.Errorf("requests: CodeDeploy %d, S3 %d at %q; want one each, S3's in path style", all.count, storage.count, storage.path)
	}
}

func TestAWSItselfGetsVirtualHosts(t *testing.T) {
	isolate(t)
	if c := load(t, Options{}); c.S3().Options().UsePathStyle || c.S3().Options().BaseEndpoint != nil {
		t.Error("without an endpoint S3 must be addressed by the bucket's host")
	}
}

func TestRetries(t *testing.T) {
	tests := map[string]struct {
		env      map[string]string
		attempts int
	}{
		"default":  {nil, defaultAttempts},
		"variable": {map[string]string{"AWS_MAX_ATTEMPTS": "2"}, 2},
		"adaptive": {map[string]string{"AWS_RETRY_MODE": "adaptive", "AWS_MAX_ATTEMPTS": "3"}, 3},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			isolate(t)
			unset(t, "AWS_MAX_ATTEMPTS")
			for variable, value := range test.env {
				t.Setenv(variable, value)
			}
			if got := load(t, Options{}).SDK.Retryer().MaxAttempts(); got != test.attempts {
				t.Errorf("MaxAttempts = %d, want %d", got, test.attempts)
			}
		})
	}
}

func TestRefusalOnThisMachineIsNotRepeated(t *testing.T) {
	isolate(t)
	unset(t, "AWS_MAX_ATTEMPTS")
	c := load(t, Options{EndpointURL: closedPort(t)})
	began := time.Now()
	_, err := c.CodeDeploy().ListApplications(t.Context(), &codedeploy.ListApplicationsInput{})
	if !errors.Is(err, errRefused) {
		t.Fatalf("ListApplications = %v, want a refused connection", err)
	}
	if c.SDK.Retryer().IsErrorRetryable(err) {
		t.Error("a refusal by this machine must not be repeated")
	}
	if took := time.Since(began); took > 2*time.Second {
		t.Errorf("the answer took %s", took)
	}
}

func TestNoCredentialsIsAnsweredSoon(t *testing.T) {
	isolate(t)
	unset(t, "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_EC2_METADATA_DISABLED", "AWS_MAX_ATTEMPTS")
	silent := make(chan struct{})
	t.Setenv("AWS_EC2_METADATA_SERVICE_ENDPOINT", serve(t, func(_ http.ResponseWriter, r *http.Request) {
		select {
		case <-silent:
		case <-r.Context().Done():
		}
	}))
	t.Cleanup(func() { close(silent) })
	c := load(t, Options{EndpointURL: serve(t, refuse(500, "X", "must not be reached"))})
	began := time.Now()
	_, err := c.CodeDeploy().ListApplications(t.Context(), &codedeploy.ListApplicationsInput{})
	var missing *CredentialsError
	if !errors.As(err, &missing) || missing.Profile != "default" {
		t.Fatalf("ListApplications = %v, want a CredentialsError", err)
	}
	if took := time.Since(began); took > metadataLimit+time.Second {
		t.Errorf("the answer took %s, more than the limit of %s", took, metadataLimit)
	}
}

func TestMetadataServiceGivesCredentials(t *testing.T) {
	isolate(t)
	unset(t, "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_EC2_METADATA_DISABLED")
	t.Setenv("AWS_EC2_METADATA_SERVICE_ENDPOINT", serve(t, func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/latest/api/token":
			w.Header().Set("X-Aws-Ec2-Metadata-Token-Ttl-Seconds", "21600")
			_, _ = w.Write([]byte("token"))
		case "/latest/meta-data/iam/security-credentials/":
			_, _ = w.Write([]byte("role"))
		default:
			_, _ = w.Write([]byte(`{"Code":"Success","AccessKeyId":"ASIAINSTANCEROLE0001","SecretAccessKey":"s","Token":"t","Expiration":"2099-01-01T00:00:00Z"}`))
		}
	}))
	got, err := load(t, Options{}).SDK.Credentials.Retrieve(t.Context())
	if err != nil || got.AccessKeyID != "ASIAINSTANCEROLE0001" {
		t.Errorf("Retrieve = %q, %v", got.AccessKeyID, err)
	}
}

func TestMFACodeIsAskedFor(t *testing.T) {
	isolate(t)
	unset(t, "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")
	writeConfig(t, "[profile base]\naws_access_key_id = AKIAIOSFODNN7EXAMPLE\naws_secret_access_key = secret\n"+
		"[profile mfa]\nregion = eu-west-1\nrole_arn = arn:aws:iam::123456789012:role/deploy\nsource_profile = base\nmfa_serial = arn:aws:iam::123456789012:mfa/me\n")
	asked := errors.New("asked")
	c := load(t, Options{Profile: "mfa", MFAToken: func() (string, error) { return "", asked }})
	if _, err := c.SDK.Credentials.Retrieve(t.Context()); !errors.Is(err, asked) {
		t.Errorf("Retrieve = %v, want the error of the question", err)
	}
}
