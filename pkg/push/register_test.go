package push

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"reflect"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/codedeploy"
	"github.com/aws/aws-sdk-go-v2/service/codedeploy/types"

	"github.com/cdx-deploy/cdx/pkg/revision"
)

// fakeCodeDeploy answers every request with status and body, and keeps what it got.
func fakeCodeDeploy(t *testing.T, status int, body string) (client *codedeploy.Client, got func() (operation string, in map[string]any)) {
	var target string
	var sent []byte
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		target = r.Header.Get("X-Amz-Target")
		sent, _ = io.ReadAll(r.Body)
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	}))
	t.Cleanup(server.Close)
	client = codedeploy.New(codedeploy.Options{
		BaseEndpoint: &server.URL, Region: "eu-west-1", RetryMaxAttempts: 1,
		Credentials: credentials.NewStaticCredentialsProvider("AKID", "secret", ""),
	})
	return client, func() (string, map[string]any) {
		var in map[string]any
		if err := json.Unmarshal(sent, &in); err != nil {
			t.Errorf("request %s: %v", sent, err)
		}
		return target, in
	}
}

func TestRegister(t *testing.T) {
	client, got := fakeCodeDeploy(t, 200, "{}")
	rev := revision.FromS3("b", "a.zip", types.BundleTypeZip, `"e"`, "v")
	if err := Register(t.Context(), client, "shop", rev, "build 42"); err != nil {
		t.Fatal(err)
	}
	location := map[string]any{"bucket": "b", "key": "a.zip", "bundleType": "zip", "eTag": "e", "version": "v"}
	want := map[string]any{
		"applicationName": "shop", "description": "build 42",
		"revision": map[string]any{"revisionType": "S3", "s3Location": location},
	}
	if operation, in := got(); !strings.HasSuffix(operation, ".RegisterApplicationRevision") || !reflect.DeepEqual(in, want) {
		t.Errorf("sent %s %v", operation, in)
	}
	if err := Register(t.Context(), client, "shop", rev, ""); err != nil {
		t.Fatal(err)
	}
	if _, in := got(); in["description"] != nil {
		t.Errorf("an empty description was sent: %v", in)
	}
}

func TestRegisterFails(t *testing.T) {
	client, _ := fakeCodeDeploy(t, 400, `{"__type":"ApplicationDoesNotExistException","message":"No application found for name: shop"}`)
	err := Register(t.Context(), client, "shop", revision.FromS3("b", "a.zip", types.BundleTypeZip, "", ""), "")
	var missing *types.ApplicationDoesNotExistException
	if !errors.As(err, &missing) || !strings.HasPrefix(err.Error(), "register s3://b/a.zip with application shop: ") {
		t.Errorf("Register = %v", err)
	}
}
