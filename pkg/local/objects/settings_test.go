package objects_test

import (
	"slices"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"github.com/cdx-deploy/cdx/pkg/local/objects"
)

const (
	privatePolicy = `{"Statement": {"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::000000000000:root"}, "Action": "s3:*", "Resource": "*"}}`
	publicPolicy  = `{"Statement": [{"Effect": "Allow", "Principal": {"AWS": ["*"]}, "Action": "s3:GetObject", "Resource": "arn:aws:s3:::bucket/*"}]}`
)

// A new bucket is encrypted and blocks public access, and has nothing else.
func TestNewBucketSettings(t *testing.T) {
	_, c := serve(t)
	ctx, name := t.Context(), aws.String("bucket")
	encryption, err := c.GetBucketEncryption(ctx, &s3.GetBucketEncryptionInput{Bucket: name})
	if err != nil || encryption.ServerSideEncryptionConfiguration.Rules[0].ApplyServerSideEncryptionByDefault.SSEAlgorithm != types.ServerSideEncryptionAes256 {
		t.Errorf("%+v, %v", encryption, err)
	}
	block, err := c.GetPublicAccessBlock(ctx, &s3.GetPublicAccessBlockInput{Bucket: name})
	if err != nil {
		t.Fatal(err)
	}
	if b := block.PublicAccessBlockConfiguration; !*b.BlockPublicAcls || !*b.IgnorePublicAcls || !*b.BlockPublicPolicy || !*b.RestrictPublicBuckets {
		t.Errorf("%+v", b)
	}
	if _, err := c.GetBucketPolicy(ctx, &s3.GetBucketPolicyInput{Bucket: name}); code(err) != "NoSuchBucketPolicy" {
		t.Error(err)
	}
	if _, err := c.GetBucketPolicyStatus(ctx, &s3.GetBucketPolicyStatusInput{Bucket: name}); code(err) != "NoSuchBucketPolicy" {
		t.Error(err)
	}
	if _, err := c.GetBucketLifecycleConfiguration(ctx, &s3.GetBucketLifecycleConfigurationInput{Bucket: name}); code(err) != "NoSuchLifecycleConfiguration" {
		t.Error(err)
	}
	if versioning, err := c.GetBucketVersioning(ctx, &s3.GetBucketVersioningInput{Bucket: name}); err != nil || versioning.Status != "" {
		t.Errorf("%+v, %v", versioning, err)
	}
	none := aws.String("none")
	for what, err := range map[string]error{
		"encryption": second(c.GetBucketEncryption(ctx, &s3.GetBucketEncryptionInput{Bucket: none})),
		"block":      second(c.GetPublicAccessBlock(ctx, &s3.GetPublicAccessBlockInput{Bucket: none})),
		"status":     second(c.GetBucketPolicyStatus(ctx, &s3.GetBucketPolicyStatusInput{Bucket: none})),
		"location":   second(c.GetBucketLocation(ctx, &s3.GetBucketLocationInput{Bucket: none})),
		"versioning": second(c.GetBucketVersioning(ctx, &s3.GetBucketVersioningInput{Bucket: none})),
	} {
		if code(err) != "NoSuchBucket" {
			t.Errorf("%s of a bucket that is not there: %v", what, err)
		}
	}
	if _, err := c.HeadBucket(ctx, &s3.HeadBucketInput{Bucket: none}); code(err) != "NotFound" {
		t.Error(err)
	}
}

func second[T any](_ T, err error) error { return err }

// publicPolicyStatus puts a policy and asks whether the bucket is public.
func publicPolicyStatus(t *testing.T, c *s3.Client, policy string) bool {
	t.Helper()
	if _, err := c.PutBucketPolicy(t.Context(), &s3.PutBucketPolicyInput{Bucket: aws.String("bucket"), Policy: &policy}); err != nil {
		t.Fatal(err)
	}
	out, err := c.GetBucketPolicyStatus(t.Context(), &s3.GetBucketPolicyStatusInput{Bucket: aws.String("bucket")})
	if err != nil {
		t.Fatal(err)
	}
	return aws.ToBool(out.PolicyStatus.IsPublic)
}

func TestBucketPolicies(t *testing.T) {
	_, c := serve(t)
	ctx, name := t.Context(), aws.String("bucket")
	put := func(policy string) error {
		return second(c.PutBucketPolicy(ctx, &s3.PutBucketPolicyInput{Bucket: name, Policy: &policy}))
	}
	if err := put(publicPolicy); code(err) != "AccessDenied" {
		t.Errorf("a public policy where that is blocked: %v", err)
	}
	for _, bad := range []string{"no JSON", `{"Statement": 5}`} {
		if err := put(bad); code(err) != "MalformedPolicy" {
			t.Errorf("%s: %v", bad, err)
		}
	}
	if publicPolicyStatus(t, c, privatePolicy) {
		t.Error("a policy for one account is no public one")
	}
	if _, err := c.DeletePublicAccessBlock(ctx, &s3.DeletePublicAccessBlockInput{Bucket: name}); err != nil {
		t.Fatal(err)
	}
	if _, err := c.GetPublicAccessBlock(ctx, &s3.GetPublicAccessBlockInput{Bucket: name}); code(err) != "NoSuchPublicAccessBlockConfiguration" {
		t.Error(err)
	}
	if !publicPolicyStatus(t, c, publicPolicy) {
		t.Error("a policy for everybody is a public one")
	}
	got, err := c.GetBucketPolicy(ctx, &s3.GetBucketPolicyInput{Bucket: name})
	if err != nil || *got.Policy != publicPolicy {
		t.Errorf("%+v, %v", got, err)
	}
	if _, err := c.DeleteBucketPolicy(ctx, &s3.DeleteBucketPolicyInput{Bucket: name}); err != nil {
		t.Fatal(err)
	}
	if _, err := c.GetBucketPolicy(ctx, &s3.GetBucketPolicyInput{Bucket: name}); code(err) != "NoSuchBucketPolicy" {
		t.Error(err)
	}
}

func TestSettingsAreKept(t *testing.T) {
	dir := t.TempDir()
	store, err := objects.Keep(dir, "eu-central-1")
	if err != nil {
		t.Fatal(err)
	}
	c, stop := serveStore(t, store)
	encryption := &types.ServerSideEncryptionConfiguration{Rules: []types.ServerSideEncryptionRule{{
		ApplyServerSideEncryptionByDefault: &types.ServerSideEncryptionByDefault{SSEAlgorithm: types.ServerSideEncryptionAwsKms, KMSMasterKeyID: aws.String("key")},
	}}}
	name := aws.String("bucket")
	if _, err := c.PutBucketEncryption(t.Context(), &s3.PutBucketEncryptionInput{Bucket: name, ServerSideEncryptionConfiguration: encryption}); err != nil {
		t.Fatal(err)
	}
	stop()
	if err := store.Close(); err != nil {
		t.Fatal(err)
	}
	if store, err = objects.Keep(dir, "eu-central-1"); err != nil {
		t.Fatal(err)
	}
	defer func() { _ = store.Close() }()
	c, stop = serveStore(t, store)
	defer stop()
	got, err := c.GetBucketEncryption(t.Context(), &s3.GetBucketEncryptionInput{Bucket: name})
	if err != nil || *got.ServerSideEncryptionConfiguration.Rules[0].ApplyServerSideEncryptionByDefault.KMSMasterKeyID != "key" {
		t.Errorf("%+v, %v", got, err)
	}
	if _, err := c.DeleteBucketEncryption(t.Context(), &s3.DeleteBucketEncryptionInput{Bucket: name}); err != nil {
		t.Fatal(err)
	}
	got, err = c.GetBucketEncryption(t.Context(), &s3.GetBucketEncryptionInput{Bucket: name})
	if err != nil || got.ServerSideEncryptionConfiguration.Rules[0].ApplyServerSideEncryptionByDefault.SSEAlgorithm != types.ServerSideEncryptionAes256 {
		t.Errorf("deleted: %+v, %v", got, err)
	}
}

// DeleteObjects says of each object what became of it.
func TestDeleteObjects(t *testing.T) {
	_, c := serve(t)
	name := aws.String("bucket")
	remove := func(quiet bool, ids ...types.ObjectIdentifier) []types.DeletedObject {
		t.Helper()
		out, err := c.DeleteObjects(t.Context(), &s3.DeleteObjectsInput{Bucket: name, Delete: &types.Delete{Objects: ids, Quiet: &quiet}})
		if err != nil || len(out.Errors) > 0 {
			t.Fatalf("%+v, %v", out, err)
		}
		return out.Deleted
	}
	put(t, c, "plain", "x")
	if got := remove(false, types.ObjectIdentifier{Key: aws.String("plain")}); len(got) != 1 || *got[0].Key != "plain" || got[0].DeleteMarker != nil {
		t.Errorf("without versions: %+v", got)
	}
	enable(t, c, types.BucketVersioningStatusEnabled)
	first, second := put(t, c, "key", "1"), put(t, c, "key", "2")
	marked := remove(false, types.ObjectIdentifier{Key: aws.String("key")})
	if !aws.ToBool(marked[0].DeleteMarker) || marked[0].DeleteMarkerVersionId == nil || marked[0].VersionId != nil {
		t.Fatalf("a delete marker: %+v", marked)
	}
	got := remove(false, types.ObjectIdentifier{Key: aws.String("key"), VersionId: first.VersionId},
		types.ObjectIdentifier{Key: aws.String("key"), VersionId: marked[0].DeleteMarkerVersionId})
	if *got[0].VersionId != *first.VersionId || got[0].DeleteMarker != nil || !*got[1].DeleteMarker || *got[1].DeleteMarkerVersionId != *marked[0].DeleteMarkerVersionId {
		t.Errorf("versions: %+v", got)
	}
	checkVersions(t, c, second.VersionId)
	if got := remove(true, types.ObjectIdentifier{Key: aws.String("key"), VersionId: second.VersionId}); len(got) != 0 {
		t.Errorf("quiet: %+v", got)
	}
	checkVersions(t, c)
	many := slices.Repeat([]types.ObjectIdentifier{{Key: aws.String("key")}}, 1001)
	_, err := c.DeleteObjects(t.Context(), &s3.DeleteObjectsInput{Bucket: name, Delete: &types.Delete{Objects: many}})
	if code(err) != "MalformedXML" {
		t.Error(err)
	}
}
