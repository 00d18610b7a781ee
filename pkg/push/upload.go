package push

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	cdtypes "github.com/aws/aws-sdk-go-v2/service/codedeploy/types"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"github.com/cdx-deploy/cdx/pkg/bundle"
	"github.com/cdx-deploy/cdx/pkg/revision"
)

// S3API is the part of the S3 client that [Upload] calls.
type S3API interface {
	HeadObject(context.Context, *s3.HeadObjectInput, ...func(*s3.Options)) (*s3.HeadObjectOutput, error)
	PutObject(context.Context, *s3.PutObjectInput, ...func(*s3.Options)) (*s3.PutObjectOutput, error)
	CreateMultipartUpload(context.Context, *s3.CreateMultipartUploadInput, ...func(*s3.Options)) (*s3.CreateMultipartUploadOutput, error)
	UploadPart(context.Context, *s3.UploadPartInput, ...func(*s3.Options)) (*s3.UploadPartOutput, error)
	CompleteMultipartUpload(context.Context, *s3.CompleteMultipartUploadInput, ...func(*s3.Options)) (*s3.CompleteMultipartUploadOutput, error)
	AbortMultipartUpload(context.Context, *s3.AbortMultipartUploadInput, ...func(*s3.Options)) (*s3.AbortMultipartUploadOutput, error)
}

// Bundle is what [Upload] sends; [*bundle.Tree] is one.
type Bundle interface {
	// Write writes the whole bundle to w. It must stop soon after w fails or ctx ends.
	Write(ctx context.Context, w io.Writer) (bundle.Stats, error)
	// MaxSize is an upper bound of what Write writes, in bytes.
	MaxSize() int64
}

// UploadOptions says where a bundle goes and how. Bucket and Key are required.
type UploadOptions struct {
	Bucket string
	Key    string // as [ExpandKey] makes it

	// Digest identifies the bundle's content. It is stored with the object, and an
	// object that has it already is used instead of uploading it again. Empty means
	// that neither is done.
	Digest string
	// Force uploads although the object is there already with the same digest.
	Force bool
	// NoOverwrite refuses to replace an object ([*ExistsError]), by a conditional
	// write, so that it also holds against somebody who pushes at the same time.
	NoOverwrite bool
	// Object holds the properties that the object is stored with.
	Object ObjectOptions

	// Region is the client's region, like "eu-west-1". It may be empty.
	Region string
	// ClientForRegion makes a client for the region that the bucket turns out to be
	// in. Nil means that another region than the client's is a [*RegionError].
	ClientForRegion func(ctx context.Context, region string) (S3API, error)

	// AbortTimeout is how long aborting a failed or interrupted upload may take;
	// zero means 15 s.
	AbortTimeout time.Duration
	// OnUploaded is called with the number of bytes that S3 has taken so far, each
	// time that grows, never twice at once; may be nil.
	OnUploaded func(bytes int64)
}

// ObjectOptions are properties of the stored object. The zero value leaves each to
// the bucket's defaults.
type ObjectOptions struct {
	ServerSideEncryption types.ServerSideEncryption // like "aws:kms"
	SSEKMSKeyID          string                     // with "aws:kms": key ID, ARN or alias
	StorageClass         types.StorageClass
	Tagging              string            // as in a URL's query: "a=1&b=2"
	Metadata             map[string]string // besides the digest
	ACL                  types.ObjectCannedACL
	ExpectedBucketOwner  string                  // account ID; S3 refuses the upload to anyone else's bucket
	ChecksumAlgorithm    types.ChecksumAlgorithm // of each part; empty means CRC32
}

// Object is the uploaded bundle.
type Object struct {
	Bucket, Key string
	ETag        string // without quotes
	VersionID   string // empty in a bucket without versions
	Digest      string // as given; empty when none was
	Size        int64  // bytes
	Reused      bool   // it was there already; nothing was uploaded

	// Region is where the bucket is when that is not the client's region, else empty.
	// CodeDeploy needs the bucket in the application's region.
	Region string
	// Replaced is the eTag of another object under the same key that is now gone, as
	// the bucket has no versions: instances that start later can no longer fetch a
	// revision that pins it. Empty when there was none.
	Replaced string
	// Unseen says that it could not be looked at what was under the key before, as the
	// permission for it (s3:GetObject, s3:ListBucket) is missing.
	Unseen bool
	// Stray says that S3 may keep another multipart upload of the key, without parts,
	// as its answer to the first attempt to begin one was lost.
	Stray bool
	// Stats is what the bundle says about its writing; zero when Reused.
	Stats bundle.Stats
}

// Revision is the object as a CodeDeploy revision that pins eTag and version.
func (o *Object) Revision(bundleType cdtypes.BundleType) *cdtypes.RevisionLocation {
	return revision.FromS3(o.Bucket, o.Key, bundleType, o.ETag, o.VersionID)
}

// Upload stores b as an object in S3 while it is being written, unless the object is
// there already with the same digest.
//
// The errors are [*ExistsError], [*RegionError], [*LeftoverError] and
// [*ChecksumError], b's own, and those of the SDK, wrapped; of several that follow from
// each other the first. When ctx ends, its cause is the error, and a multipart upload is
// aborted before Upload returns, which may take 2 s and AbortTimeout longer.
func Upload(ctx context.Context, api S3API, b Bundle, opts UploadOptions) (*Object, error) {
	u := upload{api: api, bundle: b, opts: opts, stray: new(bool)}
	object, err := u.run(ctx)
	var elsewhere *RegionError
	if errors.As(err, &elsewhere) && opts.ClientForRegion != nil {
		object, err = u.runIn(ctx, elsewhere.Region)
	}
	if err != nil {
		return nil, fmt.Errorf("upload to s3://%s/%s: %w", opts.Bucket, opts.Key, u.withStray(err))
	}
	object.Stray = *u.stray
	return object, nil
}

// withStray adds to an error that an upload may be left of which nothing is known.
func (u upload) withStray(err error) error {
	if !*u.stray {
		return err
	}
	var left *LeftoverError
	if errors.As(err, &left) {
		left.Stray = true
		return err
	}
	return &LeftoverError{Bucket: u.opts.Bucket, Key: u.opts.Key, Stray: true, Err: err}
}

// upload is one call of [Upload].
type upload struct {
	api    S3API
	bundle Bundle
	opts   UploadOptions
	stray  *bool // see [Object.Stray]
}

// runIn runs again with a client for the region that the bucket is in.
func (u upload) runIn(ctx context.Context, region string) (*Object, error) {
	api, err := u.opts.ClientForRegion(ctx, region)
	if err != nil {
		return nil, fmt.Errorf("bucket is in region %s: %w", region, err)
	}
	u.api, u.opts.Region = api, region
	object, err := u.run(ctx)
	if err != nil {
		return nil, err
	}
	object.Region = region
	return object, nil
}

// run looks at what is there, and uploads where that is needed and allowed.
func (u upload) run(ctx context.Context) (*Object, error) {
	there, err := u.look(ctx)
	if err != nil {
		return nil, err
	}
	switch {
	case u.isOurs(there) && !u.opts.Force:
		return u.reuse(there), nil
	case there.found && u.opts.NoOverwrite:
		return nil, u.taken(there)
	}
	object, err := u.send(ctx, there)
	if u.opts.NoOverwrite && isTaken(err) {
		return u.afterRefusal(ctx, err)
	}
	if err != nil {
		return nil, u.explained(err)
	}
	object.Unseen = !there.seen
	if there.found && there.eTag != object.ETag && object.VersionID == "" {
		object.Replaced = there.eTag
	}
	return object, nil
}

// afterRefusal judges what somebody else put under the key in the meantime.
func (u upload) afterRefusal(ctx context.Context, refusal error) (*Object, error) {
	there, err := u.look(ctx)
	if err != nil || there.seen && !there.found { // refused for an upload that is still going on
		return nil, refusal
	}
	var left *LeftoverError
	switch isLeft := errors.As(refusal, &left); {
	case !u.isOurs(there) && isLeft:
		left.Err = u.taken(there)
		return nil, left
	case !u.isOurs(there):
		return nil, u.taken(there)
	case isLeft:
		return nil, refusal
	default:
		return u.reuse(there), nil
	}
}

// explained turns an answer about the bucket's region into a [*RegionError].
func (u upload) explained(err error) error {
	if region := regionIn(err, u.opts.Region); region != "" {
		return &RegionError{Bucket: u.opts.Bucket, Region: region, Err: err}
	}
	return err
}

func (u upload) taken(there existing) error {
	return &ExistsError{Bucket: u.opts.Bucket, Key: u.opts.Key, ETag: there.eTag, Digest: there.digest}
}

func (u upload) reuse(there existing) *Object {
	object := u.object(there.eTag, there.versionID, there.size)
	object.Reused = true
	return object
}

func (u upload) object(eTag, versionID string, size int64) *Object {
	return &Object{
		Bucket: u.opts.Bucket, Key: u.opts.Key, Digest: u.opts.Digest,
		ETag: eTag, VersionID: versionID, Size: size,
	}
}
