package prune

import (
	"context"
	"slices"

	"github.com/aws/aws-sdk-go-v2/service/codedeploy"
	"github.com/aws/aws-sdk-go-v2/service/codedeploy/types"

	"github.com/cdx-deploy/cdx/pkg/deploy"
)

// others finds out what other applications need of the objects. A deployment registers its
// revision, so an application that has not registered an object does not need it.
func (l *look) others(ctx context.Context) error {
	names, err := list(func(token *string) ([]string, *string, error) {
		out, err := l.api.ListApplications(ctx, &codedeploy.ListApplicationsInput{NextToken: token})
		if err != nil {
			return nil, nil, err
		}
		return out.Applications, out.NextToken, nil
	})
	if deploy.IsDenied(err) {
		l.doubt(func(*types.S3Location) bool { return true }, "another application may need it: the applications cannot be listed (codedeploy:ListApplications)")
		return nil
	}
	if err != nil {
		return wrap(err, "list the applications")
	}
	for _, name := range names {
		if name == l.Application {
			continue
		}
		if err := l.other(ctx, name); err != nil {
			return err
		}
	}
	return nil
}

// other finds out what one other application needs. What it may need stays where that
// cannot be read.
func (l *look) other(ctx context.Context, name string) error {
	locations, err := l.locations(ctx, name)
	switch {
	case is[*types.ApplicationDoesNotExistException](err): // deleted since it was listed
		return nil
	case deploy.IsDenied(err):
		l.doubt(func(*types.S3Location) bool { return true }, "application "+name+" may need it: its revisions cannot be read (codedeploy:ListApplicationRevisions)")
		return nil
	case err != nil:
		return err
	}
	shared := slices.DeleteFunc(locations, func(rev types.RevisionLocation) bool { return !l.has(rev.S3Location) })
	if len(shared) == 0 {
		return nil
	}
	needs, err := l.needs(ctx, name)
	var infos []types.RevisionInfo
	if err == nil {
		infos, err = l.about(ctx, name, shared)
	}
	if deploy.IsDenied(err) {
		l.doubt(func(at *types.S3Location) bool {
			return slices.ContainsFunc(shared, func(rev types.RevisionLocation) bool { return mayBeSame(at, rev.S3Location) })
		}, "application "+name+" has registered it, and may need it: what its deployment groups need cannot be read")
		return nil
	}
	if err != nil {
		return err
	}
	for i := range l.objects {
		l.apply(i, needs)
		for _, info := range infos {
			if mayBeSame(l.objects[i].Revision.S3Location, info.RevisionLocation.S3Location) {
				for _, reason := range l.young(info) {
					l.keep(i, "application "+name+": "+reason)
				}
			}
		}
	}
	return nil
}

// has reports that a revision may have the same object as one of the application's.
func (l *look) has(at *types.S3Location) bool {
	return slices.ContainsFunc(l.objects, func(o Object) bool { return mayBeSame(o.Revision.S3Location, at) })
}

// doubt keeps what may go otherwise.
func (l *look) doubt(about func(*types.S3Location) bool, reason string) {
	for i := range l.objects {
		if about(l.objects[i].Revision.S3Location) {
			l.keep(i, reason)
		}
	}
}
