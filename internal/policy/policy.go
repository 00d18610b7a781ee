// Package policy writes the IAM policies that cdx needs: what its own credentials
// must allow, what the role that CodeDeploy takes and the instances' role need, and
// whom a role trusts. Nothing in it asks AWS.
package policy

import (
	"cmp"
	"strings"
)

// version is the only version of the policy language that has variables and is not
// obsolete. Source: IAM user guide, "IAM JSON policy elements: Version".
const version = "2012-10-17"

// Document is an IAM policy. Its JSON is what IAM takes.
type Document struct {
	Version   string
	Statement []Statement
}

// Statement is one permission of a [Document]. All of ours allow.
type Statement struct {
	Sid       string               `json:",omitempty"` // letters and digits, different in each statement
	Effect    string               // "Allow"
	Principal map[string]string    `json:",omitempty"` // of a trust policy: like {"Service": "ec2.amazonaws.com"}
	Action    []string             // like "s3:PutObject"
	Resource  []string             `json:",omitempty"` // ARNs, or "*"; none in a trust policy
	Condition map[string]Condition `json:",omitempty"` // by operator, like "StringEquals"
}

// Condition is what an operator compares: values by key, of which one must match.
type Condition map[string][]string

const allow = "Allow"

// Place is where the resources are.
type Place struct {
	Region  string // like "eu-central-1"
	Account string // 12 digits, or [AnyAccount]
}

// AnyAccount stands for an account that is not known. It is no account ID, so that a
// policy with it is refused by IAM instead of allowing too much.
const AnyAccount = "ACCOUNT_ID"

// Partition is the partition of AWS that a region belongs to. Source: AWS general
// reference, "Amazon Resource Names (ARNs)".
func (p Place) Partition() string {
	switch {
	case strings.HasPrefix(p.Region, "cn-"):
		return "aws-cn"
	case strings.HasPrefix(p.Region, "us-gov-"):
		return "aws-us-gov"
	case strings.HasPrefix(p.Region, "eusc-"):
		return "aws-eusc"
	default:
		return "aws"
	}
}

// arn is the ARN of a resource in the region and account.
func (p Place) arn(service, resource string) string {
	return strings.Join([]string{"arn", p.Partition(), service, p.Region, p.Account, resource}, ":")
}

// iamARN is the ARN of a resource of IAM, which has no region.
func (p Place) iamARN(resource string) string {
	return strings.Join([]string{"arn", p.Partition(), "iam", "", p.Account, resource}, ":")
}

// service is the name under which CodeDeploy takes roles.
func (p Place) service() string {
	if p.Partition() == "aws-cn" {
		return "codedeploy." + p.Region + ".amazonaws.com.cn"
	}
	return "codedeploy.amazonaws.com"
}

// s3ARN is the ARN of a bucket or of objects, which names neither region nor account.
func (p Place) s3ARN(resource string) string {
	return "arn:" + p.Partition() + ":s3:::" + resource
}

// keyARN is the ARN of a KMS key, which may be given as ID, alias or ARN. An alias has
// none that could stand in a policy: empty.
func (p Place) keyARN(key string) string {
	switch {
	case strings.HasPrefix(key, "arn:") && strings.Contains(key, ":alias/"), strings.HasPrefix(key, "alias/"):
		return ""
	case strings.HasPrefix(key, "arn:"):
		return key
	default:
		return p.arn("kms", "key/"+key)
	}
}

// anyKeyARN is the pattern for all KMS keys where an alias is.
func (n Needs) anyKeyARN() string {
	if before, _, found := strings.Cut(n.KMSKey, ":alias/"); found {
		return before + ":key/*"
	}
	return n.arn("kms", "key/*")
}

// alias is the name of a KMS alias, like "alias/bundles", without its ARN.
func alias(key string) string {
	if at := strings.Index(key, "alias/"); at >= 0 {
		return key[at:]
	}
	return ""
}

// orAny is a name, or the pattern for all names.
func orAny(name string) string { return cmp.Or(literal(name), "*") }
