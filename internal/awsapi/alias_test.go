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

func TestAliasVersion(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !strings.Contains(r.Header.Get("Authorization"), "/eu-west-1/lambda/aws4_request") {
			t.Errorf("signed as %q", r.Header.Get("Authorization"))
		}
		switch r.URL.EscapedPath() {
		case "/2015-03-31/functions/arn:aws:lambda:eu-west-1:1:function:f/aliases/live":
			_, _ = w.Write([]byte(`{"Name":"live","FunctionVersion":"7"}`))
		case "/2015-03-31/functions/f/aliases/broken":
			_, _ = w.Write([]byte(`<html>`))
		default:
			w.Header().Set("X-Amzn-Errortype", "ResourceNotFoundException:http://internal")
			w.WriteHeader(http.StatusNotFound)
			_, _ = w.Write([]byte(`{"Message":"Alias not found"}`))
		}
	}))
	defer server.Close()
	config := Config{SDK: aws.Config{
		Region: "eu-west-1", HTTPClient: http.DefaultClient, BaseEndpoint: &server.URL,
		Credentials: awscredentials.NewStaticCredentialsProvider("AKIAEXAMPLE", "secret", ""),
	}}
	if version, err := config.AliasVersion(t.Context(), "arn:aws:lambda:eu-west-1:1:function:f", "live"); version != "7" || err != nil {
		t.Errorf("version %q, %v", version, err)
	}
	_, err := config.AliasVersion(t.Context(), "f", "none")
	var api smithy.APIError
	if !errors.As(err, &api) || api.ErrorCode() != "ResourceNotFoundException" || api.ErrorMessage() != "Alias not found" {
		t.Errorf("a missing alias: %v", err)
	}
	if _, err := config.AliasVersion(t.Context(), "f", "broken"); err == nil {
		t.Error("an answer that is no JSON is accepted")
	}
	server.Close()
	if _, err := config.AliasVersion(t.Context(), "f", "live"); err == nil {
		t.Error("no server, no error")
	}
}

func TestDomain(t *testing.T) {
	if domain("cn-north-1") != "amazonaws.com.cn" || domain("eu-west-1") != "amazonaws.com" {
		t.Error("domains of partitions")
	}
}
