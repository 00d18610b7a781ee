package main

import (
	"bytes"
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/codedeploy/types"
	"github.com/aws/smithy-go"

	"github.com/cdx-deploy/cdx/internal/awsapi"
	"github.com/cdx-deploy/cdx/pkg/wait"
	"github.com/cdx-deploy/cdx/pkg/wait/diagnose"
)

// troublePage lists what people see and what cdx says about it, made by cdx itself.
func troublePage() []byte {
	var b bytes.Buffer
	b.WriteString(`# Troubleshooting by error message

Generated from the program by ` + "`go generate ./...`" + `: cdx says the same when it happens. Look for a piece of the message that you have.
` + "`cdx doctor`" + ` looks for what would prevent a deployment before you start one.

## On a target

What a target reports in a lifecycle event. ` + "`cdx status ID`" + ` shows it, for a deployment that somebody else created too.

| event | message | cause | what to do |
| --- | --- | --- | --- |
`)
	for _, m := range targetMessages {
		for _, cause := range explainedTarget(m) {
			fmt.Fprintf(&b, "| %s | `%s` | %s | %s |\n", m.event, m.message, cell(cause.Text), cell(fixed(cause)))
		}
	}
	b.WriteString(`
## The deployment as a whole

The error code of a deployment.

| code | cause | what to do |
| --- | --- | --- |
`)
	for _, code := range types.ErrorCode("").Values() {
		d := diagnose.Explain(&wait.Outcome{ID: "d-ABCDEF123", Info: &types.DeploymentInfo{
			Status: types.DeploymentStatusFailed, ErrorInformation: &types.ErrorInformation{Code: code},
		}})
		if d.Cause != nil {
			fmt.Fprintf(&b, "| `%s` | %s | %s |\n", code, cell(d.Cause.Text), cell(fixed(*d.Cause)))
		}
	}
	b.WriteString(`
## A request to AWS

What AWS answers to cdx, or to any of its clients.

| code | cause | what to do |
| --- | --- | --- |
`)
	for _, r := range requestCodes {
		explained := explainedRequest(r)
		fmt.Fprintf(&b, "| `%s` | %s | %s |\n", r.code, cell(explained.Cause), cell(explained.Next))
	}
	return b.Bytes()
}

// fixed is what to do about a cause, with the setting that helps.
func fixed(cause diagnose.Cause) string {
	if r := cause.Retry; r != nil && r.Flag != "" {
		return cause.Fix + "; to deploy the same revision again: --" + strings.TrimSpace(r.Flag+" "+r.Value)
	}
	return cause.Fix
}

// cell is text in a table, where a flag is no dash.
func cell(text string) string {
	return strings.NewReplacer("|", `\|`, "*", `\*`, "<", `\<`, "\n", " ").Replace(text)
}

// targetMessage is what a failed lifecycle event tells.
type targetMessage struct {
	event, message string
	code           types.LifecycleErrorCode
}

// Sources: aws/aws-codedeploy-agent; CodeDeploy User Guide, "Troubleshoot EC2/On-Premises
// deployment issues".
var targetMessages = []targetMessage{
	{"ApplicationStop", "CodeDeploy agent was not able to receive the lifecycle event", types.LifecycleErrorCodeUnknownError},
	{"ApplicationStop", "Script at specified location: stop.sh failed with exit code 1", types.LifecycleErrorCodeScriptFailed},
	{"ApplicationStop", "Failed: Failing in-progress lifecycle event after an agent restart.", types.LifecycleErrorCodeUnknownError},
	{"DownloadBundle", "The specified key does not exist.", types.LifecycleErrorCodeUnknownError},
	{"DownloadBundle", "not opened for reading", types.LifecycleErrorCodeUnknownError},
	{"DownloadBundle", "Access Denied", types.LifecycleErrorCodeUnknownError},
	{"DownloadBundle", "The bucket you are attempting to access must be addressed using the specified endpoint.", types.LifecycleErrorCodeUnknownError},
	{"DownloadBundle", "Expected deployment artifact bundle etag … but was actually …", types.LifecycleErrorCodeUnknownError},
	{"DownloadBundle", "Could not download bundle at 'https://api.github.com/…' after 3 retries", types.LifecycleErrorCodeUnknownError},
	{"DownloadBundle", "execution expired", types.LifecycleErrorCodeUnknownError},
	{"DownloadBundle", "No space left on device", types.LifecycleErrorCodeUnknownError},
	{"BeforeInstall", "The CodeDeploy agent did not find an AppSpec file within the unpacked revision directory", types.LifecycleErrorCodeUnknownError},
	{"BeforeInstall", "Validation of PKCS7 signed message failed", types.LifecycleErrorCodeUnknownError},
	{"Install", "The deployment failed because a specified file already exists at this location: …", types.LifecycleErrorCodeUnknownError},
	{"Install", "No such file or directory - …/deployment-archive/appspec.yml", types.LifecycleErrorCodeUnknownError},
	{"Install", "No such file or directory @ rb_file_s_stat - …/deployment-archive/dist", types.LifecycleErrorCodeUnknownError},
	{"Install", "File exists @ dir_s_mkdir - /var/www", types.LifecycleErrorCodeUnknownError},
	{"Install", "undefined method '[]' for nil", types.LifecycleErrorCodeUnknownError},
	{"Install", "appspec.yml file contains unknown lifecycle events", types.LifecycleErrorCodeUnknownError},
	{"AfterInstall", "Script does not exist at specified location: …", types.LifecycleErrorCodeScriptMissing},
	{"AfterInstall", "Script at specified location: … failed with exit code 126", types.LifecycleErrorCodeScriptFailed},
	{"AfterInstall", "Script at specified location: … failed with exit code 127", types.LifecycleErrorCodeScriptFailed},
	{"AfterInstall", "failed with error Errno::ENOENT with message No such file or directory", types.LifecycleErrorCodeScriptFailed},
	{"ApplicationStart", "Script at specified location: … failed to complete in 300 seconds", types.LifecycleErrorCodeScriptTimedOut},
	{"ApplicationStart", "failed to close STDOUT", types.LifecycleErrorCodeUnknownError},
	{"ValidateService", "Script at specified location: … failed with exit code 1", types.LifecycleErrorCodeScriptFailed},
}

func explainedTarget(m targetMessage) []diagnose.Cause {
	target := wait.Target{
		TargetRef: wait.TargetRef{ID: "i-1", Type: types.DeploymentTargetTypeInstanceTarget}, Status: types.TargetStatusFailed,
		Lifecycle: []wait.LifecycleEvent{{Name: m.event, Status: types.LifecycleEventStatusFailed, Code: m.code, Script: "…", Message: m.message}},
	}
	d := diagnose.Explain(&wait.Outcome{ID: "d-ABCDEF123", Info: &types.DeploymentInfo{Status: types.DeploymentStatusFailed}, Targets: []wait.Target{target}})
	if len(d.Groups) == 0 {
		return nil
	}
	return d.Groups[0].Causes
}

// requestCode is an error of an operation.
type requestCode struct{ service, operation, code string }

var requestCodes = []requestCode{
	{"CodeDeploy", "CreateDeployment", "AccessDeniedException"},
	{"S3", "PutObject", "AccessDenied"},
	{"CodeDeploy", "GetApplication", "ApplicationDoesNotExistException"},
	{"CodeDeploy", "GetDeploymentGroup", "DeploymentGroupDoesNotExistException"},
	{"CodeDeploy", "CreateDeployment", "DeploymentConfigDoesNotExistException"},
	{"CodeDeploy", "GetDeployment", "DeploymentDoesNotExistException"},
	{"CodeDeploy", "CreateDeployment", "RevisionDoesNotExistException"},
	{"S3", "PutObject", "NoSuchBucket"},
	{"S3", "GetObject", "NoSuchKey"},
	{"CodeDeploy", "GetDeployment", "ExpiredTokenException"},
	{"CodeDeploy", "GetDeployment", "UnrecognizedClientException"},
	{"S3", "PutObject", "InvalidAccessKeyId"},
	{"S3", "PutObject", "SignatureDoesNotMatch"},
	{"S3", "PutObject", "RequestTimeTooSkewed"},
	{"CodeDeploy", "GetDeployment", "ThrottlingException"},
	{"S3", "PutObject", "SlowDown"},
}

func explainedRequest(r requestCode) awsapi.Explanation {
	err := &smithy.OperationError{ServiceID: r.service, OperationName: r.operation, Err: &smithy.GenericAPIError{Code: r.code, Message: "…"}}
	return awsapi.Explain(err, awsapi.Context{
		Region: "eu-central-1", Application: "my-app", DeploymentGroup: "production", DeploymentConfig: "my-config", Bucket: "my-bucket",
	})
}
