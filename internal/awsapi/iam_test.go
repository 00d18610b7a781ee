package awsapi

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	awscredentials "github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/smithy-go"
)

func TestIAM(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodPost || r.URL.Path != "/" || r.FormValue("Version") != "2010-05-08" || !strings.Contains(r.Header.Get("Authorization"), "/us-east-1/iam/aws4_request") {
			t.Errorf("%s %s with %v, signed as %q", r.Method, r.URL, r.Form, r.Header.Get("Authorization"))
		}
		switch r.FormValue("UserName") {
		case "a b&c":
			_, _ = w.Write([]byte(`<CreateUserResponse xmlns="https://iam.amazonaws.com/doc/2010-05-08/"><CreateUserResult><User><Arn>arn:1</Arn></User></CreateUserResult></CreateUserResponse>`))
		case "broken":
			w.WriteHeader(http.StatusBadGateway)
			_, _ = w.Write([]byte(`<html>`))
		default:
			w.WriteHeader(http.StatusConflict)
			_, _ = w.Write([]byte(`<ErrorResponse><Error><Type>Sender</Type><Code>EntityAlreadyExists</Code><Message>there</Message></Error></ErrorResponse>`))
		}
	}))
	defer server.Close()
	config := Config{SDK: aws.Config{
		Region: "eu-west-1", HTTPClient: http.DefaultClient,
		Credentials: awscredentials.NewStaticCredentialsProvider("AKIAEXAMPLE", "secret", ""),
	}, endpoint: server.URL + "/"}
	var out struct {
		ARN string `xml:"CreateUserResult>User>Arn"`
	}
	if err := config.IAM().Call(t.Context(), "CreateUser", map[string]string{"UserName": "a b&c"}, &out); err != nil || out.ARN != "arn:1" {
		t.Errorf("%+v, %v", out, err)
	}
	if err := config.IAM().Call(t.Context(), "DeleteUser", map[string]string{"UserName": "a b&c"}, nil); err != nil {
		t.Error(err)
	}
	for user, code := range map[string]string{"there": "EntityAlreadyExists", "broken": "502 Bad Gateway"} {
		err := config.IAM().Call(t.Context(), "CreateUser", map[string]string{"UserName": user}, nil)
		var api smithy.APIError
		if !errors.As(err, &api) || api.ErrorCode() != code {
			t.Errorf("%s: %v", user, err)
		}
	}
	server.Close()
	if err := config.IAM().Call(t.Context(), "CreateUser", nil, nil); err == nil {
		t.Error("no server, no error")
	}
}

func TestIAMPlace(t *testing.T) {
	for region, want := range map[string]string{
		"eu-west-1": "https://iam.amazonaws.com us-east-1", "cn-northwest-1": "https://iam.cn-north-1.amazonaws.com.cn cn-north-1",
		"us-gov-east-1": "https://iam.us-gov.amazonaws.com us-gov-west-1",
	} {
		if base, signed := iamPlace(region); base+" "+signed != want {
			t.Errorf("%s: %s %s", region, base, signed)
		}
	}
}
