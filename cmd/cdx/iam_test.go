package main

import (
	"bytes"
	"cmp"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/cdx-deploy/cdx/internal/policy"
)

// need is one action that a request needs, on one resource.
type need struct {
	action, resource string
	region           string
	alias            string // of a KMS key
	passedTo         string // service that a role is passed to
}

// needed is what AWS demands for a request.
// Sources: CodeDeploy user guide, "CodeDeploy permissions reference"; Amazon S3 user
// guide, "Required permissions for Amazon S3 API operations"; AWS Lambda developer
// guide, "Lambda resources and conditions".
func needed(request *http.Request, service http.Handler) []need {
	region := signedRegion(request)
	switch {
	case isCodeDeploy(request):
		return codeDeployNeeds(request, region, service)
	case strings.HasPrefix(request.URL.Path, "/2015-03-31/functions/"):
		name, _, _ := strings.Cut(strings.TrimPrefix(request.URL.Path, "/2015-03-31/functions/"), "/")
		return []need{{action: "lambda:GetAlias", resource: "arn:aws:lambda:" + region + ":" + ownAccount + ":function:" + name, region: region}}
	case isIAM(request):
		return []need{{action: "iam:" + request.FormValue("Action"), resource: "arn:aws:iam::" + ownAccount + ":user/AWS/CodeDeploy/" + request.FormValue("UserName")}}
	case isSTS(request):
		return nil // who am I needs no permission
	default:
		return append(s3Needs(request, region), decryptNeeds(request, region, service)...)
	}
}

func isIAM(request *http.Request) bool {
	return strings.Contains(request.Header.Get("Authorization"), "/iam/aws4_request")
}

// decryptNeeds is what reading an object demands that is encrypted with a key of one's
// own.
func decryptNeeds(request *http.Request, region string, service http.Handler) []need {
	if operationOf(request) != "GetObject" {
		return nil
	}
	answer := httptest.NewRecorder()
	service.ServeHTTP(answer, httptest.NewRequest(http.MethodHead, "http://127.0.0.1"+request.URL.Path, nil))
	id := answer.Header().Get("X-Amz-Server-Side-Encryption-Aws-Kms-Key-Id")
	if id == "" {
		return nil
	}
	return []need{{action: "kms:Decrypt", resource: "arn:aws:kms:" + region + ":" + ownAccount + ":key/" + id, region: region}}
}

// signedRegion is the region that a request is signed for.
func signedRegion(request *http.Request) string {
	if scope := strings.Split(request.Header.Get("Authorization"), "/"); len(scope) > 2 {
		return scope[2]
	}
	return ""
}

func codeDeployNeeds(request *http.Request, region string, service http.Handler) []need {
	body, err := io.ReadAll(request.Body)
	request.Body = io.NopCloser(bytes.NewReader(body))
	if err != nil {
		return nil // it was given up on the way
	}
	var in struct {
		ApplicationName, DeploymentGroupName, DeploymentConfigName, DeploymentID string
		CurrentDeploymentGroupName, ServiceRoleARN, InstanceName                 string
		DeploymentIDs, ApplicationNames, DeploymentGroupNames, InstanceNames     []string
		OverrideAlarmConfiguration                                               any
	}
	_ = json.Unmarshal(body, &in)
	arn := func(resource string) string {
		return "arn:aws:codedeploy:" + region + ":" + ownAccount + ":" + resource
	}
	operation := operationOf(request)
	action := "codedeploy:" + operation
	group := arn("deploymentgroup:" + in.ApplicationName + "/" + in.DeploymentGroupName)
	application := arn("application:" + in.ApplicationName)
	switch operation {
	case "GetApplication", "CreateApplication", "DeleteApplication", "GetApplicationRevision", "RegisterApplicationRevision",
		"ListApplicationRevisions", "BatchGetApplicationRevisions", "ListDeploymentGroups":
		return []need{{action: action, resource: application, region: region}}
	case "BatchGetApplications":
		return eachOf(in.ApplicationNames, action, arn("application:"), region)
	case "GetDeploymentGroup", "DeleteDeploymentGroup", "ListDeployments":
		return []need{{action: action, resource: group, region: region}}
	case "CreateDeploymentGroup", "UpdateDeploymentGroup":
		all := []need{{action: action, resource: arn("deploymentgroup:" + in.ApplicationName + "/" + cmp.Or(in.CurrentDeploymentGroupName, in.DeploymentGroupName)), region: region}}
		if in.ServiceRoleARN != "" {
			all = append(all, need{action: "iam:PassRole", resource: inOwnAccount(in.ServiceRoleARN), passedTo: "codedeploy.amazonaws.com"})
		}
		return all
	case "BatchGetDeploymentGroups":
		return eachOf(in.DeploymentGroupNames, action, group, region)
	case "GetOnPremisesInstance", "RegisterOnPremisesInstance", "DeregisterOnPremisesInstance":
		return []need{{action: action, resource: arn("instance:" + in.InstanceName), region: region}}
	case "BatchGetOnPremisesInstances", "AddTagsToOnPremisesInstances", "RemoveTagsFromOnPremisesInstances":
		return eachOf(in.InstanceNames, action, arn("instance:"), region)
	case "GetDeploymentConfig", "CreateDeploymentConfig", "DeleteDeploymentConfig":
		return []need{{action: action, resource: arn("deploymentconfig:" + in.DeploymentConfigName), region: region}}
	case "CreateDeployment":
		all := []need{
			{action: action, resource: group, region: region}, {action: "codedeploy:GetApplicationRevision", resource: application, region: region},
			{action: "codedeploy:GetDeploymentConfig", resource: arn("deploymentconfig:" + cmp.Or(in.DeploymentConfigName, "CodeDeployDefault.OneAtATime")), region: region},
		}
		if in.OverrideAlarmConfiguration != nil {
			all = append(all, need{action: "codedeploy:UpdateDeploymentGroup", resource: group, region: region})
		}
		return all
	case "GetDeployment", "BatchGetDeployments":
		var all []need
		for _, id := range append(in.DeploymentIDs, in.DeploymentID) {
			if group := groupOf(service, id); group != "" {
				all = append(all, need{action: action, resource: arn("deploymentgroup:" + group), region: region})
			}
		}
		return all
	default:
		return []need{{action: action, resource: "*", region: region}}
	}
}

// eachOf is an action on each of some names.
func eachOf(names []string, action, before, region string) (all []need) {
	for _, name := range names {
		all = append(all, need{action: action, resource: before + name, region: region})
	}
	return all
}

// groupOf is the group of a deployment, APPLICATION/GROUP; empty for one that does not
// exist.
func groupOf(service http.Handler, id string) string {
	if id == "" {
		return ""
	}
	request := httptest.NewRequest(http.MethodPost, "http://127.0.0.1/", strings.NewReader(`{"deploymentId":`+strconv.Quote(id)+`}`))
	request.Header.Set("X-Amz-Target", "CodeDeploy_20141006.GetDeployment")
	request.Header.Set("Content-Type", "application/x-amz-json-1.1")
	answer := httptest.NewRecorder()
	service.ServeHTTP(answer, request)
	var out struct {
		DeploymentInfo struct{ ApplicationName, DeploymentGroupName string }
	}
	if answer.Code != http.StatusOK || json.Unmarshal(answer.Body.Bytes(), &out) != nil {
		return ""
	}
	return out.DeploymentInfo.ApplicationName + "/" + out.DeploymentInfo.DeploymentGroupName
}

func s3Needs(request *http.Request, region string) []need {
	bucket, key, _ := strings.Cut(strings.TrimPrefix(request.URL.Path, "/"), "/")
	on := "arn:aws:s3:::" + bucket
	if action, ok := map[string]string{
		"HeadBucket": "ListBucket", "GetBucketVersioning": "GetBucketVersioning",
		"GetBucketEncryption": "GetEncryptionConfiguration", "GetPublicAccessBlock": "GetBucketPublicAccessBlock",
	}[operationOf(request)]; ok {
		return []need{{action: "s3:" + action, resource: on, region: region}}
	}
	on += "/" + key
	query := request.URL.Query()
	switch operationOf(request) {
	case "HeadObject", "GetObject":
		if query.Has("versionId") {
			return []need{{action: "s3:GetObjectVersion", resource: on, region: region}}
		}
		return []need{{action: "s3:GetObject", resource: on, region: region}}
	case "DELETE":
		if query.Has("versionId") {
			return []need{{action: "s3:DeleteObjectVersion", resource: on, region: region}}
		}
		return []need{{action: "s3:DeleteObject", resource: on, region: region}}
	case "AbortMultipartUpload":
		return []need{{action: "s3:AbortMultipartUpload", resource: on, region: region}}
	case "PutObject", "CreateMultipartUpload":
		return append([]need{{action: "s3:PutObject", resource: on, region: region}}, propertyNeeds(request, on, region)...)
	case "UploadPart", "CompleteMultipartUpload":
		return []need{{action: "s3:PutObject", resource: on, region: region}}
	default:
		return []need{{action: "s3:" + operationOf(request), resource: on, region: region}}
	}
}

// propertyNeeds is what the properties of a new object demand.
func propertyNeeds(request *http.Request, on, region string) []need {
	var all []need
	if request.Header.Get("X-Amz-Tagging") != "" {
		all = append(all, need{action: "s3:PutObjectTagging", resource: on, region: region})
	}
	if request.Header.Get("X-Amz-Acl") != "" {
		all = append(all, need{action: "s3:PutObjectAcl", resource: on, region: region})
	}
	if id := request.Header.Get("X-Amz-Server-Side-Encryption-Aws-Kms-Key-Id"); id != "" {
		key := need{action: "kms:GenerateDataKey", resource: "arn:aws:kms:" + region + ":" + ownAccount + ":key/" + id, region: region}
		if strings.HasPrefix(id, "alias/") {
			key.resource, key.alias = "arn:aws:kms:"+region+":"+ownAccount+":key/1234", id
		}
		decrypt := key
		decrypt.action = "kms:Decrypt"
		all = append(all, key, decrypt)
	}
	return all
}

// permits evaluates a policy as IAM does, as far as ours go.
func permits(doc policy.Document, n need) bool {
	return slices.ContainsFunc(doc.Statement, func(s policy.Statement) bool {
		return s.Effect == "Allow" && matchesOne(s.Action, n.action) && matchesOne(s.Resource, n.resource) && holds(s.Condition, n)
	})
}

func holds(condition map[string]policy.Condition, n need) bool {
	values := map[string]string{"aws:RequestedRegion": n.region, "kms:ResourceAliases": n.alias, "iam:PassedToService": n.passedTo}
	for _, keys := range condition {
		for name, allowed := range keys {
			if !slices.Contains(allowed, values[name]) {
				return false
			}
		}
	}
	return true
}

func matchesOne(patterns []string, text string) bool {
	return slices.ContainsFunc(patterns, func(pattern string) bool { return matches(pattern, text) })
}

// matches compares with a pattern of IAM: * is any text, ? any character, ${*} itself.
func matches(pattern, text string) bool {
	for _, literal := range []string{"*", "?", "$"} {
		pattern = strings.ReplaceAll(pattern, "${"+literal+"}", url.QueryEscape(literal))
		text = strings.ReplaceAll(text, literal, url.QueryEscape(literal))
	}
	if text == url.QueryEscape("*") {
		return pattern == "*"
	}
	return glob(pattern, text)
}

func glob(pattern, text string) bool {
	switch {
	case pattern == "":
		return text == ""
	case pattern[0] == '*':
		return glob(pattern[1:], text) || text != "" && glob(pattern, text[1:])
	case text == "":
		return false
	default:
		return (pattern[0] == '?' || pattern[0] == text[0]) && glob(pattern[1:], text[1:])
	}
}

func TestMatches(t *testing.T) {
	for _, test := range []struct {
		pattern, text string
		want          bool
	}{
		{"*", "*", true},
		{"arn:aws:s3:::b/*", "*", false},
		{"arn:aws:s3:::b/app/*", "arn:aws:s3:::b/app/x/y.zip", true},
		{"arn:aws:s3:::b/app/*", "arn:aws:s3:::b/other/x.zip", false},
		{"arn:aws:s3:::b/a${*}b", "arn:aws:s3:::b/a*b", true},
		{"arn:aws:s3:::b/a${*}b", "arn:aws:s3:::b/axb", false},
		{"a?c", "abc", true},
		{"a?c", "ac", false},
	} {
		if got := matches(test.pattern, test.text); got != test.want {
			t.Errorf("matches(%q, %q) = %v", test.pattern, test.text, got)
		}
	}
}
