// Package prune finds the S3 objects of revisions that no deployment group needs, and
// deletes them.
//
// [Look] reads what an application has registered and what deployment groups need, and
// says of each revision in a bucket whether it may go; [Delete] deletes. In doubt an object
// stays: one that cannot be looked at, one that may be the same as another that stays, one
// that an application may need which cannot be read.
package prune

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/codedeploy"
	"github.com/aws/aws-sdk-go-v2/service/codedeploy/types"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/cdx-deploy/cdx/pkg/deploy"
)

// API is the part of the CodeDeploy client that [Look] calls.
type API interface {
	deploy.HistoryAPI
	ListApplications(context.Context, *codedeploy.ListApplicationsInput, ...func(*codedeploy.Options)) (*codedeploy.ListApplicationsOutput, error)
	ListDeploymentGroups(context.Context, *codedeploy.ListDeploymentGroupsInput, ...func(*codedeploy.Options)) (*codedeploy.ListDeploymentGroupsOutput, error)
	BatchGetDeploymentGroups(context.Context, *codedeploy.BatchGetDeploymentGroupsInput, ...func(*codedeploy.Options)) (*codedeploy.BatchGetDeploymentGroupsOutput, error)
	ListApplicationRevisions(context.Context, *codedeploy.ListApplicationRevisionsInput, ...func(*codedeploy.Options)) (*codedeploy.ListApplicationRevisionsOutput, error)
	BatchGetApplicationRevisions(context.Context, *codedeploy.BatchGetApplicationRevisionsInput, ...func(*codedeploy.Options)) (*codedeploy.BatchGetApplicationRevisionsOutput, error)
}

// S3API is the part of the S3 client that [Look] and [Delete] call.
type S3API interface {
	HeadObject(context.Context, *s3.HeadObjectInput, ...func(*s3.Options)) (*s3.HeadObjectOutput, error)
	GetBucketVersioning(context.Context, *s3.GetBucketVersioningInput, ...func(*s3.Options)) (*s3.GetBucketVersioningOutput, error)
	DeleteObject(context.Context, *s3.DeleteObjectInput, ...func(*s3.Options)) (*s3.DeleteObjectOutput, error)
}

// Options say what to look at. Application and Bucket have to be given.
type Options struct {
	Application string
	Bucket      string
	KeyPrefix   string        // only revisions whose keys begin with it; empty means all of the bucket
	Keep        int           // how many revisions that succeeded last each group keeps; less than 1 means 1
	MinAge      time.Duration // what was registered, used or uploaded more recently stays
	Unshared    bool          // no other application has revisions in the bucket: none is looked at
	Now         time.Time     // ages count from here; zero means the time of the call
}

// State says what becomes of an object.
type State string

// The states.
const (
	Unneeded State = "unneeded" // may be deleted
	Needed   State = "needed"   // stays; Reasons say why
	Gone     State = "gone"     // is not there any more, or another one has its key
)

// Object is a revision in S3, and its object.
type Object struct {
	Revision   types.RevisionLocation
	Registered time.Time // zero when CodeDeploy does not tell
	LastUsed   time.Time // when it was deployed last; zero for never
	State      State
	Reasons    []string // why it stays, or is gone; never empty for these

	// What HeadObject says, for objects in the state Unneeded.
	SizeBytes int64
	Uploaded  time.Time
	ETag      string // without quotes
	VersionID string // "null" for that of a bucket before it had versions; empty where it never had
}

// URL is the object's place in S3, like s3://bucket/key.
func (o *Object) URL() string {
	return "s3://" + aws.ToString(o.Revision.S3Location.Bucket) + "/" + aws.ToString(o.Revision.S3Location.Key)
}

// Plan is what [Look] has found.
type Plan struct {
	Objects   []Object // one for each revision, newest registration first
	MFADelete bool     // the bucket deletes versions only for requests with the code of an MFA device
}

// In are the objects in a state. Of revisions that have the same object only one is there.
func (p *Plan) In(state State) []Object {
	var found []Object
	seen := make(map[string]bool)
	for _, o := range p.Objects {
		id := o.URL() + "\x00" + o.VersionID
		if o.State != state || state == Unneeded && seen[id] {
			continue
		}
		seen[id] = true
		found = append(found, o)
	}
	return found
}

// SizeBytes is the size of all objects that may be deleted.
func (p *Plan) SizeBytes() int64 {
	var size int64
	for _, o := range p.In(Unneeded) {
		size += o.SizeBytes
	}
	return size
}

// Look finds out which revisions of an application have objects in a bucket, and which of
// them may go. Those stay that a deployment group of the application, or of another that
// has registered the same object, needs: its target revision, those of its last and last
// successful deployments and what each replaced, of all its active deployments, of the last
// Keep that succeeded, and the one that a rollback would bring back. The error is the SDK's,
// wrapped; then nothing is known.
func Look(ctx context.Context, api API, store S3API, opts Options) (*Plan, error) {
	if opts.Now.IsZero() {
		opts.Now = time.Now()
	}
	opts.Keep = max(opts.Keep, 1)
	l := &look{api: api, store: store, Options: opts}
	if err := l.own(ctx); err != nil {
		return nil, err
	}
	if !opts.Unshared && len(l.objects) > 0 {
		if err := l.others(ctx); err != nil {
			return nil, err
		}
	}
	l.share()
	l.heads(ctx)
	plan := &Plan{Objects: l.objects}
	for i := range plan.Objects {
		if plan.Objects[i].State == Unneeded && plan.Objects[i].VersionID != "" {
			plan.MFADelete = l.mfaDelete(ctx)
			break
		}
	}
	return plan, ctx.Err()
}

// look is a run of [Look].
type look struct {
	Options
	api     API
	store   S3API
	objects []Object
}

// own finds the application's revisions and what its own groups need.
func (l *look) own(ctx context.Context) error {
	infos, err := l.revisions(ctx, l.Application)
	if err != nil {
		return err
	}
	needs, err := l.needs(ctx, l.Application)
	if err != nil {
		return err
	}
	for _, info := range infos {
		o := Object{Revision: *info.RevisionLocation, State: Unneeded}
		if about := info.GenericRevisionInfo; about != nil {
			o.Registered, o.LastUsed = aws.ToTime(about.RegisterTime), aws.ToTime(about.LastUsedTime)
		}
		l.objects = append(l.objects, o)
		l.apply(len(l.objects)-1, needs)
		for _, reason := range l.young(info) {
			l.keep(len(l.objects)-1, reason)
		}
	}
	return nil
}

// apply keeps an object for all that need it.
func (l *look) apply(i int, needs []need) {
	for _, n := range needs {
		if mayBeSame(l.objects[i].Revision.S3Location, n.at) {
			l.keep(i, n.why)
		}
	}
}

// keep makes an object one that stays.
func (l *look) keep(i int, reason string) {
	o := &l.objects[i]
	o.State = Needed
	for _, known := range o.Reasons {
		if known == reason {
			return
		}
	}
	o.Reasons = append(o.Reasons, reason)
}

// young are the reasons for which a revision stays by its age.
func (l *look) young(info types.RevisionInfo) []string {
	about := info.GenericRevisionInfo
	switch {
	case about == nil:
		return []string{"CodeDeploy does not tell when it was registered"}
	case l.isYoung(about.RegisterTime):
		return []string{"registered less than " + age(l.MinAge) + " ago"}
	case l.isYoung(about.LastUsedTime):
		return []string{"used less than " + age(l.MinAge) + " ago"}
	}
	return nil
}

func (l *look) isYoung(t *time.Time) bool { return t != nil && l.Now.Sub(*t) < l.MinAge }

// age is a span of time without parts that are zero, like 24h.
func age(d time.Duration) string {
	text := d.String()
	if strings.HasSuffix(text, "m0s") {
		text = strings.TrimSuffix(text, "0s")
	}
	if strings.HasSuffix(text, "h0m") {
		text = strings.TrimSuffix(text, "0m")
	}
	return text
}

// share keeps each object that may be the same as one that stays.
func (l *look) share() {
	var staying []int
	for i := range l.objects {
		if l.objects[i].State == Needed {
			staying = append(staying, i)
		}
	}
	for i := range l.objects {
		for _, j := range staying {
			if l.objects[i].State == Unneeded && mayBeSame(l.objects[i].Revision.S3Location, l.objects[j].Revision.S3Location) {
				l.keep(i, "may be the same object as another revision that stays")
			}
		}
	}
}

// mayBeSame reports that two revisions may have the same object, as far as they tell:
// an eTag or a version that only one of them names tells nothing.
func mayBeSame(a, b *types.S3Location) bool {
	agree := func(x, y *string) bool {
		one, other := strings.Trim(aws.ToString(x), `"`), strings.Trim(aws.ToString(y), `"`)
		return one == "" || other == "" || one == other
	}
	return aws.ToString(a.Bucket) == aws.ToString(b.Bucket) && aws.ToString(a.Key) == aws.ToString(b.Key) &&
		agree(a.Version, b.Version) && agree(a.ETag, b.ETag)
}

func wrap(err error, format string, args ...any) error {
	return fmt.Errorf(format+": %w", append(args, err)...)
}
