package doctor

import (
	"context"
	"errors"
	"net/http"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	smithyhttp "github.com/aws/smithy-go/transport/http"
)

// S3API is the part of the S3 client that is called.
type S3API interface {
	HeadBucket(context.Context, *s3.HeadBucketInput, ...func(*s3.Options)) (*s3.HeadBucketOutput, error)
	HeadObject(context.Context, *s3.HeadObjectInput, ...func(*s3.Options)) (*s3.HeadObjectOutput, error)
	GetBucketVersioning(context.Context, *s3.GetBucketVersioningInput, ...func(*s3.Options)) (*s3.GetBucketVersioningOutput, error)
	GetBucketEncryption(context.Context, *s3.GetBucketEncryptionInput, ...func(*s3.Options)) (*s3.GetBucketEncryptionOutput, error)
	GetPublicAccessBlock(context.Context, *s3.GetPublicAccessBlockInput, ...func(*s3.Options)) (*s3.GetPublicAccessBlockOutput, error)
}

// bucket looks at the bucket that bundles are uploaded to.
func (d *doctor) bucket(ctx context.Context) Findings {
	switch {
	case d.Bucket == "" && len(d.Platforms) > 0 && !slices.Contains(d.Platforms, "Server"):
		return nil // the AppSpec file is all of the revision
	case d.Bucket == "":
		return Findings{{"bucket", NotChecked, "no bucket is named", "to push, give --bucket NAME, or write bucket: NAME into cdx.yml"}}
	}
	check := "bucket " + d.Bucket
	out, err := d.S3.HeadBucket(ctx, &s3.HeadBucketInput{Bucket: &d.Bucket})
	region := bucketRegion(out, err)
	switch {
	case region != "" && region != d.Region:
		return Findings{{check, Failed, "it is in " + region + ", the application in " + d.Region + ": CodeDeploy fetches revisions from its own region",
			"use a bucket in " + d.Region + ", or deploy with --region " + region}}
	case isDenied(err):
		return Findings{d.refused(check, "s3:ListBucket", err)}
	case status(err) == http.StatusNotFound && isOfAWS(err):
		return Findings{{check, Failed, "there is no such bucket", "create it: aws s3 mb s3://" + d.Bucket + " --region " + d.Region + "; or name another with --bucket"}}
	case err != nil:
		return Findings{d.refused(check, "s3:ListBucket", err)}
	}
	key := d.KeyPrefix + "cdx-doctor"
	_, _ = d.S3.HeadObject(ctx, &s3.HeadObjectInput{Bucket: &d.Bucket, Key: &key}) // the observer notes the answer
	where := "it exists"
	if region != "" {
		where += ", in " + region
	}
	return Findings{{check, Passed, where, ""}, d.versions(ctx), d.encryption(ctx), d.publicAccess(ctx)}
}

// bucketRegion is where S3 says a bucket is, also when it refuses the request.
func bucketRegion(out *s3.HeadBucketOutput, err error) string {
	if out != nil && err == nil {
		return aws.ToString(out.BucketRegion)
	}
	var response *smithyhttp.ResponseError
	if errors.As(err, &response) && response.Response != nil {
		return response.Response.Header.Get("X-Amz-Bucket-Region")
	}
	return ""
}

// told is the finding about a property of the bucket that could not be read. It never
// prevents a start.
func (d *doctor) told(check, action string, err error) Finding {
	finding := d.refused(check, action, err)
	finding.State = NotChecked
	return finding
}

func (d *doctor) versions(ctx context.Context) Finding {
	const check = "bucket versions"
	out, err := d.S3.GetBucketVersioning(ctx, &s3.GetBucketVersioningInput{Bucket: &d.Bucket})
	switch {
	case err != nil:
		return d.told(check, "s3:GetBucketVersioning", err)
	case out.Status != types.BucketVersioningStatusEnabled:
		return Finding{check, Warning, "none are kept: a key that is uploaded again breaks rollbacks and new instances", "keep them: aws s3api put-bucket-versioning --bucket " + d.Bucket + " --versioning-configuration Status=Enabled"}
	default:
		return Finding{check, Passed, "they are kept", ""}
	}
}

func (d *doctor) encryption(ctx context.Context) Finding {
	const check = "bucket encryption"
	out, err := d.S3.GetBucketEncryption(ctx, &s3.GetBucketEncryptionInput{Bucket: &d.Bucket})
	switch {
	case code(err) == "ServerSideEncryptionConfigurationNotFoundError":
		return Finding{check, Passed, "S3's own (AES256)", ""}
	case err != nil:
		return d.told(check, "s3:GetEncryptionConfiguration", err)
	}
	if config := out.ServerSideEncryptionConfiguration; config != nil {
		for _, rule := range config.Rules {
			if by := rule.ApplyServerSideEncryptionByDefault; by != nil && by.KMSMasterKeyID != nil {
				return Finding{check, NotChecked, "by KMS key " + *by.KMSMasterKeyID + ": whether cdx and the instances may use it cannot be asked here", "allow kms:GenerateDataKey and kms:Decrypt to cdx, and kms:Decrypt to the instances"}
			}
		}
	}
	return Finding{check, Passed, "on", ""}
}

func (d *doctor) publicAccess(ctx context.Context) Finding {
	const check = "bucket public access"
	fix := "block it: aws s3api put-public-access-block --bucket " + d.Bucket + " --public-access-block-configuration BlockPublicAcls=true,IgnorePublicAcls=true,BlockPublicPolicy=true,RestrictPublicBuckets=true"
	out, err := d.S3.GetPublicAccessBlock(ctx, &s3.GetPublicAccessBlockInput{Bucket: &d.Bucket})
	switch {
	case code(err) == "NoSuchPublicAccessBlockConfiguration":
		return Finding{check, Warning, "the bucket does not block it; the account may", fix}
	case err != nil:
		return d.told(check, "s3:GetBucketPublicAccessBlock", err)
	}
	if b := out.PublicAccessBlockConfiguration; b == nil || !aws.ToBool(b.BlockPublicAcls) || !aws.ToBool(b.IgnorePublicAcls) || !aws.ToBool(b.BlockPublicPolicy) || !aws.ToBool(b.RestrictPublicBuckets) {
		return Finding{check, Warning, "the bucket blocks it only in part; the account may do so wholly", fix}
	}
	return Finding{check, Passed, "blocked", ""}
}
