package awsapi

import (
	"net/http"
	"strings"

	"github.com/cdx-deploy/cdx/internal/lazy"
	"github.com/cdx-deploy/cdx/pkg/revision"
)

// serviceRules are about what CodeDeploy, S3 and STS refuse.
var serviceRules = []rule{
	{"access-denied", func(f *failure) bool {
		return f.code("AccessDenied", "AccessDeniedException", "UnauthorizedOperation", "Forbidden", "AllAccessDisabled") || f.api == nil && f.status() == http.StatusForbidden
	}, explainDenied},
	{"bucket-region", func(f *failure) bool {
		return f.code("PermanentRedirect", "AuthorizationHeaderMalformed", "MovedPermanently", "IllegalLocationConstraintException", "BadRequest") && f.bucketRegion() != "" ||
			f.status() == http.StatusMovedPermanently
	}, explainBucketRegion},
	{"bucket-missing", func(f *failure) bool { return f.code("NoSuchBucket") || f.code("NotFound") && f.asked("HeadBucket") }, func(_ *failure, in Context, e *Explanation) {
		e.Cause = "there is no bucket " + quoteName(in.Bucket)
		e.Next = "check --bucket or --s3-location; see which there are: aws s3 ls" + in.profileFlag() +
			"; or make it: aws s3 mb s3://" + argument(in.Bucket, "BUCKET") + in.flags()
	}},
	{"key-missing", func(f *failure) bool { return f.code("NoSuchKey") || f.code("NotFound") && f.asked("HeadObject") }, func(_ *failure, in Context, e *Explanation) {
		e.Cause = "there is no object of that key, or it was deleted"
		e.Next = "see which there are: aws s3 ls s3://" + argument(in.Bucket, "BUCKET") + "/ --recursive" + in.flags()
	}},
	{"application-missing", hasCode("ApplicationDoesNotExistException"), func(_ *failure, in Context, e *Explanation) {
		e.meant(Application, in.Application, "--application-name", "cdx apps list", in)
	}},
	{"group-missing", hasCode("DeploymentGroupDoesNotExistException"), func(_ *failure, in Context, e *Explanation) {
		e.meant(DeploymentGroup, in.DeploymentGroup, "--deployment-group-name", "cdx groups list -a "+argument(in.Application, "NAME"), in)
	}},
	{"configuration-missing", hasCode("DeploymentConfigDoesNotExistException"), func(_ *failure, in Context, e *Explanation) {
		e.meant(DeploymentConfig, in.DeploymentConfig, "--deployment-config-name", "cdx configs list", in)
	}},
	{"deployment-missing", hasCode("DeploymentDoesNotExistException", "InvalidDeploymentIdException"), func(_ *failure, in Context, e *Explanation) {
		e.Cause = "there is no deployment of that ID" + in.place()
		e.Next = "see which there are: cdx list -a " + argument(in.Application, "APPLICATION") + " -g " + argument(in.DeploymentGroup, "GROUP") + in.flags()
	}},
	{"revision-missing", hasCode("RevisionDoesNotExistException"), func(_ *failure, in Context, e *Explanation) {
		e.Cause = "the revision is not registered with the application, or its object is gone"
		e.Next = "push it again: cdx push"
	}},
	{"throttled", throttled, func(_ *failure, _ Context, e *Explanation) {
		e.Cause = "too many requests at once for this account and region, also by others"
		e.Next = "try again in a minute; AWS_RETRY_MODE=adaptive makes cdx more patient"
	}},
	{"local-disk-full", func(f *failure) bool { return strings.Contains(f.message(), "no space left on device") }, func(_ *failure, _ Context, e *Explanation) {
		e.Cause = "the local service's disk is full"
		e.Next = "free space there, or work in a folder on another disk: the service keeps its state in the one that it is started in"
	}},
	{"service-fault", func(f *failure) bool { return f.status() >= http.StatusInternalServerError }, func(_ *failure, _ Context, e *Explanation) {
		e.Cause = "the fault is AWS's" + withRequestID(e)
		e.Next = "try again; if it stays, see https://health.aws.amazon.com"
	}},
	{"role-invalid", hasCode("InvalidRoleException"), func(_ *failure, _ Context, e *Explanation) {
		e.Cause = "that is not the ARN of a role, or the role does not let CodeDeploy take it, or allows it too little"
		e.Next = "see what it needs: cdx policy service-role, and cdx policy service-role --trust"
	}},
	{"value-invalid", (*failure).valueInvalid, func(f *failure, _ Context, e *Explanation) {
		e.Next = "correct it; what it may be: https://docs.aws.amazon.com/codedeploy/latest/APIReference/API_" + f.operation.Operation() + ".html"
	}},
	{"other", func(f *failure) bool { return f.operation != nil }, func(_ *failure, _ Context, e *Explanation) {
		e.Next = "run it again with --debug to see what was sent and what came back"
	}},
}

// valueInvalid reports that CodeDeploy has refused a value, or the lack of one.
func (f *failure) valueInvalid() bool {
	return f.api != nil && f.operation != nil && f.operation.Service() == "CodeDeploy" &&
		(strings.HasPrefix(f.api.ErrorCode(), "Invalid") || strings.HasSuffix(f.api.ErrorCode(), "RequiredException"))
}

// asked reports that an operation of that name was refused.
func (f *failure) asked(operation string) bool {
	return f.operation != nil && f.operation.Operation() == operation
}

// namedAction matches the action that AWS says is missing, which may be of another
// service, such as kms:GenerateDataKey.
var namedAction = lazy.Regexp(`not authorized to perform: ([A-Za-z0-9-]+:[A-Za-z0-9*]+)`)

func explainDenied(f *failure, in Context, e *Explanation) {
	e.Code = orPlaceholder(e.Code, "AccessDenied") // a refused HEAD request has no body to say so
	action := f.action()
	if action == "" {
		action = "this"
	}
	e.Cause = "the credentials in use may not do " + action
	if strings.Contains(e.Message, "explicit deny") {
		e.Cause += ": a policy denies it explicitly"
	}
	if in.BucketOwner != "" && strings.HasPrefix(action, "s3:") {
		e.Cause += ", or the bucket is not account " + in.BucketOwner + "'s, as --expected-bucket-owner demands"
	}
	e.Next = "allow " + action + " to the identity that this shows: aws sts get-caller-identity" + in.profileFlag()
}

// action is the IAM action that was refused: the one that AWS names, else the
// operation's own.
func (f *failure) action() string {
	if match := namedAction().FindStringSubmatch(f.message()); match != nil {
		return match[1]
	}
	if f.operation == nil {
		return ""
	}
	service, operation := f.operation.Service(), f.operation.Operation()
	if service == "S3" {
		if action, ok := s3Actions[operation]; ok {
			return "s3:" + action
		}
	}
	return strings.ToLower(service) + ":" + operation
}

// s3Actions are the IAM actions of S3 operations that are called otherwise.
// Source: Amazon S3 user guide, "Required permissions for Amazon S3 API operations".
var s3Actions = map[string]string{
	"HeadObject":              "GetObject",
	"GetObjectAttributes":     "GetObjectAttributes",
	"CreateMultipartUpload":   "PutObject",
	"UploadPart":              "PutObject",
	"CompleteMultipartUpload": "PutObject",
	"ListParts":               "ListMultipartUploadParts",
	"ListMultipartUploads":    "ListBucketMultipartUploads",
	"HeadBucket":              "ListBucket",
	"ListObjects":             "ListBucket",
	"ListObjectsV2":           "ListBucket",
	"ListObjectVersions":      "ListBucketVersions",
}

func explainBucketRegion(f *failure, in Context, e *Explanation) {
	region := f.bucketRegion()
	if region == "" {
		e.Cause = "the bucket " + quoteName(in.Bucket) + " is in another region than " + orPlaceholder(in.Region, "the one in use")
		e.Next = "see where it is: aws s3api get-bucket-location --bucket " + argument(in.Bucket, "BUCKET") + in.profileFlag()
		return
	}
	e.Cause = "the bucket " + quoteName(in.Bucket) + " is in " + region + ", not in " + orPlaceholder(in.Region, "the region in use") +
		"; instances fetch a revision from the region they are in"
	e.Next = "use a bucket in the deployment's region, or, if application and instances are there too: --region " + region
}

// bucketRegion is the region S3 says a bucket is in.
func (f *failure) bucketRegion() string { return f.header("X-Amz-Bucket-Region") }

func withRequestID(e *Explanation) string {
	if e.RequestID == "" {
		return ""
	}
	return " (request ID " + e.RequestID + ")"
}

func orPlaceholder(value, placeholder string) string {
	if value == "" {
		return placeholder
	}
	return value
}

// argument is a value as an argument of a command that is shown, or a placeholder for it.
func argument(value, placeholder string) string {
	if value == "" {
		return placeholder
	}
	return revision.ShellQuote(value)
}
