package prune

import (
	"context"
	"errors"
	"net/http"
	"sync"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/smithy-go"
)

// maxFailures is how many objects may fail before no more are tried.
const maxFailures = 20

// Delete deletes objects that [Look] has found to be unneeded, some at a time, and calls
// onDeleted, which may be nil, for each, never twice at once. Where the bucket has
// versions, the very version is deleted, and no delete marker is made; elsewhere the object
// is deleted only if it is still the one that was looked at. An object that is gone already
// counts as deleted. The error is a [*PartialError] unless all are deleted; a context that
// ends lets requests under way come to their end.
func Delete(ctx context.Context, store S3API, objects []Object, onDeleted func(Object)) error {
	if onDeleted == nil {
		onDeleted = func(Object) {}
	}
	d := &deleting{store: store, onDeleted: onDeleted}
	each(len(objects), func(i int) { d.one(ctx, objects[i]) })
	if len(d.result.Failed) == 0 && len(d.result.NotTried) == 0 {
		return nil
	}
	return &d.result
}

// deleting is a run of [Delete].
type deleting struct {
	store     S3API
	onDeleted func(Object)

	mu     sync.Mutex
	result PartialError
}

func (d *deleting) one(ctx context.Context, o Object) {
	if !d.goesOn(ctx, o) {
		return
	}
	err := d.remove(context.WithoutCancel(ctx), &o)
	d.mu.Lock()
	defer d.mu.Unlock()
	if err != nil {
		d.result.Failed = append(d.result.Failed, &ObjectError{o, err})
		return
	}
	d.result.Deleted = append(d.result.Deleted, o)
	d.onDeleted(o)
}

// goesOn reports that an object may be tried, and notes it otherwise.
func (d *deleting) goesOn(ctx context.Context, o Object) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	if ctx.Err() == nil && len(d.result.Failed) < maxFailures {
		return true
	}
	if ctx.Err() != nil {
		d.result.Cause = context.Cause(ctx)
	}
	d.result.NotTried = append(d.result.NotTried, o)
	return false
}

// remove deletes one object. S3 evaluates If-Match for current versions only; a version's
// ID is exact by itself, but for "null", which a new object may have taken.
// Source: Amazon S3 user guide, "How to perform conditional deletes".
func (d *deleting) remove(ctx context.Context, o *Object) error {
	at := o.Revision.S3Location
	in := &s3.DeleteObjectInput{Bucket: at.Bucket, Key: at.Key}
	if o.VersionID != "" && o.VersionID != "null" {
		in.VersionId = &o.VersionID
		_, err := d.store.DeleteObject(ctx, in)
		return ifThere(err)
	}
	out, err := d.store.HeadObject(ctx, headOf(o))
	switch {
	case isMissing(err):
		return nil
	case err != nil:
		return err
	case unquoted(out.ETag) != o.ETag || aws.ToString(out.VersionId) != o.VersionID || !aws.ToTime(out.LastModified).Equal(o.Uploaded):
		return ErrChanged
	}
	if o.VersionID != "" {
		in.VersionId = &o.VersionID
	} else {
		in.IfMatch = out.ETag
	}
	_, err = d.store.DeleteObject(ctx, in)
	if in.IfMatch != nil && notImplemented(err) { // by some other store than AWS's; the look was a moment ago
		in.IfMatch = nil
		_, err = d.store.DeleteObject(ctx, in)
	}
	if hasStatus(err, http.StatusPreconditionFailed) {
		return errors.Join(ErrChanged, err)
	}
	return ifThere(err)
}

// ifThere makes the absence of an object no error.
func ifThere(err error) error {
	if isMissing(err) {
		return nil
	}
	return err
}

func notImplemented(err error) bool {
	var refused smithy.APIError
	return errors.As(err, &refused) && refused.ErrorCode() == "NotImplemented"
}
