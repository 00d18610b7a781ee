package onpremises

import (
	"context"
	"fmt"
)

// The policy of an instance's own user, as the AWS CLI has it.
// Source: AWS CLI, awscli/customizations/codedeploy/register.py.
const (
	policyName = "codedeploy-agent"
	policy     = `{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": ["s3:Get*", "s3:List*"], "Resource": "*"}]}`
)

// createUser creates an IAM user for an instance, and returns its ARN.
func createUser(ctx context.Context, iam IAM, name string) (string, error) {
	var out struct {
		ARN string `xml:"CreateUserResult>User>Arn"`
	}
	err := iam.Call(ctx, "CreateUser", map[string]string{"Path": UserPath, "UserName": name}, &out)
	if err != nil {
		return "", fmt.Errorf("create the IAM user %s: %w", name, err)
	}
	return out.ARN, nil
}

func putPolicy(ctx context.Context, iam IAM, user string) error {
	err := iam.Call(ctx, "PutUserPolicy", map[string]string{"UserName": user, "PolicyName": policyName, "PolicyDocument": policy}, nil)
	if err != nil {
		return fmt.Errorf("write the policy of the IAM user %s: %w", user, err)
	}
	return nil
}

// accessKey is a user's access key. The secret is told once, when it is created.
type accessKey struct{ id, secret string }

func createKey(ctx context.Context, iam IAM, user string) (accessKey, error) {
	var out struct {
		ID     string `xml:"CreateAccessKeyResult>AccessKey>AccessKeyId"`
		Secret string `xml:"CreateAccessKeyResult>AccessKey>SecretAccessKey"`
	}
	if err := iam.Call(ctx, "CreateAccessKey", map[string]string{"UserName": user}, &out); err != nil {
		return accessKey{}, fmt.Errorf("create an access key of the IAM user %s: %w", user, err)
	}
	return accessKey{out.ID, out.Secret}, nil
}

func deleteKey(ctx context.Context, iam IAM, user, id string) error {
	return ifThere(iam.Call(ctx, "DeleteAccessKey", map[string]string{"UserName": user, "AccessKeyId": id}, nil))
}

// deleteUser deletes a user with its inline policies and access keys. What is gone already
// is no error.
func deleteUser(ctx context.Context, iam IAM, user string) error {
	steps := []struct{ list, remove, parameter string }{
		{"ListUserPolicies", "DeleteUserPolicy", "PolicyName"},
		{"ListAccessKeys", "DeleteAccessKey", "AccessKeyId"},
	}
	for _, step := range steps {
		items, err := listOf(ctx, iam, step.list, user)
		if err != nil {
			return fmt.Errorf("delete the IAM user %s: %w", user, err)
		}
		for _, item := range items {
			if err := ifThere(iam.Call(ctx, step.remove, map[string]string{"UserName": user, step.parameter: item}, nil)); err != nil {
				return fmt.Errorf("delete the IAM user %s: %w", user, err)
			}
		}
	}
	if err := ifThere(iam.Call(ctx, "DeleteUser", map[string]string{"UserName": user}, nil)); err != nil {
		return fmt.Errorf("delete the IAM user %s: %w", user, err)
	}
	return nil
}

// listOf lists the names of a user's policies or the IDs of its access keys.
func listOf(ctx context.Context, iam IAM, action, user string) ([]string, error) {
	type result struct {
		Policies    []string `xml:"PolicyNames>member"`
		Keys        []string `xml:"AccessKeyMetadata>member>AccessKeyId"`
		IsTruncated bool
		Marker      string
	}
	var items []string
	parameters := map[string]string{"UserName": user}
	for {
		var out struct {
			Policies result `xml:"ListUserPoliciesResult"`
			Keys     result `xml:"ListAccessKeysResult"`
		}
		if err := ifThere(iam.Call(ctx, action, parameters, &out)); err != nil {
			return nil, err
		}
		items = append(append(items, out.Policies.Policies...), out.Keys.Keys...)
		marker := out.Policies.Marker + out.Keys.Marker
		if marker == "" || !out.Policies.IsTruncated && !out.Keys.IsTruncated {
			return items, nil
		}
		parameters["Marker"] = marker
	}
}

// ifThere makes the absence of something no error.
func ifThere(err error) error {
	if codeOf(err) == "NoSuchEntity" {
		return nil
	}
	return err
}
