package main

import (
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/codedeploy/types"

	"github.com/cdx-deploy/cdx/internal/awsjson"
	"github.com/cdx-deploy/cdx/internal/report"
	"github.com/cdx-deploy/cdx/pkg/deploy"
	"github.com/cdx-deploy/cdx/pkg/revision"
)

// dryRun prints the requests that would create the deployments. It fails where an
// active deployment would keep one from being created.
func (p *program) dryRun(units []*unit) error {
	var inTheWay []error
	for _, u := range units {
		rev := u.revision
		if u.upload != nil {
			rev = revision.FromS3(u.upload.bucket, u.upload.key, types.BundleType(u.upload.pkg.bundleType), "", "")
			p.progress.Event(fmt.Sprintf("would upload %s (%s in %s) to s3://%s/%s; eTag and version are known then",
				u.upload.pkg.dir, bytesText(u.upload.pkg.tree.ContentBytes()), report.Counted(u.upload.pkg.files(), "file"), u.upload.bucket, u.upload.key))
		}
		for i, group := range u.groups {
			in, err := u.input(group)
			if err != nil {
				return err
			}
			if err := deploy.CheckDescription(aws.ToString(in.Description)); err != nil {
				return err
			}
			in.Revision = rev
			p.out.request(awsjson.Value{Of: in})
			inTheWay = append(inTheWay, u.activeIn(i))
		}
	}
	return join(inTheWay...)
}

// activeIn is the error of an active deployment in the unit's group, unless the
// settings make do with it.
func (u *unit) activeIn(group int) error {
	if u.seen == nil || u.seen[group] == nil || u.seen[group].ActiveID == "" || u.set.String("if-active") != string(deploy.IfActiveFail) {
		return nil
	}
	return &deploy.ActiveError{ID: u.seen[group].ActiveID, Group: u.groups[group]}
}
