package prune

import (
	"context"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	s3types "github.com/aws/aws-sdk-go-v2/service/s3/types"

	"github.com/cdx-deploy/cdx/pkg/deploy"
)

// atOnce is how many requests to S3 are under way at a time.
const atOnce = 8

// heads looks at the objects of all revisions that nothing needs.
func (l *look) heads(ctx context.Context) {
	each(len(l.objects), func(i int) {
		if l.objects[i].State == Unneeded && ctx.Err() == nil {
			l.head(ctx, i)
		}
	})
}

// head looks at one object: whether it is still the revision's, and nothing holds it.
func (l *look) head(ctx context.Context, i int) {
	o := &l.objects[i]
	out, err := l.store.HeadObject(ctx, headOf(o))
	switch {
	case isMissing(err):
		o.State, o.Reasons = Gone, []string{"the object is not there"}
		return
	case deploy.IsDenied(err):
		l.keep(i, "its object may not be looked at (s3:GetObject, s3:GetObjectVersion)")
		return
	case err != nil:
		l.keep(i, "its object cannot be looked at: "+err.Error())
		return
	}
	o.ETag, o.VersionID, o.SizeBytes = unquoted(out.ETag), aws.ToString(out.VersionId), aws.ToInt64(out.ContentLength)
	o.Uploaded = aws.ToTime(out.LastModified)
	registered := unquoted(o.Revision.S3Location.ETag)
	until := out.ObjectLockRetainUntilDate
	switch {
	case registered != "" && registered != o.ETag,
		registered == "" && aws.ToString(o.Revision.S3Location.Version) == "" && o.Uploaded.After(o.Registered.Add(time.Second)):
		o.State, o.Reasons = Gone, []string{"another object has its key"}
	case l.isYoung(out.LastModified):
		l.keep(i, "uploaded less than "+age(l.MinAge)+" ago")
	case out.ObjectLockLegalHoldStatus == s3types.ObjectLockLegalHoldStatusOn:
		l.keep(i, "S3 Object Lock has it on legal hold")
	case out.ObjectLockMode != "" && until != nil && until.After(l.Now):
		l.keep(i, "S3 Object Lock retains it until "+until.UTC().Format(time.RFC3339))
	}
}

// headOf asks for the object of a revision: a version if it names one.
func headOf(o *Object) *s3.HeadObjectInput {
	at := o.Revision.S3Location
	in := &s3.HeadObjectInput{Bucket: at.Bucket, Key: at.Key}
	if aws.ToString(at.Version) != "" {
		in.VersionId = at.Version
	}
	return in
}

// isMissing reports that there is no object, or a delete marker in its place.
func isMissing(err error) bool {
	return hasStatus(err, http.StatusNotFound) || hasStatus(err, http.StatusMethodNotAllowed)
}

func unquoted(etag *string) string { return strings.Trim(aws.ToString(etag), `"`) }

// mfaDelete reports that the bucket is known to want the code of an MFA device for the
// deletion of a version.
func (l *look) mfaDelete(ctx context.Context) bool {
	out, err := l.store.GetBucketVersioning(ctx, &s3.GetBucketVersioningInput{Bucket: &l.Bucket})
	return err == nil && out.MFADelete == s3types.MFADeleteStatusEnabled
}

// each does something for 0 to n-1, a few at a time, and returns when all is done.
func each(n int, do func(i int)) {
	var running sync.WaitGroup
	free := make(chan struct{}, atOnce)
	for i := range n {
		free <- struct{}{}
		running.Go(func() {
			defer func() { <-free }()
			do(i)
		})
	}
	running.Wait()
}
